//! Steps before they have a number: what is to be written, and what must be written before it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::pair::Pairs;
use super::{Action, Inverse, Reason, Risk, Target};
use crate::address::{Address, ObjectId};
use crate::graph::facts;
use crate::kind;
use crate::kind::entity::{Creation, Entity, Form, Lane, Removal, Write};
use crate::object::{ObservedObject, Properties, Value};

/// The place of a draft in [`Drafts`].
pub(super) type Place = usize;

/// A step without a number.
pub(super) struct Draft {
    pub(super) subject: Address,
    pub(super) entity: &'static Entity,
    pub(super) parent: Option<Target>,
    pub(super) lane: Option<Target>,
    pub(super) action: Action,
    pub(super) reason: Reason,
    /// Objects that must exist before; those that no draft creates are ignored.
    pub(super) needs: Vec<Address>,
    pub(super) after: BTreeSet<Place>,
    /// How it is undone, where that does not follow from what it does.
    pub(super) inverse: Option<Inverse>,
}

/// All steps of a plan, in no order.
#[derive(Default)]
pub(super) struct Drafts {
    pub(super) all: Vec<Draft>,
    /// The draft that creates each object that is created.
    creates: HashMap<Address, Place>,
    /// The last draft that creates or updates each object.
    last_write: HashMap<Address, Place>,
    /// The drafts that delete something, by what they delete.
    deletes: BTreeMap<ObjectId, Place>,
    /// The drafts that delete an assignment or a grant, by every id that it names.
    ends: HashMap<String, Vec<Place>>,
}

impl Drafts {
    pub(super) fn push(&mut self, draft: Draft) -> Place {
        let place = self.all.len();
        match &draft.action {
            Action::Create { .. } => {
                self.creates.insert(draft.subject.clone(), place);
                self.last_write.insert(draft.subject.clone(), place);
            }
            Action::Update { .. } => {
                self.last_write.insert(draft.subject.clone(), place);
            }
            Action::Delete { was, .. } => {
                self.deletes.insert(was.id.clone(), place);
                if grants(draft.entity) {
                    for id in was.properties.values().filter_map(Value::as_text) {
                        let id = id.trim_start_matches('/').to_owned();
                        self.ends.entry(id).or_default().push(place);
                    }
                }
            }
            Action::Link { .. } | Action::Unlink { .. } => {}
        }
        self.all.push(draft);
        place
    }

    /// Adds a write that comes before those of its object which are here already.
    pub(super) fn push_before(&mut self, draft: Draft) -> Place {
        self.all.push(draft);
        self.all.len() - 1
    }

    /// The last draft so far that creates or updates the object.
    pub(super) fn last_write_of(&self, address: &Address) -> Option<Place> {
        self.last_write.get(address).copied()
    }

    pub(super) fn is_deleted(&self, id: &ObjectId) -> bool {
        self.deletes.contains_key(id)
    }

    /// The drafts that delete an assignment or a grant which names this id.
    pub(super) fn ends_of(&self, id: &str) -> &[Place] {
        self.ends.get(id).map_or(&[], Vec::as_slice)
    }

    /// Turns what drafts need into the drafts that they come after.
    pub(super) fn connect(&mut self) {
        let mut after: Vec<BTreeSet<Place>> = vec![BTreeSet::new(); self.all.len()];
        for (place, draft) in self.all.iter().enumerate() {
            for address in &draft.needs {
                after[place].extend(self.creates.get(address));
                if grants(draft.entity) {
                    // What an assignment names must be stored and published, not only there.
                    after[place].extend(self.last_write.get(&address.root()));
                }
            }
        }
        for (id, deletion) in &self.deletes {
            after[*deletion].extend(self.ends_of(id.as_str()));
        }
        for (place, draft) in self.all.iter().enumerate() {
            // Graph finds no link to what it no longer finds itself.
            if let Action::Unlink {
                to: Target::Existing(id),
                ..
            } = &draft.action
                && let Some(deletion) = self.deletes.get(id)
            {
                after[*deletion].insert(place);
            }
        }
        for (place, (draft, mut after)) in self.all.iter_mut().zip(after).enumerate() {
            draft.after.append(&mut after);
            draft.after.remove(&place);
        }
    }
}

