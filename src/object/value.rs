//! A value of a Graph property, which may name what only the tenant knows.
//!
//! In JSON a value looks as Graph would have it. What is known only after another object exists is written in
//! the language's own form, `api://${application/payments-api.appId}`, and `$${` stands for a literal `${`.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::address::Address;

/// A value of a Graph property.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Text(String),
    /// Text with a part that only the tenant knows.
    Computed(Template),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

/// Text of which some parts are properties of other objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Template(pub Vec<Part>);

/// One part of a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Text(String),
    /// A property of an object: `id`, `appId`, or the id of an item of a collection, `appRoles[Payments.Process]`.
    Property {
        of: Address,
        property: String,
    },
}

impl Value {
    /// Text that is known.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// A value that is, as a whole, a property of another object.
    pub fn property(of: &Address, property: impl Into<String>) -> Value {
        Value::Computed(Template(vec![Part::Property {
            of: of.clone(),
            property: property.into(),
        }]))
    }

    /// The text, when this is text that is known.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Computed(_)
            | Value::List(_)
            | Value::Map(_) => None,
        }
    }

    /// The items, when this is a list; otherwise none.
    pub fn items(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Text(_)
            | Value::Computed(_)
            | Value::Map(_) => &[],
        }
    }

    /// The member of this name, when this is a map that has it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Map(members) => members.get(name),
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Text(_)
            | Value::Computed(_)
            | Value::List(_) => None,
        }
    }

    /// Whether Graph makes no difference between this and nothing: it answers `null` where `""` was written.
    pub fn is_nothing(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Text(text) => text.is_empty(),
            Value::Bool(_)
            | Value::Integer(_)
            | Value::Computed(_)
            | Value::List(_)
            | Value::Map(_) => false,
        }
    }

    /// What Graph answered, as a value. A number that is no integer is kept as its text: no property that idac
    /// writes has one.
    pub fn from_json(json: &serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => number
                .as_i64()
                .map_or_else(|| Value::Text(number.to_string()), Value::Integer),
            serde_json::Value::String(text) => Value::Text(text.clone()),
            serde_json::Value::Array(items) => {
                Value::List(items.iter().map(Value::from_json).collect())
            }
            serde_json::Value::Object(members) => Value::Map(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), Value::from_json(value)))
                    .collect(),
            ),
        }
    }

    /// What Graph is sent for this value, where `find` knows the properties of other objects; the first one that
    /// it does not know is the error.
    pub fn to_json<'a>(
        &'a self,
        find: &impl Fn(&Address, &str) -> Option<String>,
    ) -> Result<serde_json::Value, &'a Part> {
        Ok(match self {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => serde_json::Value::Bool(*value),
            Value::Integer(value) => serde_json::Value::from(*value),
            Value::Text(text) => serde_json::Value::from(text.as_str()),
            Value::Computed(template) => serde_json::Value::from(template.fill(find)?),
            Value::List(items) => serde_json::Value::Array(
                items
                    .iter()
                    .map(|item| item.to_json(find))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Map(members) => serde_json::Value::Object(
                members
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), value.to_json(find)?)))
                    .collect::<Result<_, _>>()?,
            ),
        })
    }

    /// Whether no part of the value waits for what only the tenant knows.
    pub fn is_known(&self) -> bool {
        match self {
            Value::Computed(_) => false,
            Value::List(items) => items.iter().all(Value::is_known),
            Value::Map(members) => members.values().all(Value::is_known),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Text(_) => true,
        }
    }

    /// The same value with every property of another object that `find` knows put in its place.
    pub fn known(&self, find: &impl Fn(&Address, &str) -> Option<String>) -> Value {
        match self {
            Value::Computed(template) => template.known(find),
            Value::List(items) => Value::List(items.iter().map(|item| item.known(find)).collect()),
            Value::Map(members) => Value::Map(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), value.known(find)))
                    .collect(),
            ),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Text(_) => self.clone(),
        }
    }

    /// Calls `visit` for every property of another object that this value names.
    pub fn each_property<'a>(&'a self, visit: &mut impl FnMut(&'a Address, &'a str)) {
        match self {
            Value::Computed(template) => {
                for part in &template.0 {
                    match part {
                        Part::Text(_) => {}
                        Part::Property { of, property } => visit(of, property),
                    }
                }
            }
            Value::List(items) => items.iter().for_each(|item| item.each_property(visit)),
            Value::Map(members) => members
                .values()
                .for_each(|value| value.each_property(visit)),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Text(_) => {}
        }
    }
}

