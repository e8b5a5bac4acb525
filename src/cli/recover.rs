//! `idac recover`: finishes what an apply began that did not say how it ended, or takes it back.

use super::apply;
use super::arguments::{self, Global};
use super::exit::Exit;
use super::output::{self, Output};
use super::problem::Problem;
use super::signature;
use super::situation::{self, Opened, Unless};
use super::state;
use super::stop::Stop;
use crate::apply::{
    Choice, KeptJournal, Manner, Receipt, Turned, Unfinished, Way, inspect, recover_by,
};
use crate::execute::{Standing, go_on};
use crate::ledger::Recoverer;
use crate::report::{self, Format, Names};

/// Recovers, for a person who says that it is time to.
pub(super) async fn run(
    arguments: &arguments::Recover,
    global: &Global,
    output: Output,
) -> Result<Exit, Problem> {
    if !arguments.yes && !output::is_anybody_there() {
        return Err(Problem::NobodyToAsk);
    }
    let opened = match situation::open(global)? {
        Unless::Here(opened) => opened,
        Unless::Stopped { findings, sources } => {
            output.findings(&findings, &sources)?;
            return Ok(Exit::Findings);
        }
    };
    let Some(unfinished) = look(&opened, Recoverer::Person).await? else {
        output.remark("Nothing to recover: the last apply said how it ended.\n")?;
        return Ok(Exit::Done);
    };
    let choice = choose(&unfinished, arguments)?;
    let names = Names::of(&unfinished.plan);
    match output.format {
        Format::Text | Format::Markdown => {
            let text = report::unfinished(&unfinished, &choice, &names, output.format);
            output.product(&text)?;
        }
        Format::Json => {}
    }
    let Some(way) = choice.way else {
        return Err(Problem::NoWay {
            way: "on",
            why: choice.because,
        });
    };
    if !arguments.yes && !output::ask(&question(&unfinished, way))? {
        output.remark("Nothing was written.\n")?;
        return Ok(Exit::Failed);
    }
    let by = |now: &Unfinished| match now.survey == unfinished.survey {
        true => Ok(way),
        false => Err("it stands otherwise than a moment ago; run `idac recover` again".to_owned()),
    };
    let receipt = finish(&opened, Recoverer::Person, &by).await?;
    match (output.format, &receipt) {
        (Format::Json, receipt) => {
            output.product(&report::recovered(&unfinished, &choice, receipt.as_ref()))?;
        }
        (Format::Text | Format::Markdown, Some(receipt)) => {
            output.remark("\n")?;
            let text = report::receipt(receipt, &unfinished.plan, &names, output.format);
            output.product(&text)?;
        }
        (Format::Text | Format::Markdown, None) => {}
    }
    Ok(receipt.map_or(Exit::Done, |receipt| apply::exit(&receipt)))
}

/// Recovers before an apply, as far as the run is proven to be over, and says so. `None` when nothing was unfinished.
pub(super) async fn first(opened: &Opened, output: Output) -> Result<Option<Receipt>, Problem> {
    let Some(unfinished) = look(opened, Recoverer::Apply).await? else {
        return Ok(None);
    };
    let choice = unfinished.choice();
    let say = |text: &str| match output.format {
        Format::Text | Format::Markdown => output.product(text),
        Format::Json => output::aside(text),
    };
    let as_planned = unfinished.steps_that_are(Standing::After).len();
    say(&format!(
        "Recovering first: {} began {} at {} (record {} of the ledger) and did not say how it ended. {as_planned} stand as planned. {}\n",
        unfinished.run.who,
        report::plural(unfinished.plan.steps.len(), "step", "steps"),
        unfinished.run.at,
        unfinished.epoch,
        report::choice(&choice)
    ))?;
    let by = |now: &Unfinished| {
        let Choice { way, because } = now.choice();
        way.ok_or(because)
    };
    let receipt = finish(opened, Recoverer::Apply, &by).await?;
    if let Some(receipt) = &receipt {
        let names = Names::of(&unfinished.plan);
        let text = report::receipt(
            receipt,
            &unfinished.plan,
            &names,
            match output.format {
                Format::Text | Format::Json => Format::Text,
                Format::Markdown => Format::Markdown,
            },
        );
        say(&text)?;
        say("\n")?;
    }
    Ok(receipt)
}

/// What is right, or what the person asks for, if that is possible.
fn choose(unfinished: &Unfinished, arguments: &arguments::Recover) -> Result<Choice, Problem> {
    let (way, name) = match (arguments.forward, arguments.back) {
        (true, _) => (Way::Forward, "forward"),
        (false, true) => (Way::Back, "back"),
        (false, false) => return Ok(unfinished.choice()),
    };
    unfinished
        .check(way)
        .map_err(|why| Problem::NoWay { way: name, why })?;
    let because = match (way, unfinished.turned) {
        (Way::Forward, Turned::Refused(step)) => {
            format!("you say so; step {step} was refused and is tried once more")
        }
        (Way::Forward | Way::Back, _) => "you say so".to_owned(),
    };
    Ok(Choice {
        way: Some(way),
        because,
    })
}

fn question(unfinished: &Unfinished, way: Way) -> String {
    let environment = &unfinished.plan.basis.environment;
    match way {
        Way::Forward => format!("\nDo what is left in {environment}? [y/N] "),
        Way::Back => format!("\nUndo in {environment} what took effect? [y/N] "),
    }
}

async fn look(opened: &Opened, recoverer: Recoverer) -> Result<Option<Unfinished>, Problem> {
    let ledger = state::open_ledger(&opened.ledger)?;
    let open = |nonce: &str| KeptJournal::resume(&opened.folder.join("journal"), nonce);
    let patience = opened.tenant.patience();
    let found = inspect(recoverer, &opened.tenant, &ledger, open, &patience).await?;
    Ok(found)
}

/// Takes the tenant over and finishes. Told to stop, it leaves everything as it stands: the journal knows.
async fn finish(
    opened: &Opened,
    recoverer: Recoverer,
    by: &(dyn Fn(&Unfinished) -> Result<Way, String> + Sync),
) -> Result<Option<Receipt>, Problem> {
    let mut stop = Stop::listen().map_err(Problem::Signals)?;
    let (watch, _) = stop.parts();
    let mut ledger = state::open_ledger(&opened.ledger)?;
    let open = |nonce: &str| KeptJournal::resume(&opened.folder.join("journal"), nonce);
    let manner = Manner {
        patience: &opened.tenant.patience(),
        wish: &go_on,
        sign: &signature::sign,
    };
    let nonce = signature::nonce();
    let by = |unfinished: &Unfinished| {
        tracing::info!(record = unfinished.epoch, "took over the tenant");
        by(unfinished)
    };
    tokio::select! {
        biased;
        () = watch.at_once() => Err(Problem::Interrupted),
        recovered = recover_by(
            recoverer,
            &opened.tenant,
            &mut ledger,
            open,
            &nonce,
            &manner,
            &by,
        ) => Ok(recovered?),
    }
}
