//! Where an environment's state lies: `.idac/<environment>` below the current folder, and the ledger there or on a git
//! branch.

use std::path::{Path, PathBuf};

use super::arguments::{Global, Keeper};
use super::output;
use super::problem::Problem;
use crate::address::Name;
use crate::emulator::store::StoreError;
use crate::ledger::{self, Folder, Git, Ledger, LedgerError, Recoverer, State};

/// The folder of an environment.
pub(super) fn folder(environment: &Name) -> PathBuf {
    Path::new(".idac").join(environment.as_str())
}

/// Where the ledger of an environment is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Folder(PathBuf),
    Git { of: Of, environment: Name },
}

/// The repository with the branch.
#[derive(Clone, Debug)]
pub(super) enum Of {
    /// A remote of the repository that holds the folder.
    Remote {
        folder: PathBuf,
        name: String,
    },
    Repository(PathBuf),
}

/// Where the command line says that the ledger is.
pub(super) fn place(global: &Global, environment: &Name) -> Result<Place, Problem> {
    match (global.ledger, &global.ledger_remote) {
        (None | Some(Keeper::Folder), None) => {
            Ok(Place::Folder(folder(environment).join("ledger")))
        }
        (Some(Keeper::Folder), Some(_)) => Err(Problem::RemoteOfFolder),
        (Some(Keeper::Git), None) => Ok(git(global, "origin", environment)),
        (None | Some(Keeper::Git), Some(remote)) if remote.contains("://") => {
            Err(Problem::RemoteAsUrl)
        }
        (None | Some(Keeper::Git), Some(remote)) => Ok(git(global, remote, environment)),
    }
}

fn git(global: &Global, remote: &str, environment: &Name) -> Place {
    let of = match remote.contains(['/', '\\']) {
        true => Of::Repository(PathBuf::from(remote)),
        false => Of::Remote {
            folder: global.root.clone(),
            name: remote.to_owned(),
        },
    };
    Place::Git {
        of,
        environment: environment.clone(),
    }
}

/// Opens the ledger.
pub(super) fn open_ledger(place: &Place) -> Result<Box<dyn Ledger>, Problem> {
    Ok(match place {
        Place::Folder(path) => Box::new(Folder::open(path)),
        Place::Git { of, environment } => Box::new(match of {
            Of::Remote { folder, name } => Git::on_remote(folder, name, environment)?,
            Of::Repository(path) => Git::in_repository(path, environment)?,
        }),
    })
}

/// Whether anything was ever recorded.
pub(super) fn has_records(place: &Place) -> Result<bool, Problem> {
    Ok(open_ledger(place)?.tip()?.is_some())
}

/// What the tip of the ledger says.
pub(super) fn of(place: &Place) -> Result<State, Problem> {
    let tip = open_ledger(place)?.tip()?;
    Ok(State::of(tip.as_ref().map(|tip| &tip.record)))
}

/// Why the tenant cannot be opened: when a run holds it, who that is says more than that its folder is in use.
pub(super) fn who_uses(place: &Place, error: StoreError) -> Problem {
    match &error {
        StoreError::Locked { .. } => {}
        StoreError::Io { .. }
        | StoreError::Damaged { .. }
        | StoreError::Incomplete { .. }
        | StoreError::Unreadable { .. }
        | StoreError::Missing { .. }
        | StoreError::Occupied { .. } => return Problem::Store(error),
    }
    let Ok(ledger) = open_ledger(place) else {
        return Problem::Store(error);
    };
    match ledger::unfinished(&ledger, Recoverer::Apply) {
        Err(held @ LedgerError::Held { .. }) => Problem::Ledger(held),
        Ok(_) | Err(_) => Problem::Store(error),
    }
}

/// Says when a look at the tenant is a look at something unfinished.
pub(super) fn warn_if_held(place: &Place) -> Result<(), Problem> {
    match of(place)? {
        State::Idle => Ok(()),
        State::Held => output::aside(
            "note: an apply is at work on this tenant, or died at it; the next one finishes it first.\n",
        ),
        State::Dirty => output::aside(
            "note: this tenant is closed: an apply was stranded. Put right what stands there, then run `idac recover`.\n",
        ),
    }
}
