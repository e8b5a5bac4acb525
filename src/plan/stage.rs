//! One object, from the state in which it is to the one that is wanted, through the states that Graph accepts in
//! between: switch off before changing or removing, store before naming.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{Merge, same, writable_value};
use super::known::at;
use super::pair::{Pair, Pairs};
use crate::finding::Finding;
use crate::kind::entity::{Entity, Form, Later, OnCreate, Property, Switched, Write};
use crate::object::{Coverage, DesiredObject, ObservedObject, Properties, Value};

/// One write of properties.
pub(super) struct Stage<'a> {
    pub(super) was: Properties,
    pub(super) will: Properties,
    pub(super) cause: Cause,
    /// The desired values that this stage writes.
    pub(super) values: Vec<&'a Value>,
}

/// Why a stage is a write of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Wanted,
    /// These items must be switched off first.
    DisableFirst(Vec<String>),
    /// It waits for an earlier write.
    Later,
}

/// What one path should come to.
struct Want<'a> {
    path: &'a str,
    form: &'static Form,
    value: Value,
    raw: &'a Value,
    stage: usize,
}

/// The properties with which an object is created, and the writes that follow.
pub(super) fn creation<'a>(
    pairs: &Pairs<'_>,
    entity: &'static Entity,
    object: &'a DesiredObject,
    detached: &BTreeSet<&str>,
) -> (Properties, Vec<&'a Value>, Vec<Stage<'a>>) {
    let mut state = Properties::new();
    let mut values = Vec::new();
    let mut delayed = Vec::new();
    for want in wants(pairs, entity, object, None) {
        if is_delayed(entity, want.path) || detached.contains(want.path) {
            delayed.push(want);
        } else {
            values.push(want.raw);
            if !want.value.is_nothing() {
                put(&mut state, want.path, want.value);
            }
        }
    }
    let created = state.clone();
    (created, values, stages(entity, state, delayed))
}

/// The writes that bring an existing object to what is desired.
pub(super) fn change<'a>(
    pairs: &Pairs<'_>,
    entity: &'static Entity,
    object: &'a DesiredObject,
    observed: &ObservedObject,
    findings: &mut Vec<Finding>,
) -> Vec<Stage<'a>> {
    let followed = followed(pairs, entity, object, observed);
    if followed.is_empty() && is_kept(pairs, entity, object, observed) {
        return Vec::new();
    }
    let mut state: Properties = entity
        .properties
        .iter()
        .filter(|property| property.write != Write::Never)
        .filter_map(|property| {
            let value = observed.properties.get(property.name)?;
            Some((
                property.name.to_owned(),
                writable_value(&property.form, value),
            ))
        })
        .collect();
    state.extend(followed);
    let mut changed = Vec::new();
    for want in wants(pairs, entity, object, Some(&state)) {
        let desired = &object.properties[want.path];
        if desired.coverage == Coverage::OnCreate
            || same(want.form, Some(&want.value), get(&state, want.path))
        {
            continue;
        }
        match entity.property(want.path).map(|property| property.write) {
            Some(Write::Always) => changed.push(want),
            Some(Write::OnCreate) => findings.push(Finding::error(
                "IDAC205",
                &desired.origin,
                format!("`{}` of {} cannot change after it was created", want.path, object.address),
                "declare another object with the new value and remove this one, or write the value that the tenant has",
            )),
            Some(Write::Never) | None => {}
        }
    }
    stages(entity, state, changed)
}

