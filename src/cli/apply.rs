//! `idac apply`.

use super::arguments::{self, Global};
use super::exit::Exit;
use super::output::Output;
use super::problem::Problem;

pub(super) async fn run(
    _arguments: &arguments::Apply,
    _global: &Global,
    _output: Output,
) -> Result<Exit, Problem> {
    todo!()
}
