//! Drafts for what is no longer desired: never anything that was not declared.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::draft::{Drafts, Place, belongs_to_microsoft, delete, grants};
use super::known::folded;
use super::pair::{Pair, Pairs};
use super::stage::removed_items;
use super::{Action, Applied, Inverse, LeftAlone, ManagedObject, Reason, Target};
use crate::address::{Address, ObjectId};
use crate::finding::Finding;
use crate::kind;
use crate::kind::entity::Removal;
use crate::object::{Coverage, DesiredObject, DesiredSet, Management, ObservedObject, Value};

/// Adds the deletions: what the last receipt has and nobody desires, and what exact lists leave out.
pub(super) fn remove(
    pairs: &Pairs<'_>,
    applied: &Applied,
    drafts: &mut Drafts,
    left_alone: &mut Vec<LeftAlone>,
    findings: &mut Vec<Finding>,
) {
    let belongings = Belongings::build(pairs);
    for (address, was) in &pairs.replaced {
        let parent = was.parent.clone();
        drafts.push(delete((*address).clone(), was, parent, Reason::Declared));
    }
    undeclared(pairs, &belongings, applied, drafts, left_alone);
    for (object, pair) in pairs.all() {
        let Pair::Existing(owner) = pair else {
            continue;
        };
        if object.management != Management::Managed {
            continue;
        }
        for set in &object.sets {
            surplus(pairs, &belongings, object, owner, set, drafts, left_alone);
        }
    }
    forget_dangling(pairs, drafts);
    for (object, _) in pairs.all() {
        unassign(pairs, &belongings, object, drafts, findings);
    }
}

/// An assignment of somebody who lies in the recycle bin gives nobody anything, and Graph would not make it again.
fn forget_dangling(pairs: &Pairs<'_>, drafts: &mut Drafts) {
    // What the plan revives goes back there on the way back.
    let is_buried = |id: &str| {
        let id = ObjectId::new(id.trim_start_matches('/'));
        pairs.snapshot.deleted.contains_key(&id)
    };
    for draft in &mut drafts.all {
        if let Action::Delete { was, .. } = &draft.action
            && grants(draft.entity)
            && was
                .properties
                .values()
                .filter_map(Value::as_text)
                .any(is_buried)
        {
            draft.inverse = Some(Inverse::LeaveBehind(
                "it names somebody who lies in the recycle bin, and gives nothing".to_owned(),
            ));
        }
    }
}

/// What the last receipt has and the root no longer does.
fn undeclared(
    pairs: &Pairs<'_>,
    belongings: &Belongings<'_>,
    applied: &Applied,
    drafts: &mut Drafts,
    left_alone: &mut Vec<LeftAlone>,
) {
    for (address, managed) in applied {
        let Target::Existing(id) = &managed.target else {
            continue;
        };
        if pairs.is_claimed(id) {
            continue;
        }
        let Some(was) = pairs.snapshot.objects.get(id) else {
            continue;
        };
        let is_desired = pairs.is_desired(address);
        let is_here = was.entity == managed.entity;
        if is_here && !drafts.is_deleted(id) && goes(pairs, address, managed, is_desired) {
            if belongs_to_microsoft(was) {
                left_alone.push(LeftAlone {
                    subject: Some(address.clone()),
                    what: "service principals of Microsoft's own".to_owned(),
                    count: 1,
                });
                continue;
            }
            let parent = parent_of(managed);
            let place = drafts.push(delete(address.clone(), was, parent, Reason::Undeclared));
            if address.part_name().is_empty() {
                take_along(pairs, belongings, address, was, place, drafts);
            }
        }
    }
    take_apart(pairs, applied, drafts);
}