impl Template {
    fn fill(&self, find: &impl Fn(&Address, &str) -> Option<String>) -> Result<String, &Part> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(known) => text.push_str(known),
                Part::Property { of, property } => {
                    text.push_str(&find(of, property).ok_or(part)?);
                }
            }
        }
        Ok(text)
    }

    fn known(&self, find: &impl Fn(&Address, &str) -> Option<String>) -> Value {
        let mut parts: Vec<Part> = Vec::new();
        for part in &self.0 {
            let text = match part {
                Part::Text(text) => Some(text.clone()),
                Part::Property { of, property } => find(of, property),
            };
            match (text, parts.last_mut()) {
                (None, _) => parts.push(part.clone()),
                (Some(text), Some(Part::Text(before))) => before.push_str(&text),
                (Some(text), _) => parts.push(Part::Text(text)),
            }
        }
        match parts.as_slice() {
            [] => Value::text(""),
            [Part::Text(text)] => Value::Text(text.clone()),
            _ => Value::Computed(Template(parts)),
        }
    }

    /// Reads text in which `${address.property}` names a property and `$${` stands for `${`.
    ///
    /// `None` when an opening `${` has no end or holds no address and property.
    pub fn parse(text: &str) -> Option<Template> {
        let mut parts = Vec::new();
        let mut known = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                known.push_str(&rest[..at - 1]);
                known.push_str("${");
                rest = &rest[at + 2..];
                continue;
            }
            known.push_str(&rest[..at]);
            let (inside, after) = rest[at + 2..].split_once('}')?;
            parts.extend((!known.is_empty()).then(|| Part::Text(std::mem::take(&mut known))));
            parts.push(parse_property(inside)?);
            rest = after;
        }
        known.push_str(rest);
        parts.extend((!known.is_empty()).then_some(Part::Text(known)));
        Some(Template(parts))
    }
}

/// `application/x.appId`, or `servicePrincipal/x.appRoles[A.B]`: the property begins after the last dot that
/// stands before any bracket.
fn parse_property(inside: &str) -> Option<Part> {
    let head = inside.split_once('[').map_or(inside, |(head, _)| head);
    let dot = head.rfind('.')?;
    let of = Address::parse(&inside[..dot])?;
    let property = &inside[dot + 1..];
    (!property.is_empty()).then(|| Part::Property {
        of,
        property: property.to_owned(),
    })
}

impl fmt::Display for Template {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.write_str(&text.replace("${", "$${"))?,
                Part::Property { of, property } => write!(out, "${{{of}.{property}}}")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Integer(value) => serializer.serialize_i64(*value),
            Value::Text(text) if text.contains("${") => {
                serializer.serialize_str(&text.replace("${", "$${"))
            }
            Value::Text(text) => serializer.serialize_str(text),
            Value::Computed(template) => serializer.collect_str(template),
            Value::List(items) => items.serialize(serializer),
            Value::Map(members) => members.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        from_plan_json(json).map_err(D::Error::custom)
    }
}

fn from_plan_json(json: serde_json::Value) -> Result<Value, String> {
    Ok(match json {
        serde_json::Value::String(text) if text.contains("${") => {
            let template = Template::parse(&text).ok_or_else(|| {
                format!("`{text}` holds a `${{` that names no property of an object")
            })?;
            template.known(&|_, _| None)
        }
        serde_json::Value::Array(items) => Value::List(
            items
                .into_iter()
                .map(from_plan_json)
                .collect::<Result<_, _>>()?,
        ),
        serde_json::Value::Object(members) => Value::Map(
            members
                .into_iter()
                .map(|(name, value)| Ok((name, from_plan_json(value)?)))
                .collect::<Result<_, String>>()?,
        ),
        serde_json::Value::Number(number) if number.as_i64().is_none() => {
            return Err(format!("`{number}` is not an integer"));
        }
        plain => Value::from_json(&plain),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(value: &Value) -> Value {
        let text = serde_json::to_string(value).expect("a value is JSON");
        serde_json::from_str(&text).expect("its own JSON is read back")
    }

    #[test]
    fn a_template_is_written_in_the_language_of_the_root() {
        let address = Address::new("application", "payments-api");
        let value = Value::Computed(Template(vec![
            Part::Text("api://".to_owned()),
            Part::Property {
                of: address,
                property: "appId".to_owned(),
            },
        ]));
        assert_eq!(
            serde_json::to_string(&value).expect("a value is JSON"),
            r#""api://${application/payments-api.appId}""#
        );
        assert_eq!(round(&value), value);
    }

    #[test]
    fn text_that_looks_like_a_template_stays_text() {
        for text in ["${x}", "$${x}", "a${", "$", "$$", "100 %${user/a@b.c.id}"] {
            let value = Value::text(text);
            assert_eq!(round(&value), value, "{text}");
        }
    }

    #[test]
    fn a_property_may_be_the_id_of_an_item() {
        let template =
            Template::parse("${existing/graph.appRoles[User.Read.All]}").expect("parses");
        assert_eq!(
            template.0,
            vec![Part::Property {
                of: Address::new("existing", "graph"),
                property: "appRoles[User.Read.All]".to_owned(),
            }]
        );
    }

    #[test]
    fn a_template_that_names_nothing_is_refused() {
        for text in ["\"${\"", "\"${x}\"", "\"${group/x}\"", "1.5"] {
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        }
    }
}
