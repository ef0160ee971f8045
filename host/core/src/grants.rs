//! Where what a plugin asks for and what the operator granted meet.
//!
//! Deny by default: effective is what was granted *and* asked for.

pub mod address;
pub mod destination;

use destination::{Endpoint, HostPattern, Origin};
use serde::{Deserialize, Serialize};

/// What a plugin would like to use; `wit/types.wit` documents each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is documented in wit/types.wit")]
pub enum Capability {
    Http(String),
    Tcp(String),
    Secret(String),
    Mail(String),
    Directory(String),
    Containers,
    HealthCheck,
    Exec,
    Other(String),
}

/// A capability and the reason an operator reads before granting it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Ask {
    /// What.
    pub capability: Capability,
    /// Why.
    pub reason: String,
}

/// `grants:` of a plugin in sinops.yaml.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grants {
    /// Origins: `https://hooks.slack.com`, `https://*.example.org:8443`.
    pub http: Vec<String>,
    /// `host:port`.
    pub tcp: Vec<String>,
    /// Names of secrets.
    pub secrets: Vec<String>,
    /// Domains of recipients.
    pub mail: Vec<String>,
    /// Folders, read only: name in the guest to path on the host.
    pub directories: indexmap::IndexMap<String, String>,
    /// May reach private, loopback and link-local addresses through granted names.
    pub private_addresses: bool,
    /// See the stack's containers.
    pub containers: bool,
    /// Have declared health checks run.
    pub health_check: bool,
    /// Run commands in the stack's containers.
    pub exec: bool,
}

/// What of the grants does something: granted *and* asked for.
///
/// Made once when a plugin is loaded; the runtime compares every request with
/// it and with nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effective {
    /// Origins.
    pub http: Vec<Origin>,
    /// TCP destinations.
    pub tcp: Vec<Endpoint>,
    /// Names of secrets.
    pub secrets: Vec<String>,
    /// Domains of recipients, lower case; `*.` covers names below.
    pub mail: Vec<HostPattern>,
    /// Name in the guest, path on the host.
    pub directories: Vec<(String, String)>,
    /// Names may lead to private addresses.
    pub private_addresses: bool,
    /// See containers.
    pub containers: bool,
    /// Have health checks run.
    pub health_check: bool,
    /// Run commands.
    pub exec: bool,
}

/// An entry of `grants:` that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("grants.{key}: `{value}`: {reason}")]
pub struct GrantError {
    /// `http`, `tcp`, `mail`.
    pub key: &'static str,
    /// As written.
    pub value: String,
    /// What is wrong and what to write.
    pub reason: String,
}

impl Grants {
    /// What of these grants the plugin asked for.
    ///
    /// # Errors
    /// If an entry is not understood, whether asked for or not.
    pub fn effective(&self, asks: &[Ask]) -> Result<Effective, GrantError> {
        let asked = |wanted: &Capability| asks.iter().any(|ask| ask.capability == *wanted);
        let any = |kind: fn(&Capability) -> Option<&str>| {
            asks.iter().filter_map(move |ask| kind(&ask.capability))
        };

        let http: Vec<&str> = any(|c| {
            if let Capability::Http(text) = c {
                Some(text)
            } else {
                None
            }
        })
        .collect();
        let tcp: Vec<&str> = any(|c| {
            if let Capability::Tcp(text) = c {
                Some(text)
            } else {
                None
            }
        })
        .collect();
        let mail: Vec<&str> = any(|c| {
            if let Capability::Mail(text) = c {
                Some(text)
            } else {
                None
            }
        })
        .collect();
        let secret: Vec<&str> = any(|c| {
            if let Capability::Secret(text) = c {
                Some(text)
            } else {
                None
            }
        })
        .collect();
        let directory: Vec<&str> = any(|c| {
            if let Capability::Directory(text) = c {
                Some(text)
            } else {
                None
            }
        })
        .collect();

        Ok(Effective {
            http: meet("http", &self.http, &http, Origin::parse, Origin::covers)?,
            tcp: meet("tcp", &self.tcp, &tcp, Endpoint::parse, Endpoint::covers)?,
            mail: meet(
                "mail",
                &self.mail,
                &mail,
                HostPattern::parse,
                HostPattern::covers,
            )?,
            secrets: self
                .secrets
                .iter()
                .filter(|name| secret.contains(&"*") || secret.contains(&name.as_str()))
                .cloned()
                .collect(),
            directories: self
                .directories
                .iter()
                .filter(|(name, _)| directory.contains(&"*") || directory.contains(&name.as_str()))
                .map(|(name, path)| (name.clone(), path.clone()))
                .collect(),
            private_addresses: self.private_addresses,
            containers: self.containers && asked(&Capability::Containers),
            health_check: self.health_check && asked(&Capability::HealthCheck),
            exec: self.exec && asked(&Capability::Exec),
        })
    }
}

