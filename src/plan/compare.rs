//! Two values of a property: are they the same to Graph, and what would the desired one make of the observed one.

use std::collections::{BTreeMap, BTreeSet};

use super::known::folded;
use crate::address::is_guid;
use crate::kind::entity::{Form, Items, Property, Write};
use crate::object::{Coverage, Value};

/// Whether Graph makes no difference between the two.
pub(super) fn same(form: &Form, one: Option<&Value>, other: Option<&Value>) -> bool {
    let (one, other) = (one.unwrap_or(&Value::Null), other.unwrap_or(&Value::Null));
    match form {
        Form::Plain => alike(one, other),
        Form::Set => all_alike(one.items(), other.items()) || set(one) == set(other),
        Form::Words => one == other || words(one) == words(other),
        Form::Items(items) => same_items(items, one, other),
        Form::Complex(members) => same_members(members, one, other),
    }
}

fn same_members(members: &[Property], one: &Value, other: &Value) -> bool {
    members
        .iter()
        .filter(|member| member.write != Write::Never)
        .all(|member| same(&member.form, one.get(member.name), other.get(member.name)))
}

fn same_items(items: &Items, one: &Value, other: &Value) -> bool {
    if one.items().len() != other.items().len() {
        return false;
    }
    let by_key = keyed(items, other);
    one.items().iter().all(|item| {
        by_key
            .get(&key(items, item))
            .is_some_and(|there| same_members(items.members, item, there))
    })
}

fn keyed<'v>(items: &Items, list: &'v Value) -> BTreeMap<Value, &'v Value> {
    list.items()
        .iter()
        .map(|item| (key(items, item), item))
        .collect()
}

/// What tells an item apart from the others of its list.
pub(super) fn key(items: &Items, item: &Value) -> Value {
    plain(item.get(items.key).unwrap_or(&Value::Null))
}

/// A value as it is compared: nothing in one form, GUIDs in lower case. Graph answers `null` for a switch that was
/// never set, and means `false` (learn.microsoft.com, application resource).
fn plain(value: &Value) -> Value {
    match value {
        Value::Text(text) if text.is_empty() => Value::Null,
        Value::Bool(false) => Value::Null,
        Value::Text(text) => Value::Text(folded(text).into_owned()),
        Value::List(items) => Value::List(items.iter().map(plain).collect()),
        Value::Map(members) => Value::Map(
            members
                .iter()
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Computed(_) => value.clone(),
    }
}

/// Whether two values are compared as one: their plain forms are the same.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) => {
            one == other || (is_guid(one) && is_guid(other) && one.eq_ignore_ascii_case(other))
        }
        (Value::List(one), Value::List(other)) => all_alike(one, other),
        (Value::Map(one), Value::Map(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|((name, one), (known, other))| name == known && alike(one, other))
        }
        (one, other) => one == other || (is_unset(one) && is_unset(other)),
    }
}

fn all_alike(one: &[Value], other: &[Value]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
}

fn is_unset(value: &Value) -> bool {
    value.is_nothing() || *value == Value::Bool(false)
}

fn set(value: &Value) -> BTreeSet<Value> {
    value.items().iter().map(plain).collect()
}

fn words(value: &Value) -> BTreeSet<&str> {
    value
        .as_text()
        .unwrap_or_default()
        .split_whitespace()
        .collect()
}

/// What a property comes to when the declaration wants `desired` and the tenant has `observed`.
pub(super) struct Merge<'a> {
    pub(super) coverage: Coverage,
    /// The id for a new item with this `value`.
    pub(super) id: &'a dyn Fn(&str) -> String,
}

