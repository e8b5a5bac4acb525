//! Drafts for what is desired: objects created or changed, links added or removed.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::surplus;
use super::detach::detach;
use super::draft::{Draft, Drafts, Place, lane, needs};
use super::known::at;
use super::pair::{Pair, Pairs};
use super::stage::{self, Cause, Stage, removed_items};
use super::{Action, Applied, Inverse, LeftAlone, Reason, Target};
use crate::address::{Address, ObjectId};
use crate::digest::Digest;
use crate::finding::Finding;
use crate::kind;
use crate::kind::entity::{Entity, Last};
use crate::object::{Coverage, DesiredObject, Key, Management, ObservedObject, Properties, Value};

/// Adds the drafts of every object that is desired.
pub(super) fn write<'a>(
    pairs: &Pairs<'a>,
    applied: &Applied,
    declared: &BTreeMap<&'a Address, Digest>,
    drafts: &mut Drafts,
    left_alone: &mut Vec<LeftAlone>,
    findings: &mut Vec<Finding>,
) {
    let detached = detach(pairs);
    let none = BTreeMap::new();
    for (object, pair) in pairs.all() {
        let mut writer = Writer {
            pairs,
            object,
            entity: kind::entity(object.entity),
            applied,
            declared,
            drafts,
            left_alone,
            findings,
        };
        let detached = || detached.get(&object.address).unwrap_or(&none);
        match (object.management, pair) {
            (Management::ReferredTo, _) | (_, Pair::Absent | Pair::Ambiguous) => {}
            (Management::Managed, Pair::Existing(observed)) => writer.change(observed, None),
            (Management::Managed, Pair::Deleted(observed)) => {
                let revived = writer.revive(observed);
                writer.change(observed, Some(revived));
            }
            (Management::Ensured, Pair::Deleted(observed)) => {
                writer.revive(observed);
            }
            (Management::Managed | Management::Ensured, Pair::Planned) => writer.create(detached()),
            (Management::Ensured, Pair::Existing(_)) => {}
        }
    }
}

struct Writer<'w, 'a> {
    pairs: &'w Pairs<'a>,
    object: &'a DesiredObject,
    entity: &'static Entity,
    applied: &'w Applied,
    /// The digest of what is declared now of every managed object.
    declared: &'w BTreeMap<&'a Address, Digest>,
    drafts: &'w mut Drafts,
    left_alone: &'w mut Vec<LeftAlone>,
    findings: &'w mut Vec<Finding>,
}

