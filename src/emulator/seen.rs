//! What a read sees: with lag it may be what was there before, or nothing yet.

use std::collections::BTreeSet;

use crate::graph::{Method, Request};

use super::guid::{Dice, Guid};
use super::hardship::{Flapping, Hardship, Lag};
use super::past::{Before, Moment, lasts};
use super::path::{self, Path};
use super::problem::Problem;
use super::record::{
    Assignment, DeltaSet, Entry, Grant, Key, Kind, LinkState, Object, Presence, Properties, Term,
};
use super::route::Locator;
use super::tenant::Tenant;

impl Tenant {
    /// The entry as a read sees it.
    pub(super) fn seen(&self, key: &Key) -> Option<&Entry> {
        match self.hidden(key).next() {
            Some(change) => change.entry.as_deref(),
            None => self.records.entry(key),
        }
    }

    /// The object as a read sees it, alive or deleted.
    pub(super) fn seen_object(&self, id: Guid) -> Option<&Object> {
        match self.seen(&Key::Object(id)) {
            Some(Entry::Object(object)) => Some(object),
            _ => None,
        }
    }

    /// The object as a read sees it, if it is alive there.
    pub(super) fn seen_living(&self, id: Guid) -> Option<&Object> {
        self.seen_object(id)
            .filter(|object| object.deleted_ms.is_none())
    }

    /// The application as its service principal shows it. A new service principal starts with a copy that is whole,
    /// so only later changes of the application lag.
    pub(super) fn seen_mirror(&self, application: Guid) -> Option<&Object> {
        let key = Key::Object(application);
        let lag = &self.meta.hardship.mirror_lag;
        let hidden = self
            .records
            .past()
            .of(&key)
            .find(|change| change.entry.is_some() && self.is_hidden(change, lag));
        match hidden.map(|change| change.entry.as_deref()) {
            Some(Some(Entry::Object(object))) => Some(object),
            Some(_) | None => self.records.object(application),
        }
    }

    pub(super) fn seen_plain(&self, key: &Key) -> Option<&Properties> {
        match self.seen(key) {
            Some(Entry::Plain(properties)) => Some(properties),
            _ => None,
        }
    }

    pub(super) fn seen_grant(&self, id: &str) -> Option<&Grant> {
        match self.seen(&Key::Grant(id.to_owned())) {
            Some(Entry::Grant(grant)) => Some(grant),
            _ => None,
        }
    }

    pub(super) fn seen_assignment(&self, id: &str) -> Option<&Assignment> {
        match self.seen(&Key::Assignment(id.to_owned())) {
            Some(Entry::Assignment(assignment)) => Some(assignment),
            _ => None,
        }
    }

    /// Whether a read sees this link.
    pub(super) fn sees_link(&self, key: &Key) -> bool {
        matches!(
            self.seen(key),
            Some(Entry::Link(LinkState {
                presence: Presence::Present,
                ..
            }))
        )
    }

    /// The entries of which a read may see something else than what is there; no index finds them.
    pub(super) fn lagging(&self) -> BTreeSet<Key> {
        let mut keys: BTreeSet<Key> = self.records.past().keys().cloned().collect();
        let mirrors: Vec<Key> = keys
            .iter()
            .filter_map(|key| match self.records.entry(key) {
                Some(Entry::Object(object)) if object.kind == Kind::Application => {
                    object.guid("appId")
                }
                _ => None,
            })
            .flat_map(|app_id| {
                self.records
                    .find(Term::AppId(Kind::ServicePrincipal, app_id), None)
            })
            .cloned()
            .collect();
        keys.extend(mirrors);
        keys
    }

    /// The object that a read finds although writes no longer do: a replica still has it.
    pub(super) fn read_finds(&self, kind: Kind, locator: &Locator) -> Option<Guid> {
        let is_found = |id: &Guid| {
            self.seen_living(*id).is_some_and(|object| {
                let named = match locator {
                    Locator::Id(text) => Guid::parse(text) == Some(*id),
                    Locator::Alternate { property, value } => object
                        .text(property)
                        .is_some_and(|found| found.eq_ignore_ascii_case(value)),
                };
                named && (object.kind == kind || kind == Kind::Unknown)
            })
        };
        let mut late = self.records.past().keys().filter_map(|key| match key {
            Key::Object(id) => Some(*id),
            _ => None,
        });
        late.find(is_found)
    }

    /// The last change of a set that every replica shows: delta queries go no further, so they lose nothing.
    pub(super) fn horizon(&self, set: DeltaSet) -> u64 {
        let mirror = &self.meta.hardship.mirror_lag;
        let mirrors = set == DeltaSet::Objects(Kind::ServicePrincipal);
        self.records
            .past()
            .all()
            .filter(|(key, change)| {
                self.is_hidden(change, self.lag_of(key, change))
                    || mirrors && change.entry.is_some() && self.is_hidden(change, mirror)
            })
            .map(|(_, change)| change.replaced.sequence)
            .min()
            .unwrap_or(self.meta.sequence)
    }

