//! What Slack's answer means: a webhook has delivered only when the body says
//! `ok`, whatever the status.

use sinops_sdk::http::Response;
use sinops_sdk::notifier::{self, Failure, Receipt};

/// Reads the answer of the webhook.
///
/// # Errors
/// Unless it was delivered.
pub fn read(response: &Response) -> Result<Receipt, Failure> {
    let receipt = notifier::delivered(response)?;
    if response.text().trim() == "ok" {
        return Ok(receipt);
    }
    if let Some(answer) = response.json() {
        if answer.get("ok").and_then(serde_json::Value::as_bool) == Some(true) {
            return Ok(receipt);
        }
        if let Some(error) = answer.get("error").and_then(|error| error.as_str()) {
            let said = format!("Slack says `{error}`");
            let passing = [
                "ratelimited",
                "rate_limited",
                "internal_error",
                "service_unavailable",
            ];
            return Err(if passing.contains(&error) {
                notifier::retry(said)
            } else {
                Failure::Permanent(said)
            });
        }
    }
    // A proxy or a login page in between, which may be gone the next time.
    Err(notifier::retry(format!(
        "HTTP {}, but the answer is not `ok`: {}",
        response.status,
        response.excerpt()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ok_is_ok() {
        for (status, body, expected) in [
            (200, "ok", "sent"),
            (200, "ok\n", "sent"),
            (200, r#"{"ok":true}"#, "sent"),
            (
                200,
                r#"{"ok":false,"error":"channel_not_found"}"#,
                "permanent",
            ),
            (200, r#"{"ok":false,"error":"ratelimited"}"#, "retry"),
            (200, "<html>Log in</html>", "retry"),
            (200, "", "retry"),
            (400, "invalid_payload", "permanent"),
            (404, "no_service", "permanent"),
            (500, "rollup_error", "retry"),
        ] {
            let word = match read(&Response::new(status, body)) {
                Ok(_) => "sent",
                Err(Failure::Retry(_)) => "retry",
                Err(Failure::Permanent(_)) => "permanent",
                Err(_) => "other",
            };
            assert_eq!(word, expected, "{status} {body}");
        }
    }
}
