//! Problems as text: file, line, snippet, hint.

use crate::problem::Problem;
use crate::render::text::count;
use crate::terminal::Page;
use miette::{GraphicalReportHandler, GraphicalTheme};

/// All of them, one after the other, without an end of line.
pub(crate) fn problems(problems: &[Problem], page: Page) -> String {
    let mut theme = GraphicalTheme::unicode_nocolor();
    if page.paint.on {
        theme = GraphicalTheme::unicode();
    }
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(page.width)
        .with_links(false);
    let mut out = String::new();
    for problem in problems {
        // Writing to a string cannot fail; if it did, the bare words remain.
        if handler.render_report(&mut out, problem).is_err() {
            out.push_str(&problem.to_string());
        }
    }
    out.trim_end().to_owned()
}

/// How many there are of each kind; nothing for a single one.
pub(crate) fn sum(problems: &[Problem]) -> Option<String> {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let warnings = problems.len() - errors;
    match (errors, warnings) {
        (0 | 1, 0) | (0, 1) => None,
        (_, 0) => Some(count(errors, "error")),
        (0, _) => Some(count(warnings, "warning")),
        _ => Some(format!(
            "{}, {}",
            count(errors, "error"),
            count(warnings, "warning")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_file_line_snippet_and_hint() {
        let text = "services:\n  web:\n    imgae: nginx\n";
        let span = text.find("imgae").map(|at| at..at + 5).unwrap();
        let problem = Problem::error("unknown key `imgae` in service `web`")
            .help("did you mean `image`?")
            .at("compose.yaml", text, span, "here");
        let shown = problems(&[problem], Page::plain());
        assert!(shown.contains("unknown key `imgae`"), "{shown}");
        assert!(shown.contains("compose.yaml:3:5"), "{shown}");
        assert!(shown.contains("did you mean `image`?"), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
        assert!(
            shown.lines().all(|line| line.chars().count() <= 80),
            "{shown}"
        );
    }
}
