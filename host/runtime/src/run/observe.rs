//! What the machine itself tells: paths, ports in use, generated files. Reads only.

use crate::engines::View;
use sinops_compose::{Mount, Project};
use sinops_core::generated::LEDGER;
use sinops_core::observed::{GeneratedFile, Machine, Observed, PathFact, PathKind, PortUse};
use std::collections::BTreeSet;
use std::path::Path;

/// More generated files than this are not looked at.
const MOST_FILES: usize = 512;
/// Larger generated files are taken as absent: steps then propose to write them anew.
const LARGEST_FILE: u64 = 4 << 20;

pub(super) fn observed(view: View, project: &Project, output: &Path) -> Observed {
    let mut ports = view.ports;
    ports.extend(other_programs(project, &ports));
    Observed {
        engine_version: view.engine_version,
        containers: view.containers,
        networks: view.networks,
        volumes: view.volumes,
        images: view.images,
        ports,
        paths: paths(project),
        files: generated(output),
        texts: Vec::new(),
        machine: view.machine,
    }
}

/// What the machine tells without an engine, and without asking what listens.
pub(super) fn without_engine(project: &Project) -> Observed {
    Observed {
        paths: paths(project),
        machine: Machine {
            cpus: std::thread::available_parallelism()
                .ok()
                .and_then(|it| u32::try_from(it.get()).ok()),
            ..Machine::default()
        },
        ..Observed::default()
    }
}

fn paths(project: &Project) -> Vec<PathFact> {
    let mounts = project
        .services
        .values()
        .flat_map(|service| &service.volumes);
    let mut paths: BTreeSet<String> = mounts
        .filter(|mount| mount.kind == "bind")
        .filter_map(|mount| mount.source.clone())
        .collect();
    let objects = project.secrets.values().chain(project.configs.values());
    paths.extend(objects.filter_map(|object| object.file.clone()));
    for service in project.services.values() {
        paths.extend(inside_read_only(&service.volumes));
    }
    paths
        .into_iter()
        .map(|path| PathFact {
            kind: kind(Path::new(&path)),
            path,
        })
        .collect()
}

/// Where, on the host, the places are at which mounts are mounted inside of read-only ones.
fn inside_read_only(mounts: &[Mount]) -> impl Iterator<Item = String> {
    let outer = mounts.iter().filter(|it| it.kind == "bind" && it.read_only);
    outer.flat_map(move |outer| {
        mounts.iter().filter_map(move |inner| {
            let rest = inner
                .target
                .strip_prefix(outer.target.trim_end_matches('/'))?
                .trim_end_matches('/');
            let source = outer.source.as_deref()?.trim_end_matches('/');
            (rest.len() > 1 && rest.starts_with('/')).then(|| format!("{source}{rest}"))
        })
    })
}

fn kind(path: &Path) -> PathKind {
    match std::fs::metadata(path) {
        Err(_) => PathKind::Missing,
        Ok(found) if found.is_dir() => PathKind::Directory,
        Ok(found) if found.is_file() => PathKind::File,
        Ok(_) => PathKind::Special,
    }
}

/// Wanted host ports on which something listens that is not a container.
fn other_programs(project: &Project, known: &[PortUse]) -> Vec<PortUse> {
    let mut wanted: BTreeSet<(u16, String)> = BTreeSet::new();
    for port in project.services.values().flat_map(|service| &service.ports) {
        let protocol = port.protocol.as_deref().unwrap_or("tcp");
        for number in port
            .published
            .as_deref()
            .and_then(range)
            .into_iter()
            .flatten()
        {
            wanted.insert((number, protocol.to_owned()));
        }
    }
    let listening = listening();
    wanted
        .into_iter()
        .filter(|(port, protocol)| {
            !known
                .iter()
                .any(|used| used.port == *port && used.protocol == *protocol)
        })
        .filter_map(|(port, protocol)| {
            let (_, _, address) = listening
                .iter()
                .find(|(number, kind, _)| *number == port && *kind == protocol)?;
            Some(PortUse {
                port,
                protocol,
                address: address.clone(),
                container: None,
            })
        })
        .collect()
}

/// `8000` or `9000-9009`; nothing where the engine chooses.
fn range(published: &str) -> Option<std::ops::RangeInclusive<u16>> {
    let (from, to) = published.split_once('-').unwrap_or((published, published));
    let from = from.parse::<u16>().ok().filter(|&from| from > 0)?;
    Some(from..=to.parse().ok()?)
}

/// Sockets that listen on this machine: port, protocol, address (proc(5), net/tcp).
fn listening() -> Vec<(u16, String, String)> {
    // 0A is TCP_LISTEN; an unconnected UDP socket shows 07 (TCP_CLOSE).
    [
        ("tcp", "tcp", "0A"),
        ("tcp6", "tcp", "0A"),
        ("udp", "udp", "07"),
        ("udp6", "udp", "07"),
    ]
    .into_iter()
    .flat_map(|(file, protocol, state)| {
        let text = std::fs::read_to_string(Path::new("/proc/net").join(file)).unwrap_or_default();
        text.lines()
            .skip(1)
            .filter_map(|line| {
                let mut words = line.split_whitespace().skip(1);
                let local = words.next()?;
                if words.nth(1)? != state {
                    return None;
                }
                let (address, port) = local.rsplit_once(':')?;
                let port = u16::from_str_radix(port, 16).ok()?;
                Some((port, protocol.to_owned(), readable(address)))
            })
            .collect::<Vec<_>>()
    })
    .collect()
}

/// The kernel prints an IPv4 address as one hexadecimal word in host order.
fn readable(address: &str) -> String {
    match u32::from_str_radix(address, 16) {
        Ok(word) if address.len() == 8 => std::net::Ipv4Addr::from(word.to_ne_bytes()).to_string(),
        _ if address.bytes().all(|digit| digit == b'0') => "::".into(),
        _ => "an IPv6 address".into(),
    }
}

fn generated(output: &Path) -> Vec<GeneratedFile> {
    let mut files = Vec::new();
    let mut folders = vec![output.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            // No link is followed out of the output folder.
            let Ok(found) = entry.metadata() else {
                continue;
            };
            if found.is_dir() {
                folders.push(path);
            } else if found.is_file() && found.len() <= LARGEST_FILE && files.len() < MOST_FILES {
                let relative = path.strip_prefix(output).ok().and_then(Path::to_str);
                if relative == Some(LEDGER) {
                    continue;
                }
                if let (Some(relative), Ok(content)) = (relative, std::fs::read_to_string(&path)) {
                    files.push(GeneratedFile {
                        path: relative.to_owned(),
                        content,
                    });
                }
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(
            range("9000-9002").unwrap().collect::<Vec<_>>(),
            [9000, 9001, 9002]
        );
        assert_eq!(range("80").unwrap().collect::<Vec<_>>(), [80]);
        for text in ["", "0", "x", "9-1", "70000"] {
            assert_eq!(range(text).into_iter().flatten().count(), 0, "{text}");
        }
    }

    #[test]
    fn a_listening_socket_is_seen() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(listening().contains(&(port, "tcp".into(), "127.0.0.1".into())));
    }
}
