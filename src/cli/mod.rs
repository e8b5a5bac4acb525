//! Takes argv, files, the environment and the clock, gives an exit code; never holds a rule.
//!
//! One file per subcommand. This is the only place that reads what the world is like; everything behind it is
//! given what it needs.

mod apply;
mod arguments;
mod clock;
mod dry_run;
mod embedded;
mod emulator;
mod exit;
mod explain;
mod ledger;
mod output;
mod plan;
mod plan_file;
mod problem;
mod progress;
mod recover;
mod root;
mod signature;
mod schema;
mod situation;
mod state;
mod stop;
mod validate;

pub use exit::Exit;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use arguments::{Arguments, Command, Emulator};
use output::Output;
use problem::Problem;

/// Does what the command line says.
pub fn run() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers, not errors; a reader who has left is none either.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
        }
    };
    log(arguments.global.verbose);
    match dispatch(&arguments) {
        Ok(exit) => exit,
        Err(problem) => {
            output::problem(&problem);
            problem.exit()
        }
    }
}

fn dispatch(arguments: &Arguments) -> Result<Exit, Problem> {
    let Arguments { global, command } = arguments;
    let output = Output {
        format: global.format.into(),
    };
    match command {
        Command::Validate => validate::run(global, output),
        Command::Plan(arguments) => wait_for(plan::run(arguments, global, output)),
        Command::DryRun => wait_for(dry_run::run(global, output)),
        Command::Apply(arguments) => wait_for(apply::run(arguments, global, output)),
        Command::Recover(arguments) => wait_for(recover::run(arguments, global, output)),
        Command::Ledger(asked) => ledger::run(asked, global, output),
        Command::Schema(arguments) => schema::run(arguments, output),
        Command::Explain { code } => explain::run(code.as_deref(), output),
        Command::Emulator(Emulator::Reset) => emulator::reset(global, output),
        Command::Emulator(Emulator::Hardship(arguments)) => {
            wait_for(emulator::hardship(arguments, global, output))
        }
    }
}

/// Runs to the end. One thread is enough: what takes time is the tenant.
fn wait_for(work: impl Future<Output = Result<Exit, Problem>>) -> Result<Exit, Problem> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Problem::Start)?
        .block_on(work)
}

/// What goes on, on stderr, for whoever asked.
fn log(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => "idac=info",
        _ => "idac=debug",
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .init();
}
