//! Taking the tenant, and giving it back.

use super::record::{SCHEMA, Sealed, damaged};
use super::{Ledger, LedgerError, Life, Presence, Record, RecordKind, Run, State};
use crate::address::{Name, TenantId};
use crate::digest::Digest;
use crate::plan::{Applied, Plan};

/// The only right to write to a tenant. Only this room makes one, from an intent that is the tip of the chain.
///
/// It is given back by the record that says how the run ended. One that is dropped without a record leaves the
/// tenant held, which is what is true: nobody said what became of it.
#[derive(Debug)]
pub struct TenantLock {
    epoch: u64,
    intent: Intent,
    plan: Digest,
    tip: Digest,
    tenant: TenantId,
    environment: Name,
    nonce: String,
    presence: Presence,
}

/// The intent that the lock is about: with a recovery, that of the run that died.
#[derive(Clone, Debug)]
struct Intent {
    epoch: u64,
    nonce: String,
}

/// Takes the tenant for a plan: appends its intent. Only one run of those that see the same tip succeeds.
pub fn acquire<L: Ledger>(
    ledger: &mut L,
    plan: &Plan,
    run: &Run,
    nonce: &str,
) -> Result<TenantLock, LedgerError> {
    let tip = ledger.tip()?;
    check_tip_is_ours(tip.as_ref(), plan)?;
    check_is_idle(tip.as_ref())?;
    let presence = ledger.begin(nonce)?;
    let record = Record {
        schema: SCHEMA,
        epoch: tip.as_ref().map_or(1, |tip| tip.record.epoch + 1),
        previous: tip.map(|tip| tip.digest),
        tenant: plan.basis.tenant.clone(),
        environment: plan.basis.environment.clone(),
        kind: RecordKind::Intent {
            plan: Box::new(plan.clone()),
        },
        run: run.clone(),
        nonce: nonce.to_owned(),
    };
    let presence = append_first(ledger, &record, presence)?;
    let intent = Intent {
        epoch: record.epoch,
        nonce: nonce.to_owned(),
    };
    Ok(lock(record, plan.digest(), intent, presence))
}

/// Who asks for a tenant that somebody else did not give back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recoverer {
    /// An apply that found it so: it takes only what is proven to be over.
    Apply,
    /// A person, who says that the run is over where that cannot be proven, and that what closed the tenant was
    /// put right.
    Person,
}

/// Takes the tenant over from a run that did not give it back, with the plan that it was at; `None` when nothing is
/// left to recover. A run that is at work is never taken over, whoever asks.
pub fn take_over<L: Ledger>(
    ledger: &mut L,
    recoverer: Recoverer,
    run: &Run,
    nonce: &str,
) -> Result<Option<(TenantLock, Plan)>, LedgerError> {
    let Some(Takeable {
        tip,
        plan,
        digest,
        intent,
    }) = takeable(ledger, recoverer)?
    else {
        return Ok(None);
    };
    let presence = ledger.begin(nonce)?;
    let record = Record {
        schema: SCHEMA,
        epoch: tip.record.epoch + 1,
        previous: Some(tip.digest),
        tenant: tip.record.tenant,
        environment: tip.record.environment,
        kind: RecordKind::Recovering {
            intent: intent.epoch,
            plan: digest.clone(),
        },
        run: run.clone(),
        nonce: nonce.to_owned(),
    };
    let presence = append_first(ledger, &record, presence)?;
    Ok(Some((lock(record, digest, intent, presence), plan)))
}

/// What a run left unfinished: what [`take_over`] would take.
#[derive(Clone, Debug)]
pub struct Unfinished {
    pub plan: Plan,
    /// Names the journal of the run that died.
    pub journal: String,
    /// The number of the intent, and who appended it.
    pub epoch: u64,
    pub run: Run,
    pub closed: Closed,
}

/// Whether a way back of the same plan was refused before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    Never,
    Once,
}

