//! Recovery: a run that died is finished or put back, with its journal and without.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use idac::address::{Address, Name, ObjectId, TenantId};
use idac::apply::{
    ApplyError, History, KeptJournal, Manner, Receipt, Way, inspect, recover, recover_by,
};
use idac::digest::Digest;
use idac::emulator::{Emulator, Founding, Hardship, ScheduledRefusal, Tenant};
use idac::execute::{Entry, Journal, JournalError, Outcome, Standing, execute, go_on};
use idac::graph::patience::Patience;
use idac::graph::{Graph, Method, Refusal, RefusalKind, Request, Response};
use idac::ledger::{
    Folder, Ledger, LedgerError, Life, Presence, Record, RecordKind, Recoverer, Run, Sealed,
    acquire, verify,
};
use idac::object::{Deletion, Value};
use idac::plan::{Action, Basis, Inverse, ManagedObject, Plan, Reason, Risk, Step, StepId, Target};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// A tenant with one group, and a plan that makes two more, nests one in the other and renames the first.
struct World {
    graph: Emulator,
    plan: Plan,
    /// What the tenant's groups were before anything happened.
    before: Json,
    folder: TempDir,
}

impl World {
    async fn new() -> World {
        let founding = Founding::bare(
            "7f3c2a10-0000-4000-8000-000000000001",
            &["contoso.onmicrosoft.com".to_owned()],
        );
        let graph = Emulator::new(Tenant::new(&founding));
        let request = Request::new(Method::Post, "/groups").with_body(json!({
            "displayName": "Old", "mailEnabled": false, "mailNickname": "old", "securityEnabled": true
        }));
        let answer = ask(&graph, request).await;
        let id = ObjectId::new(answer["id"].as_str().expect("it was created"));
        let before = groups(&graph).await;
        World {
            graph,
            plan: plan(&id),
            before,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn ledger(&self) -> Folder {
        Folder::open(&self.folder.path().join("ledger"))
    }

    /// A run takes the tenant, does the first steps, and dies.
    async fn die_after(&self, steps: usize, journal: &mut impl Journal) {
        let lock = acquire(&mut self.ledger(), &self.plan, &run(), "n1").expect("it is idle");
        let mut first = self.plan.clone();
        first.steps.truncate(steps);
        let execution = execute(&first, &self.graph, journal, &Patience::for_copy(), &go_on)
            .await
            .expect("the journal is written");
        assert_eq!(execution.outcome, Outcome::Applied);
        drop(lock);
    }

    fn refuse_the_rename(&self) {
        let refusal = ScheduledRefusal {
            nth: 1,
            method: Some("PATCH".to_owned()),
            path_contains: renamed(&self.plan).to_string(),
            status: 403,
            code: "Authorization_RequestDenied".to_owned(),
            message: "Insufficient privileges to complete the operation.".to_owned(),
        };
        self.graph.with_tenant(|tenant| {
            tenant.set_hardship(Hardship {
                refusals: vec![refusal],
                ..Hardship::default()
            });
        });
    }

    async fn recover(&self) -> Option<Receipt> {
        let journals = self.folder.path().join("journal");
        let patience = Patience::for_copy();
        let manner = Manner {
            patience: &patience,
            wish: &go_on,
            sign: &run,
        };
        let open = |nonce: &str| KeptJournal::resume(&journals, nonce);
        let mut ledger = self.ledger();
        recover(
            Recoverer::Apply,
            &self.graph,
            &mut ledger,
            open,
            "n2",
            &manner,
        )
        .await
        .expect("it is recovered")
    }
}

fn run() -> Run {
    Run {
        who: "ana@laptop".to_owned(),
        at: "2026-01-01T10:00:00Z".to_owned(),
    }
}

async fn ask(graph: &Emulator, request: Request) -> Json {
    let mut answers = graph.exchange(&[request]).await;
    let answer = answers.remove(0).expect("it is answered");
    answer.body.unwrap_or(Json::Null)
}

/// The groups of the tenant with their members, by name.
async fn groups(graph: &Emulator) -> Json {
    let listed = ask(
        graph,
        Request::get("/groups?$select=id,displayName,uniqueName"),
    )
    .await;
    let mut groups = BTreeMap::new();
    for group in listed["value"].as_array().expect("a list") {
        let id = group["id"].as_str().expect("an id");
        let members = ask(
            graph,
            Request::get(format!("/groups/{id}/members?$select=id")),
        )
        .await;
        let name = group["displayName"].as_str().expect("a name").to_owned();
        let held = json!({ "group": group, "members": members["value"] });
        let twin = groups.insert(name, held);
        assert_eq!(twin, None, "no two groups have one name");
    }
    json!(groups)
}

fn renamed(plan: &Plan) -> &ObjectId {
    match &plan.steps[3].action {
        Action::Update {
            target: Target::Existing(id),
            ..
        } => id,
        other => panic!("the last step is {other:?}"),
    }
}

fn plan(old: &ObjectId) -> Plan {
    let (outer, inner) = (
        Address::new("group", "outer"),
        Address::new("group", "inner"),
    );
    let named = |name: &str| BTreeMap::from([("displayName".to_owned(), Value::text(name))]);
    let rename = |was: &str, will: &str| Action::Update {
        target: Target::Existing(old.clone()),
        was: named(was),
        will: named(will),
    };
    let (from, to) = (
        Target::Planned(outer.clone()),
        Target::Planned(inner.clone()),
    );
    let relation = "members".to_owned();
    let nest = Action::Link {
        from: from.clone(),
        relation: relation.clone(),
        to: to.clone(),
    };
    let unnest = Action::Unlink { from, relation, to };
    let undo = |action| Inverse::Undo(Box::new(action));
    let existing = Address::new("group", "old");
    let steps = vec![
        step(1, &inner, create("inner"), Inverse::DeleteCreated, &[]),
        step(2, &outer, create("outer"), Inverse::DeleteCreated, &[]),
        step(3, &outer, nest, undo(unnest), &[1, 2]),
        step(
            4,
            &existing,
            rename("Old", "New"),
            undo(rename("New", "Old")),
            &[3],
        ),
    ];
    let managed = |target| ManagedObject {
        entity: "group".to_owned(),
        target,
        parent: None,
        declared: Digest::of(&"declared"),
        deletion: Deletion::Allowed,
    };
    Plan {
        basis: Basis {
            tenant: TenantId::new("7f3c2a10-0000-4000-8000-000000000001"),
            environment: Name::new("prod"),
            declaration: Digest::of(&"declaration"),
            snapshot: Digest::of(&"snapshot"),
            observed: BTreeMap::new(),
            version: "0.1.0".to_owned(),
        },
        steps,
        left_alone: Vec::new(),
        objects: BTreeMap::from([
            (existing, managed(Target::Existing(old.clone()))),
            (inner.clone(), managed(Target::Planned(inner))),
            (outer.clone(), managed(Target::Planned(outer))),
        ]),
    }
}

fn create(name: &str) -> Action {
    let properties = [
        ("displayName", Value::text(name)),
        ("mailEnabled", Value::Bool(false)),
        ("mailNickname", Value::text(name)),
        ("securityEnabled", Value::Bool(true)),
        ("uniqueName", Value::text(format!("contoso-{name}"))),
    ];
    Action::Create {
        properties: properties
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        revive: None,
    }
}

fn step(id: u32, subject: &Address, action: Action, inverse: Inverse, after: &[u32]) -> Step {
    Step {
        id: StepId(id),
        subject: subject.clone(),
        entity: "group".to_owned(),
        parent: None,
        action,
        inverse,
        after: after.iter().copied().map(StepId).collect::<BTreeSet<_>>(),
        lane: None,
        reason: Reason::Declared,
        risk: Risk::None,
    }
}

#[tokio::test]
async fn a_run_whose_journal_is_lost_is_finished_without_twins() {
    for landed in 0..=4 {
        let world = World::new().await;
        world.die_after(landed, &mut Vec::<Entry>::new()).await;
        let receipt = world.recover().await.expect("there was something");
        assert_eq!(receipt.execution.outcome, Outcome::Applied, "{landed}");
        let after = groups(&world.graph).await;
        let names: Vec<&String> = after.as_object().expect("groups").keys().collect();
        assert_eq!(names, ["New", "inner", "outer"], "{landed}");
        assert_eq!(
            after["outer"]["members"][0]["id"],
            after["inner"]["group"]["id"]
        );
        for (address, name) in [("group/outer", "outer"), ("group/inner", "inner")] {
            let address = Address::parse(address).expect("an address");
            let id = after[name]["group"]["id"].as_str().expect("an id");
            let target = &receipt.objects[&address].target;
            assert_eq!(*target, Target::Existing(ObjectId::new(id)), "{landed}");
        }
        assert!(world.recover().await.is_none(), "{landed}");
        assert_eq!(verify(&world.ledger()).expect("whole").0, 3);
    }
}

#[tokio::test]
async fn a_run_whose_journal_is_lost_is_put_back_whole_when_a_step_is_refused() {
    for landed in 0..=3 {
        let world = World::new().await;
        world.die_after(landed, &mut Vec::<Entry>::new()).await;
        world.refuse_the_rename();
        let receipt = world.recover().await.expect("there was something");
        assert_eq!(receipt.execution.outcome, Outcome::RolledBack, "{landed}");
        assert_eq!(groups(&world.graph).await, world.before, "{landed}");
        assert_eq!(verify(&world.ledger()).expect("whole").0, 3);
    }
}

#[tokio::test]
async fn a_run_whose_journal_is_there_goes_on_where_it_stopped() {
    for landed in 0..=3 {
        let world = World::new().await;
        let journals = world.folder.path().join("journal");
        let mut journal = KeptJournal::begin(&journals, "n1").expect("a new journal");
        world.die_after(landed, &mut journal).await;
        drop(journal);
        let (journal, history) = KeptJournal::resume(&journals, "n1").expect("it opens");
        assert_eq!(history, History::Whole);
        assert_eq!(journal.entries().len(), 2 * landed);
        drop(journal);
        world.refuse_the_rename();
        let receipt = world.recover().await.expect("there was something");
        assert_eq!(receipt.execution.outcome, Outcome::RolledBack, "{landed}");
        assert_eq!(groups(&world.graph).await, world.before, "{landed}");
    }
}

// ── what does not take another word ─────────────────────────────────────────────────────────────────────

/// A tenant that counts writes, and may not be looked at in one place.
struct Seen<'a> {
    graph: &'a Emulator,
    writes: Arc<AtomicUsize>,
    hidden: Option<String>,
}

impl Seen<'_> {
    fn new(graph: &Emulator) -> Seen<'_> {
        Seen {
            graph,
            writes: Arc::default(),
            hidden: None,
        }
    }
}

