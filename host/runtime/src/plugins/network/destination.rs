//! Where a request goes: the grant is compared, then secrets are put in.
//!
//! * A request to the authority `NAME.secret.invalid` goes to the URL that the
//!   secret NAME holds. If that URL has a path, it is used as it is and the
//!   guest's own path must be `/`; otherwise the guest's path is used.
//! * `{{secret:NAME}}` in a header's value is replaced.

use crate::plugins::call::Call;
use http::header::{HOST, HeaderValue};
use http::uri::{PathAndQuery, Uri};
use http::{HeaderMap, Request};
use sinops_core::grants::Capability;
use sinops_core::grants::destination::{Origin, Scheme};

const AUTHORITY: &str = ".secret.invalid";
const OPEN: &str = "{{secret:";
const CLOSE: &str = "}}";

/// Checks a request and makes it the one that is sent: the URI keeps only the
/// path, secrets are in. The reason of a refusal is for the operator.
pub(crate) fn admit<B>(call: &Call, request: &mut Request<B>) -> Result<Origin, String> {
    if *request.method() == http::Method::CONNECT {
        return Err("CONNECT would make the server a way to others; it is not offered".into());
    }
    let uri = request.uri().clone();
    let authority = uri.authority().ok_or("the request has no host")?;
    if authority.as_str().contains('@') {
        return Err(
            "a user or password in a URL is not supported; use a secret in a header".into(),
        );
    }
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);

    let named = authority.host().strip_suffix(AUTHORITY).map(str::to_owned);
    let (origin, path) = match named {
        Some(name) => {
            let url = secret_url(call, &name)?;
            let origin = origin_of(&url)?;
            if !call.grants.allows_http(&origin) {
                // The origin is part of the secret, so it is not printed.
                return Err(format!(
                    "the URL in secret `{name}` leads to an origin that is not granted, or \
                     that the plugin does not ask for (`sinops plugin inspect {0}` shows it); \
                     add it to `http:` under `grants:` of plugin `{0}`",
                    call.plugin
                ));
            }
            (origin, joined_path(&url, path, &name)?)
        }
        None => {
            let text = format!("{}://{authority}", uri.scheme_str().unwrap_or("https"));
            let origin = Origin::parse(&text).map_err(|reason| format!("`{text}`: {reason}"))?;
            if !call.grants.allows_http(&origin) {
                let asked = call.asks.iter().any(|ask| match ask {
                    Capability::Http(ask) => {
                        ask == "*" || Origin::parse(ask).is_ok_and(|ask| ask.covers(&origin))
                    }
                    _ => false,
                });
                return Err(format!(
                    "HTTP to {origin} is not granted; {}",
                    call.how_to_grant("http", &origin.to_string(), asked)
                ));
            }
            (origin, path.to_owned())
        }
    };

    fill_headers(call, &origin, request.headers_mut())?;
    let host = match origin.port == origin.scheme.default_port() {
        true => origin.host.to_string(),
        false => format!("{}:{}", origin.host, origin.port),
    };
    let host = HeaderValue::from_str(&host).map_err(|_| "the host is no header value")?;
    request.headers_mut().insert(HOST, host);
    *request.uri_mut() = path.parse().map_err(|_| "the path is malformed")?;
    Ok(origin)
}

fn secret_url(call: &Call, name: &str) -> Result<Uri, String> {
    let secret = granted(call, name)?;
    let url: Uri = secret
        .value()
        .trim()
        .parse()
        .map_err(|_| format!("secret `{name}` is used as a URL but does not hold one"))?;
    if url.scheme().is_none() || url.authority().is_none() {
        return Err(format!(
            "secret `{name}` is used as a URL; it has to start with `https://`"
        ));
    }
    // A URL names its destination itself; `for:` can only narrow it.
    if secret.is_bound() && !secret.may_go_to(&origin_of(&url)?) {
        return Err(format!(
            "the URL in secret `{name}` is not below what its `for:` allows"
        ));
    }
    Ok(url)
}

fn origin_of(url: &Uri) -> Result<Origin, String> {
    let authority = url.authority().ok_or("the URL has no host")?;
    let scheme = url.scheme_str().unwrap_or_default();
    // Without the reason: it would quote the value.
    Origin::parse(&format!("{scheme}://{authority}"))
        .map_err(|_| "the URL of a secret has no usable origin".into())
}

fn joined_path(url: &Uri, path: &str, name: &str) -> Result<String, String> {
    match (url.path_and_query().map_or("/", PathAndQuery::as_str), path) {
        ("/" | "", path) => Ok(path.to_owned()),
        (own, "/" | "") => Ok(own.to_owned()),
        _ => Err(format!(
            "the URL in secret `{name}` has a path, so the plugin cannot add one"
        )),
    }
}

fn granted<'a>(call: &'a Call, name: &str) -> Result<&'a crate::plugins::secrets::Secret, String> {
    if !call.grants.secrets.iter().any(|granted| granted == name) {
        let asked = call
            .asks
            .iter()
            .any(|ask| matches!(ask, Capability::Secret(ask) if ask == "*" || ask == name));
        return Err(format!(
            "secret `{name}` is not granted; {}",
            call.how_to_grant("secrets", name, asked)
        ));
    }
    call.secrets.get(name).ok_or_else(|| {
        format!("secret `{name}` is granted but not declared under `secrets:` in sinops.yaml")
    })
}

fn fill_headers(call: &Call, origin: &Origin, headers: &mut HeaderMap) -> Result<(), String> {
    for (header, value) in headers.iter_mut() {
        let Ok(text) = value.to_str() else { continue };
        if !text.contains(OPEN) {
            continue;
        }
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPEN) {
            let (name, after) = after
                .split_once(CLOSE)
                .ok_or_else(|| format!("header `{header}`: `{OPEN}` without `{CLOSE}`"))?;
            let secret = granted(call, name)?;
            if !secret.may_go_to(origin) {
                return Err(format!(
                    "secret `{name}` must not go to {origin}; to allow it add `for: [\"{origin}\"]` to the \
                     secret in sinops.yaml"
                ));
            }
            filled.push_str(before);
            filled.push_str(secret.value());
            rest = after;
        }
        filled.push_str(rest);
        let mut new = HeaderValue::from_str(&filled).map_err(|_| {
            format!("header `{header}`: the secret holds characters that a header cannot")
        })?;
        new.set_sensitive(true);
        *value = new;
    }
    Ok(())
}

/// Whether the connection is encrypted.
pub(crate) fn is_tls(origin: &Origin) -> bool {
    origin.scheme == Scheme::Https
}
