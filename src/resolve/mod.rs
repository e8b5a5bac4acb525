//! Takes a `Declaration` and one of its environments, gives what is `Desired` there; never knows an `ObjectId`
//! that the environment did not state.

mod collide;
mod cycle;
mod desired;
mod fill;
mod variable;

pub use desired::{BlastRadius, Desired, Settings, TenantChoice};

use std::collections::BTreeMap;

use crate::address::{Address, Name, TenantId};
use crate::declare::{Declaration, Environment, Reading, Tenant};
use crate::finding::{self, Finding, Origin};
use crate::kind::{self, Absent, Adoption, Declared, Desire};
use crate::object::{DeclaredObject, Node};
use fill::{ComputedUse, Filler};

/// What the declaration desires in this environment, or everything that is wrong with it.
pub fn resolve(
    declaration: &Declaration,
    environment: &Environment,
) -> Result<Desired, Vec<Finding>> {
    let mut findings = Vec::new();
    let (here, elsewhere) = split(declaration, environment);
    let known = Known {
        environment,
        here: &here,
        elsewhere: &elsewhere,
        reading: declaration.reading,
    };
    let (declared, uses) = fill(&known, &mut findings);
    check_names(&known, &mut findings);
    cycle::check(&uses, &mut findings);
    if declared.is_empty()
        && declaration.reading == Reading::Whole
        && !declaration.objects.is_empty()
    {
        findings.push(Finding::error(
            "IDAC123",
            &environment.origin,
            format!(
                "nothing is declared for {}, and that is never read as \"delete everything\"",
                environment.name
            ),
            "declare an object that exists in this environment",
        ));
    }
    let adopted: BTreeMap<Address, Adoption> = environment
        .adopt
        .iter()
        .map(|(address, (adoption, _))| (address.clone(), adoption.clone()))
        .collect();
    let absent = Absent {
        elsewhere,
        is_known: declaration.reading == Reading::Whole,
    };
    let mut desire = Desire::new(&declaration.project, &declared, &adopted, &absent);
    for object in declared.values() {
        if let Some(kind) = kind::find(object.address.kind()) {
            (kind.desire)(object, &mut desire);
        }
    }
    for computed in &uses {
        desire.ensure(&computed.to, &computed.origin);
    }
    let (objects, more) = desire.finish();
    findings.extend(more);
    collide::check(&objects, &mut findings);
    finding::sort(&mut findings);
    if finding::has_errors(&findings) {
        return Err(findings);
    }
    Ok(Desired {
        project: declaration.project.clone(),
        environment: environment.name.clone(),
        tenant: tenant(&environment.tenant),
        objects,
        settings: settings(declaration),
        warnings: findings,
    })
}

/// Every object of this environment with its variables filled in, and where they need one another.
fn fill(known: &Known<'_>, findings: &mut Vec<Finding>) -> (Declared, Vec<ComputedUse>) {
    let mut uses = Vec::new();
    let filled = known.here.values().map(|object| {
        let mut filler = Filler::new(known, object, findings);
        let document = filler.document();
        uses.append(&mut filler.uses);
        let object = DeclaredObject {
            address: object.address.clone(),
            document,
            origin: object.origin.clone(),
        };
        (object.address.clone(), object)
    });
    let declared = filled.collect();
    (declared, uses)
}

/// What can be named in this environment.
struct Known<'a> {
    environment: &'a Environment,
    here: &'a BTreeMap<&'a Address, &'a DeclaredObject>,
    /// Objects of other environments, with the names of those.
    elsewhere: &'a BTreeMap<Address, String>,
    reading: Reading,
}

type Here<'a> = BTreeMap<&'a Address, &'a DeclaredObject>;

/// The objects that exist in this environment, and those that exist only in others.
fn split<'a>(
    declaration: &'a Declaration,
    environment: &Environment,
) -> (Here<'a>, BTreeMap<Address, String>) {
    let mut here = Vec::new();
    let mut elsewhere = BTreeMap::new();
    for object in &declaration.objects {
        let only_in: Option<Vec<&str>> = object
            .document
            .get("onlyIn")
            .map(|list| list.items().iter().filter_map(Node::text).collect());
        match only_in {
            Some(names) if !names.contains(&environment.name.as_str()) => {
                elsewhere.insert(object.address.clone(), names.join(", "));
            }
            Some(_) | None => here.push((&object.address, object)),
        }
    }
    (here.into_iter().collect(), elsewhere)
}

/// Old names and adopted names: each must mean what it says.
fn check_names(known: &Known<'_>, findings: &mut Vec<Finding>) {
    let mut claimed: BTreeMap<Address, &Origin> = BTreeMap::new();
    for object in known.here.values() {
        let Some(node) = object.document.get("previously") else {
            continue;
        };
        let Some(name) = node.text() else { continue };
        let old = Address::new(object.address.kind(), name);
        let problem = if known.here.contains_key(&old) {
            format!(
                "{old} is still declared, so {} cannot have been it",
                object.address
            )
        } else if let Some(first) = claimed.insert(old.clone(), &node.origin) {
            format!(
                "{old} is renamed twice, first in line {} of {}",
                first.line, first.file
            )
        } else {
            continue;
        };
        findings.push(Finding::error(
            "IDAC136",
            &node.origin,
            problem,
            "remove `previously`, or correct the name in it",
        ));
    }
    for (address, (_, origin)) in &known.environment.adopt {
        if known.here.contains_key(address) || known.reading == Reading::Partial {
            continue;
        }
        let problem = match known.elsewhere.get(address) {
            Some(names) => format!("{address} is adopted, but exists only in {names}"),
            None => format!("{address} is adopted, but not declared"),
        };
        let names = known.here.keys().map(|address| address.as_str());
        findings.push(
            Finding::error(
                "IDAC137",
                origin,
                problem,
                "declare the object, correct the address, or remove the entry",
            )
            .with_suggestion(address.as_str(), names),
        );
    }
}

fn tenant(tenant: &Tenant) -> TenantChoice {
    match tenant {
        Tenant::Emulator => TenantChoice::Emulator,
        Tenant::Entra { id, cloud } => TenantChoice::Entra {
            id: TenantId::new(id),
            cloud: Name::new(cloud),
        },
    }
}

fn settings(declaration: &Declaration) -> Settings {
    Settings {
        blast_radius: match declaration.blast_radius {
            Some((deletes, percent)) => BlastRadius { deletes, percent },
            None => BlastRadius::default(),
        },
        protected: declaration
            .protected
            .iter()
            .map(|(address, _)| address.clone())
            .collect(),
        ..Settings::default()
    }
}
