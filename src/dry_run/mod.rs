//! Takes a `Plan`, a `Snapshot` and `Finding`s, gives a `DryRun` with, when all is well, a `Clearance`; never writes
//! to the tenant.

mod copy;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::address::{Address, ObjectId};
use crate::digest::Digest;
use crate::emulator::Emulator;
use crate::execute::{Entry, Execution, Outcome, Stranded, Trouble, execute, go_on};
use crate::finding::{Finding, Severity};
use crate::graph::patience::Patience;
use crate::observe::{Scope, Snapshot, observe};
use crate::plan::{Applied, ManagedObject, Plan, StepId, Target, known_of, plan as plan_again};
use crate::resolve::Desired;

/// Proof that this very plan was dry-run and that nothing stands against it. Only this room makes one.
#[derive(Debug)]
pub struct Clearance {
    plan: Digest,
}

impl Clearance {
    /// The digest of the plan that is cleared.
    pub fn plan(&self) -> &Digest {
        &self.plan
    }
}

/// What trying the plan on a copy of the tenant showed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DryRun {
    pub plan: Digest,
    pub verdict: Verdict,
    pub requests: u64,
    #[serde(skip)]
    pub clearance: Option<Clearance>,
}

/// Whether the plan is cleared, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    Cleared,
    /// A finding stops it; it was not tried.
    Stopped {
        findings: usize,
    },
    /// The copy of the tenant refused a step.
    Refused {
        step: StepId,
        trouble: Trouble,
        outcome: Outcome,
        stranded: Vec<Stranded>,
    },
    /// It ran, and planning again still has steps.
    NotConverged {
        again: Box<Plan>,
    },
    /// The copy of the tenant could not be made or read.
    Failed {
        why: String,
    },
}

/// Tries the plan on a copy of the observed tenant: executes it there, looks, and plans again.
///
/// The copy knows what was observed and nothing else: whether the plan's basis is still true, and what other rules
/// the tenant has, is for `apply` and the tenant itself to say.
pub async fn dry_run(
    desired: &Desired,
    plan: &Plan,
    snapshot: &Snapshot,
    applied: &Applied,
    findings: &[Finding],
) -> DryRun {
    let case = Case {
        desired,
        plan,
        snapshot,
        applied,
    };
    let errors = findings
        .iter()
        .filter(|finding| match finding.severity {
            Severity::Error => true,
            Severity::Note | Severity::Warning => false,
        })
        .count();
    let (verdict, requests) = match errors {
        0 => try_on_copy(&case).await,
        findings => (Verdict::Stopped { findings }, 0),
    };
    let digest = plan.digest();
    let clearance = match &verdict {
        Verdict::Cleared => Some(Clearance {
            plan: digest.clone(),
        }),
        Verdict::Stopped { .. }
        | Verdict::Refused { .. }
        | Verdict::NotConverged { .. }
        | Verdict::Failed { .. } => None,
    };
    DryRun {
        plan: digest,
        verdict,
        requests,
        clearance,
    }
}

/// What is tried.
struct Case<'a> {
    desired: &'a Desired,
    plan: &'a Plan,
    snapshot: &'a Snapshot,
    applied: &'a Applied,
}

/// What the plan comes to on a copy, and how many requests it took.
async fn try_on_copy(case: &Case<'_>) -> (Verdict, u64) {
    let copy = match copy::copy(case.snapshot, case.plan) {
        Ok(tenant) => Emulator::new(tenant),
        Err(why) => return (Verdict::Failed { why }, 0),
    };
    let mut journal: Vec<Entry> = Vec::new();
    let patience = Patience::for_copy();
    let executed = execute(case.plan, &copy, &mut journal, &patience, &go_on).await;
    let execution = match executed {
        Ok(execution) => execution,
        Err(error) => return (failed(&error), 0),
    };
    let requests = execution.requests;
    let verdict = match judge(&execution) {
        Some(verdict) => verdict,
        None => converge(case, &execution, &copy).await,
    };
    (verdict, requests)
}

/// What stands against the plan already; `None` when every step took effect.
fn judge(execution: &Execution) -> Option<Verdict> {
    let Execution {
        outcome,
        created: _,
        refused,
        stranded,
        requests: _,
    } = execution;
    match (outcome, refused) {
        (Outcome::Applied, None) => None,
        (_, Some((step, trouble))) => Some(Verdict::Refused {
            step: *step,
            trouble: trouble.clone(),
            outcome: *outcome,
            stranded: stranded.clone(),
        }),
        (Outcome::RolledBack | Outcome::Stranded, None) => Some(Verdict::Failed {
            why: "the plan was walked back although nothing was refused".to_owned(),
        }),
    }
}

/// Plans again from what the copy holds now: nothing may be left to do.
async fn converge(case: &Case<'_>, execution: &Execution, copy: &Emulator) -> Verdict {
    // What was removed stays in the receipt that is planned from, so that it would be removed again if it were there.
    let mut applied = case.applied.clone();
    applied.extend(settled(case.plan, &execution.created));
    let known = known_of(&applied);
    let scope = Scope {
        desired: &case.desired.objects,
        known: &known,
    };
    let mut seen = match observe(copy, &scope).await {
        Ok(seen) => seen,
        Err(error) => return failed(&error),
    };
    // No plan writes domains, and the copy does not keep which one is the default.
    seen.domains.clone_from(&case.snapshot.domains);
    match plan_again(case.desired, &seen, &applied) {
        Ok(again) if again.steps.is_empty() => Verdict::Cleared,
        Ok(again) => Verdict::NotConverged {
            again: Box::new(again),
        },
        Err(findings) => Verdict::Failed {
            why: match findings.first() {
                Some(first) => format!("planning again finds that {}", first.message),
                None => "planning again gives no plan".to_owned(),
            },
        },
    }
}

/// What the plan's receipt would keep.
fn settled(plan: &Plan, created: &BTreeMap<Address, ObjectId>) -> Applied {
    let settle = |target: &Target| match target {
        Target::Existing(_) => target.clone(),
        Target::Planned(address) => match created.get(address) {
            Some(id) => Target::Existing(id.clone()),
            None => target.clone(),
        },
    };
    let settled = plan.objects.iter().map(|(address, object)| {
        let settled = ManagedObject {
            target: settle(&object.target),
            parent: object.parent.as_ref().map(settle),
            ..object.clone()
        };
        (address.clone(), settled)
    });
    settled.collect()
}

/// An error with everything that caused it.
fn failed(error: &dyn std::error::Error) -> Verdict {
    let mut why = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        why.push_str(": ");
        why.push_str(&cause.to_string());
        source = cause.source();
    }
    Verdict::Failed { why }
}
