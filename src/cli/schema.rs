//! `idac schema`: the JSON Schemas, for editors and for programs that read plans.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::arguments;
use super::exit::Exit;
use super::output::{self, Output};
use super::plan_file;
use super::problem::Problem;
use crate::declare;
use crate::report;

/// Shows all schemas as one JSON object by file name, or writes each to its file.
pub(super) fn run(arguments: &arguments::Schema, output: Output) -> Result<Exit, Problem> {
    let mut schemas = declare::schemas();
    schemas.insert("plan.schema.json".to_owned(), report::plan_schema());
    match &arguments.write {
        None => {
            let all = Value::Object(schemas.into_iter().collect());
            output.product(&pretty(&all))?;
        }
        Some(folder) => {
            for (name, schema) in &schemas {
                write(folder, name, schema)?;
            }
            output::aside(&format!(
                "Wrote {} to {}.\n",
                report::plural(schemas.len(), "schema", "schemas"),
                folder.display()
            ))?;
        }
    }
    Ok(Exit::Done)
}

fn write(folder: &Path, name: &str, schema: &Value) -> Result<(), Problem> {
    let path = folder.join(name);
    fs::create_dir_all(folder)
        .and_then(|()| plan_file::replace(&path, pretty(schema).as_bytes()))
        .map_err(|source| Problem::Write { path, source })
}

fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value)
        .unwrap_or_else(|error| panic!("bug: a schema cannot be written as JSON: {error}"));
    text.push('\n');
    text
}
