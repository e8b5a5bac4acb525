//! The requests about documents: the same create, read, update and delete for all sorts, by the table in `document`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::graph::{Method, Response};

use super::body::{self, Moment};
use super::document::{DELETE, DocumentSet, Draft, PATCH, POST, SORTS, Sort};
use super::guid::Guid;
use super::page::{Given, ListSet};
use super::path::Segment;
use super::problem::Problem;
use super::record::{Entry, Key, Kind, Properties};
use super::route::{Call, created, locator, no_content, ok};
use super::schema::{self, Base, Form, Property};
use super::shape::Shape;
use super::tenant::Tenant;
use super::{conditional_access, moment, policies};

/// The sort whose path the segments begin with, the segment that names the set, and what is behind it.
pub(super) fn at(segments: &[Segment]) -> Option<(&'static Sort, &Segment, &[Segment])> {
    let names: Vec<String> = segments.iter().map(Segment::name).collect();
    SORTS
        .iter()
        .filter(|sort| sort.below.is_none())
        .find_map(|sort| {
            let path: Vec<&str> = sort.path.split('/').collect();
            let fits = path.len() <= names.len()
                && path
                    .iter()
                    .zip(&names)
                    .all(|(known, name)| known.eq_ignore_ascii_case(name));
            fits.then(|| (sort, &segments[path.len() - 1], &segments[path.len()..]))
        })
}

/// The sort below objects of this type that has this name.
pub(super) fn below(kind: Kind, name: &str) -> Option<&'static Sort> {
    SORTS
        .iter()
        .find(|sort| sort.below == Some(kind) && sort.path.eq_ignore_ascii_case(name))
}

/// Answers a request about a set of documents or one of them.
pub(super) fn serve(
    tenant: &mut Tenant,
    call: &Call<'_>,
    sort: &'static Sort,
    parent: Guid,
    (first, rest): (&Segment, &[Segment]),
) -> Result<Response, Problem> {
    let located = locator(first, rest).filter(|(at, _)| at.text() != "$count");
    let Some((locator, rest)) = located else {
        return match call.method() {
            Method::Get => call.list(tenant, listing(tenant, sort, parent)),
            Method::Post if sort.verbs & POST != 0 => {
                let id = create(tenant, sort, parent, call.body())?;
                let view = document(tenant, sort.set, parent, &id)?;
                Ok(created(tenant, &context(tenant, sort, parent), view))
            }
            Method::Post | Method::Patch | Method::Put | Method::Delete => {
                Err(Problem::method_not_allowed())
            }
        };
    };
    let id = locator.text().to_lowercase();
    document(tenant, sort.set, parent, &id)?;
    if let Some((action, rest)) = rest.split_first() {
        return act(tenant, call, sort, &id, (action, rest));
    }
    match call.method() {
        Method::Get => {
            let seen = tenant.seen_plain(&key(sort.set, parent, &id)).cloned();
            let seen = seen.ok_or_else(|| Problem::not_found(&id))?;
            let set = listing_of(tenant, sort, parent, BTreeMap::new());
            call.one(tenant, &set, seen)
        }
        Method::Patch if sort.verbs & PATCH != 0 => {
            update(tenant, sort, parent, &id, call.body()).map(|()| no_content())
        }
        Method::Delete if sort.verbs & DELETE != 0 => {
            delete(tenant, sort, parent, &id).map(|()| no_content())
        }
        Method::Patch | Method::Delete | Method::Post | Method::Put => {
            Err(Problem::method_not_allowed())
        }
    }
}

/// What is below a document.
fn act(
    tenant: &mut Tenant,
    call: &Call<'_>,
    sort: &'static Sort,
    id: &str,
    (action, rest): (&Segment, &[Segment]),
) -> Result<Response, Problem> {
    let name = action.name();
    let name = name.strip_prefix("microsoft.graph.").unwrap_or(&name);
    match (sort.set, call.method(), name) {
        (DocumentSet::AuthenticationStrengthPolicy, Method::Post, "updateallowedcombinations") => {
            conditional_access::update_combinations(tenant, id, call.body()).map(ok)
        }
        (DocumentSet::AuthenticationStrengthPolicy, Method::Get, "combinationconfigurations") => {
            let entries = BTreeMap::new();
            let set = listing_of(tenant, sort, Guid::ZERO, entries);
            call.list(tenant, set)
        }
        (_, Method::Get, "appliesto") if policies::is_assigned(sort.set) => {
            call.list(tenant, policies::applies_to(tenant, id))
        }
        // A cast to the type itself or one that is derived from it.
        (_, _, cast) if rest.is_empty() && is_cast(sort, cast) => match call.method() {
            Method::Get => {
                let view = document(tenant, sort.set, Guid::ZERO, id)?;
                let set = listing_of(tenant, sort, Guid::ZERO, BTreeMap::new());
                call.one(tenant, &set, view)
            }
            Method::Patch => {
                update(tenant, sort, Guid::ZERO, id, call.body()).map(|()| no_content())
            }
            Method::Delete => delete(tenant, sort, Guid::ZERO, id).map(|()| no_content()),
            Method::Post | Method::Put => Err(Problem::method_not_allowed()),
        },
        _ => Err(Problem::unknown_segment(&action.text)),
    }
}