/// What the object will show, without being written itself, once that is written of which it is a part.
fn followed(
    pairs: &Pairs<'_>,
    entity: &Entity,
    object: &DesiredObject,
    observed: &ObservedObject,
) -> Properties {
    let root = object.address.root();
    let mut followed = Properties::new();
    if root == object.address {
        return followed;
    }
    let Some((whole, Pair::Existing(there) | Pair::Deleted(there))) = pairs.find_object(&root)
    else {
        return followed;
    };
    for name in entity.follows {
        let (Some(wanted), true) = (
            whole.properties.get(*name),
            object.properties.contains_key(*name),
        ) else {
            continue;
        };
        let known = pairs.known(&wanted.value);
        let list = |object: &'_ ObservedObject| -> Vec<Value> {
            object
                .properties
                .get(*name)
                .map(Value::items)
                .unwrap_or_default()
                .to_vec()
        };
        let before = list(there);
        let stays = |item: &Value| match wanted.coverage {
            Coverage::Exact => known.items().contains(item),
            Coverage::AtLeast | Coverage::OnCreate => true,
        };
        let mut shown = list(observed);
        let count = shown.len();
        shown.retain(|item| !before.contains(item) || stays(item));
        let is_less = shown.len() < count;
        let comes = known.items().iter().filter(|item| !before.contains(item));
        let comes: Vec<Value> = comes
            .filter(|item| !shown.contains(item))
            .cloned()
            .collect();
        if is_less || !comes.is_empty() {
            shown.extend(comes);
            followed.insert((*name).to_owned(), Value::List(shown));
        }
    }
    followed
}

/// Whether the object plainly is as it is desired. Nearly all are, so this comes before anything is copied.
fn is_kept(
    pairs: &Pairs<'_>,
    entity: &'static Entity,
    object: &DesiredObject,
    observed: &ObservedObject,
) -> bool {
    object.properties.iter().all(|(path, desired)| {
        let Some(property) = entity.property(path) else {
            return true;
        };
        let merge = Merge {
            coverage: desired.coverage,
            id: &|value| pairs.derive(&object.address.root(), value),
        };
        desired.coverage == Coverage::OnCreate
            || property.write == Write::Never
            || merge.keeps(
                &property.form,
                &pairs.known(&desired.value),
                at(observed, path),
            )
    })
}

fn wants<'a>(
    pairs: &Pairs<'_>,
    entity: &'static Entity,
    object: &'a DesiredObject,
    state: Option<&Properties>,
) -> Vec<Want<'a>> {
    let id = |value: &str| pairs.derive(&object.address.root(), value);
    object
        .properties
        .iter()
        .filter_map(|(path, desired)| {
            let property = entity.property(path)?;
            let merge = Merge {
                coverage: desired.coverage,
                id: &id,
            };
            let known = pairs.known(&desired.value);
            let there = state.and_then(|state| get(state, path));
            Some(Want {
                path,
                form: &property.form,
                value: merge.merge(&property.form, &known, there),
                raw: &desired.value,
                stage: 1,
            })
        })
        .collect()
}

/// Whether the path may not be in the request that creates the object.
pub(super) fn is_delayed(entity: &Entity, path: &str) -> bool {
    entity
        .later
        .iter()
        .any(|later| later.property == path && later.on_create == OnCreate::Later)
}

/// The states between `state` and the one in which every want is met, as writes.
fn stages<'a>(
    entity: &'static Entity,
    state: Properties,
    mut wants: Vec<Want<'a>>,
) -> Vec<Stage<'a>> {
    number(entity.later, &mut wants);
    forget_removed(entity, &state, &mut wants);
    let mut walk = Walk {
        entity,
        state,
        stages: Vec::new(),
    };
    let restored = walk.disable(&wants);
    let last = wants.iter().map(|want| want.stage).max().unwrap_or(0);
    for stage in 1..=last {
        let mut next = walk.state.clone();
        let mut values = Vec::new();
        for want in wants.iter().filter(|want| want.stage == stage) {
            put(&mut next, want.path, want.value.clone());
            values.push(want.raw);
        }
        let cause = if stage == 1 {
            Cause::Wanted
        } else {
            Cause::Later
        };
        walk.write(next, cause, values);
    }
    let mut next = walk.state.clone();
    for (path, value) in restored {
        put(&mut next, path, value);
    }
    walk.write(next, Cause::Later, Vec::new());
    walk.stages
}

