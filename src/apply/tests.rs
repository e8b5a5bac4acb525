use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::address::{Name, ObjectId, TenantId};
use crate::execute::{Entry, Event, Stranded, Trouble};
use crate::ledger::{Folder, RecordKind, acquire, last_receipt};
use crate::object::{Deletion, ObservedObject, Value};
use crate::observe::Snapshot;
use crate::plan::{Action, Basis, Inverse, Reason, Risk, Step};

const API: &str = "application/payments-api";

fn address() -> Address {
    Address::parse(API).expect("an address")
}

fn run(at: &str) -> Run {
    Run {
        who: "ana@laptop".to_owned(),
        at: at.to_owned(),
    }
}

fn observed(display_name: &str) -> ObservedObject {
    ObservedObject {
        entity: "application".to_owned(),
        id: ObjectId::new("id-1"),
        parent: None,
        properties: BTreeMap::from([("displayName".to_owned(), Value::text(display_name))]),
        links: BTreeMap::new(),
    }
}

fn snapshot(objects: &[ObservedObject]) -> Snapshot {
    Snapshot {
        tenant: TenantId::new("tenant-1"),
        domains: Vec::new(),
        objects: objects
            .iter()
            .map(|object| (object.id.clone(), object.clone()))
            .collect(),
        deleted: BTreeMap::new(),
        types: BTreeMap::new(),
        totals: BTreeMap::new(),
    }
}

/// A plan with one step and one managed object.
fn plan_of(action: Action, target: Target, seen: &[ObservedObject]) -> Plan {
    Plan {
        basis: Basis {
            tenant: TenantId::new("tenant-1"),
            environment: Name::new("prod"),
            declaration: Digest::of(&"declaration"),
            snapshot: Digest::of(&"snapshot"),
            observed: seen
                .iter()
                .map(|object| (object.id.clone(), Digest::of(object)))
                .collect(),
            version: "0.1.0".to_owned(),
        },
        steps: vec![Step {
            id: StepId(1),
            subject: address(),
            entity: "application".to_owned(),
            parent: None,
            action,
            inverse: Inverse::DeleteCreated,
            after: BTreeSet::new(),
            lane: None,
            reason: Reason::Declared,
            risk: Risk::None,
        }],
        left_alone: Vec::new(),
        objects: BTreeMap::from([(
            address(),
            ManagedObject {
                entity: "application".to_owned(),
                target,
                parent: None,
                declared: Digest::of(&"declared"),
                deletion: Deletion::Protected,
            },
        )]),
    }
}

fn creating() -> Plan {
    let action = Action::Create {
        properties: BTreeMap::new(),
        revive: None,
    };
    plan_of(action, Target::Planned(address()), &[])
}

fn updating() -> Plan {
    let side = |text: &str| BTreeMap::from([("displayName".to_owned(), Value::text(text))]);
    let target = Target::Existing(ObjectId::new("id-1"));
    let action = Action::Update {
        target: target.clone(),
        was: side("Payments"),
        will: side("Payments API"),
    };
    plan_of(action, target, &[observed("Payments")])
}

fn execution(outcome: Outcome) -> Execution {
    let trouble = |code: &str| Trouble {
        status: Some(403),
        code: code.to_owned(),
        message: "Insufficient privileges".to_owned(),
        request_id: None,
    };
    Execution {
        outcome,
        created: BTreeMap::from([(address(), ObjectId::new("id-9"))]),
        refused: match outcome {
            Outcome::Applied => None,
            Outcome::RolledBack | Outcome::Stranded => Some((StepId(1), trouble("Denied"))),
        },
        stranded: match outcome {
            Outcome::Applied | Outcome::RolledBack => Vec::new(),
            Outcome::Stranded => vec![Stranded {
                step: StepId(1),
                subject: address(),
                trouble: trouble("Closed"),
            }],
        },
        requests: 3,
    }
}

fn end_with(outcome: Outcome) -> (tempfile::TempDir, Folder, Receipt) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = Folder::open(folder.path());
    let plan = creating();
    let lock = acquire(&mut ledger, &plan, &run("2026-01-01T10:00:00Z"), "n1").expect("it is idle");
    let ended = conclude(
        &plan,
        Applied::new(),
        execution(outcome),
        lock,
        &mut ledger,
        &run("2026-01-01T10:00:09Z"),
    );
    (folder, ledger, ended.expect("it is recorded"))
}

#[test]
fn a_receipt_knows_the_ids_that_the_tenant_gave_and_what_is_protected() {
    let (_folder, ledger, receipt) = end_with(Outcome::Applied);
    assert_eq!(receipt.epoch, 2);
    let kept = last_receipt(&ledger).expect("it is read");
    assert_eq!(kept, receipt.objects);
    let object = &kept[&address()];
    assert_eq!(object.target, Target::Existing(ObjectId::new("id-9")));
    assert_eq!(object.deletion, Deletion::Protected);
}

