//! What every plugin of a role keeps to, whatever it does.
//!
//! Each check gathers all that is wrong and fails once, in words.

use super::Host;
use crate::collector::Collector;
use crate::deploy_step::{DeployStep, Planning};
use crate::evaluator::Evaluator;
use crate::notifier::{Failure, Notification, Notifier, Status};
use crate::types::{Ask, Description, Severity};
use crate::{Package, describe, http, mail, read_settings};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const UNKNOWN: &str = "no-such-setting";

/// What [`check_notifier`] needs to know of a notifier.
#[derive(Debug, Clone)]
pub struct NotifierCase {
    /// Settings that are right.
    pub settings: Value,
    /// How the other side says yes; none for notifiers that send mail.
    pub success: Option<http::Response>,
}

/// A notifier keeps the contract.
///
/// # Panics
/// With a list of what it does not keep.
#[track_caller]
pub fn check_notifier<N: Notifier + Package>(case: &NotifierCase) {
    let mut wrong = identity::<N>("notifier", N::asks(), &case.settings);
    match read_settings::<N>(&case.settings.to_string()) {
        Ok(notifier) => match &case.success {
            Some(success) => over_http(&notifier, success, &mut wrong),
            None => over_mail(&notifier, &mut wrong),
        },
        Err(error) => wrong.push(format!("the right settings are refused: {error}")),
    }
    report(&wrong);
}

/// A deploy step keeps the contract, an empty stack included.
///
/// # Panics
/// With a list of what it does not keep.
#[track_caller]
pub fn check_deploy_step<S: DeployStep + Package>(settings: &Value) {
    let mut wrong = identity::<S>("deploy", S::asks(), settings);
    match read_settings::<S>(&settings.to_string()) {
        Ok(step) => {
            let planning = Planning::default();
            match (step.plan(&planning), step.plan(&planning)) {
                (Ok(first), Ok(second)) if first != second => {
                    wrong.push("the same look gave two different plans".to_owned());
                }
                (Ok(first), Ok(_)) if !first.actions.is_empty() => {
                    wrong.push(format!(
                        "an empty stack needs {} actions",
                        first.actions.len()
                    ));
                }
                (Ok(_), Ok(_)) => {}
                (Err(error), _) | (_, Err(error)) => {
                    wrong.push(format!("an empty stack cannot be planned: {error:?}"));
                }
            }
        }
        Err(error) => wrong.push(format!("the right settings are refused: {error}")),
    }
    report(&wrong);
}

/// A collector keeps the contract, no targets included.
///
/// # Panics
/// With a list of what it does not keep.
#[track_caller]
pub fn check_collector<C: Collector + Package>(settings: &Value) {
    let mut wrong = identity::<C>("collector", C::asks(), settings);
    let _host = Host::new();
    match read_settings::<C>(&settings.to_string()) {
        Ok(collector) => match collector.collect(&[], 0) {
            Ok(reading) if !reading.checks.is_empty() => {
                wrong.push("there are checks without a target".to_owned());
            }
            Ok(_) => {}
            Err(error) => wrong.push(format!("a round over no targets fails: {error:?}")),
        },
        Err(error) => wrong.push(format!("the right settings are refused: {error}")),
    }
    report(&wrong);
}

/// An evaluator keeps the contract, no samples included.
///
/// # Panics
/// With a list of what it does not keep.
#[track_caller]
pub fn check_evaluator<E: Evaluator + Package>(rules: &Value) {
    let mut wrong = identity::<E>("evaluator", E::asks(), rules);
    match read_settings::<E>(&rules.to_string()) {
        Ok(evaluator) => {
            if let Err(error) = evaluator.evaluate(&[], 0) {
                wrong.push(format!("it cannot judge nothing: {error:?}"));
            }
        }
        Err(error) => wrong.push(format!("the right rules are refused: {error}")),
    }
    report(&wrong);
}

#[track_caller]
fn report(wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "the contract is not kept:\n- {}",
        wrong.join("\n- ")
    );
}

fn identity<P>(role: &str, asks: Vec<Ask>, settings: &Value) -> Vec<String>
where
    P: Package + DeserializeOwned + JsonSchema,
{
    let mut wrong = Vec::new();
    let Description {
        name,
        version,
        summary,
        settings_schema,
        asks,
    } = describe::<P>(asks);
    // A step that only looks is named for `sinops doctor`, which finds it by that.
    let looks = role == "deploy" && name.starts_with("doctor-");
    if !name.starts_with(&format!("{role}-")) && !looks {
        wrong.push(format!("the package is called `{name}`, not `{role}-…`"));
    }
    if version.split('.').count() != 3 {
        wrong.push(format!("`{version}` is no semantic version"));
    }
    if summary.is_empty() || summary.contains('\n') {
        wrong.push("`description` in Cargo.toml is to be one line".to_owned());
    }
    for ask in asks.iter().filter(|ask| ask.reason.is_empty()) {
        wrong.push(format!(
            "{:?} is asked for without a reason",
            ask.capability
        ));
    }
    match serde_json::from_str::<Value>(&settings_schema) {
        Ok(schema) if closed(&schema, &schema) => {}
        Ok(_) => wrong.push(
            "the schema lets unknown keys pass: add #[serde(deny_unknown_fields)]".to_owned(),
        ),
        Err(error) => wrong.push(format!("the schema is no JSON: {error}")),
    }
    if let Some(with_unknown) = with_unknown(settings) {
        match read_settings::<P>(&with_unknown.to_string()) {
            Ok(_) => wrong.push(format!("the unknown key `{UNKNOWN}` is not refused")),
            Err(error) if !error.contains(UNKNOWN) => {
                wrong.push(format!("the error does not name the unknown key: {error}"));
            }
            Err(_) => {}
        }
    }
    wrong
}

