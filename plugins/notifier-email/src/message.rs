//! Subject, plain text and HTML of a notification.

use sinops_sdk::notifier::Notification;
use sinops_sdk::types::rfc3339;

/// One line of at most 150 characters: `[sinops] FAILED shop: gate of tier data`.
#[must_use]
pub fn subject(prefix: &str, notification: &Notification) -> String {
    let line = format!(
        "{prefix} {} {}: {}",
        notification.status_word().to_uppercase(),
        notification.project,
        notification.title
    );
    // Whitespace of any kind becomes one space: a line break in a subject
    // would be a header of its own.
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(150).collect()
}

/// The mail for people who read text.
#[must_use]
pub fn text(notification: &Notification) -> String {
    let mut text = format!("{}\n", notification.title);
    if !notification.body.is_empty() {
        text += &format!("\n{}\n", notification.body.trim_end());
    }
    text.push('\n');
    for (key, value) in facts(notification) {
        text += &format!("{key}: {value}\n");
    }
    text
}

/// The same with a little structure; no images, no styles from elsewhere.
#[must_use]
pub fn html(notification: &Notification) -> String {
    let mut html = format!("<h2>{}</h2>\n", escaped(&notification.title));
    if !notification.body.is_empty() {
        html += &format!("<pre>{}</pre>\n", escaped(notification.body.trim_end()));
    }
    html += "<table>\n";
    for (key, value) in facts(notification) {
        html += &format!(
            "<tr><th align=\"left\">{}</th><td>{}</td></tr>\n",
            escaped(key),
            escaped(&value)
        );
    }
    html + "</table>\n"
}

fn facts(notification: &Notification) -> impl Iterator<Item = (&str, String)> {
    let fields = notification
        .fields
        .iter()
        .map(|field| (field.key.as_str(), field.value.clone()));
    fields.chain([
        ("project", notification.project.clone()),
        ("status", notification.status_word().to_owned()),
        ("severity", notification.severity_word().to_owned()),
        ("time", rfc3339(notification.time)),
    ])
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
