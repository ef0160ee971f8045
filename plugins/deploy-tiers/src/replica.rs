//! What one wanted container needs, from what is there under its name.

use crate::PREVIOUS;
use sinops_sdk::deploy_step::Existing;
use sinops_sdk::types::{Change, ChangeSubject, Container, ContainerStatus, Health, Service};

/// What has to be done for one container.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Need {
    /// It is right.
    Nothing,
    /// It is right, but its health is not known to be good.
    Watch(String),
    /// It is right, but does not run.
    Start(Existing, Why),
    /// It runs and sees the files that changed: a signal has it read them.
    Reload(Existing, String, Why),
    /// It runs, and has to be started again to see what changed.
    Restart(Existing, Why),
    /// There is none.
    Create(Why),
    /// There is one that is not right.
    Replace(Old, Why),
    /// The one that an interrupted run put aside is right.
    PutBack(Old, Why),
    /// Nothing that a deploy may do by itself.
    Person(String, String),
}

/// The reason, with the fields that differ.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Why {
    pub(crate) words: String,
    pub(crate) changes: Vec<Change>,
}

impl From<String> for Why {
    fn from(words: String) -> Self {
        Self {
            words,
            changes: Vec::new(),
        }
    }
}

impl From<&str> for Why {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}

/// A container that gives way to another, or comes back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Old {
    pub(crate) container: Existing,
    pub(crate) running: bool,
    /// An interrupted run has already given it the suffix.
    pub(crate) aside: bool,
}

/// The need of one container, with leftovers of interrupted runs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decision {
    pub(crate) need: Need,
    /// In the way: removed first.
    pub(crate) unfinished: Option<Existing>,
    /// Kept until all is healthy, then removed.
    pub(crate) leftover: Option<Old>,
}

/// Decides for the container of `number` (from 1). `completes`: the service is
/// one that others wait for until it has ended.
pub(crate) fn decide(
    service: &Service,
    name: &str,
    current: Option<&Container>,
    previous: Option<&Container>,
    completes: bool,
) -> Decision {
    // Files may differ: that needs no other container.
    let right = |container: &Container| {
        container.differences.iter().all(is_file)
            && container.config_hash.as_deref() == Some(service.config_hash.as_str())
            && !matches!(
                container.status,
                // One that was only made may be half made: without its files and networks.
                ContainerStatus::Dead | ContainerStatus::Created
            )
    };
    let decision = |need| Decision {
        need,
        unfinished: None,
        leftover: None,
    };
    match (current, previous) {
        (None, None) => decision(Need::Create("there is no container yet".into())),
        (Some(current), None) if right(current) => {
            decision(state(service, current, name, completes))
        }
        (Some(current), None) if current.status == ContainerStatus::Created => Decision {
            need: Need::Create("it was made, but never started".into()),
            unfinished: Some(Existing::from(current)),
            leftover: None,
        },
        (Some(current), None) => decision(Need::Replace(
            old(current, false),
            difference(service, current),
        )),
        (Some(current), Some(previous)) if right(current) => Decision {
            need: state(service, current, name, completes),
            unfinished: None,
            leftover: Some(old(previous, true)),
        },
        (current, Some(previous)) => {
            let need = if right(previous) {
                Need::PutBack(
                    old(previous, true),
                    "an interrupted run put the right container aside".into(),
                )
            } else {
                let mut why = match current {
                    Some(current)
                        if current.config_hash.as_deref() == Some(service.config_hash.as_str()) =>
                    {
                        "its successor was never started".into()
                    }
                    _ => difference(service, previous),
                };
                why.words = format!("after an interrupted run, {}", why.words);
                Need::Replace(old(previous, true), why)
            };
            Decision {
                need,
                unfinished: current.map(Existing::from),
                leftover: None,
            }
        }
    }
}

fn is_file(change: &Change) -> bool {
    matches!(
        change.subject,
        ChangeSubject::File | ChangeSubject::ReplacedFile
    )
}

