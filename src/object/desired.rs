//! An object as it is desired in one environment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Value;
use crate::address::{Address, ObjectId};
use crate::finding::Origin;

/// How much of a property or relation the declaration speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Coverage {
    /// This and nothing else.
    Exact,
    /// This and whatever else is there.
    AtLeast,
    /// This when idac creates the object; afterwards the tenant's value stays.
    OnCreate,
}

/// Whose the object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Management {
    /// Declared: idac creates, updates and deletes it.
    Managed,
    /// Only referred to: it must be there.
    ReferredTo,
    /// Only referred to, and created (a first-party service principal) when it is not there.
    Ensured,
}

/// Whether a plan may delete the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Deletion {
    Allowed,
    Protected,
}

/// How the object is found in a tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Key {
    /// It has this object id: adopted, or referred to by id.
    Id(ObjectId),
    /// All these properties have these values, and in the tenant no two objects do.
    Properties(BTreeMap<String, Value>),
}

/// One object of the desired tenant. Addresses in it are resolved; ids that only the tenant knows are templates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DesiredObject {
    pub address: Address,
    /// The name of the entity in `kind`'s table.
    pub entity: &'static str,
    /// The object in which this one is contained, for entities that live below another.
    pub parent: Option<Address>,
    pub management: Management,
    pub key: Key,
    /// The name that this object had before, with the key by which it was found then.
    pub previously: Option<Previous>,
    /// By path: `displayName`, `web.redirectUris`.
    pub properties: BTreeMap<String, DesiredProperty>,
    pub relations: BTreeMap<String, DesiredRelation>,
    pub sets: Vec<DesiredSet>,
    pub deletion: Deletion,
    /// Every reference of this object to another, at its own place.
    #[serde(skip)]
    pub references: Vec<Reference>,
    #[serde(skip)]
    pub origin: Origin,
}

/// A name that an object had before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Previous {
    pub address: Address,
    pub key: Key,
}

/// What a property should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DesiredProperty {
    pub value: Value,
    pub coverage: Coverage,
    #[serde(skip)]
    pub origin: Origin,
}

/// What a relation should hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DesiredRelation {
    pub coverage: Coverage,
    pub links: Vec<DesiredLink>,
    #[serde(skip)]
    pub origin: Origin,
}

/// One link of a relation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DesiredLink {
    pub to: Address,
    #[serde(skip)]
    pub origin: Origin,
}

/// The objects of an entity that belong to this object: those contained in it, or those whose `by` property is
/// this object's id. With [`Coverage::Exact`] those that nothing desires are surplus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DesiredSet {
    pub entity: &'static str,
    /// The property that holds this object's id (`resourceId`); `None` for contained objects.
    pub by: Option<&'static str>,
    /// Of those only the ones with these values (`resourceId` of one API, say).
    pub only: BTreeMap<String, Value>,
    pub coverage: Coverage,
    #[serde(skip)]
    pub origin: Origin,
}

/// One reference to another object, where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub to: Address,
    /// What is needed of it: `id`, `appId`, `appRoles[User.Read.All]`.
    pub property: String,
    pub origin: Origin,
}
