//! The way of every command, in memory: declare, resolve, observe, plan, guard, dry-run, acquire, apply.

use std::sync::Mutex;

use idac::address::Name;
use idac::apply::{ApplyError, History, Manner, Receipt, apply, recover};
use idac::declare::{Source, declare};
use idac::dry_run::{DryRun, dry_run};
use idac::emulator::{Emulator, Tenant};
use idac::execute::{Entry, go_on};
use idac::finding::{self, Finding};
use idac::graph::patience::Patience;
use idac::graph::{Graph, Method, Refusal, Request, Response};
use idac::guard::{self, guard};
use idac::ledger::{
    self, Folder, Ledger, LedgerError, Life, Presence, Record, Recoverer, Run, Sealed,
};
use idac::observe::{Scope, Snapshot, observe};
use idac::plan::{Applied, Plan, known_of, plan};
use idac::resolve::{Desired, resolve};

use super::dice::Dice;

/// A tenant whose clock is the executor's, and which answers what came together in an order of its own.
pub(crate) struct Simulated {
    pub(crate) emulator: Emulator,
    began: tokio::time::Instant,
    began_ms: i64,
    order: Mutex<Dice>,
    log: Mutex<Log>,
}

/// What was sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) writes: u64,
    /// Every write with its answer, when somebody wants to read them.
    pub(crate) lines: Option<Vec<String>>,
}

impl Simulated {
    pub(crate) fn new(tenant: Tenant, seed: u64) -> Simulated {
        Simulated {
            began_ms: tenant.time_ms(),
            emulator: Emulator::new(tenant),
            began: tokio::time::Instant::now(),
            order: Mutex::new(Dice::of(seed, "order")),
            log: Mutex::new(Log::default()),
        }
    }

    pub(crate) fn keep_lines(&self) {
        self.log.lock().expect("nobody panicked with it").lines = Some(Vec::new());
    }

    /// What was sent since this was last asked.
    pub(crate) fn take_log(&self) -> Log {
        let mut log = self.log.lock().expect("nobody panicked with it");
        let lines = log.lines.as_ref().map(|_| Vec::new());
        std::mem::replace(&mut *log, Log { writes: 0, lines })
    }

    fn note(&self, request: &Request, answer: &Result<Response, Refusal>) {
        let mut log = self.log.lock().expect("nobody panicked with it");
        if request.method != Method::Get {
            log.writes += 1;
        }
        if let Some(lines) = &mut log.lines {
            let answer = match answer {
                Ok(response) => response.status.to_string(),
                Err(refusal) => refusal.to_string(),
            };
            let body = request
                .body
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            lines.push(format!(
                "{} {} {body} -> {answer}",
                request.method.as_str(),
                request.url
            ));
        }
    }
}

impl Graph for Simulated {
    async fn exchange(&self, batch: &[Request]) -> Vec<Result<Response, Refusal>> {
        let elapsed =
            i64::try_from(self.began.elapsed().as_millis()).expect("no world lasts that long");
        self.emulator
            .with_tenant(|tenant| tenant.set_time(self.began_ms + elapsed));
        let mut order: Vec<usize> = (0..batch.len()).collect();
        self.order
            .lock()
            .expect("nobody panicked with it")
            .shuffle(&mut order);
        let shuffled: Vec<Request> = order.iter().map(|at| batch[*at].clone()).collect();
        let answers = self.emulator.exchange(&shuffled).await;
        let mut placed: Vec<(usize, Result<Response, Refusal>)> =
            order.into_iter().zip(answers).collect();
        placed.sort_by_key(|(at, _)| *at);
        let answers: Vec<_> = placed.into_iter().map(|(_, answer)| answer).collect();
        for (request, answer) in batch.iter().zip(&answers) {
            self.note(request, answer);
        }
        answers
    }
}

/// A ledger in memory. Only who is at work is shown in a folder, because only there can a death be seen.
pub(crate) struct Chain {
    records: Vec<Sealed>,
    presence: Folder,
}

impl Chain {
    pub(crate) fn new(presence: Folder) -> Chain {
        Chain {
            records: Vec::new(),
            presence,
        }
    }
}

impl Ledger for Chain {
    fn tip(&self) -> Result<Option<Sealed>, LedgerError> {
        Ok(self.records.last().cloned())
    }

    fn record(&self, epoch: u64) -> Result<Sealed, LedgerError> {
        Ok(self.records[epoch as usize - 1].clone())
    }

