//! Takes a `Plan`, a `Clearance` and a `TenantLock`, gives a `Receipt`; never re-plans.

mod basis;
mod kept;
mod recover;
mod unfinished;

pub use basis::{Moved, Movement, check_basis};
pub use kept::{History, KeptJournal};
pub use recover::{inspect, recover, recover_by};
pub use unfinished::{Choice, Turned, Unfinished, Way};

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::digest::Digest;
use crate::dry_run::Clearance;
use crate::execute::{Execution, Journal, JournalError, Outcome, Wish, execute, execute_retold};
use crate::graph::Graph;
use crate::graph::patience::Patience;
use crate::ledger::{self, Ledger, LedgerError, Run, TenantLock};
use crate::plan::{Applied, ManagedObject, Plan, StepId, Target};

/// How an apply ended, for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
    /// The number of the record in the ledger.
    pub epoch: u64,
    pub plan: Digest,
    pub execution: Execution,
    /// The managed objects now; those of before when the plan was not applied.
    pub objects: Applied,
}

/// How a run goes about it.
#[derive(Clone, Copy)]
pub struct Manner<'a> {
    /// How long Graph is waited for.
    pub patience: &'a Patience,
    /// Whether the plan is still wanted; asked all the time.
    pub wish: &'a (dyn Fn() -> Wish + Sync),
    /// Who appends a record, and when; asked for each.
    pub sign: &'a (dyn Fn() -> Run + Sync),
}

/// Runs the cleared plan on the tenant and records how it ended.
///
/// Whatever goes wrong after the first write and before the record of the ending, the intent stays the tip of the
/// ledger: the tenant is held until it is recovered, and nobody is told that the plan was applied.
pub async fn apply<G: Graph, L: Ledger, J: Journal>(
    plan: &Plan,
    clearance: Clearance,
    lock: TenantLock,
    graph: &G,
    ledger: &mut L,
    journal: &mut J,
    manner: &Manner<'_>,
) -> Result<Receipt, ApplyError> {
    let digest = plan.digest();
    if clearance.plan() != &digest || lock.plan() != &digest {
        let why = "the clearance, the lock and the plan were not of one plan; nothing was written";
        lock.aborted(ledger, why.to_owned(), &(manner.sign)())
            .map_err(ApplyError::Ledger)?;
        return Err(ApplyError::OtherPlan);
    }
    let history = History::Whole;
    walk(plan, lock, graph, ledger, journal, history, manner).await
}

/// Why an apply could not be recorded or was not allowed.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error(
        "the clearance or the lock is for another plan than the one to apply; nothing was written"
    )]
    OtherPlan,
    #[error("cannot use the ledger")]
    Ledger(#[source] LedgerError),
    #[error(
        "the plan ended as {}, and the ledger did not take that; the tenant stays held: run `idac recover`",
        ending(*.outcome)
    )]
    Unrecorded {
        outcome: Outcome,
        #[source]
        error: LedgerError,
    },
    #[error("nothing was written, and the tenant stays held: {why}")]
    Undecided { why: String },
    #[error(
        "the apply stopped where it was, because the journal could not be written; run `idac recover`"
    )]
    Journal(#[source] JournalError),
}

/// Walks the plan from where the journal stands, and records how that ended.
async fn walk<G: Graph, L: Ledger, J: Journal>(
    plan: &Plan,
    lock: TenantLock,
    graph: &G,
    ledger: &mut L,
    journal: &mut J,
    history: History,
    manner: &Manner<'_>,
) -> Result<Receipt, ApplyError> {
    let before = ledger::last_receipt(ledger).map_err(ApplyError::Ledger)?;
    let (patience, wish) = (manner.patience, manner.wish);
    let execution = match history {
        History::Whole => execute(plan, graph, journal, patience, wish).await,
        History::Lost => execute_retold(plan, graph, journal, patience, wish).await,
    };
    let execution = execution.map_err(ApplyError::Journal)?;
    conclude(plan, before, execution, lock, ledger, &(manner.sign)())
}

/// Records how the execution ended.
fn conclude<L: Ledger>(
    plan: &Plan,
    before: Applied,
    execution: Execution,
    lock: TenantLock,
    ledger: &mut L,
    run: &Run,
) -> Result<Receipt, ApplyError> {
    let outcome = execution.outcome;
    let digest = lock.plan().clone();
    let (recorded, objects) = match outcome {
        Outcome::Applied => {
            let objects = applied(plan, &execution);
            (lock.receipt(ledger, objects.clone(), run), objects)
        }
        Outcome::RolledBack => (lock.aborted(ledger, reason(plan, &execution), run), before),
        Outcome::Stranded => (lock.dirty(ledger, reason(plan, &execution), run), before),
    };
    let epoch = recorded.map_err(|error| ApplyError::Unrecorded { outcome, error })?;
    Ok(Receipt {
        epoch,
        plan: digest,
        execution,
        objects,
    })
}

fn ending(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Applied => "applied",
        Outcome::RolledBack => "rolled back",
        Outcome::Stranded => "stranded",
    }
}

/// The managed objects with the ids that the tenant gave them.
fn applied(plan: &Plan, execution: &Execution) -> Applied {
    let known = |target: &Target| match target {
        Target::Existing(_) => target.clone(),
        Target::Planned(address) => Target::Existing(
            execution
                .created
                .get(address)
                .unwrap_or_else(|| panic!("bug: {address} was applied and has no id"))
                .clone(),
        ),
    };
    plan.objects
        .iter()
        .map(|(address, object)| {
            let ManagedObject {
                entity,
                target,
                parent,
                declared,
                deletion,
            } = object;
            let object = ManagedObject {
                entity: entity.clone(),
                target: known(target),
                parent: parent.as_ref().map(known),
                declared: declared.clone(),
                deletion: *deletion,
            };
            (address.clone(), object)
        })
        .collect()
}

/// What stood in the way, and what could not be put back: for whoever reads the ledger.
fn reason(plan: &Plan, execution: &Execution) -> String {
    let told = |step: StepId, subject: &Address, trouble: &crate::execute::Trouble| {
        format!(
            "step {step}, {subject}: {}: {}",
            trouble.code,
            trouble.message.trim_end_matches('.')
        )
    };
    let refused = match &execution.refused {
        Some((step, trouble)) => {
            format!(
                "refused {}",
                told(*step, &plan.step(*step).subject, trouble)
            )
        }
        None => "stopped".to_owned(),
    };
    let stranded = execution
        .stranded
        .iter()
        .map(|stranded| {
            format!(
                "; not put back {}",
                told(stranded.step, &stranded.subject, &stranded.trouble)
            )
        })
        .collect::<String>();
    refused + &stranded
}

#[cfg(test)]
mod tests;
