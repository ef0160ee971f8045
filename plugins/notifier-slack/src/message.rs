//! A message in Block Kit, within Slack's bounds: 150 characters in a header,
//! 3000 in a section, ten fields of 2000.

use serde_json::{Value, json};
use sinops_sdk::Severity;
use sinops_sdk::notifier::{Notification, Status};

/// The body for the webhook.
#[must_use]
pub fn of(notification: &Notification, mention: Option<&str>) -> Value {
    let title = format!("{} {}", sign(notification), plain(&notification.title));
    let mut blocks = vec![json!({
        "type": "header",
        "text": { "type": "plain_text", "text": cut(&title, 150) },
    })];
    let calls = notification.severity == Severity::Critical
        && matches!(notification.status, Status::Firing | Status::Failed);
    if let Some(mention) = mention.filter(|_| calls) {
        blocks.push(section(mention));
    }
    if !notification.body.trim().is_empty() {
        // Cut before escaping, so that no entity is cut in two; what escaping
        // adds is bounded by the factor below.
        let room = 2900;
        let mut body = cut(&notification.body, room);
        while escaped(&body).chars().count() > room {
            body = cut(&body, body.chars().count() * 3 / 4);
        }
        blocks.push(section(&escaped(&body)));
    }
    for fields in notification.fields.chunks(10).take(3) {
        let fields: Vec<Value> = fields
            .iter()
            .map(|field| {
                let text = format!(
                    "*{}*\n{}",
                    escaped(&cut(&field.key, 100)),
                    escaped(&cut(&field.value, 300))
                );
                json!({ "type": "mrkdwn", "text": text })
            })
            .collect();
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    let seconds = notification.time / 1000;
    let context = format!(
        "{} · {} · <!date^{seconds}^{{date_short_pretty}} {{time_secs}}|{}>",
        escaped(&notification.project),
        notification.severity_word(),
        sinops_sdk::types::rfc3339(notification.time),
    );
    blocks.push(json!({
        "type": "context",
        "elements": [{ "type": "mrkdwn", "text": context }],
    }));
    json!({
        // What a notification on a phone shows.
        "text": escaped(&cut(&title, 150)),
        "attachments": [{ "color": colour(notification), "blocks": blocks }],
    })
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

fn sign(notification: &Notification) -> &'static str {
    match (notification.status, notification.severity) {
        (Status::Succeeded | Status::Resolved, _) => "\u{2705}",
        (_, Severity::Critical) | (Status::Failed, _) => "\u{1F534}",
        (Status::Firing, Severity::Warning) => "\u{1F7E0}",
        (Status::Firing, Severity::Info) => "\u{2139}\u{FE0F}",
    }
}

fn colour(notification: &Notification) -> &'static str {
    match (notification.status, notification.severity) {
        (Status::Succeeded | Status::Resolved, _) => "#2eb67d",
        (_, Severity::Critical) | (Status::Failed, _) => "#e01e5a",
        (Status::Firing, Severity::Warning) => "#ecb22e",
        (Status::Firing, Severity::Info) => "#36c5f0",
    }
}

/// The three characters that Slack's markup knows.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// One line.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars()
        .take(room.saturating_sub(1))
        .chain(['…'])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_the_text_stays_text() {
        let message = of(
            &Notification {
                title: "a <b> & c".to_owned(),
                body: "<!channel> & more".to_owned(),
                ..Notification::default()
            },
            None,
        );
        let blocks = &message["attachments"][0]["blocks"];
        assert_eq!(blocks[1]["text"]["text"], "&lt;!channel&gt; &amp; more");
        assert_eq!(
            blocks[0]["text"]["text"], "\u{2139}\u{FE0F} a <b> & c",
            "a header is plain"
        );
    }

    #[test]
    fn bounds_hold_for_any_text() {
        let message = of(
            &Notification {
                title: "&".repeat(1000),
                body: "&".repeat(10_000),
                fields: (0..50)
                    .map(|n| sinops_sdk::types::label(format!("k{n}"), "<".repeat(5000)))
                    .collect(),
                ..Notification::default()
            },
            None,
        );
        let blocks = message["attachments"][0]["blocks"].as_array().unwrap();
        assert!(blocks.len() <= 50);
        for block in blocks {
            let long = |text: &Value| text.as_str().unwrap_or_default().chars().count();
            assert!(long(&block["text"]["text"]) <= 3000);
            if block["type"] == "header" {
                assert!(long(&block["text"]["text"]) <= 150);
            }
            for field in block["fields"].as_array().into_iter().flatten() {
                assert!(long(&field["text"]) <= 2000);
            }
        }
    }

    #[test]
    fn people_are_called_only_for_critical_bad_news() {
        for (status, severity, expected) in [
            (Status::Failed, Severity::Critical, true),
            (Status::Firing, Severity::Critical, true),
            (Status::Firing, Severity::Warning, false),
            (Status::Resolved, Severity::Critical, false),
        ] {
            let notification = Notification {
                status,
                severity,
                ..Notification::default()
            };
            let text = of(&notification, Some("<!here>")).to_string();
            assert_eq!(
                text.contains("<!here>"),
                expected,
                "{status:?} {severity:?}"
            );
        }
    }
}
