//! Loki's file.

use crate::found;
use sinops_config_check::{Entry, Node, Rules, Schema, Set, Text, Version};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;

/// What became of keys that people still write.
const MOVED: &[(&str, &str, &str)] = &[
    (
        "*",
        "shared_store",
        "take it out: since 3.0 the `object_store` of the schema says it; the compactor wants `delete_request_store`",
    ),
    (
        "*",
        "shared_store_key_prefix",
        "take it out: `path_prefix` of the schema's `index` says it since 3.0",
    ),
    (
        "chunk_store_config",
        "max_look_back_period",
        "take it out; `max_query_lookback` of `limits_config` says how far queries reach back",
    ),
    (
        "querier",
        "query_timeout",
        "move it to `limits_config`: `query_timeout` is a limit of each tenant since 2.8",
    ),
    (
        "ingester",
        "max_transfer_retries",
        "take it out: chunks are not handed over any more, the write-ahead log keeps them",
    ),
    (
        "limits_config",
        "enforce_metric_name",
        "take it out: it is gone since 3.0",
    ),
    (
        "cache_config",
        "enable_fifocache",
        "write `embedded_cache: { enabled: true }`",
    ),
    ("cache_config", "fifocache", "write `embedded_cache`"),
];

/// Keys that Loki takes and does not tell of.
const HIDDEN: &[&str] = &[
    "http_prefix",
    "internal_server",
    "compactor_client",
    "legacy_read_target",
    "instance_id",
    "instance_addr",
    "instance_port",
    "instance_enable_ipv6",
    "client_id",
    "fetch_blocks_async",
    "use_buffered_logger",
    "use_sync_logger",
    "policy_override_limits",
    "max_lookback_days",
    "memory_management",
    "dataobj_sort_order",
    "prefix",
    "final_sleep",
    "lifecycler",
    "ruler_alertmanager_config",
    "chunk_cache_config_l2",
    "l2_chunk_cache_handoff",
    "remote_flush_deadline",
    "working_directory",
    "compactor_grpc_client",
    "address",
    "sinks",
];

pub(crate) fn is_loki(root: &Node) -> bool {
    let has = |key: &str| root.get(key).is_some();
    has("schema_config")
        || has("storage_config")
        || has("limits_config") && (has("auth_enabled") || has("common") || has("ingester"))
        || has("auth_enabled") && has("server")
}

pub(crate) fn check(
    set: &Set<'_>,
    schema: &Schema,
    text: &Text<'_>,
    root: &Node,
    problems: &mut Vec<Problem>,
) {
    let version = set.version(text.path, &["loki"]);
    let rules = Rules {
        area: "loki",
        program: "Loki",
        version,
        moved: MOVED,
        hidden: HIDDEN,
        // The reference names the forms too loosely to hold anyone to them.
        forms: false,
        expands: true,
        gaps: true,
    };
    schema.check(text, root, "loki", &rules, problems);
    if version.is_some_and(|it| it < (3, 0)) {
        newer(schema, text, root, problems);
    }
    periods(text, root, version, problems);
    retention(text, root, version, problems);
    table_manager(text, root, problems);
}

/// Keys that the running version takes and the next major one refuses.
fn newer(schema: &Schema, text: &Text<'_>, root: &Node, problems: &mut Vec<Problem>) {
    let rules = Rules {
        area: "loki",
        program: "Loki",
        version: Some((3, 7)),
        moved: MOVED,
        hidden: HIDDEN,
        forms: false,
        expands: true,
        gaps: true,
    };
    let mut found = Vec::new();
    schema.check(text, root, "loki", &rules, &mut found);
    for mut problem in found {
        let told = problems.iter().any(|it| it.place == problem.place);
        if !told {
            problem.severity = Severity::Warning;
            problem.code = Some("loki/gone-in-3".to_owned());
            problem.message = problem
                .message
                .replace("and the file is refused", "an upgrade is refused")
                .replace("the file is refused", "an upgrade is refused");
            problems.push(problem);
        }
    }
}

fn at_least(version: Version, wanted: (u32, u32)) -> bool {
    version.is_none_or(|it| it >= wanted)
}

