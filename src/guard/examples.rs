//! Cases made by hand, small enough to be read in a test.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Case;
use crate::address::{Address, Name, ObjectId, TenantId};
use crate::digest::Digest;
use crate::finding::{Finding, Origin};
use crate::object::{
    Coverage, Deletion, DesiredObject, DesiredProperty, Key, Management, ObservedObject, Value,
};
use crate::observe::Snapshot;
use crate::plan::{
    Action, Applied, Basis, Inverse, ManagedObject, Plan, Reason, Risk, Step, StepId, Target,
};
use crate::resolve::{Desired, Settings, TenantChoice};

pub(super) const TENANT: &str = "7f3c2a10-0000-4000-8000-000000000001";

/// A case that is being made.
pub(super) struct Example {
    pub(super) desired: Desired,
    pub(super) snapshot: Snapshot,
    plan: Plan,
    applied: Applied,
}

/// The id of the object that a test calls so.
pub(super) fn id_of(name: &str) -> ObjectId {
    ObjectId::new(&format!("id-of-{name}"))
}

impl Example {
    /// Nothing is desired, observed, planned or applied.
    pub(super) fn new() -> Example {
        let tenant = TenantId::new(TENANT);
        let environment = Name::new("prod");
        Example {
            desired: Desired {
                project: Name::new("contoso"),
                environment: environment.clone(),
                tenant: TenantChoice::Emulator,
                objects: BTreeMap::new(),
                settings: Settings {
                    project_file: Arc::from("identities/idac.yaml"),
                    ..Settings::default()
                },
                warnings: Vec::new(),
            },
            snapshot: Snapshot {
                tenant: tenant.clone(),
                domains: vec!["contoso.onmicrosoft.com".into(), "contoso.com".into()],
                objects: BTreeMap::new(),
                deleted: BTreeMap::new(),
                types: BTreeMap::new(),
                totals: BTreeMap::new(),
            },
            plan: Plan {
                basis: Basis {
                    tenant,
                    environment,
                    declaration: Digest::of(&"declaration"),
                    snapshot: Digest::of(&"snapshot"),
                    observed: BTreeMap::new(),
                    version: "0.1.0".to_owned(),
                },
                steps: Vec::new(),
                left_alone: Vec::new(),
                objects: BTreeMap::new(),
            },
            applied: BTreeMap::new(),
        }
    }

