//! `idac dry-run`: the plan, tried on a copy of the tenant.

use super::arguments::Global;
use super::exit::Exit;
use super::output::Output;
use super::problem::Problem;
use super::situation::{self, Unless};
use crate::dry_run::{DryRun, Verdict, dry_run};
use crate::report::{self, Format, Show};

/// Tries the plan.
pub(super) async fn run(global: &Global, output: Output) -> Result<Exit, Problem> {
    let situation = match situation::look_only(global).await? {
        Unless::Here(situation) => situation,
        Unless::Stopped { findings, sources } => {
            output.findings(&findings, &sources)?;
            return Ok(Exit::Findings);
        }
    };
    let (plan, names) = (&situation.plan, &situation.names);
    let tried = dry_run(
        &situation.desired,
        plan,
        &situation.snapshot,
        &situation.applied,
        &situation.findings,
    )
    .await;
    match output.format {
        Format::Text | Format::Markdown => {
            output.product(&report::plan(plan, names, Show::Changes, output.format))?;
            output.remark("\n")?;
        }
        Format::Json => {}
    }
    output.findings_beside(&situation.findings, &situation.sources)?;
    output.product(&report::dry_run(&tried, plan, names, output.format))?;
    Ok(exit(&tried))
}

/// How a command ends that got no further than this dry-run.
pub(super) fn exit(tried: &DryRun) -> Exit {
    match tried.verdict {
        Verdict::Cleared => Exit::Done,
        Verdict::Stopped { .. } => Exit::Findings,
        Verdict::Refused { .. } | Verdict::NotConverged { .. } | Verdict::Failed { .. } => {
            Exit::Failed
        }
    }
}