/// The least that makes a running container use files that changed.
fn read_again(service: &Service, container: &Container) -> Need {
    let changes = container.differences.clone();
    let why = |words: &str| Why {
        words: words.to_owned(),
        changes: changes.clone(),
    };
    let sees_all = changes
        .iter()
        .all(|change| change.subject == ChangeSubject::File);
    match &service.reload {
        Some(signal) if sees_all => Need::Reload(
            Existing::from(container),
            signal.clone(),
            why("mounted files changed"),
        ),
        Some(_) => Need::Restart(
            Existing::from(container),
            why("mounted files were replaced: only a restart shows them"),
        ),
        None => Need::Restart(Existing::from(container), why("mounted files changed")),
    }
}

/// What a container with the right configuration needs.
fn state(service: &Service, container: &Container, name: &str, completes: bool) -> Need {
    match container.status {
        ContainerStatus::Running if !container.differences.is_empty() => {
            read_again(service, container)
        }
        ContainerStatus::Running if completes => Need::Watch("has not ended yet".to_owned()),
        ContainerStatus::Running => match container.health {
            Health::None | Health::Healthy => Need::Nothing,
            Health::Starting => Need::Watch("is still starting".to_owned()),
            Health::Unhealthy => Need::Watch("runs but is unhealthy".to_owned()),
        },
        ContainerStatus::Restarting => Need::Watch("keeps restarting".to_owned()),
        ContainerStatus::Exited if completes && container.exit_code == Some(0) => Need::Nothing,
        ContainerStatus::Paused => Need::Person(
            format!("the container `{}` is paused", container.name),
            format!("resume it with `docker unpause {name}`, or remove it"),
        ),
        ContainerStatus::Created | ContainerStatus::Exited | ContainerStatus::Dead => Need::Start(
            Existing::from(container),
            match container.exit_code {
                Some(code) => format!("it has ended with exit code {code}").into(),
                None => "it has ended".into(),
            },
        ),
    }
}

/// Why a container is not right.
fn difference(service: &Service, container: &Container) -> Why {
    let changes = container.differences.clone();
    let subjects = |wanted: &[ChangeSubject]| {
        changes
            .iter()
            .any(|change| wanted.contains(&change.subject))
    };
    let words = if container.status == ContainerStatus::Dead {
        "the container is dead"
    } else if container.config_hash.is_none() {
        "the container was made by another program"
    } else if subjects(&[ChangeSubject::Image]) {
        "image changed"
    } else if container.config_hash.as_deref() != Some(service.config_hash.as_str()) {
        "configuration changed"
    } else if subjects(&[ChangeSubject::Config, ChangeSubject::Secret]) {
        "contents changed"
    } else {
        "changed from outside"
    };
    Why {
        words: words.to_owned(),
        changes,
    }
}

pub(crate) fn old(container: &Container, aside: bool) -> Old {
    Old {
        container: Existing::from(container),
        running: container.runs(),
        aside,
    }
}

