//! Takes any product, gives text; never computes what a test of the core should check.
//!
//! Every view is a pure function to `String`. Text carries colour as ANSI sequences: whoever writes it to a
//! terminal, a file or a pipe decides whether they stay. What comes from files and tenants is made visible first,
//! so that no value can move the cursor or turn the direction of writing.

mod change;
mod dry_run;
mod escape;
mod explain;
mod finding;
mod ledger;
mod markdown;
mod names;
mod plan;
mod receipt;
mod recovery;
mod requests;
mod schema;
mod sentence;
mod style;
mod view;

pub use dry_run::dry_run;
pub use explain::{code, codes};
pub use finding::{count, findings};
pub use ledger::{history, record, verified};
pub use names::Names;
pub use plan::plan;
pub use receipt::{applied, execution, receipt};
pub use recovery::{choice, recovered, unfinished};
pub use schema::plan_schema;
pub use sentence::of as sentence;
pub use style::{plural, visible};

use std::collections::BTreeMap;

use crate::graph::Request;
use crate::plan::StepId;

/// How a product is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people at a terminal.
    #[default]
    Text,
    /// For people at a pull request.
    Markdown,
    /// For programs.
    Json,
}

/// What a plan shows besides its changes.
#[derive(Clone, Copy, Debug, Default)]
pub enum Show<'a> {
    #[default]
    Changes,
    /// The literal Graph requests of every step too.
    Requests(&'a BTreeMap<StepId, Vec<Request>>),
}

/// JSON that people may look at, with a line feed at its end.
fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    let mut text = serde_json::to_string_pretty(value)
        .unwrap_or_else(|error| panic!("bug: a product cannot be written as JSON: {error}"));
    text.push('\n');
    text
}
