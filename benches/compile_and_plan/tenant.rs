//! What would be observed of a tenant in which everything is as desired.

use std::collections::{BTreeMap, BTreeSet};

use idac::address::{Address, ObjectId, TenantId};
use idac::digest::Digest;
use idac::kind;
use idac::kind::entity::{Form, Property};
use idac::object::{DesiredObject, Links, ObservedObject, Properties, Value};
use idac::observe::Snapshot;
use idac::resolve::Desired;

/// The snapshot that differs in nothing from what is desired.
pub(crate) fn as_desired(desired: &Desired) -> Snapshot {
    let mut objects: BTreeMap<ObjectId, ObservedObject> = desired
        .objects
        .values()
        .map(observed)
        .map(|object| (object.id.clone(), object))
        .collect();
    mirror(desired, &mut objects);
    let types = objects
        .iter()
        .map(|(id, object)| (id.clone(), object.entity.clone()))
        .collect();
    Snapshot {
        tenant: TenantId::new("6f1d2a54-3c0b-4a57-9d0e-2b7c55f0a1c4"),
        domains: vec![
            "contoso.onmicrosoft.com".to_owned(),
            "contoso.com".to_owned(),
        ],
        objects,
        deleted: BTreeMap::new(),
        types,
        totals: BTreeMap::new(),
    }
}

/// The id of the object at this address.
pub(crate) fn object_id(address: &Address) -> ObjectId {
    ObjectId::new(&derived(address, "id"))
}

fn observed(object: &DesiredObject) -> ObservedObject {
    let entity = kind::entity(object.entity);
    let mut properties: Properties = entity
        .properties
        .iter()
        .map(|property| (property.name.to_owned(), nothing(property)))
        .collect();
    if let idac::object::Key::Properties(key) = &object.key {
        for (name, value) in key {
            put(&mut properties, name, value.known(&find));
        }
    }
    for (path, desired) in &object.properties {
        let value = desired.value.known(&find);
        let with_ids = match entity.property(path).map(|property| &property.form) {
            Some(Form::Items(items)) if items.id.is_some() => {
                numbered(&object.address, path, &value)
            }
            Some(_) | None => value,
        };
        put(&mut properties, path, with_ids);
    }
    if properties.contains_key("appId") && object.entity == "application" {
        put(
            &mut properties,
            "appId",
            Value::text(derived(&object.address, "appId")),
        );
    }
    let links: Links = object
        .relations
        .iter()
        .map(|(name, relation)| {
            let to: BTreeSet<ObjectId> = relation
                .links
                .iter()
                .map(|link| object_id(&link.to))
                .collect();
            (name.clone(), to)
        })
        .collect();
    ObservedObject {
        entity: object.entity.to_owned(),
        id: object_id(&object.address),
        parent: object.parent.as_ref().map(object_id),
        properties,
        links,
    }
}

/// What a service principal shows of its application.
fn mirror(desired: &Desired, objects: &mut BTreeMap<ObjectId, ObservedObject>) {
    for object in desired.objects.values() {
        if object.entity != "servicePrincipal" || object.address.part_name() != "servicePrincipal" {
            continue;
        }
        let Some(application) = objects.get(&object_id(&object.address.root())) else {
            continue;
        };
        let scopes = application
            .properties
            .get("api")
            .and_then(|api| api.get("oauth2PermissionScopes"));
        let shown = [
            ("appRoles", application.properties.get("appRoles").cloned()),
            (
                "displayName",
                application.properties.get("displayName").cloned(),
            ),
            ("oauth2PermissionScopes", scopes.cloned()),
        ];
        if let Some(service_principal) = objects.get_mut(&object_id(&object.address)) {
            for (name, value) in shown {
                service_principal
                    .properties
                    .insert(name.to_owned(), value.unwrap_or(Value::Null));
            }
        }
    }
}

/// What Graph answers for a property that nobody wrote.
fn nothing(property: &Property) -> Value {
    match &property.form {
        Form::Plain | Form::Words => Value::Null,
        Form::Set | Form::Items(_) => Value::List(Vec::new()),
        Form::Complex(members) => Value::Map(
            members
                .iter()
                .map(|member| (member.name.to_owned(), nothing(member)))
                .collect(),
        ),
    }
}

/// The same items, each with the id that Graph knows it by.
fn numbered(address: &Address, path: &str, items: &Value) -> Value {
    let collection = path.rsplit('.').next().unwrap_or(path);
    let with_id = |item: &Value| match (item, item.get("value").and_then(Value::as_text)) {
        (Value::Map(members), Some(value)) => {
            let id = derived(&address.root(), &format!("{collection}[{value}]"));
            let mut members = members.clone();
            members.insert("id".to_owned(), Value::Text(id));
            Value::Map(members)
        }
        (item, _) => item.clone(),
    };
    Value::List(items.items().iter().map(with_id).collect())
}

fn put(properties: &mut Properties, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            properties.insert(path.to_owned(), value);
        }
        Some((name, rest)) => {
            let inside = properties
                .entry(name.to_owned())
                .or_insert_with(|| Value::Map(BTreeMap::new()));
            if let Value::Map(members) = inside {
                put(members, rest, value);
            }
        }
    }
}

/// A property that only a tenant knows: a GUID that is always the same for the same address and property.
fn derived(address: &Address, property: &str) -> String {
    let digest = Digest::of_bytes(format!("{address} {property}").as_bytes());
    let hex = &digest.as_str()["sha256:".len()..];
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..15],
        &hex[15..18],
        &hex[18..30]
    )
}

fn find(of: &Address, property: &str) -> Option<String> {
    Some(derived(of, property))
}
