//! Takes what is desired and what was observed, gives the `Plan` between them; never knows HTTP, time, randomness
//! or YAML.

mod compare;
mod detach;
mod draft;
mod exclusive;
mod index;
mod known;
mod order;
mod pair;
mod reference;
mod removal;
mod sibling;
mod stage;
mod step;
mod write;

pub use step::{
    Action, Basis, Inverse, LeftAlone, ManagedObject, Plan, Reason, Risk, Step, StepId, Target,
};

use std::collections::BTreeMap;

use crate::address::{Address, ObjectId};
use crate::digest::Digest;
use crate::finding::{self, Finding};
use crate::object::{DesiredObject, Management};
use crate::observe::{Known, Snapshot};
use crate::resolve::Desired;

use draft::Drafts;
use pair::{Pair, Pairs};

/// The version of idac that plans.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Everything that was applied last, by address: what a receipt keeps.
pub type Applied = BTreeMap<Address, ManagedObject>;

/// The objects of a receipt, as `observe` looks for them.
pub fn known_of(applied: &Applied) -> BTreeMap<Address, Known> {
    let id = |target: &Target| match target {
        Target::Existing(id) => Some(id.clone()),
        Target::Planned(_) => None,
    };
    applied
        .iter()
        .filter_map(|(address, object)| {
            let known = Known {
                entity: object.entity.clone(),
                id: id(&object.target)?,
                parent: object.parent.as_ref().and_then(id),
            };
            Some((address.clone(), known))
        })
        .collect()
}

/// The plan that makes the tenant as desired, or why there is none: references that the tenant does not answer.
pub fn plan(
    desired: &Desired,
    snapshot: &Snapshot,
    applied: &Applied,
) -> Result<Plan, Vec<Finding>> {
    std::thread::scope(|scope| {
        // In a tenant that needs little, hashing it is half of the work, and nothing of the rest waits for it.
        let observed = scope.spawn(|| observed(snapshot));
        let (declaration, left_alone, drafts, objects) = difference(desired, snapshot, applied)?;
        let observed = observed
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok(Plan {
            basis: basis(desired, snapshot, declaration, observed),
            steps: order::order(drafts),
            left_alone,
            objects,
        })
    })
}

/// What has to be done, the digest of what is declared, what is left alone, and what every managed object is.
fn difference(
    desired: &Desired,
    snapshot: &Snapshot,
    applied: &Applied,
) -> Result<(Digest, Vec<LeftAlone>, Drafts, Applied), Vec<Finding>> {
    let mut findings = Vec::new();
    let pairs = Pairs::build(desired, snapshot, applied, &mut findings);
    reference::check(&pairs, &mut findings);
    if finding::has_errors(&findings) {
        return Err(sorted(findings));
    }
    let declared: BTreeMap<&Address, Digest> = managed(desired)
        .map(|object| (&object.address, Digest::of(object)))
        .collect();
    let mut drafts = Drafts::default();
    let mut left_alone = Vec::new();
    removal::remove(&pairs, applied, &mut drafts, &mut left_alone, &mut findings);
    write::write(
        &pairs,
        applied,
        &declared,
        &mut drafts,
        &mut left_alone,
        &mut findings,
    );
    if finding::has_errors(&findings) {
        return Err(sorted(findings));
    }
    exclusive::wait(&pairs, &mut drafts);
    sibling::make_room(&mut drafts, snapshot);
    left_alone.extend(unmanaged(&pairs));
    left_alone.sort();
    let declaration = declaration_digest(&declared);
    Ok((declaration, left_alone, drafts, objects(&pairs, declared)))
}

/// The digest of everything that the declaration desires in this environment.
pub fn declaration(desired: &Desired) -> Digest {
    let declared = managed(desired)
        .map(|object| (&object.address, Digest::of(object)))
        .collect();
    declaration_digest(&declared)
}

fn declaration_digest(declared: &BTreeMap<&Address, Digest>) -> Digest {
    Digest::of(declared)
}

fn managed(desired: &Desired) -> impl Iterator<Item = &DesiredObject> {
    desired
        .objects
        .values()
        .filter(|object| object.management == Management::Managed)
}

fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    finding::sort(&mut findings);
    findings
}

/// The digest of each observed object.
fn observed(snapshot: &Snapshot) -> BTreeMap<ObjectId, Digest> {
    snapshot
        .objects
        .iter()
        .chain(&snapshot.deleted)
        .map(|(id, object)| (id.clone(), Digest::of(object)))
        .collect()
}

fn basis(
    desired: &Desired,
    snapshot: &Snapshot,
    declaration: Digest,
    observed: BTreeMap<ObjectId, Digest>,
) -> Basis {
    let Snapshot {
        tenant,
        domains,
        // Each by its digest.
        objects: _,
        deleted: _,
        types: _,
        // Somebody else's new application moves no ground under a plan.
        totals: _,
    } = snapshot;
    Basis {
        tenant: tenant.clone(),
        environment: desired.environment.clone(),
        declaration,
        snapshot: Digest::of(&(tenant, domains, &observed)),
        observed,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn objects(pairs: &Pairs<'_>, declared: BTreeMap<&Address, Digest>) -> Applied {
    managed(pairs.desired)
        .zip(declared)
        .map(|(object, (address, declared))| {
            let managed = ManagedObject {
                entity: object.entity.to_owned(),
                target: pairs.target(address),
                parent: object.parent.as_ref().map(|parent| pairs.target(parent)),
                declared,
                deletion: object.deletion,
            };
            (address.clone(), managed)
        })
        .collect()
}

/// What the tenant has besides: counted where the tenant says how many there are in all.
fn unmanaged(pairs: &Pairs<'_>) -> Vec<LeftAlone> {
    let mut ours: BTreeMap<&str, u64> = BTreeMap::new();
    for (object, pair) in pairs.all() {
        match (object.management, pair) {
            (Management::Managed, Pair::Existing(_)) => {
                *ours.entry(object.entity).or_default() += 1;
            }
            (Management::ReferredTo | Management::Ensured, _)
            | (_, Pair::Deleted(_) | Pair::Planned | Pair::Absent | Pair::Ambiguous) => {}
        }
    }
    pairs
        .snapshot
        .totals
        .iter()
        .filter_map(|(entity, total)| {
            let count = total.saturating_sub(ours.get(entity.as_str()).copied().unwrap_or(0));
            (count > 0).then(|| LeftAlone {
                subject: None,
                what: format!("{entity}s"),
                count,
            })
        })
        .collect()
}
