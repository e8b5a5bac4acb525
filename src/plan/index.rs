//! Observed objects by the properties that identify them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::known::folded;
use crate::address::ObjectId;
use crate::kind;
use crate::kind::entity::Creation;
use crate::object::{Key, ObservedObject};
use crate::resolve::Desired;

/// Observed objects by every combination of properties that some key uses.
///
/// A table of hashes, sorted: there are as many objects as the tenant has, and a text for each of their keys would
/// cost more than everything else about them.
pub(super) struct Index<'a> {
    objects: Vec<&'a ObservedObject>,
    /// The hash of a place with the position of an object that has it.
    places: Vec<(u64, u32)>,
}

/// The properties that some key of an entity uses, by entity.
pub(super) type Shapes<'a> = HashMap<&'a str, Vec<Vec<&'a str>>>;

/// The properties of one key with their values, folded.
pub(super) type Values<'k> = Vec<(&'k str, Cow<'k, str>)>;

impl<'a> Index<'a> {
    pub(super) fn build(
        shapes: &Shapes<'_>,
        observed: impl Iterator<Item = &'a ObservedObject>,
    ) -> Index<'a> {
        let objects: Vec<&ObservedObject> = observed.collect();
        let mut places = Vec::with_capacity(objects.len());
        for (at, object) in (0_u32..).zip(&objects) {
            let parent = parent(object);
            for names in shapes.get(object.entity.as_str()).into_iter().flatten() {
                let mut place = Place::new(&object.entity, parent);
                let has_all = names.iter().all(|name| match object.text(name) {
                    Some(text) => {
                        place.add(name, &fold(name, text));
                        true
                    }
                    None => false,
                });
                if has_all {
                    places.push((place.finish(), at));
                }
            }
        }
        places.sort_unstable();
        Index { objects, places }
    }

    /// The objects with these values, in the order in which they were observed.
    pub(super) fn find(
        &self,
        entity: &str,
        parent: Option<&ObjectId>,
        values: &Values<'_>,
    ) -> impl Iterator<Item = &'a ObservedObject> {
        let mut place = Place::new(entity, parent);
        for (name, value) in values {
            place.add(name, value);
        }
        let place = place.finish();
        let first = self.places.partition_point(|(other, _)| *other < place);
        self.places[first..]
            .iter()
            .take_while(move |(other, _)| *other == place)
            .map(|(_, at)| self.objects[*at as usize])
            .filter(move |object| has(object, entity, parent, values))
    }
}

/// The shapes of all keys that are desired.
pub(super) fn shapes(desired: &Desired) -> Shapes<'_> {
    let mut shapes = Shapes::new();
    for object in desired.objects.values() {
        let former = object.previously.as_ref().map(|previous| &previous.key);
        for key in std::iter::once(&object.key).chain(former) {
            let Key::Properties(properties) = key else {
                continue;
            };
            let known = shapes.entry(object.entity).or_default();
            let names = || properties.keys().map(String::as_str);
            if !known.iter().any(|shape| shape.iter().copied().eq(names())) {
                known.push(names().collect());
            }
        }
    }
    shapes
}

/// The shapes of the keys with which objects are created: by those they are looked for in the recycle bin.
pub(super) fn creation_shapes() -> Shapes<'static> {
    kind::ENTITIES
        .iter()
        .filter_map(|entity| match entity.creation {
            Creation::Upsert { key } => Some((entity.name, vec![vec![key]])),
            Creation::Post { .. } | Creation::Never => None,
        })
        .collect()
}

/// Names that the directory compares without regard to case, and GUIDs, in one case.
pub(super) fn fold<'t>(property: &str, text: &'t str) -> Cow<'t, str> {
    match property {
        "uniqueName" | "userPrincipalName" => {
            let is_lower = text
                .bytes()
                .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
            if is_lower {
                Cow::Borrowed(text)
            } else {
                Cow::Owned(text.to_lowercase())
            }
        }
        _ => folded(text),
    }
}

/// Whether objects of the entity are told apart only within their parent.
pub(super) fn is_contained(entity: &str) -> bool {
    let entity = kind::entity(entity);
    entity.sets.iter().any(|set| set.by.is_none())
}

fn parent(object: &ObservedObject) -> Option<&ObjectId> {
    is_contained(&object.entity)
        .then_some(object.parent.as_ref())
        .flatten()
}

fn has(object: &ObservedObject, entity: &str, of: Option<&ObjectId>, values: &Values<'_>) -> bool {
    object.entity == entity
        && parent(object) == of
        && values.iter().all(|(name, value)| {
            object
                .text(name)
                .is_some_and(|text| fold(name, text) == *value)
        })
}

/// Where an object stands: the hash of its entity, its parent and the values of a key.
struct Place(DefaultHasher);

impl Place {
    fn new(entity: &str, parent: Option<&ObjectId>) -> Place {
        let mut hasher = DefaultHasher::new();
        (entity, parent).hash(&mut hasher);
        Place(hasher)
    }

    fn add(&mut self, name: &str, value: &str) {
        (name, value).hash(&mut self.0);
    }

    fn finish(self) -> u64 {
        self.0.finish()
    }
}
