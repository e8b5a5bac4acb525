//! What a dry-run showed.

use super::escape::prose;
use super::names::Names;
use super::receipt::trouble;
use super::style::{self, paint, plural};
use super::{Format, Show, json, sentence};
use crate::dry_run::{DryRun, Verdict};
use crate::execute::{Outcome, Stranded, Trouble};
use crate::plan::{Plan, Step};

/// The dry-run of this plan.
pub fn dry_run(dry_run: &DryRun, plan: &Plan, names: &Names, format: Format) -> String {
    match format {
        Format::Text => text(dry_run, plan, names),
        Format::Markdown => {
            let text = anstream::adapter::strip_str(&text(dry_run, plan, names)).to_string();
            let lines: Vec<String> = text.lines().map(prose).collect();
            format!("**Dry-run**\n\n{}\n", lines.join("  \n"))
        }
        Format::Json => json(dry_run),
    }
}

fn text(dry_run: &DryRun, plan: &Plan, names: &Names) -> String {
    let DryRun {
        plan: _,
        verdict,
        requests,
        clearance: _,
    } = dry_run;
    match verdict {
        Verdict::Cleared => passed(plan, *requests),
        Verdict::Stopped { findings } => format!(
            "{}: {} against it; nothing was tried.\n",
            paint(style::DANGER, "Dry-run stopped"),
            match findings {
                1 => "a finding stands".to_owned(),
                findings => format!("{findings} findings stand"),
            }
        ),
        Verdict::Refused {
            step,
            trouble: said,
            outcome,
            stranded,
        } => {
            let step = plan.step(*step);
            refused(step, said, *outcome, stranded, plan, names)
        }
        Verdict::NotConverged { again } => format!(
            "{}: after the plan, the tenant is still not as declared. Left to do:\n\n{}",
            paint(style::DANGER, "Dry-run failed"),
            super::plan(again, names, Show::Changes, Format::Text)
        ),
        Verdict::Failed { why } => format!(
            "{}: {}\n",
            paint(style::DANGER, "Dry-run failed"),
            style::visible(why)
        ),
    }
}

fn passed(plan: &Plan, requests: u64) -> String {
    let tried = match plan.steps.len() {
        0 => "there is nothing to try".to_owned(),
        steps => format!(
            "{} ran on a copy of the tenant ({}), and planning again finds nothing left to do",
            plural(steps, "step", "steps"),
            plural(
                usize::try_from(requests).unwrap_or(usize::MAX),
                "request",
                "requests"
            )
        ),
    };
    format!("{}: {tried}.\n", paint(style::WELL, "Dry-run passed"))
}

fn refused(
    step: &Step,
    said: &Trouble,
    outcome: Outcome,
    stranded: &[Stranded],
    plan: &Plan,
    names: &Names,
) -> String {
    let mut text = format!(
        "{}: the copy of the tenant refuses step {}.\n  step: {}\n  Graph: {}\n",
        paint(style::DANGER, "Dry-run failed"),
        step.id,
        sentence::of(step, names),
        trouble(said)
    );
    text.push_str(match outcome {
        Outcome::Applied => "",
        Outcome::RolledBack => "  Applied for real, everything before it would be undone.\n",
        Outcome::Stranded => "  Applied for real, not everything before it could be undone:\n",
    });
    for stranded in stranded {
        text.push_str(&format!(
            "    step {}: {}\n",
            stranded.step,
            sentence::of(plan.step(stranded.step), names)
        ));
    }
    text
}
