//! Standard output and standard error: whether they may have colours, and which characters they show.

use crate::report::rows::Screen;
use crate::report::sanitize::ascii;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether writing to standard output has failed. The process has only one.
static LOST: AtomicBool = AtomicBool::new(false);

/// `--color`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

/// The two output streams.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    color: ColorWhen,
    /// Whether the locale says that it shows no characters but those of ASCII.
    ascii: bool,
}

#[expect(clippy::unused_self, reason = "whoever prints holds this handle")]
impl Terminal {
    pub(crate) fn new(color: ColorWhen) -> Self {
        Self { color, ascii: !knows_utf8(|name| std::env::var(name).ok()) }
    }

    /// Writes a text for people to standard output, in the characters that it shows.
    pub(crate) fn show(self, text: &str) {
        self.out(&if self.ascii { ascii(text) } else { text.into() });
    }

    /// Writes to standard output as it is: what programs read, and texts to be pasted. That the reader has gone (`| head`) is no error; any other failure is remembered.
    pub(crate) fn out(self, text: &str) {
        self.out_bytes(text.as_bytes());
    }

    /// As [`Self::out`], for bytes.
    pub(crate) fn out_bytes(self, bytes: &[u8]) {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => LOST.store(true, Ordering::Relaxed),
            _ => {}
        }
    }

    /// Whether something could not be written to standard output.
    pub(crate) fn lost(self) -> bool {
        LOST.load(Ordering::Relaxed)
    }

    /// Writes to standard error. A failure is ignored, since nothing can be done about it.
    pub(crate) fn err(self, text: &str) {
        let mut err = io::stderr().lock();
        let text = if self.ascii { ascii(text) } else { text.into() };
        let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }

    /// Whether standard output may have colours.
    pub(crate) fn colors_out(self) -> bool {
        self.colors(&io::stdout())
    }

    /// Whether standard error may have colours.
    pub(crate) fn colors_err(self) -> bool {
        self.colors(&io::stderr())
    }

    fn colors(self, stream: &impl anstream::stream::RawStream) -> bool {
        match self.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
        }
    }

    /// The width of standard output in columns; `None` when it is no terminal, unless the environment says how wide it is.
    pub(crate) fn width(self) -> Option<u16> {
        let told = || std::env::var("COLUMNS").ok()?.parse().ok();
        let columns = if io::stdout().is_terminal() { window_columns().filter(|w| *w > 0).or_else(told) } else { told() };
        columns.filter(|w| *w >= 40)
    }

    /// What displays are written for.
    pub(crate) fn screen(self, rows: usize) -> Screen {
        Screen { columns: self.width(), rows, ascii: self.ascii }
    }

    /// Whether standard error is a terminal.
    pub(crate) fn is_watched(self) -> bool {
        io::stderr().is_terminal()
    }
}

/// Whether the locale is one of UTF-8. The first of these variables that is not empty decides.
fn knows_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    let utf8 = |locale: String| locale.to_ascii_lowercase().replace('-', "").contains("utf8");
    cfg!(not(unix)) || locale.is_some_and(utf8)
}

#[cfg(unix)]
fn window_columns() -> Option<u16> {
    rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| size.ws_col)
}

#[cfg(not(unix))]
fn window_columns() -> Option<u16> {
    None
}
