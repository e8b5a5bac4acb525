//! The JSON Schemas in `schemas/` are those that the code makes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use idac::declare::schemas;

#[test]
fn the_schemas_for_editors_are_those_of_the_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    for (name, schema) in schemas() {
        let expected = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
        if std::env::var_os("IDAC_BLESS").is_some() {
            fs::create_dir_all(&folder).expect("the folder can be made");
            fs::write(folder.join(&name), &expected).expect("the schema can be written");
        }
        let found = fs::read_to_string(folder.join(&name)).unwrap_or_default();
        assert!(
            found == expected,
            "schemas/{name} is not what the code makes; write it with: idac schema --write"
        );
    }
}

#[test]
fn a_schema_knows_every_key_of_a_kind_and_no_other() {
    let schemas = schemas();
    let application = &schemas["application.schema.json"];
    assert_eq!(application["additionalProperties"], false);
    let keys: BTreeSet<&str> = application["properties"]
        .as_object()
        .expect("an application has keys")
        .keys()
        .map(String::as_str)
        .collect();
    let fields: BTreeSet<&str> = idac::kind::find("application")
        .expect("there are applications")
        .fields()
        .map(|field| field.name)
        .collect();
    assert_eq!(keys, fields);
    assert_eq!(
        application["required"],
        serde_json::json!(["kind", "name", "displayName"])
    );
}

#[test]
fn the_schema_of_all_declarations_sends_each_kind_to_its_own() {
    let schemas = schemas();
    let declaration = schemas["declaration.schema.json"].to_string();
    for name in idac::kind::KIND_NAMES {
        assert!(
            schemas.contains_key(&format!("{name}.schema.json")),
            "{name}"
        );
        assert!(
            declaration.contains(&format!("{name}.schema.json")),
            "{name}"
        );
    }
}
