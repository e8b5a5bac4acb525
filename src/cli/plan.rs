//! `idac plan`: what would change in the tenant, and why.

use std::collections::BTreeMap;

use super::arguments::{self, Global, Shown};
use super::exit::Exit;
use super::output::{self, Output};
use super::plan_file;
use super::problem::Problem;
use super::situation::{self, Unless};
use crate::finding;
use crate::graph::Request;
use crate::plan::{Plan, StepId};
use crate::report::{self, Format, Show};

/// Shows the plan.
pub(super) async fn run(
    arguments: &arguments::Plan,
    global: &Global,
    output: Output,
) -> Result<Exit, Problem> {
    let situation = match situation::look_only(global).await? {
        Unless::Here(situation) => situation,
        Unless::Stopped { findings, sources } => {
            output.findings(&findings, &sources)?;
            return Ok(Exit::Findings);
        }
    };
    let plan = &situation.plan;
    let requests = match arguments.show {
        Some(Shown::Requests) => requests(plan),
        None => BTreeMap::new(),
    };
    let show = match arguments.show {
        Some(Shown::Requests) => Show::Requests(&requests),
        None => Show::Changes,
    };
    output.product(&report::plan(plan, &situation.names, show, output.format))?;
    if !situation.findings.is_empty() {
        match output.format {
            Format::Text | Format::Markdown => output.remark("\n")?,
            Format::Json => {}
        }
        output.findings_beside(&situation.findings, &situation.sources)?;
    }
    if finding::has_errors(&situation.findings) {
        return Ok(Exit::Findings);
    }
    if let Some(path) = &arguments.out {
        plan_file::write(path, plan)?;
        output::aside(&format!(
            "Wrote the plan to {path}: apply it with `idac apply --plan {path}`.\n",
            path = path.display()
        ))?;
    }
    Ok(
        match (arguments.detailed_exit_code, plan.steps.is_empty()) {
            (true, false) => Exit::Steps,
            (true, true) | (false, _) => Exit::Done,
        },
    )
}

/// The literal requests of every step.
fn requests(plan: &Plan) -> BTreeMap<StepId, Vec<Request>> {
    plan.steps
        .iter()
        .map(|step| (step.id, crate::execute::requests(plan, step.id)))
        .collect()
}
