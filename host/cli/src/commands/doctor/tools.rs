//! Validators that this machine has: their word beside ours.
//!
//! Which program checks which file is data that plugins bring along
//! (`plugins/*/validators.json`, embedded by `build.rs`): the host knows none of
//! them. They are only looked for on PATH, get a bare environment and a time
//! limit, and read; nothing is installed.

use super::finding::{Finding, Findings};
use crate::commands::Context;
use serde::Deserialize;
use sinops_core::notification::Severity;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

include!(concat!(env!("OUT_DIR"), "/validators.rs"));

/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// So much of what it says is read.
const LONGEST: u64 = 64 << 10;

/// A program and the files that it checks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Validator {
    program: String,
    /// `{file}` stands for the file.
    arguments: Vec<String>,
    /// Any of these keys at the top makes it its file.
    keys: Vec<String>,
    /// None of these may be there.
    #[serde(default)]
    without: Vec<String>,
    /// No part of the path may hold one of these words.
    #[serde(default)]
    not_below: Vec<String>,
    /// Ends of names; YAML where it does not say.
    #[serde(default)]
    endings: Vec<String>,
}

/// A validator that was asked, for the summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) program: String,
    pub(crate) files: usize,
    pub(crate) refused: usize,
}

/// Asks every validator that is there about its files.
pub(super) fn ask(context: &Context<'_>, findings: &mut Findings) -> Vec<Asked> {
    let mut asked: Vec<Asked> = Vec::new();
    let mut verdicts = Vec::new();
    for validator in VALIDATORS.iter().flat_map(|text| parse(text)) {
        let Some(program) = find(context, &validator.program) else {
            continue;
        };
        for (path, text) in findings
            .texts()
            .filter(|(path, text)| validator.takes(path, text))
        {
            let Some(said) = run(context, &program, &validator, path) else {
                continue;
            };
            let at = asked.iter().position(|it| it.program == validator.program);
            let mut sum = at.map_or_else(
                || Asked {
                    program: validator.program.clone(),
                    files: 0,
                    refused: 0,
                },
                |at| asked.remove(at),
            );
            sum.files += 1;
            if let Some(said) = said {
                sum.refused += 1;
                verdicts.push(verdict(&validator, path, text, &said));
            }
            asked.push(sum);
        }
    }
    for verdict in verdicts {
        findings.add(verdict);
    }
    asked
}

fn parse(text: &str) -> Vec<Validator> {
    serde_json::from_str(text).unwrap_or_default()
}

impl Validator {
    fn takes(&self, path: &Path, text: &str) -> bool {
        let ending = path.extension().and_then(|it| it.to_str());
        let Some(ending) = ending else { return false };
        let shown = path.display().to_string();
        if self
            .not_below
            .iter()
            .any(|word| shown.contains(word.as_str()))
        {
            return false;
        }
        if !self.endings.is_empty() {
            return self.endings.iter().any(|it| it == ending);
        }
        let has = |key: &String| {
            text.lines().any(|line| {
                line.strip_prefix(key.as_str())
                    .is_some_and(|rest| rest.starts_with(':'))
            })
        };
        matches!(ending, "yml" | "yaml")
            && self.keys.iter().any(has)
            && !self.without.iter().any(has)
    }
}

/// An executable on PATH.
fn find(context: &Context<'_>, name: &str) -> Option<PathBuf> {
    let path = context.surroundings.variable("PATH")?;
    path.split(':')
        .filter(|folder| folder.starts_with('/'))
        .map(|folder| Path::new(folder).join(name))
        .find(|file| file.is_file())
}

/// What it says if it refuses the file; none if it could not be asked.
fn run(
    context: &Context<'_>,
    program: &Path,
    validator: &Validator,
    file: &Path,
) -> Option<Option<String>> {
    let shown = file.display().to_string();
    let mut child = Command::new(program)
        .args(
            validator
                .arguments
                .iter()
                .map(|it| it.replace("{file}", &shown)),
        )
        .env_clear()
        .env(
            "PATH",
            context.surroundings.variable("PATH").unwrap_or_default(),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let reader = |stream: Option<Box<dyn Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut stream) = stream {
                // What was read until an error is still what it said.
                let _ = stream.by_ref().take(LONGEST).read_to_end(&mut bytes);
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
            }
            String::from_utf8_lossy(&bytes).into_owned()
        })
    };
    let out = reader(child.stdout.take().map(|it| Box::new(it) as Box<_>));
    let err = reader(child.stderr.take().map(|it| Box::new(it) as Box<_>));
    let begin = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if begin.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Ok(None) | Err(_) => {
                // It may have ended by itself meanwhile.
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
        }
    };
    let (out, err) = (out.join().ok()?, err.join().ok()?);
    let status = status?;
    Some((!status.success()).then(|| format!("{out}\n{err}")))
}

fn verdict(validator: &Validator, path: &Path, text: &str, said: &str) -> Finding {
    let own = path.display().to_string();
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("Checking "))
        .take(12)
        .collect();
    let words = lines.join("\n").replace(&own, "the file");
    let line = words
        .split("line ")
        .skip(1)
        .find_map(|it| {
            let end = it.find(|it: char| !it.is_ascii_digit()).unwrap_or(it.len());
            it.get(..end)?.parse::<usize>().ok()
        })
        .unwrap_or(1);
    let mut start = 0;
    let mut length = 0;
    for (number, content) in text.split_inclusive('\n').enumerate() {
        if number + 1 == line {
            start += content.len() - content.trim_start().len();
            length = content.trim().len();
            break;
        }
        start += content.len();
    }
    Finding {
        severity: Severity::Critical,
        code: format!("{}/refused", validator.program),
        message: format!("{} on this machine refuses it: {words}", validator.program),
        help: None,
        found_by: validator.program.clone(),
        place: Some((path.to_path_buf(), start..start + length)),
        edits: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_plugins_are_well_formed() {
        for text in VALIDATORS {
            let parsed: Result<Vec<Validator>, _> = serde_json::from_str(text);
            let parsed = parsed.unwrap();
            assert!(!parsed.is_empty());
            for validator in parsed {
                assert!(validator.arguments.iter().any(|it| it.contains("{file}")));
                assert!(!validator.program.contains('/'));
            }
        }
    }

    #[test]
    fn a_verdict_points_at_its_line() {
        let validator = parse(r#"[{"program":"x","arguments":["{file}"],"keys":["a"]}]"#).remove(0);
        assert!(validator.takes(Path::new("/f.yml"), "b: 1\na: 2\n"));
        assert!(!validator.takes(Path::new("/f.yml"), "b:\n  a: 2\n"));
        let said = "Checking /f.yml\n FAILED: /f.yml: line 2: field a not found\n";
        let found = verdict(&validator, Path::new("/f.yml"), "b: 1\n  a: 2\n", said);
        assert_eq!(found.place, Some((PathBuf::from("/f.yml"), 7..11)));
        assert!(
            found.message.contains("FAILED: the file: line 2"),
            "{}",
            found.message
        );
    }
}
