//! The plugin against a double of the host.

use notifier_email::{Email, message};
use serde_json::json;
use sinops_sdk::notifier::{Failure, Notification, Notifier, Status};
use sinops_sdk::testing::{Host, NotifierCase, check_notifier};
use sinops_sdk::{mail, read_settings, types};

#[test]
fn keeps_the_contract() {
    check_notifier::<Email>(&NotifierCase {
        settings: json!({ "to": ["ops@example.org"] }),
        success: None,
    });
}

#[test]
fn a_mail_says_it_all() {
    let host = Host::new();
    host.mail_answer(Ok("250 2.0.0 queued as 7"));
    let email: Email =
        read_settings(r#"{"to":["a@example.org","b@example.org"],"subject-prefix":"[prod]"}"#)
            .unwrap();
    let receipt = email
        .notify(&Notification {
            status: Status::Failed,
            severity: types::Severity::Critical,
            title: "gate of tier data failed".to_owned(),
            body: "postgres: <refused>".to_owned(),
            fields: vec![types::label("tier", "data")],
            project: "shop".to_owned(),
            ..Notification::default()
        })
        .unwrap();
    assert_eq!(receipt.reference, "250 2.0.0 queued as 7");
    let mails = host.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["a@example.org", "b@example.org"]);
    assert_eq!(
        mails[0].subject,
        "[prod] FAILED shop: gate of tier data failed"
    );
    assert_eq!(
        mails[0].text,
        "gate of tier data failed\n\npostgres: <refused>\n\ntier: data\nproject: shop\nstatus: failed\nseverity: critical\ntime: 1970-01-01T00:00:00Z\n"
    );
    assert!(
        mails[0]
            .html
            .as_deref()
            .unwrap_or_default()
            .contains("&lt;refused&gt;")
    );
}

#[test]
fn a_subject_is_one_line_whatever_is_in_it() {
    let notification = Notification {
        title: "a\r\nBcc: x@example.org\u{0}b".repeat(20),
        ..Notification::default()
    };
    let subject = message::subject("[sinops]", &notification);
    assert!(!subject.chars().any(char::is_control), "{subject:?}");
    assert_eq!(subject.chars().count(), 150);
}

#[test]
fn no_recipients_is_a_mistake_in_the_settings() {
    let email: Email = read_settings(r#"{"to":[]}"#).unwrap();
    let failure = email.notify(&Notification::default()).unwrap_err();
    assert_eq!(
        failure,
        Failure::Settings("settings.to: name at least one address".to_owned())
    );
}

#[test]
fn the_relay_decides_whether_to_try_again() {
    let host = Host::new();
    host.mail_answer(Err(mail::Error::Temporary("451 later".to_owned())));
    let email: Email = read_settings(r#"{"to":["a@example.org"]}"#).unwrap();
    assert!(matches!(
        email.notify(&Notification::default()),
        Err(Failure::Retry(_))
    ));
}
