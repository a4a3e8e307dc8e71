//! Standard output and standard error, and whether they may have colours.

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
}

#[expect(clippy::unused_self, reason = "whoever prints holds this handle")]
impl Terminal {
    pub(crate) fn new(color: ColorWhen) -> Self {
        Self { color }
    }

    /// Writes to standard output. That the reader has gone (`| head`) is no error; any other failure is remembered.
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

    /// The width of standard output in columns; `None` when it is no terminal.
    pub(crate) fn width(self) -> Option<u16> {
        if !io::stdout().is_terminal() {
            return None;
        }
        window_columns().filter(|w| *w >= 40)
    }

    /// Whether standard error is a terminal.
    pub(crate) fn is_watched(self) -> bool {
        io::stderr().is_terminal()
    }
}

#[cfg(unix)]
fn window_columns() -> Option<u16> {
    rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| size.ws_col)
}

#[cfg(not(unix))]
fn window_columns() -> Option<u16> {
    None
}
