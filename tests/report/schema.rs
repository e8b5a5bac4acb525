//! The schema of a plan.

use std::fs;
use std::path::Path;

use idac::report;
use serde_json::{Value, json};

use super::sample::sample;

#[test]
fn the_schema_of_a_plan_is_the_one_in_the_folder() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/plan.schema.json");
    let expected = serde_json::to_string_pretty(&report::plan_schema()).expect("JSON") + "\n";
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == expected,
        "schemas/plan.schema.json is not what the code makes; write it with: idac schema --write schemas"
    );
}

#[test]
fn the_schema_of_a_plan_fits_what_is_written() {
    let schema = report::plan_schema();
    let plan = sample();
    let file = json!({ "idac": "plan/1", "digest": plan.digest(), "plan": plan });
    let mut wrong = Vec::new();
    check(&schema, &schema, &file, "", &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut broken = file.clone();
    broken["plan"]["steps"][0]["reason"] = json!("because");
    check(&schema, &schema, &broken, "", &mut wrong);
    assert!(!wrong.is_empty());
}

/// As much of JSON Schema as the schema uses.
fn check(root: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let target = root.pointer(&name[1..]).expect("a definition");
        return check(root, target, value, at, wrong);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fitting = choices
            .iter()
            .filter(|choice| {
                let mut wrong = Vec::new();
                check(root, choice, value, at, &mut wrong);
                wrong.is_empty()
            })
            .count();
        if fitting != 1 {
            wrong.push(format!("{at}: {fitting} choices fit {value}"));
        }
    }
    if let Some(choices) = schema["enum"].as_array()
        && !choices.contains(value)
    {
        wrong.push(format!("{at}: {value} is none of {choices:?}"));
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some(other) => panic!("bug: the test knows no type {other}"),
        None => true,
    };
    if !fits {
        wrong.push(format!("{at}: {value} is no {}", schema["type"]));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        if !schema["items"].is_null() {
            check(
                root,
                &schema["items"],
                item,
                &format!("{at}/{index}"),
                wrong,
            );
        }
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().expect("a name");
        if value.get(name).is_none() {
            wrong.push(format!("{at}: {name} is missing"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => {
                wrong.push(format!("{at} is not in the schema"));
            }
            (Value::Null, Value::Null) => {}
            (Value::Null, other) => check(root, other, member, &at, wrong),
            (schema, _) => check(root, schema, member, &at, wrong),
        }
    }
}
