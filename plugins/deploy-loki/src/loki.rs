//! loki.yaml for a single Loki that stores on its own disk.
//!
//! Lines are deleted only when all three agree: the period in the limits, the
//! compactor's retention switched on, and a store for its delete requests.

use crate::Loki;
use serde_json::{Map, Value, json};
use sinops_sdk::image;
use sinops_sdk::types::Service;

pub(crate) fn config(settings: &Loki, loki: &Service) -> Value {
    let mut compactor = Map::new();
    compactor.insert("working_directory".into(), json!("/loki/compactor"));
    compactor.insert("compaction_interval".into(), json!("10m"));
    compactor.insert("retention_enabled".into(), json!(true));
    compactor.insert("retention_delete_delay".into(), json!("2h"));
    // Version 3 refuses the old key and insists on the new one.
    let is_2 = version(settings, loki).is_some_and(|(major, _)| major < 3);
    let key = if is_2 {
        "shared_store"
    } else {
        "delete_request_store"
    };
    compactor.insert(key.into(), json!("filesystem"));
    let retention = format!("{}h", hours(&settings.retention).unwrap_or(72));
    let mut limits = Map::new();
    limits.insert("retention_period".into(), json!(retention));
    // What is older would be deleted at once, and is not found either.
    limits.insert("reject_old_samples".into(), json!(true));
    limits.insert("reject_old_samples_max_age".into(), json!(retention));
    limits.insert("max_query_lookback".into(), json!(retention));
    // One service that floods must not take the others' room.
    limits.insert("ingestion_rate_mb".into(), json!(8));
    limits.insert("ingestion_burst_size_mb".into(), json!(16));
    limits.insert("per_stream_rate_limit".into(), json!("5MB"));
    limits.insert("per_stream_rate_limit_burst".into(), json!("15MB"));
    limits.insert("max_line_size".into(), json!("256KB"));
    limits.insert("max_line_size_truncate".into(), json!(true));
    limits.insert("max_entries_limit_per_query".into(), json!(5000));
    if is_2 {
        // An experiment in version 2.9, the default in 3.
        limits.insert("allow_structured_metadata".into(), json!(false));
    }
    json!({
        "auth_enabled": false,
        "server": { "http_listen_port": 3100 },
        "common": {
            "instance_addr": "127.0.0.1",
            "path_prefix": "/loki",
            "replication_factor": 1,
            "ring": { "kvstore": { "store": "inmemory" } },
            "storage": {
                "filesystem": {
                    "chunks_directory": "/loki/chunks",
                    "rules_directory": "/loki/rules",
                },
            },
        },
        "schema_config": {
            "configs": [{
                "from": settings.schema_from,
                "store": "tsdb",
                "object_store": "filesystem",
                "schema": "v13",
                "index": { "prefix": "index_", "period": "24h" },
            }],
        },
        "compactor": compactor,
        "limits_config": limits,
        "analytics": { "reporting_enabled": false },
    })
}

/// The version that runs, none for the newest: by the settings, or by the image.
pub(crate) fn version(settings: &Loki, loki: &Service) -> Option<(u32, u32)> {
    match &settings.version {
        Some(version) => image::version(&format!("loki:{version}")),
        None => loki.image.as_deref().and_then(image::version),
    }
}

/// `72h`, `14d` or `2w` in hours.
pub(crate) fn hours(text: &str) -> Option<u64> {
    let unit = match text.chars().last()? {
        'h' => 1,
        'd' => 24,
        'w' => 24 * 7,
        _ => return None,
    };
    text.get(..text.len() - 1)?
        .parse::<u64>()
        .ok()?
        .checked_mul(unit)
}