/// What a list that only grows keeps of what the tenant has must not name items that go or are switched off.
fn forget_removed(entity: &Entity, state: &Properties, wants: &mut [Want<'_>]) {
    for switched in entity.switched {
        let Some((path, member)) = switched.named_in else {
            continue;
        };
        let Some(items) = wants.iter().find(|want| want.path == switched.items) else {
            continue;
        };
        let there = get(state, switched.items).unwrap_or(&Value::Null);
        let removed: BTreeSet<String> = (there.items().iter())
            .filter_map(|item| item.get("id").and_then(Value::as_text))
            .filter(|id| match is_on(switched, there, id) {
                true => !is_on(switched, &items.value, id),
                false => !has_id(&items.value, id),
            })
            .map(str::to_owned)
            .collect();
        if let Some(want) = wants.iter_mut().find(|want| want.path == path)
            && !removed.is_empty()
        {
            want.value = drop_named(&want.value, member, &|id| removed.contains(id));
        }
    }
}

/// A path comes after those that must be stored before it and change too.
fn number(later: &'static [Later], wants: &mut [Want<'_>]) {
    let paths: BTreeSet<String> = wants.iter().map(|want| want.path.to_owned()).collect();
    let mut stages: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..=later.len() {
        for want in wants.iter_mut() {
            let before = later
                .iter()
                .filter(|later| later.property == want.path)
                .flat_map(|later| later.than)
                .filter(|path| paths.contains(**path))
                .map(|path| stages.get(*path).copied().unwrap_or(1))
                .max()
                .unwrap_or(0);
            want.stage = before + 1;
            stages.insert(want.path.to_owned(), want.stage);
        }
    }
}

struct Walk<'a> {
    entity: &'static Entity,
    state: Properties,
    stages: Vec<Stage<'a>>,
}

impl<'a> Walk<'a> {
    /// Adds the write from the present state to the next, if there is anything to write.
    fn write(&mut self, next: Properties, cause: Cause, values: Vec<&'a Value>) {
        let mut was = Properties::new();
        let mut will = Properties::new();
        for property in self.entity.properties {
            let (before, after) = (self.state.get(property.name), next.get(property.name));
            if !same(&property.form, before, after) {
                was.insert(
                    property.name.to_owned(),
                    before.cloned().unwrap_or_else(|| nothing(property)),
                );
                will.insert(
                    property.name.to_owned(),
                    after.cloned().unwrap_or_else(|| nothing(property)),
                );
            }
        }
        self.state = next;
        if !will.is_empty() {
            self.stages.push(Stage {
                was,
                will,
                cause,
                values,
            });
        }
    }

