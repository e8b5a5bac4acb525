//! JSON Schemas, for editors: from the same tables that `declare` checks with.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::check::{Variables, is_common};
use super::settings;
use crate::kind::{Documents, Field, KINDS, Kind, Need, Openness, Shape};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Text that holds a variable, which may be anything when it is filled in.
const VARIABLE: &str = r"\$\{";

/// Every schema, by the name of its file.
pub fn schemas() -> BTreeMap<String, Value> {
    let mut schemas = BTreeMap::from([
        ("declaration.schema.json".to_owned(), declaration()),
        (
            "environment.schema.json".to_owned(),
            titled("An environment", environment()),
        ),
        (
            "idac.schema.json".to_owned(),
            titled("A project", map(&[settings::PROJECT], Variables::Refused)),
        ),
    ]);
    for kind in declared_kinds() {
        schemas.insert(format!("{}.schema.json", kind.name), document(kind));
    }
    schemas
}

fn declared_kinds() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().copied().filter(|kind| match kind.documents {
        Documents::Declared => true,
        Documents::OnlyReferredTo(_) => false,
    })
}

/// A document of one kind.
fn document(kind: &Kind) -> Value {
    let mut schema = map(kind.fields, Variables::Later);
    schema["properties"]["kind"] = json!({
        "const": kind.name,
        "description": "The kind of object that this document declares.",
    });
    schema["description"] = json!(kind.doc);
    titled(kind.name, schema)
}

/// A document of any kind.
fn declaration() -> Value {
    let names: Vec<&str> = declared_kinds().map(|kind| kind.name).collect();
    let by_kind: Vec<Value> = declared_kinds()
        .map(|kind| {
            json!({
                "if": { "properties": { "kind": { "const": kind.name } }, "required": ["kind"] },
                "then": { "$ref": format!("{}.schema.json", kind.name) },
            })
        })
        .collect();
    titled(
        "A declaration",
        json!({
            "type": "object",
            "required": ["kind", "name"],
            "properties": { "kind": { "enum": names } },
            "allOf": by_kind,
        }),
    )
}

/// `tenant` is a word or a map.
fn environment() -> Value {
    let mut schema = map(&[settings::ENVIRONMENT], Variables::Refused);
    let tenant = schema["properties"]["tenant"].take();
    schema["properties"]["tenant"] = json!({
        "description": tenant["description"],
        "anyOf": [{ "const": "emulator" }, map(&[settings::TENANT], Variables::Refused)],
    });
    let mut adoption = map(&[settings::ADOPTION], Variables::Refused);
    adoption["minProperties"] = json!(1);
    adoption["maxProperties"] = json!(1);
    schema["properties"]["adopt"]["additionalProperties"] = adoption;
    schema["properties"]["adopt"]["propertyNames"] =
        json!({ "pattern": "^(application|group)/[^/]+$" });
    schema
}

fn titled(title: &str, mut schema: Value) -> Value {
    schema["$schema"] = json!(DIALECT);
    schema["title"] = json!(title);
    schema
}

fn map(fields: &[&'static [Field]], variables: Variables) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields.iter().copied().flatten() {
        let variables = if is_common(field) {
            Variables::Refused
        } else {
            variables
        };
        properties.insert(field.name.to_owned(), property(field, variables));
        if field.need == Need::Required {
            required.push(field.name);
        }
    }
    let mut schema = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(field: &Field, variables: Variables) -> Value {
    let mut schema = value(&field.shape, variables);
    let may_be_null = match (field.need, &field.shape) {
        (Need::Required | Need::NeverEmpty, _) => false,
        (Need::Optional, Shape::Map(_) | Shape::Named(_)) => false,
        (
            Need::Optional,
            Shape::Text(_)
            | Shape::Boolean
            | Shape::Integer { .. }
            | Shape::OneOf(_)
            | Shape::Reference(_)
            | Shape::List { .. }
            | Shape::Scalar,
        ) => true,
    };
    if may_be_null {
        schema = json!({ "anyOf": [schema, { "type": "null" }] });
    }
    schema["description"] = json!(field.doc);
    schema
}

fn value(shape: &Shape, variables: Variables) -> Value {
    match shape {
        Shape::Text(rule) => match rule.pattern {
            Some(pattern) => {
                json!({ "type": ["string", "number", "boolean"], "pattern": or_pattern(pattern, variables) })
            }
            None => json!({ "type": ["string", "number", "boolean"] }),
        },
        Shape::Boolean => or_variable(json!({ "type": "boolean" }), variables),
        Shape::Integer { least, most } => or_variable(
            json!({ "type": "integer", "minimum": least, "maximum": most }),
            variables,
        ),
        Shape::OneOf(known) => or_variable(json!({ "enum": known }), variables),
        Shape::Reference(kinds) => json!({
            "type": "string",
            "pattern": or_pattern(&format!("^({})/[^/]+$", kinds.join("|")), variables),
        }),
        Shape::List {
            item,
            least,
            most,
            openness,
        } => list(&value(item, variables), *least, *most, *openness),
        Shape::Map(fields) => map(&[*fields], variables),
        Shape::Named(item) => {
            json!({ "type": "object", "additionalProperties": value(item, variables) })
        }
        Shape::Scalar => json!({ "type": ["string", "number", "boolean"] }),
    }
}

fn list(item: &Value, least: usize, most: usize, openness: Openness) -> Value {
    let mut exact = json!({ "type": "array", "items": item, "maxItems": most });
    if least > 0 {
        exact["minItems"] = json!(least);
    }
    match openness {
        Openness::ExactOnly => exact,
        Openness::MayBeAtLeast => json!({
            "anyOf": [
                exact,
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["atLeast"],
                    "properties": { "atLeast": exact },
                },
            ],
        }),
    }
}

fn or_variable(schema: Value, variables: Variables) -> Value {
    match variables {
        Variables::Later => json!({ "anyOf": [schema, { "type": "string", "pattern": VARIABLE }] }),
        Variables::Refused => schema,
    }
}

fn or_pattern(pattern: &str, variables: Variables) -> String {
    match variables {
        Variables::Later => format!("{pattern}|{VARIABLE}"),
        Variables::Refused => pattern.to_owned(),
    }
}
