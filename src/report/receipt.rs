//! How an apply ended, and what a person must do when it did not end well.

use super::escape::prose;
use super::names::Names;
use super::style::{self, paint, plural, visible};
use super::{Format, json, sentence};
use crate::apply::Receipt;
use crate::dry_run::DryRun;
use crate::execute::{Execution, Outcome, Stranded, Trouble};
use crate::finding::Finding;
use crate::plan::{Action, Plan, Target};

/// The receipt of this plan.
pub fn receipt(receipt: &Receipt, plan: &Plan, names: &Names, format: Format) -> String {
    match format {
        Format::Text => with_record(receipt, text(&receipt.execution, plan, names)),
        Format::Markdown => markdown(&with_record(receipt, text(&receipt.execution, plan, names))),
        Format::Json => json(receipt),
    }
}

/// A whole apply as one JSON object; without a receipt nothing was written.
pub fn applied(
    plan: &Plan,
    findings: &[Finding],
    dry_run: Option<&DryRun>,
    receipt: Option<&Receipt>,
) -> String {
    json(&serde_json::json!({
        "plan": plan,
        "findings": findings,
        "dryRun": dry_run,
        "receipt": receipt,
    }))
}

/// An execution that has no receipt (yet).
pub fn execution(execution: &Execution, plan: &Plan, names: &Names, format: Format) -> String {
    match format {
        Format::Text => text(execution, plan, names),
        Format::Markdown => markdown(&text(execution, plan, names)),
        Format::Json => json(execution),
    }
}

/// What Graph said, on one line.
pub(super) fn trouble(trouble: &Trouble) -> String {
    let Trouble {
        status,
        code,
        message,
        request_id,
    } = trouble;
    let mut words: Vec<String> = Vec::new();
    words.extend(status.map(|status| status.to_string()));
    words.extend((!code.is_empty()).then(|| visible(code)));
    let mut text = match words.is_empty() {
        true => visible(message),
        false => format!("{}: {}", words.join(" "), visible(message)),
    };
    if let Some(id) = request_id {
        text.push_str(&format!(" (request-id {})", visible(id)));
    }
    text
}

fn with_record(receipt: &Receipt, text: String) -> String {
    format!(
        "{text}Receipt: record {} of the ledger, plan {}.\n",
        receipt.epoch,
        receipt.plan.short()
    )
}

fn markdown(text: &str) -> String {
    let text = anstream::adapter::strip_str(text).to_string();
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let indent = line.len() - line.trim_start().len();
            match indent {
                0 => prose(line),
                indent => format!("{}- {}", " ".repeat(indent - 2), prose(line.trim_start())),
            }
        })
        .collect();
    format!("{}\n", lines.join("\n"))
}

fn text(execution: &Execution, plan: &Plan, names: &Names) -> String {
    let Execution {
        outcome,
        created: _,
        refused,
        stranded,
        requests,
    } = execution;
    let environment = &plan.basis.environment;
    let requests = plural(
        usize::try_from(*requests).unwrap_or(usize::MAX),
        "request",
        "requests",
    );
    let mut text = match outcome {
        Outcome::Applied => format!(
            "{}: {environment} is as declared. {}, {requests}.\n",
            paint(style::WELL, "Applied"),
            plural(plan.steps.len(), "step", "steps")
        ),
        Outcome::RolledBack => format!(
            "{}: {environment} is as it was before. {}.\n",
            paint(style::CAUTION, "Rolled back"),
            match refused {
                Some(_) => "A step was refused, and every step that took effect was undone",
                None => "The plan was stopped, and every step that took effect was undone",
            }
        ),
        Outcome::Stranded => format!(
            "{}: {environment} is neither as it was nor as declared. {}, and {} not be undone.\n",
            paint(style::DANGER, "Stranded"),
            match refused {
                Some(_) => "A step was refused",
                None => "The plan was stopped",
            },
            match stranded.len() {
                1 => "one that took effect could".to_owned(),
                number => format!("{number} that took effect could"),
            }
        ),
    };
    if let Some((step, said)) = refused {
        text.push_str(&format!(
            "  refused: step {step}, {}\n    {}: {}\n",
            sentence::of(plan.step(*step), names),
            speaker(said),
            trouble(said)
        ));
    }
    for stranded in stranded {
        text.push_str(&still_there(stranded, plan, names));
    }
    match outcome {
        Outcome::Applied => {}
        Outcome::RolledBack => text.push_str(match refused {
            Some(_) => "Correct what was refused, then run `idac plan` again.\n",
            None => "`idac apply` begins again.\n",
        }),
        Outcome::Stranded => text.push_str(
            "Nothing more is applied to this tenant until then: lift what refused the way back and run `idac recover`, \
             which undoes the rest by itself; or do it by hand, and run `idac recover`.\n",
        ),
    }
    text
}

/// A step that took effect and stayed: what stands where, and what to do.
fn still_there(stranded: &Stranded, plan: &Plan, names: &Names) -> String {
    let Stranded {
        step: id,
        subject: _,
        trouble: said,
    } = stranded;
    let step = plan.step(*id);
    format!(
        "  {} step {id}, {}\n    {}: {}\n    to do: {}\n",
        paint(style::DANGER, "stands:"),
        sentence::of(step, names),
        speaker(said),
        trouble(said),
        by_hand(step, names)
    )
}

/// Who says why: what idac found out by looking was never Graph's answer.
fn speaker(trouble: &Trouble) -> &'static str {
    match trouble.status {
        Some(_) => "Graph",
        None => "idac",
    }
}

fn by_hand(step: &crate::plan::Step, names: &Names) -> String {
    let subject = sentence::subject(step, names);
    match &step.action {
        Action::Create {
            properties: _,
            revive: _,
        } => format!(
            "delete {subject} in the tenant, or leave it: the next apply goes on from there"
        ),
        Action::Update { target, was, will } => {
            let before: Vec<String> = was
                .iter()
                .map(|(name, value)| match will.get(name) {
                    Some(now) => {
                        format!("{name} from {} to {}", names.value(now), names.value(value))
                    }
                    None => format!("{name} to {}", names.value(value)),
                })
                .collect();
            let back = before.join(", ");
            match target {
                Target::Existing(id) => {
                    format!("set back, in {subject} (object id {id}): {back}")
                }
                Target::Planned(_) => format!("set back, in {subject}: {back}"),
            }
        }
        Action::Delete { target: _, was } => {
            format!(
                "restore {subject} (object id {}) from the recycle bin, or make it again",
                was.id
            )
        }
        Action::Link {
            from: _,
            relation,
            to,
        } => format!(
            "remove {} from the {relation} of {subject}",
            names.target(to)
        ),
        Action::Unlink {
            from: _,
            relation,
            to,
        } => format!("add {} to the {relation} of {subject}", names.target(to)),
    }
}
