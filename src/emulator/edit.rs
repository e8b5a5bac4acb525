//! The only ways in which directory objects and links change. Each keeps what delta queries will ask for.

use serde_json::Value;

use super::behaviour::DeletedServicePrincipalLinks;
use super::guid::Guid;
use super::problem::Problem;
use super::record::{
    DeltaSet, Entry, Gone, Key, Kind, LinkState, Object, Presence, Properties, Relation, Term,
};
use super::schema;
use super::tenant::Tenant;

/// How many owners an object may have.
const OWNER_LIMIT: usize = 100;

impl Tenant {
    /// The position of the next change.
    pub(super) fn next_sequence(&mut self) -> u64 {
        self.meta.sequence += 1;
        self.meta.sequence
    }

    /// Puts a new object into the directory.
    pub(super) fn create_object(&mut self, id: Guid, kind: Kind, whole: Properties) {
        let at = self.next_sequence();
        let object = Object {
            kind,
            properties: schema::stored(kind, whole),
            created_ms: self.meta.now_ms,
            deleted_ms: None,
            created_at: at,
            changed_at: at,
            touched: Default::default(),
        };
        self.records
            .put(Key::Object(id), Some(Entry::Object(object)));
    }

    /// Gives an object these properties; nothing happens when they are what it has.
    pub(super) fn change_object(&mut self, id: Guid, whole: Properties) {
        let Some(object) = self.records.object(id) else {
            return;
        };
        let mut object = object.clone();
        let before = std::mem::take(&mut object.properties);
        let after = schema::stored(object.kind, whole);
        let touched: Vec<String> = before
            .keys()
            .chain(after.keys())
            .filter(|name| before.get(*name) != after.get(*name))
            .cloned()
            .collect();
        if touched.is_empty() {
            return;
        }
        object.properties = after;
        self.put_touched(id, object, touched);
    }

    /// Says that something that is not stored in the object changed: a derived property, its links.
    pub(super) fn touch(&mut self, id: Guid, names: &[&str]) {
        if let Some(object) = self.records.object(id) {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            self.put_touched(id, object.clone(), names);
        }
    }

    fn put_touched(&mut self, id: Guid, mut object: Object, names: Vec<String>) {
        let at = self.next_sequence();
        object.changed_at = at;
        for name in names {
            object.touched.insert(name, at);
        }
        self.records
            .put(Key::Object(id), Some(Entry::Object(object)));
    }

    /// Moves a living object to the recycle bin.
    pub(super) fn soft_delete(&mut self, id: Guid) {
        let Some(object) = self.records.living(id) else {
            return;
        };
        let mut object = object.clone();
        object.deleted_ms = Some(self.meta.now_ms);
        object.changed_at = self.next_sequence();
        let kind = object.kind;
        self.records
            .put(Key::Object(id), Some(Entry::Object(object)));
        if kind == Kind::ServicePrincipal {
            match self.meta.behaviour.deleted_service_principal_links {
                DeletedServicePrincipalLinks::Hidden => {}
                DeletedServicePrincipalLinks::Dropped => self.drop_permissions(id),
            }
        }
    }

    /// Takes an object out of the recycle bin. Delta queries tell all of it again; its creation stays what it was, so
    /// that whoever knew it before is told should it go again.
    pub(super) fn revive(&mut self, id: Guid) {
        let Some(object) = self.records.object(id) else {
            return;
        };
        let mut object = object.clone();
        object.deleted_ms = None;
        let names = schema::properties(object.kind)
            .iter()
            .map(|property| property.name)
            .chain(["deletedDateTime"])
            .map(str::to_owned)
            .collect();
        self.put_touched(id, object, names);
        for relation in [Relation::Owners, Relation::Members] {
            let links: Vec<Guid> = self.records.links(id, relation, None).collect();
            for to in &links {
                self.put_link(id, relation, *to, Presence::Present);
            }
            if !links.is_empty() {
                self.touch(id, &[relation.name()]);
            }
        }
    }

