//! The ledger: the history, a line a record, and one record as a person reads it.

use std::collections::BTreeMap;

use serde_json::json;

use super::escape::fenced;
use super::names::Names;
use super::style::{self, padded, paint, plural, visible};
use super::{Format, Show, json, plan};
use crate::digest::Digest;
use crate::ledger::{Record, RecordKind, Sealed};
use crate::plan::{Applied, Plan};

/// Every record on one line, the newest first.
pub fn history(records: &[Record], format: Format) -> String {
    match format {
        Format::Text | Format::Markdown => framed(&lines(records), format),
        Format::Json => {
            let steps = steps(records);
            let listed: Vec<serde_json::Value> = records
                .iter()
                .rev()
                .map(|record| {
                    let plan = record.kind.plan();
                    json!({
                        "record": record.epoch,
                        "at": record.run.at,
                        "who": record.run.who,
                        "kind": record.kind.name(),
                        "steps": steps.get(&plan),
                        "plan": plan,
                        "why": why(&record.kind),
                    })
                })
                .collect();
            json(&listed)
        }
    }
}

/// One record, whole; `records` are all of its chain.
pub fn record(sealed: &Sealed, records: &[Record], format: Format) -> String {
    let Sealed { digest, record } = sealed;
    let more = match &record.kind {
        RecordKind::Intent { plan } => format!("\n{}", told(plan, format)),
        RecordKind::Receipt { plan: _, objects } => {
            format!("\n{}", framed(&managed(objects), format))
        }
        RecordKind::Recovering { .. } | RecordKind::Aborted { .. } | RecordKind::Dirty { .. } => {
            String::new()
        }
    };
    match format {
        Format::Json => json(&json!({ "digest": digest, "record": record })),
        Format::Text | Format::Markdown => {
            format!("{}{more}", framed(&head(sealed, records), format))
        }
    }
}

/// A chain that is whole.
pub fn verified(count: u64, tip: Option<&Digest>, format: Format) -> String {
    match format {
        Format::Json => json(&json!({ "records": count, "tip": tip })),
        Format::Text | Format::Markdown => match tip {
            None => "The ledger has no record yet.\n".to_owned(),
            Some(tip) => format!(
                "The ledger is whole: {}, each follows from the one before; the last is {}.\n",
                plural(
                    usize::try_from(count).unwrap_or(usize::MAX),
                    "record",
                    "records"
                ),
                tip.short()
            ),
        },
    }
}

fn lines(records: &[Record]) -> String {
    if records.is_empty() {
        return "Nothing was applied yet: the ledger has no record.\n".to_owned();
    }
    let steps = steps(records);
    let rows: Vec<[String; 6]> = records
        .iter()
        .rev()
        .map(|record| {
            let plan = record.kind.plan();
            [
                record.epoch.to_string(),
                visible(&record.run.at),
                visible(&record.run.who),
                happened(record, records),
                format!("plan {}", plan.short()),
                steps
                    .get(&plan)
                    .map_or_else(String::new, |steps| plural(*steps, "step", "steps")),
            ]
        })
        .collect();
    let widths: Vec<usize> = (0..6)
        .map(|column| {
            let all = rows.iter().map(|row| style::width(&row[column]));
            all.max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for (row, record) in rows.iter().zip(records.iter().rev()) {
        let styled: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, width))| match column {
                0 => format!("{}{cell}", " ".repeat(width - style::width(cell))),
                3 => paint(tone(&record.kind), &padded(cell, *width)),
                _ => padded(cell, *width),
            })
            .collect();
        text.push_str(styled.join("  ").trim_end());
        text.push('\n');
        if let Some(why) = why(&record.kind) {
            text.push_str(&format!("{}{}\n", " ".repeat(widths[0] + 2), visible(why)));
        }
    }
    text
}

/// What a record says, in a word or some.
fn happened(record: &Record, records: &[Record]) -> String {
    match &record.kind {
        RecordKind::Intent { .. } if is_last(record, records) => "began, and holds it".to_owned(),
        RecordKind::Intent { .. } => "began".to_owned(),
        RecordKind::Recovering { intent, plan: _ } => format!("took over record {intent}"),
        RecordKind::Receipt { .. } => "applied".to_owned(),
        RecordKind::Aborted { .. } => "rolled back".to_owned(),
        RecordKind::Dirty { .. } => "stranded".to_owned(),
    }
}

fn is_last(record: &Record, records: &[Record]) -> bool {
    records
        .last()
        .is_some_and(|last| last.epoch == record.epoch)
}

