//! Too long, too much memory, too much of everything else.

use crate::sandbox::{Rogue, assert_names, assert_unharmed, crafted, host, notification, planning};
use crate::servers::Server;
use serde_json::json;
use sinops_core::limits::Limits;
use sinops_core::monitor::{Finding, MetricFamily};
use sinops_runtime::plugins::PluginError;
use std::time::Duration;

async fn evaluate(
    name: &str,
    change: impl FnOnce(&mut Limits),
) -> Result<Vec<Finding>, PluginError> {
    let plugin = Rogue::at("rogue", crafted(name))
        .limits(change)
        .load()
        .await?;
    plugin
        .evaluate(&json!({}), &[MetricFamily::default()], 0)
        .await
}

#[tokio::test]
async fn the_crafted_guest_behaves_unless_told_otherwise() {
    let findings = evaluate("behaves", |_| ()).await.unwrap();
    assert_eq!(findings, []);
}

#[tokio::test]
async fn an_endless_loop_is_ended() {
    let error = Rogue::notifier()
        .limits(|limits| limits.cpu = Duration::from_millis(100))
        .does(json!({"do": "spin"}))
        .await
        .unwrap_err();
    assert!(
        matches!(error, PluginError::Timeout { key: "cpu", .. }),
        "{error:?}"
    );
    assert_names(&error, &["notify", "`cpu`", "100ms"]);
    assert_unharmed().await;
}

#[tokio::test]
async fn an_endless_loop_does_not_stop_others() {
    let spinning = tokio::spawn(
        Rogue::notifier()
            .limits(|limits| limits.cpu = Duration::from_secs(2))
            .does(json!({"do": "spin"})),
    );
    // On this one thread: the guest has to let others run.
    for _ in 0..3 {
        assert_unharmed().await;
    }
    assert!(spinning.await.unwrap().is_err());
}

#[tokio::test]
async fn an_endless_loop_in_describe_is_ended() {
    let error = evaluate("loops-in-describe", |limits| {
        limits.cpu = Duration::from_millis(100)
    })
    .await
    .unwrap_err();
    assert!(
        matches!(error, PluginError::Timeout { key: "cpu", .. }),
        "{error:?}"
    );
    assert_names(&error, &["describe", "`cpu`"]);
    assert_unharmed().await;
}

#[tokio::test]
async fn an_endless_loop_before_the_first_call_is_ended() {
    let error = evaluate("loops-at-start", |limits| {
        limits.cpu = Duration::from_millis(100)
    })
    .await
    .unwrap_err();
    assert!(
        matches!(error, PluginError::Timeout { key: "cpu", .. }),
        "{error:?}"
    );
    assert_unharmed().await;
}

#[tokio::test]
async fn blocking_for_ever_in_a_host_call_is_ended() {
    let error = Rogue::notifier()
        .limits(|limits| limits.wall = Duration::from_millis(300))
        .does(json!({"do": "sleep"}))
        .await
        .unwrap_err();
    assert!(
        matches!(error, PluginError::Timeout { key: "wall", .. }),
        "{error:?}"
    );
    assert_names(&error, &["notify", "`wall`", "300ms"]);
    assert_unharmed().await;
}

#[tokio::test]
async fn a_slow_drip_is_ended() {
    let server = Server::drip();
    let error = Rogue::notifier()
        .http(&server.origin())
        .limits(|limits| limits.wall = Duration::from_millis(500))
        .does(json!({"do": "get", "url": server.url("/")}))
        .await
        .unwrap_err();
    assert!(
        matches!(error, PluginError::Timeout { key: "wall", .. }),
        "{error:?}"
    );
    assert!(server.hits() > 0, "it has to have been reached");
    assert_unharmed().await;
}

#[tokio::test]
async fn a_silent_server_is_ended() {
    let server = Server::silent();
    let error = Rogue::notifier()
        .http(&server.origin())
        .limits(|limits| limits.wall = Duration::from_millis(500))
        .does(json!({"do": "get", "url": server.url("/")}))
        .await
        .unwrap_err();
    assert!(
        matches!(error, PluginError::Timeout { key: "wall", .. }),
        "{error:?}"
    );
    assert_unharmed().await;
}

#[tokio::test]
async fn growing_one_memory_is_ended() {
    let error = Rogue::notifier()
        .limits(|limits| limits.memory = 8 << 20)
        .does(json!({"do": "grow"}))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            PluginError::Memory {
                limit: 8_388_608,
                ..
            }
        ),
        "{error:?}"
    );
    assert_names(&error, &["notify", "`memory`", "8388608"]);
    assert_unharmed().await;
}