/// Stores and schemas of the index.
fn periods(text: &Text<'_>, root: &Node, version: Version, problems: &mut Vec<Problem>) {
    let Some(schema) = root.get("schema_config") else {
        return;
    };
    let metadata_off = root
        .get("limits_config")
        .and_then(|it| it.get("allow_structured_metadata"))
        .and_then(Node::truth)
        == Some(false);
    let periods: Vec<&Node> = schema.list("configs").collect();
    let three = at_least(version, (3, 0));
    let Some(last) = periods.last() else { return };
    // Earlier periods only have to be readable.
    let severity = if three && !metadata_off {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let consequence = if severity == Severity::Critical {
        "Loki 3 does not start with it"
    } else if three {
        "it takes no structured metadata and will go"
    } else {
        "Loki 3 does not start with it"
    };
    let mend = "add a period with `store: tsdb`, `schema: v13` and `index: { period: 24h }` that begins on a coming day, and keep this one for the logs of before";
    if let Some(store) = last.get("store")
        && store.text() != Some("tsdb")
    {
        problems.push(found(
            text,
            severity,
            "loki/old-store",
            store.span.clone(),
            format!(
                "the index store `{}` is at its end: {consequence}",
                store.text().unwrap_or_default()
            ),
            mend,
        ));
    }
    if let Some(version) = last.get("schema")
        && version.text() != Some("v13")
    {
        problems.push(found(
            text,
            severity,
            "loki/old-schema",
            version.span.clone(),
            format!(
                "schema {} cannot hold structured metadata, which is on by default: {consequence}",
                version.text().unwrap_or_default()
            ),
            mend,
        ));
    }
    for period in periods {
        let tsdb = matches!(period.text_of("store"), Some("tsdb" | "boltdb-shipper"));
        if let Some(index) = period.get("index")
            && let Some(length) = index.get("period")
            && tsdb
            && length.text() != Some("24h")
        {
            problems.push(
                found(
                    text,
                    Severity::Critical,
                    "loki/index-period",
                    length.span.clone(),
                    "this store takes an index period of 24h only: Loki does not start",
                    "write `24h`",
                )
                .edit(text.place(length.span.clone()), "24h"),
            );
        }
    }
}

/// Retention that deletes nothing.
fn retention(text: &Text<'_>, root: &Node, version: Version, problems: &mut Vec<Problem>) {
    let period = root
        .get("limits_config")
        .and_then(|it| it.entry("retention_period"))
        .filter(|it| !matches!(it.node.text(), Some("0" | "0s") | None));
    let compactor = root.get("compactor");
    let enabled = compactor
        .and_then(|it| it.get("retention_enabled"))
        .and_then(Node::truth)
        == Some(true);
    if let Some(period) = period
        && !enabled
    {
        problems.push(found(
            text,
            Severity::Warning,
            "loki/retention-off",
            period.key.clone(),
            "nothing is ever deleted: `retention_period` has an effect only while the compactor's retention is on",
            "write `compactor: { retention_enabled: true, delete_request_store: filesystem }` (or the store of the chunks)",
        ));
    }
    if enabled
        && let Some(compactor) = root.entry("compactor")
        && compactor.node.get("delete_request_store").is_none()
        && compactor.node.get("shared_store").is_none() | at_least(version, (3, 0))
    {
        let severity = if at_least(version, (3, 0)) {
            Severity::Critical
        } else {
            Severity::Warning
        };
        let store = root
            .get("schema_config")
            .into_iter()
            .flat_map(|it| it.list("configs"))
            .last()
            .and_then(|it| it.text_of("object_store"))
            .unwrap_or("filesystem");
        let mut problem = found(
            text,
            severity,
            "loki/delete-request-store",
            compactor.key.clone(),
            "retention is on and `delete_request_store` is not set: Loki 3 does not start",
            &format!("write `delete_request_store: {store}` below `compactor:`"),
        );
        // In front of its first key, as that is indented.
        if let Some(first) = compactor.node.entries().first() {
            let line = text
                .content
                .get(..first.key.start)
                .and_then(|it| it.rfind('\n'))
                .map_or(0, |it| it + 1);
            let indent = text.content.get(line..first.key.start).unwrap_or_default();
            if !indent.is_empty() && indent.trim().is_empty() {
                problem = problem.edit(
                    text.place(line..line),
                    format!("{indent}delete_request_store: {store}\n"),
                );
            }
        }
        problems.push(problem);
    }
}

/// The table manager keeps tables of stores that are gone.
fn table_manager(text: &Text<'_>, root: &Node, problems: &mut Vec<Problem>) {
    let Some(entry) = root.entry("table_manager") else {
        return;
    };
    let uses = |entry: &&Entry| entry.name.starts_with("retention_");
    if entry.node.entries().iter().any(|it| uses(&it)) {
        let problem = found(
            text,
            Severity::Warning,
            "loki/table-manager",
            entry.key.clone(),
            "the table manager deletes nothing from tsdb or boltdb-shipper indexes: this retention has no effect",
            "take it out: `limits_config.retention_period` and the compactor delete logs",
        );
        problems.push(text.remove(problem, root, entry));
    }
}