/// Graph deletes an application's service principal with it, also one that nobody declared, and does not bring it back
/// with it: it goes first, in a step of its own.
fn take_along(
    pairs: &Pairs<'_>,
    belongings: &Belongings<'_>,
    address: &Address,
    application: &ObservedObject,
    place: Place,
    drafts: &mut Drafts,
) {
    for id in belongings.service_principals(application) {
        let Some(was) = pairs.snapshot.objects.get(id) else {
            continue;
        };
        if pairs.is_claimed(id) || drafts.is_deleted(id) {
            continue;
        }
        let subject = address.part(&was.entity);
        let first = drafts.push(delete(subject, was, None, Reason::Undeclared));
        drafts.all[place].after.insert(first);
    }
}

fn goes(pairs: &Pairs<'_>, address: &Address, managed: &ManagedObject, is_desired: bool) -> bool {
    let Some(entity) = kind::find_entity(&managed.entity) else {
        return false;
    };
    let root_stays = pairs.is_desired(&address.root());
    let is_contained = managed.parent.is_some() && !grants(entity);
    match entity.removal {
        Removal::Never => false,
        // Its address is desired, but as another object: this one was replaced.
        Removal::Hard if is_desired => true,
        Removal::Hard => root_stays || !is_contained,
        Removal::Soft if is_desired => address.part_name().is_empty(),
        // The service principal of an application goes only with the application.
        Removal::Soft => address.part_name().is_empty() || !root_stays,
    }
}

fn parent_of(managed: &ManagedObject) -> Option<ObjectId> {
    match &managed.parent {
        Some(Target::Existing(id)) => Some(id.clone()),
        Some(Target::Planned(_)) | None => None,
    }
}

/// Parts of an object go before the object itself.
fn take_apart(pairs: &Pairs<'_>, applied: &Applied, drafts: &mut Drafts) {
    let mut parts: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
    for (place, draft) in drafts.all.iter().enumerate() {
        if !draft.subject.part_name().is_empty() && applied.contains_key(&draft.subject) {
            parts.entry(draft.subject.root()).or_default().push(place);
        }
    }
    for draft in &mut drafts.all {
        if draft.subject.part_name().is_empty() && !pairs.is_desired(&draft.subject) {
            draft
                .after
                .extend(parts.remove(&draft.subject).unwrap_or_default());
        }
    }
}

/// An entity, the property that says to whom its objects belong (none for what contains them), and the owner.
type Belonging<'a> = (&'a str, Option<&'static str>, Cow<'a, str>);

/// Observed objects by what they belong to.
struct Belongings<'a> {
    places: HashMap<Belonging<'a>, Vec<&'a ObservedObject>>,
    /// Everything with an `appId`: an application and its service principal.
    app_ids: HashMap<Cow<'a, str>, Vec<&'a ObservedObject>>,
}

impl<'a> Belongings<'a> {
    fn build(pairs: &Pairs<'a>) -> Belongings<'a> {
        let mut places: HashMap<_, Vec<&ObservedObject>> = HashMap::new();
        let mut app_ids: HashMap<_, Vec<&ObservedObject>> = HashMap::new();
        for object in pairs.snapshot.objects.values() {
            for set in kind::entity(&object.entity).sets {
                let owner = match set.by {
                    Some(property) => object.text(property).map(folded),
                    None => object
                        .parent
                        .as_ref()
                        .map(|parent| Cow::Borrowed(parent.as_str())),
                };
                if let Some(owner) = owner {
                    places
                        .entry((object.entity.as_str(), set.by, owner))
                        .or_default()
                        .push(object);
                }
            }
            if let Some(app_id) = object.text("appId") {
                app_ids.entry(folded(app_id)).or_default().push(object);
            }
        }
        Belongings { places, app_ids }
    }

    /// The service principals of an application in the tenant.
    fn service_principals<'s>(
        &'s self,
        application: &'s ObservedObject,
    ) -> impl Iterator<Item = &'s ObjectId> {
        let app_id = application.text("appId").map(folded).unwrap_or_default();
        self.app_ids
            .get(&app_id)
            .into_iter()
            .flatten()
            .filter(|other| other.entity != application.entity)
            .map(|other| &other.id)
    }

    fn of<'s>(
        &'s self,
        entity: &'static str,
        by: Option<&'static str>,
        owner: &'s ObjectId,
    ) -> &'s [&'s ObservedObject] {
        self.places
            .get(&(entity, by, Cow::Borrowed(owner.as_str())))
            .map_or(&[], Vec::as_slice)
    }
}

