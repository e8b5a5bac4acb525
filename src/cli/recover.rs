//! `idac recover`: finishes what an apply began that did not say how it ended.

use super::apply;
use super::arguments::{self, Global};
use super::exit::Exit;
use super::output::{self, Output};
use super::problem::Problem;
use super::signature;
use super::situation::{self, Opened, Unless};
use super::state;
use crate::apply::{KeptJournal, Manner, Receipt, recover};
use crate::execute::go_on;
use crate::graph::patience::Patience;
use crate::ledger::{Ledger, RecordKind, Recoverer, State};
use crate::report::{self, Format, Names};

/// Recovers, for a person who says that it is time to.
pub(super) async fn run(
    arguments: &arguments::Recover,
    global: &Global,
    output: Output,
) -> Result<Exit, Problem> {
    if !arguments.yes && !output::is_anybody_there() {
        return Err(Problem::NobodyToAsk);
    }
    let opened = match situation::open(global)? {
        Unless::Here(opened) => opened,
        Unless::Stopped { findings, sources } => {
            output.findings(&findings, &sources)?;
            return Ok(Exit::Findings);
        }
    };
    if state::of(&opened.folder)? == State::Idle {
        output.remark("Nothing to recover: the last apply said how it ended.\n")?;
        return Ok(Exit::Done);
    }
    let question = format!(
        "Finish the apply that is unfinished in {}? Say no while it may still be at work. [y/N] ",
        opened.desired.environment
    );
    if !arguments.yes && !output::ask(&question)? {
        output.remark("Nothing was written.\n")?;
        return Ok(Exit::Failed);
    }
    match finish(&opened, Recoverer::Person, output).await? {
        Some(receipt) => Ok(apply::exit(&receipt)),
        None => Ok(Exit::Done),
    }
}

/// Finishes what is unfinished and shows how it ended.
pub(super) async fn finish(
    opened: &Opened,
    recoverer: Recoverer,
    output: Output,
) -> Result<Option<Receipt>, Problem> {
    let folder = &opened.folder;
    let mut ledger = state::ledger(folder);
    let open = |nonce: &str| KeptJournal::resume(&folder.join("journal"), nonce);
    let manner = Manner {
        patience: &Patience::for_tenant(),
        wish: &go_on,
        sign: &signature::sign,
    };
    let recovered = recover(
        recoverer,
        &opened.tenant,
        &mut ledger,
        open,
        &signature::nonce(),
        &manner,
    )
    .await?;
    let Some(receipt) = recovered else {
        return Ok(None);
    };
    // The plan stands in the intent, before the record of the recovery and that of its ending.
    let plan = ledger
        .records()?
        .into_iter()
        .rev()
        .find_map(|record| match record.kind {
            RecordKind::Intent { plan } => Some(*plan),
            RecordKind::Receipt { .. }
            | RecordKind::Aborted { .. }
            | RecordKind::Recovering { .. }
            | RecordKind::Dirty { .. } => None,
        });
    if let Some(plan) = plan {
        let text = report::receipt(&receipt, &plan, &Names::of(&plan), output.format);
        match output.format {
            Format::Text | Format::Markdown => {
                output.remark("Finished what an earlier apply began.\n")?;
                output.product(&text)?;
                output.remark("\n")?;
            }
            Format::Json => {}
        }
    }
    Ok(Some(receipt))
}