    /// Switches off what will change or go. Gives back what must be put right afterwards although nobody wants it
    /// changed: lists that named the items.
    fn disable(&mut self, wants: &[Want<'_>]) -> Vec<(&'static str, Value)> {
        let mut next = self.state.clone();
        let mut items = Vec::new();
        let mut restored = Vec::new();
        for switched in self.entity.switched {
            let Some(want) = wants.iter().find(|want| want.path == switched.items) else {
                continue;
            };
            let affected = affected(switched, get(&self.state, switched.items), &want.value);
            if affected.is_empty() {
                continue;
            }
            items.extend(affected.values().cloned());
            if let Some(list) = get(&self.state, switched.items) {
                put(
                    &mut next,
                    switched.items,
                    switch_off(switched, list, &affected),
                );
            }
            if let Some((path, member)) = switched.named_in
                && let Some(list) = get(&self.state, path)
            {
                let without = drop_named(list, member, &|id| affected.contains_key(id));
                if without != *list {
                    put(&mut next, path, without);
                    if !wants.iter().any(|want| want.path == path) {
                        let kept = drop_named(list, member, &|id| {
                            affected.contains_key(id) && !is_on(switched, &want.value, id)
                        });
                        restored.push((path, kept));
                    }
                }
            }
        }
        self.write(next, Cause::DisableFirst(items), Vec::new());
        restored
    }
}

/// The items that are switched on and that the wanted list changes or leaves out: their ids and what people call them.
fn affected(switched: &Switched, now: Option<&Value>, wanted: &Value) -> BTreeMap<String, String> {
    let mut affected = BTreeMap::new();
    for item in now.map(Value::items).unwrap_or_default() {
        let Some(id) = item.get("id").and_then(Value::as_text) else {
            continue;
        };
        if item.get(switched.switch) != Some(&Value::Bool(true)) {
            continue;
        }
        let after = wanted
            .items()
            .iter()
            .find(|other| other.get("id").and_then(Value::as_text) == Some(id));
        let is_same = after
            .is_some_and(|after| without(after, switched.switch) == without(item, switched.switch));
        if !is_same {
            let name = item.get("value").and_then(Value::as_text).unwrap_or(id);
            affected.insert(id.to_owned(), name.to_owned());
        }
    }
    affected
}

fn without(item: &Value, member: &str) -> BTreeMap<String, Value> {
    let Value::Map(members) = item else {
        return BTreeMap::new();
    };
    members
        .iter()
        .filter(|(name, value)| name.as_str() != member && !value.is_nothing())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn switch_off(switched: &Switched, list: &Value, affected: &BTreeMap<String, String>) -> Value {
    let items = list.items().iter().map(|item| {
        let is_affected = item
            .get("id")
            .and_then(Value::as_text)
            .is_some_and(|id| affected.contains_key(id));
        match item {
            Value::Map(members) if is_affected => {
                let mut members = members.clone();
                members.insert(switched.switch.to_owned(), Value::Bool(false));
                Value::Map(members)
            }
            _ => item.clone(),
        }
    });
    Value::List(items.collect())
}

/// The list without the ids that its entries name in `member`; entries that name nothing else go.
fn drop_named(list: &Value, member: &str, is_dropped: &dyn Fn(&str) -> bool) -> Value {
    let mut entries = Vec::new();
    for entry in list.items() {
        let (Value::Map(members), Some(named)) = (entry, entry.get(member)) else {
            entries.push(entry.clone());
            continue;
        };
        let kept: Vec<Value> = named
            .items()
            .iter()
            .filter(|id| !id.as_text().is_some_and(is_dropped))
            .cloned()
            .collect();
        if kept.len() == named.items().len() {
            entries.push(entry.clone());
        } else if !kept.is_empty() {
            let mut members = members.clone();
            members.insert(member.to_owned(), Value::List(kept));
            entries.push(Value::Map(members));
        }
    }
    Value::List(entries)
}

/// Whether the list has the item, switched on.
fn is_on(switched: &Switched, list: &Value, id: &str) -> bool {
    list.items().iter().any(|item| {
        item.get("id").and_then(Value::as_text) == Some(id)
            && item.get(switched.switch) == Some(&Value::Bool(true))
    })
}

fn has_id(list: &Value, id: &str) -> bool {
    list.items()
        .iter()
        .any(|item| item.get("id").and_then(Value::as_text) == Some(id))
}

/// What stands for "not set" in a request.
fn nothing(property: &Property) -> Value {
    match property.form {
        Form::Set | Form::Items(_) => Value::List(Vec::new()),
        Form::Plain | Form::Words | Form::Complex(_) => Value::Null,
    }
}

fn get<'v>(state: &'v Properties, path: &str) -> Option<&'v Value> {
    let mut names = path.split('.');
    let first = state.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}

fn put(state: &mut Properties, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            state.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let place = state.entry(first.to_owned()).or_insert(Value::Null);
            if !matches!(place, Value::Map(_)) {
                *place = Value::Map(BTreeMap::new());
            }
            if let Value::Map(members) = place {
                put(members, rest, value);
            }
        }
    }
}

/// The ids of the items that a plan takes away from an existing object, with what people call them.
pub(super) fn removed_items(
    pairs: &Pairs<'_>,
    object: &DesiredObject,
    switched: &Switched,
) -> BTreeMap<String, String> {
    let Pair::Existing(observed) = pairs.get(&object.address) else {
        return BTreeMap::new();
    };
    let Some(desired) = object.properties.get(switched.items) else {
        return BTreeMap::new();
    };
    if desired.coverage != Coverage::Exact {
        return BTreeMap::new();
    }
    let there = at(observed, switched.items)
        .map(Value::items)
        .unwrap_or_default();
    let kept: BTreeSet<&str> = desired
        .value
        .items()
        .iter()
        .filter_map(|item| item.get("value").and_then(Value::as_text))
        .collect();
    there
        .iter()
        .filter_map(|item| {
            let value = item
                .get("value")
                .and_then(Value::as_text)
                .unwrap_or_default();
            let id = item.get("id").and_then(Value::as_text)?;
            (!kept.contains(value)).then(|| (id.to_owned(), value.to_owned()))
        })
        .collect()
}
