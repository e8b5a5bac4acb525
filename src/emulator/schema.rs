//! The types that the emulator declares: which properties they have, of which form, who may set them, and what they
//! are before anybody did. Source: the CSDL of v1.0 and the resource pages (semantics, section 9 and appendix A).

use serde_json::{Map, Value, json};

use super::declared;
use super::guid::Guid;
use super::record::{Kind, Object, Properties};
use super::service_principals;
use super::tenant::Tenant;
use super::{applications, moment};

/// One declared property.
#[derive(Clone, Copy, Debug)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) access: Access,
    pub(super) base: Base,
    /// The longest text, in characters; 0: no limit is documented.
    pub(super) limit: usize,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Text,
    Flag,
    Whole,
    Moment,
    Id,
    Texts,
    Ids,
    Complex(&'static [Property]),
    Complexes(&'static [Property]),
    /// Of a type that the emulator does not look into.
    Open,
}

/// Who may set it, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Any,
    /// Only when the object is created.
    AtCreation,
    /// Only once the object exists.
    AfterCreation,
    ReadOnly,
    /// While it is null, and not by a plain POST.
    Once,
    /// It can be set and is never shown.
    Hidden,
}

/// What it is before anybody set it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Base {
    Null,
    /// Null, and returned only when it is selected.
    Unlisted,
    Empty,
    False,
    True,
    Word(&'static str),
    /// An object of the defaults of its members.
    Members,
    /// A member that must be given.
    Required,
}

impl Property {
    /// The value before anybody set it.
    pub(super) fn default(&self) -> Value {
        match self.base {
            Base::Null | Base::Unlisted | Base::Required => Value::Null,
            Base::Empty => Value::Array(Vec::new()),
            Base::False => Value::Bool(false),
            Base::True => Value::Bool(true),
            Base::Word(word) => Value::from(word),
            Base::Members => match self.form {
                Form::Complex(members) => Value::Object(defaults(members)),
                _ => Value::Null,
            },
        }
    }

    /// Whether null is a value of it.
    pub(super) fn nullable(&self) -> bool {
        match self.base {
            Base::Null | Base::Unlisted | Base::Word(_) => true,
            Base::Empty | Base::False | Base::True | Base::Required => false,
            Base::Members => true,
        }
    }

    pub(super) const fn access(mut self, access: Access) -> Property {
        self.access = access;
        self
    }

    pub(super) const fn read_only(self) -> Property {
        self.access(Access::ReadOnly)
    }

    pub(super) const fn base(mut self, base: Base) -> Property {
        self.base = base;
        self
    }

    pub(super) const fn limit(mut self, limit: usize) -> Property {
        self.limit = limit;
        self
    }
}

pub(super) const fn of(name: &'static str, form: Form, base: Base) -> Property {
    Property {
        name,
        form,
        access: Access::Any,
        base,
        limit: 0,
    }
}

pub(super) const fn text(name: &'static str) -> Property {
    of(name, Form::Text, Base::Null)
}

pub(super) const fn flag(name: &'static str) -> Property {
    of(name, Form::Flag, Base::Null)
}

pub(super) const fn moment_of(name: &'static str) -> Property {
    of(name, Form::Moment, Base::Null)
}

pub(super) const fn texts(name: &'static str) -> Property {
    of(name, Form::Texts, Base::Empty)
}

pub(super) const fn complex(name: &'static str, members: &'static [Property]) -> Property {
    of(name, Form::Complex(members), Base::Members)
}

pub(super) const fn complexes(name: &'static str, members: &'static [Property]) -> Property {
    of(name, Form::Complexes(members), Base::Empty)
}

/// The declared properties of a type.
pub(super) fn properties(kind: Kind) -> &'static [Property] {
    match kind {
        Kind::Application => declared::APPLICATION,
        Kind::ServicePrincipal => declared::SERVICE_PRINCIPAL,
        Kind::Group => declared::GROUP,
        Kind::User => declared::USER,
        Kind::AdministrativeUnit => declared::ADMINISTRATIVE_UNIT,
        Kind::Device | Kind::OrgContact => declared::NAMED,
        Kind::Unknown => &[],
    }
}

/// The declared property of this exact name.
pub(super) fn property(properties: &'static [Property], name: &str) -> Option<&'static Property> {
    properties.iter().find(|property| property.name == name)
}

/// The properties that a read shows only when they are selected.
pub(super) fn only_selected(kind: Kind) -> impl Iterator<Item = &'static str> {
    properties(kind)
        .iter()
        .filter(|property| matches!(property.base, Base::Unlisted))
        .map(|property| property.name)
}

/// Every property before anybody set it.
pub(super) fn defaults(properties: &[Property]) -> Properties {
    properties
        .iter()
        .filter(|property| property.access != Access::Hidden)
        .map(|property| (property.name.to_owned(), property.default()))
        .collect()
}

/// The stored properties with the defaults of those that are not stored; no derived ones.
pub(super) fn whole(kind: Kind, stored: &Properties) -> Properties {
    let mut whole = defaults(properties(kind));
    for (name, value) in stored {
        whole.insert(name.clone(), value.clone());
    }
    whole
}

/// Only what differs from the defaults.
pub(super) fn stored(kind: Kind, mut whole: Properties) -> Properties {
    let declared = properties(kind);
    whole.retain(|name, value| match property(declared, name) {
        Some(property) => property.access != Access::Hidden && *value != property.default(),
        None => !value.is_null(),
    });
    whole
}

/// An object as a read shows it: complete JSON with defaults and derived properties.
pub(super) fn view(tenant: &Tenant, id: Guid) -> Option<Map<String, Value>> {
    let object = tenant.seen_object(id)?;
    let mirror = service_principals::backing(tenant, object)
        .and_then(|application| tenant.seen_mirror(application));
    Some(view_of(tenant, id, object, mirror))
}

/// An object as the answer to a write shows it: never behind.
pub(super) fn fresh_view(tenant: &Tenant, id: Guid) -> Option<Map<String, Value>> {
    let object = tenant.records.object(id)?;
    let mirror = service_principals::backing(tenant, object)
        .and_then(|application| tenant.records.object(application));
    Some(view_of(tenant, id, object, mirror))
}

fn view_of(
    tenant: &Tenant,
    id: Guid,
    object: &Object,
    application: Option<&Object>,
) -> Map<String, Value> {
    let mut view = whole(object.kind, &object.properties);
    let created = match object.kind {
        Kind::Application => moment::fraction(object.created_ms),
        _ => moment::second(object.created_ms),
    };
    if property(properties(object.kind), "createdDateTime").is_some() {
        // A planted object keeps the time that it came with.
        let slot = view.entry("createdDateTime").or_insert(Value::Null);
        if slot.is_null() {
            *slot = Value::from(created);
        }
    }
    match object.kind {
        Kind::Application => applications::complete(tenant, &mut view),
        Kind::ServicePrincipal => {
            service_principals::complete(tenant, &mut view, application);
        }
        Kind::Group
        | Kind::User
        | Kind::AdministrativeUnit
        | Kind::Device
        | Kind::OrgContact
        | Kind::Unknown => {}
    }
    view.insert("id".to_owned(), json!(id));
    let deleted = object.deleted_ms.map(moment::second);
    view.insert("deletedDateTime".to_owned(), json!(deleted));
    view
}
