//! `idac ledger`: what was applied to the tenant, by whom, and how it ended.

use super::arguments::{Global, Ledger as Asked, Wanted};
use super::exit::Exit;
use super::output::Output;
use super::problem::Problem;
use super::situation::{self, Declared};
use super::state;
use crate::ledger::{Ledger, verify};
use crate::report;

/// Lists, shows or checks the records. The tenant is not asked.
pub(super) fn run(asked: &Asked, global: &Global, output: Output) -> Result<Exit, Problem> {
    // What is wrong with the declarations is no reason not to look back.
    let Declared { declaration, .. } = situation::read(global)?;
    let environment = situation::choose(&declaration, global)?;
    let ledger = state::open_ledger(&state::place(global, &environment.name)?)?;
    match asked {
        Asked::Log => {
            output.product(&report::history(&ledger.records()?, output.format))?;
        }
        Asked::Show { record } => {
            let newest = ledger.tip()?.map_or(0, |tip| tip.record.epoch);
            let number = match record {
                Wanted::Latest => newest,
                Wanted::Number(number) => *number,
            };
            if number == 0 || number > newest {
                return Err(Problem::NoRecord {
                    environment: environment.name.clone(),
                    number: number.max(1),
                });
            }
            let sealed = ledger.record(number)?;
            output.product(&report::record(&sealed, &ledger.records()?, output.format))?;
        }
        Asked::Verify => {
            let (count, tip) = verify(&ledger)?;
            output.product(&report::verified(count, tip.as_ref(), output.format))?;
        }
    }
    Ok(Exit::Done)
}
