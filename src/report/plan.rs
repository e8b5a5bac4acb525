//! A plan: what happens to which object, why, and what to look at first.

use super::change::{Line, Sign};
use super::names::Names;
use super::style::{self, padded, paint, plural};
use super::view::{self, Block, Passage, Watch};
use super::{Format, Show, markdown, sentence};
use crate::plan::{LeftAlone, Plan, Risk};

/// The most steps of one risk that are named before the plan itself.
const WATCHES_MAX: usize = 8;
/// Values begin in one column unless a label is longer than this.
const LABEL_MAX: usize = 40;

/// The plan, whole.
pub fn plan(plan: &Plan, names: &Names, show: Show<'_>, format: Format) -> String {
    match format {
        Format::Text => text(plan, names, show),
        Format::Markdown => markdown::plan(plan, names, show),
        Format::Json => {
            let bytes = serde_json_canonicalizer::to_vec(plan)
                .unwrap_or_else(|error| panic!("bug: a plan cannot be written as JSON: {error}"));
            let mut text = String::from_utf8_lossy(&bytes).into_owned();
            text.push('\n');
            text
        }
    }
}

/// `Plan: 3 objects to create, 1 to change, 0 to delete; 14 steps; 2 grant access; nothing irreversible`.
pub(super) fn summary(plan: &Plan, blocks: &[Block]) -> String {
    let (created, changed, deleted) = view::count(blocks);
    let with = |risk| {
        plan.steps
            .iter()
            .filter(|step| view::risk(step) == risk)
            .count()
    };
    let mut parts = vec![
        format!(
            "Plan: {} to create, {changed} to change, {deleted} to delete",
            plural(created, "object", "objects")
        ),
        plural(plan.steps.len(), "step", "steps"),
    ];
    for (risk, one, many) in [
        (Risk::GrantsAccess, "grants access", "grant access"),
        (Risk::TakesAccess, "takes access", "take access"),
    ] {
        let number = with(risk);
        if number > 0 {
            parts.push(plural(number, one, many));
        }
    }
    parts.push(match with(Risk::Irreversible) {
        0 => "nothing irreversible".to_owned(),
        number => format!("{number} irreversible"),
    });
    parts.join("; ")
}

/// `No changes. sandbox is as declared.`
pub(super) fn no_changes(plan: &Plan) -> String {
    format!("No changes. {} is as declared.", plan.basis.environment)
}

/// `Left alone: 45 applications; tags of group/x (2)`; empty when nothing was.
pub(super) fn left_alone(plan: &Plan) -> String {
    let said: Vec<String> = plan
        .left_alone
        .iter()
        .map(|left| {
            let LeftAlone {
                subject,
                what,
                count,
            } = left;
            let what = sentence::noun(what);
            let what = match count {
                1 => what.strip_suffix('s').unwrap_or(&what),
                _ => &what,
            };
            match subject {
                Some(subject) => format!("{count} {what} of {subject}"),
                None => format!("{count} {what}"),
            }
        })
        .collect();
    said.join(", ")
}

/// A row of a block: its sign, how far it is indented, and what stands there in which style.
pub(super) struct Row {
    pub sign: Sign,
    pub indent: usize,
    pub spans: Vec<(anstyle::Style, String)>,
}

/// The rows of one object.
pub(super) fn rows(block: &Block) -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, passage) in block.passages.iter().enumerate() {
        let is_own = passage.title.is_empty();
        if at == 0 && !is_own {
            // Only parts of it change.
            rows.push(Row {
                sign: block.sign,
                indent: 0,
                spans: vec![(style::STRONG, block.address.to_string())],
            });
        }
        let title = if is_own {
            block.address.as_str()
        } else {
            &passage.title
        };
        let sign = if is_own { block.sign } else { passage.sign };
        rows.push(heading(sign, if is_own { 0 } else { 2 }, title, passage));
        let indent = if is_own { 2 } else { 4 };
        rows.extend(body(&passage.lines, indent));
        rows.extend(request_rows(&passage.requests, indent + 2));
    }
    rows
}

fn heading(sign: Sign, indent: usize, title: &str, passage: &Passage) -> Row {
    let mut spans = vec![(style::STRONG, title.to_owned())];
    if !passage.why.is_empty() {
        spans.push((style::ASIDE, format!("  · {}", passage.why)));
    }
    if !passage.warning.is_empty() {
        spans.push((risk_style(passage.risk), format!("  ! {}", passage.warning)));
    }
    Row {
        sign,
        indent,
        spans,
    }
}

/// The columns in which the values of lines begin: the same for lines that stand together.
fn columns(lines: &[Line]) -> Vec<usize> {
    let mut columns = vec![0; lines.len()];
    for (at, line) in lines.iter().enumerate() {
        let together = |other: &&Line| other.depth >= line.depth;
        let before = lines[..at].iter().rev().take_while(together);
        let after = lines[at..].iter().take_while(together);
        columns[at] = before
            .chain(after)
            .filter(|other| other.depth == line.depth && !other.value.is_empty())
            .map(|other| style::width(&other.label))
            .filter(|width| *width <= LABEL_MAX)
            .max()
            .unwrap_or(0);
    }
    columns
}

