//! The way that every command goes that looks at a tenant: read, declare, resolve, observe, plan, guard.

use std::path::PathBuf;

use super::arguments::Global;
use super::embedded::{Age, Embedded};
use super::output;
use super::problem::Problem;
use super::root;
use super::state;
use crate::address::Name;
use crate::declare::{Declaration, Environment, Source, Tenant, declare};
use crate::finding::{self, Finding, Origin};
use crate::guard::{self, guard};
use crate::ledger;
use crate::observe::{Scope, Snapshot, observe};
use crate::plan::{Applied, Plan, known_of, plan};
use crate::report::Names;
use crate::resolve::{Desired, resolve};

/// The root, read and declared.
pub(super) struct Declared {
    pub sources: Vec<Source>,
    pub declaration: Declaration,
    pub findings: Vec<Finding>,
}

/// Everything that is known before anything is written.
pub(super) struct Situation {
    pub sources: Vec<Source>,
    pub desired: Desired,
    pub applied: Applied,
    pub snapshot: Snapshot,
    pub plan: Plan,
    /// Of the declaration, of `plan` and of the guardrails, those that stop nothing included.
    pub findings: Vec<Finding>,
    pub names: Names,
    pub tenant: Embedded,
    /// `.idac/<environment>`.
    pub folder: PathBuf,
    pub ledger: state::Place,
}

/// The file that every identity root has.
const PROJECT: &str = "idac.yaml";

/// Reads and declares the root.
pub(super) fn read(global: &Global) -> Result<Declared, Problem> {
    let root::Root {
        sources,
        mut findings,
    } = root::read(&global.root)?;
    tracing::info!(files = sources.len(), root = %global.root.display(), "read the identity root");
    let (declaration, declared) = declare(&sources);
    findings.extend(declared);
    if !sources.iter().any(|source| &*source.path == PROJECT) {
        // What is said of the file that is not there is said where it would be.
        let missing = Origin::start_of(&root::shown(&global.root, PROJECT));
        let of_it = |finding: &&mut Finding| &*finding.origin.file == PROJECT;
        for finding in findings.iter_mut().filter(of_it) {
            finding.origin = missing.clone();
        }
    }
    finding::sort(&mut findings);
    Ok(Declared {
        sources,
        declaration,
        findings,
    })
}

/// The environment that was named, or the only one.
pub(super) fn choose<'a>(
    declaration: &'a Declaration,
    global: &Global,
) -> Result<&'a Environment, Problem> {
    let names = || {
        declaration
            .environments
            .keys()
            .cloned()
            .collect::<Vec<Name>>()
    };
    match &global.environment {
        Some(name) => declaration
            .environments
            .get(&Name::new(name))
            .ok_or_else(|| Problem::UnknownEnvironment {
                name: name.clone(),
                nearest: finding::nearest(name, names().iter().map(Name::as_str))
                    .map(str::to_owned),
                environments: names(),
            }),
        None => {
            let mut all = declaration.environments.values();
            match (all.next(), all.next()) {
                (Some(only), None) => Ok(only),
                (None, _) | (Some(_), Some(_)) => Err(Problem::NoEnvironment {
                    environments: names(),
                }),
            }
        }
    }
}

/// An environment of which the tenant was opened and not yet looked at.
pub(super) struct Opened {
    pub sources: Vec<Source>,
    pub desired: Desired,
    /// Of the declaration only.
    pub findings: Vec<Finding>,
    pub tenant: Embedded,
    /// `.idac/<environment>`.
    pub folder: PathBuf,
    pub ledger: state::Place,
}

/// Either what was asked for, or the findings that stand against it, which are given back and not shown.
pub(super) enum Unless<T> {
    Here(Box<T>),
    Stopped {
        findings: Vec<Finding>,
        sources: Vec<Source>,
    },
}

