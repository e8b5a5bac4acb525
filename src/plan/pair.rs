//! Which object of the tenant each desired one is, and what is known of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use super::{Applied, Target};
use crate::address::{Address, ObjectId, is_guid};
use crate::finding::Finding;
use crate::finding::Origin;
use crate::graph::facts;
use crate::kind;
use crate::kind::entity::{Creation, Write};
use crate::object::{DesiredObject, Key, Management, ObservedObject, Value};
use crate::observe::Snapshot;
use crate::resolve::Desired;

/// The address under which a tenant's own facts are named in values.
pub(super) const TENANT: &str = "tenant/this";

/// The namespace of the ids that are derived for app roles and permission scopes. Any constant does; it never changes.
const NAMESPACE: Uuid = Uuid::from_u128(0x1dac_5eed_0000_5000_8000_6964_6163_0001);

/// What a desired object is in the tenant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pair<'a> {
    Existing(&'a ObservedObject),
    /// In the recycle bin, from which it is taken.
    Deleted(&'a ObservedObject),
    /// Not there; it is created.
    Planned,
    /// Not there, and not idac's to create.
    Absent,
}

/// Every desired object with what it is in the tenant.
pub(super) struct Pairs<'a> {
    pub(super) desired: &'a Desired,
    pub(super) snapshot: &'a Snapshot,
    pairs: HashMap<&'a Address, Pair<'a>>,
    claimed: BTreeMap<&'a ObjectId, &'a Address>,
}

