//! Telling people: delivers a notification through a notifier, with a few retries.
//! What outlives the process (the outbox) belongs to `serve`, not here.

use super::journal::now_ms;
use super::planner::Planner;
use super::report::{Report, RunResult, Told};
use sinops_core::notification::{Delivery, Notification, Severity, Status};
use sinops_core::plugin::Role;
use std::time::Duration;

/// Tries per notifier.
const TRIES: u32 = 3;
/// A run does not wait longer than this between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl Planner {
    /// Tells every notifier of the pipeline how the run ended. A notifier that fails
    /// is reported and keeps none of the others from being told.
    pub async fn tell(&self, report: &Report) -> Vec<Told> {
        let notifiers = self
            .setup()
            .config
            .pipelines
            .get(&report.pipeline)
            .map(|it| it.notify.clone())
            .unwrap_or_default();
        let notification = self.notification(report);
        futures::future::join_all(notifiers.into_iter().map(|name| {
            let notification = &notification;
            async move {
                let outcome = self.deliver(&name, notification).await;
                Told {
                    notifier: name,
                    outcome,
                }
            }
        }))
        .await
    }

    /// Delivers one notification through one notifier.
    ///
    /// # Errors
    /// Why it was not delivered, in words.
    pub async fn deliver(&self, name: &str, notification: &Notification) -> Result<String, String> {
        let (plugin, settings) = self
            .load(name, Role::Notifier)
            .await
            .map_err(|error| error.to_string())?;
        let mut last = String::new();
        for attempt in 1..=TRIES {
            let pause = match plugin.notify(notification, &settings).await {
                Ok(Delivery::Sent(reference)) => return Ok(reference),
                Ok(Delivery::Permanent(reason)) => return Err(reason),
                Ok(Delivery::Retry { after, reason }) => {
                    last = reason;
                    after.unwrap_or(Duration::from_millis(500) * 2u32.pow(attempt))
                }
                Err(error) => {
                    last = error.to_string();
                    Duration::from_millis(500)
                }
            };
            if attempt < TRIES {
                tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
            }
        }
        Err(format!("{last} (given up after {TRIES} tries)"))
    }

    fn notification(&self, report: &Report) -> Notification {
        let verb = if report.result == RunResult::Succeeded {
            "finished"
        } else {
            "failed"
        };
        let mut body = String::new();
        if let Some(failure) = &report.failure {
            body = format!("{}: {}", failure.what, failure.message);
            for gate in &failure.gates {
                body.push_str(&format!(
                    "\n{}: {}\n  {}",
                    gate.service,
                    gate.reason,
                    gate.output.trim()
                ));
            }
        }
        let mut fields = vec![
            ("changed".to_owned(), report.changed.len().to_string()),
            (
                "took".to_owned(),
                format!("{:.1} s", report.took.as_secs_f64()),
            ),
            ("run".to_owned(), report.run.clone()),
        ];
        if !report.undone.is_empty() {
            fields.push(("undone".to_owned(), report.undone.len().to_string()));
        }
        let secrets = &self.setup().secrets;
        let succeeded = report.result == RunResult::Succeeded;
        Notification {
            id: report.run.clone(),
            status: if succeeded {
                Status::Succeeded
            } else {
                Status::Failed
            },
            severity: if succeeded {
                Severity::Info
            } else {
                Severity::Critical
            },
            title: format!("{} of {} {verb}", report.pipeline, report.project),
            body: secrets.redact(&body),
            fields,
            project: report.project.clone(),
            time: now_ms(),
        }
    }
}