/// Whether objects refuse keys that they do not know: the settings themselves,
/// or the items of a list of rules.
fn closed(schema: &Value, root: &Value) -> bool {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return target
            .strip_prefix('#')
            .and_then(|pointer| root.pointer(pointer))
            .is_some_and(|schema| closed(schema, root));
    }
    if let Some(items) = schema.get("items") {
        return closed(items, root);
    }
    schema.get("additionalProperties") == Some(&Value::Bool(false))
}

fn with_unknown(settings: &Value) -> Option<Value> {
    let mut settings = settings.clone();
    let object = match &mut settings {
        Value::Array(items) => items.first_mut()?,
        other => other,
    };
    object
        .as_object_mut()?
        .insert(UNKNOWN.to_owned(), json!(true));
    Some(settings)
}

/// All kinds of notifications, the awkward ones included.
fn notifications() -> Vec<Notification> {
    let long = "a \"long\" line <b>&amp; more</b> \u{1F600}\n".repeat(300);
    let mut all = Vec::new();
    for status in [
        Status::Firing,
        Status::Resolved,
        Status::Succeeded,
        Status::Failed,
    ] {
        for (severity, title, body) in [
            (Severity::Info, "Deployed", ""),
            (Severity::Warning, "Grüße \u{1F680} <&>\"", "one\ntwo"),
            (Severity::Critical, "x", long.as_str()),
        ] {
            all.push(Notification {
                id: "01-test".to_owned(),
                status,
                severity,
                title: title.to_owned(),
                body: body.to_owned(),
                fields: vec![crate::types::label("service", "web <1>")],
                project: "shop".to_owned(),
                time: 1_700_000_000_000,
            });
        }
    }
    all
}

fn over_http<N: Notifier>(notifier: &N, success: &http::Response, wrong: &mut Vec<String>) {
    for notification in notifications() {
        let host = Host::new();
        for _ in 0..8 {
            host.reply(success.clone());
        }
        if let Err(failure) = notifier.notify(&notification) {
            wrong.push(format!(
                "{:?} is not delivered: {failure:?}",
                notification.title
            ));
        }
        let requests = host.requests();
        if requests.is_empty() {
            wrong.push("it sends no request".to_owned());
        }
        for request in requests {
            let json = request
                .headers
                .iter()
                .any(|(name, value)| name == "content-type" && value.contains("json"));
            if json && serde_json::from_slice::<Value>(&request.body).is_err() {
                wrong.push(format!("the body for {:?} is no JSON", notification.title));
            }
        }
    }

    let try_with = |answer: Result<http::Response, http::Error>| {
        let host = Host::new();
        match answer {
            Ok(response) => host.reply(response),
            Err(error) => host.fail(error),
        }
        notifier.notify(&Notification::default())
    };
    let busy = http::Response::new(429, "slow down").with_header("Retry-After", "7");
    match try_with(Ok(busy)) {
        Err(Failure::Retry(retry)) if retry.after == Some(7000) => {}
        other => wrong.push(format!("429 with Retry-After: 7 gives {other:?}")),
    }
    for status in [500, 502, 503] {
        match try_with(Ok(http::Response::new(status, "down"))) {
            Err(Failure::Retry(_)) => {}
            other => wrong.push(format!("{status} is worth a retry, but gives {other:?}")),
        }
    }
    for status in [400, 401, 403, 404] {
        match try_with(Ok(http::Response::new(status, "no"))) {
            Err(Failure::Permanent(_)) => {}
            other => wrong.push(format!("{status} is permanent, but gives {other:?}")),
        }
    }
    match try_with(Err(http::Error::Temporary("refused".to_owned()))) {
        Err(Failure::Retry(_) | Failure::Other(_)) => {}
        other => wrong.push(format!("an unreachable server gives {other:?}")),
    }
    match try_with(Err(http::Error::Denied("not granted".to_owned()))) {
        Err(Failure::Permanent(text)) if text.contains("not granted") => {}
        other => wrong.push(format!("a missing grant gives {other:?}")),
    }
}

fn over_mail<N: Notifier>(notifier: &N, wrong: &mut Vec<String>) {
    for notification in notifications() {
        let host = Host::new();
        host.mail_answer(Ok("250 queued"));
        if let Err(failure) = notifier.notify(&notification) {
            wrong.push(format!(
                "{:?} is not delivered: {failure:?}",
                notification.title
            ));
        }
        match host.mails().as_slice() {
            [mail] => {
                if mail.subject.chars().any(char::is_control) {
                    wrong.push(format!(
                        "the subject {:?} holds control characters",
                        mail.subject
                    ));
                }
                if mail.text.is_empty() {
                    wrong.push("a mail has no text".to_owned());
                }
            }
            mails => wrong.push(format!("it sends {} mails", mails.len())),
        }
    }
    for (answer, again) in [
        (mail::Error::Temporary("421".to_owned()), true),
        (mail::Error::Permanent("550".to_owned()), false),
        (mail::Error::Denied("not granted".to_owned()), false),
    ] {
        let host = Host::new();
        host.mail_answer(Err(answer.clone()));
        match (again, notifier.notify(&Notification::default())) {
            (true, Err(Failure::Retry(_))) | (false, Err(Failure::Permanent(_))) => {}
            (_, other) => wrong.push(format!("{answer:?} gives {other:?}")),
        }
    }
}