impl<'a> Pairs<'a> {
    /// Pairs by key, then by the id of the last receipt, then by the key of the former name.
    pub(super) fn build(
        desired: &'a Desired,
        snapshot: &'a Snapshot,
        applied: &'a Applied,
        findings: &mut Vec<Finding>,
    ) -> Pairs<'a> {
        let mut pairs = Pairs {
            desired,
            snapshot,
            pairs: HashMap::with_capacity(desired.objects.len()),
            claimed: BTreeMap::new(),
        };
        let index = Index::build(desired, snapshot);
        pairs.pair_all(&index, applied, findings);
        pairs
    }

    pub(super) fn get(&self, address: &Address) -> Pair<'a> {
        self.pairs.get(address).copied().unwrap_or(Pair::Absent)
    }

    /// Whether some desired object is this one.
    pub(super) fn is_claimed(&self, id: &ObjectId) -> bool {
        self.claimed.contains_key(id)
    }

    /// How steps speak of the object.
    pub(super) fn target(&self, address: &Address) -> Target {
        match self.get(address) {
            Pair::Existing(object) | Pair::Deleted(object) => Target::Existing(object.id.clone()),
            Pair::Planned | Pair::Absent => Target::Planned(address.clone()),
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
        let desired = self.desired.objects.get(of)?;
        if let Some((collection, value)) = item(property) {
            return self.item_id(desired, collection, value);
        }
        match self.get(of) {
            Pair::Existing(object) | Pair::Deleted(object) => match property {
                "id" => Some(object.id.to_string()),
                _ => object.text(property).map(folded),
            },
            Pair::Planned | Pair::Absent => None,
        }
    }

    /// The id of an app role or permission scope: the one that is written, the one that the object has, or the one
    /// that is derived.
    fn item_id(&self, of: &DesiredObject, collection: &str, value: &str) -> Option<String> {
        let written = paths_of(collection).find_map(|path| {
            let property = of.properties.get(path)?;
            property
                .value
                .items()
                .iter()
                .find(|item| has_value(item, value))
        });
        if let Some(id) = written
            .and_then(|item| item.get("id"))
            .and_then(Value::as_text)
        {
            return Some(folded(id));
        }
        match self.get(&of.address) {
            Pair::Existing(object) | Pair::Deleted(object) => {
                let there = paths_of(collection).find_map(|path| {
                    at(object, path)?
                        .items()
                        .iter()
                        .find(|item| has_value(item, value))
                });
                if let Some(id) = there
                    .and_then(|item| item.get("id"))
                    .and_then(Value::as_text)
                {
                    return Some(folded(id));
                }
            }
            Pair::Planned => {
                if let Some(id) = published(of, collection, value) {
                    return Some(id.to_owned());
                }
            }
            Pair::Absent => {}
        }
        written.map(|_| self.derive(&of.address, value))
    }

    /// The id that an app role or permission scope gets: the same in every environment. An app role and a scope
    /// with one value share it, as Graph demands.
    pub(super) fn derive(&self, application: &Address, value: &str) -> String {
        let name = format!("{}/{}/{value}", self.desired.project, application.name());
        Uuid::new_v5(&NAMESPACE, name.as_bytes()).to_string()
    }

    fn pair_all(&mut self, index: &Index<'a>, applied: &'a Applied, findings: &mut Vec<Finding>) {
        let mut pending: Vec<&'a DesiredObject> = self.desired.objects.values().collect();
        while !pending.is_empty() {
            let before = pending.len();
            let mut waiting = Vec::new();
            for object in pending {
                match self.lookup(index, object, &object.key) {
                    Lookup::Waits => waiting.push(object),
                    Lookup::Found(found) => self.settle(object, &found, findings),
                    Lookup::Nothing => self.settle_missing(index, object, applied, findings),
                }
            }
            if waiting.len() == before {
                for object in std::mem::take(&mut waiting) {
                    self.settle_missing(index, object, applied, findings);
                }
            }
            pending = waiting;
        }
    }

    fn lookup(&self, index: &Index<'a>, object: &DesiredObject, key: &Key) -> Lookup<'a> {
        let parent = match &object.parent {
            None => None,
            Some(parent) => match self.pairs.get(parent) {
                None => return Lookup::Waits,
                Some(Pair::Existing(parent) | Pair::Deleted(parent)) => Some(&parent.id),
                Some(Pair::Planned | Pair::Absent) => return Lookup::Nothing,
            },
        };
        let properties = match key {
            Key::Id(id) => {
                let found = self.snapshot.objects.get(id);
                return match found.filter(|found| found.entity == object.entity) {
                    Some(found) => Lookup::Found(vec![found]),
                    None => Lookup::Nothing,
                };
            }
            Key::Properties(properties) => properties,
        };
        let mut values = Vec::with_capacity(properties.len());
        for (name, value) in properties {
            let known = value.known(&|of, property| self.find(of, property));
            match &known {
                Value::Computed(_) => {
                    let mut waits = false;
                    known.each_property(&mut |of, _| {
                        waits |=
                            !self.pairs.contains_key(of) && self.desired.objects.contains_key(of);
                    });
                    return if waits {
                        Lookup::Waits
                    } else {
                        Lookup::Nothing
                    };
                }
                Value::Text(text) => values.push((name.as_str(), fold(name, text))),
                Value::Null
                | Value::Bool(_)
                | Value::Integer(_)
                | Value::List(_)
                | Value::Map(_) => {
                    return Lookup::Nothing;
                }
            }
        }
        let parent = contained(object.entity).then_some(parent).flatten();
        match index.find(object.entity, parent, &values) {
            [] => Lookup::Nothing,
            found => Lookup::Found(found.to_vec()),
        }
    }

    fn settle(
        &mut self,
        object: &'a DesiredObject,
        found: &[&'a ObservedObject],
        findings: &mut Vec<Finding>,
    ) {
        let [only] = found else {
            findings.push(Finding::error(
                "IDAC202",
                &object.origin,
                format!(
                    "{} objects of the tenant fit {}",
                    found.len(),
                    object.address
                ),
                "name the one that is meant by its id",
            ));
            self.pairs.insert(&object.address, Pair::Absent);
            return;
        };
        self.claim(object, only, findings);
        self.pairs.insert(&object.address, Pair::Existing(only));
    }

    fn claim(
        &mut self,
        object: &'a DesiredObject,
        found: &'a ObservedObject,
        findings: &mut Vec<Finding>,
    ) {
        if object.management != Management::Managed {
            return;
        }
        if let Some(other) = self.claimed.insert(&found.id, &object.address) {
            findings.push(Finding::error(
                "IDAC208",
                &object.origin,
                format!(
                    "{} and {other} are the same object of the tenant",
                    object.address
                ),
                "declare it once",
            ));
        }
    }

    fn settle_missing(
        &mut self,
        index: &Index<'a>,
        object: &'a DesiredObject,
        applied: &'a Applied,
        findings: &mut Vec<Finding>,
    ) {
        let pair = match (object.management, &object.key) {
            (Management::ReferredTo, _) | (Management::Ensured, Key::Id(_)) => Pair::Absent,
            (Management::Managed, Key::Id(_)) => self.not_adopted(object, findings),
            (Management::Managed, Key::Properties(key))
                if key.contains_key("appId") && !is_service_principal_key(object) =>
            {
                self.not_adopted(object, findings)
            }
            (Management::Managed | Management::Ensured, Key::Properties(_)) => {
                match self
                    .by_receipt(object, applied)
                    .or_else(|| self.by_former_name(index, object, applied))
                {
                    Some(found) => {
                        self.claim(object, found, findings);
                        Pair::Existing(found)
                    }
                    None => self
                        .in_recycle_bin(object)
                        .map_or(Pair::Planned, Pair::Deleted),
                }
            }
        };
        self.pairs.insert(&object.address, pair);
    }

    fn not_adopted(&self, object: &DesiredObject, findings: &mut Vec<Finding>) -> Pair<'a> {
        findings.push(Finding::error(
            "IDAC204",
            &object.origin,
            format!(
                "{} is adopted in {}, and the tenant has no such object",
                object.address, self.desired.environment
            ),
            "correct the id under `adopt` in the environment, or remove the entry so that the object is created",
        ));
        Pair::Absent
    }

    /// The object that the last receipt has under this address: it keeps its unique name when it is renamed.
    fn by_receipt(&self, object: &DesiredObject, applied: &Applied) -> Option<&'a ObservedObject> {
        self.receipt_of(&object.address, object.entity, applied)
    }

    fn receipt_of(
        &self,
        address: &Address,
        entity: &str,
        applied: &Applied,
    ) -> Option<&'a ObservedObject> {
        if !is_found_by_name(entity) {
            return None;
        }
        let managed = applied.get(address)?;
        let Target::Existing(id) = &managed.target else {
            return None;
        };
        let found = self.snapshot.objects.get(id)?;
        (found.entity == entity && !self.claimed.contains_key(&found.id)).then_some(found)
    }

    fn by_former_name(
        &self,
        index: &Index<'a>,
        object: &DesiredObject,
        applied: &Applied,
    ) -> Option<&'a ObservedObject> {
        let previous = object.previously.as_ref()?;
        if let Some(found) = self.receipt_of(&previous.address, object.entity, applied) {
            return Some(found);
        }
        match self.lookup(index, object, &previous.key) {
            Lookup::Found(found) => found
                .first()
                .copied()
                .filter(|found| !self.claimed.contains_key(&found.id)),
            Lookup::Nothing | Lookup::Waits => None,
        }
    }

    fn in_recycle_bin(&self, object: &DesiredObject) -> Option<&'a ObservedObject> {
        let Creation::Upsert { key } = kind::entity(object.entity).creation else {
            return None;
        };
        let Key::Properties(properties) = &object.key else {
            return None;
        };
        let known = properties
            .get(key)?
            .known(&|of, property| self.find(of, property));
        let wanted = fold(key, known.as_text()?);
        self.snapshot.deleted.values().find(|deleted| {
            deleted.entity == object.entity
                && deleted
                    .text(key)
                    .is_some_and(|text| fold(key, text) == wanted)
        })
    }
}

