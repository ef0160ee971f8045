//! Where text goes: results to standard output, everything else to standard
//! error. The only place that writes to either.

use crate::args::Color;
use crate::surroundings::Surroundings;
use console::{Style, Term};
use indicatif::MultiProgress;
use sinops_runtime::plugins::SecretStore;
use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Columns assumed where nobody tells.
const DEFAULT_WIDTH: usize = 80;

/// Both streams, and what they can show.
#[derive(Debug)]
pub(crate) struct Terminal {
    out: Mutex<Stream<io::Stdout>>,
    err: Mutex<Stream<io::Stderr>>,
    out_paint: Paint,
    err_paint: Paint,
    out_width: usize,
    err_width: usize,
    live: bool,
    bars: Mutex<Option<MultiProgress>>,
    secrets: OnceLock<Arc<SecretStore>>,
}

impl Terminal {
    /// Of this process.
    pub(crate) fn new(color: Color, surroundings: &Surroundings) -> Self {
        let dumb = surroundings.variable("TERM") == Some("dumb");
        let plain = surroundings.variable("NO_COLOR").is_some() || dumb;
        let paint = |tty: bool| Paint {
            on: match color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => tty && !plain,
            },
        };
        let columns = surroundings
            .variable("COLUMNS")
            .and_then(|columns| columns.parse().ok());
        let width = |term: &Term| {
            term.size_checked()
                .map(|(_, columns)| usize::from(columns))
                .or(columns)
                .filter(|columns| *columns >= 20)
                .unwrap_or(DEFAULT_WIDTH)
        };
        let (out_tty, err_tty) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self {
            out: Mutex::new(Stream::new(io::stdout())),
            err: Mutex::new(Stream::new(io::stderr())),
            out_paint: paint(out_tty),
            err_paint: paint(err_tty),
            out_width: width(&Term::stdout()),
            err_width: width(&Term::stderr()),
            live: err_tty && !dumb && surroundings.variable("CI").is_none(),
            bars: Mutex::default(),
            secrets: OnceLock::new(),
        }
    }

    /// Writes a line, or several, of the result.
    pub(crate) fn result(&self, text: &str) {
        self.beside_bars(|| lock(&self.out).line(&self.redacted(text)));
    }

    /// Writes a line, or several, of progress or diagnosis.
    pub(crate) fn say(&self, text: &str) {
        self.beside_bars(|| lock(&self.err).line(&self.redacted(text)));
    }

    /// From now on no value of a secret is written.
    pub(crate) fn hide(&self, secrets: Arc<SecretStore>) {
        // Set once: there is one set of secrets in a process.
        let _ = self.secrets.set(secrets);
    }

    /// Bars that are to be taken away while something else is written.
    pub(crate) fn set_bars(&self, bars: Option<MultiProgress>) {
        *lock(&self.bars) = bars;
    }

    fn beside_bars(&self, write: impl FnOnce()) {
        let bars = lock(&self.bars).clone();
        match bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }

    fn redacted<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.secrets.get() {
            Some(secrets) => Cow::Owned(secrets.redact(text)),
            None => Cow::Borrowed(text),
        }
    }

    /// How results are painted.
    pub(crate) fn out_page(&self) -> Page {
        Page {
            paint: self.out_paint,
            width: self.out_width,
        }
    }

    /// How progress and diagnoses are painted.
    pub(crate) fn err_page(&self) -> Page {
        Page {
            paint: self.err_paint,
            width: self.err_width,
        }
    }

    /// Progress may move the cursor.
    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    /// What went wrong with standard output, if anything but a reader who left.
    pub(crate) fn finish(&self) -> io::Result<()> {
        lock(&self.out).finish()
    }
}

/// What a renderer has to know of the place that it renders for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// Colours.
    pub(crate) paint: Paint,
    /// Columns.
    pub(crate) width: usize,
}

impl Page {
    /// Eighty columns, no colours.
    pub(crate) fn plain() -> Self {
        Self {
            paint: Paint { on: false },
            width: 80,
        }
    }
}

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    /// Escape sequences are wanted.
    pub(crate) on: bool,
}

impl Paint {
    fn apply(self, style: &Style, text: &str) -> String {
        if self.on {
            style.clone().force_styling(true).apply_to(text).to_string()
        } else {
            text.to_owned()
        }
    }

    /// Made, well.
    pub(crate) fn good(self, text: &str) -> String {
        self.apply(&Style::new().green(), text)
    }

    /// Removed, failed.
    pub(crate) fn bad(self, text: &str) -> String {
        self.apply(&Style::new().red(), text)
    }

    /// Changed, worth a look.
    pub(crate) fn notable(self, text: &str) -> String {
        self.apply(&Style::new().yellow(), text)
    }

    /// A heading.
    pub(crate) fn strong(self, text: &str) -> String {
        self.apply(&Style::new().bold(), text)
    }

    /// Less important.
    pub(crate) fn quiet(self, text: &str) -> String {
        self.apply(&Style::new().dim(), text)
    }
}

/// A stream whose reader may leave: then nothing more is written, and the work
/// goes on. A deploy must not stop half-way because `head` has seen enough.
#[derive(Debug)]
struct Stream<W> {
    inner: W,
    broken: Option<io::Error>,
}

impl<W: Write> Stream<W> {
    fn new(inner: W) -> Self {
        Self {
            inner,
            broken: None,
        }
    }

    fn line(&mut self, text: &str) {
        if self.broken.is_some() {
            return;
        }
        let text = text.strip_suffix('\n').unwrap_or(text);
        if let Err(error) = self
            .inner
            .write_all(format!("{text}\n").as_bytes())
            .and_then(|()| self.inner.flush())
        {
            self.broken = Some(error);
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        match self.broken.take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed(io::ErrorKind);
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_left_is_no_error() {
        let mut stream = Stream::new(Closed(io::ErrorKind::BrokenPipe));
        stream.line("a");
        assert!(stream.finish().is_ok());
    }

    #[test]
    fn a_full_disk_is_one() {
        let mut stream = Stream::new(Closed(io::ErrorKind::StorageFull));
        stream.line("a");
        assert!(stream.finish().is_err());
    }
}
