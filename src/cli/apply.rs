//! `idac apply`: makes the tenant as declared.

use super::arguments::{self, Global};
use super::dry_run as tried;
use super::exit::Exit;
use super::output::{self, Output};
use super::plan_file::{self, PlanFileError};
use super::problem::Problem;
use super::progress::Watched;
use super::recover;
use super::signature;
use super::situation::{self, Situation, Unless};
use super::state;
use super::stop::{self, Stop};
use crate::apply::{KeptJournal, Manner, Receipt, apply, check_basis};
use crate::dry_run::{Clearance, DryRun, dry_run};
use crate::execute::Outcome;
use crate::ledger::{self, State};
use crate::plan::Plan;
use crate::report::{self, Format, Show};

/// Plans (or takes the plan of the file), tries, asks and applies.
pub(super) async fn run(
    arguments: &arguments::Apply,
    global: &Global,
    output: Output,
) -> Result<Exit, Problem> {
    if !arguments.yes && !output::is_anybody_there() {
        return Err(Problem::NobodyToAsk);
    }
    let given = match &arguments.plan {
        Some(path) => Some(plan_file::read_for(path, global.environment.as_deref())?),
        None => None,
    };
    let environment = match &given {
        Some(plan) => Some(plan.basis.environment.to_string()),
        None => global.environment.clone(),
    };
    let global = &Global {
        root: global.root.clone(),
        environment,
        ledger_remote: global.ledger_remote.clone(),
        ..*global
    };
    let opened = match situation::open(global).map_err(|problem| of_plan(problem, arguments))? {
        Unless::Here(opened) => opened,
        Unless::Stopped { findings, sources } => {
            output.findings(&findings, &sources)?;
            return Ok(Exit::Findings);
        }
    };
    match state::of(&opened.ledger)? {
        State::Idle => {}
        State::Held | State::Dirty => {
            if let Some(receipt) = recover::first(&opened, output).await?
                && receipt.execution.outcome == Outcome::Stranded
            {
                return Ok(Exit::Stranded);
            }
        }
    }
    let situation = match situation::look(*opened).await? {
        Unless::Here(situation) => situation,
        Unless::Stopped { findings, sources } => {
            output.findings(&findings, &sources)?;
            return Ok(Exit::Findings);
        }
    };
    if let (Some(given), Some(path)) = (&given, &arguments.plan) {
        check_basis(
            given,
            &situation.plan.basis.declaration,
            &situation.snapshot,
        )?;
        plan_file::check_is_made(path, given, &situation.plan)?;
    }
    carry_out(*situation, arguments, output).await
}

/// An environment that is not there was named by the plan, if there is one.
fn of_plan(problem: Problem, arguments: &arguments::Apply) -> Problem {
    match (problem, &arguments.plan) {
        (Problem::UnknownEnvironment { name, .. }, Some(path)) => Problem::PlanFile {
            path: path.clone(),
            source: PlanFileError::NoEnvironment { plan: name },
        },
        (problem, _) => problem,
    }
}

async fn carry_out(
    situation: Situation,
    arguments: &arguments::Apply,
    output: Output,
) -> Result<Exit, Problem> {
    let plan = &situation.plan;
    let is_text = match output.format {
        Format::Text | Format::Markdown => true,
        Format::Json => false,
    };
    if is_text {
        let text = report::plan(plan, &situation.names, Show::Changes, output.format);
        output.product(&text)?;
    }
    if !situation.findings.is_empty() {
        output.remark("\n")?;
        output.findings_beside(&situation.findings, &situation.sources)?;
    }
    // What is in the tenant already may still have to be remembered: a first adoption, a rename.
    let is_recorded = plan.steps.is_empty() && plan.objects == situation.applied;
    if is_recorded && !crate::finding::has_errors(&situation.findings) {
        return finished(&situation, None, None, output);
    }
    let mut tried = dry_run(
        &situation.desired,
        plan,
        &situation.snapshot,
        &situation.applied,
        &situation.findings,
    )
    .await;
    let clearance = tried.clearance.take();
    if is_text && !plan.steps.is_empty() {
        output.remark("\n")?;
        output.product(&report::dry_run(
            &tried,
            plan,
            &situation.names,
            output.format,
        ))?;
    }
    let Some(clearance) = clearance else {
        finished(&situation, Some(&tried), None, output)?;
        return Ok(tried::exit(&tried));
    };
    if !plan.steps.is_empty() && !arguments.yes && !output::ask(&question(plan))? {
        output.remark("Nothing was applied.\n")?;
        return Ok(Exit::Failed);
    }
    let receipt = write(&situation, clearance, output.format).await?;
    finished(&situation, Some(&tried), Some(&receipt), output)
}

fn question(plan: &Plan) -> String {
    format!(
        "\n{} would change {} (tenant {}).\nApply {}? [y/N] ",
        report::plural(plan.steps.len(), "step", "steps"),
        plan.basis.environment,
        plan.basis.tenant,
        match plan.steps.len() {
            1 => "it",
            _ => "them",
        },
    )
}

/// Takes the tenant and writes. Told to stop, it takes everything back; if that may not last, the tenant stays
/// held, which is what is true then.
async fn write(
    situation: &Situation,
    clearance: Clearance,
    format: Format,
) -> Result<Receipt, Problem> {
    let plan = &situation.plan;
    let nonce = signature::nonce();
    let mut ledger = state::open_ledger(&situation.ledger)?;
    // From here on nothing ends the run but itself, so that a tenant that is taken is also given back.
    let mut stop = Stop::listen().map_err(Problem::Signals)?;
    let (watch, was_asked) = stop.parts();
    let wish = || stop::wish(was_asked);
    let journal = KeptJournal::begin(&situation.folder.join("journal"), &nonce)?;
    let lock = ledger::acquire(&mut ledger, plan, &signature::sign(), &nonce)?;
    tracing::info!(record = lock.epoch(), "took the tenant");
    let mut journal = Watched::new(journal, plan, &situation.names, format);
    let manner = Manner {
        patience: &situation.tenant.patience(),
        wish: &wish,
        sign: &signature::sign,
    };
    let applied = tokio::select! {
        // First, so that it is listened for before anything is sent.
        biased;
        () = watch.until_left() => Err(Problem::Interrupted),
        applied = apply(
            plan,
            clearance,
            lock,
            &situation.tenant,
            &mut ledger,
            &mut journal,
            &manner,
        ) => applied.map_err(Problem::from),
    };
    journal.finish();
    applied
}

/// Shows how it ended, and says which exit code that is.
fn finished(
    situation: &Situation,
    tried: Option<&DryRun>,
    receipt: Option<&Receipt>,
    output: Output,
) -> Result<Exit, Problem> {
    let (plan, names) = (&situation.plan, &situation.names);
    match output.format {
        Format::Json => {
            output.product(&report::applied(plan, &situation.findings, tried, receipt))?;
        }
        Format::Text | Format::Markdown => {
            if let Some(receipt) = receipt {
                output.remark("\n")?;
                output.product(&report::receipt(receipt, plan, names, output.format))?;
            }
        }
    }
    Ok(receipt.map_or(Exit::Done, exit))
}

/// The exit code of a receipt.
pub(super) fn exit(receipt: &Receipt) -> Exit {
    match receipt.execution.outcome {
        Outcome::Applied => Exit::Done,
        Outcome::RolledBack => Exit::RolledBack,
        Outcome::Stranded => Exit::Stranded,
    }
}
