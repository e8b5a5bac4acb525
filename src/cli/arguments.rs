//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::exit;
use crate::report::Format;

/// Keeps a Microsoft Entra tenant equal to what a Git repository declares.
#[derive(Debug, Parser)]
#[command(name = "idac", version, after_help = exit::TABLE, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes, before or after its name.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// The folder of declarations
    #[arg(
        long,
        global = true,
        value_name = "FOLDER",
        default_value = "identities"
    )]
    pub root: PathBuf,
    /// The environment: a file of environments/ without .yaml; may be left out when there is only one
    #[arg(short, long, global = true, value_name = "ENV")]
    pub environment: Option<String>,
    /// Where the ledger is: in a folder beside the embedded tenant (the default), or on a git branch
    #[arg(long, global = true, value_enum, value_name = "WHERE")]
    pub ledger: Option<Keeper>,
    /// The git ledger's remote, of the repository that holds the root, or (with a slash) the path of a repository
    /// on this disk; `origin` when left out
    #[arg(long, global = true, value_name = "NAME|PATH")]
    pub ledger_remote: Option<String>,
    /// How the result is written down
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub format: Shape,
    /// Say on stderr what is going on; twice for every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Keeper {
    Folder,
    Git,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Shape {
    Text,
    Markdown,
    Json,
}

impl From<Shape> for Format {
    fn from(shape: Shape) -> Format {
        match shape {
            Shape::Text => Format::Text,
            Shape::Markdown => Format::Markdown,
            Shape::Json => Format::Json,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check the declarations, without a tenant
    Validate,
    /// Show what would change in the tenant, and why
    Plan(Plan),
    /// Try the plan on a copy of the tenant
    DryRun,
    /// Make the tenant as declared
    Apply(Apply),
    /// Look where an apply stands that did not say how it ended, and finish it or take it back
    Recover(Recover),
    /// What was applied to the tenant, by whom, and how it ended
    #[command(subcommand)]
    Ledger(Ledger),
    /// Write the JSON Schemas of the declarations
    Schema(Schema),
    /// Say what a finding's code means; without a code, list them
    Explain {
        /// The code, such as IDAC104
        code: Option<String>,
    },
    /// The embedded tenant
    #[command(subcommand)]
    Emulator(Emulator),
}

#[derive(Debug, Args)]
pub(super) struct Plan {
    /// Write the plan to this file too, for `idac apply --plan`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Show more: the literal Graph requests of every step
    #[arg(long, value_enum)]
    pub show: Option<Shown>,
    /// Exit with 4 when the plan has steps
    #[arg(long)]
    pub detailed_exit_code: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Shown {
    Requests,
}

#[derive(Debug, Args)]
pub(super) struct Apply {
    /// Apply the plan in this file, and nothing else
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct Recover {
    /// Do what is left; idac chooses when neither way is named
    #[arg(long, conflicts_with = "back")]
    pub forward: bool,
    /// Undo what took effect
    #[arg(long)]
    pub back: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Ledger {
    /// List the records, the newest first
    Log,
    /// Show one record whole; an intent with its plan and what stood there before
    Show {
        /// The number of the record, or `latest`
        #[arg(default_value = "latest", value_name = "NUMBER")]
        record: Wanted,
    },
    /// Check every record against the one before; exit with 1 when something was changed
    Verify,
}

/// A record, as people ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Latest,
    Number(u64),
}

impl FromStr for Wanted {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Wanted, &'static str> {
        match text.parse() {
            Ok(number) => Ok(Wanted::Number(number)),
            Err(_) if text == "latest" => Ok(Wanted::Latest),
            Err(_) => Err("it is neither a number nor `latest`"),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Write one file a schema into this folder
    #[arg(long, value_name = "FOLDER")]
    pub write: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Emulator {
    /// Replace the embedded tenant by a new one, and forget what was applied to it
    Reset,
    /// Show the faults of the embedded tenant, or set them
    Hardship(Hardship),
}

#[derive(Debug, Args)]
pub(super) struct Hardship {
    /// Set the faults that this file says, as JSON or YAML
    #[arg(long, value_name = "FILE", conflicts_with = "none")]
    pub file: Option<PathBuf>,
    /// Set no faults
    #[arg(long)]
    pub none: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }
}
