//! Reads what a write says about an object, and refuses what Graph's schema does not allow.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::behaviour::{Behaviour, ComplexPatch, UnknownProperty};
use super::guid::Guid;
use super::moment;
use super::path;
use super::problem::Problem;
use super::record::{Kind, Properties, Relation};
use super::schema::{self, Access, Form, Property};

/// What the body of a write asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Edits {
    pub(super) properties: BTreeMap<&'static str, Value>,
    /// References to add, in the order of the body.
    pub(super) binds: Vec<(Relation, Vec<String>)>,
}

/// Which write a body belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// A POST.
    Creation,
    /// A PATCH that creates because its key is not there.
    Upsert,
    Update,
}

/// How many references one request may carry.
const BIND_LIMIT: usize = 20;

/// The members of a body; Graph takes a missing body for an empty one only where nothing is required.
pub(super) fn members(body: Option<&Value>) -> Result<&Map<String, Value>, Problem> {
    match body {
        Some(Value::Object(members)) => Ok(members),
        Some(_) | None => Err(Problem::unreadable_payload()),
    }
}

/// Reads the body of a write to a directory object.
pub(super) fn read(
    kind: Kind,
    body: Option<&Value>,
    moment: Moment,
    behaviour: &Behaviour,
) -> Result<Edits, Problem> {
    let mut edits = Edits::default();
    let mut bound = 0;
    for (name, value) in members(body)? {
        if let Some(relation) = name.strip_suffix("@odata.bind") {
            let (relation, references) = bind(relation, value)?;
            bound += references.len();
            edits.binds.push((relation, references));
            continue;
        }
        if name.starts_with('@') || name.contains("@odata.") {
            continue;
        }
        if matches!(name.as_str(), "id" | "deletedDateTime") {
            return Err(Problem::read_only(name));
        }
        let Some(property) = schema::property(schema::properties(kind), name) else {
            unknown(name, behaviour)?;
            continue;
        };
        permitted(property, moment)?;
        let value = checked(property, value, kind.resource_name(), behaviour)?;
        edits.properties.insert(property.name, value);
    }
    if bound > BIND_LIMIT {
        return Err(Problem::bad(format!(
            "The number of references in the request, {bound}, exceeds the maximum of {BIND_LIMIT}."
        )));
    }
    Ok(edits)
}

/// Reads the body of a write to something that is not a directory object.
pub(super) fn read_plain(
    declared: &'static [Property],
    resource: &str,
    body: Option<&Value>,
    moment: Moment,
    behaviour: &Behaviour,
) -> Result<BTreeMap<&'static str, Value>, Problem> {
    let mut properties = BTreeMap::new();
    for (name, value) in members(body)? {
        if name.starts_with('@') || name.contains("@odata.") {
            continue;
        }
        if name == "id" {
            return Err(Problem::read_only(name));
        }
        let Some(property) = schema::property(declared, name) else {
            unknown(name, behaviour)?;
            continue;
        };
        permitted(property, moment)?;
        properties.insert(
            property.name,
            checked(property, value, resource, behaviour)?,
        );
    }
    Ok(properties)
}

/// The properties after the edits: collections are replaced whole, complex ones merged one level.
pub(super) fn apply(
    kind: Kind,
    before: &Properties,
    edits: &BTreeMap<&'static str, Value>,
    behaviour: &Behaviour,
) -> Properties {
    let mut after = before.clone();
    for (name, value) in edits {
        let property = schema::property(schema::properties(kind), name);
        let value = match (property.map(|property| property.form), value) {
            (Some(Form::Complex(members)), Value::Object(given)) => {
                let base = match (behaviour.complex_patch, before.get(*name)) {
                    (ComplexPatch::Merged, Some(Value::Object(stored))) => stored.clone(),
                    _ => schema::defaults(members),
                };
                Value::Object(merged(members, base, given))
            }
            (_, value) => value.clone(),
        };
        let value = match (&value, property) {
            (Value::Null, Some(property)) => property.default(),
            _ => value,
        };
        after.insert((*name).to_owned(), value);
    }
    after
}

/// The properties of a type with every complex value whole: what an observed object leaves out has its default.
pub(super) fn completed(kind: Kind, given: Properties) -> Properties {
    merged(schema::properties(kind), Properties::new(), &given)
}

fn merged(members: &[Property], mut base: Properties, given: &Properties) -> Properties {
    for member in members {
        base.entry(member.name.to_owned())
            .or_insert_with(|| member.default());
    }
    for (name, value) in given {
        let declared = members.iter().find(|member| member.name == name);
        let value = match (declared.map(|member| member.form), value) {
            (Some(Form::Complex(inner)), Value::Object(given)) => {
                let base = match base.get(name) {
                    Some(Value::Object(stored)) => stored.clone(),
                    _ => schema::defaults(inner),
                };
                Value::Object(merged(inner, base, given))
            }
            (_, Value::Null) => declared.map(Property::default).unwrap_or_default(),
            (_, value) => value.clone(),
        };
        base.insert(name.clone(), value);
    }
    base
}