/// The narrower of every granted and asked pair of which one covers the other.
fn meet<T: Clone + PartialEq>(
    key: &'static str,
    granted: &[String],
    asked: &[&str],
    parse: fn(&str) -> Result<T, String>,
    covers: fn(&T, &T) -> bool,
) -> Result<Vec<T>, GrantError> {
    let mut effective = Vec::new();
    for value in granted {
        let grant = parse(value).map_err(|reason| GrantError {
            key,
            value: value.clone(),
            reason,
        })?;
        for &ask in asked {
            // What a plugin asks for in a form that nobody knows gives nothing.
            let narrower = if ask == "*" {
                Some(grant.clone())
            } else {
                parse(ask).ok().and_then(|ask| {
                    if covers(&ask, &grant) {
                        Some(grant.clone())
                    } else if covers(&grant, &ask) {
                        Some(ask)
                    } else {
                        None
                    }
                })
            };
            effective.extend(narrower.filter(|found| !effective.contains(found)));
        }
    }
    Ok(effective)
}

impl Effective {
    /// Whether a request to this origin is covered.
    #[must_use]
    pub fn allows_http(&self, origin: &Origin) -> bool {
        self.http.iter().any(|granted| granted.covers(origin))
    }

    /// Whether a connection to this destination is covered.
    #[must_use]
    pub fn allows_tcp(&self, endpoint: &Endpoint) -> bool {
        self.tcp.iter().any(|granted| granted.covers(endpoint))
    }

    /// Whether mail to this domain is covered.
    #[must_use]
    pub fn allows_mail(&self, domain: &str) -> bool {
        HostPattern::parse(domain)
            .is_ok_and(|domain| self.mail.iter().any(|granted| granted.covers(&domain)))
    }

    /// Whether a name that was granted may lead to this address.
    ///
    /// # Errors
    /// With the reason in words.
    pub fn allows_address(
        &self,
        host: &HostPattern,
        address: std::net::IpAddr,
    ) -> Result<(), String> {
        let kind = match address::reach(address) {
            address::Reach::Public => return Ok(()),
            // The grant names this very address.
            address::Reach::Private(_) | address::Reach::Metadata
                if *host == HostPattern::Address(address) =>
            {
                return Ok(());
            }
            address::Reach::Private(_) if self.private_addresses => return Ok(()),
            address::Reach::Private(kind) => {
                return Err(format!(
                    "`{host}` resolves to {address}, {kind}; to allow it add `private-addresses: true` \
                     to the grants, or grant the address itself"
                ));
            }
            address::Reach::Metadata => "the address of a cloud's metadata service",
            address::Reach::Never(kind) => kind,
        };
        Err(format!(
            "`{host}` resolves to {address}, {kind}; a granted name cannot lead there"
        ))
    }