/// What looking for a key showed.
enum Lookup<'a> {
    Found(Vec<&'a ObservedObject>),
    Nothing,
    /// The key names an object that is not paired yet.
    Waits,
}

/// Observed objects by every combination of properties that some key uses.
struct Index<'a> {
    places: HashMap<String, Vec<&'a ObservedObject>>,
}

impl<'a> Index<'a> {
    fn build(desired: &'a Desired, snapshot: &'a Snapshot) -> Index<'a> {
        let mut shapes: BTreeMap<&str, BTreeSet<Vec<&str>>> = BTreeMap::new();
        for object in desired.objects.values() {
            let former = object.previously.as_ref().map(|previous| &previous.key);
            for key in std::iter::once(&object.key).chain(former) {
                if let Key::Properties(properties) = key {
                    let names = properties.keys().map(String::as_str).collect();
                    shapes.entry(object.entity).or_default().insert(names);
                }
            }
        }
        let mut places: HashMap<String, Vec<&ObservedObject>> = HashMap::new();
        for object in snapshot.objects.values() {
            let parent = contained(&object.entity)
                .then_some(object.parent.as_ref())
                .flatten();
            for names in shapes.get(object.entity.as_str()).into_iter().flatten() {
                let values: Option<Vec<(&str, String)>> = names
                    .iter()
                    .map(|name| Some((*name, fold(name, object.text(name)?))))
                    .collect();
                if let Some(values) = values {
                    let place = place(&object.entity, parent, &values);
                    places.entry(place).or_default().push(object);
                }
            }
        }
        Index { places }
    }

    fn find(
        &self,
        entity: &str,
        parent: Option<&ObjectId>,
        values: &[(&str, String)],
    ) -> &[&'a ObservedObject] {
        self.places
            .get(&place(entity, parent, values))
            .map_or(&[], Vec::as_slice)
    }
}

fn place(entity: &str, parent: Option<&ObjectId>, values: &[(&str, String)]) -> String {
    let mut place = format!("{entity}\0{}", parent.map_or("", ObjectId::as_str));
    for (name, value) in values {
        place.push('\0');
        place.push_str(name);
        place.push('\0');
        place.push_str(value);
    }
    place
}

/// Whether objects of the entity are told apart only within their parent.
fn contained(entity: &str) -> bool {
    let entity = kind::entity(entity);
    entity.sets.iter().any(|set| set.by.is_none())
}

