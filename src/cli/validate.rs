//! `idac validate`: everything that can be said about the declarations without a tenant.

use super::arguments::Global;
use super::exit::Exit;
use super::output::Output;
use super::problem::Problem;
use super::situation::{self, Declared};
use crate::declare::Environment;
use crate::finding;
use crate::report;
use crate::resolve::resolve;

/// Checks the declarations for the named environment, or for all of them.
pub(super) fn run(global: &Global, output: Output) -> Result<Exit, Problem> {
    let Declared {
        sources,
        declaration,
        mut findings,
    } = situation::read(global)?;
    let environments: Vec<&Environment> = match &global.environment {
        Some(_) => vec![situation::choose(&declaration, global)?],
        None => declaration.environments.values().collect(),
    };
    let mut objects = 0;
    // What is wrong with the text would only be said again in other words.
    if !finding::has_errors(&findings) {
        for environment in &environments {
            match resolve(&declaration, environment) {
                Ok(desired) => {
                    objects = declaration.objects.len();
                    findings.extend(desired.warnings);
                }
                Err(found) => findings.extend(found),
            }
        }
    }
    finding::sort(&mut findings);
    output.findings(&findings, &sources)?;
    if finding::has_errors(&findings) {
        return Ok(Exit::Findings);
    }
    let names: Vec<&str> = environments
        .iter()
        .map(|environment| environment.name.as_str())
        .collect();
    output.remark(&format!(
        "{}: {}, good for {}.\n",
        global.root.display(),
        report::plural(objects, "declared object", "declared objects"),
        names.join(", ")
    ))?;
    Ok(Exit::Done)
}