#[test]
fn a_plan_that_was_rolled_back_leaves_the_objects_of_before_and_says_why() {
    let (_folder, ledger, receipt) = end_with(Outcome::RolledBack);
    assert_eq!(receipt.objects, Applied::new());
    let tip = ledger.tip().expect("it is read").expect("there is one");
    assert_eq!(tip.record.run.at, "2026-01-01T10:00:09Z");
    match tip.record.kind {
        RecordKind::Aborted { why, .. } => assert_eq!(
            why,
            "refused step 1, application/payments-api: Denied: Insufficient privileges"
        ),
        other => panic!("the tip is {}", other.name()),
    }
}

fn why_closed(ledger: &mut Folder) -> String {
    acquire(ledger, &creating(), &run("2026-01-01T11:00:00Z"), "n2")
        .expect_err("it is closed")
        .to_string()
}

#[test]
fn a_stranded_plan_closes_the_tenant_and_names_each_object() {
    let (_folder, mut ledger, _) = end_with(Outcome::Stranded);
    assert_eq!(
        why_closed(&mut ledger),
        "the tenant is closed since 2026-01-01T10:00:09Z (record 2, ana@laptop): refused step 1, \
         application/payments-api: Denied: Insufficient privileges; not put back step 1, application/payments-api: \
         Closed: Insufficient privileges; put right what stands there, then run `idac recover`"
    );
}

#[test]
fn an_ending_that_is_not_recorded_is_never_a_success() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = Folder::open(folder.path());
    let plan = creating();
    let lock = acquire(&mut ledger, &plan, &run("2026-01-01T10:00:00Z"), "n1").expect("it is idle");
    let blocking = folder.path().join("000002.json");
    std::fs::write(&blocking, "{").expect("it is written");
    let ended = conclude(
        &plan,
        Applied::new(),
        execution(Outcome::Applied),
        lock,
        &mut ledger,
        &run("2026-01-01T10:00:09Z"),
    );
    assert_eq!(
        ended.expect_err("it is not recorded").to_string(),
        "the plan ended as applied, and the ledger did not take that; the tenant stays held: run `idac recover`"
    );
}

#[test]
fn a_journal_is_continued_by_whoever_recovers_its_run_and_by_nobody_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let entry = Entry {
        step: StepId(1),
        event: Event::Intended,
    };
    let mut journal = KeptJournal::begin(folder.path(), "n1").expect("a new journal");
    journal.record(entry.clone()).expect("it is recorded");
    drop(journal);

    let (journal, history) = KeptJournal::resume(folder.path(), "n1").expect("it opens");
    assert_eq!((journal.entries(), history), (vec![entry], History::Whole));
    let (other, history) = KeptJournal::resume(folder.path(), "n2").expect("another journal");
    assert_eq!((other.entries(), history), (Vec::new(), History::Lost));
}

#[test]
fn a_journal_that_was_made_again_stays_one() {
    let folder = tempfile::tempdir().expect("a folder");
    for _ in 0..2 {
        let (_, history) = KeptJournal::resume(folder.path(), "n1").expect("it opens");
        assert_eq!(history, History::Lost);
    }
}

#[test]
fn a_plan_holds_while_nothing_moves() {
    let plan = updating();
    let now = snapshot(&[observed("Payments")]);
    assert_eq!(check_basis(&plan, &plan.basis.declaration, &now), Ok(()));
}

#[test]
fn what_moved_is_named_with_what_it_was_and_is() {
    let plan = updating();
    let mut other = observed("Somebody's");
    other.id = ObjectId::new("id-2");
    let now = snapshot(&[observed("Billing"), other]);
    let moved = check_basis(&plan, &Digest::of(&"another"), &now).expect_err("it moved");
    assert_eq!(
        moved.to_string(),
        "the plan was made for something else; plan again\n  \
         the declaration is another\n  \
         application/payments-api: `displayName` was `Payments`, is `Billing`\n  \
         application `Somebody's` was not there"
    );
}

#[test]
fn what_is_gone_or_moved_unseen_is_named_too() {
    let plan = updating();
    let declaration = plan.basis.declaration.clone();
    let gone = check_basis(&plan, &declaration, &snapshot(&[])).expect_err("it moved");
    assert!(
        gone.to_string()
            .ends_with("\n  application/payments-api is gone")
    );

    let mut linked = observed("Payments");
    let owners = BTreeSet::from([ObjectId::new("id-7")]);
    linked.links.insert("owners".to_owned(), owners);
    let moved = check_basis(&plan, &declaration, &snapshot(&[linked])).expect_err("it moved");
    assert!(
        moved
            .to_string()
            .ends_with("\n  application/payments-api is not what it was")
    );
}

#[test]
fn a_plan_for_another_tenant_says_only_that() {
    let plan = updating();
    let mut now = snapshot(&[]);
    now.tenant = TenantId::new("tenant-2");
    let moved = check_basis(&plan, &plan.basis.declaration, &now).expect_err("it moved");
    assert!(
        moved
            .to_string()
            .ends_with("\n  the tenant was tenant-1, is tenant-2")
    );
    assert_eq!(moved.movements.len(), 1);
}