impl Graph for Seen<'_> {
    async fn exchange(&self, batch: &[Request]) -> Vec<Result<Response, Refusal>> {
        let mut answers = self.graph.exchange(batch).await;
        for (request, answer) in batch.iter().zip(&mut answers) {
            match request.method {
                Method::Get => {
                    let hidden = self.hidden.as_ref();
                    if hidden.is_some_and(|part| request.url.contains(part)) {
                        *answer = Err(Refusal {
                            kind: RefusalKind::Refused,
                            status: Some(403),
                            ..Refusal::unanswered("Insufficient privileges")
                        });
                    }
                }
                Method::Post | Method::Patch | Method::Put | Method::Delete => {
                    self.writes.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        answers
    }
}

/// A journal that takes so many more entries and then fails, as a full disk does.
struct Full {
    journal: KeptJournal,
    room: usize,
    writes: Arc<AtomicUsize>,
    /// How many writes the tenant had seen when it failed.
    failed_at: Arc<AtomicUsize>,
}

impl Journal for Full {
    fn entries(&self) -> Vec<Entry> {
        self.journal.entries()
    }

    fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
        if self.room == 0 {
            let writes = self.writes.load(Ordering::Relaxed);
            self.failed_at.store(writes, Ordering::Relaxed);
            return Err(JournalError {
                why: "the disk is full".to_owned(),
            });
        }
        self.room -= 1;
        self.journal.record(entry)
    }
}

/// A ledger that takes the record that holds the tenant and no other.
struct Deaf(Folder);

impl Ledger for Deaf {
    fn tip(&self) -> Result<Option<Sealed>, LedgerError> {
        self.0.tip()
    }

    fn record(&self, epoch: u64) -> Result<Sealed, LedgerError> {
        self.0.record(epoch)
    }

    fn append(&mut self, record: &Record) -> Result<(), LedgerError> {
        match &record.kind {
            RecordKind::Intent { .. } | RecordKind::Recovering { .. } => self.0.append(record),
            RecordKind::Receipt { .. } | RecordKind::Aborted { .. } | RecordKind::Dirty { .. } => {
                Err(LedgerError::Lost {
                    epoch: record.epoch,
                    since: "2026-01-01T10:00:05Z".to_owned(),
                    holder: "eve@laptop".to_owned(),
                })
            }
        }
    }

    fn begin(&mut self, nonce: &str) -> Result<Presence, LedgerError> {
        self.0.begin(nonce)
    }

    fn life(&self, nonce: &str) -> Result<Life, LedgerError> {
        self.0.life(nonce)
    }
}

#[tokio::test]
async fn a_journal_that_is_full_stops_every_write_and_leaves_the_tenant_held() {
    for room in 0..8 {
        let world = World::new().await;
        world.die_after(0, &mut Vec::<Entry>::new()).await;
        let seen = Seen::new(&world.graph);
        let failed_at = Arc::new(AtomicUsize::new(usize::MAX));
        let journals = world.folder.path().join("journal");
        drop(KeptJournal::begin(&journals, "n1").expect("the run's own"));
        let open = |nonce: &str| {
            let (journal, history) = KeptJournal::resume(&journals, nonce)?;
            let full = Full {
                journal,
                room,
                writes: seen.writes.clone(),
                failed_at: failed_at.clone(),
            };
            Ok((full, history))
        };
        let patience = Patience::for_copy();
        let manner = Manner {
            patience: &patience,
            wish: &go_on,
            sign: &run,
        };
        let mut ledger = world.ledger();
        let stopped = recover(Recoverer::Apply, &seen, &mut ledger, open, "n2", &manner).await;
        assert!(matches!(stopped, Err(ApplyError::Journal(_))), "{room}");
        let (writes, failed_at) = (
            seen.writes.load(Ordering::Relaxed),
            failed_at.load(Ordering::Relaxed),
        );
        assert_eq!(writes, failed_at, "{room}");
        let receipt = world.recover().await.expect("it is still held");
        assert_eq!(receipt.execution.outcome, Outcome::Applied, "{room}");
    }
}

#[tokio::test]
async fn an_ending_that_the_ledger_refuses_is_no_ending() {
    let world = World::new().await;
    world.die_after(2, &mut Vec::<Entry>::new()).await;
    let journals = world.folder.path().join("journal");
    let open = |nonce: &str| KeptJournal::resume(&journals, nonce);
    let patience = Patience::for_copy();
    let manner = Manner {
        patience: &patience,
        wish: &go_on,
        sign: &run,
    };
    let mut deaf = Deaf(world.ledger());
    let ended = recover(
        Recoverer::Apply,
        &world.graph,
        &mut deaf,
        open,
        "n2",
        &manner,
    )
    .await;
    assert_eq!(
        ended.expect_err("it is not recorded").to_string(),
        "the plan ended as applied, and the ledger did not take that; the tenant stays held: run `idac recover`"
    );
    let receipt = world.recover().await.expect("it is still held");
    assert_eq!(receipt.execution.outcome, Outcome::Applied);
    assert_eq!(
        groups(&world.graph)
            .await
            .as_object()
            .expect("groups")
            .len(),
        3
    );
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_neither_done_nor_undone() {
    let world = World::new().await;
    world.die_after(1, &mut Vec::<Entry>::new()).await;
    let mut seen = Seen::new(&world.graph);
    seen.hidden = Some(renamed(&world.plan).to_string());
    let journals = world.folder.path().join("journal");
    let open = |nonce: &str| KeptJournal::resume(&journals, nonce);
    let patience = Patience::for_copy();
    let mut ledger = world.ledger();
    let found = inspect(Recoverer::Apply, &seen, &ledger, open, &patience)
        .await
        .expect("it is looked at")
        .expect("there is something");
    let standings: Vec<Standing> = found
        .survey
        .steps
        .iter()
        .map(|step| step.standing)
        .collect();
    assert_eq!(
        standings,
        [
            Standing::After,
            Standing::Before,
            Standing::Before,
            Standing::Unknown
        ]
    );
    let choice = found.choice();
    assert_eq!(choice.way, None);
    assert_eq!(
        choice.because,
        "what step 4 is about could not be looked at, and what is not known is not guessed"
    );

    let manner = Manner {
        patience: &patience,
        wish: &go_on,
        sign: &run,
    };
    let by = |found: &idac::apply::Unfinished| found.choice().way.ok_or(found.choice().because);
    let ended = recover_by(
        Recoverer::Apply,
        &seen,
        &mut ledger,
        open,
        "n2",
        &manner,
        &by,
    )
    .await;
    assert!(matches!(ended, Err(ApplyError::Undecided { .. })));
    assert_eq!(seen.writes.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_refusal_that_is_lifted_lets_a_person_go_forward() {
    let world = World::new().await;
    let journals = world.folder.path().join("journal");
    let mut journal = KeptJournal::begin(&journals, "n1").expect("a new journal");
    world.die_after(3, &mut journal).await;
    let refused: Vec<Entry> = serde_json::from_value(json!([
        { "step": 4, "event": "intended" },
        { "step": 4, "event": { "refused": { "trouble": {
            "status": 403, "code": "Denied", "message": "No.", "requestId": null } } } },
    ]))
    .expect("entries");
    journal.record_all(refused).expect("it is recorded");
    drop(journal);
    let open = |nonce: &str| KeptJournal::resume(&journals, nonce);
    let patience = Patience::for_copy();
    let mut ledger = world.ledger();
    let found = inspect(Recoverer::Person, &world.graph, &ledger, open, &patience)
        .await
        .expect("it is looked at")
        .expect("there is something");
    let choice = found.choice();
    assert_eq!(
        (choice.way, choice.because.as_str()),
        (Some(Way::Back), "step 4 was refused")
    );
    assert_eq!(found.check(Way::Forward), Ok(()));
    let manner = Manner {
        patience: &patience,
        wish: &go_on,
        sign: &run,
    };
    let receipt = recover_by(
        Recoverer::Person,
        &world.graph,
        &mut ledger,
        open,
        "n2",
        &manner,
        &|_| Ok(Way::Forward),
    )
    .await
    .expect("it is recovered")
    .expect("there was something");
    assert_eq!(receipt.execution.outcome, Outcome::Applied);
}
