//! The files of `sinops generate`: as a list, as differences, for programs.

use crate::render::table::Table;
use crate::render::text::count;
use crate::terminal::Page;
use serde_json::{Value, json};
use similar::TextDiff;
use sinops_core::generated::Touched;
use sinops_runtime::run::{FileState, Generated, GeneratedFile};

/// Lines of context in a difference.
const CONTEXT: usize = 3;

/// What was generated, and what was done about it.
#[derive(Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) generated: &'a Generated,
    /// As the user would write it.
    pub(crate) folder: &'a str,
    /// It is on the disk now.
    pub(crate) written: bool,
    /// Edits may be lost.
    pub(crate) agreed: bool,
}

impl Shown<'_> {
    /// One line a file, and their sum.
    pub(crate) fn list(&self, page: Page) -> String {
        let mut table = Table::default();
        for file in &self.generated.files {
            table.row([
                self.word(file.state).to_owned(),
                file.step.clone(),
                file.path.clone(),
            ]);
        }
        for path in &self.generated.stale {
            table.row(["stale", "", path]);
        }
        let mut lines = table.lines(0, page.width);
        if !self.generated.stale.is_empty() {
            lines.push("stale: nothing generates it any more; remove it".to_owned());
        }
        lines.push(self.sum());
        lines.join("\n")
    }

    fn sum(&self) -> String {
        let files = &self.generated.files;
        let changed = files.iter().filter(|it| it.state != FileState::Unchanged);
        let changed = changed.count();
        let done = if self.written {
            "written"
        } else {
            "to be written"
        };
        format!(
            "{} below {}: {changed} {done}, {} unchanged",
            count(files.len(), "file"),
            self.folder,
            files.len() - changed
        )
    }

    fn word(&self, state: FileState) -> &'static str {
        match (state, self.written) {
            (FileState::Unchanged, _) => "unchanged",
            (FileState::New | FileState::Changed, true) => "written",
            (FileState::New, false) => "new",
            (FileState::Changed, false) => "changed",
            (FileState::Edited | FileState::Foreign, true) => "overwritten",
            (FileState::Edited, false) => "edited",
            (FileState::Foreign, false) => "foreign",
        }
    }

    /// What `diff -u` would say, file by file; nothing where nothing differs.
    pub(crate) fn diff(&self, page: Page) -> String {
        let files = self.generated.files.iter();
        let parts: Vec<String> = files
            .filter(|file| file.state != FileState::Unchanged)
            .map(|file| self.difference(file, page))
            .collect();
        parts.concat().trim_end_matches('\n').to_owned()
    }

    fn difference(&self, file: &GeneratedFile, page: Page) -> String {
        let now = file.now.as_deref().unwrap_or_default();
        let path = format!("{}/{}", self.folder.trim_end_matches('/'), file.path);
        let old = if file.now.is_some() {
            path.as_str()
        } else {
            "/dev/null"
        };
        let touched = match file.state {
            FileState::Edited => Some(Touched::Edited),
            FileState::Foreign => Some(Touched::Foreign),
            FileState::Unchanged | FileState::New | FileState::Changed => None,
        };
        let mut text = match touched {
            Some(touched) => format!("# {} {path}\n", touched.words()),
            None => String::new(),
        };
        let diff = TextDiff::from_lines(now, &file.content);
        let unified = diff
            .unified_diff()
            .context_radius(CONTEXT)
            .header(old, &path)
            .to_string();
        for line in unified.split_inclusive('\n') {
            let line = line.trim_end_matches('\n');
            let painted = match line.as_bytes().first() {
                Some(b'+') => page.paint.good(line),
                Some(b'-') => page.paint.bad(line),
                _ => line.to_owned(),
            };
            text.push_str(&painted);
            text.push('\n');
        }
        text
    }

    /// One document; differences where they are asked for.
    pub(crate) fn json(&self, diff: bool) -> Value {
        let file = |file: &GeneratedFile| {
            let mut value = json!({
                "path": file.path,
                "step": file.step,
                "state": file.state,
                "cause": file.cause,
                "written": self.written && file.state != FileState::Unchanged,
            });
            if let (true, Some(fields)) = (diff, value.as_object_mut()) {
                let text = self.difference(file, Page::plain());
                fields.insert("diff".into(), text.into());
            }
            value
        };
        json!({
            "folder": self.folder,
            "files": self.generated.files.iter().map(file).collect::<Vec<_>>(),
            "stale": self.generated.stale,
            "edits-may-be-lost": self.agreed,
        })
    }
}
