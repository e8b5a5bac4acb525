//! A tenant, a ledger and a disk, and the processes that come and go on them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use idac::apply::{ApplyError, History, Manner, recover};
use idac::emulator::Emulator;
use idac::execute::{Entry, Execution, Outcome, execute, go_on};
use idac::graph::patience::Patience;
use idac::ledger::{RecordKind, Recoverer, Sealed};

use super::chain::Chain;
use super::crash::{Counts, Diary, Line, Point, Refusing, Switch};
use super::state::State;
use super::world::{World, sign};

/// Whether the disk on which the journal was is there for the next process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disk {
    Survives,
    Vanishes,
}

/// No two processes have one name.
static RUNS: AtomicUsize = AtomicUsize::new(1);

pub(super) struct Site<'w> {
    pub(super) world: &'w World,
    pub(super) tenant: Emulator,
    records: Vec<Sealed>,
    diary: Mutex<Vec<Entry>>,
    history: History,
    pub(super) refusing: Refusing,
}

/// How a process ended.
#[derive(Debug)]
pub(super) enum Ended {
    Crashed,
    /// Nothing was left to do.
    Idle,
    With(Box<Execution>),
}

impl Ended {
    pub(super) fn is_stranded(&self) -> bool {
        match self {
            Ended::With(execution) => execution.outcome == Outcome::Stranded,
            Ended::Crashed | Ended::Idle => false,
        }
    }
}

impl<'w> Site<'w> {
    /// A process has taken the tenant with the plan of the world, and has sent nothing yet.
    pub(super) fn begun(world: &'w World, refusing: Refusing) -> Site<'w> {
        Site {
            world,
            tenant: Emulator::new(world.tenant.clone()),
            records: vec![world.intent.clone()],
            diary: Mutex::new(Vec::new()),
            history: History::Whole,
            refusing,
        }
    }

    /// The process that took the tenant carries the plan out, until its point or its end, of which it does not come
    /// to tell the ledger.
    pub(super) async fn execute(&mut self, point: Option<Point>) -> (Ended, Counts) {
        let switch = Switch::new(point);
        let (line, mut diary) = self.means(&switch);
        let patience = Patience::for_tenant();
        let ended = tokio::select! {
            biased;
            () = switch.death.notified() => Ended::Crashed,
            ended = execute(&self.world.plan, &line, &mut diary, &patience, &go_on) => match ended {
                Ok(execution) => Ended::With(Box::new(execution)),
                Err(_) => Ended::Crashed,
            },
        };
        (ended, switch.counts())
    }

    pub(super) fn means<'a>(&'a self, switch: &'a Switch) -> (Line<'a>, Diary<'a>) {
        let line = Line {
            tenant: &self.tenant,
            switch,
            refusing: &self.refusing,
        };
        let diary = Diary {
            kept: &self.diary,
            switch,
            refusing: &self.refusing,
        };
        (line, diary)
    }

    /// The next process finishes what is unfinished, until its point or its end.
    pub(super) async fn recover(&mut self, point: Option<Point>) -> (Ended, Counts) {
        let nonce = format!("n{}", RUNS.fetch_add(1, Ordering::Relaxed));
        let switch = Switch::new(point);
        let mut records = std::mem::take(&mut self.records);
        let (line, diary) = self.means(&switch);
        let history = self.history;
        let open = |_: &str| Ok((diary, history));
        let mut ledger = Chain::new(&mut records, self.world.lives.path(), &switch);
        let patience = Patience::for_tenant();
        let manner = Manner {
            patience: &patience,
            wish: &go_on,
            sign: &sign,
        };
        let ended = tokio::select! {
            biased;
            () = switch.death.notified() => Ended::Crashed,
            ended = recover(Recoverer::Person, &line, &mut ledger, open, &nonce, &manner) => match ended {
                Ok(Some(receipt)) => Ended::With(Box::new(receipt.execution)),
                Ok(None) => Ended::Idle,
                Err(ApplyError::Journal(_) | ApplyError::Ledger(_) | ApplyError::Unrecorded { .. }) if switch.is_dead() => Ended::Crashed,
                Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
            },
        };
        self.records = records;
        (ended, switch.counts())
    }

    /// The disk loses what was written last.
    pub(super) fn lose_tail(&mut self, entries: usize) {
        let mut diary = self.diary.lock().expect("nobody panics");
        let left = diary.len().saturating_sub(entries);
        diary.truncate(left);
    }

    /// What is left of the disk.
    pub(super) fn after_crash(&mut self, disk: Disk) {
        match disk {
            Disk::Survives => {}
            Disk::Vanishes => {
                self.diary.lock().expect("nobody panics").clear();
                self.history = History::Lost;
                self.refusing.forget();
            }
        }
    }

    pub(super) fn state(&self) -> State {
        self.tenant
            .with_tenant(|tenant| State::of(tenant, &self.world.census))
    }

    /// What the tenant must hold, and what tells so: the execution, or else the ledger.
    fn ending(&self, ended: &Ended) -> Result<Outcome, String> {
        let tip = &self.records.last().expect("there is an intent").record.kind;
        match (ended, tip) {
            (Ended::Crashed, _) => Err("the process ended early".to_owned()),
            (Ended::With(execution), _) => Ok(execution.outcome),
            (Ended::Idle, RecordKind::Receipt { .. }) => Ok(Outcome::Applied),
            (Ended::Idle, RecordKind::Aborted { .. }) => Ok(Outcome::RolledBack),
            (
                Ended::Idle,
                RecordKind::Intent { .. }
                | RecordKind::Recovering { .. }
                | RecordKind::Dirty { .. },
            ) => Err(format!("the ledger is open: {}", tip.name())),
        }
    }

    /// The tenant is as it ought to be, before or after; which of them it is.
    pub(super) fn check(&self, ended: &Ended) -> Result<Outcome, String> {
        let outcome = self.ending(ended)?;
        let expected = match outcome {
            Outcome::Applied => &self.world.after,
            Outcome::RolledBack => &self.world.before,
            Outcome::Stranded => return Err(format!("{ended:#?}")),
        };
        let difference = self.state().difference(expected);
        match difference.is_empty() {
            true => Ok(outcome),
            false => Err(format!("{outcome:?}, but:\n{difference}{ended:#?}")),
        }
    }

    /// The tenant is as it was before.
    pub(super) fn check_undone(&self, ended: &Ended) -> Result<(), String> {
        match self.check(ended)? {
            Outcome::RolledBack => Ok(()),
            other @ (Outcome::Applied | Outcome::Stranded) => Err(format!("it ended {other:?}")),
        }
    }

    /// Whether a run that finds nothing to do does nothing.
    pub(super) async fn is_at_rest(&mut self) -> bool {
        let (ended, counts) = self.recover(None).await;
        matches!(ended, Ended::Idle) && counts.requests + counts.entries + counts.records == 0
    }
}