impl<'a> Writer<'_, 'a> {
    fn create(&mut self, detached: &BTreeMap<&str, BTreeSet<Address>>) {
        let paths = detached.keys().copied().collect();
        let (mut properties, values, stages) =
            stage::creation(self.pairs, self.entity, self.object, &paths);
        if let (Management::Ensured, Key::Properties(key)) =
            (self.object.management, &self.object.key)
        {
            for (name, value) in key {
                properties.insert(name.clone(), value.clone());
            }
        }
        let action = Action::Create {
            properties,
            revive: None,
        };
        let needs = self.needs_of(&values);
        let reason = self.reason(Vec::new);
        let created = self.push(action, reason, needs, BTreeSet::new());
        let mut waits_for: BTreeSet<Address> = detached.values().flatten().cloned().collect();
        if waits_for.is_empty() {
            waits_for.insert(self.object.address.clone());
        }
        let waits_for: Vec<Address> = waits_for.into_iter().collect();
        self.stages(stages, Some(created), Some(waits_for));
        self.links(None, Some(created), &[]);
    }

    fn revive(&mut self, observed: &ObservedObject) -> Place {
        let action = Action::Create {
            properties: Properties::new(),
            revive: Some(observed.id.clone()),
        };
        let key: Vec<&Value> = match &self.object.key {
            Key::Properties(properties) => properties.values().collect(),
            Key::Id(_) => Vec::new(),
        };
        let needs = self.needs_of(&key);
        let reason = self.reason(Vec::new);
        self.push(action, reason, needs, BTreeSet::new())
    }

    fn change(&mut self, observed: &ObservedObject, revived: Option<Place>) {
        let stages = stage::change(
            self.pairs,
            self.entity,
            self.object,
            observed,
            self.findings,
        );
        let updates = self.stages(stages, revived, None);
        self.go_back_to(observed, &updates);
        for (path, desired) in &self.object.properties {
            if desired.coverage == Coverage::AtLeast
                && let Some(property) = self.entity.property(path)
            {
                let known = self.pairs.known(&desired.value);
                let count = surplus(&property.form, &known, at(observed, path));
                self.leave(path, count);
            }
        }
        self.links(Some(observed), revived, &updates);
    }

    /// Adds one update for each stage, one after the other. `later` says why those of a new object are not in its
    /// creation.
    fn stages(
        &mut self,
        stages: Vec<Stage<'a>>,
        first: Option<Place>,
        later: Option<Vec<Address>>,
    ) -> Vec<Place> {
        let mut places = Vec::new();
        if stages.is_empty() {
            return places;
        }
        let mut before: BTreeSet<Place> = first.into_iter().collect();
        before.extend(self.unassigned_first());
        before.extend(self.followed_first(&stages));
        for stage in stages {
            let Stage {
                was,
                will,
                cause,
                values,
            } = stage;
            let reason = match (cause, &later) {
                (Cause::DisableFirst(items), _) => Reason::DisableFirst { items },
                (Cause::Wanted | Cause::Later, Some(waits_for)) => Reason::Detached {
                    waits_for: waits_for.clone(),
                },
                (Cause::Later, None) => Reason::Detached {
                    waits_for: vec![self.object.address.clone()],
                },
                (Cause::Wanted, None) => self.reason(|| will.keys().cloned().collect()),
            };
            let needs = self.needs_of(&values);
            let action = Action::Update {
                target: self.pairs.target(&self.object.address),
                was,
                will,
            };
            let place = self.push(action, reason, needs, std::mem::take(&mut before));
            before.insert(place);
            places.push(place);
        }
        places
    }

    /// What the whole shows as well goes back to what was seen, not to what the whole makes of it meanwhile: written, it
    /// would stay when the whole goes back.
    fn go_back_to(&mut self, observed: &ObservedObject, updates: &[Place]) {
        for place in updates {
            let draft = &mut self.drafts.all[*place];
            let Action::Update { target, was, will } = &draft.action else {
                continue;
            };
            let mut then = was.clone();
            for name in self.entity.follows {
                if let (Some(value), Some(seen)) =
                    (then.get_mut(*name), observed.properties.get(*name))
                {
                    value.clone_from(seen);
                }
            }
            if then != *was {
                let undo = Action::Update {
                    target: target.clone(),
                    was: will.clone(),
                    will: then,
                };
                draft.inverse = Some(Inverse::Undo(Box::new(undo)));
            }
        }
    }

    /// What is compared with what the whole shows is written after the whole.
    fn followed_first(&self, stages: &[Stage<'_>]) -> Option<Place> {
        let root = self.object.address.root();
        let mut names = self.entity.follows.iter();
        let follows = names.any(|name| stages.iter().any(|stage| stage.will.contains_key(*name)));
        (follows && root != self.object.address)
            .then(|| self.drafts.last_write_of(&root))
            .flatten()
    }

    /// The deletions of assignments of items that go: an app role must be nobody's before it is removed.
    fn unassigned_first(&self) -> BTreeSet<Place> {
        let mut places = BTreeSet::new();
        for switched in self.entity.switched {
            let Some((entity, property)) = switched.assigned_by else {
                continue;
            };
            for id in removed_items(self.pairs, self.object, switched).keys() {
                for place in self.drafts.ends_of(id) {
                    if let Action::Delete { was, .. } = &self.drafts.all[*place].action
                        && was.entity == entity
                        && was.text(property) == Some(id)
                    {
                        places.insert(*place);
                    }
                }
            }
        }
        places
    }

    fn links(
        &mut self,
        observed: Option<&ObservedObject>,
        created: Option<Place>,
        updates: &[Place],
    ) {
        let object = self.object;
        for (relation, desired) in &object.relations {
            let mut first: BTreeSet<Place> = created.into_iter().collect();
            first.extend(self.before_links(relation, updates));
            let mut kept = self.kept_owner(relation, observed);
            let nobody = BTreeSet::new();
            let there = observed
                .and_then(|observed| observed.links.get(relation))
                .unwrap_or(&nobody);
            let mut wanted: BTreeSet<ObjectId> = BTreeSet::new();
            let mut added: BTreeSet<Place> = BTreeSet::new();
            for link in &desired.links {
                let to = self.pairs.target(&link.to);
                match &to {
                    Target::Existing(id) if there.contains(id) => {
                        wanted.insert(id.clone());
                    }
                    Target::Existing(_) | Target::Planned(_) => {
                        let needs = vec![link.to.clone()];
                        let is_user = self.is_user(&to);
                        let place = self.link(relation, to, Linking::Link, needs, first.clone());
                        if is_user {
                            self.drafts.all[place].inverse =
                                kept.take().map(|why| Inverse::Irreversible(why.to_owned()));
                        }
                        added.insert(place);
                    }
                }
            }
            let rest: Vec<&ObjectId> = there.iter().filter(|id| !wanted.contains(id)).collect();
            match desired.coverage {
                Coverage::AtLeast | Coverage::OnCreate => self.leave(relation, rest.len() as u64),
                Coverage::Exact => {
                    let last = self.entity.relation(relation).map(|relation| relation.last);
                    let mut after = first;
                    if last == Some(Last::KeptByGraph) {
                        after.extend(&added);
                    }
                    for id in rest {
                        let to = Target::Existing(id.clone());
                        self.link(relation, to, Linking::Unlink, Vec::new(), after.clone());
                    }
                }
            }
        }
    }

    /// The updates that come before a link of the relation.
    fn before_links(&self, relation: &str, updates: &[Place]) -> Option<Place> {
        let relation = self.entity.relation(relation)?;
        let changes = |place: &&Place| match &self.drafts.all[**place].action {
            Action::Update { will, .. } => {
                relation.after.iter().any(|name| will.contains_key(*name))
            }
            Action::Create { .. }
            | Action::Delete { .. }
            | Action::Link { .. }
            | Action::Unlink { .. } => false,
        };
        updates.iter().rev().find(changes).copied()
    }

    /// Why the first user who is linked to an object that was there cannot be unlinked again, when that is so.
    fn kept_owner(
        &self,
        relation: &str,
        observed: Option<&ObservedObject>,
    ) -> Option<&'static str> {
        let there = observed?.links.get(relation)?;
        match self.entity.relation(relation)?.last {
            Last::Removable => None,
            Last::KeptByGraph => {
                let mut targets = there.iter().cloned().map(Target::Existing);
                (!targets.any(|target| self.is_user(&target)))
                    .then_some("Graph keeps the last owner who is a user")
            }
        }
    }

    fn is_user(&self, target: &Target) -> bool {
        let Target::Existing(id) = target else {
            return false;
        };
        let snapshot = self.pairs.snapshot;
        let observed = snapshot
            .objects
            .get(id)
            .map(|object| object.entity.as_str());
        observed.or(snapshot.types.get(id).map(String::as_str)) == Some("user")
    }

    fn link(
        &mut self,
        relation: &str,
        to: Target,
        linking: Linking,
        needs: Vec<Address>,
        after: BTreeSet<Place>,
    ) -> Place {
        let from = self.pairs.target(&self.object.address);
        let relation = relation.to_owned();
        let (action, reason) = match linking {
            Linking::Link => {
                let reason = self.reason(|| vec![relation.clone()]);
                (Action::Link { from, relation, to }, reason)
            }
            Linking::Unlink => (Action::Unlink { from, relation, to }, Reason::Undeclared),
        };
        self.push(action, reason, needs, after)
    }

    fn push(
        &mut self,
        action: Action,
        reason: Reason,
        needs: Vec<Address>,
        after: BTreeSet<Place>,
    ) -> Place {
        let parent = self
            .object
            .parent
            .as_ref()
            .map(|parent| self.pairs.target(parent));
        let own = self.pairs.target(&self.object.address);
        self.drafts.push(Draft {
            subject: self.object.address.clone(),
            entity: self.entity,
            lane: lane(self.entity, &own, parent.as_ref()),
            parent,
            action,
            reason,
            needs,
            after,
            inverse: None,
        })
    }

    /// Everything that desired values name, and what contains the object.
    fn needs_of(&self, values: &[&Value]) -> Vec<Address> {
        let mut all: Vec<Address> = values
            .iter()
            .flat_map(|value| needs(value, self.pairs))
            .filter(|address| *address != self.object.address)
            .collect();
        all.extend(self.object.parent.clone());
        all
    }

    fn reason(&self, properties: impl FnOnce() -> Vec<String>) -> Reason {
        if self.is_drift() {
            Reason::Drifted {
                properties: properties(),
            }
        } else {
            Reason::Declared
        }
    }

    /// Whether the declaration of the object is what it was when it was last applied.
    fn is_drift(&self) -> bool {
        let address = &self.object.address;
        self.declared.get(address).is_some_and(|now| {
            self.applied
                .get(address)
                .is_some_and(|managed| managed.declared == *now)
        })
    }

    fn leave(&mut self, what: &str, count: u64) {
        if count > 0 {
            self.left_alone.push(LeftAlone {
                subject: Some(self.object.address.clone()),
                what: what.to_owned(),
                count,
            });
        }
    }
}

#[derive(Clone, Copy)]
enum Linking {
    Link,
    Unlink,
}
