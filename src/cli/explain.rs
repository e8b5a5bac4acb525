//! `idac explain`: what a finding's code means.

use super::exit::Exit;
use super::output::Output;
use super::problem::Problem;
use crate::finding::{self, CODES};
use crate::report;

/// Explains one code, or lists them all.
pub(super) fn run(code: Option<&str>, output: Output) -> Result<Exit, Problem> {
    let text = match code {
        None => report::codes(output.format),
        Some(id) => {
            let Some(code) = finding::code(id) else {
                let upper = id.to_ascii_uppercase();
                return Err(Problem::NoCode {
                    code: id.to_owned(),
                    nearest: finding::nearest(&upper, CODES.iter().map(|code| code.id))
                        .map(str::to_owned),
                });
            };
            report::code(code, output.format)
        }
    };
    output.product(&text)?;
    Ok(Exit::Done)
}
