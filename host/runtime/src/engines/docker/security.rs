//! Capabilities, security options and profiles.

use super::super::ContainerSpec;
use super::body::{Lookups, some};
use bollard::models::HostConfig;
use std::collections::BTreeSet;

const ALL: &str = "ALL";

pub(super) fn apply(spec: &ContainerSpec, lookups: &Lookups, host: &mut HostConfig) {
    let (add, drop) = capabilities(&spec.service.cap_add, &spec.service.cap_drop);
    host.cap_add = some(add.into_iter().collect());
    host.cap_drop = some(drop.into_iter().collect());
    let mut options = Vec::new();
    for option in &spec.service.security_opt {
        // `key:value` is the older spelling of `key=value`.
        let (key, value) = option
            .split_once('=')
            .or_else(|| option.split_once(':'))
            .unwrap_or((option, ""));
        match (key, value) {
            ("systempaths", "unconfined") => {
                host.masked_paths = Some(Vec::new());
                host.readonly_paths = Some(Vec::new());
            }
            ("seccomp", file) => {
                // The engine wants the profile itself.
                let text = lookups.seccomp.get(file).map_or(file, String::as_str);
                options.push(format!("seccomp={text}"));
            }
            (_, "") => options.push(option.clone()),
            (key, value) => options.push(format!("{key}={value}")),
        }
    }
    host.security_opt = some(options);
}

/// What is added and what is dropped, in the kernel's names. `ALL` needs no others beside
/// it, and what is added is not dropped.
pub(super) fn capabilities(
    add: &[impl AsRef<str>],
    drop: &[impl AsRef<str>],
) -> (BTreeSet<String>, BTreeSet<String>) {
    let add = named(add);
    let mut drop = named(drop);
    drop.retain(|name| !add.contains(name));
    (add, drop)
}

fn named(list: &[impl AsRef<str>]) -> BTreeSet<String> {
    let names = list.iter().map(|name| {
        let name = name.as_ref().trim().to_uppercase();
        if name == ALL || name.starts_with("CAP_") {
            name
        } else {
            format!("CAP_{name}")
        }
    });
    let all: BTreeSet<String> = names.collect();
    match all.get(ALL) {
        Some(name) => BTreeSet::from([name.clone()]),
        None => all,
    }
}

/// JSON without the blanks between its words, as other programs send profiles: a container
/// shows the profile that it was made with.
pub(super) fn compact(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    json.chars()
        .filter(|&char| {
            if quoted {
                quoted = escaped || char != '"';
                escaped = char == '\\' && !escaped;
                return true;
            }
            quoted = char == '"';
            !char.is_ascii_whitespace()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_have_the_names_of_the_kernel() {
        for (add, drop, expected) in [
            (
                &["net_admin", "CAP_SYS_NICE", "NET_ADMIN"][..],
                &["ALL"][..],
                (&["CAP_NET_ADMIN", "CAP_SYS_NICE"][..], &["ALL"][..]),
            ),
            (&["ALL", "CHOWN"], &["CHOWN"], (&["ALL"], &["CAP_CHOWN"])),
            (&["CHOWN"], &["cap_chown"], (&["CAP_CHOWN"], &[])),
            (&[], &["all", "CHOWN"], (&[], &["ALL"])),
        ] {
            let (add, drop) = capabilities(add, drop);
            assert!(add.iter().eq(expected.0), "{add:?}");
            assert!(drop.iter().eq(expected.1), "{drop:?}");
        }
    }

    #[test]
    fn a_profile_is_sent_without_its_blanks() {
        for (json, expected) in [
            ("{\n  \"a b\": [ 1, true ]\n}\n", r#"{"a b":[1,true]}"#),
            (
                r#"{ "\" x": "\\" , "y" : " " }"#,
                r#"{"\" x":"\\","y":" "}"#,
            ),
            ("unconfined", "unconfined"),
            ("\"open \\", "\"open \\"),
        ] {
            assert_eq!(compact(json), expected);
        }
    }
}