/// Whether an object of the entity says who may do what, naming others by their ids.
pub(super) fn grants(entity: &Entity) -> bool {
    match entity.creation {
        Creation::Post { .. } => true,
        Creation::Upsert { .. } | Creation::Never => false,
    }
}

/// The target whose writes exclude each other with those of this object.
pub(super) fn lane(entity: &Entity, own: &Target, parent: Option<&Target>) -> Option<Target> {
    match entity.lane {
        Lane::Own => Some(own.clone()),
        Lane::Parent => parent.cloned(),
        Lane::Free => None,
    }
}

/// A deletion of an observed object.
pub(super) fn delete(
    subject: Address,
    was: &ObservedObject,
    parent: Option<ObjectId>,
    reason: Reason,
) -> Draft {
    let entity = kind::entity(&was.entity);
    let target = Target::Existing(was.id.clone());
    let parent = parent.map(Target::Existing);
    Draft {
        subject,
        entity,
        lane: lane(entity, &target, parent.as_ref()),
        parent,
        action: Action::Delete {
            target,
            was: kept(entity, was),
        },
        reason,
        needs: Vec::new(),
        after: BTreeSet::new(),
        inverse: None,
    }
}

/// What a plan keeps of an object that goes. One that is made again needs no property that Graph fills in itself;
/// of assignments those are the names of people, and a plan is kept for ever.
fn kept(entity: &Entity, was: &ObservedObject) -> ObservedObject {
    let mut was = was.clone();
    match entity.removal {
        Removal::Hard => was.properties.retain(|name, _| {
            let property = entity.property(name);
            property.is_none_or(|property| property.write != Write::Never)
        }),
        Removal::Soft | Removal::Never => {}
    }
    was
}

/// How a step is undone.
pub(super) fn inverse(draft: &Draft) -> Inverse {
    if let Some(inverse) = &draft.inverse {
        return inverse.clone();
    }
    match &draft.action {
        Action::Create { properties, .. } if is_microsofts(properties) => Inverse::LeaveBehind(
            "Microsoft's own service principals cannot be deleted, and grant nothing by themselves"
                .to_owned(),
        ),
        Action::Create { .. } => Inverse::DeleteCreated,
        Action::Update { target, was, will } => undo(Action::Update {
            target: target.clone(),
            was: will.clone(),
            will: was.clone(),
        }),
        Action::Delete { was, .. } => match draft.entity.removal {
            Removal::Soft => Inverse::RestoreDeleted,
            Removal::Hard => undo(Action::Create {
                properties: made_of(draft.entity, was),
                revive: None,
            }),
            Removal::Never => Inverse::Irreversible("idac does not delete it".to_owned()),
        },
        Action::Link { from, relation, to } => undo(Action::Unlink {
            from: from.clone(),
            relation: relation.clone(),
            to: to.clone(),
        }),
        Action::Unlink { from, relation, to } => undo(Action::Link {
            from: from.clone(),
            relation: relation.clone(),
            to: to.clone(),
        }),
    }
}

/// Whether these are the properties of a service principal of Microsoft's own application.
fn is_microsofts(properties: &Properties) -> bool {
    properties
        .get("appId")
        .and_then(Value::as_text)
        .and_then(facts::well_known_application_by_id)
        .is_some_and(|known| known.owner_tenant.is_some())
}

/// Whether an observed object belongs to one of Microsoft's tenants: nobody else can delete it.
pub(super) fn belongs_to_microsoft(object: &ObservedObject) -> bool {
    matches!(
        object.text("appOwnerOrganizationId"),
        Some(facts::MICROSOFT_SERVICES_TENANT | facts::MICROSOFT_CORPORATE_TENANT)
    )
}