/// Whether the key of the entity is a name that idac gave and that never changes, so that a renamed object still
/// carries its first one.
fn is_found_by_name(entity: &str) -> bool {
    let entity = kind::entity(entity);
    match entity.creation {
        Creation::Upsert { key } => entity
            .property(key)
            .is_some_and(|property| property.write == Write::Never),
        Creation::Post { .. } | Creation::Never => false,
    }
}

/// A service principal is keyed by `appId` although nobody adopted it.
fn is_service_principal_key(object: &DesiredObject) -> bool {
    matches!(
        kind::entity(object.entity).creation,
        Creation::Upsert { key: "appId" }
    )
}

/// Names that the directory compares without regard to case, and GUIDs, in one case.
fn fold(property: &str, text: &str) -> String {
    match property {
        "uniqueName" | "userPrincipalName" => text.to_lowercase(),
        _ => folded(text),
    }
}

/// A GUID in lower case; any other text as it is.
pub(super) fn folded(text: &str) -> String {
    if is_guid(text) {
        text.to_ascii_lowercase()
    } else {
        text.to_owned()
    }
}

/// `appRoles[Payments.Process]` as collection and value.
pub(super) fn item(property: &str) -> Option<(&str, &str)> {
    let (collection, rest) = property.split_once('[')?;
    Some((collection, rest.strip_suffix(']')?))
}

/// Where the items of a collection stand: an application keeps its permission scopes under `api`.
fn paths_of(collection: &str) -> impl Iterator<Item = &str> {
    let under_api = match collection {
        "oauth2PermissionScopes" => Some("api.oauth2PermissionScopes"),
        _ => None,
    };
    std::iter::once(collection).chain(under_api)
}

fn has_value(item: &Value, value: &str) -> bool {
    item.get("value").and_then(Value::as_text) == Some(value)
}

/// What an observed object has at a path.
pub(super) fn at<'v>(object: &'v ObservedObject, path: &str) -> Option<&'v Value> {
    let mut names = path.split('.');
    let first = object.properties.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
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

/// References of managed objects that the tenant does not answer.
pub(super) fn check_references(pairs: &Pairs<'_>, findings: &mut Vec<Finding>) {
    let expected = match &pairs.desired.tenant {
        crate::resolve::TenantChoice::Emulator => None,
        crate::resolve::TenantChoice::Entra { id, .. } => Some(id),
    };
    if let Some(id) = expected
        && *id != pairs.snapshot.tenant
    {
        let file = format!("environments/{}.yaml", pairs.desired.environment);
        findings.push(Finding::error(
            "IDAC207",
            &Origin::start_of(&file),
            format!(
                "{} is tenant {id}, and the tenant that answers is {}",
                pairs.desired.environment, pairs.snapshot.tenant
            ),
            "sign in to the right tenant, or correct `tenant.id`",
        ));
    }
    for object in pairs.desired.objects.values() {
        if object.management == Management::ReferredTo && object.address.kind() == "existing" {
            check_present(pairs, &object.address, &object.origin, findings);
        }
        for reference in &object.references {
            check_present(pairs, &reference.to, &reference.origin, findings);
            check_item(pairs, reference, findings);
        }
    }
}

fn check_present(pairs: &Pairs<'_>, to: &Address, origin: &Origin, findings: &mut Vec<Finding>) {
    let Some(object) = pairs.desired.objects.get(to) else {
        return;
    };
    if object.management != Management::ReferredTo {
        return;
    }
    match pairs.get(to) {
        Pair::Existing(_) | Pair::Deleted(_) | Pair::Planned => {}
        Pair::Absent => findings.push(Finding::error(
            "IDAC201",
            origin,
            format!("the tenant has no {to}"),
            "correct the name, or create it in the tenant first: idac only refers to it",
        )),
    }
}

fn check_item(
    pairs: &Pairs<'_>,
    reference: &crate::object::Reference,
    findings: &mut Vec<Finding>,
) {
    let Some((collection, value)) = item(&reference.property) else {
        return;
    };
    let Pair::Existing(object) = pairs.get(&reference.to) else {
        return;
    };
    if pairs.find(&reference.to, &reference.property).is_some() {
        return;
    }
    let offered: Vec<&str> = paths_of(collection)
        .filter_map(|path| at(object, path))
        .flat_map(Value::items)
        .filter_map(|item| item.get("value").and_then(Value::as_text))
        .collect();
    let what = match collection {
        "appRoles" => "app role",
        _ => "permission scope",
    };
    findings.push(
        Finding::error(
            "IDAC203",
            &reference.origin,
            format!("{} offers no {what} `{value}` in this tenant", reference.to),
            "correct the name; `idac` compares it exactly, with case",
        )
        .with_suggestion(value, offered),
    );
}
