//! Capabilities, security options and profiles.

use super::super::ContainerSpec;
use super::body::{Lookups, some};
use bollard::models::HostConfig;
use std::collections::BTreeSet;

pub(super) fn apply(spec: &ContainerSpec, lookups: &Lookups, host: &mut HostConfig) {
    let names = |list: &[String]| some(capabilities(list).into_iter().collect::<Vec<_>>());
    host.cap_add = names(&spec.service.cap_add);
    host.cap_drop = names(&spec.service.cap_drop);
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

/// In the kernel's names.
pub(super) fn capabilities<T: AsRef<str>>(list: &[T]) -> BTreeSet<String> {
    let names = list.iter().map(|name| {
        let name = name.as_ref().trim().to_uppercase();
        if name == "ALL" || name.starts_with("CAP_") {
            name
        } else {
            format!("CAP_{name}")
        }
    });
    names.collect()
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
        let names = capabilities(&["SYS_NICE", "net_admin", "CAP_NET_ADMIN", "all"]);
        let names: Vec<String> = names.into_iter().collect();
        assert_eq!(names, ["ALL", "CAP_NET_ADMIN", "CAP_SYS_NICE"]);
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
