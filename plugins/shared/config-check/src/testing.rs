//! For tests of plugins: a look from texts and services, and findings as lines.

use sinops_sdk::Severity;
use sinops_sdk::deploy_step::{DeployStep, Planning, Problem};
use sinops_sdk::types::{Service, TextFile};

/// A look at these texts, in `/srv/app`, with services as name, image and
/// canonical definition.
#[must_use]
pub fn planning(texts: &[(&str, &str)], services: &[(&str, &str, &str)]) -> Planning {
    let mut planning = Planning::default();
    planning.stack.project = "app".to_owned();
    planning.stack.project_directory = "/srv/app".to_owned();
    for (name, image, definition) in services {
        planning.stack.services.push(Service {
            name: (*name).to_owned(),
            image: Some((*image).to_owned()),
            container_names: vec![(*name).to_owned()],
            definition: (*definition).to_owned(),
            ..Service::default()
        });
    }
    for (path, content) in texts {
        planning.observed.texts.push(TextFile {
            path: (*path).to_owned(),
            content: (*content).to_owned(),
        });
    }
    planning
}

/// What a plugin finds. It proposes nothing, and each finding says what to do.
///
/// # Panics
/// Where that is not so, or where it cannot plan.
#[must_use]
#[allow(clippy::panic, reason = "a test fails by it")]
pub fn findings(plugin: &impl DeployStep, planning: &Planning) -> Vec<Problem> {
    let proposal = match plugin.plan(planning) {
        Ok(proposal) => proposal,
        Err(error) => panic!("it cannot plan: {error:?}"),
    };
    assert!(proposal.actions.is_empty(), "{:?}", proposal.actions);
    for problem in &proposal.problems {
        assert!(problem.hint.is_some(), "{problem:?} has no hint");
    }
    proposal.problems
}

/// Findings as `critical file:line code`, in order; those without a place
/// without one.
#[must_use]
pub fn lines(planning: &Planning, problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| {
            let severity = match problem.severity {
                Severity::Critical => "critical",
                Severity::Warning => "warning",
                Severity::Info => "info",
            };
            let place = problem.place.as_ref().map_or(String::new(), |place| {
                let texts = &planning.observed.texts;
                let text = texts.iter().find(|text| text.path == place.file);
                let before = text
                    .zip(usize::try_from(place.start).ok())
                    .and_then(|(text, start)| text.content.get(..start))
                    .unwrap_or_default();
                format!("{}:{} ", place.file, before.matches('\n').count() + 1)
            });
            let code = problem.code.as_deref().unwrap_or("(no code)");
            format!("{severity} {place}{code}")
        })
        .collect()
}

/// The text of a file after the edits of all findings, as far as they do not
/// overlap.
#[must_use]
pub fn mended(planning: &Planning, problems: &[Problem], file: &str) -> String {
    let texts = &planning.observed.texts;
    let Some(text) = texts.iter().find(|text| text.path == file) else {
        return String::new();
    };
    let mut edits: Vec<_> = problems
        .iter()
        .flat_map(|problem| &problem.edits)
        .filter(|edit| edit.place.file == file)
        .collect();
    edits.sort_by_key(|edit| (edit.place.start, edit.place.end));
    let mut out = String::new();
    let mut at = 0;
    for edit in edits {
        let start = usize::try_from(edit.place.start).unwrap_or(usize::MAX);
        let end = usize::try_from(edit.place.end).unwrap_or(usize::MAX);
        if start < at {
            continue;
        }
        out.push_str(text.content.get(at..start).unwrap_or_default());
        out.push_str(&edit.replacement);
        at = end;
    }
    out.push_str(text.content.get(at..).unwrap_or_default());
    out
}