fn body(lines: &[Line], indent: usize) -> Vec<Row> {
    let columns = columns(lines);
    lines
        .iter()
        .zip(columns)
        .map(|(line, column)| {
            let mut spans = Vec::new();
            if line.value.is_empty() {
                spans.push((sign_style(line.sign), line.label.clone()));
            } else {
                spans.push((sign_style(line.sign), padded(&line.label, column)));
                spans.push((anstyle::Style::new(), format!("  {}", line.value)));
            }
            if !line.aside.is_empty() {
                spans.push((style::ASIDE, format!("  ({})", line.aside)));
            }
            if !line.warning.is_empty() {
                spans.push((style::CAUTION, format!("  ! {}", line.warning)));
            }
            Row {
                sign: line.sign,
                indent: indent + 2 * line.depth,
                spans,
            }
        })
        .collect()
}

fn request_rows(requests: &[String], indent: usize) -> Vec<Row> {
    requests
        .iter()
        .flat_map(|request| request.lines())
        .map(|line| Row {
            sign: Sign::None,
            indent,
            spans: vec![(
                if line.starts_with('#') {
                    style::FRAME
                } else {
                    style::ASIDE
                },
                line.to_owned(),
            )],
        })
        .collect()
}

fn text(plan: &Plan, names: &Names, show: Show<'_>) -> String {
    let left_alone = left_alone(plan);
    if plan.steps.is_empty() {
        let mut text = format!("{}\n", paint(style::WELL, &no_changes(plan)));
        if !left_alone.is_empty() {
            text.push_str(&format!("Left alone: {left_alone}.\n"));
        }
        return text;
    }
    let blocks = view::blocks(plan, names, show);
    let mut text = format!(
        "Plan for {} {}\n\n",
        paint(style::STRONG, plan.basis.environment.as_str()),
        paint(style::ASIDE, &format!("(tenant {})", plan.basis.tenant))
    );
    text.push_str(&watch_list(&view::watches(plan, names)));
    for block in &blocks {
        for row in rows(block) {
            text.push_str(&painted(&row));
        }
        text.push('\n');
    }
    if !left_alone.is_empty() {
        text.push_str(&format!("Left alone: {left_alone}.\n"));
    }
    text.push_str(&paint(style::STRONG, &summary(plan, &blocks)));
    text.push('\n');
    text
}

fn painted(row: &Row) -> String {
    let sign = paint(sign_style(row.sign), row.sign.as_str());
    let mut line = format!("{}{sign} ", " ".repeat(row.indent));
    for (style, text) in &row.spans {
        // What is by the way keeps no colour from the sign.
        let style = if *style == style::STRONG {
            sign_style(row.sign).bold()
        } else {
            *style
        };
        line.push_str(&paint(style, text));
    }
    format!("{}\n", line.trim_end())
}

/// What a person should look at first, the most dangerous on top.
fn watch_list(watches: &[Watch]) -> String {
    if watches.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", paint(style::STRONG, "Look at these first"));
    for (risk, title) in RISKS {
        let of_risk: Vec<&Watch> = watches.iter().filter(|watch| watch.risk == risk).collect();
        let shown = match risk {
            // Of what cannot be undone none is left out.
            Risk::Irreversible | Risk::Deletes => of_risk.len(),
            Risk::None | Risk::GrantsAccess | Risk::TakesAccess => WATCHES_MAX,
        };
        for watch in of_risk.iter().take(shown) {
            let mut line = format!(
                "  {}  {}",
                paint(risk_style(risk), &padded(&format!("! {title}"), 18)),
                watch.sentence
            );
            if let Some(why) = watch.warning.strip_prefix("cannot be undone: ") {
                line.push_str(&paint(style::ASIDE, &format!("  ({why})")));
            }
            text.push_str(&line);
            text.push('\n');
        }
        if of_risk.len() > shown {
            text.push_str(&format!(
                "  {}  … and {} more, marked below\n",
                " ".repeat(18),
                of_risk.len() - shown
            ));
        }
    }
    text.push('\n');
    text
}

/// Every risk that is worth a look, the most dangerous first.
pub(super) const RISKS: [(Risk, &str); 4] = [
    (Risk::Irreversible, "cannot be undone"),
    (Risk::Deletes, "deletes"),
    (Risk::TakesAccess, "takes access"),
    (Risk::GrantsAccess, "grants access"),
];

fn sign_style(sign: Sign) -> anstyle::Style {
    match sign {
        Sign::None => anstyle::Style::new(),
        Sign::Add => style::ADD,
        Sign::Change => style::CHANGE,
        Sign::Remove => style::REMOVE,
    }
}

fn risk_style(risk: Risk) -> anstyle::Style {
    match risk {
        Risk::None => style::ASIDE,
        Risk::GrantsAccess | Risk::TakesAccess => style::CAUTION,
        Risk::Deletes | Risk::Irreversible => style::DANGER,
    }
}
