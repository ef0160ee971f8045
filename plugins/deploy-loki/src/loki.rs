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
    let key = if is_2(loki) {
        "shared_store"
    } else {
        "delete_request_store"
    };
    compactor.insert(key.into(), json!("filesystem"));
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
        "limits_config": {
            "retention_period": format!("{}h", hours(&settings.retention).unwrap_or(72)),
            "reject_old_samples": true,
            "reject_old_samples_max_age": "72h",
        },
    })
}

fn is_2(loki: &Service) -> bool {
    loki.image
        .as_deref()
        .and_then(image::version)
        .is_some_and(|(major, _)| major < 3)
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