fn bind(relation: &str, value: &Value) -> Result<(Relation, Vec<String>), Problem> {
    let relation = Relation::from_name(relation)
        .ok_or_else(|| Problem::unexpected_contents(&format!("{relation}@odata.bind")))?;
    let references = match value {
        Value::Array(references) => references.iter().collect(),
        Value::String(_) => vec![value],
        _ => return Err(Problem::invalid_values()),
    };
    let ids = references
        .into_iter()
        .map(|reference| reference.as_str().and_then(path::referenced))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(Problem::invalid_values)?;
    Ok((relation, ids))
}

/// The id in the body of a `$ref` request.
pub(super) fn reference(body: Option<&Value>) -> Result<String, Problem> {
    members(body)?
        .get("@odata.id")
        .and_then(Value::as_str)
        .and_then(path::referenced)
        .ok_or_else(Problem::invalid_values)
}

fn unknown(name: &str, behaviour: &Behaviour) -> Result<(), Problem> {
    match behaviour.unknown_property {
        UnknownProperty::Refused => Err(Problem::unexpected_contents(name)),
        UnknownProperty::Ignored => Ok(()),
    }
}

fn permitted(property: &Property, moment: Moment) -> Result<(), Problem> {
    let fits = match property.access {
        Access::Any | Access::Hidden => true,
        Access::AtCreation => moment != Moment::Update,
        Access::AfterCreation => moment == Moment::Update,
        Access::Once => moment != Moment::Creation,
        Access::ReadOnly => false,
    };
    if fits {
        Ok(())
    } else {
        Err(Problem::read_only(property.name))
    }
}

/// The value as Graph would keep it.
fn checked(
    property: &Property,
    value: &Value,
    resource: &str,
    behaviour: &Behaviour,
) -> Result<Value, Problem> {
    let wrong = || Problem::invalid_value(property.name, resource);
    if value.is_null() {
        return match property.nullable() {
            true => Ok(Value::Null),
            false => Err(wrong()),
        };
    }
    let texts = |value: &Value, one: &dyn Fn(&Value) -> Option<Value>| {
        let list = value.as_array()?;
        list.iter()
            .map(one)
            .collect::<Option<Vec<_>>>()
            .map(Value::from)
    };
    match property.form {
        Form::Text => text_of(value, property.limit),
        Form::Flag => value.as_bool().map(Value::Bool),
        Form::Whole => value.as_i64().map(Value::from),
        Form::Moment => value
            .as_str()
            .filter(|text| moment::parse(text).is_some())
            .map(Value::from),
        Form::Id => id_of(value),
        Form::Texts => texts(value, &|value| text_of(value, property.limit)),
        Form::Ids => texts(value, &id_of),
        Form::Complex(members) => {
            let given = value.as_object().ok_or_else(wrong)?;
            return Ok(Value::Object(complex(members, given, resource, behaviour)?));
        }
        Form::Complexes(members) => {
            let list = value.as_array().ok_or_else(wrong)?;
            return list
                .iter()
                .map(|entry| entry_of(property, members, entry, resource, behaviour))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::from);
        }
        Form::Open => Some(value.clone()),
    }
    .ok_or_else(wrong)
}

/// One entry of a collection: whole, with the defaults of what it does not mention.
fn entry_of(
    property: &Property,
    members: &'static [Property],
    entry: &Value,
    resource: &str,
    behaviour: &Behaviour,
) -> Result<Value, Problem> {
    let given = entry
        .as_object()
        .ok_or_else(|| Problem::invalid_value(property.name, resource))?;
    let given = complex(members, given, resource, behaviour)?;
    for member in members {
        if matches!(member.base, schema::Base::Required)
            && given.get(member.name).is_none_or(Value::is_null)
        {
            let name = format!("{}.{}", property.name, member.name);
            return Err(Problem::required(&name, resource));
        }
    }
    let base = schema::defaults(members);
    Ok(Value::Object(merged(members, base, &given)))
}

fn complex(
    members: &'static [Property],
    given: &Properties,
    resource: &str,
    behaviour: &Behaviour,
) -> Result<Properties, Problem> {
    let mut kept = Properties::new();
    for (name, value) in given {
        if name.contains('@') {
            continue;
        }
        let Some(member) = schema::property(members, name) else {
            unknown(name, behaviour)?;
            continue;
        };
        // What a read showed may be sent back: Graph drops it.
        if member.access != Access::ReadOnly {
            kept.insert(name.clone(), checked(member, value, resource, behaviour)?);
        }
    }
    Ok(kept)
}

fn text_of(value: &Value, limit: usize) -> Option<Value> {
    let text = value.as_str()?;
    (limit == 0 || text.chars().count() <= limit).then(|| Value::from(text))
}

fn id_of(value: &Value) -> Option<Value> {
    let id = Guid::parse(value.as_str()?)?;
    Some(Value::from(id.to_string()))
}
