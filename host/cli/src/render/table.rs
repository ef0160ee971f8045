//! Tables without lines: columns as wide as their content, the last one
//! wrapped to the page.

use crate::render::text::{pad, wrap};
use console::measure_text_width;

/// The last column gets at least this much, or goes to lines of its own.
const LEAST_LAST: usize = 16;

/// Rows of cells; cells may be painted.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// How wide each column but the last has to be.
    pub(crate) fn widths(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        for row in &self.rows {
            for (index, cell) in row.iter().enumerate().take(row.len().saturating_sub(1)) {
                let width = measure_text_width(cell);
                match widths.get_mut(index) {
                    Some(known) => *known = width.max(*known),
                    None => widths.push(width),
                }
            }
        }
        widths
    }

    /// The lines, each at most `width` columns if the fixed columns leave room.
    pub(crate) fn lines(&self, indent: usize, width: usize) -> Vec<String> {
        self.lines_with(&self.widths(), indent, width)
    }

    /// The same with widths from elsewhere, to align several tables.
    pub(crate) fn lines_with(&self, widths: &[usize], indent: usize, width: usize) -> Vec<String> {
        let fixed: usize = indent + widths.iter().map(|width| width + 2).sum::<usize>();
        let rest = width.saturating_sub(fixed);
        let (start, rest) = if rest < LEAST_LAST {
            (indent + 4, width.saturating_sub(indent + 4))
        } else {
            (fixed, rest)
        };
        let mut lines = Vec::new();
        for row in &self.rows {
            let Some((last, cells)) = row.split_last() else {
                continue;
            };
            let mut line = " ".repeat(indent);
            for (cell, width) in cells.iter().zip(widths) {
                line.push_str(&pad(cell, width + 2));
            }
            let mut parts = wrap(last, rest).into_iter();
            if start == fixed {
                line.push_str(&parts.next().unwrap_or_default());
            }
            lines.push(line.trim_end().to_owned());
            lines.extend(
                parts
                    .filter(|part| !part.is_empty())
                    .map(|part| format!("{}{part}", " ".repeat(start))),
            );
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_the_last_one_wraps() {
        let mut table = Table::default();
        table.row(["web", "running", "a sentence that is long enough to wrap"]);
        table.row(["database", "exited", ""]);
        assert_eq!(
            table.lines(2, 44),
            [
                "  web       running  a sentence that is long",
                "                     enough to wrap",
                "  database  exited",
            ]
        );
    }

    #[test]
    fn on_a_narrow_page_the_last_column_has_its_own_lines() {
        let mut table = Table::default();
        table.row(["a-very-long-service-name", "running", "a sentence"]);
        assert_eq!(
            table.lines(0, 40),
            ["a-very-long-service-name  running", "    a sentence"]
        );
    }
}
