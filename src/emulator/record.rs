//! What a tenant is made of: entries under keys. Every change of a tenant is a change of entries, which is why the
//! log on disk, undoing a refused request, and export are the same thing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::behaviour::Behaviour;
use super::document::DocumentSet;
use super::guid::{Dice, Guid};
use super::hardship::Hardship;

/// JSON properties by Graph's names.
pub(crate) type Properties = Map<String, Value>;

/// One entry of a tenant as it is after a change; absent when the change removed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub(crate) key: Key,
    pub(crate) entry: Option<Entry>,
}

/// Where an entry stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Key {
    Meta,
    Organization,
    Domain(String),
    Object(Guid),
    Link {
        from: Guid,
        relation: Relation,
        to: Guid,
    },
    Federated {
        application: Guid,
        id: Guid,
    },
    Assignment(String),
    Grant(String),
    RoleDefinition(Guid),
    RoleAssignment(String),
    /// What delta queries still have to report as gone.
    Gone(String),
    /// What is no directory object: policies, locations, schedules.
    Document {
        set: DocumentSet,
        /// The object that it is below; zero: none.
        parent: Guid,
        id: String,
    },
}

/// What stands there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Entry {
    Meta(Box<Meta>),
    Object(Object),
    Link(LinkState),
    Grant(Grant),
    Assignment(Assignment),
    Gone(Gone),
    /// Organization, domains, federated identity credentials, role definitions, role assignments and documents.
    Plain(Properties),
}

/// The tenant's own facts and counters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Meta {
    pub(crate) tenant_id: String,
    pub(crate) initial_domain: String,
    pub(crate) now_ms: i64,
    pub(crate) dice: Dice,
    pub(crate) seed: u64,
    /// Counts changes; delta tokens are positions in it.
    pub(crate) sequence: u64,
    /// Counts requests; hardship is drawn from it.
    pub(crate) requests: u64,
    pub(crate) behaviour: Behaviour,
    pub(crate) hardship: Hardship,
    /// How many fitting writes each scheduled refusal has seen.
    pub(crate) refusals_seen: Vec<u32>,
    /// The service principal on whose behalf requests come, when it matters.
    pub(crate) caller: Option<Guid>,
}

/// A directory object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) kind: Kind,
    /// Only what differs from the defaults; derived properties are not here.
    pub(crate) properties: Properties,
    pub(crate) created_ms: i64,
    pub(crate) deleted_ms: Option<i64>,
    pub(crate) created_at: u64,
    pub(crate) changed_at: u64,
    /// When each property changed last, for those that did since the creation.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) touched: BTreeMap<String, u64>,
}

impl Object {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.properties.get(name).and_then(Value::as_str)
    }

    pub(crate) fn guid(&self, name: &str) -> Option<Guid> {
        self.text(name).and_then(Guid::parse)
    }

    pub(crate) fn life(&self) -> Life {
        match self.deleted_ms {
            None => Life::Alive,
            Some(_) => Life::Deleted,
        }
    }
}

/// Whether an object is in the directory or in the recycle bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Life {
    Alive,
    Deleted,
}

/// The types of directory objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Kind {
    Application,
    ServicePrincipal,
    Group,
    User,
    AdministrativeUnit,
    Device,
    OrgContact,
    /// A stub of which not even the type is known.
    Unknown,
}

impl Kind {
    pub(crate) const ALL: [Kind; 8] = [
        Kind::Application,
        Kind::ServicePrincipal,
        Kind::Group,
        Kind::User,
        Kind::AdministrativeUnit,
        Kind::Device,
        Kind::OrgContact,
        Kind::Unknown,
    ];

    /// The name of the type in Graph's CSDL.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Kind::Application => "application",
            Kind::ServicePrincipal => "servicePrincipal",
            Kind::Group => "group",
            Kind::User => "user",
            Kind::AdministrativeUnit => "administrativeUnit",
            Kind::Device => "device",
            Kind::OrgContact => "orgContact",
            Kind::Unknown => "directoryObject",
        }
    }

    /// The name of the entity set.
    pub(crate) fn set_name(self) -> &'static str {
        match self {
            Kind::Application => "applications",
            Kind::ServicePrincipal => "servicePrincipals",
            Kind::Group => "groups",
            Kind::User => "users",
            Kind::AdministrativeUnit => "administrativeUnits",
            Kind::Device => "devices",
            Kind::OrgContact => "contacts",
            Kind::Unknown => "directoryObjects",
        }
    }

    pub(crate) fn from_set(name: &str) -> Option<Kind> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.set_name().eq_ignore_ascii_case(name))
    }

    /// Reads `application`, `microsoft.graph.application` and `#microsoft.graph.application`.
    pub(crate) fn from_type(name: &str) -> Option<Kind> {
        let name = name.trim_start_matches('#');
        let name = name.strip_prefix("microsoft.graph.").unwrap_or(name);
        Kind::ALL
            .into_iter()
            .find(|kind| kind.type_name().eq_ignore_ascii_case(name))
    }

    /// The name that Graph's messages give the resource.
    pub(crate) fn resource_name(self) -> &'static str {
        match self {
            Kind::Application => "Application",
            Kind::ServicePrincipal => "ServicePrincipal",
            Kind::Group => "Group",
            Kind::User => "User",
            Kind::AdministrativeUnit => "AdministrativeUnit",
            Kind::Device => "Device",
            Kind::OrgContact => "Contact",
            Kind::Unknown => "DirectoryObject",
        }
    }
}

