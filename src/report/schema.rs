//! The JSON Schema of a plan file.

use serde_json::{Value, json};

/// The schema of what `idac plan --out` writes: `schemas/plan.schema.json`.
pub fn plan_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A plan of idac",
        "description": "What `idac plan --out` writes and `idac apply --plan` applies. The digest is SHA-256 over the plan's canonical JSON (RFC 8785): a plan that was edited is refused.",
        "type": "object",
        "required": ["idac", "digest", "plan"],
        "additionalProperties": false,
        "properties": {
            "idac": { "const": "plan/1" },
            "digest": { "$ref": "#/$defs/digest" },
            "plan": { "$ref": "#/$defs/plan" }
        },
        "$defs": definitions()
    })
}

fn definitions() -> Value {
    let mut definitions = json!({
        "digest": { "type": "string", "pattern": "^sha256:[0-9a-f]{64}$" },
        "address": {
            "description": "kind/name of a declared object, or with further parts something below it.",
            "type": "string", "pattern": "^[A-Za-z]+/.+$"
        },
        "objectId": { "description": "Graph's id.", "type": "string" },
        "stepId": { "type": "integer", "minimum": 1 },
        "properties": {
            "description": "Graph properties by name. What is known only after another object exists is written as `${address.property}`; `$${` stands for `${`.",
            "type": "object"
        },
        "target": one_of(vec![
            variant("existing", "It is there and has this id.", json!({ "$ref": "#/$defs/objectId" })),
            variant("planned", "A step of this plan creates it.", json!({ "$ref": "#/$defs/address" })),
        ]),
        "observedObject": object(
            &["entity", "id", "properties"],
            json!({
                "entity": { "type": "string" },
                "id": { "$ref": "#/$defs/objectId" },
                "parent": { "$ref": "#/$defs/objectId" },
                "properties": { "$ref": "#/$defs/properties" },
                "links": {
                    "type": "object",
                    "additionalProperties": { "type": "array", "items": { "$ref": "#/$defs/objectId" } }
                }
            }),
        ),
        "action": action(),
        "inverse": inverse(),
        "reason": reason(),
        "risk": { "enum": ["none", "grantsAccess", "takesAccess", "deletes", "irreversible"] },
        "step": step(),
        "basis": basis(),
    });
    if let Value::Object(definitions) = &mut definitions {
        definitions.insert("plan".to_owned(), plan());
        definitions.insert("leftAlone".to_owned(), left_alone());
        definitions.insert("managedObject".to_owned(), managed_object());
    }
    definitions
}

fn plan() -> Value {
    object(
        &["basis", "steps", "leftAlone", "objects"],
        json!({
            "basis": { "$ref": "#/$defs/basis" },
            "steps": {
                "description": "In an order in which they could run one by one.",
                "type": "array", "items": { "$ref": "#/$defs/step" }
            },
            "leftAlone": { "type": "array", "items": { "$ref": "#/$defs/leftAlone" } },
            "objects": {
                "description": "Every managed object, by address: what a receipt keeps.",
                "type": "object",
                "propertyNames": { "$ref": "#/$defs/address" },
                "additionalProperties": { "$ref": "#/$defs/managedObject" }
            }
        }),
    )
}

fn basis() -> Value {
    object(
        &[
            "tenant",
            "environment",
            "declaration",
            "snapshot",
            "observed",
            "version",
        ],
        json!({
            "tenant": { "description": "The id of the tenant.", "type": "string" },
            "environment": { "type": "string" },
            "declaration": { "$ref": "#/$defs/digest" },
            "snapshot": { "$ref": "#/$defs/digest" },
            "observed": {
                "description": "Of each observed object, to name what moved.",
                "type": "object", "additionalProperties": { "$ref": "#/$defs/digest" }
            },
            "version": { "description": "The version of idac.", "type": "string" }
        }),
    )
}