/// Whether a container was put aside by a run.
pub(crate) fn is_aside(container: &Container) -> bool {
    container.name.ends_with(PREVIOUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(hash: &str, status: ContainerStatus) -> Container {
        Container {
            id: format!("id-{hash}"),
            name: "web".to_owned(),
            service: Some("web".to_owned()),
            config_hash: (!hash.is_empty()).then(|| hash.to_owned()),
            image: "web:1".to_owned(),
            status,
            ..Container::default()
        }
    }

    #[test]
    fn every_state_has_its_need() {
        use ContainerStatus::{Created, Dead, Exited, Paused, Restarting, Running};
        let service = Service {
            name: "web".to_owned(),
            image: Some("web:1".to_owned()),
            config_hash: "new".to_owned(),
            ..Service::default()
        };
        for (current, previous, expected) in [
            (None, None, "create: there is no container yet"),
            (Some(("new", Running)), None, "nothing"),
            (
                Some(("new", Created)),
                None,
                "first remove id-new, create: it was made, but never started",
            ),
            (Some(("new", Exited)), None, "start: it has ended"),
            (Some(("new", Restarting)), None, "watch: keeps restarting"),
            (
                Some(("new", Paused)),
                None,
                "person: the container `web` is paused",
            ),
            (Some(("new", Dead)), None, "replace: the container is dead"),
            (
                Some(("old", Running)),
                None,
                "replace: configuration changed",
            ),
            (
                Some(("", Running)),
                None,
                "replace: the container was made by another program",
            ),
            (
                Some(("new", Running)),
                Some(("old", Exited)),
                "nothing, then remove id-old",
            ),
            (
                Some(("new", Created)),
                Some(("old", Running)),
                "first remove id-new, replace aside: after an interrupted run, its successor was never started",
            ),
            (
                Some(("mid", Running)),
                Some(("old", Exited)),
                "first remove id-mid, replace aside: after an interrupted run, configuration changed",
            ),
            (
                Some(("mid", Running)),
                Some(("new", Exited)),
                "first remove id-mid, put back: an interrupted run put the right container aside",
            ),
            (
                None,
                Some(("new", Exited)),
                "put back: an interrupted run put the right container aside",
            ),
            (
                None,
                Some(("old", Exited)),
                "replace aside: after an interrupted run, configuration changed",
            ),
        ] {
            let current = current.map(|(hash, status)| container(hash, status));
            let previous = previous.map(|(hash, status)| container(hash, status));
            let decision = decide(&service, "web", current.as_ref(), previous.as_ref(), false);
            assert_eq!(words(&decision), expected);
        }
    }

    fn words(decision: &Decision) -> String {
        let mut text = String::new();
        if let Some(unfinished) = &decision.unfinished {
            text += &format!("first remove {}, ", unfinished.id);
        }
        text += &match &decision.need {
            Need::Nothing => "nothing".to_owned(),
            Need::Watch(why) => format!("watch: {why}"),
            Need::Start(_, why) => format!("start: {}", why.words),
            Need::Reload(_, signal, why) => format!("reload by {signal}: {}", why.words),
            Need::Restart(_, why) => format!("restart: {}", why.words),
            Need::Create(why) => format!("create: {}", why.words),
            Need::Replace(old, why) => {
                let aside = if old.aside { " aside" } else { "" };
                format!("replace{aside}: {}", why.words)
            }
            Need::PutBack(_, why) => format!("put back: {}", why.words),
            Need::Person(what, _) => format!("person: {what}"),
        };
        if let Some(leftover) = &decision.leftover {
            text += &format!(", then remove {}", leftover.container.id);
        }
        text
    }

    #[test]
    fn a_one_shot_that_ended_well_is_done() {
        let service = Service {
            config_hash: "new".to_owned(),
            ..Service::default()
        };
        let mut ended = container("new", ContainerStatus::Exited);
        ended.exit_code = Some(0);
        let need = |ended: &Container, completes| {
            decide(&service, "web", Some(ended), None, completes).need
        };
        assert_eq!(need(&ended, true), Need::Nothing);
        assert!(matches!(need(&ended, false), Need::Start(..)));
        ended.exit_code = Some(3);
        let Need::Start(_, why) = need(&ended, true) else {
            panic!("a one-shot that failed runs again");
        };
        assert_eq!(why.words, "it has ended with exit code 3");
    }

    #[test]
    fn the_least_that_suffices() {
        use ChangeSubject::{Config, Field, File, Image, ReplacedFile, Secret};
        for (reload, subjects, expected) in [
            (None, &[File][..], "restart: mounted files changed"),
            (
                Some("SIGHUP"),
                &[File, File],
                "reload by SIGHUP: mounted files changed",
            ),
            (
                Some("SIGHUP"),
                &[File, ReplacedFile],
                "restart: mounted files were replaced: only a restart shows them",
            ),
            (Some("SIGHUP"), &[File, Config], "replace: contents changed"),
            (None, &[Secret], "replace: contents changed"),
            (None, &[Image, File], "replace: image changed"),
            (None, &[Field], "replace: changed from outside"),
        ] {
            let service = Service {
                config_hash: "new".to_owned(),
                reload: reload.map(str::to_owned),
                ..Service::default()
            };
            let mut current = container("new", ContainerStatus::Running);
            current.differences = subjects
                .iter()
                .map(|subject| Change {
                    subject: *subject,
                    path: "x".to_owned(),
                    old: None,
                    new: None,
                })
                .collect();
            let decision = decide(&service, "web", Some(&current), None, false);
            assert_eq!(words(&decision), expected);
            // One that does not run reads everything when it starts.
            current.status = ContainerStatus::Exited;
            let decision = decide(&service, "web", Some(&current), None, false);
            let starts = expected.starts_with("re") && !expected.starts_with("replace");
            assert_eq!(words(&decision).starts_with("start"), starts, "{expected}");
        }
    }
}