/// The relations that are kept as links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Relation {
    Owners,
    Members,
}

impl Relation {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Relation::Owners => "owners",
            Relation::Members => "members",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Relation> {
        [Relation::Owners, Relation::Members]
            .into_iter()
            .find(|relation| relation.name().eq_ignore_ascii_case(name))
    }
}

/// A link, or the memory of one for delta queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinkState {
    pub(crate) presence: Presence,
    pub(crate) changed_at: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Presence {
    Present,
    Removed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) client: Guid,
    pub(crate) resource: Guid,
    pub(crate) principal: Option<Guid>,
    pub(crate) scope: String,
    pub(crate) changed_at: u64,
    pub(crate) created_at: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Assignment {
    pub(crate) principal: Guid,
    pub(crate) resource: Guid,
    pub(crate) role: Guid,
    pub(crate) created_ms: i64,
}

/// Something that is gone for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gone {
    pub(crate) set: DeltaSet,
    pub(crate) created_at: u64,
    pub(crate) changed_at: u64,
}

/// The sets that delta queries can follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum DeltaSet {
    Objects(Kind),
    Grants,
}

/// By what an entry can be found without looking at all of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Term {
    OfKind(Kind, Life),
    AppId(Kind, Guid),
    Name(Kind, String),
    UniqueName(Kind, String),
    UserName(String),
    IdentifierUri(String),
    Changed(DeltaSet, u64),
    LinkTo(Guid, Relation),
    Principal(Guid),
    Resource(Guid),
    Client(Guid),
    Definition(Guid),
}

impl Entry {
    /// The terms under which this entry is found.
    pub(crate) fn terms(&self, key: &Key) -> Vec<Term> {
        match self {
            Entry::Object(object) => object_terms(object),
            Entry::Link(state) => match (key, state.presence) {
                (Key::Link { relation, to, .. }, Presence::Present) => {
                    vec![Term::LinkTo(*to, *relation)]
                }
                _ => Vec::new(),
            },
            Entry::Assignment(assignment) => vec![
                Term::Principal(assignment.principal),
                Term::Resource(assignment.resource),
            ],
            Entry::Grant(grant) => {
                let mut terms = vec![
                    Term::Client(grant.client),
                    Term::Resource(grant.resource),
                    Term::Changed(DeltaSet::Grants, grant.changed_at),
                ];
                terms.extend(grant.principal.map(Term::Principal));
                terms
            }
            Entry::Gone(gone) => vec![Term::Changed(gone.set, gone.changed_at)],
            Entry::Plain(properties) => match key {
                Key::RoleAssignment(_) => [
                    ("principalId", Term::Principal as fn(Guid) -> Term),
                    ("roleDefinitionId", Term::Definition),
                ]
                .into_iter()
                .filter_map(|(name, term)| {
                    let id = properties.get(name).and_then(Value::as_str);
                    id.and_then(Guid::parse).map(term)
                })
                .collect(),
                _ => Vec::new(),
            },
            Entry::Meta(_) => Vec::new(),
        }
    }
}

fn object_terms(object: &Object) -> Vec<Term> {
    let kind = object.kind;
    let mut terms = vec![
        Term::OfKind(kind, object.life()),
        Term::Changed(DeltaSet::Objects(kind), object.changed_at),
    ];
    let folded = |name: &str| object.text(name).map(str::to_lowercase);
    terms.extend(object.guid("appId").map(|id| Term::AppId(kind, id)));
    terms.extend(folded("displayName").map(|name| Term::Name(kind, name)));
    terms.extend(folded("uniqueName").map(|name| Term::UniqueName(kind, name)));
    if kind == Kind::User {
        terms.extend(folded("userPrincipalName").map(Term::UserName));
    }
    if kind == Kind::Application {
        let uris = object.properties.get("identifierUris");
        let uris = uris.and_then(Value::as_array).into_iter().flatten();
        terms.extend(
            uris.filter_map(Value::as_str)
                .map(|uri| Term::IdentifierUri(uri.to_lowercase())),
        );
    }
    terms
}
