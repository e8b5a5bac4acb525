//! A tenant, a ledger and a disk, and the processes that come and go on them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use idac::apply::{ApplyError, History, Manner, Receipt, recover};
use idac::emulator::Emulator;
use idac::execute::{Entry, go_on};
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
    world: &'w World,
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
    With(Box<Receipt>),
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

    /// A process does what is left to do of the plan, until its point or its end.
    pub(super) async fn run(&mut self, point: Option<Point>) -> (Ended, Counts) {
        let nonce = format!("n{}", RUNS.fetch_add(1, Ordering::Relaxed));
        let switch = Switch::new(point);
        let line = Line {
            tenant: &self.tenant,
            switch: &switch,
            refusing: &self.refusing,
        };
        let diary = Diary {
            kept: &self.diary,
            switch: &switch,
            refusing: &self.refusing,
        };
        let history = self.history;
        let open = |_: &str| Ok((diary, history));
        let mut ledger = Chain::new(&mut self.records, self.world.lives.path(), &switch);
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
                Ok(Some(receipt)) => Ended::With(Box::new(receipt)),
                Ok(None) => Ended::Idle,
                Err(ApplyError::Journal(_) | ApplyError::Ledger(_) | ApplyError::Unrecorded { .. }) if switch.is_dead() => Ended::Crashed,
                Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
            },
        };
        (ended, switch.counts())
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

    /// Why what the tenant holds is not what the ledger says that it holds, if so.
    pub(super) fn complaint(&self, ended: &Ended) -> Option<String> {
        let execution = match ended {
            Ended::Crashed => return Some("the process ended early".to_owned()),
            Ended::Idle => String::new(),
            Ended::With(receipt) => format!("{:#?}", receipt.execution),
        };
        let tip = self.records.last().expect("there is an intent");
        let expected = match &tip.record.kind {
            RecordKind::Receipt { .. } => &self.world.after,
            RecordKind::Aborted { .. } => &self.world.before,
            RecordKind::Intent { .. }
            | RecordKind::Recovering { .. }
            | RecordKind::Dirty { .. } => {
                return Some(format!(
                    "the ledger is open: {}\n{execution}",
                    tip.record.kind.name()
                ));
            }
        };
        let difference = self.state().difference(expected);
        (!difference.is_empty())
            .then(|| format!("{}, but:\n{difference}{execution}", tip.record.kind.name()))
    }

    /// The tenant is as the ledger says.
    pub(super) fn check(&self, ended: &Ended) -> Result<(), String> {
        self.complaint(ended).map_or(Ok(()), Err)
    }

    /// The tenant is as it was before.
    pub(super) fn check_undone(&self, ended: &Ended) -> Result<(), String> {
        self.check(ended)?;
        match self.ending() {
            "aborted" => Ok(()),
            other => Err(format!("it ended as {other}")),
        }
    }

    /// How it ended, by the ledger.
    pub(super) fn ending(&self) -> &'static str {
        self.records
            .last()
            .expect("there is an intent")
            .record
            .kind
            .name()
    }

    /// Whether a run that finds nothing to do does nothing.
    pub(super) async fn is_at_rest(&mut self) -> bool {
        let (ended, counts) = self.run(None).await;
        matches!(ended, Ended::Idle) && counts.requests + counts.entries + counts.records == 0
    }
}