impl Merge<'_> {
    /// Whether the tenant has what the declaration wants already, as far as can be seen without merging: most of a
    /// tenant is as it should be, and is not copied to find that out. `false` says nothing.
    pub(super) fn keeps(&self, form: &Form, desired: &Value, observed: Option<&Value>) -> bool {
        let observed = observed.unwrap_or(&Value::Null);
        match (form, self.coverage) {
            (Form::Plain | Form::Complex(_), _)
            | (Form::Set | Form::Words, Coverage::Exact | Coverage::OnCreate) => {
                same(form, Some(desired), Some(observed))
            }
            (Form::Set, Coverage::AtLeast) => desired
                .items()
                .iter()
                .all(|item| observed.items().iter().any(|there| alike(item, there))),
            (Form::Words, Coverage::AtLeast) => words(desired).is_subset(&words(observed)),
            (Form::Items(items), _) => self.keeps_items(items, desired.items(), observed.items()),
        }
    }

    /// The same items in the same order.
    fn keeps_items(&self, items: &Items, desired: &[Value], observed: &[Value]) -> bool {
        desired.len() == observed.len()
            && are_distinct(items, observed)
            && desired
                .iter()
                .zip(observed)
                .all(|(item, there)| self.keeps_item(items, item, there))
    }

    fn keeps_item(&self, items: &Items, desired: &Value, observed: &Value) -> bool {
        let exact = Merge {
            coverage: Coverage::Exact,
            id: self.id,
        };
        let null = &Value::Null;
        let has_key = alike(
            desired.get(items.key).unwrap_or(null),
            observed.get(items.key).unwrap_or(null),
        );
        let has_id = items
            .id
            .is_none_or(|id| desired.get(id).or(observed.get(id)).is_some());
        let members = || {
            items
                .members
                .iter()
                .filter(|member| member.write != Write::Never)
        };
        has_key
            && has_id
            && members().all(|member| {
                desired.get(member.name).is_none_or(|wanted| {
                    exact.keeps(&member.form, wanted, observed.get(member.name))
                })
            })
    }

    pub(super) fn merge(&self, form: &Form, desired: &Value, observed: Option<&Value>) -> Value {
        let merged = match form {
            // Some properties refuse an empty text, none refuses `null`, and Graph answers `null` for either.
            Form::Plain if desired.is_nothing() => Value::Null,
            Form::Plain | Form::Complex(_) => desired.clone(),
            Form::Set => self.merge_set(desired, observed),
            Form::Words => self.merge_words(desired, observed),
            Form::Items(items) => self.merge_items(items, desired, observed),
        };
        match observed {
            Some(observed) if same(form, Some(&merged), Some(observed)) => observed.clone(),
            _ => merged,
        }
    }

    fn merge_set(&self, desired: &Value, observed: Option<&Value>) -> Value {
        if self.coverage != Coverage::AtLeast {
            return match desired {
                Value::Null => Value::List(Vec::new()),
                _ => desired.clone(),
            };
        }
        let mut items = observed.map(Value::items).unwrap_or_default().to_vec();
        let there = observed.map(set).unwrap_or_default();
        items.extend(
            desired
                .items()
                .iter()
                .filter(|item| !there.contains(&plain(item)))
                .cloned(),
        );
        Value::List(items)
    }

    fn merge_words(&self, desired: &Value, observed: Option<&Value>) -> Value {
        let mut all = words(desired);
        if self.coverage == Coverage::AtLeast {
            all.extend(observed.map(words).unwrap_or_default());
        }
        Value::Text(all.into_iter().collect::<Vec<_>>().join(" "))
    }

    /// Items that are there keep their place, their id, and the members that nobody wrote.
    fn merge_items(&self, items: &Items, desired: &Value, observed: Option<&Value>) -> Value {
        let nothing = Value::List(Vec::new());
        let observed = observed.unwrap_or(&nothing);
        let mut wanted = keyed(items, desired);
        let mut merged = Vec::new();
        for there in observed.items() {
            match wanted.remove(&key(items, there)) {
                Some(item) => merged.push(self.merge_item(items, item, Some(there))),
                None if self.coverage == Coverage::AtLeast => {
                    merged.push(writable(items.members, there));
                }
                None => {}
            }
        }
        for item in desired.items() {
            if wanted.remove(&key(items, item)).is_some() {
                merged.push(self.merge_item(items, item, None));
            }
        }
        Value::List(merged)
    }

    fn merge_item(&self, items: &Items, desired: &Value, observed: Option<&Value>) -> Value {
        let exact = Merge {
            coverage: Coverage::Exact,
            id: self.id,
        };
        let mut members = BTreeMap::new();
        for member in items.members {
            let there = observed.and_then(|item| item.get(member.name));
            let value = match desired.get(member.name) {
                Some(wanted) => Some(exact.merge(&member.form, wanted, there)),
                None => there.cloned(),
            };
            if let Some(value) = value {
                members.insert(member.name.to_owned(), value);
            }
        }
        if let Some(id) = items.id
            && !members.contains_key(id)
        {
            let value = desired.get("value").and_then(Value::as_text);
            members.insert(
                id.to_owned(),
                Value::Text((self.id)(value.unwrap_or_default())),
            );
        }
        Value::Map(members)
    }
}

/// Whether no two items of a short list have one key. Of a long one nothing is said.
fn are_distinct(items: &Items, list: &[Value]) -> bool {
    const SHORT: usize = 32;
    let has_key_of = |one: &Value, other: &Value| match (one.get(items.key), other.get(items.key)) {
        (Some(one), Some(other)) => alike(one, other),
        _ => true,
    };
    list.len() <= SHORT
        && list
            .iter()
            .enumerate()
            .all(|(at, item)| !list[..at].iter().any(|other| has_key_of(item, other)))
}

/// Only what may be written of a value: what idac sends when it sends a value that it read.
pub(super) fn writable(members: &[Property], value: &Value) -> Value {
    let Value::Map(there) = value else {
        return value.clone();
    };
    Value::Map(
        members
            .iter()
            .filter(|member| member.write != Write::Never)
            .filter_map(|member| {
                let value = there.get(member.name)?;
                Some((member.name.to_owned(), writable_value(&member.form, value)))
            })
            .collect(),
    )
}

/// The same for a value of any form.
pub(super) fn writable_value(form: &Form, value: &Value) -> Value {
    match form {
        Form::Plain | Form::Set | Form::Words => value.clone(),
        Form::Items(items) => match value {
            Value::List(list) => Value::List(
                list.iter()
                    .map(|item| writable(items.members, item))
                    .collect(),
            ),
            _ => value.clone(),
        },
        Form::Complex(members) => writable(members, value),
    }
}

/// How many items an `atLeast` list leaves alone.
pub(super) fn surplus(form: &Form, desired: &Value, observed: Option<&Value>) -> u64 {
    let Some(observed) = observed else {
        return 0;
    };
    let count = match form {
        Form::Set => {
            let wanted = set(desired);
            observed
                .items()
                .iter()
                .filter(|item| !wanted.contains(&plain(item)))
                .count()
        }
        Form::Items(items) => {
            let wanted = keyed(items, desired);
            observed
                .items()
                .iter()
                .filter(|item| !wanted.contains_key(&key(items, item)))
                .count()
        }
        Form::Words => words(observed).difference(&words(desired)).count(),
        Form::Plain | Form::Complex(_) => 0,
    };
    count as u64
}
