//! What is known of desired objects before anything is applied: properties and ids that the tenant has, and ids that
//! are derived.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use uuid::Uuid;

use super::pair::{Pair, Pairs};
use crate::address::{Address, ObjectId, is_guid};
use crate::graph::facts;
use crate::object::{DesiredObject, Key, ObservedObject, Value};

/// The address under which a tenant's own facts are named in values.
pub(super) const TENANT: &str = "tenant/this";

/// The namespace of the ids that are derived for app roles and permission scopes. Any constant does; it never changes.
const NAMESPACE: Uuid = Uuid::from_u128(0x1dac_5eed_0000_5000_8000_6964_6163_0001);

/// From how many items on a list is worth a catalog.
const LONG: usize = 16;

/// The ids of the items of long lists by their values: Microsoft Graph offers hundreds of app roles, and every
/// permission that somebody asks for is looked up among them.
#[derive(Default)]
pub(super) struct Catalogs<'a> {
    of: RefCell<HashMap<&'a ObjectId, Vec<Catalog<'a>>>>,
}

struct Catalog<'a> {
    path: String,
    ids: HashMap<&'a str, Option<&'a str>>,
}

impl<'a> Pairs<'a> {
    /// The value with everything in its place that is known.
    pub(super) fn known<'v>(&self, value: &'v Value) -> Cow<'v, Value> {
        if value.is_known() {
            Cow::Borrowed(value)
        } else {
            Cow::Owned(value.known(&|of, property| self.find(of, property)))
        }
    }

    /// A property of an object that is known before anything is applied.
    pub(super) fn find(&self, of: &Address, property: &str) -> Option<String> {
        if of.as_str() == TENANT {
            return match property {
                "id" => Some(self.snapshot.tenant.to_string()),
                "domain" => self.snapshot.domains.first().cloned(),
                _ => None,
            };
        }
        let (desired, pair) = self.find_object(of)?;
        if let Some((collection, value)) = item(property) {
            return self.item_id(desired, pair, collection, value);
        }
        match pair {
            Pair::Existing(object) | Pair::Deleted(object) => match property {
                "id" => Some(object.id.to_string()),
                _ => object.text(property).map(|text| folded(text).into_owned()),
            },
            Pair::Planned | Pair::Absent | Pair::Ambiguous => None,
        }
    }

    /// The id of an app role or permission scope: the one that is written, the one that the object has, or the one
    /// that is derived.
    fn item_id(
        &self,
        of: &DesiredObject,
        pair: Pair<'a>,
        collection: &str,
        value: &str,
    ) -> Option<String> {
        let written = paths_of(collection).find_map(|path| {
            let property = of.properties.get(path)?;
            property
                .value
                .items()
                .iter()
                .find(|item| has_value(item, value))
        });
        if let Some(id) = written.and_then(id_of) {
            return Some(folded(id).into_owned());
        }
        match pair {
            Pair::Existing(object) | Pair::Deleted(object) => {
                if let Some(id) = self.there(object, collection, value) {
                    return Some(folded(id).into_owned());
                }
            }
            Pair::Planned => {
                if let Some(id) = published(of, collection, value) {
                    return Some(id.to_owned());
                }
            }
            Pair::Absent | Pair::Ambiguous => {}
        }
        written.map(|_| self.derive(&of.address, value))
    }

    /// The id that an observed object has for an item of this value.
    fn there(&self, object: &'a ObservedObject, collection: &str, value: &str) -> Option<&'a str> {
        paths_of(collection).find_map(|path| {
            let list = at(object, path)?.items();
            if list.len() < LONG {
                return list.iter().find(|item| has_value(item, value)).map(id_of);
            }
            self.catalogs.find(object, path, list, value)
        })?
    }

    /// The id that an app role or permission scope gets: the same in every environment. An app role and a scope
    /// with one value share it, as Graph demands.
    pub(super) fn derive(&self, application: &Address, value: &str) -> String {
        let name = format!("{}/{}/{value}", self.desired.project, application.name());
        Uuid::new_v5(&NAMESPACE, name.as_bytes()).to_string()
    }
}

impl<'a> Catalogs<'a> {
    fn find(
        &self,
        object: &'a ObservedObject,
        path: &str,
        list: &'a [Value],
        value: &str,
    ) -> Option<Option<&'a str>> {
        let mut of = self.of.borrow_mut();
        let catalogs = of.entry(&object.id).or_default();
        if let Some(catalog) = catalogs.iter().find(|catalog| catalog.path == path) {
            return catalog.ids.get(value).copied();
        }
        let mut ids = HashMap::with_capacity(list.len());
        for item in list {
            if let Some(value) = item.get("value").and_then(Value::as_text) {
                ids.entry(value).or_insert_with(|| id_of(item));
            }
        }
        let found = ids.get(value).copied();
        catalogs.push(Catalog {
            path: path.to_owned(),
            ids,
        });
        found
    }
}

/// A GUID in lower case; any other text as it is.
pub(super) fn folded(text: &str) -> Cow<'_, str> {
    if is_guid(text) && text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// `appRoles[Payments.Process]` as collection and value.
pub(super) fn item(property: &str) -> Option<(&str, &str)> {
    let (collection, rest) = property.split_once('[')?;
    Some((collection, rest.strip_suffix(']')?))
}

/// Where the items of a collection stand: an application keeps its permission scopes under `api`.
pub(super) fn paths_of(collection: &str) -> impl Iterator<Item = &str> {
    let under_api = match collection {
        "oauth2PermissionScopes" => Some("api.oauth2PermissionScopes"),
        _ => None,
    };
    std::iter::once(collection).chain(under_api)
}

/// What an observed object has at a path.
pub(super) fn at<'v>(object: &'v ObservedObject, path: &str) -> Option<&'v Value> {
    let mut names = path.split('.');
    let first = object.properties.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}

fn has_value(item: &Value, value: &str) -> bool {
    item.get("value").and_then(Value::as_text) == Some(value)
}

fn id_of(item: &Value) -> Option<&str> {
    item.get("id").and_then(Value::as_text)
}

/// The id of a permission of Microsoft Graph, which is the same in every tenant.
fn published(of: &DesiredObject, collection: &str, value: &str) -> Option<&'static str> {
    let Key::Properties(key) = &of.key else {
        return None;
    };
    let app_id = key.get("appId").and_then(Value::as_text)?;
    if app_id != facts::MICROSOFT_GRAPH_APP_ID {
        return None;
    }
    let permission = facts::graph_permission(value)?;
    match collection {
        "appRoles" => permission.application_id,
        "oauth2PermissionScopes" => permission.delegated_id,
        _ => None,
    }
}
