//! Writes a copy in which everything is mended that can be.

use super::finding::{Edit, Findings};
use crate::args::doctor::Doctor;
use crate::commands::Context;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::render::text::count;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Writes the copy, or the files themselves; says what was done.
pub(super) fn write(
    args: &Doctor,
    context: &Context<'_>,
    root: &Path,
    findings: &Findings,
) -> Result<String, Failure> {
    let out = context.surroundings.absolute(&args.out);
    if !args.in_place && std::fs::read_dir(&out).is_ok_and(|mut it| it.next().is_some()) {
        return Err(Problem::error(format!("{} is not empty", out.display()))
            .help("name another folder with --out, or mend the files themselves with --in-place")
            .into());
    }
    let (edits, mended) = choose(findings);
    let mut files = 0;
    for (path, text) in findings.texts() {
        let changes = edits.get(path).map(Vec::as_slice).unwrap_or_default();
        let Ok(short) = path.strip_prefix(root) else {
            continue;
        };
        if args.in_place && changes.is_empty() {
            continue;
        }
        let to = if args.in_place {
            path.to_path_buf()
        } else {
            out.join(short)
        };
        let written = to
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&to, apply(text, changes)));
        written.map_err(|error| {
            Problem::error(format!("{} cannot be written: {error}", to.display()))
        })?;
        files += 1;
    }
    let total = findings.iter().count();
    let shown = context.surroundings.shown(&out.display().to_string());
    Ok(if args.in_place {
        format!(
            "mended {mended} of {}, in {}",
            count(total, "finding"),
            count(files, "file")
        )
    } else {
        format!(
            "mended {mended} of {}: {} in {shown}; `sinops doctor {shown}` shows what remains",
            count(total, "finding"),
            count(files, "file")
        )
    })
}

/// The edits of each file, in order and without overlaps, and how many findings
/// they mend. A finding is mended whole or not at all.
fn choose(findings: &Findings) -> (BTreeMap<PathBuf, Vec<Edit>>, usize) {
    let mut chosen: BTreeMap<PathBuf, Vec<Edit>> = BTreeMap::new();
    let mut mended = 0;
    for finding in findings.iter().filter(|it| !it.edits.is_empty()) {
        let fits = finding.edits.iter().all(|edit| {
            let text = findings.text(&edit.file);
            text.is_some_and(|text| text.get(edit.bytes.clone()).is_some())
                && chosen.get(&edit.file).into_iter().flatten().all(|other| {
                    other == edit
                        || other.bytes.end <= edit.bytes.start
                        || edit.bytes.end <= other.bytes.start
                })
        });
        if !fits {
            continue;
        }
        mended += 1;
        for edit in &finding.edits {
            let edits = chosen.entry(edit.file.clone()).or_default();
            if !edits.contains(edit) {
                edits.push(edit.clone());
            }
        }
    }
    for edits in chosen.values_mut() {
        edits.sort_by_key(|edit| (edit.bytes.start, edit.bytes.end));
    }
    (chosen, mended)
}

fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.bytes.start).unwrap_or_default());
        out.push_str(&edit.replacement);
        at = edit.bytes.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::{Edit, Findings, apply, choose};
    use crate::commands::doctor::finding::Finding;
    use sinops_core::notification::Severity;

    fn finding(edits: &[(std::ops::Range<usize>, &str)]) -> Finding {
        Finding {
            severity: Severity::Warning,
            code: "a/b".into(),
            message: format!("{edits:?}"),
            help: None,
            found_by: "x".into(),
            place: None,
            edits: edits
                .iter()
                .map(|(bytes, replacement)| Edit {
                    file: "/f".into(),
                    bytes: bytes.clone(),
                    replacement: (*replacement).to_owned(),
                })
                .collect(),
        }
    }

    #[test]
    fn edits_that_overlap_are_left_to_the_next_time() {
        let mut findings = Findings::default();
        findings.add_text("/f".into(), "0123456789".into());
        findings.add(finding(&[(8..9, "b")]));
        findings.add(finding(&[(1..3, ""), (5..5, "a")]));
        findings.add(finding(&[(2..4, "no"), (9..10, "no")]));
        findings.add(finding(&[(9..99, "no")]));
        findings.add(finding(&[]));
        let (edits, mended) = choose(&findings);
        assert_eq!(mended, 2);
        let edits = edits.values().next().unwrap();
        assert_eq!(apply("0123456789", edits), "034a567b9");
    }
}
