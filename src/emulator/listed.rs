//! The collections that can be listed: which entries each has, in the order of their keys, and what they look like.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::filter::Expr;
use super::guid::Guid;
use super::matching;
use super::record::{Key, Kind, Life, Object, Properties, Relation, Term};
use super::schema;
use super::shape::Shape;
use super::tenant::Tenant;
use super::{assignments, federated};

/// What can be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListSet {
    Objects(Kind),
    Deleted(Kind),
    Links {
        from: Guid,
        relation: Relation,
    },
    /// The links to objects of one type: `…/members/microsoft.graph.user`.
    Cast {
        from: Guid,
        relation: Relation,
        kind: Kind,
    },
    LinkedFrom {
        to: Guid,
        relation: Relation,
    },
    Federated {
        application: Guid,
    },
    AssignedTo {
        resource: Guid,
    },
    AssignmentsOf {
        principal: Guid,
    },
    Grants,
    GrantsOf {
        client: Guid,
    },
    GrantsFor {
        principal: Guid,
    },
    RoleDefinitions,
    RoleAssignments,
    Organization,
    Domains,
    /// A collection that is put together for the request.
    Given(Given),
}

/// The entries of a collection that no index holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) shape: Shape,
    pub(super) context: String,
    pub(super) entries: BTreeMap<Key, Properties>,
}

impl ListSet {
    /// The collection behind a relation of an object, by its name in the URL or in `$expand`.
    pub(super) fn of_relation(kind: Kind, id: Guid, name: &str) -> Option<ListSet> {
        let linked = |relation| Some(ListSet::LinkedFrom { to: id, relation });
        match (kind, name.to_ascii_lowercase().as_str()) {
            (Kind::Application | Kind::ServicePrincipal | Kind::Group, "owners") => {
                Some(ListSet::Links {
                    from: id,
                    relation: Relation::Owners,
                })
            }
            (Kind::Group | Kind::AdministrativeUnit, "members") => Some(ListSet::Links {
                from: id,
                relation: Relation::Members,
            }),
            (Kind::Application, "federatedidentitycredentials") => {
                Some(ListSet::Federated { application: id })
            }
            (Kind::ServicePrincipal, "approleassignedto") => {
                Some(ListSet::AssignedTo { resource: id })
            }
            (Kind::ServicePrincipal | Kind::Group | Kind::User, "approleassignments") => {
                Some(ListSet::AssignmentsOf { principal: id })
            }
            (Kind::ServicePrincipal, "oauth2permissiongrants") => {
                Some(ListSet::GrantsOf { client: id })
            }
            (Kind::User, "oauth2permissiongrants") => Some(ListSet::GrantsFor { principal: id }),
            (
                Kind::ServicePrincipal | Kind::Group | Kind::User | Kind::Device | Kind::OrgContact,
                "memberof",
            ) => linked(Relation::Members),
            (Kind::ServicePrincipal | Kind::User, "ownedobjects") => linked(Relation::Owners),
            _ => None,
        }
    }

    /// The type of the entries.
    pub(super) fn shape(&self) -> Shape {
        match self {
            ListSet::Objects(Kind::Unknown) | ListSet::Deleted(Kind::Unknown) => Shape::Mixed,
            ListSet::Objects(kind) | ListSet::Deleted(kind) | ListSet::Cast { kind, .. } => {
                Shape::Object(*kind)
            }
            ListSet::Links { .. } | ListSet::LinkedFrom { .. } => Shape::Mixed,
            ListSet::Federated { .. } => Shape::Federated,
            ListSet::AssignedTo { .. } | ListSet::AssignmentsOf { .. } => Shape::Assignment,
            ListSet::Grants | ListSet::GrantsOf { .. } | ListSet::GrantsFor { .. } => Shape::Grant,
            ListSet::RoleDefinitions => Shape::RoleDefinition,
            ListSet::RoleAssignments => Shape::RoleAssignment,
            ListSet::Organization => Shape::Organization,
            ListSet::Domains => Shape::Domain,
            ListSet::Given(given) => given.shape,
        }
    }

    /// What stands after `$metadata#` in `@odata.context`.
    pub(super) fn context(&self) -> String {
        match self {
            ListSet::Objects(kind) | ListSet::Deleted(kind) | ListSet::Cast { kind, .. } => {
                kind.set_name().to_owned()
            }
            ListSet::Links { .. } | ListSet::LinkedFrom { .. } => "directoryObjects".to_owned(),
            ListSet::Federated { application } => {
                format!("applications('{application}')/federatedIdentityCredentials")
            }
            ListSet::AssignedTo { .. } | ListSet::AssignmentsOf { .. } => {
                "appRoleAssignments".to_owned()
            }
            ListSet::Grants | ListSet::GrantsOf { .. } | ListSet::GrantsFor { .. } => {
                "oauth2PermissionGrants".to_owned()
            }
            ListSet::RoleDefinitions => "roleManagement/directory/roleDefinitions".to_owned(),
            ListSet::RoleAssignments => "roleManagement/directory/roleAssignments".to_owned(),
            ListSet::Organization => "organization".to_owned(),
            ListSet::Domains => "domains".to_owned(),
            ListSet::Given(given) => given.context.clone(),
        }
    }