    fn append(&mut self, record: &Record) -> Result<(), LedgerError> {
        let tip = self.records.last().map(|sealed| sealed.digest.clone());
        assert_eq!(tip, record.previous, "nobody else writes here");
        self.records.push(Sealed::new(record.clone()));
        Ok(())
    }

    fn begin(&mut self, nonce: &str) -> Result<Presence, LedgerError> {
        self.presence.begin(nonce)
    }

    fn life(&self, nonce: &str) -> Result<Life, LedgerError> {
        self.presence.life(nonce)
    }
}

/// Everything that is known before anything is written.
pub(crate) struct Situation {
    pub(crate) desired: Desired,
    pub(crate) snapshot: Snapshot,
    pub(crate) applied: Applied,
    pub(crate) plan: Plan,
    pub(crate) findings: Vec<Finding>,
}

/// How far a declaration comes without a write.
pub(crate) enum Looked {
    Here(Box<Situation>),
    /// The declaration has findings.
    Invalid(Vec<Finding>),
    /// The tenant does not answer the declaration.
    Unplannable(Vec<Finding>),
}

pub(crate) fn desired_of(sources: &[Source]) -> Result<Desired, Vec<Finding>> {
    let (declaration, findings) = declare(sources);
    if finding::has_errors(&findings) {
        return Err(findings);
    }
    let environment = &declaration.environments[&Name::new("sandbox")];
    resolve(&declaration, environment)
}

/// Looks at the tenant, plans and guards.
pub(crate) async fn look<G: Graph, L: Ledger>(sources: &[Source], graph: &G, ledger: &L) -> Looked {
    let desired = match desired_of(sources) {
        Ok(desired) => desired,
        Err(findings) => return Looked::Invalid(findings),
    };
    let applied = ledger::last_receipt(ledger).expect("the ledger is read");
    let known = known_of(&applied);
    let scope = Scope {
        desired: &desired.objects,
        known: &known,
    };
    let snapshot = match observe(graph, &scope).await {
        Ok(snapshot) => snapshot,
        Err(error) => panic!(
            "cannot observe: {error}: {:?}",
            std::error::Error::source(&error).map(ToString::to_string)
        ),
    };
    let plan = match plan(&desired, &snapshot, &applied) {
        Ok(plan) => plan,
        Err(findings) => return Looked::Unplannable(findings),
    };
    let case = guard::Case {
        desired: &desired,
        snapshot: &snapshot,
        plan: &plan,
        applied: &applied,
    };
    let findings = guard(&case);
    Looked::Here(Box::new(Situation {
        desired,
        snapshot,
        applied,
        plan,
        findings,
    }))
}

pub(crate) async fn rehearse(situation: &Situation) -> DryRun {
    let Situation {
        desired,
        snapshot,
        applied,
        plan,
        findings,
    } = situation;
    dry_run(desired, plan, snapshot, applied, findings).await
}

/// Takes the tenant and writes.
pub(crate) async fn carry_out<G: Graph, L: Ledger>(
    plan: &Plan,
    tried: DryRun,
    graph: &G,
    ledger: &mut L,
    journal: &mut Vec<Entry>,
    nonce: &str,
) -> Result<Receipt, ApplyError> {
    let clearance = tried.clearance.expect("the dry-run cleared it");
    let lock = ledger::acquire(ledger, plan, &sign(), nonce).expect("the tenant is free");
    apply(
        plan,
        clearance,
        lock,
        graph,
        ledger,
        journal,
        &manner(&Patience::for_tenant()),
    )
    .await
}

/// Finishes what a run left, with the journal that it kept.
pub(crate) async fn finish<G: Graph, L: Ledger>(
    graph: &G,
    ledger: &mut L,
    journal: Vec<Entry>,
    nonce: &str,
) -> Option<Receipt> {
    let open = |_: &str| Ok((journal, History::Whole));
    let patience = Patience::for_tenant();
    recover(
        Recoverer::Person,
        graph,
        ledger,
        open,
        nonce,
        &manner(&patience),
    )
    .await
    .expect("it is recovered")
}

fn manner(patience: &Patience) -> Manner<'_> {
    Manner {
        patience,
        wish: &go_on,
        sign: &sign,
    }
}

fn sign() -> Run {
    Run {
        who: "somebody@somewhere".to_owned(),
        at: "2026-01-01T10:00:00Z".to_owned(),
    }
}
