//! `idac emulator`: the embedded tenant itself.

use std::fs;
use std::io;
use std::path::Path;

use super::arguments::{self, Global};
use super::embedded::Embedded;
use super::exit::Exit;
use super::output::{self, Output};
use super::problem::Problem;
use super::situation::{self, Declared};
use super::state::{self, Place};
use crate::address::Name;
use crate::declare::Tenant;
use crate::emulator::Hardship;

/// Replaces the embedded tenant of the environment, and with it what was recorded of the old one.
pub(super) fn reset(global: &Global, _output: Output) -> Result<Exit, Problem> {
    let environment = embedded(global)?;
    let folder = state::folder(&environment);
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
    let is_new = match state::place(global, &environment)? {
        Place::Folder(_) => "is new, and nothing was applied to it",
        Place::Git { .. } => "is new; the ledger in git still says what was applied to the old one",
    };
    output::aside(&format!("The embedded tenant of {environment} {is_new}.\n"))?;
    Ok(Exit::Done)
}

/// Shows the faults of the embedded tenant, once those that were asked for are set.
pub(super) async fn hardship(
    arguments: &arguments::Hardship,
    global: &Global,
    output: Output,
) -> Result<Exit, Problem> {
    let wanted = match (&arguments.file, arguments.none) {
        (Some(path), _) => Some(read_hardship(path)?),
        (None, true) => Some(Hardship::default()),
        (None, false) => None,
    };
    let environment = embedded(global)?;
    let (tenant, _) = Embedded::open(&state::folder(&environment).join("tenant"))?;
    if let Some(wanted) = wanted {
        tenant.set_hardship(wanted).await?;
    }
    let mut text = serde_json::to_string_pretty(&tenant.hardship())
        .unwrap_or_else(|error| panic!("bug: faults cannot be written as JSON: {error}"));
    text.push('\n');
    output.product(&text)?;
    Ok(Exit::Done)
}

fn read_hardship(path: &Path) -> Result<Hardship, Problem> {
    let unusable = |source: Box<dyn std::error::Error + Send + Sync>| Problem::Hardship {
        path: path.to_owned(),
        source,
    };
    let text = fs::read_to_string(path).map_err(|error| unusable(error.into()))?;
    serde_yaml::from_str(&text).map_err(|error| unusable(error.to_string().into()))
}

/// The environment, whose tenant must be embedded. What is wrong with the declarations is no reason to keep a
/// damaged tenant.
fn embedded(global: &Global) -> Result<Name, Problem> {
    let Declared { declaration, .. } = situation::read(global)?;
    let environment = situation::choose(&declaration, global)?;
    match &environment.tenant {
        Tenant::Emulator => Ok(environment.name.clone()),
        Tenant::Entra { id, cloud: _ } => Err(Problem::NotEmbedded {
            environment: environment.name.clone(),
            tenant: id.clone(),
        }),
    }
}