    /// Removes an object for good, with everything that hangs on it.
    pub(super) fn purge(&mut self, id: Guid) {
        let Some(object) = self.records.object(id) else {
            return;
        };
        let gone = Gone {
            set: DeltaSet::Objects(object.kind),
            created_at: object.created_at,
            changed_at: self.meta.sequence + 1,
        };
        self.next_sequence();
        self.drop_permissions(id);
        self.drop_documents(id);
        let mut keys: Vec<Key> = Vec::new();
        for relation in [Relation::Owners, Relation::Members] {
            let to = self.records.link_states(id, relation, None);
            keys.extend(to.map(|(to, _)| Key::Link {
                from: id,
                relation,
                to,
            }));
            let from = self.records.linked_from(id, relation);
            keys.extend(from.map(|from| Key::Link {
                from,
                relation,
                to: id,
            }));
        }
        let federated = self.records.federated(id);
        keys.extend(federated.map(|(credential, _)| Key::Federated {
            application: id,
            id: credential,
        }));
        keys.extend(
            self.records
                .find(Term::Principal(id), None)
                .filter(|key| matches!(key, Key::RoleAssignment(_)))
                .cloned(),
        );
        keys.push(Key::Object(id));
        for key in keys {
            self.records.put(key, None);
        }
        self.records
            .put(Key::Gone(id.to_string()), Some(Entry::Gone(gone)));
    }

    /// Removes the app role assignments and grants of and to an object.
    pub(super) fn drop_permissions(&mut self, id: Guid) {
        let keys: Vec<Key> = [Term::Principal(id), Term::Resource(id), Term::Client(id)]
            .into_iter()
            .flat_map(|term| self.records.find(term, None))
            .filter(|key| matches!(key, Key::Assignment(_) | Key::Grant(_)))
            .cloned()
            .collect();
        for key in keys {
            match &key {
                Key::Grant(grant) => self.remove_grant(&grant.clone()),
                _ => self.records.put(key, None),
            }
        }
    }

    /// Removes a grant and remembers it for delta queries.
    pub(super) fn remove_grant(&mut self, id: &str) {
        let Some(grant) = self.records.grant(id) else {
            return;
        };
        let created_at = grant.created_at;
        let changed_at = self.next_sequence();
        let gone = Gone {
            set: DeltaSet::Grants,
            created_at,
            changed_at,
        };
        self.records.put(Key::Grant(id.to_owned()), None);
        self.records
            .put(Key::Gone(id.to_owned()), Some(Entry::Gone(gone)));
    }

    /// Adds links, all or none.
    pub(super) fn add_links(
        &mut self,
        from: Guid,
        relation: Relation,
        ids: &[Guid],
    ) -> Result<(), Problem> {
        let before = match relation {
            Relation::Owners => self.records.links(from, relation, None).count(),
            Relation::Members => 0,
        };
        let owners = before + ids.len();
        if relation == Relation::Owners && owners > OWNER_LIMIT {
            return Err(Problem::too_many_links(owners, relation));
        }
        for to in ids {
            if self.records.has_link(from, relation, *to) {
                return Err(Problem::already_linked(relation));
            }
            self.put_link(from, relation, *to, Presence::Present);
        }
        if !ids.is_empty() {
            self.touch(from, &[relation.name()]);
        }
        Ok(())
    }

    pub(super) fn remove_link(&mut self, from: Guid, relation: Relation, to: Guid) {
        self.put_link(from, relation, to, Presence::Removed);
        self.touch(from, &[relation.name()]);
    }

    fn put_link(&mut self, from: Guid, relation: Relation, to: Guid, presence: Presence) {
        let state = LinkState {
            presence,
            changed_at: self.next_sequence(),
        };
        self.records
            .put(Key::Link { from, relation, to }, Some(Entry::Link(state)));
    }

    /// The living object with these properties of its own and the defaults of the rest.
    pub(super) fn whole_of(&self, id: Guid) -> Properties {
        self.records
            .object(id)
            .map(|object| schema::whole(object.kind, &object.properties))
            .unwrap_or_default()
    }
}

/// The texts of a list.
pub(super) fn texts<'a>(properties: &'a Properties, name: &str) -> impl Iterator<Item = &'a str> {
    list(properties.get(name)).filter_map(Value::as_str)
}

/// The entries of a list that may be missing.
pub(super) fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// A text member.
pub(super) fn word<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}
