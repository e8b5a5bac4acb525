//! SIGINT and SIGTERM: stop what is being done to a tenant, and leave it whole.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::output;
use crate::execute::Wish;

/// How long the way back may take after the first signal. Whoever stops a machine waits ten seconds or so and then
/// kills, and idac has to say by then how things stand.
const WAY_BACK_S: u64 = 7;

/// Signals, listened for from the moment that this is made.
pub(super) struct Stop {
    signals: Signals,
    was_asked: AtomicBool,
}

impl Stop {
    pub(super) fn listen() -> io::Result<Stop> {
        Ok(Stop {
            signals: Signals::listen()?,
            was_asked: AtomicBool::new(false),
        })
    }

    /// Splits into who waits for signals and who asks whether there was one.
    pub(super) fn parts(&mut self) -> (Watch<'_>, &AtomicBool) {
        (
            Watch {
                signals: &mut self.signals,
                was_asked: &self.was_asked,
            },
            &self.was_asked,
        )
    }
}

/// Whether the plan is still wanted.
pub(super) fn wish(was_asked: &AtomicBool) -> Wish {
    match was_asked.load(Ordering::Relaxed) {
        false => Wish::GoOn,
        true => Wish::WalkBack,
    }
}

pub(super) struct Watch<'a> {
    signals: &'a mut Signals,
    was_asked: &'a AtomicBool,
}

impl Watch<'_> {
    /// After the first signal the plan is no longer wanted; returns when it has to be left as it stands, at the
    /// second signal or when the way back takes too long.
    pub(super) async fn until_left(self) {
        self.signals.next().await;
        self.was_asked.store(true, Ordering::Relaxed);
        // Whoever no longer reads has stopped idac all the same.
        let _ = output::aside(
            "Stopping: what was sent is answered, then what took effect is undone. Once more to leave it as it stands.\n",
        );
        tokio::select! {
            () = self.signals.next() => {}
            () = tokio::time::sleep(Duration::from_secs(WAY_BACK_S)) => {}
        }
    }

    /// Returns at the first signal: for what may be left at any moment.
    pub(super) async fn at_once(self) {
        self.signals.next().await;
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
