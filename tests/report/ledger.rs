//! The history of a tenant, as people and programs read it.

use idac::address::{Address, Name, ObjectId, TenantId};
use idac::digest::Digest;
use idac::ledger::{Record, RecordKind, Run, SCHEMA, Sealed};
use idac::object::Deletion;
use idac::plan::{Applied, ManagedObject, Plan, Target};
use idac::report::{self, Format};

use crate::sample;

/// A tenant that saw everything: applied, rolled back, stranded, taken over, and held.
fn records() -> Vec<Record> {
    let plan = sample::sample();
    let other = Plan {
        steps: plan.steps[..1].to_vec(),
        ..plan.clone()
    };
    let objects = Applied::from([(
        Address::new("group", "operators"),
        ManagedObject {
            entity: "group".to_owned(),
            target: Target::Existing(ObjectId::new("id-1")),
            parent: None,
            declared: Digest::of(&"declared"),
            deletion: Deletion::Allowed,
        },
    )]);
    let intent = |plan: &Plan| RecordKind::Intent {
        plan: Box::new(plan.clone()),
    };
    let (digest, why) = (
        plan.digest(),
        "refused step 1, group/operators: \u{1b}[2J no".to_owned(),
    );
    let kinds = [
        (intent(&other), "ana@laptop"),
        (
            RecordKind::Receipt {
                plan: other.digest(),
                objects,
            },
            "ana@laptop",
        ),
        (intent(&plan), "contoso/identities run 77"),
        (
            RecordKind::Dirty {
                intent: 3,
                plan: digest.clone(),
                why: why.clone(),
            },
            "contoso/identities run 77",
        ),
        (
            RecordKind::Recovering {
                intent: 3,
                plan: digest.clone(),
            },
            "ben@desk",
        ),
        (RecordKind::Aborted { plan: digest, why }, "ben@desk"),
        (intent(&other), "ana@laptop"),
    ];
    kinds
        .into_iter()
        .zip(1..)
        .map(|((kind, who), epoch)| Record {
            schema: SCHEMA,
            epoch,
            previous: None,
            tenant: TenantId::new("tenant-1"),
            environment: Name::new("prod"),
            kind,
            run: Run {
                who: who.to_owned(),
                at: format!("2026-01-0{epoch}T10:00:00Z"),
            },
            nonce: String::new(),
        })
        .collect()
}

/// The text with `PLAN` for the short digests of the plans.
fn without_digests(told: &str) -> String {
    records().iter().fold(sample::plain(told), |told, record| {
        told.replace(record.kind.plan().short(), "PLAN")
    })
}

#[test]
fn the_history_says_on_each_line_when_who_and_how_it_ended() {
    let steps = sample::sample().steps.len();
    let told = without_digests(&report::history(&records(), Format::Text));
    let expected = format!(
        "\
7  2026-01-07T10:00:00Z  ana@laptop                 began, and holds it  plan PLAN  1 step
6  2026-01-06T10:00:00Z  ben@desk                   rolled back          plan PLAN  {steps} steps
   refused step 1, group/operators: \\u{{1b}}[2J no
5  2026-01-05T10:00:00Z  ben@desk                   took over record 3   plan PLAN  {steps} steps
4  2026-01-04T10:00:00Z  contoso/identities run 77  stranded             plan PLAN  {steps} steps
   refused step 1, group/operators: \\u{{1b}}[2J no
3  2026-01-03T10:00:00Z  contoso/identities run 77  began                plan PLAN  {steps} steps
2  2026-01-02T10:00:00Z  ana@laptop                 applied              plan PLAN  1 step
1  2026-01-01T10:00:00Z  ana@laptop                 began                plan PLAN  1 step
"
    );
    assert_eq!(told, expected);
}

#[test]
fn programs_get_the_history_as_a_list() {
    let told = report::history(&records(), Format::Json);
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    let kinds: Vec<&str> = told
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|record| record["kind"].as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "intent",
            "aborted",
            "recovering",
            "dirty",
            "intent",
            "receipt",
            "intent"
        ]
    );
    assert_eq!(told[5]["steps"], 1);
    assert_eq!(told[6]["who"], "ana@laptop");
}

#[test]
fn one_record_says_what_began_it_and_what_came_of_it() {
    let records = records();
    let told = |number: usize| {
        let sealed = Sealed::new(records[number - 1].clone());
        let told = without_digests(&report::record(&sealed, &records, Format::Text));
        told.replace(sealed.digest.short(), "DIGEST")
    };
    let stranded = format!(
        "\
Record 4: stranded
  who     contoso/identities run 77
  when    2026-01-04T10:00:00Z
  tenant  tenant-1 (prod)
  plan    PLAN, {} steps, begun with record 3
  why     refused step 1, group/operators: \\u{{1b}}[2J no
  digest  DIGEST, the first
",
        sample::sample().steps.len()
    );
    assert_eq!(told(4), stranded);
    assert!(
        told(5).contains("  ended   rolled back, record 6\n"),
        "{}",
        told(5)
    );
    assert!(
        told(7).contains("  ended   not yet: the tenant is held\n"),
        "{}",
        told(7)
    );
    assert!(
        told(2).ends_with("\n1 managed object:\n  group/operators  id-1\n"),
        "{}",
        told(2)
    );
    let sealed = Sealed::new(records[2].clone());
    let shown = report::record(&sealed, &records, Format::Text);
    let plan = report::plan(
        &sample::sample(),
        &report::Names::of(&sample::sample()),
        report::Show::Changes,
        Format::Text,
    );
    assert!(shown.ends_with(&plan), "an intent shows its plan");
}
