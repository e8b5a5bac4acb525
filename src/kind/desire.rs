//! From one declared object to the objects that it desires: what all kinds share.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Field;
use super::entity::Entity;
use super::reference::by_app_id;
use crate::address::{Address, AppId, Name, ObjectId};
use crate::finding::{Finding, Origin};
use crate::object::{
    Content, Coverage, DeclaredObject, Deletion, DesiredLink, DesiredObject, DesiredProperty,
    DesiredRelation, DesiredSet, Key, Management, Node, Previous, Reference, Template, Value,
};

/// Every object that is declared for this environment, variables filled in: what references can name.
pub type Declared = BTreeMap<Address, DeclaredObject>;

/// How an object that was there before idac is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adoption {
    Id(ObjectId),
    AppId(AppId),
}

/// What cannot be named in this environment, and why.
#[derive(Debug)]
pub struct Absent {
    /// Objects that exist only in other environments, with the names of those.
    pub elsewhere: BTreeMap<Address, String>,
    /// Whether everything else that is not declared is known not to be: not when a file could not be read.
    pub is_known: bool,
}

/// Gathers what the declared objects desire.
pub struct Desire<'a> {
    pub(super) project: &'a Name,
    pub(super) declared: &'a Declared,
    adopted: &'a BTreeMap<Address, Adoption>,
    pub(super) absent: &'a Absent,
    /// The first declared object with each `appId`: service principals that others registered.
    pub(super) by_app_id: BTreeMap<String, Address>,
    /// Names that nobody declares, with the nearest that somebody does.
    pub(super) nearest: BTreeMap<String, Option<String>>,
    /// By hash while they are gathered: there are many, and most are looked for more than once.
    pub(super) objects: HashMap<Address, DesiredObject>,
    pub(super) findings: Vec<Finding>,
}

impl<'a> Desire<'a> {
    /// Nothing is desired yet.
    pub fn new(
        project: &'a Name,
        declared: &'a Declared,
        adopted: &'a BTreeMap<Address, Adoption>,
        absent: &'a Absent,
    ) -> Desire<'a> {
        Desire {
            project,
            declared,
            adopted,
            absent,
            by_app_id: by_app_id(declared),
            nearest: BTreeMap::new(),
            objects: HashMap::new(),
            findings: Vec::new(),
        }
    }

    /// What everything desired comes to, and what is wrong with it.
    pub fn finish(self) -> (BTreeMap<Address, DesiredObject>, Vec<Finding>) {
        (self.objects.into_iter().collect(), self.findings)
    }

    /// Sees to it that an object of which a property is used is desired.
    pub fn ensure(&mut self, address: &Address, origin: &Origin) {
        match (address.kind(), address.part_name()) {
            ("user", _) => {
                self.user(address, origin);
            }
            ("existing", _) => self.existing(address),
            (_, "servicePrincipal") => {
                self.service_principal_of(&address.root(), origin);
            }
            _ => {}
        }
    }

    pub(super) fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Adds an object. Two declared objects that desire the same one (two directory role assignments with one
    /// content, say) are kept apart by their addresses; an address is added once.
    pub(super) fn add(&mut self, object: DesiredObject) {
        let address = object.address.clone();
        match self.objects.entry(address) {
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(object);
            }
            std::collections::hash_map::Entry::Occupied(mut place) => {
                // A reference came first and made a bare object; the declaration says more.
                if place.get().properties.len() <= object.properties.len() {
                    place.insert(object);
                }
            }
        }
    }

    pub(super) fn has(&self, address: &Address) -> bool {
        self.objects.contains_key(address)
    }

    /// The key of an object that lives in its own collection and carries `uniqueName`.
    pub(super) fn key(&self, address: &Address) -> Key {
        match self.adopted.get(address) {
            Some(Adoption::Id(id)) => Key::Id(id.clone()),
            Some(Adoption::AppId(app_id)) => key_of("appId", app_id.as_str()),
            None => key_of("uniqueName", &self.unique_name(address.name())),
        }
    }

    /// Whether the environment says that the object was there before idac.
    pub(super) fn is_adopted(&self, address: &Address) -> bool {
        self.adopted.contains_key(address)
    }

    /// `uniqueName` of a declared object: the project's name goes before its own.
    pub(super) fn unique_name(&self, name: &str) -> String {
        format!("{}-{name}", self.project)
    }

    /// The name that the object had before, when the document says so.
    pub(super) fn previously(&self, object: &DeclaredObject) -> Option<Previous> {
        let name = object.document.get("previously")?.text()?;
        Some(Previous {
            address: Address::new(object.address.kind(), name),
            key: key_of("uniqueName", &self.unique_name(name)),
        })
    }

    /// The name that an object had before, when its key does not have the name in it.
    pub(super) fn previously_with(&self, object: &DeclaredObject, key: &Key) -> Option<Previous> {
        let name = object.document.get("previously")?.text()?;
        Some(Previous {
            address: Address::new(object.address.kind(), name),
            key: key.clone(),
        })
    }

    /// Adds a set to an object that is desired already.
    pub(super) fn extend_set(
        &mut self,
        owner: &Address,
        entity: &'static str,
        by: &'static str,
        only: BTreeMap<String, Value>,
        origin: &Origin,
    ) {
        if let Some(object) = self.objects.get_mut(owner) {
            object.desire_set(entity, Some(by), only, Coverage::Exact, origin);
        }
    }
}

/// A key of one property.
pub(super) fn key_of(property: &str, value: &str) -> Key {
    Key::Properties(BTreeMap::from([(property.to_owned(), Value::text(value))]))
}

