//! A plan as a comment on a pull request: the most dangerous first, each object folded.

use std::cmp::Reverse;

use super::Show;
use super::change::Sign;
use super::escape::{code_span, fenced, html, prose};
use super::names::Names;
use super::plan::{RISKS, Row, left_alone, no_changes, rows, summary};
use super::style::plural;
use super::view::{self, Block};
use crate::plan::{Plan, Risk};

/// GitHub takes 65,536 characters a comment; the rest is room for whoever adds a line.
const CHARACTERS_MAX: usize = 60_000;
/// The most steps of one risk that are named.
const WATCHES_MAX: usize = 10;

/// The plan as Markdown.
pub(super) fn plan(plan: &Plan, names: &Names, show: Show<'_>) -> String {
    let left_alone = left_alone(plan);
    let footer = if left_alone.is_empty() {
        String::new()
    } else {
        format!("\nLeft alone: {}.\n", prose(&left_alone))
    };
    let environment = code_span(plan.basis.environment.as_str());
    let digest = plan.digest();
    let title = format!("### Plan for {environment}\n\n");
    if plan.steps.is_empty() {
        return format!("{title}{}\n{footer}", prose(&no_changes(plan)));
    }
    let mut blocks = view::blocks(plan, names, show);
    let summary = summary(plan, &blocks);
    blocks.sort_by(|one, other| {
        (Reverse(one.risk), &one.address).cmp(&(Reverse(other.risk), &other.address))
    });
    let mut text = format!("{title}{}\n\n", prose(&summary));
    text.push_str(&watch_list(plan, names));
    let mut left_out = 0;
    for block in &blocks {
        let folded = folded(block);
        if left_out > 0 || text.chars().count() + folded.chars().count() > CHARACTERS_MAX {
            left_out += 1;
        } else {
            text.push_str(&folded);
        }
    }
    if left_out > 0 {
        text.push_str(&format!(
            "\n… and {} that this comment has no room for: run `idac plan`.\n",
            plural(left_out, "object", "objects")
        ));
    }
    text.push_str(&footer);
    text.push_str(&format!(
        "\n<sub>tenant {}, plan {}</sub>\n",
        plan.basis.tenant,
        digest.short()
    ));
    text
}

fn watch_list(plan: &Plan, names: &Names) -> String {
    let watches = view::watches(plan, names);
    let mut text = String::new();
    for (risk, title) in RISKS {
        let of_risk: Vec<&view::Watch> =
            watches.iter().filter(|watch| watch.risk == risk).collect();
        if of_risk.is_empty() {
            continue;
        }
        let alert = match risk {
            Risk::Irreversible | Risk::Deletes => "CAUTION",
            Risk::None | Risk::GrantsAccess | Risk::TakesAccess => "WARNING",
        };
        text.push_str(&format!("> [!{alert}]\n> **{title}**\n"));
        for watch in of_risk.iter().take(WATCHES_MAX) {
            text.push_str(&format!("> - {}", prose(&watch.sentence)));
            if let Some(why) = watch.warning.strip_prefix("cannot be undone: ") {
                text.push_str(&format!(" ({})", prose(why)));
            }
            text.push('\n');
        }
        if of_risk.len() > WATCHES_MAX {
            text.push_str(&format!("> - … and {} more\n", of_risk.len() - WATCHES_MAX));
        }
        text.push('\n');
    }
    text
}

fn folded(block: &Block) -> String {
    let verb = match block.sign {
        Sign::Add => "create",
        Sign::Remove => "delete",
        Sign::Change | Sign::None => "change",
    };
    let risk = RISKS
        .iter()
        .find(|(risk, _)| *risk == block.risk)
        .map(|(_, title)| format!(": {title}"))
        .unwrap_or_default();
    let rows: Vec<String> = rows(block).iter().map(diff_line).collect();
    format!(
        "<details><summary>{verb} <code>{}</code>{risk}</summary>\n\n{}\n</details>\n",
        html(block.address.as_str()),
        fenced("diff", &rows.join("\n"))
    )
}

/// The sign stands in the first column, where a diff has it.
fn diff_line(row: &Row) -> String {
    let sign = match row.sign {
        Sign::None => " ",
        Sign::Add => "+",
        // What GitHub shows in the colour of a change.
        Sign::Change => "!",
        Sign::Remove => "-",
    };
    let text: String = row.spans.iter().map(|(_, text)| text.as_str()).collect();
    format!("{sign} {}{text}", " ".repeat(row.indent))
        .trim_end()
        .to_owned()
}
