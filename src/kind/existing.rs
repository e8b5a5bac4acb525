//! Names for things that are in the tenant already and that idac only refers to.

use super::desire::{self, Desire, key_of};
use super::shape::{Field, Shape};
use super::{COMMON_FIELDS, Documents, Kind, rule};
use crate::address::ObjectId;
use crate::finding::Finding;
use crate::object::{DeclaredObject, DesiredObject, Key, Node};

pub(super) static KIND: Kind = Kind {
    name: "existing",
    doc: "A name for one object of the tenant that idac refers to and never writes.",
    fields: &[COMMON_FIELDS, FIELDS],
    documents: Documents::Declared,
    parts: &[],
    desire,
};

/// The keys by which an existing object can be found; a document has exactly one of them.
pub static KEYS: &[&str] = &[
    "id",
    "appId",
    "uniqueName",
    "displayName",
    "userPrincipalName",
];

static FIELDS: &[Field] = &[
    Field::required(
        "type",
        Shape::OneOf(&["application", "group", "servicePrincipal", "user"]),
        "What the object is.",
    ),
    Field::never_empty("id", Shape::Text(&rule::GUID), "Its object id."),
    Field::never_empty(
        "appId",
        Shape::Text(&rule::GUID),
        "Its appId, for an application or a service principal.",
    ),
    Field::never_empty(
        "uniqueName",
        Shape::Text(&rule::FOUND_BY),
        "Its unique name, for an application or a group.",
    ),
    Field::never_empty(
        "displayName",
        Shape::Text(&rule::FOUND_BY),
        "Its display name; exactly one object of the tenant must have it.",
    ),
    Field::never_empty(
        "userPrincipalName",
        Shape::Text(&rule::USER_PRINCIPAL_NAME),
        "Its user principal name, for a user.",
    ),
];

/// Adds the object, which must be in the tenant.
fn desire(object: &DeclaredObject, desire: &mut Desire<'_>) {
    check_keys(object, desire);
    if let Some(desired) = referred_to(object) {
        desire.add(desired);
    }
}

/// Exactly one key, and one that the type of object has.
fn check_keys(object: &DeclaredObject, desire: &mut Desire<'_>) {
    let document = &object.document;
    let mut written = KEYS
        .iter()
        .filter_map(|key| Some((*key, document.get(key)?)));
    let Some((key, node)) = written.next() else {
        desire.report(Finding::error(
            "IDAC143",
            &object.origin,
            format!("nothing says which object {} is", object.address),
            &format!("add one of: {}", KEYS.join(", ")),
        ));
        return;
    };
    if let Some((second, at)) = written.next() {
        desire.report(Finding::error(
            "IDAC143",
            &at.origin,
            format!(
                "{} is to be found by `{key}` and by `{second}`",
                object.address
            ),
            "keep one of the two",
        ));
    }
    let entity = document
        .get("type")
        .and_then(Node::text)
        .unwrap_or_default();
    let types: &[&str] = match key {
        "appId" => &["application", "servicePrincipal"],
        "uniqueName" => &["application", "group"],
        "userPrincipalName" => &["user"],
        _ => return,
    };
    if !types.contains(&entity) {
        desire.report(Finding::error(
            "IDAC143",
            &node.origin,
            format!("a {entity} has no `{key}`"),
            "find it by another key, such as `id`",
        ));
    }
}

/// The object that the document names, to be found by its one key.
pub(super) fn referred_to(object: &DeclaredObject) -> Option<DesiredObject> {
    let entity = super::find_entity(object.document.get("type")?.text()?)?;
    let (name, node) = KEYS
        .iter()
        .find_map(|key| Some((*key, object.document.get(key)?)))?;
    let text = node.text()?;
    let key = match name {
        "id" => Key::Id(ObjectId::new(text)),
        "appId" => key_of(name, &text.to_ascii_lowercase()),
        _ => key_of(name, text),
    };
    Some(desire::referred_to(
        &object.address,
        entity.name,
        key,
        &node.origin,
    ))
}
