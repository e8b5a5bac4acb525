//! What was seen of a tenant, at one time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::{Address, ObjectId, TenantId};
use crate::object::{DesiredObject, ObservedObject};

/// What to look at.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// Everything desired, referred-to objects included. Each is looked for by its key (and by the key that it had
    /// before), with the properties and relations that it desires, and its sets.
    pub desired: &'a BTreeMap<Address, DesiredObject>,
    /// What the last receipt has, each looked for by its id.
    pub known: &'a BTreeMap<Address, Known>,
}

/// An object of the last receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The name of the entity in `kind`'s table.
    pub entity: String,
    pub id: ObjectId,
    pub parent: Option<ObjectId>,
}

/// What was seen of a tenant.
///
/// Every object has all properties of its entity's table. A relation is in `links` when somebody desires it or the
/// object is no longer declared; then it is complete. What is not here was looked for and is not in the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Snapshot {
    pub tenant: TenantId,
    /// Verified domains; the default one first.
    pub domains: Vec<String>,
    pub objects: BTreeMap<ObjectId, ObservedObject>,
    /// Applications, service principals and groups in the recycle bin that something desired would collide with or
    /// can be made of: those with a desired `uniqueName` or `appId`, and those of the last receipt.
    pub deleted: BTreeMap<ObjectId, ObservedObject>,
    /// The entity of everything that links name, observed or not: `user`, `servicePrincipal`, `group`, `device`.
    pub types: BTreeMap<ObjectId, String>,
    /// How many objects of each entity the tenant has in all, where it says so. Not part of what a plan stands on.
    #[serde(default)]
    pub totals: BTreeMap<String, u64>,
}