    /// The entries that a read sees after a key, in the order of the keys. All that fit the filter are among them.
    pub(super) fn keys<'a>(
        &'a self,
        tenant: &'a Tenant,
        filter: Option<&Expr>,
        after: Option<&Key>,
    ) -> impl Iterator<Item = Key> + 'a {
        let narrowed = filter.and_then(|expr| matching::narrowed(&tenant.records, self, expr));
        let indexed: Box<dyn Iterator<Item = Key> + 'a> = match narrowed {
            Some(keys) => {
                let after = after.cloned();
                Box::new(
                    keys.into_iter()
                        .filter(move |key| after.as_ref().is_none_or(|after| key > after)),
                )
            }
            None => self.indexed(tenant, after),
        };
        let after = after.cloned();
        let lagging = tenant
            .lagging()
            .into_iter()
            .filter(move |key| after.as_ref().is_none_or(|after| key > after));
        merged(indexed, lagging).filter(|key| self.has(tenant, key))
    }

    /// How an entry looks.
    pub(super) fn view(&self, tenant: &Tenant, key: &Key) -> Option<Properties> {
        match (self, key) {
            (ListSet::Objects(_) | ListSet::Deleted(_), Key::Object(id)) => {
                schema::view(tenant, *id)
            }
            (ListSet::Cast { .. }, Key::Link { to: id, .. }) => schema::view(tenant, *id),
            (ListSet::Links { .. }, Key::Link { to: id, .. })
            | (ListSet::LinkedFrom { .. }, Key::Link { from: id, .. }) => {
                let kind = tenant.seen_object(*id)?.kind;
                let mut view = schema::view(tenant, *id)?;
                let name = format!("#microsoft.graph.{}", kind.type_name());
                view.insert("@odata.type".to_owned(), Value::from(name));
                Some(view)
            }
            (ListSet::Federated { .. }, Key::Federated { application, id }) => {
                federated::view(tenant, *application, *id)
            }
            (ListSet::AssignedTo { .. } | ListSet::AssignmentsOf { .. }, Key::Assignment(id)) => {
                assignments::assignment_view(tenant, id)
            }
            (
                ListSet::Grants | ListSet::GrantsOf { .. } | ListSet::GrantsFor { .. },
                Key::Grant(id),
            ) => assignments::grant_view(tenant, id),
            (
                ListSet::RoleDefinitions
                | ListSet::RoleAssignments
                | ListSet::Organization
                | ListSet::Domains,
                key,
            ) => tenant.seen_plain(key).cloned(),
            (ListSet::Given(given), key) => given.entries.get(key).cloned(),
            _ => None,
        }
    }

    /// The entries of a relation of an entry, as filters look at them.
    pub(super) fn related(&self, tenant: &Tenant, key: &Key, name: &str) -> Vec<Value> {
        let Key::Object(id) = key else {
            return Vec::new();
        };
        let Some(relation) = Relation::from_name(name) else {
            return Vec::new();
        };
        let set = ListSet::Links {
            from: *id,
            relation,
        };
        let ids: Vec<Value> = set
            .keys(tenant, None, None)
            .filter_map(|key| match key {
                Key::Link { to, .. } => Some(json!({ "id": to })),
                _ => None,
            })
            .collect();
        ids
    }

    /// Every entry after a key that an index finds, in the order of the keys.
    fn indexed<'a>(
        &'a self,
        tenant: &'a Tenant,
        after: Option<&Key>,
    ) -> Box<dyn Iterator<Item = Key> + 'a> {
        let records = &tenant.records;
        let found = |term: Term| -> Box<dyn Iterator<Item = Key> + 'a> {
            Box::new(records.find(term, after).cloned())
        };
        let between = |from: Key, to: Key| -> Box<dyn Iterator<Item = Key> + 'a> {
            Box::new(records.after(from, to, after).map(|(key, _)| key.clone()))
        };
        match self {
            ListSet::Objects(kind) => found(Term::OfKind(*kind, Life::Alive)),
            ListSet::Deleted(kind) => found(Term::OfKind(*kind, Life::Deleted)),
            ListSet::Links { from, relation } | ListSet::Cast { from, relation, .. } => {
                let key = |to| Key::Link {
                    from: *from,
                    relation: *relation,
                    to,
                };
                between(key(Guid::ZERO), key(Guid::MAX))
            }
            ListSet::LinkedFrom { to, relation } => found(Term::LinkTo(*to, *relation)),
            ListSet::Federated { application } => {
                let key = |id| Key::Federated {
                    application: *application,
                    id,
                };
                between(key(Guid::ZERO), key(Guid::MAX))
            }
            ListSet::AssignedTo { resource } => found(Term::Resource(*resource)),
            ListSet::AssignmentsOf { principal } | ListSet::GrantsFor { principal } => {
                found(Term::Principal(*principal))
            }
            ListSet::GrantsOf { client } => found(Term::Client(*client)),
            ListSet::Grants => between(Key::Grant(String::new()), Key::RoleDefinition(Guid::ZERO)),
            ListSet::RoleDefinitions => between(
                Key::RoleDefinition(Guid::ZERO),
                Key::RoleDefinition(Guid::MAX),
            ),
            ListSet::RoleAssignments => {
                between(Key::RoleAssignment(String::new()), Key::Gone(String::new()))
            }
            ListSet::Organization => between(Key::Organization, Key::Organization),
            ListSet::Domains => between(Key::Domain(String::new()), Key::Object(Guid::ZERO)),
            ListSet::Given(given) => {
                let after = after.cloned();
                let keys = given.entries.keys().cloned();
                Box::new(keys.filter(move |key| after.as_ref().is_none_or(|after| key > after)))
            }
        }
    }

    /// Whether a read sees the entry in this collection.
    fn has(&self, tenant: &Tenant, key: &Key) -> bool {
        match self {
            ListSet::Objects(kind) => match key {
                Key::Object(id) => is_of_kind(tenant.seen_living(*id), *kind),
                _ => false,
            },
            ListSet::Deleted(kind) => match key {
                Key::Object(id) => {
                    let seen = tenant.seen_object(*id);
                    is_of_kind(seen.filter(|found| found.deleted_ms.is_some()), *kind)
                }
                _ => false,
            },
            ListSet::Links { .. } | ListSet::Cast { .. } | ListSet::LinkedFrom { .. } => {
                self.has_link(tenant, key)
            }
            ListSet::AssignedTo { .. } | ListSet::AssignmentsOf { .. } => {
                self.has_assignment(tenant, key)
            }
            ListSet::Grants | ListSet::GrantsOf { .. } | ListSet::GrantsFor { .. } => {
                self.has_grant(tenant, key)
            }
            ListSet::Federated { application } => {
                matches!(key, Key::Federated { application: of, .. } if of == application)
                    && tenant.seen_plain(key).is_some()
            }
            ListSet::RoleDefinitions => {
                matches!(key, Key::RoleDefinition(_)) && tenant.seen_plain(key).is_some()
            }
            ListSet::RoleAssignments => {
                matches!(key, Key::RoleAssignment(_)) && tenant.seen_plain(key).is_some()
            }
            ListSet::Given(given) => given.entries.contains_key(key),
            ListSet::Organization => *key == Key::Organization,
            ListSet::Domains => matches!(key, Key::Domain(_)),
        }
    }

    fn has_link(&self, tenant: &Tenant, key: &Key) -> bool {
        let Key::Link { from, relation, to } = key else {
            return false;
        };
        let asked = match self {
            ListSet::Links {
                from: of,
                relation: by,
            } => of == from && by == relation && tenant.seen_living(*to).is_some(),
            ListSet::Cast {
                from: of,
                relation: by,
                kind,
            } => of == from && by == relation && is_of_kind(tenant.seen_living(*to), *kind),
            ListSet::LinkedFrom {
                to: of,
                relation: by,
            } => of == to && by == relation && tenant.seen_living(*from).is_some(),
            _ => false,
        };
        asked && tenant.sees_link(key)
    }

    /// Assignments and grants are hidden while one of their ends is in the recycle bin.
    fn has_assignment(&self, tenant: &Tenant, key: &Key) -> bool {
        let Key::Assignment(id) = key else {
            return false;
        };
        tenant.seen_assignment(id).is_some_and(|found| {
            let asked = match self {
                ListSet::AssignedTo { resource } => found.resource == *resource,
                ListSet::AssignmentsOf { principal } => found.principal == *principal,
                _ => false,
            };
            asked
                && [found.principal, found.resource]
                    .into_iter()
                    .all(|id| tenant.seen_living(id).is_some())
        })
    }

    fn has_grant(&self, tenant: &Tenant, key: &Key) -> bool {
        let Key::Grant(id) = key else {
            return false;
        };
        tenant.seen_grant(id).is_some_and(|found| {
            let asked = match self {
                ListSet::GrantsOf { client } => found.client == *client,
                ListSet::GrantsFor { principal } => found.principal == Some(*principal),
                _ => true,
            };
            let ends = [Some(found.client), Some(found.resource), found.principal];
            asked
                && ends
                    .into_iter()
                    .flatten()
                    .all(|id| tenant.seen_living(id).is_some())
        })
    }
}

fn is_of_kind(object: Option<&Object>, kind: Kind) -> bool {
    object.is_some_and(|object| object.kind == kind)
}

/// Two ordered sequences as one, without repetition.
fn merged(
    one: impl Iterator<Item = Key>,
    other: impl Iterator<Item = Key>,
) -> impl Iterator<Item = Key> {
    let mut one = one.peekable();
    let mut other = other.peekable();
    std::iter::from_fn(move || {
        let order = match (one.peek(), other.peek()) {
            (Some(left), Some(right)) => left.cmp(right),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, _) => std::cmp::Ordering::Greater,
        };
        match order {
            std::cmp::Ordering::Less => one.next(),
            std::cmp::Ordering::Equal => {
                other.next();
                one.next()
            }
            std::cmp::Ordering::Greater => other.next(),
        }
    })
}
