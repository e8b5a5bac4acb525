//! What a run left unfinished, step by step, for a person who has to decide.

use super::escape::prose;
use super::names::Names;
use super::style::{self, padded, paint, plural, visible};
use super::{Format, json, sentence};
use crate::apply::{Choice, History, Receipt, Unfinished, Way};
use crate::execute::{Recorded, Standing, Surveyed};

/// Of a plan with more steps than this, only those are listed that a person has to look at.
const LISTED_MAX: usize = 24;

/// Where every step of an unfinished plan stands, and which way is right.
pub fn unfinished(
    unfinished: &Unfinished,
    choice: &Choice,
    names: &Names,
    format: Format,
) -> String {
    match format {
        Format::Text => text(unfinished, choice, names),
        Format::Markdown => markdown(unfinished, choice, names),
        Format::Json => json(&serde_json::json!({ "unfinished": unfinished, "choice": choice })),
    }
}

/// The same with how it was finished; without a receipt it was not.
pub fn recovered(unfinished: &Unfinished, choice: &Choice, receipt: Option<&Receipt>) -> String {
    json(&serde_json::json!({
        "unfinished": unfinished,
        "choice": choice,
        "receipt": receipt,
    }))
}

/// Which way a plan is finished, and why, in one sentence.
pub fn choice(choice: &Choice) -> String {
    let (way, because) = (choice.way, visible(&choice.because));
    match way {
        Some(Way::Forward) => format!("Going forward, because {because}."),
        Some(Way::Back) => format!("Going back, because {because}."),
        None => format!("Going neither forward nor back, because {because}."),
    }
}

fn text(unfinished: &Unfinished, choice: &Choice, names: &Names) -> String {
    let mut text = format!("{}\n", heading(unfinished));
    let rows = rows(unfinished, names);
    let columns = |title: &str, pick: fn(&Row) -> &String| {
        let widths = rows.iter().map(|row| style::width(pick(row)));
        widths.chain([style::width(title)]).max().unwrap_or(0)
    };
    let steps = columns("step", |row| &row.step);
    let standings = columns("stands", |row| &row.standing);
    let records = columns("journal", |row| &row.recorded);
    if !rows.is_empty() {
        let titles = format!(
            "{}  {}  {}",
            padded("step", steps),
            padded("stands", standings),
            padded("journal", records)
        );
        text.push_str(&format!("  {}\n", paint(style::ASIDE, titles.trim_end())));
    }
    for row in &rows {
        text.push_str(&format!(
            "  {}{}  {}  {}  {}\n",
            " ".repeat(steps - style::width(&row.step)),
            row.step,
            paint(row.style, &padded(&row.standing, standings)),
            padded(&row.recorded, records),
            row.what
        ));
        if let Some(why) = &row.why {
            let indent = " ".repeat(steps);
            text.push_str(&format!("  {indent}  {}\n", paint(style::ASIDE, why)));
        }
    }
    text.push_str(&self::choice(choice));
    text.push('\n');
    text
}

fn markdown(unfinished: &Unfinished, choice: &Choice, names: &Names) -> String {
    let mut text = prose(&heading(unfinished));
    text.push_str("\n\n| step | stands | the journal | what |\n|---|---|---|---|\n");
    for row in rows(unfinished, names) {
        let why = row.why.map(|why| format!(" ({why})")).unwrap_or_default();
        text.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            row.step,
            row.standing,
            row.recorded,
            prose(&(row.what + &why))
        ));
    }
    text.push('\n');
    text.push_str(&prose(&self::choice(choice)));
    text.push('\n');
    text
}

fn heading(unfinished: &Unfinished) -> String {
    let Unfinished {
        epoch,
        run,
        plan,
        history,
        survey: _,
        turned: _,
    } = unfinished;
    let journal = match history {
        History::Whole => "",
        History::Lost => ", and its journal is not here",
    };
    format!(
        "{} began {} in {} at {} (record {epoch} of the ledger) and did not say how it ended{journal}. Now {}.",
        visible(&run.who),
        plural(plan.steps.len(), "step", "steps"),
        plan.basis.environment,
        visible(&run.at),
        counts(unfinished),
    )
}

struct Row {
    step: String,
    standing: String,
    style: anstyle::Style,
    recorded: String,
    what: String,
    why: Option<String>,
}

fn rows(unfinished: &Unfinished, names: &Names) -> Vec<Row> {
    let steps = &unfinished.survey.steps;
    let is_listed = |surveyed: &&Surveyed| steps.len() <= LISTED_MAX || is_telling(surveyed);
    steps
        .iter()
        .filter(is_listed)
        .map(|surveyed| row(surveyed, unfinished, names))
        .collect()
}

/// Whether the tenant and the journal do not simply say the same.
fn is_telling(surveyed: &Surveyed) -> bool {
    match (surveyed.standing, surveyed.recorded) {
        (Standing::After, Recorded::Done)
        | (Standing::Before, Recorded::Nothing | Recorded::Undone) => false,
        (
            Standing::After
            | Standing::Before
            | Standing::Between
            | Standing::Neither
            | Standing::Unknown,
            _,
        ) => true,
    }
}

/// How many steps stand how: `3 as planned, 2 as before`.
fn counts(unfinished: &Unfinished) -> String {
    let counts: Vec<String> = [
        Standing::After,
        Standing::Before,
        Standing::Between,
        Standing::Neither,
        Standing::Unknown,
    ]
    .into_iter()
    .map(|standing| (unfinished.steps_that_are(standing).len(), standing))
    .filter(|(count, _)| *count > 0)
    .map(|(count, standing)| format!("{count} {}", stands(standing).0))
    .collect();
    counts.join(", ")
}

fn stands(standing: Standing) -> (&'static str, anstyle::Style) {
    match standing {
        Standing::Before => ("as before", style::STRONG),
        Standing::After => ("as planned", style::WELL),
        Standing::Between => ("half undone", style::CAUTION),
        Standing::Neither => ("neither", style::DANGER),
        Standing::Unknown => ("unknown", style::CAUTION),
    }
}

fn row(surveyed: &Surveyed, unfinished: &Unfinished, names: &Names) -> Row {
    let recorded = match (surveyed.recorded, unfinished.history) {
        (Recorded::Nothing, History::Whole) => "not sent",
        // A lost journal does not say that a step was not sent.
        (Recorded::Nothing, History::Lost) => "not known",
        (Recorded::Sent, _) => "no answer",
        (Recorded::Done, _) => "done",
        (Recorded::Refused, _) => "refused",
        (Recorded::Undoing, _) => "being undone",
        (Recorded::Undone, _) => "undone",
    };
    let (standing, style) = stands(surveyed.standing);
    Row {
        step: surveyed.step.to_string(),
        standing: standing.to_owned(),
        style,
        recorded: recorded.to_owned(),
        what: sentence::of(unfinished.plan.step(surveyed.step), names),
        why: surveyed.why.as_deref().map(visible),
    }
}
