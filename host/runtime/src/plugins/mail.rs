//! sinops:host/mail: the plugin composes, the host delivers to the operator's
//! relay. Sender, login and transport are the operator's.

use super::bindings::sinops::host::mail::{Error, Host, Message};
use super::guest::Guest;
use super::secrets::SecretStore;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use sinops_core::grants::Capability;
use std::time::Duration;

/// Recipients of one message.
const RECIPIENTS: usize = 50;

/// How the connection to the relay is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RelaySecurity {
    /// Plain at first, then TLS or nothing is sent.
    #[default]
    StartTls,
    /// TLS from the first byte.
    ImplicitTls,
    /// None: only for a relay on the same machine or network.
    None,
}

/// The operator's relay.
#[derive(Debug, Clone)]
pub struct MailRelay {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub security: RelaySecurity,
    /// Sender: `Ops <ops@example.org>`.
    pub from: String,
    /// Login name; none: no login.
    pub username: Option<String>,
    /// Name of the secret with the password.
    pub password_secret: Option<String>,
}

impl MailRelay {
    fn transport(
        &self,
        secrets: &SecretStore,
        timeout: Duration,
    ) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
        let tls = || TlsParameters::new(self.host.clone()).map_err(|error| error.to_string());
        let tls = match self.security {
            RelaySecurity::StartTls => Tls::Required(tls()?),
            RelaySecurity::ImplicitTls => Tls::Wrapper(tls()?),
            RelaySecurity::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.host)
            .port(self.port)
            .tls(tls)
            .timeout(Some(timeout));
        if let Some(username) = &self.username {
            let password = match &self.password_secret {
                Some(name) => secrets
                    .get(name)
                    .ok_or_else(|| {
                        format!("the relay's secret `{name}` is not declared in sinops.yaml")
                    })?
                    .value()
                    .to_owned(),
                None => String::new(),
            };
            builder = builder.credentials(Credentials::new(username.clone(), password));
        }
        Ok(builder.build())
    }
}

impl Guest {
    fn compose(&self, relay: &MailRelay, message: &Message) -> Result<lettre::Message, Error> {
        if message.to.is_empty() || message.to.len() > RECIPIENTS {
            return Err(Error::Invalid(format!(
                "a message has 1 to {RECIPIENTS} recipients"
            )));
        }
        if message.subject.chars().any(char::is_control) {
            return Err(Error::Invalid(
                "the subject holds a line break or control character".into(),
            ));
        }
        let from: Mailbox = relay.from.parse().map_err(|_| {
            Error::Other(format!("the relay's sender `{}` is no address", relay.from))
        })?;
        let mut builder = lettre::Message::builder()
            .from(from)
            .subject(&message.subject);
        for recipient in &message.to {
            if recipient.chars().any(char::is_control) {
                return Err(Error::Invalid(
                    "an address holds a line break or control character".into(),
                ));
            }
            let address: Address = recipient
                .parse()
                .map_err(|_| Error::Invalid(format!("`{recipient}` is no mail address")))?;
            if !self.call.grants.allows_mail(address.domain()) {
                let asked = self
                    .call
                    .asks
                    .iter()
                    .any(|ask| matches!(ask, Capability::Mail(_)));
                return Err(Error::Denied(self.call.deny(format!(
                    "mail to `{}` is not granted; {}",
                    address.domain(),
                    self.call.how_to_grant("mail", address.domain(), asked)
                ))));
            }
            builder = builder.to(Mailbox::new(None, address));
        }
        let text = message.text.clone();
        match &message.html {
            Some(html) => builder.multipart(MultiPart::alternative_plain_html(text, html.clone())),
            None => builder
                .header(lettre::message::header::ContentType::TEXT_PLAIN)
                .body(text),
        }
        .map_err(|error| Error::Invalid(error.to_string()))
    }
}

impl Host for Guest {
    async fn send(&mut self, message: Message) -> wasmtime::Result<Result<String, Error>> {
        if let Some(reason) = self.call.refuse_if_pure("mail") {
            return Ok(Err(Error::Denied(reason)));
        }
        let Some(relay) = self.mail.clone() else {
            return Ok(Err(Error::Denied(self.call.deny(
                "no mail relay is set up; add `mail:` with host, port and from to sinops.yaml",
            ))));
        };
        let composed = match self.compose(&relay, &message) {
            Ok(composed) => composed,
            Err(error) => return Ok(Err(error)),
        };
        if !self.call.count_connection() {
            return Ok(Err(Error::Temporary(
                "too many messages in one call".into(),
            )));
        }
        let secrets = &self.call.secrets;
        let transport = match relay.transport(secrets, self.call.limits.wall) {
            Ok(transport) => transport,
            Err(reason) => return Ok(Err(Error::Other(secrets.redact(&reason)))),
        };
        Ok(match transport.send(composed).await {
            Ok(response) => Ok(secrets.redact(&response.message().collect::<Vec<_>>().join(" "))),
            Err(error) => {
                let mut text = error.to_string();
                let mut source = std::error::Error::source(&error);
                while let Some(cause) = source {
                    text = format!("{text}: {cause}");
                    source = cause.source();
                }
                let text = secrets.redact(&text);
                Err(if error.is_permanent() {
                    Error::Permanent(text)
                } else if error.is_transient() || error.is_timeout() || error.is_response() {
                    Error::Temporary(text)
                } else if error.is_tls() {
                    Error::Other(text)
                } else {
                    Error::Temporary(text)
                })
            }
        })
    }
}
