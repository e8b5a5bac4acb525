//! What idac plans for a small root and a small tenant: `tests/cases/plan/<case>/`.
//!
//! Beside its root a case has `tenant.json`: the objects of the tenant with only those properties that matter, those
//! in the recycle bin, and the ids that the last receipt has by address.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use idac::address::{Address, ObjectId, TenantId};
use idac::declare::declare;
use idac::digest::Digest;
use idac::finding;
use idac::object::{Deletion, ObservedObject, Properties};
use idac::observe::Snapshot;
use idac::plan::{Action, Applied, ManagedObject, Plan, Reason, Step, Target, plan};
use idac::resolve::resolve;
use serde::Deserialize;

const TENANT: &str = "6f1d2a54-3c0b-4a57-9d0e-2b7c55f0a1c4";

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Tenant {
    objects: Vec<ObservedObject>,
    deleted: Vec<ObservedObject>,
    /// Ids of the last receipt.
    applied: BTreeMap<Address, ObjectId>,
}

#[test]
fn every_case_gets_the_plan_that_it_expects() {
    let mut wrong = Vec::new();
    for case in super::cases("plan") {
        let said = say(&case);
        let expected = case.join("expected.txt");
        if std::env::var_os("IDAC_BLESS").is_some() {
            fs::write(&expected, &said).expect("the case can be written");
        }
        let expects = fs::read_to_string(&expected).unwrap_or_default();
        if expects != said {
            wrong.push(format!(
                "── {} expects\n{expects}── and gets\n{said}",
                case.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_of_the_plan_has_a_case() {
    let said: String = super::cases("plan").iter().map(|case| say(case)).collect();
    let missing: BTreeSet<&str> = finding::CODES
        .iter()
        .map(|code| code.id)
        .filter(|id| id.starts_with("IDAC2") && !said.contains(&format!("[{id}]")))
        .collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
}

/// The plan of a case, or why there is none.
fn say(case: &Path) -> String {
    let (declaration, findings) = declare(&super::sources(case));
    assert!(
        !finding::has_errors(&findings),
        "{}: {findings:#?}",
        case.display()
    );
    let environment = declaration
        .environments
        .values()
        .next()
        .expect("the case has an environment");
    let desired = resolve(&declaration, environment)
        .unwrap_or_else(|findings| panic!("{}: {findings:#?}", case.display()));
    let tenant: Tenant = match fs::read_to_string(case.join("tenant.json")) {
        Ok(text) => serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", case.display())),
        Err(_) => Tenant::default(),
    };
    let applied = applied(&tenant);
    match plan(&desired, &snapshot(tenant), &applied) {
        Ok(plan) => show(&plan),
        Err(findings) => findings.iter().map(super::line).collect(),
    }
}

fn snapshot(tenant: Tenant) -> Snapshot {
    let by_id = |objects: Vec<ObservedObject>| -> BTreeMap<ObjectId, ObservedObject> {
        objects
            .into_iter()
            .map(|object| (object.id.clone(), object))
            .collect()
    };
    let objects = by_id(tenant.objects);
    Snapshot {
        tenant: TenantId::new(TENANT),
        domains: vec!["contoso.onmicrosoft.com".to_owned()],
        types: objects
            .values()
            .map(|object| (object.id.clone(), object.entity.clone()))
            .collect(),
        objects,
        deleted: by_id(tenant.deleted),
        totals: BTreeMap::new(),
    }
}

fn applied(tenant: &Tenant) -> Applied {
    let managed = |id: &ObjectId| {
        let object = tenant
            .objects
            .iter()
            .chain(&tenant.deleted)
            .find(|object| object.id == *id)
            .unwrap_or_else(|| panic!("the case has no object {id}"));
        ManagedObject {
            entity: object.entity.clone(),
            target: Target::Existing(id.clone()),
            parent: object.parent.clone().map(Target::Existing),
            declared: Digest::of_bytes(b"something else was declared then"),
            deletion: Deletion::Allowed,
        }
    };
    tenant
        .applied
        .iter()
        .map(|(address, id)| (address.clone(), managed(id)))
        .collect()
}

fn show(plan: &Plan) -> String {
    let mut text = String::new();
    if plan.steps.is_empty() {
        text.push_str("nothing to do\n");
    }
    for step in &plan.steps {
        show_step(&mut text, step);
    }
    for left in &plan.left_alone {
        let subject = left
            .subject
            .as_ref()
            .map_or_else(String::new, |subject| format!(" of {subject}"));
        let _ = writeln!(text, "left alone: {} {}{subject}", left.count, left.what);
    }
    text
}

/// `3 update application/x, after 1 2, because …` and below it what is written.
fn show_step(text: &mut String, step: &Step) {
    let (verb, rest) = match &step.action {
        Action::Create { revive: None, .. } => ("create", String::new()),
        Action::Create {
            revive: Some(id), ..
        } => ("revive", format!(" {id}")),
        Action::Update { .. } => ("update", String::new()),
        Action::Delete { target, .. } => ("delete", format!(" {target}")),
        Action::Link { relation, to, .. } => ("link", format!(" {relation} {to}")),
        Action::Unlink { relation, to, .. } => ("unlink", format!(" {relation} {to}")),
    };
    let _ = write!(text, "{} {verb} {}{rest}", step.id, step.subject);
    if !step.after.is_empty() {
        let after: Vec<String> = step.after.iter().map(ToString::to_string).collect();
        let _ = write!(text, ", after {}", after.join(" "));
    }
    let _ = writeln!(text, ", {}", because(&step.reason));
    match &step.action {
        Action::Create { properties, .. } => show_properties(text, "", properties),
        Action::Update { was, will, .. } => {
            show_properties(text, "- ", was);
            show_properties(text, "+ ", will);
        }
        Action::Delete { .. } | Action::Link { .. } | Action::Unlink { .. } => {}
    }
}

fn show_properties(text: &mut String, sign: &str, properties: &Properties) {
    for (name, value) in properties {
        let json = serde_json::to_string(value).expect("a value is JSON");
        let _ = writeln!(text, "    {sign}{name}: {json}");
    }
}

fn because(reason: &Reason) -> String {
    match reason {
        Reason::Declared => "declared".to_owned(),
        Reason::Drifted { properties } => format!("drifted: {}", properties.join(" ")),
        Reason::Undeclared => "undeclared".to_owned(),
        Reason::DisableFirst { items } => format!("to switch off {}", items.join(" ")),
        Reason::Detached { waits_for } => {
            let waits_for: Vec<&str> = waits_for.iter().map(Address::as_str).collect();
            format!("later than {}", waits_for.join(" "))
        }
    }
}