    /// The same in the form of sinops.yaml, for printing.
    #[must_use]
    pub fn to_grants(&self) -> Grants {
        Grants {
            http: self.http.iter().map(ToString::to_string).collect(),
            tcp: self.tcp.iter().map(ToString::to_string).collect(),
            secrets: self.secrets.clone(),
            mail: self.mail.iter().map(ToString::to_string).collect(),
            directories: self.directories.iter().cloned().collect(),
            private_addresses: self.private_addresses,
            containers: self.containers,
            health_check: self.health_check,
            exec: self.exec,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(capability: Capability) -> Ask {
        Ask {
            capability,
            reason: String::new(),
        }
    }

    fn http(granted: &[&str], asked: &[&str]) -> Vec<String> {
        let grants = Grants {
            http: granted.iter().map(ToString::to_string).collect(),
            ..Grants::default()
        };
        let asks: Vec<Ask> = asked
            .iter()
            .map(|text| ask(Capability::Http((*text).into())))
            .collect();
        grants
            .effective(&asks)
            .expect("grants are well-formed")
            .to_grants()
            .http
    }

    #[test]
    fn nothing_is_effective_unless_granted_and_asked() {
        assert!(http(&["https://a.org"], &[]).is_empty());
        assert!(http(&[], &["https://a.org"]).is_empty());
        assert!(http(&["https://a.org"], &["https://b.org"]).is_empty());
        assert_eq!(
            http(&["https://a.org"], &["https://a.org"]),
            ["https://a.org"]
        );
        let all = Grants {
            containers: true,
            health_check: true,
            exec: true,
            secrets: vec!["token".into()],
            directories: std::iter::once(("data".to_owned(), "/srv".to_owned())).collect(),
            ..Grants::default()
        };
        assert_eq!(all.effective(&[]).expect("good"), Effective::default());
    }

    #[test]
    fn the_narrower_of_grant_and_ask_is_effective() {
        assert_eq!(
            http(&["https://a.x.org"], &["https://*.x.org"]),
            ["https://a.x.org"]
        );
        assert_eq!(
            http(&["https://*.x.org"], &["https://a.x.org"]),
            ["https://a.x.org"]
        );
        assert_eq!(
            http(&["https://a.org", "http://b.org:81"], &["*"]),
            ["https://a.org", "http://b.org:81"]
        );
    }

    #[test]
    fn a_grant_that_is_not_understood_is_an_error_even_if_unasked() {
        let grants = Grants {
            http: vec!["https://a.org/path".into()],
            ..Grants::default()
        };
        let error = grants.effective(&[]).expect_err("a path");
        assert_eq!(
            error.to_string(),
            "grants.http: `https://a.org/path`: paths are not compared, so none can be granted: write `https://a.org`"
        );
    }

    #[test]
    fn secrets_and_folders_are_matched_by_name() {
        let grants = Grants {
            secrets: vec!["a".into(), "b".into()],
            ..Grants::default()
        };
        let one = grants
            .effective(&[ask(Capability::Secret("a".into()))])
            .expect("good");
        assert_eq!(one.secrets, ["a"]);
        let all = grants
            .effective(&[ask(Capability::Secret("*".into()))])
            .expect("good");
        assert_eq!(all.secrets, ["a", "b"]);
    }

    #[test]
    fn a_granted_name_does_not_lead_to_the_machine_itself() {
        let name = HostPattern::Name("x.org".into());
        let here = "127.0.0.1".parse().expect("an address");
        let metadata = "169.254.169.254".parse().expect("an address");
        let strict = Effective::default();
        let open = Effective {
            private_addresses: true,
            ..Effective::default()
        };
        assert!(strict.allows_address(&name, here).is_err());
        assert!(open.allows_address(&name, here).is_ok());
        assert!(open.allows_address(&name, metadata).is_err());
        assert!(
            strict
                .allows_address(&HostPattern::Address(here), here)
                .is_ok()
        );
        assert!(
            strict
                .allows_address(&HostPattern::Address(metadata), metadata)
                .is_ok()
        );
        assert!(
            strict
                .allows_address(&HostPattern::Address(metadata), here)
                .is_err()
        );
    }

    #[test]
    fn mail_is_matched_by_domain() {
        let grants = Grants {
            mail: vec!["example.org".into(), "*.corp.org".into()],
            ..Grants::default()
        };
        let effective = grants
            .effective(&[ask(Capability::Mail("*".into()))])
            .expect("good");
        assert!(effective.allows_mail("Example.ORG"));
        assert!(effective.allows_mail("a.corp.org"));
        assert!(!effective.allows_mail("corp.org"));
        assert!(!effective.allows_mail("example.org.evil.net"));
    }
}