/// An object that is only referred to.
pub(super) fn referred_to(
    address: &Address,
    entity: &'static str,
    key: Key,
    origin: &Origin,
) -> DesiredObject {
    let mut object = bare(address, entity, key, origin);
    object.management = Management::ReferredTo;
    object
}

/// A managed object of which nothing is said yet.
pub(super) fn bare(
    address: &Address,
    entity: &'static str,
    key: Key,
    origin: &Origin,
) -> DesiredObject {
    DesiredObject {
        address: address.clone(),
        entity,
        parent: None,
        management: Management::Managed,
        key,
        previously: None,
        properties: BTreeMap::new(),
        relations: BTreeMap::new(),
        sets: Vec::new(),
        deletion: Deletion::Allowed,
        references: Vec::new(),
        origin: origin.clone(),
    }
}

/// Whether a plan may delete the object that this document declares.
pub(super) fn deletion(document: &Node) -> Deletion {
    match document.get("protect").and_then(Node::boolean) {
        Some(true) => Deletion::Protected,
        Some(false) | None => Deletion::Allowed,
    }
}

impl DesiredObject {
    /// Desires a property.
    pub(super) fn desire(&mut self, path: &str, value: Value, coverage: Coverage, origin: &Origin) {
        value.each_property(&mut |of, property| {
            self.references.push(Reference {
                to: of.clone(),
                property: property.to_owned(),
                origin: origin.clone(),
            });
        });
        self.properties.insert(
            path.to_owned(),
            DesiredProperty {
                value,
                coverage,
                origin: origin.clone(),
            },
        );
    }

    /// Desires every key of the document that the entity has as a property, maps member by member.
    pub(super) fn desire_properties(
        &mut self,
        document: &Node,
        fields: impl Iterator<Item = &'static Field>,
        entity: &Entity,
    ) {
        for field in fields {
            if let Some(node) = document.get(field.name) {
                self.desire_node(field.name, node, &field.shape, entity);
            }
        }
    }

    fn desire_node(&mut self, path: &str, node: &Node, shape: &super::Shape, entity: &Entity) {
        if entity.property(path).is_none() || self.properties.contains_key(path) {
            return;
        }
        if let (super::Shape::Map(fields), Content::Map(_)) = (shape, &node.content) {
            for field in *fields {
                if let Some(member) = node.get(field.name) {
                    self.desire_node(
                        &format!("{path}.{}", field.name),
                        member,
                        &field.shape,
                        entity,
                    );
                }
            }
            return;
        }
        let (coverage, list) = open(node);
        self.desire(path, value(list, shape), coverage, &node.origin);
    }

    /// Desires links, from a list of references.
    pub(super) fn desire_links(&mut self, relation: &str, node: &Node, desire: &mut Desire<'_>) {
        let (coverage, list) = open(node);
        let mut seen = BTreeSet::new();
        let mut links = Vec::new();
        for item in list.items() {
            let to = desire.principal(item, self);
            if let Some(to) = &to
                && relation == "owners"
                && desire.existing_type(to) == Some("group")
            {
                desire.report(Finding::error(
                    "IDAC117",
                    &item.origin,
                    format!("{to} is a group, and a group owns nothing"),
                    "name users and service principals",
                ));
            }
            if let Some(to) = to
                && seen.insert(to.clone())
            {
                links.push(DesiredLink {
                    to,
                    origin: item.origin.clone(),
                });
            }
        }
        self.relations.insert(
            relation.to_owned(),
            DesiredRelation {
                coverage,
                links,
                origin: node.origin.clone(),
            },
        );
    }

    /// Desires a set of objects that belong to this one.
    pub(super) fn desire_set(
        &mut self,
        entity: &'static str,
        by: Option<&'static str>,
        only: BTreeMap<String, Value>,
        coverage: Coverage,
        origin: &Origin,
    ) {
        self.sets.push(DesiredSet {
            entity,
            by,
            only,
            coverage,
            origin: origin.clone(),
        });
    }
}

/// A list and how much it speaks for: `[...]`, or `{ atLeast: [...] }`.
pub(super) fn open(node: &Node) -> (Coverage, &Node) {
    match node.get("atLeast") {
        Some(list) => (Coverage::AtLeast, list),
        None => (Coverage::Exact, node),
    }
}

/// A value as it is written, by its shape: text stays text whatever it looks like.
pub(super) fn value(node: &Node, shape: &super::Shape) -> Value {
    use super::Shape;
    match (&node.content, shape) {
        (Content::Null, Shape::List { .. }) => Value::List(Vec::new()),
        (Content::Null, _) => Value::Null,
        (Content::List(items), Shape::List { item, .. }) => {
            Value::List(items.iter().map(|node| value(node, item)).collect())
        }
        (Content::List(items), _) => {
            Value::List(items.iter().map(|node| value(node, shape)).collect())
        }
        (Content::Map(_), Shape::Map(fields)) => Value::Map(
            fields
                .iter()
                .filter_map(|field| {
                    Some((
                        field.name.to_owned(),
                        value(node.get(field.name)?, &field.shape),
                    ))
                })
                .collect(),
        ),
        (Content::Map(_), _) => Value::Null,
        (Content::Scalar { .. }, Shape::Boolean) => node.boolean().map_or(Value::Null, Value::Bool),
        (Content::Scalar { .. }, Shape::Integer { .. }) => {
            node.integer().map_or(Value::Null, Value::Integer)
        }
        (Content::Scalar { text, .. }, _) => text_value(text),
    }
}

/// Text in the language of the root: `${application/x.appId}` is known later, `$${` is a literal `${`.
pub(super) fn text_value(text: &str) -> Value {
    match Template::parse(text) {
        Some(template) => Value::Computed(template).known(&|_, _| None),
        None => Value::text(text),
    }
}
