//! Takes records, gives the tip of the chain and the `TenantLock`; never speaks to a tenant.
//!
//! The chain is the lock. A run that wants to write to the tenant appends an intent; that the intent is the tip is
//! the only right to write. An append names the record that it follows, so of two runs that saw the same tip one
//! loses. A run that dies leaves its intent as the tip: the tenant stays held until somebody recovers it, and age
//! is never a reason to take it over, because Graph has no conditional write that would stop the first holder.

mod folder;
mod git;
mod line_log;
mod lock;
mod record;

pub use folder::Folder;
pub use git::Git;
pub use line_log::LineLog;
pub use lock::{
    Closed, Recoverer, TenantLock, Unfinished, acquire, check_is_ours, take_over, unfinished,
};
pub use record::{Record, RecordKind, Run, SCHEMA, Sealed};

use std::fs::{self, File};
use std::path::PathBuf;

use crate::digest::Digest;
use crate::plan::Applied;

/// An append-only chain of records of one tenant.
pub trait Ledger {
    /// The newest record; `None` for a chain that is not begun.
    fn tip(&self) -> Result<Option<Sealed>, LedgerError>;

    /// The record of this number, which must be there.
    fn record(&self, epoch: u64) -> Result<Sealed, LedgerError>;

    /// Appends a record that follows the tip that the caller saw; loses against whoever was first. When this
    /// returns, the record is there for good.
    fn append(&mut self, record: &Record) -> Result<(), LedgerError>;

    /// Shows that the run with this nonce is at work, until what this gives is dropped or the process ends,
    /// however it ends.
    fn begin(&mut self, nonce: &str) -> Result<Presence, LedgerError>;

    /// Whether the run with this nonce is still at work.
    fn life(&self, nonce: &str) -> Result<Life, LedgerError>;

    /// Every record, oldest first, each checked against the one before.
    fn records(&self) -> Result<Vec<Record>, LedgerError> {
        let count = self.tip()?.map_or(0, |tip| tip.record.epoch);
        let mut before: Option<Sealed> = None;
        let mut records = Vec::new();
        for epoch in 1..=count {
            let sealed = self.record(epoch)?;
            record::check_follows(before.as_ref(), &sealed)?;
            records.push(sealed.record.clone());
            before = Some(sealed);
        }
        Ok(records)
    }
}

impl<L: Ledger + ?Sized> Ledger for Box<L> {
    fn tip(&self) -> Result<Option<Sealed>, LedgerError> {
        (**self).tip()
    }

    fn record(&self, epoch: u64) -> Result<Sealed, LedgerError> {
        (**self).record(epoch)
    }

    fn append(&mut self, record: &Record) -> Result<(), LedgerError> {
        (**self).append(record)
    }

    fn begin(&mut self, nonce: &str) -> Result<Presence, LedgerError> {
        (**self).begin(nonce)
    }

    fn life(&self, nonce: &str) -> Result<Life, LedgerError> {
        (**self).life(nonce)
    }

    fn records(&self) -> Result<Vec<Record>, LedgerError> {
        (**self).records()
    }
}

/// Shows that a run is at work for as long as it is kept.
///
/// One that is dropped, or whose process died, leaves its file unlocked: that is the proof that the run is over.
/// A ledger that others reach from elsewhere has no such proof.
#[derive(Debug)]
pub struct Presence {
    shown: Shown,
}

#[derive(Debug)]
enum Shown {
    ByFile {
        path: PathBuf,
        /// Locked by this process: the operating system unlocks it however the process ends.
        _locked: File,
    },
    Nowhere,
}

impl Presence {
    /// Takes every trace of the run away: it holds nothing, so nobody will ask whether it is over.
    fn leave(self) {
        match self.shown {
            // A file that stays says no more than that a run is over.
            Shown::ByFile { path, .. } => drop(fs::remove_file(&path)),
            Shown::Nowhere => {}
        }
    }
}

/// What a ledger can tell of the run that appended a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    AtWork,
    Over,
    /// There is no way to tell from here.
    Unknown,
}

/// What the tip of the chain says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Whoever is first may take the tenant.
    Idle,
    /// A run has it, or died with it.
    Held,
    /// A person has to look first.
    Dirty,
}

impl State {
    /// The state of a chain with this tip.
    pub fn of(tip: Option<&Record>) -> State {
        match tip.map(|record| &record.kind) {
            None | Some(RecordKind::Receipt { .. } | RecordKind::Aborted { .. }) => State::Idle,
            Some(RecordKind::Intent { .. } | RecordKind::Recovering { .. }) => State::Held,
            Some(RecordKind::Dirty { .. }) => State::Dirty,
        }
    }
}

/// What was applied last: the objects of the newest receipt; none when there is no receipt.
pub fn last_receipt<L: Ledger>(ledger: &L) -> Result<Applied, LedgerError> {
    let mut next = ledger.tip()?;
    while let Some(sealed) = next {
        let epoch = sealed.record.epoch;
        match &sealed.record.kind {
            RecordKind::Receipt { objects, .. } => return Ok(objects.clone()),
            RecordKind::Intent { .. }
            | RecordKind::Aborted { .. }
            | RecordKind::Recovering { .. }
            | RecordKind::Dirty { .. } => {
                let before = (epoch > 1).then(|| ledger.record(epoch - 1)).transpose()?;
                record::check_follows(before.as_ref(), &sealed)?;
                next = before;
            }
        }
    }
    Ok(Applied::new())
}

/// Checks the whole chain; gives how many records there are and the digest of the last.
pub fn verify<L: Ledger>(ledger: &L) -> Result<(u64, Option<Digest>), LedgerError> {
    let records = ledger.records()?;
    let tip = ledger.tip()?.map(|tip| tip.digest);
    Ok((records.len() as u64, tip))
}

/// Somebody else appended this record first.
fn lost(first: &Record) -> LedgerError {
    LedgerError::Lost {
        epoch: first.epoch,
        since: first.run.at.clone(),
        holder: first.run.who.clone(),
    }
}

/// Why the ledger did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("cannot {doing} {place}: {why}")]
    Io {
        doing: &'static str,
        place: String,
        why: String,
    },
    #[error("the ledger is damaged: {place} {why}; {remedy}")]
    Damaged {
        place: String,
        why: String,
        remedy: &'static str,
    },
    #[error("{place} was written by a newer idac (its form is {schema}); use that version")]
    Newer { place: String, schema: u64 },
    #[error("the tenant is held by {holder} since {since} (record {epoch})")]
    Held {
        epoch: u64,
        since: String,
        holder: String,
    },
    #[error(
        "the tenant is held by {holder} since {since} (record {epoch}), and nothing here tells whether that run is over; if it is, run `idac recover`"
    )]
    Unproven {
        epoch: u64,
        since: String,
        holder: String,
    },
    #[error(
        "the tenant is closed since {since} (record {epoch}, {holder}): {why}; put right what stands there, then run `idac recover`"
    )]
    Closed {
        epoch: u64,
        since: String,
        holder: String,
        why: String,
    },
    #[error("{holder} was first with record {epoch}, at {since}; plan again")]
    Lost {
        epoch: u64,
        since: String,
        holder: String,
    },
    #[error(
        "the ledger tells of environment `{environment}` (tenant {ledger}), and the plan is for environment `{planned}` (tenant {plan}); put the ledger of that environment there, or none"
    )]
    Foreign {
        ledger: String,
        environment: String,
        plan: String,
        planned: String,
    },
}