#[tokio::test]
async fn memory_is_summed_over_memories() {
    // Each of the three stays far below the limit.
    let limit = 100 * 65536;
    let error = evaluate("grows-several-memories", |limits| limits.memory = limit)
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Memory { .. }), "{error:?}");
    assert_names(&error, &["evaluate", "`memory`", "6553600"]);
    evaluate("grows-several-memories", |limits| limits.memory = 2 * limit)
        .await
        .unwrap();
    assert_unharmed().await;
}

#[tokio::test]
async fn a_memory_that_begins_too_large_is_refused() {
    let error = evaluate("begins-large", |_| ()).await.unwrap_err();
    assert!(
        matches!(
            error,
            PluginError::Memory {
                operation: "describe",
                ..
            }
        ),
        "{error:?}"
    );
    assert_unharmed().await;
}

#[tokio::test]
async fn many_memories_and_instances_are_refused() {
    let error = evaluate("many-memories", |_| ()).await.unwrap_err();
    assert_names(&error, &["describe", "memor"]);
    assert_unharmed().await;
}

#[tokio::test]
async fn tables_are_summed() {
    let error = evaluate("grows-tables", |_| ()).await.unwrap_err();
    assert!(
        matches!(
            error,
            PluginError::Limit {
                key: "table-elements",
                ..
            }
        ),
        "{error:?}"
    );
    assert_names(&error, &["evaluate", "`table-elements`", "20000"]);
    assert_unharmed().await;
}

#[tokio::test]
async fn deep_recursion_is_ended() {
    let error = Rogue::notifier()
        .does(json!({"do": "recurse"}))
        .await
        .unwrap_err();
    // A guest's own stack lies in its memory; whichever ends first is told.
    assert!(
        matches!(
            error,
            PluginError::Limit { key: "stack", .. } | PluginError::Trap { .. }
        ),
        "{error:?}"
    );
    let error = evaluate("recurses-for-ever", |_| ()).await.unwrap_err();
    assert!(
        matches!(error, PluginError::Limit { key: "stack", .. }),
        "{error:?}"
    );
    assert_names(&error, &["evaluate", "`stack`", "524288"]);
    assert_unharmed().await;
}

#[tokio::test]
async fn the_stack_limit_is_the_one_that_was_set() {
    // About 20,000 frames: too deep for 64 KiB, fine for 16 MiB.
    let error = evaluate("recurses-20000-times", |limits| limits.stack = 64 << 10)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            PluginError::Limit {
                key: "stack",
                limit: 65536,
                ..
            }
        ),
        "{error:?}"
    );
    evaluate("recurses-20000-times", |limits| limits.stack = 16 << 20)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_result_of_ten_million_items_is_refused() {
    // All of the list lies in the guest's memory, which is zero: 40 bytes each.
    let error = evaluate("ten-million-items", |limits| limits.memory = 1 << 30)
        .await
        .unwrap_err();
    assert!(
        matches!(error, PluginError::Limit { key: "copied", .. }),
        "{error:?}"
    );
    assert_names(&error, &["evaluate", "`copied`", "16777216"]);
    assert_unharmed().await;
}

#[tokio::test]
async fn a_result_that_is_not_there_is_refused() {
    let error = evaluate("ten-million-absent-items", |_| ())
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Trap { .. }), "{error:?}");
    assert_unharmed().await;
}

#[tokio::test]
async fn a_result_beyond_the_output_limit_is_refused() {
    let error = Rogue::notifier()
        .limits(|limits| limits.output = 1000)
        .does(json!({"do": "string", "bytes": 1001}))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            PluginError::Limit {
                key: "output",
                limit: 1000,
                ..
            }
        ),
        "{error:?}"
    );
    assert_names(&error, &["notify", "`output`", "1000"]);
    assert_unharmed().await;
}

#[tokio::test]
async fn a_string_of_a_gigabyte_is_refused() {
    let error = evaluate("gigabyte", |limits| limits.memory = 2 << 30)
        .await
        .unwrap_err();
    assert!(
        matches!(error, PluginError::Limit { key: "copied", .. }),
        "{error:?}"
    );
    assert_unharmed().await;
}

#[tokio::test]
async fn a_gigabyte_handed_to_a_host_call_is_refused() {
    let error = Rogue::notifier()
        .limits(|limits| limits.memory = 3 << 30)
        .does(json!({"do": "shout", "bytes": 1 << 30}))
        .await
        .unwrap_err();
    assert!(
        matches!(error, PluginError::Limit { key: "copied", .. }),
        "{error:?}"
    );
    assert_unharmed().await;
}

