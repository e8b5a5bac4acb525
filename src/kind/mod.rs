//! Takes a declared object, gives the objects that it desires; never asks a tenant.
//!
//! One file per kind of Entra object. Each has two halves: what people write (its fields) and what Graph says
//! ([`Entity`]). [`KINDS`] and [`ENTITIES`] are the only lists of them.

mod application;
mod desire;
mod directory_role_assignment;
pub mod entity;
mod existing;
mod group;
mod reference;
pub mod rule;
mod service_principal;
pub mod shape;
mod user;

pub use desire::{Absent, Adoption, Declared, Desire};
pub use entity::Entity;
pub use existing::KEYS as EXISTING_KEYS;
pub use shape::{Field, Known, Need, Openness, Rule, Shape};

use crate::object::DeclaredObject;

/// One kind: a type of object that people declare.
pub struct Kind {
    /// As people write it after `kind:`.
    pub name: &'static str,
    /// What it declares, in a sentence.
    pub doc: &'static str,
    /// The keys of its documents, in groups that kinds share.
    pub fields: &'static [&'static [Field]],
    /// Whether a document may declare it.
    pub documents: Documents,
    /// Keys whose content is an object of its own that is created after this one, with the entity that it is.
    pub parts: &'static [(&'static str, &'static str)],
    /// Adds what one declared object desires.
    pub desire: fn(&DeclaredObject, &mut Desire<'_>),
}

/// Whether a kind has documents of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Documents {
    Declared,
    /// Only referred to; the text says what to do instead of declaring it.
    OnlyReferredTo(&'static str),
}

impl Kind {
    /// The keys of its documents.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().copied().flatten()
    }
}

/// Every kind, in the order of the alphabet.
pub const KINDS: &[&Kind] = &[
    &application::KIND,
    &directory_role_assignment::KIND,
    &existing::KIND,
    &group::KIND,
    &service_principal::KIND,
    &user::KIND,
];

/// Every entity, in the order of the alphabet.
pub const ENTITIES: &[&Entity] = &[
    &application::APPLICATION,
    &service_principal::APP_ROLE_ASSIGNMENT,
    &application::FEDERATED_IDENTITY_CREDENTIAL,
    &group::GROUP,
    &application::OAUTH2_PERMISSION_GRANT,
    &service_principal::SERVICE_PRINCIPAL,
    &directory_role_assignment::ROLE_ASSIGNMENT,
    &user::USER,
];

/// The kind of this name.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}

/// The entity of this name.
///
/// # Panics
///
/// When there is none: entity names come from these tables.
pub fn entity(name: &str) -> &'static Entity {
    find_entity(name).unwrap_or_else(|| panic!("bug: no entity `{name}`"))
}

/// The entity of this name, when there is one: for names that were read from a file.
pub fn find_entity(name: &str) -> Option<&'static Entity> {
    ENTITIES.iter().copied().find(|entity| entity.name == name)
}

/// Keys that every document may have.
pub static COMMON_FIELDS: &[Field] = &[
    Field::required(
        "kind",
        Shape::OneOf(KIND_NAMES),
        "The kind of object that this document declares.",
    ),
    Field::required(
        "name",
        Shape::Text(&rule::NAME),
        "The object's name: with the kind it is the address by which others refer to it.",
    ),
    Field::never_empty(
        "onlyIn",
        shape::filled_list(&Shape::Text(&rule::NAME), 100),
        "The environments in which the object exists; omitted, it exists in all.",
    ),
    Field::never_empty(
        "previously",
        Shape::Text(&rule::NAME),
        "The name that the object had before: the object is renamed, not deleted and created.",
    ),
    Field::never_empty(
        "protect",
        Shape::Boolean,
        "Whether a plan that deletes the object is refused.",
    ),
];

/// The names of the kinds that documents declare.
pub const KIND_NAMES: &[&str] = &[
    "application",
    "directoryRoleAssignment",
    "existing",
    "group",
    "servicePrincipal",
];