fn surplus(
    pairs: &Pairs<'_>,
    belongings: &Belongings<'_>,
    object: &DesiredObject,
    owner: &ObservedObject,
    set: &DesiredSet,
    drafts: &mut Drafts,
    left_alone: &mut Vec<LeftAlone>,
) {
    let mut count = 0;
    for was in belongings.of(set.entity, set.by, &owner.id) {
        if pairs.is_claimed(&was.id) || drafts.is_deleted(&was.id) || !fits(pairs, set, was) {
            continue;
        }
        match set.coverage {
            Coverage::Exact => {
                let subject = object.address.part(&format!("{}/{}", set.entity, was.id));
                let parent = parent_in_url(was);
                drafts.push(delete(subject, was, parent, Reason::Undeclared));
            }
            Coverage::AtLeast | Coverage::OnCreate => count += 1,
        }
    }
    if count > 0 {
        left_alone.push(LeftAlone {
            subject: Some(object.address.clone()),
            what: format!("{}s", set.entity),
            count,
        });
    }
}

fn fits(pairs: &Pairs<'_>, set: &DesiredSet, was: &ObservedObject) -> bool {
    set.only.iter().all(|(name, value)| {
        let known = pairs.known(value);
        match (&*known, was.text(name)) {
            (Value::Text(wanted), Some(there)) => folded(wanted) == folded(there),
            _ => false,
        }
    })
}

/// The object in whose URL this one is deleted.
fn parent_in_url(was: &ObservedObject) -> Option<ObjectId> {
    let entity = kind::entity(&was.entity);
    if let Some(parent) = &was.parent {
        return Some(parent.clone());
    }
    entity
        .sets
        .iter()
        .find_map(|set| set.parent)
        .and_then(|property| was.text(property))
        .map(ObjectId::new)
}

/// Assignments of app roles that are removed: those that idac manages go, others are for their owners to decide.
fn unassign(
    pairs: &Pairs<'_>,
    belongings: &Belongings<'_>,
    object: &DesiredObject,
    drafts: &Drafts,
    findings: &mut Vec<Finding>,
) {
    for switched in kind::entity(object.entity).switched {
        let Some((entity, property)) = switched.assigned_by else {
            continue;
        };
        let removed = removed_items(pairs, object, switched);
        if removed.is_empty() {
            continue;
        }
        let Pair::Existing(application) = pairs.get(&object.address) else {
            continue;
        };
        let mut holders: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for resource in belongings.service_principals(application) {
            for assignment in belongings.of(entity, Some("resourceId"), resource) {
                let id = assignment.text(property).unwrap_or_default();
                let Some(value) = removed.get(id) else {
                    continue;
                };
                if !drafts.is_deleted(&assignment.id) {
                    let holder = assignment
                        .text("principalDisplayName")
                        .or(assignment.text("principalId"))
                        .unwrap_or_default();
                    holders.entry(value).or_default().insert(holder.to_owned());
                }
            }
        }
        for (value, names) in holders {
            let origin = &object.properties[switched.items].origin;
            findings.push(Finding::error(
                "IDAC206",
                origin,
                format!(
                    "app role `{value}` of {} goes, and the root does not declare who has it: {}",
                    object.address,
                    names.into_iter().collect::<Vec<_>>().join(", ")
                ),
                "declare `servicePrincipal.appRoleAssignedTo` so that the plan removes the assignments, or remove them by hand",
            ));
        }
    }
}
