//! Exit codes: the one table.

use std::process::ExitCode;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// Something that idac needs did not work; the message says what.
    Failed,
    /// The command line is wrong.
    Usage,
    /// A finding stops it.
    Findings,
    /// The plan has steps, and `--detailed-exit-code` asked.
    Steps,
    /// A step was refused or the run was stopped, and everything that took effect was undone.
    RolledBack,
    /// The same, and not everything could be undone.
    Stranded,
    /// The gate says wait.
    Wait,
}

impl Exit {
    /// The code that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Findings => 3,
            Exit::Steps => 4,
            Exit::RolledBack => 5,
            Exit::Stranded => 6,
            Exit::Wait => 7,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// The table as `idac --help` shows it.
pub(super) const TABLE: &str = "\
Exit codes:
  0  done, or nothing to do
  1  something that idac needs did not work
  2  the command line is wrong
  3  a finding stops it
  4  the plan has steps (with --detailed-exit-code)
  5  rolled back: a step was refused or the run was stopped, and everything that took effect was undone
  6  stranded: the same, and not everything could be undone
  7  the gate says wait";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_lists_every_exit_code() {
        let all = [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::Findings,
            Exit::Steps,
            Exit::RolledBack,
            Exit::Stranded,
            Exit::Wait,
        ];
        let codes: Vec<String> = all.iter().map(|exit| exit.code().to_string()).collect();
        let listed: Vec<&str> = TABLE
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        assert_eq!(codes, listed);
    }
}
