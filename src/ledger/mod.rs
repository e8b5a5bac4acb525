//! Takes records, gives the tip of the chain and the `TenantLock`; never speaks to a tenant.

mod record;

pub use record::{Record, RecordKind, Run};

use std::path::Path;

use crate::digest::Digest;

/// The only right to write to a tenant. Only this room makes one, from an `Intent` that is the tip of the chain.
#[derive(Debug)]
pub struct TenantLock {
    epoch: u64,
    plan: Digest,
}

impl TenantLock {
    /// The number of the intent in the chain.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The digest of the plan for which the lock was taken.
    pub fn plan(&self) -> &Digest {
        &self.plan
    }
}

/// An append-only chain of records of one tenant.
pub trait Ledger {
    /// The newest record; `None` for a chain that is not begun.
    fn tip(&self) -> Result<Option<Record>, LedgerError>;
    /// Every record, oldest first.
    fn records(&self) -> Result<Vec<Record>, LedgerError>;
    /// Appends a record whose epoch follows the tip that the caller saw; loses against whoever was first.
    fn append(&mut self, record: &Record) -> Result<(), LedgerError>;
}

/// Why the ledger did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("cannot {doing} the ledger: {why}")]
    Io { doing: &'static str, why: String },
    #[error("the ledger is damaged at record {epoch}: {why}")]
    Damaged { epoch: u64, why: String },
    #[error("another run holds the tenant since {since}: {holder}")]
    Held { since: String, holder: String },
    #[error("another run was first at record {epoch}")]
    Lost { epoch: u64 },
}

/// A ledger in a folder: one file a record.
pub struct Folder {
    _path: std::path::PathBuf,
}

impl Folder {
    /// The ledger in this folder, which need not exist yet.
    pub fn open(path: &Path) -> Folder {
        Folder {
            _path: path.to_owned(),
        }
    }
}
