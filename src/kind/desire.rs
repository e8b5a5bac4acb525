//! From one declared object to the objects that it desires: what all kinds share.

use std::collections::{BTreeMap, BTreeSet};

use super::entity::Entity;
use super::{Field, KINDS, existing};
use crate::address::{Address, AppId, Name, ObjectId, is_guid};
use crate::finding::{self, Finding, Origin};
use crate::graph::facts;
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

/// The most names for which a nearest one is looked for: each look goes through every address.
const SUGGESTIONS_MAX: usize = 50;

/// Gathers what the declared objects desire.
pub struct Desire<'a> {
    pub(super) project: &'a Name,
    pub(super) declared: &'a Declared,
    adopted: &'a BTreeMap<Address, Adoption>,
    absent: &'a Absent,
    /// The first declared object with each `appId`: service principals that others registered.
    by_app_id: BTreeMap<String, Address>,
    /// Names that nobody declares, with the nearest that somebody does.
    nearest: BTreeMap<String, Option<String>>,
    objects: BTreeMap<Address, DesiredObject>,
    findings: Vec<Finding>,
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
            objects: BTreeMap::new(),
            findings: Vec::new(),
        }
    }

    /// What everything desired comes to, and what is wrong with it.
    pub fn finish(self) -> (BTreeMap<Address, DesiredObject>, Vec<Finding>) {
        (self.objects, self.findings)
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
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(object);
            }
            std::collections::btree_map::Entry::Occupied(mut place) => {
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

    /// The directory object that a reference means where a principal or a member is wanted: for an application
    /// that is its service principal.
    pub(super) fn principal(&mut self, node: &Node, from: &mut DesiredObject) -> Option<Address> {
        let address = self.find(node)?;
        let principal = match address.kind() {
            "application" => self.service_principal_of(&address, &node.origin),
            _ => address,
        };
        from.references.push(Reference {
            to: principal.clone(),
            property: "id".to_owned(),
            origin: node.origin.clone(),
        });
        Some(principal)
    }

    /// The object that a reference names, or a finding at the reference.
    pub(super) fn find(&mut self, node: &Node) -> Option<Address> {
        let text = node.text()?;
        let Some(address) = Address::parse(text) else {
            self.unresolved(node, text);
            return None;
        };
        match address.kind() {
            "user" => Some(self.user(&address, &node.origin)),
            "existing" if self.declared.contains_key(&address) => {
                self.existing(&address);
                Some(address)
            }
            "servicePrincipal" if !self.declared.contains_key(&address) => {
                let application = Address::new("application", address.name());
                if self.declared.contains_key(&application) {
                    return Some(application);
                }
                self.unresolved(node, text);
                None
            }
            _ if self.declared.contains_key(&address) => Some(address),
            _ => {
                self.unresolved(node, text);
                None
            }
        }
    }

    fn unresolved(&mut self, node: &Node, text: &str) {
        let elsewhere =
            Address::parse(text).and_then(|address| self.absent.elsewhere.get(&address));
        if let Some(names) = elsewhere {
            self.findings.push(Finding::error(
                "IDAC135",
                &node.origin,
                format!("{text} exists only in {names}"),
                "say `onlyIn` here too, or refer to something that exists in every environment",
            ));
            return;
        }
        if !self.absent.is_known {
            return;
        }
        let finding = Finding::error(
            "IDAC150",
            &node.origin,
            format!("`{text}` is not declared"),
            "declare it, correct the name, or declare `kind: existing` for something that idac only refers to",
        );
        let finding = match self.nearest_to(text) {
            Some(name) => finding.with_label(format!("did you mean `{name}`?")),
            None => finding,
        };
        self.report(finding);
    }

    fn nearest_to(&mut self, text: &str) -> Option<String> {
        if let Some(known) = self.nearest.get(text) {
            return known.clone();
        }
        if self.nearest.len() >= SUGGESTIONS_MAX {
            return None;
        }
        let nearest = match text.split_once('/') {
            Some((kind, _)) if super::find(kind).is_none() => {
                finding::nearest(kind, KINDS.iter().map(|kind| kind.name))
            }
            _ => finding::nearest(text, self.declared.keys().map(Address::as_str)),
        };
        let nearest = nearest.map(str::to_owned);
        self.nearest.insert(text.to_owned(), nearest.clone());
        nearest
    }

    fn user(&mut self, address: &Address, origin: &Origin) -> Address {
        let name = address.name().to_lowercase();
        let address = Address::new("user", &name);
        if !self.has(&address) {
            let key = key_of("userPrincipalName", &name);
            self.add(referred_to(&address, "user", key, origin));
        }
        address
    }

    fn existing(&mut self, address: &Address) {
        if !self.has(address)
            && let Some(object) = self.declared.get(address)
            && let Some(desired) = existing::referred_to(object)
        {
            self.add(desired);
        }
    }

    /// The service principal of an application, which is desired as soon as something needs it.
    pub(super) fn service_principal_of(
        &mut self,
        application: &Address,
        origin: &Origin,
    ) -> Address {
        let address = application.part("servicePrincipal");
        if !self.has(&address) {
            self.add(super::service_principal::bare(application, origin));
        }
        address
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

    /// The service principal of an API, from a published name, an appId or an address.
    pub(super) fn resource(&mut self, node: &Node) -> Option<Resource> {
        let text = node.text()?;
        if text.contains('/') {
            return self.declared_resource(node);
        }
        let known = if is_guid(text) {
            facts::well_known_application_by_id(text)
        } else {
            facts::well_known_application(text)
        };
        let (name, app_id, management) = match known {
            Some(known) => (known.name(), known.app_id.to_owned(), Management::Ensured),
            None if is_guid(text) => (text, text.to_ascii_lowercase(), Management::ReferredTo),
            None => {
                self.report(
                    Finding::error(
                        "IDAC151",
                        &node.origin,
                        format!("no published API is called `{text}`"),
                        "write its appId, the address of an application, or a published name such as `Microsoft Graph`",
                    )
                    .with_suggestion(text, facts::well_known_applications().map(|known| known.name())),
                );
                return None;
            }
        };
        if let Some(declared) = self.by_app_id.get(&app_id).cloned() {
            if declared.kind() == "existing" {
                self.existing(&declared);
            }
            return Some(Resource {
                app_id: Value::Text(app_id),
                label: name.to_owned(),
                offers: declared.clone(),
                service_principal: declared,
            });
        }
        let address = Address::new("servicePrincipal", name);
        if !self.has(&address) {
            let mut object = referred_to(
                &address,
                "servicePrincipal",
                key_of("appId", &app_id),
                &node.origin,
            );
            object.management = management;
            self.add(object);
        }
        Some(Resource {
            app_id: Value::Text(app_id),
            label: name.to_owned(),
            offers: address.clone(),
            service_principal: address,
        })
    }

    fn declared_resource(&mut self, node: &Node) -> Option<Resource> {
        let address = self.find(node)?;
        let service_principal = match address.kind() {
            "application" => self.service_principal_of(&address, &node.origin),
            "servicePrincipal" | "existing" => address.clone(),
            kind => {
                self.report(Finding::error(
                    "IDAC151",
                    &node.origin,
                    format!("a {kind} is not an API"),
                    "name an application, a service principal, or something of these types that exists",
                ));
                return None;
            }
        };
        Some(Resource {
            app_id: Value::property(&address, "appId"),
            label: address.to_string(),
            offers: address,
            service_principal,
        })
    }
}

/// Service principals that are declared by their `appId`.
fn by_app_id(declared: &Declared) -> BTreeMap<String, Address> {
    let mut by_app_id = BTreeMap::new();
    for object in declared.values() {
        let is_service_principal = match object.address.kind() {
            "servicePrincipal" => true,
            "existing" => {
                object.document.get("type").and_then(Node::text) == Some("servicePrincipal")
            }
            _ => false,
        };
        if let Some(app_id) = object.document.get("appId").and_then(Node::text)
            && is_service_principal
        {
            by_app_id
                .entry(app_id.to_ascii_lowercase())
                .or_insert_with(|| object.address.clone());
        }
    }
    by_app_id
}

/// An API whose permissions are asked for.
pub(super) struct Resource {
    pub(super) app_id: Value,
    /// What people call it.
    pub(super) label: String,
    /// The object whose app roles and permission scopes are meant.
    pub(super) offers: Address,
    pub(super) service_principal: Address,
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
            if let Some(to) = desire.principal(item, self)
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
