//! What is judged, and how it is read.

use crate::address::{Address, ObjectId};
use crate::finding::Origin;
use crate::object::{DesiredObject, Key, ObservedObject, Value};
use crate::observe::Snapshot;
use crate::plan::{Action, Applied, Plan, Step, Target};
use crate::resolve::Desired;

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub desired: &'a Desired,
    pub snapshot: &'a Snapshot,
    pub plan: &'a Plan,
    /// What the last receipt has: it knows of objects that the root no longer speaks of.
    pub applied: &'a Applied,
}

impl Case<'_> {
    /// Where a person can do something about an object: its own place, that of the object that it is a part of, or
    /// the project's file when the root no longer speaks of it.
    pub(super) fn origin(&self, address: &Address) -> Origin {
        [address.clone(), address.root()]
            .iter()
            .find_map(|address| self.desired.objects.get(address))
            .map_or_else(|| self.project(), |object| object.origin.clone())
    }

    /// The place of what is about the root as a whole.
    pub(super) fn project(&self) -> Origin {
        Origin::start_of(&self.desired.settings.project_file)
    }

    /// The place where a relation of an object is declared, else that of the object.
    pub(super) fn relation_origin(&self, address: &Address, relation: &str) -> Origin {
        self.desired
            .objects
            .get(address)
            .and_then(|object| object.relations.get(relation))
            .map_or_else(|| self.origin(address), |relation| relation.origin.clone())
    }

    /// The object with this address as it was observed.
    pub(super) fn observed(&self, address: &Address) -> Option<&ObservedObject> {
        let known = [&self.plan.objects, self.applied]
            .into_iter()
            .find_map(|objects| objects.get(address))
            .and_then(|object| match &object.target {
                Target::Existing(id) => self.snapshot.objects.get(id),
                Target::Planned(_) => None,
            });
        known.or_else(|| self.observed_by_key(self.desired.objects.get(address)?))
    }

    fn observed_by_key(&self, object: &DesiredObject) -> Option<&ObservedObject> {
        match &object.key {
            Key::Id(id) => self.snapshot.objects.get(id),
            Key::Properties(properties) => self.snapshot.objects.values().find(|observed| {
                observed.entity == object.entity
                    && properties.iter().all(|(name, value)| {
                        let is = observed.text(name).map(str::to_lowercase);
                        is.is_some() && is == value.as_text().map(str::to_lowercase)
                    })
            }),
        }
    }

    /// What people call an object: its address, the name that the tenant knows it by, or its id.
    pub(super) fn name(&self, id: &ObjectId) -> String {
        let is = Target::Existing(id.clone());
        let managed = [&self.plan.objects, self.applied]
            .into_iter()
            .flatten()
            .find(|(_, object)| object.target == is)
            .map(|(address, _)| address.to_string());
        managed
            .or_else(|| self.desired_name(id))
            .or_else(|| self.observed_name(id))
            .unwrap_or_else(|| id.to_string())
    }

    fn desired_name(&self, id: &ObjectId) -> Option<String> {
        self.desired
            .objects
            .values()
            .find(|object| {
                self.observed_by_key(object)
                    .is_some_and(|observed| observed.id == *id)
            })
            .map(|object| object.address.to_string())
    }

    fn observed_name(&self, id: &ObjectId) -> Option<String> {
        let observed = self.snapshot.objects.get(id)?;
        ["userPrincipalName", "displayName"]
            .into_iter()
            .find_map(|property| observed.text(property))
            .map(|name| format!("{} `{name}`", observed.entity))
    }

    /// What people call what a step speaks of.
    pub(super) fn target_name(&self, target: &Target) -> String {
        match target {
            Target::Existing(id) => self.name(id),
            Target::Planned(address) => address.to_string(),
        }
    }

    /// What people call the object whose id is this value.
    pub(super) fn value_name(&self, value: &Value) -> String {
        match value {
            Value::Text(id) => self.name(&ObjectId::new(id)),
            Value::Computed(template) => match template.0.as_slice() {
                [crate::object::Part::Property { of, .. }] => of.to_string(),
                _ => template.to_string(),
            },
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::List(_) | Value::Map(_) => {
                "an unknown object".to_owned()
            }
        }
    }

    /// The steps that remove something for which a declared object stands: an object of its own or a part of one.
    pub(super) fn deletes(&self) -> impl Iterator<Item = &Step> {
        self.plan.steps.iter().filter(|step| match step.action {
            Action::Delete { .. } => true,
            Action::Create { .. }
            | Action::Update { .. }
            | Action::Link { .. }
            | Action::Unlink { .. } => false,
        })
    }

    /// What a step does, as the rest of a sentence that begins with "the plan".
    pub(super) fn deed(&self, step: &Step) -> String {
        let subject = &step.subject;
        match &step.action {
            Action::Create { revive: None, .. } => format!("creates {subject}"),
            Action::Create {
                revive: Some(_), ..
            } => format!("takes {subject} out of the recycle bin"),
            Action::Update { will, .. } => {
                let names: Vec<String> = will.keys().map(|name| format!("`{name}`")).collect();
                format!("changes {} of {subject}", names.join(", "))
            }
            Action::Delete { .. } => format!("deletes {subject}"),
            Action::Link { relation, to, .. } => format!(
                "adds {} to the {relation} of {subject}",
                self.target_name(to)
            ),
            Action::Unlink { relation, to, .. } => format!(
                "removes {} from the {relation} of {subject}",
                self.target_name(to)
            ),
        }
    }
}

/// The first few names, and how many more there are.
pub(super) fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `1 object`, `2 objects`.
pub(super) fn objects(count: usize) -> String {
    match count {
        1 => "1 object".to_owned(),
        count => format!("{count} objects"),
    }
}
