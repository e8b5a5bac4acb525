//! Objects that are put into a tenant as they are, without Graph's checks: a copy of an observed tenant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One object to plant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planted {
    /// Graph's entity set: `applications`, `servicePrincipals`, `groups`, `users`, `administrativeUnits`, `devices`,
    /// `contacts`, `directoryObjects` (a stub whose type is in `@odata.type`), `federatedIdentityCredentials`,
    /// `appRoleAssignments`, `oauth2PermissionGrants`, `roleDefinitions`, `roleAssignments` or `domains`.
    pub set: String,
    /// The object id of the application that a federated identity credential belongs to.
    pub parent: Option<String>,
    /// Graph's property names; `id` is required. Absent properties get Graph's defaults.
    pub properties: Map<String, Value>,
    pub deletion: Deletion,
    /// Object ids by relation (`owners`, `members`). An id that is not planted (yet) becomes a stub of unknown type.
    pub links: BTreeMap<String, Vec<String>>,
}

/// Whether the object is alive or in the recycle bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deletion {
    Alive,
    SoftDeleted,
}

impl Planted {
    /// A live object of this set.
    pub fn new(set: &str, properties: Map<String, Value>) -> Planted {
        Planted {
            set: set.to_owned(),
            parent: None,
            properties,
            deletion: Deletion::Alive,
            links: BTreeMap::new(),
        }
    }

    /// Somebody of whom only the id and the type are known, `#microsoft.graph.user` say.
    pub fn stub(id: &str, odata_type: &str) -> Planted {
        let mut properties = Map::new();
        properties.insert("id".to_owned(), Value::from(id));
        properties.insert("@odata.type".to_owned(), Value::from(odata_type));
        Planted::new("directoryObjects", properties)
    }

    /// The same object below a parent.
    pub fn below(mut self, parent: &str) -> Planted {
        self.parent = Some(parent.to_owned());
        self
    }

    /// The same object with these links.
    pub fn with_links(mut self, relation: &str, ids: Vec<String>) -> Planted {
        self.links.insert(relation.to_owned(), ids);
        self
    }

    /// The same object in the recycle bin.
    pub fn soft_deleted(mut self) -> Planted {
        self.deletion = Deletion::SoftDeleted;
        self
    }
}

/// Why an object cannot be planted: it does not look like anything that Graph returns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unplantable {
    #[error("cannot plant into {set:?}: it is no entity set that the emulator keeps")]
    UnknownSet { set: String },
    #[error(
        "cannot plant into {set:?}: property {property:?} is missing or not of the form that Graph gives it"
    )]
    Malformed { set: String, property: String },
}