    /// Lets the replicas go on showing what the request changed, which began when there had been `before` changes.
    /// Call it after a write, before its changes are kept.
    pub(super) fn remember(&mut self, before: u64) {
        if is_calm(&self.meta.hardship) {
            self.records.past_mut().clear();
        } else {
            let now = Moment {
                sequence: before,
                ..self.moment()
            };
            self.records.remember(now);
            self.records.past_mut().forget(now, &self.meta.hardship);
        }
    }

    /// What a request meets that names something which has not reached the replica that answers. Reads of it simply
    /// do not find it; a write cannot work on it.
    pub(super) fn refuse_unreplicated(&self, request: &Request) -> Option<Problem> {
        if self.records.past().is_empty() || request.method == Method::Get {
            return None;
        }
        let path = path::parse(&self.root, &request.url).ok()?;
        self.unreplicated_target(&path, request)
            .or_else(|| self.unreplicated_reference(request))
    }

    fn unreplicated_target(&self, path: &Path, request: &Request) -> Option<Problem> {
        for segment in &path.segments {
            let name = segment.key.as_ref().map_or(&segment.text, |key| &key.value);
            let property = segment.key.as_ref().and_then(|key| key.property.as_deref());
            let found = match property {
                None => Guid::parse(name),
                // An upsert works on the one true copy.
                Some(_) if request.headers.contains_key("prefer") => None,
                Some(property) => self.keyed(&segment.name(), property, name),
            };
            if found.is_some_and(|id| self.is_unreplicated(id)) {
                return Some(Problem::not_found(name));
            }
        }
        let body = request.body.as_ref()?;
        let app_id = body.get("appId").and_then(serde_json::Value::as_str)?;
        let creates = path.segments.len() == 1 && path.segments[0].name() == "serviceprincipals";
        let application = self.keyed("applications", "appId", app_id)?;
        (creates && self.is_unreplicated(application))
            .then(|| Problem::no_backing_application(app_id))
    }

    /// References in the body, each with the answer that azuread has seen for it.
    fn unreplicated_reference(&self, request: &Request) -> Option<Problem> {
        let body = request.body.as_ref()?.as_object()?;
        for (name, value) in body {
            let references: Vec<&str> = match value {
                serde_json::Value::String(one) => vec![one],
                serde_json::Value::Array(many) if name.ends_with("@odata.bind") => {
                    many.iter().filter_map(serde_json::Value::as_str).collect()
                }
                _ => continue,
            };
            let assigned = body.contains_key("appRoleId");
            for reference in references {
                let id = match name.as_str() {
                    "@odata.id" | "owners@odata.bind" | "members@odata.bind" => {
                        path::referenced(reference)?
                    }
                    "principalId" | "resourceId" | "clientId" => reference.to_owned(),
                    _ => continue,
                };
                if Guid::parse(&id).is_some_and(|id| self.is_unreplicated(id)) {
                    return Some(if assigned {
                        Problem::not_a_valid_reference()
                    } else {
                        Problem::not_found(&id)
                    });
                }
            }
        }
        None
    }

    fn keyed(&self, set: &str, property: &str, value: &str) -> Option<Guid> {
        let kind = Kind::from_set(set)?;
        let term = match property {
            "appId" => Term::AppId(kind, Guid::parse(value)?),
            "uniqueName" => Term::UniqueName(kind, value.to_lowercase()),
            _ => return None,
        };
        let mut living = self
            .records
            .find_objects(term)
            .filter(|(_, object)| object.deleted_ms.is_none());
        living.next().map(|(id, _)| id)
    }

    /// Whether the object exists and the replica that answers has not heard of it.
    fn is_unreplicated(&self, id: Guid) -> bool {
        self.records.object(id).is_some() && self.seen_object(id).is_none()
    }

    /// The changes of an entry that the replica which answers this request has not got, the oldest first.
    fn hidden(&self, key: &Key) -> impl Iterator<Item = &Before> {
        self.records
            .past()
            .of(key)
            .filter(|change| self.is_hidden(change, self.lag_of(key, change)))
    }

    fn lag_of(&self, key: &Key, change: &Before) -> &Lag {
        match (key, &change.entry) {
            // A link is part of the object that has it.
            (Key::Link { .. }, _) | (_, Some(_)) => &self.meta.hardship.update_lag,
            (_, None) => &self.meta.hardship.create_lag,
        }
    }

    fn is_hidden(&self, change: &Before, lag: &Lag) -> bool {
        lasts(lag, change.replaced, self.moment())
            && match lag.flapping {
                Flapping::Steady => true,
                Flapping::Flapping => self.meets_replica_behind(),
            }
    }

    /// One request meets one replica.
    fn meets_replica_behind(&self) -> bool {
        let mut dice = Dice(self.meta.hardship.seed ^ self.meta.requests.rotate_left(17));
        dice.falls(500)
    }

    fn moment(&self) -> Moment {
        Moment {
            request: self.meta.requests,
            ms: self.meta.now_ms,
            sequence: self.meta.sequence,
        }
    }
}

fn is_calm(hardship: &Hardship) -> bool {
    [
        &hardship.create_lag,
        &hardship.update_lag,
        &hardship.mirror_lag,
    ]
    .into_iter()
    .all(|lag| lag.is_none())
}