#[tokio::test]
async fn a_log_flood_is_dropped_and_harms_nobody() {
    for what in ["log", "print"] {
        let text = Rogue::notifier()
            .does(json!({"do": what, "times": 50_000}))
            .await
            .unwrap();
        assert!(text.ends_with("ed"), "{text}");
    }
    assert_unharmed().await;
}

#[tokio::test]
async fn keeping_handles_open_is_ended() {
    let error = Rogue::notifier()
        .does(json!({"do": "handles"}))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            PluginError::Limit {
                key: "handles",
                limit: 256,
                ..
            }
        ),
        "{error:?}"
    );
    assert_names(&error, &["notify", "`handles`", "256"]);
    assert_unharmed().await;
}

#[tokio::test]
async fn a_gigabyte_of_random_bytes_is_refused() {
    let error = Rogue::notifier()
        .does(json!({"do": "random"}))
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Trap { .. }), "{error:?}");
    assert_names(&error, &["notify", "exceeds limit 65536"]);
    assert_unharmed().await;
}

#[tokio::test]
async fn headers_are_bounded() {
    let server = Server::echo();
    let error = Rogue::notifier()
        .http(&server.origin())
        .does(json!({"do": "header", "url": server.url("/"), "bytes": 4 << 20}))
        .await
        .unwrap_err();
    assert!(
        matches!(error, PluginError::Trap { .. } | PluginError::Limit { .. }),
        "{error:?}"
    );
    assert_eq!(server.hits(), 0);
    assert_unharmed().await;
}

#[tokio::test]
async fn a_trap_in_plan_is_told_with_its_last_words() {
    let plugin = Rogue::step().load().await.unwrap();
    let error = plugin
        .plan(&planning(), &json!({"do": "trap"}))
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Trap { .. }), "{error:?}");
    assert_names(&error, &["plan", "crashed", "in plan"]);
    // The very same plugin can be called again: nothing survived.
    let proposal = plugin.plan(&planning(), &json!({})).await.unwrap();
    assert_eq!(proposal.actions.len(), 2);
    assert_unharmed().await;
}

#[tokio::test]
async fn a_trap_half_way_through_apply_is_told() {
    let server = Server::echo();
    let plugin = Rogue::step().http(&server.origin()).load().await.unwrap();
    let settings = json!({"do": "half", "url": server.url("/")});
    let error = plugin
        .apply("back up", &json!({}), &settings)
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Trap { .. }), "{error:?}");
    assert_names(&error, &["apply", "half-way"]);
    assert_eq!(server.hits(), 1, "the first half did happen");
    assert!(
        plugin
            .apply("back up", &json!({}), &json!({}))
            .await
            .unwrap()
            .changed
    );
    assert_unharmed().await;
}

#[tokio::test]
async fn exit_does_not_end_the_host() {
    let error = Rogue::notifier()
        .does(json!({"do": "exit"}))
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Trap { .. }), "{error:?}");
    assert_names(&error, &["notify", "exit("]);
    assert_unharmed().await;
}

#[tokio::test]
async fn nonsense_in_a_proposal_is_refused() {
    let plugin = Rogue::step().load().await.unwrap();
    for (what, says) in [
        ("same-id", "two actions"),
        ("unknown-id", "did not propose"),
    ] {
        let error = plugin
            .plan(&planning(), &json!({"do": what}))
            .await
            .unwrap_err();
        assert!(matches!(error, PluginError::Answer { .. }), "{error:?}");
        assert_names(&error, &["plan", says]);
    }
}

#[tokio::test]
async fn a_call_of_another_role_is_refused() {
    let plugin = Rogue::step().load().await.unwrap();
    let error = plugin
        .notify(&notification(), &json!({}))
        .await
        .unwrap_err();
    assert_names(&error, &["is a deploy-step, not a notifier"]);
}

#[tokio::test]
async fn a_hundred_rogues_at_once_leave_the_host_standing() {
    let calls = (0..100).map(|at| {
        let what = ["spin", "grow", "panic", "handles", "recurse"][at % 5];
        tokio::spawn(
            Rogue::notifier()
                .limits(|limits| {
                    limits.cpu = Duration::from_millis(50);
                    limits.memory = 8 << 20;
                })
                .does(json!({"do": what})),
        )
    });
    for call in calls.collect::<Vec<_>>() {
        assert!(call.await.unwrap().is_err());
    }
    let _ = host();
    assert_unharmed().await;
}
