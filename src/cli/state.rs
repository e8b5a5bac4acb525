//! Where an environment's state lies: `.idac/<environment>` below the current folder.

use std::path::{Path, PathBuf};

use super::output;
use super::problem::Problem;
use crate::address::Name;
use crate::emulator::store::StoreError;
use crate::ledger::{self, Folder, Ledger, LedgerError, Recoverer, State};

/// The folder of an environment.
pub(super) fn folder(environment: &Name) -> PathBuf {
    Path::new(".idac").join(environment.as_str())
}

/// The ledger in it.
pub(super) fn ledger(folder: &Path) -> Folder {
    Folder::open(&folder.join("ledger"))
}

/// Whether anything was ever recorded.
pub(super) fn has_records(folder: &Path) -> Result<bool, Problem> {
    Ok(ledger(folder).tip()?.is_some())
}

/// What the tip of the ledger says.
pub(super) fn of(folder: &Path) -> Result<State, Problem> {
    let tip = ledger(folder).tip()?;
    Ok(State::of(tip.as_ref().map(|tip| &tip.record)))
}

/// Why the tenant cannot be opened: when a run holds it, who that is says more than that its folder is in use.
pub(super) fn who_uses(folder: &Path, error: StoreError) -> Problem {
    match &error {
        StoreError::Locked { .. } => {}
        StoreError::Io { .. }
        | StoreError::Damaged { .. }
        | StoreError::Incomplete { .. }
        | StoreError::Unreadable { .. }
        | StoreError::Missing { .. }
        | StoreError::Occupied { .. } => return Problem::Store(error),
    }
    match ledger::unfinished(&ledger(folder), Recoverer::Apply) {
        Err(held @ LedgerError::Held { .. }) => Problem::Ledger(held),
        Ok(_) | Err(_) => Problem::Store(error),
    }
}

/// Says when a look at the tenant is a look at something unfinished.
pub(super) fn warn_if_held(folder: &Path) -> Result<(), Problem> {
    match of(folder)? {
        State::Idle => Ok(()),
        State::Held => output::aside(
            "note: an apply is at work on this tenant, or died at it; the next one finishes it first.\n",
        ),
        State::Dirty => output::aside(
            "note: this tenant is closed: an apply was stranded. Put right what stands there, then run `idac recover`.\n",
        ),
    }
}