fn step() -> Value {
    object(
        &[
            "id", "subject", "entity", "action", "inverse", "reason", "risk",
        ],
        json!({
            "id": { "$ref": "#/$defs/stepId" },
            "subject": { "$ref": "#/$defs/address" },
            "entity": { "description": "Graph's name of the type.", "type": "string" },
            "parent": { "$ref": "#/$defs/target" },
            "action": { "$ref": "#/$defs/action" },
            "inverse": { "$ref": "#/$defs/inverse" },
            "after": { "type": "array", "items": { "$ref": "#/$defs/stepId" } },
            "lane": { "$ref": "#/$defs/target" },
            "reason": { "$ref": "#/$defs/reason" },
            "risk": { "$ref": "#/$defs/risk" }
        }),
    )
}

fn action() -> Value {
    let link = || {
        object(
            &["from", "relation", "to"],
            json!({
                "from": { "$ref": "#/$defs/target" },
                "relation": { "type": "string" },
                "to": { "$ref": "#/$defs/target" }
            }),
        )
    };
    one_of(vec![
        variant(
            "create",
            "Makes the object, or takes it out of the recycle bin.",
            object(
                &["properties"],
                json!({
                    "properties": { "$ref": "#/$defs/properties" },
                    "revive": { "$ref": "#/$defs/objectId" }
                }),
            ),
        ),
        variant(
            "update",
            "Sets properties of the first level.",
            object(
                &["target", "was", "will"],
                json!({
                    "target": { "$ref": "#/$defs/target" },
                    "was": { "$ref": "#/$defs/properties" },
                    "will": { "$ref": "#/$defs/properties" }
                }),
            ),
        ),
        variant(
            "delete",
            "Deletes the object.",
            object(
                &["target", "was"],
                json!({
                    "target": { "$ref": "#/$defs/target" },
                    "was": { "$ref": "#/$defs/observedObject" }
                }),
            ),
        ),
        variant("link", "Adds a reference.", link()),
        variant("unlink", "Removes a reference.", link()),
    ])
}

fn inverse() -> Value {
    one_of(vec![
        variant(
            "undo",
            "By this action.",
            json!({ "$ref": "#/$defs/action" }),
        ),
        json!({ "enum": ["deleteCreated", "restoreDeleted"] }),
        variant(
            "irreversible",
            "Not at all; says why.",
            json!({ "type": "string" }),
        ),
    ])
}

fn reason() -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    one_of(vec![
        json!({ "enum": ["declared", "undeclared"] }),
        variant(
            "drifted",
            "The tenant changed.",
            object(&["properties"], json!({ "properties": texts.clone() })),
        ),
        variant(
            "disableFirst",
            "Graph wants the items switched off first.",
            object(&["items"], json!({ "items": texts })),
        ),
        variant(
            "detached",
            "Graph wants something stored first.",
            object(
                &["waitsFor"],
                json!({ "waitsFor": { "type": "array", "items": { "$ref": "#/$defs/address" } } }),
            ),
        ),
    ])
}

fn left_alone() -> Value {
    object(
        &["what", "count"],
        json!({
            "subject": { "$ref": "#/$defs/address" },
            "what": { "type": "string" },
            "count": { "type": "integer", "minimum": 0 }
        }),
    )
}

fn managed_object() -> Value {
    object(
        &["entity", "target", "declared", "deletion"],
        json!({
            "entity": { "type": "string" },
            "target": { "$ref": "#/$defs/target" },
            "parent": { "$ref": "#/$defs/target" },
            "declared": { "$ref": "#/$defs/digest" },
            "deletion": { "enum": ["allowed", "protected"] }
        }),
    )
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": properties
    })
}

fn variant(name: &str, description: &str, value: Value) -> Value {
    let mut variant = object(&[name], json!({ name: value }));
    variant["description"] = Value::from(description);
    variant
}

fn one_of(variants: Vec<Value>) -> Value {
    json!({ "oneOf": variants })
}
