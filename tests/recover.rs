//! Recovery: a run that died is finished or put back, with its journal and without.

use std::collections::{BTreeMap, BTreeSet};

use idac::address::{Address, Name, ObjectId, TenantId};
use idac::apply::{History, KeptJournal, Manner, Receipt, recover};
use idac::digest::Digest;
use idac::emulator::{Emulator, Founding, Hardship, ScheduledRefusal, Tenant};
use idac::execute::{Entry, Journal, Outcome, execute, go_on};
use idac::graph::patience::Patience;
use idac::graph::{Graph, Method, Request};
use idac::ledger::{Folder, Recoverer, Run, acquire, verify};
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
