//! A round of the monitor. The first one in full, later ones only by what is
//! different: a screen that repeats itself is not read.

use crate::problem::printable;
use crate::render::table::Table;
use crate::render::text::{count, took};
use crate::terminal::{Page, Paint};
use sinops_core::monitor::{Check, Finding, Verdict};
use sinops_core::notification::Severity;
use sinops_runtime::run::Round;

/// The text of a round; empty if nothing is different from the one before.
pub(crate) fn round(round: &Round, before: Option<&Round>, page: Page) -> String {
    let paint = page.paint;
    let mut table = Table::default();
    for check in &round.checks {
        let known = before.and_then(|it| same_check(it, check));
        if known.is_none_or(|known| known.verdict != check.verdict) {
            table.row([
                verdict(check.verdict, paint),
                printable(&check.target),
                printable(&check.name),
                took(check.took),
                gist(&check.output),
            ]);
        }
    }
    let mut lines = table.lines(0, page.width);
    for finding in &round.findings {
        if before.is_none_or(|it| !it.findings.iter().any(|known| is_same(known, finding))) {
            lines.push(format!(
                "{} {}",
                severity(finding.severity, paint),
                words(finding)
            ));
        }
    }
    for known in before.map(|it| it.findings.as_slice()).unwrap_or_default() {
        if !round.findings.iter().any(|finding| is_same(known, finding)) {
            lines.push(format!("{} resolved: {}", paint.good("✓"), words(known)));
        }
    }
    for (title, notifier, failed) in &round.told {
        lines.push(match failed {
            None => format!("{} told {notifier}: {}", paint.quiet("→"), printable(title)),
            Some(reason) => {
                format!(
                    "{} {notifier} could not tell: {}",
                    paint.bad("✗"),
                    printable(reason)
                )
            }
        });
    }
    for reason in &round.failed {
        lines.push(format!("{} {}", paint.bad("✗"), printable(reason)));
    }
    if before.is_none() {
        let wrong = round
            .checks
            .iter()
            .filter(|check| check.verdict == Verdict::Fail)
            .count();
        lines.push(paint.quiet(&format!(
            "{}, {wrong} failed; {}, {}",
            count(round.checks.len(), "check"),
            count(round.samples, "sample"),
            count(round.findings.len(), "finding"),
        )));
    }
    lines.join("\n")
}

fn same_check<'a>(round: &'a Round, check: &Check) -> Option<&'a Check> {
    round
        .checks
        .iter()
        .find(|it| it.target == check.target && it.name == check.name)
}

fn is_same(one: &Finding, other: &Finding) -> bool {
    one.rule == other.rule && one.labels == other.labels
}

fn words(finding: &Finding) -> String {
    printable(&format!("{}: {}", finding.rule, finding.summary))
}

fn verdict(verdict: Verdict, paint: Paint) -> String {
    match verdict {
        Verdict::Pass => paint.good("✓ pass"),
        Verdict::Pending => paint.notable("… wait"),
        Verdict::Fail => paint.bad("✗ fail"),
    }
}

fn severity(severity: Severity, paint: Paint) -> String {
    match severity {
        Severity::Info => paint.quiet("info"),
        Severity::Warning => paint.notable("warning"),
        Severity::Critical => paint.bad("critical"),
    }
}

/// The last line that says something.
fn gist(output: &str) -> String {
    let line = output
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty());
    printable(line.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn first() -> Round {
        Round {
            time: 0,
            checks: vec![Check {
                target: "web".into(),
                name: "http".into(),
                verdict: Verdict::Pass,
                output: "200".into(),
                took: Duration::from_millis(12),
            }],
            samples: 3,
            families: Vec::new(),
            findings: Vec::new(),
            told: Vec::new(),
            failed: Vec::new(),
        }
    }

    #[test]
    fn later_rounds_show_only_what_is_different() {
        let before = first();
        assert_eq!(
            round(&before, None, Page::plain()),
            "✓ pass  web  http  0.0s  200\n1 check, 0 failed; 3 samples, 0 findings"
        );
        assert_eq!(round(&before, Some(&before), Page::plain()), "");
        let mut after = first();
        after.checks[0].verdict = Verdict::Fail;
        after.checks[0].output = "503\n".into();
        after.findings.push(Finding {
            rule: "down".into(),
            severity: Severity::Critical,
            labels: Vec::new(),
            value: 0.0,
            summary: "web is down".into(),
        });
        assert_eq!(
            round(&after, Some(&before), Page::plain()),
            "✗ fail  web  http  0.0s  503\ncritical down: web is down"
        );
        assert_eq!(
            round(&before, Some(&after), Page::plain()),
            "✓ pass  web  http  0.0s  200\n✓ resolved: down: web is down"
        );
    }
}
