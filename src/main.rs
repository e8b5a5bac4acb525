//! Parses, calls, exits.

use std::process::ExitCode;

fn main() -> ExitCode {
    idac::cli::run().into()
}
