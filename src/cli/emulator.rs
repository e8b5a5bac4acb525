//! `idac emulator`: the embedded tenant itself.

use std::fs;
use std::io;

use super::arguments::Global;
use super::embedded::Embedded;
use super::exit::Exit;
use super::output::{self, Output};
use super::problem::Problem;
use super::situation::{self, Declared};
use super::state;
use crate::declare::Tenant;

/// Replaces the embedded tenant of the environment, and with it what was recorded of the old one.
pub(super) fn reset(global: &Global, _output: Output) -> Result<Exit, Problem> {
    // What is wrong with the declarations is no reason to keep a damaged tenant.
    let Declared { declaration, .. } = situation::read(global)?;
    let environment = situation::choose(&declaration, global)?;
    match &environment.tenant {
        Tenant::Emulator => {}
        Tenant::Entra { id, cloud: _ } => {
            return Err(Problem::NotEmbedded {
                environment: environment.name.clone(),
                tenant: id.clone(),
            });
        }
    }
    let folder = state::folder(&environment.name);
    // Kept open to the end: nobody else uses the tenant while its ledger goes.
    let _store = Embedded::reset(&folder.join("tenant"))?;
    for name in ["ledger", "journal"] {
        let path = folder.join(name);
        match fs::remove_dir_all(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(Problem::Remove { path, source }),
        }
    }
    output::aside(&format!(
        "The embedded tenant of {} is new, and nothing was applied to it.\n",
        environment.name
    ))?;
    Ok(Exit::Done)
}