fn is_cast(sort: &Sort, name: &str) -> bool {
    sort.type_name.eq_ignore_ascii_case(name)
        || sort
            .derived
            .iter()
            .any(|(of, _)| of.eq_ignore_ascii_case(name))
}

pub(super) fn key(set: DocumentSet, parent: Guid, id: &str) -> Key {
    Key::Document {
        set,
        parent,
        id: id.to_owned(),
    }
}

/// The document with this id.
pub(super) fn document(
    tenant: &Tenant,
    set: DocumentSet,
    parent: Guid,
    id: &str,
) -> Result<Properties, Problem> {
    let found = tenant.records.plain(&key(set, parent, id));
    found.cloned().ok_or_else(|| Problem::not_found(id))
}

/// The documents of a set with their ids, in the order of these.
pub(super) fn all(
    tenant: &Tenant,
    set: DocumentSet,
    parent: Guid,
) -> impl Iterator<Item = (&str, &Properties)> {
    let from = key(set, parent, "");
    let to = key(set, parent, "\u{10ffff}");
    tenant
        .records
        .after(from, to, None)
        .filter_map(|(key, entry)| match (key, entry) {
            (Key::Document { id, .. }, Entry::Plain(document)) => Some((id.as_str(), document)),
            _ => None,
        })
}

/// The documents of a set whatever they are below.
pub(super) fn everywhere(
    tenant: &Tenant,
    set: DocumentSet,
) -> impl Iterator<Item = (Guid, &str, &Properties)> {
    let from = key(set, Guid::ZERO, "");
    let to = key(set, Guid::MAX, "\u{10ffff}");
    tenant
        .records
        .after(from, to, None)
        .filter_map(|(key, entry)| match (key, entry) {
            (Key::Document { parent, id, .. }, Entry::Plain(document)) => {
                Some((*parent, id.as_str(), document))
            }
            _ => None,
        })
}

/// The set as a read sees it.
pub(super) fn listing(tenant: &Tenant, sort: &'static Sort, parent: Guid) -> ListSet {
    let mut keys: BTreeSet<Key> = all(tenant, sort.set, parent)
        .map(|(id, _)| key(sort.set, parent, id))
        .collect();
    keys.extend(tenant.lagging().into_iter().filter(|key| {
        matches!(key, Key::Document { set, parent: of, .. } if *set == sort.set && *of == parent)
    }));
    let entries = keys
        .into_iter()
        .filter_map(|key| {
            let view = tenant.seen_plain(&key)?.clone();
            Some((key, view))
        })
        .collect();
    listing_of(tenant, sort, parent, entries)
}

fn listing_of(
    tenant: &Tenant,
    sort: &'static Sort,
    parent: Guid,
    entries: BTreeMap<Key, Properties>,
) -> ListSet {
    ListSet::Given(Given {
        shape: Shape::Document(sort.set),
        context: context(tenant, sort, parent),
        entries,
    })
}

fn context(_: &Tenant, sort: &Sort, parent: Guid) -> String {
    match sort.below {
        Some(kind) => format!("{}('{parent}')/{}", kind.set_name(), sort.path),
        None => sort.path.to_owned(),
    }
}

/// Creates a document.
pub(super) fn create(
    tenant: &mut Tenant,
    sort: &'static Sort,
    parent: Guid,
    given: Option<&Value>,
) -> Result<String, Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let of = type_given(sort, given)?;
    let edits = body::read_plain(
        sort.declared,
        sort.resource,
        given,
        Moment::Creation,
        &behaviour,
    )?;
    for name in sort.required {
        if edits.get(name).is_none_or(Value::is_null) {
            return Err(Problem::required(name, sort.resource));
        }
    }
    let mut base = schema::defaults(sort.declared);
    base.retain(|name, _| sort.has(of.as_deref(), name));
    if let Some(of) = &of {
        let name = format!("#microsoft.graph.{of}");
        base.insert("@odata.type".to_owned(), Value::from(name));
    }
    let after = edited(sort, of.as_deref(), base, &edits)?;
    let id = tenant.meta.dice.guid().to_string();
    put_settled(tenant, sort, parent, (&id, None), after)
}

/// Changes a document.
pub(super) fn update(
    tenant: &mut Tenant,
    sort: &'static Sort,
    parent: Guid,
    id: &str,
    given: Option<&Value>,
) -> Result<(), Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let before = document(tenant, sort.set, parent, id)?;
    let of = match before.get("@odata.type").and_then(Value::as_str) {
        Some(stored) => {
            let stored = stored.trim_start_matches("#microsoft.graph.").to_owned();
            if type_given(sort, given)? != Some(stored.clone()) {
                return Err(Problem::invalid_values());
            }
            Some(stored)
        }
        None => None,
    };
    let given = given.map(|given| without_own_id(given, id));
    let edits = body::read_plain(
        sort.declared,
        sort.resource,
        given.as_ref(),
        Moment::Update,
        &behaviour,
    )?;
    let after = edited(sort, of.as_deref(), before.clone(), &edits)?;
    put_settled(tenant, sort, parent, (id, Some(&before)), after).map(|_| ())
}