/// Looks at what [`take_over`] would take, and takes nothing.
pub fn unfinished<L: Ledger>(
    ledger: &L,
    recoverer: Recoverer,
) -> Result<Option<Unfinished>, LedgerError> {
    let Some(Takeable {
        tip,
        plan,
        digest: _,
        intent,
    }) = takeable(ledger, recoverer)?
    else {
        return Ok(None);
    };
    let mut closed = Closed::Never;
    for epoch in intent.epoch + 1..=tip.record.epoch {
        match ledger.record(epoch)?.record.kind {
            RecordKind::Dirty { .. } => closed = Closed::Once,
            RecordKind::Intent { .. }
            | RecordKind::Recovering { .. }
            | RecordKind::Receipt { .. }
            | RecordKind::Aborted { .. } => {}
        }
    }
    Ok(Some(Unfinished {
        run: ledger.record(intent.epoch)?.record.run,
        plan,
        journal: intent.nonce,
        epoch: intent.epoch,
        closed,
    }))
}

/// A plan that nobody is at, and where it stands in the chain.
struct Takeable {
    tip: Sealed,
    plan: Plan,
    /// Of the plan: a large one is not digested more often than need be.
    digest: Digest,
    intent: Intent,
}

/// What may be taken over; `None` when nothing is left to recover.
fn takeable<L: Ledger>(ledger: &L, recoverer: Recoverer) -> Result<Option<Takeable>, LedgerError> {
    let Some(tip) = ledger.tip()? else {
        return Ok(None);
    };
    let intent = match &tip.record.kind {
        RecordKind::Receipt { .. } | RecordKind::Aborted { .. } => return Ok(None),
        RecordKind::Intent { .. } => {
            check_is_over(ledger, &tip.record, recoverer)?;
            tip.record.epoch
        }
        RecordKind::Recovering { intent, .. } => {
            check_is_over(ledger, &tip.record, recoverer)?;
            *intent
        }
        RecordKind::Dirty { intent, .. } => match recoverer {
            Recoverer::Apply => return Err(refusal(&tip.record)),
            Recoverer::Person => *intent,
        },
    };
    plan_of(ledger, tip, intent).map(Some)
}

impl TenantLock {
    /// The number of the record that gives the right.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The digest of the plan for which the lock was taken.
    pub fn plan(&self) -> &Digest {
        &self.plan
    }

    /// Names the journal of what was begun: the nonce of the intent. After a recovery it is that of the run that
    /// died.
    pub fn journal(&self) -> &str {
        &self.intent.nonce
    }

    /// The plan was applied; these are the managed objects now. Gives the number of the receipt.
    pub fn receipt<L: Ledger>(
        self,
        ledger: &mut L,
        objects: Applied,
        run: &Run,
    ) -> Result<u64, LedgerError> {
        let plan = self.plan.clone();
        self.end(ledger, RecordKind::Receipt { plan, objects }, run)
    }

    /// The tenant is as it was before.
    pub fn aborted<L: Ledger>(
        self,
        ledger: &mut L,
        why: String,
        run: &Run,
    ) -> Result<u64, LedgerError> {
        let plan = self.plan.clone();
        self.end(ledger, RecordKind::Aborted { plan, why }, run)
    }

    /// The tenant is neither as it was nor as planned: closes it.
    pub fn dirty<L: Ledger>(
        self,
        ledger: &mut L,
        why: String,
        run: &Run,
    ) -> Result<u64, LedgerError> {
        let kind = RecordKind::Dirty {
            intent: self.intent.epoch,
            plan: self.plan.clone(),
            why,
        };
        self.end(ledger, kind, run)
    }

    fn end<L: Ledger>(
        self,
        ledger: &mut L,
        kind: RecordKind,
        run: &Run,
    ) -> Result<u64, LedgerError> {
        let TenantLock {
            epoch,
            intent: _,
            plan: _,
            tip,
            tenant,
            environment,
            nonce,
            presence,
        } = self;
        let record = Record {
            schema: SCHEMA,
            epoch: epoch + 1,
            previous: Some(tip),
            tenant,
            environment,
            kind,
            run: run.clone(),
            nonce,
        };
        ledger.append(&record)?;
        // Only now: a run whose ending is not written yet is still at work.
        presence.leave();
        Ok(epoch + 1)
    }
}

fn lock(record: Record, plan: Digest, intent: Intent, presence: Presence) -> TenantLock {
    let Sealed { digest, record } = Sealed::new(record);
    TenantLock {
        epoch: record.epoch,
        intent,
        plan,
        tip: digest,
        tenant: record.tenant,
        environment: record.environment,
        nonce: record.nonce,
        presence,
    }
}

