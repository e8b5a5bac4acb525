//! An object as it was observed in a tenant.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Value;
use crate::address::ObjectId;

/// Graph properties by name: those of the first level, complex values whole.
pub type Properties = BTreeMap<String, Value>;

/// Links by relation.
pub type Links = BTreeMap<String, BTreeSet<ObjectId>>;

/// An object as it was observed.
///
/// Only properties and relations that were asked for are here; what is absent was not looked at. A property that
/// Graph answered as `null` is here as [`Value::Null`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservedObject {
    /// The name of the entity in `kind`'s table.
    pub entity: String,
    pub id: ObjectId,
    /// The object in which this one is contained, for entities that live below another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ObjectId>,
    pub properties: Properties,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: Links,
}

impl ObservedObject {
    /// The text of a property, when it was observed and is text.
    pub fn text(&self, property: &str) -> Option<&str> {
        self.properties.get(property).and_then(Value::as_text)
    }
}
