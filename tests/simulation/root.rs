//! An identity root: documents by address, and the text that people would have written.

use std::collections::BTreeMap;
use std::sync::Arc;

use idac::declare::Source;
use serde_json::{Map, Value, json};

/// What is declared. Documents are in the language's own words.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Root {
    pub(crate) documents: BTreeMap<String, Value>,
    /// `adopt` of the environment.
    pub(crate) adopt: Map<String, Value>,
}

impl Root {
    /// The addresses of one kind.
    pub(crate) fn of_kind(&self, kind: &str) -> Vec<String> {
        let of_kind = |address: &&String| kind_of(address) == kind;
        self.documents.keys().filter(of_kind).cloned().collect()
    }

    /// The files, in which each document stands somewhere.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        files.insert(
            "idac.yaml".to_owned(),
            yaml(&json!({"project": "sim", "guardrails": {"blast-radius": {"deletes": 1000, "percent": 100}}})),
        );
        let mut environment =
            json!({"tenant": "emulator", "variables": {"host": "sim.contoso.com", "on": true}});
        if !self.adopt.is_empty() {
            environment["adopt"] = Value::Object(self.adopt.clone());
        }
        files.insert("environments/sandbox.yaml".to_owned(), yaml(&environment));
        for (address, document) in &self.documents {
            // Applications have a file each; everything else shares one by its kind.
            let path = match kind_of(address) {
                "application" => format!("{address}.yaml"),
                kind => format!("shared/{kind}.yaml"),
            };
            let text = files.entry(path).or_default();
            if !text.is_empty() {
                text.push_str("---\n");
            }
            text.push_str(&yaml(document));
        }
        files
            .into_iter()
            .map(|(path, text)| Source {
                path: Arc::from(path.as_str()),
                shown: Arc::from(format!("identities/{path}")),
                bytes: text.into_bytes(),
            })
            .collect()
    }
}

pub(crate) fn kind_of(address: &str) -> &str {
    address.split('/').next().unwrap_or_default()
}

pub(crate) fn name_of(address: &str) -> &str {
    address.split_once('/').map_or("", |(_, name)| name)
}

/// The items of a list, written exactly or as `atLeast`.
pub(crate) fn items(list: &Value) -> &[Value] {
    let list = list.get("atLeast").unwrap_or(list);
    list.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn items_mut(list: &mut Value) -> Option<&mut Vec<Value>> {
    if list.get("atLeast").is_some() {
        return list["atLeast"].as_array_mut();
    }
    list.as_array_mut()
}

pub(crate) fn is_exact(list: &Value) -> bool {
    list.is_array()
}

/// Block YAML as people write it, with every text in quotes.
pub(crate) fn yaml(document: &Value) -> String {
    let mut text = String::new();
    block(document, 0, &mut text);
    text
}

fn block(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                out.push_str(&format!("{indent}{key}:"));
                below(value, depth, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                out.push_str(&format!("{indent}-"));
                below(item, depth, out);
            }
        }
        scalar => out.push_str(&format!("{indent}{scalar}\n")),
    }
}

fn below(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            out.push('\n');
            block(value, depth + 1, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            block(value, depth + 1, out);
        }
        // A text in JSON's quotes is a text in YAML's; what is empty has no block form.
        scalar => out.push_str(&format!(" {scalar}\n")),
    }
}
