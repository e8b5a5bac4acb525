//! Federated identity credentials of applications. Source: semantics, section 9.6.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::body::{self, Moment};
use super::declared::FEDERATED;
use super::edit::list;
use super::guid::Guid;
use super::problem::Problem;
use super::record::{Entry, Key, Properties};
use super::schema;
use super::tenant::Tenant;

const RESOURCE: &str = "FederatedIdentityCredential";
const LIMIT: usize = 20;

/// The credential with this id or name.
pub(super) fn find(tenant: &Tenant, application: Guid, id_or_name: &str) -> Option<Guid> {
    let by_id =
        Guid::parse(id_or_name).filter(|id| tenant.records.entry(&key(application, *id)).is_some());
    by_id.or_else(|| {
        tenant
            .records
            .federated(application)
            .find(|(_, properties)| {
                properties.get("name").and_then(Value::as_str) == Some(id_or_name)
            })
            .map(|(id, _)| id)
    })
}

pub(super) fn view(tenant: &Tenant, application: Guid, id: Guid) -> Option<Map<String, Value>> {
    let key = key(application, id);
    let stored = tenant.seen_plain(&key).or(tenant.records.plain(&key))?;
    let mut view = schema::defaults(FEDERATED);
    view.extend(stored.clone());
    view.insert("id".to_owned(), json!(id));
    Some(view)
}

/// Creates a credential; `name` comes from the key of an upsert.
pub(super) fn create(
    tenant: &mut Tenant,
    application: Guid,
    body: Option<&Value>,
    name: Option<&str>,
) -> Result<Guid, Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let given = body::read_plain(FEDERATED, RESOURCE, body, Moment::Creation, &behaviour)?;
    let mut after = merged(schema::defaults(FEDERATED), given);
    if let Some(name) = name {
        super::applications::keyed(&mut after, "name", name, RESOURCE)?;
    }
    let taken = after.get("name").and_then(Value::as_str);
    if let Some(taken) = taken.filter(|name| named(tenant, application, name)) {
        return Err(Problem::federated_name(taken));
    }
    if tenant.records.federated(application).count() >= LIMIT {
        return Err(Problem::federated_limit());
    }
    let id = tenant.meta.dice.guid();
    check(tenant, application, id, &after)?;
    put(tenant, application, id, after);
    Ok(id)
}

/// Changes a credential; its name is immutable.
pub(super) fn update(
    tenant: &mut Tenant,
    application: Guid,
    id: Guid,
    body: Option<&Value>,
) -> Result<(), Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let mut given = body::read_plain(FEDERATED, RESOURCE, body, Moment::Upsert, &behaviour)?;
    let before = view(tenant, application, id).unwrap_or_default();
    if let Some(name) = given.remove("name")
        && before.get("name") != Some(&name)
    {
        return Err(Problem::read_only("name"));
    }
    let after = merged(before, given);
    check(tenant, application, id, &after)?;
    put(tenant, application, id, after);
    Ok(())
}

fn key(application: Guid, id: Guid) -> Key {
    Key::Federated { application, id }
}

fn named(tenant: &Tenant, application: Guid, name: &str) -> bool {
    tenant
        .records
        .federated(application)
        .any(|(_, other)| other.get("name").and_then(Value::as_str) == Some(name))
}

fn put(tenant: &mut Tenant, application: Guid, id: Guid, mut after: Properties) {
    after.insert("id".to_owned(), json!(id));
    tenant
        .records
        .put(key(application, id), Some(Entry::Plain(after)));
}

fn merged(mut before: Properties, given: BTreeMap<&'static str, Value>) -> Properties {
    for (name, value) in given {
        before.insert(name.to_owned(), value);
    }
    before
}

fn check(tenant: &Tenant, application: Guid, id: Guid, after: &Properties) -> Result<(), Problem> {
    let wrong = |name: &str| Err(Problem::invalid_value(name, RESOURCE));
    let text = |name: &str| after.get(name).and_then(Value::as_str).unwrap_or_default();
    for name in ["name", "issuer", "subject"] {
        if text(name).is_empty() {
            return Err(Problem::required(name, RESOURCE));
        }
    }
    if !is_name(text("name")) {
        return wrong("name");
    }
    let issuer = text("issuer");
    if !issuer.starts_with("https://") || issuer.contains(char::is_whitespace) {
        return wrong("issuer");
    }
    if text("subject").trim() != text("subject") {
        return wrong("subject");
    }
    let audiences: Vec<&str> = list(after.get("audiences"))
        .filter_map(Value::as_str)
        .collect();
    if audiences.len() != 1 || audiences.iter().any(|audience| audience.is_empty()) {
        return wrong("audiences");
    }
    let twin = tenant
        .records
        .federated(application)
        .any(|(other, theirs)| {
            other != id
                && theirs.get("issuer") == after.get("issuer")
                && theirs.get("subject") == after.get("subject")
        });
    if twin {
        return Err(Problem::federated_pair(issuer, text("subject")));
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    (3..=120).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_'))
}