fn tone(kind: &RecordKind) -> anstyle::Style {
    match kind {
        RecordKind::Intent { .. } | RecordKind::Recovering { .. } => style::ASIDE,
        RecordKind::Receipt { .. } => style::WELL,
        RecordKind::Aborted { .. } => style::CAUTION,
        RecordKind::Dirty { .. } => style::DANGER,
    }
}

fn why(kind: &RecordKind) -> Option<&str> {
    match kind {
        RecordKind::Aborted { plan: _, why }
        | RecordKind::Dirty {
            intent: _,
            plan: _,
            why,
        } => Some(why),
        RecordKind::Intent { .. } | RecordKind::Recovering { .. } | RecordKind::Receipt { .. } => {
            None
        }
    }
}

/// How many steps each plan has: only its intent says so.
fn steps(records: &[Record]) -> BTreeMap<Digest, usize> {
    records
        .iter()
        .filter_map(|record| match &record.kind {
            RecordKind::Intent { plan } => Some((plan.digest(), plan.steps.len())),
            RecordKind::Recovering { .. }
            | RecordKind::Receipt { .. }
            | RecordKind::Aborted { .. }
            | RecordKind::Dirty { .. } => None,
        })
        .collect()
}

/// Who, when, which plan, and what came of it.
fn head(sealed: &Sealed, records: &[Record]) -> String {
    let Record {
        schema: _,
        epoch,
        previous,
        tenant,
        environment,
        kind,
        run,
        nonce: _,
    } = &sealed.record;
    let plan = kind.plan();
    let mut rows = vec![
        ("who", visible(&run.who)),
        ("when", visible(&run.at)),
        (
            "tenant",
            format!("{} ({environment})", visible(tenant.as_str())),
        ),
    ];
    let number = match steps(records).get(&plan) {
        Some(steps) => format!(", {}", plural(*steps, "step", "steps")),
        None => String::new(),
    };
    rows.push((
        "plan",
        format!("{}{number}{}", plan.short(), begun(&sealed.record, records)),
    ));
    match kind {
        RecordKind::Intent { .. } | RecordKind::Recovering { .. } => {
            rows.push(("ended", ended(*epoch, records)));
        }
        RecordKind::Receipt { .. } | RecordKind::Aborted { .. } | RecordKind::Dirty { .. } => {}
    }
    if let Some(why) = why(kind) {
        rows.push(("why", visible(why)));
    }
    let follows = match previous {
        Some(previous) => format!("{}, after {}", sealed.digest.short(), previous.short()),
        None => format!("{}, the first", sealed.digest.short()),
    };
    rows.push(("digest", follows));
    let mut text = format!(
        "{}\n",
        paint(
            style::STRONG,
            &format!("Record {epoch}: {}", happened(&sealed.record, records))
        )
    );
    for (name, value) in rows {
        text.push_str(&format!("  {}  {value}\n", padded(name, 6)));
    }
    text
}

/// Which record has the plan.
fn begun(record: &Record, records: &[Record]) -> String {
    let intent = records[..records.len().min(record.epoch as usize)]
        .iter()
        .rev()
        .find(|other| matches!(other.kind, RecordKind::Intent { .. }));
    match intent {
        Some(intent) if intent.epoch != record.epoch => {
            format!(", begun with record {}", intent.epoch)
        }
        Some(_) | None => String::new(),
    }
}

fn ended(epoch: u64, records: &[Record]) -> String {
    let next = records.iter().find(|record| record.epoch == epoch + 1);
    match next {
        None => "not yet: the tenant is held".to_owned(),
        Some(next) => format!("{}, record {}", happened(next, records), next.epoch),
    }
}

/// The plan with what stood there before.
fn told(told: &Plan, format: Format) -> String {
    plan(told, &Names::of(told), Show::Changes, format)
}

fn managed(objects: &Applied) -> String {
    let width = objects
        .keys()
        .map(|address| style::width(address.as_str()))
        .max()
        .unwrap_or(0);
    let mut text = format!(
        "{}\n",
        match objects.len() {
            0 => "No object is managed.".to_owned(),
            number => format!("{}:", plural(number, "managed object", "managed objects")),
        }
    );
    for (address, object) in objects {
        text.push_str(&format!(
            "  {}  {}\n",
            padded(address.as_str(), width),
            object.target
        ));
    }
    text
}

/// Columns stay columns in Markdown too.
fn framed(text: &str, format: Format) -> String {
    match format {
        Format::Text | Format::Json => text.to_owned(),
        Format::Markdown => fenced("text", &anstream::adapter::strip_str(text).to_string()),
    }
}