/// Appends a record that takes the tenant. Who loses is told who holds it now, rather than that somebody was first.
fn append_first<L: Ledger>(
    ledger: &mut L,
    record: &Record,
    presence: Presence,
) -> Result<Presence, LedgerError> {
    match ledger.append(record) {
        Ok(()) => Ok(presence),
        Err(LedgerError::Lost {
            epoch,
            since,
            holder,
        }) => {
            presence.leave();
            check_is_idle(ledger.tip()?.as_ref())?;
            Err(LedgerError::Lost {
                epoch,
                since,
                holder,
            })
        }
        // Whether the record is there may be unknown now, so the run's file stays.
        Err(error) => Err(error),
    }
}

/// Whether the ledger tells of the plan's tenant and environment.
pub fn check_is_ours<L: Ledger>(ledger: &L, plan: &Plan) -> Result<(), LedgerError> {
    check_tip_is_ours(ledger.tip()?.as_ref(), plan)
}

fn check_tip_is_ours(tip: Option<&Sealed>, plan: &Plan) -> Result<(), LedgerError> {
    match tip {
        Some(tip)
            if (&tip.record.tenant, &tip.record.environment)
                != (&plan.basis.tenant, &plan.basis.environment) =>
        {
            Err(LedgerError::Foreign {
                ledger: tip.record.tenant.to_string(),
                environment: tip.record.environment.to_string(),
                plan: plan.basis.tenant.to_string(),
                planned: plan.basis.environment.to_string(),
            })
        }
        Some(_) | None => Ok(()),
    }
}

fn check_is_idle(tip: Option<&Sealed>) -> Result<(), LedgerError> {
    match (State::of(tip.map(|tip| &tip.record)), tip) {
        (State::Held | State::Dirty, Some(tip)) => Err(refusal(&tip.record)),
        (State::Held | State::Dirty, None) | (State::Idle, _) => Ok(()),
    }
}

/// Why nobody may take the tenant while this record is the tip.
fn refusal(tip: &Record) -> LedgerError {
    let epoch = tip.epoch;
    let Run { who, at } = tip.run.clone();
    match &tip.kind {
        RecordKind::Dirty { why, .. } => LedgerError::Closed {
            epoch,
            since: at,
            holder: who,
            why: why.clone(),
        },
        RecordKind::Intent { .. }
        | RecordKind::Recovering { .. }
        | RecordKind::Receipt { .. }
        | RecordKind::Aborted { .. } => LedgerError::Held {
            epoch,
            since: at,
            holder: who,
        },
    }
}

fn check_is_over<L: Ledger>(
    ledger: &L,
    tip: &Record,
    recoverer: Recoverer,
) -> Result<(), LedgerError> {
    match (ledger.life(&tip.nonce)?, recoverer) {
        (Life::Over, _) | (Life::Unknown, Recoverer::Person) => Ok(()),
        (Life::AtWork, _) => Err(refusal(tip)),
        (Life::Unknown, Recoverer::Apply) => {
            let Run { who, at } = tip.run.clone();
            Err(LedgerError::Unproven {
                epoch: tip.epoch,
                since: at,
                holder: who,
            })
        }
    }
}

fn plan_of<L: Ledger>(ledger: &L, tip: Sealed, epoch: u64) -> Result<Takeable, LedgerError> {
    let is_tip = epoch == tip.record.epoch;
    let sealed = match is_tip {
        true => tip.clone(),
        false => ledger.record(epoch)?,
    };
    let place = format!("record {epoch}");
    let nonce = sealed.record.nonce;
    match sealed.record.kind {
        RecordKind::Intent { plan } => {
            let digest = plan.digest();
            if !is_tip && digest != tip.record.kind.plan() {
                let why = "holds another plan than the one to recover";
                return Err(damaged(&place, why));
            }
            Ok(Takeable {
                tip,
                plan: *plan,
                digest,
                intent: Intent { epoch, nonce },
            })
        }
        RecordKind::Recovering { .. }
        | RecordKind::Receipt { .. }
        | RecordKind::Aborted { .. }
        | RecordKind::Dirty { .. } => Err(damaged(&place, "is not the intent that it should be")),
    }
}