fn undo(action: Action) -> Inverse {
    Inverse::Undo(Box::new(action))
}

/// The properties with which an object that was deleted is created again.
fn made_of(entity: &Entity, was: &ObservedObject) -> Properties {
    entity
        .properties
        .iter()
        .filter(|property| property.write != Write::Never)
        .filter_map(|property| {
            let value = was.properties.get(property.name)?;
            (!value.is_nothing()).then(|| {
                let value = super::compare::writable_value(&property.form, value);
                (property.name.to_owned(), value)
            })
        })
        .collect()
}

/// What can go wrong for people when the step is done.
pub(super) fn risk(draft: &Draft, inverse: &Inverse) -> Risk {
    if matches!(inverse, Inverse::Irreversible(_)) {
        return Risk::Irreversible;
    }
    let is_trust = grants(draft.entity) || draft.entity.lane == Lane::Parent;
    match &draft.action {
        Action::Create { .. } if is_trust => Risk::GrantsAccess,
        Action::Create { .. } => Risk::None,
        Action::Delete { .. } => match draft.entity.removal {
            Removal::Soft => Risk::Deletes,
            Removal::Hard | Removal::Never => Risk::TakesAccess,
        },
        Action::Link { .. } => Risk::GrantsAccess,
        Action::Unlink { .. } => Risk::TakesAccess,
        Action::Update { was, will, .. } => update_risk(draft.entity, was, will, is_trust),
    }
}

fn update_risk(entity: &Entity, was: &Properties, will: &Properties, is_trust: bool) -> Risk {
    let loses_items = entity.switched.iter().any(|switched| {
        let before = enabled(was, switched.items, switched.switch);
        let after = enabled(will, switched.items, switched.switch);
        !before.is_subset(&after)
    });
    let loses_words = entity.properties.iter().any(|property| {
        matches!(property.form, Form::Words)
            && !words(was, property.name).is_subset(&words(will, property.name))
    });
    let switches_off = will.get("accountEnabled") == Some(&Value::Bool(false));
    if loses_items || loses_words || switches_off {
        Risk::TakesAccess
    } else if is_trust || grows(was, will, "api", "preAuthorizedApplications") {
        Risk::GrantsAccess
    } else {
        Risk::None
    }
}

fn grows(was: &Properties, will: &Properties, property: &str, member: &str) -> bool {
    let items = |properties: &Properties| {
        properties
            .get(property)
            .and_then(|value| value.get(member))
            .cloned()
    };
    let before = items(was).unwrap_or(Value::Null);
    let after = items(will).unwrap_or(Value::Null);
    after
        .items()
        .iter()
        .any(|item| !before.items().contains(item))
}

fn words<'v>(properties: &'v Properties, name: &str) -> BTreeSet<&'v str> {
    properties
        .get(name)
        .and_then(Value::as_text)
        .unwrap_or_default()
        .split_whitespace()
        .collect()
}

/// The ids of the items at a path that are switched on.
fn enabled<'v>(properties: &'v Properties, path: &str, switch: &str) -> BTreeSet<&'v str> {
    let mut names = path.split('.');
    let first = names.next().and_then(|name| properties.get(name));
    names
        .fold(first, |value, name| value.and_then(|value| value.get(name)))
        .map(Value::items)
        .unwrap_or_default()
        .iter()
        .filter(|item| item.get(switch) == Some(&Value::Bool(true)))
        .filter_map(|item| item.get("id").and_then(Value::as_text))
        .collect()
}

/// The objects that a desired value names: what it needs to exist.
pub(super) fn needs(value: &Value, pairs: &Pairs<'_>) -> Vec<Address> {
    let mut found = Vec::new();
    value.each_property(&mut |of, _| {
        if pairs.is_desired(of) && !found.contains(of) {
            found.push(of.clone());
        }
    });
    found
}