/// Goes as far as the tenant.
pub(super) fn open(global: &Global) -> Result<Unless<Opened>, Problem> {
    let Declared {
        sources,
        declaration,
        mut findings,
    } = read(global)?;
    if finding::has_errors(&findings) {
        return Ok(Unless::Stopped { findings, sources });
    }
    let environment = choose(&declaration, global)?;
    let desired = match resolve(&declaration, environment) {
        Ok(desired) => desired,
        Err(found) => {
            findings.extend(found);
            finding::sort(&mut findings);
            return Ok(Unless::Stopped { findings, sources });
        }
    };
    findings.extend(desired.warnings.iter().cloned());
    check_reachable(&declaration, environment)?;
    let folder = state::folder(&environment.name);
    let ledger = state::place(global, &environment.name)?;
    if !Embedded::is_founded(&folder.join("tenant")) && state::has_records(&ledger)? {
        return Err(Problem::NoTenant {
            environment: environment.name.clone(),
            folder: folder.join("tenant"),
        });
    }
    let (tenant, age) =
        Embedded::open(&folder.join("tenant")).map_err(|error| state::who_uses(&ledger, error))?;
    match age {
        Age::Founded => output::aside(&format!(
            "Founded an embedded tenant for {} in {}.\n",
            environment.name,
            folder.join("tenant").display()
        ))?,
        Age::Known => {}
    }
    Ok(Unless::Here(Box::new(Opened {
        sources,
        desired,
        findings,
        tenant,
        folder,
        ledger,
    })))
}

/// Goes the rest of the way.
pub(super) async fn look(opened: Opened) -> Result<Unless<Situation>, Problem> {
    let Opened {
        sources,
        desired,
        mut findings,
        tenant,
        folder,
        ledger,
    } = opened;
    let chain = state::open_ledger(&ledger)?;
    let applied = ledger::last_receipt(&chain)?;
    let snapshot = observed(&tenant, &desired, &applied).await?;
    let plan = match plan(&desired, &snapshot, &applied) {
        Ok(plan) => plan,
        Err(found) => {
            findings.extend(found);
            finding::sort(&mut findings);
            return Ok(Unless::Stopped { findings, sources });
        }
    };
    ledger::check_is_ours(&chain, &plan)?;
    findings.extend(guard(&guard::Case {
        desired: &desired,
        snapshot: &snapshot,
        plan: &plan,
        applied: &applied,
    }));
    finding::sort(&mut findings);
    Ok(Unless::Here(Box::new(Situation {
        names: Names::of(&plan).and_seen(&snapshot),
        sources,
        desired,
        applied,
        snapshot,
        plan,
        findings,
        tenant,
        folder,
        ledger,
    })))
}

/// Goes the whole way, for commands that write nothing.
pub(super) async fn look_only(global: &Global) -> Result<Unless<Situation>, Problem> {
    let opened = match open(global)? {
        Unless::Here(opened) => opened,
        Unless::Stopped { findings, sources } => {
            return Ok(Unless::Stopped { findings, sources });
        }
    };
    state::warn_if_held(&opened.ledger)?;
    look(*opened).await
}

async fn observed(
    tenant: &Embedded,
    desired: &Desired,
    applied: &Applied,
) -> Result<Snapshot, Problem> {
    let known = known_of(applied);
    let scope = Scope {
        desired: &desired.objects,
        known: &known,
    };
    let snapshot = observe(tenant, &scope).await?;
    tracing::info!(objects = snapshot.objects.len(), "observed the tenant");
    Ok(snapshot)
}

/// This version speaks to the embedded tenant only.
fn check_reachable(declaration: &Declaration, environment: &Environment) -> Result<(), Problem> {
    match &environment.tenant {
        Tenant::Emulator => Ok(()),
        Tenant::Entra { id, cloud: _ } => Err(Problem::NotReachable {
            environment: environment.name.clone(),
            tenant: id.clone(),
            embedded: declaration
                .environments
                .values()
                .filter(|other| other.tenant == Tenant::Emulator)
                .map(|other| other.name.clone())
                .collect(),
        }),
    }
}