/// Clients send what they have read: the id may be among it if it is the right one.
fn without_own_id(given: &Value, id: &str) -> Value {
    let mut given = given.clone();
    if let Some(members) = given.as_object_mut()
        && members.get("id").and_then(Value::as_str) == Some(id)
    {
        members.remove("id");
    }
    given
}

/// Deletes a document.
pub(super) fn delete(
    tenant: &mut Tenant,
    sort: &'static Sort,
    parent: Guid,
    id: &str,
) -> Result<(), Problem> {
    let before = document(tenant, sort.set, parent, id)?;
    (sort.forget)(tenant, id, &before)?;
    tenant.records.put(key(sort.set, parent, id), None);
    Ok(())
}

/// Puts a document as it is.
pub(super) fn put(
    tenant: &mut Tenant,
    set: DocumentSet,
    parent: Guid,
    id: &str,
    mut document: Properties,
) {
    document.insert("id".to_owned(), json!(id));
    tenant
        .records
        .put(key(set, parent, id), Some(Entry::Plain(document)));
}

fn put_settled(
    tenant: &mut Tenant,
    sort: &Sort,
    parent: Guid,
    (id, before): (&str, Option<&Properties>),
    after: Properties,
) -> Result<String, Problem> {
    let mut draft = Draft {
        id,
        parent,
        before,
        after,
    };
    let declares = |name: &str| schema::property(sort.declared, name).is_some();
    let now = moment::fraction(tenant.meta.now_ms);
    if before.is_none() && declares("createdDateTime") {
        draft
            .after
            .insert("createdDateTime".to_owned(), json!(now.clone()));
    }
    if declares("modifiedDateTime") {
        let modified = match before {
            Some(_) => json!(now),
            None => Value::Null,
        };
        draft.after.insert("modifiedDateTime".to_owned(), modified);
    }
    (sort.settle)(tenant, &mut draft)?;
    let after = draft.after;
    put(tenant, sort.set, parent, id, after);
    Ok(id.to_owned())
}

/// The type that a body names, where it has to name one.
fn type_given(sort: &Sort, given: Option<&Value>) -> Result<Option<String>, Problem> {
    if sort.derived.is_empty() {
        return Ok(None);
    }
    let named = body::members(given)?
        .get("@odata.type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let named = named.trim_start_matches('#');
    let named = named.strip_prefix("microsoft.graph.").unwrap_or(named);
    let known = sort
        .derived
        .iter()
        .find(|(of, _)| of.eq_ignore_ascii_case(named));
    match known {
        Some((of, _)) => Ok(Some((*of).to_owned())),
        None => Err(Problem::malformed_url(&format!(
            "A type named '{named}' could not be resolved by the model. When a model is available, each type name must resolve to a valid type."
        ))),
    }
}

/// The document after the edits: of a complex value the members that are given are replaced whole.
fn edited(
    sort: &Sort,
    of: Option<&str>,
    mut base: Properties,
    edits: &BTreeMap<&'static str, Value>,
) -> Result<Properties, Problem> {
    for (name, value) in edits {
        if !sort.has(of, name) {
            return Err(Problem::unexpected_contents(name));
        }
        let Some(property) = schema::property(sort.declared, name) else {
            continue;
        };
        let value = match (property.form, value) {
            (Form::Complex(members), Value::Object(given)) => {
                let stored = base.get(*name).and_then(Value::as_object);
                let stored = stored.cloned();
                let mut complex = stored.unwrap_or_else(|| schema::defaults(members));
                for (member, value) in given {
                    let value = match schema::property(members, member) {
                        Some(property) => whole(property, value),
                        None => value.clone(),
                    };
                    complex.insert(member.clone(), value);
                }
                Value::Object(complex)
            }
            (_, value) => whole(property, value),
        };
        base.insert((*name).to_owned(), value);
    }
    Ok(base)
}

/// A value with the defaults of the members that it leaves out.
fn whole(property: &Property, value: &Value) -> Value {
    match (property.form, value) {
        (Form::Complex(members), Value::Object(given)) => {
            let mut complex = schema::defaults(members);
            for (member, value) in given {
                let value = match schema::property(members, member) {
                    Some(property) => whole(property, value),
                    None => value.clone(),
                };
                complex.insert(member.clone(), value);
            }
            Value::Object(complex)
        }
        (_, Value::Null) => match property.base {
            Base::Members => Value::Null,
            _ => property.default(),
        },
        (_, value) => value.clone(),
    }
}

impl Tenant {
    /// Removes every document below an object.
    pub(super) fn drop_documents(&mut self, parent: Guid) {
        let keys: Vec<Key> = DocumentSet::ALL
            .into_iter()
            .flat_map(|set| {
                all(self, set, parent)
                    .map(|(id, _)| key(set, parent, id))
                    .collect::<Vec<_>>()
            })
            .collect();
        for key in keys {
            self.records.put(key, None);
        }
    }
}