    /// What a guardrail says of the case: `file:line: message`.
    pub(super) fn messages(&self, check: fn(&Case<'_>) -> Vec<Finding>) -> Vec<String> {
        let case = Case {
            desired: &self.desired,
            snapshot: &self.snapshot,
            plan: &self.plan,
            applied: &self.applied,
        };
        check(&case)
            .iter()
            .map(|finding| {
                let Origin { file, line, .. } = &finding.origin;
                format!("{file}:{line}: {}", finding.message)
            })
            .collect()
    }

    /// Declares an object in a file of its own.
    pub(super) fn desire(&mut self, entity: &'static str, address: &Address) -> &mut DesiredObject {
        let origin = Origin::start_of(&format!("identities/{}.yaml", address.name()));
        let object = DesiredObject {
            address: address.clone(),
            entity,
            parent: None,
            management: Management::Managed,
            key: Key::Id(id_of(address.name())),
            previously: None,
            properties: BTreeMap::new(),
            relations: BTreeMap::new(),
            sets: Vec::new(),
            deletion: Deletion::Allowed,
            references: Vec::new(),
            origin,
        };
        self.desired
            .objects
            .entry(address.clone())
            .or_insert(object)
    }

    /// Declares a property of an object that is desired.
    pub(super) fn desire_property(&mut self, address: &Address, path: &str, value: Value) {
        let object = self
            .desired
            .objects
            .get_mut(address)
            .expect("the object is desired");
        let property = DesiredProperty {
            value,
            coverage: Coverage::Exact,
            origin: object.origin.clone(),
        };
        object.properties.insert(path.to_owned(), property);
    }

    /// Refers to a user, who is in the tenant.
    pub(super) fn refer_to_user(&mut self, name: &str) -> Address {
        let address = Address::new("user", name);
        let object = self.desire("user", &address);
        object.management = Management::ReferredTo;
        let key = [("userPrincipalName".to_owned(), Value::text(name))];
        object.key = Key::Properties(key.clone().into());
        self.observe("user", &address).properties = key.into();
        self.snapshot.types.insert(id_of(name), "user".to_owned());
        address
    }

    /// Puts an object into the last receipt.
    pub(super) fn applied(&mut self, entity: &str, address: &Address) -> &mut ManagedObject {
        self.applied
            .entry(address.clone())
            .or_insert(ManagedObject {
                entity: entity.to_owned(),
                target: Target::Existing(id_of(address.name())),
                parent: None,
                declared: Digest::of(&"declared"),
                deletion: Deletion::Allowed,
            })
    }

    /// Puts an object into the tenant.
    pub(super) fn observe(&mut self, entity: &str, address: &Address) -> &mut ObservedObject {
        let id = id_of(address.name());
        self.snapshot
            .objects
            .entry(id.clone())
            .or_insert(observed(entity, id))
    }

    /// Plans to create an object.
    pub(super) fn create(
        &mut self,
        entity: &str,
        address: &Address,
        properties: &[(&str, &str)],
    ) -> &mut Step {
        let properties = properties
            .iter()
            .map(|(name, text)| ((*name).to_owned(), Value::text(*text)))
            .collect();
        let action = Action::Create {
            properties,
            revive: None,
        };
        self.step(entity, address, action, Inverse::DeleteCreated)
    }

    /// Plans to change properties: name, before, after.
    pub(super) fn update(&mut self, address: &Address, changes: &[(&str, Value, Value)]) {
        let side = |pick: fn(&(&str, Value, Value)) -> Value| {
            changes
                .iter()
                .map(|change| (change.0.to_owned(), pick(change)))
                .collect::<BTreeMap<_, _>>()
        };
        let was = side(|change| change.1.clone());
        let will = side(|change| change.2.clone());
        let target = Target::Existing(id_of(address.name()));
        let action = |was, will| Action::Update {
            target: target.clone(),
            was,
            will,
        };
        let inverse = Inverse::Undo(Box::new(action(will.clone(), was.clone())));
        self.step(address.kind(), address, action(was, will), inverse);
    }

    /// Plans to delete an object.
    pub(super) fn delete(&mut self, address: &Address) -> &mut Step {
        let id = id_of(address.name());
        let action = Action::Delete {
            target: Target::Existing(id.clone()),
            was: observed(address.kind(), id),
        };
        self.step(address.kind(), address, action, Inverse::RestoreDeleted)
    }

    /// Plans to add the object that a test calls `to`.
    pub(super) fn link(&mut self, address: &Address, relation: &str, to: &str) {
        let (link, unlink) = both_ways(address, relation, to);
        self.step(
            address.kind(),
            address,
            link,
            Inverse::Undo(Box::new(unlink)),
        );
    }

    /// Plans to remove the object that a test calls `to`.
    pub(super) fn unlink(&mut self, address: &Address, relation: &str, to: &str) {
        let (link, unlink) = both_ways(address, relation, to);
        self.step(
            address.kind(),
            address,
            unlink,
            Inverse::Undo(Box::new(link)),
        );
    }

    fn step(
        &mut self,
        entity: &str,
        subject: &Address,
        action: Action,
        inverse: Inverse,
    ) -> &mut Step {
        let id = StepId(self.plan.steps.len() as u32 + 1);
        self.plan.steps.push(Step {
            id,
            subject: subject.clone(),
            entity: entity.to_owned(),
            parent: None,
            action,
            inverse,
            after: BTreeSet::new(),
            lane: None,
            reason: Reason::Declared,
            risk: Risk::None,
        });
        self.plan.steps.last_mut().expect("it was just pushed")
    }
}

fn both_ways(address: &Address, relation: &str, to: &str) -> (Action, Action) {
    let from = Target::Existing(id_of(address.name()));
    let to = Target::Existing(id_of(to));
    let relation = relation.to_owned();
    let link = Action::Link {
        from: from.clone(),
        relation: relation.clone(),
        to: to.clone(),
    };
    (link, Action::Unlink { from, relation, to })
}

fn observed(entity: &str, id: ObjectId) -> ObservedObject {
    ObservedObject {
        entity: entity.to_owned(),
        id,
        parent: None,
        properties: BTreeMap::new(),
        links: BTreeMap::new(),
    }
}
