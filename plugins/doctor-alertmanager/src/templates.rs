//! Templates: what is left of Jinja, brackets that do not close, templates that
//! are there already.

use sinops_config_check::{Node, Text, jinja};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;

/// Values of the file.
pub(crate) fn values(text: &Text<'_>, root: &Node, problems: &mut Vec<Problem>) {
    root.walk(&mut |node| {
        let Some(value) = node.text() else { return };
        let source = text.content.get(node.span.clone()).unwrap_or_default();
        leftovers(text, node.span.start, source, problems);
        if value.matches("{{").count() != value.matches("}}").count() {
            // Such a value is taken, and fails when it is needed.
            let mut problem = unclosed(text, node.span.clone());
            problem.severity = Severity::Warning;
            problems.push(problem);
        }
    });
}

/// A file of templates.
pub(crate) fn file(text: &Text<'_>, problems: &mut Vec<Problem>) {
    leftovers(text, 0, text.content, problems);
    if text.content.matches("{{").count() != text.content.matches("}}").count() {
        let at = text.content.rfind("{{").unwrap_or(0);
        problems.push(unclosed(text, at..at + 2));
    }
}

fn unclosed(text: &Text<'_>, bytes: std::ops::Range<usize>) -> Problem {
    text.problem(
        Severity::Critical,
        "alertmanager/template",
        bytes,
        "a `{{` has no `}}`: no notification with it can be made",
    )
    .hint("close the template")
}

/// One finding for a value, which takes all tags out.
fn leftovers(text: &Text<'_>, start: usize, source: &str, problems: &mut Vec<Problem>) {
    let tags: Vec<_> = jinja::tags(source).collect();
    let Some(first) = tags.first() else { return };
    let at = |bytes: &std::ops::Range<usize>| start + bytes.start..start + bytes.end;
    let mut problem = text
        .problem(
            Severity::Warning,
            "alertmanager/jinja",
            at(first),
            "tags of Jinja are left over: Alertmanager expands Go templates, people read `{% raw %}` in every message",
        )
        .hint("take `{% … %}` out");
    let raw = |it: &std::ops::Range<usize>| {
        let words = source.get(it.clone()).unwrap_or_default();
        words.contains("raw")
    };
    // Anything but `raw` means something that cannot be taken out.
    if tags.iter().all(raw) {
        for tag in &tags {
            problem = problem.edit(text.place(at(tag)), "");
        }
    }
    problems.push(problem);
}
