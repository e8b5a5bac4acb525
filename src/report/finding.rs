//! Findings, each at its place.

use std::collections::BTreeMap;

use super::escape::{code_span, prose};
use super::style::{self, paint, plural, visible};
use super::{Format, json};
use crate::declare::Source;
use crate::finding::{Finding, Origin, Severity};

/// The most columns of a source line that are shown; of a longer one the part around the place.
const COLUMNS_MAX: usize = 120;
const TAB: usize = 4;

/// All findings, and in text a line that counts them. Nothing at all when there are none.
pub fn findings(findings: &[Finding], sources: &[Source], format: Format) -> String {
    match format {
        Format::Text => text(findings, sources),
        Format::Markdown => markdown(findings),
        Format::Json => json(findings),
    }
}

/// `3 errors, 1 warning`.
pub fn count(findings: &[Finding]) -> String {
    let number = |severity| {
        findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let counts = [
        (number(Severity::Error), "error", "errors"),
        (number(Severity::Warning), "warning", "warnings"),
        (number(Severity::Note), "note", "notes"),
    ];
    let said: Vec<String> = counts
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many)| plural(number, one, many))
        .collect();
    if said.is_empty() {
        "no findings".to_owned()
    } else {
        said.join(", ")
    }
}

fn text(findings: &[Finding], sources: &[Source]) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let sources: BTreeMap<&str, &[u8]> = sources
        .iter()
        .map(|source| (source.shown.as_ref(), source.bytes.as_slice()))
        .collect();
    let mut lines: BTreeMap<&str, Vec<&[u8]>> = BTreeMap::new();
    let secrets = secrets(findings);
    let mut text = String::new();
    for finding in findings {
        let file = finding.origin.file.as_ref();
        let lines = lines.entry(file).or_insert_with(|| {
            let bytes = sources.get(file).copied().unwrap_or_default();
            bytes.split(|byte| *byte == b'\n').collect()
        });
        let line = lines
            .get((finding.origin.line as usize).saturating_sub(1))
            .map(|line| String::from_utf8_lossy(line));
        let line = match (line, secrets.get(&(file, finding.origin.line))) {
            (Some(line), Some(end)) => Some(line.chars().take(*end).collect::<String>() + " …"),
            (Some(line), None) => Some(line.into_owned()),
            (None, _) => None,
        };
        text.push_str(&one(finding, line.as_deref()));
        text.push('\n');
    }
    let worst = findings.iter().map(|finding| finding.severity).max();
    let style = worst.map_or(style::STRONG, style_of);
    text.push_str(&paint(style, &count(findings)));
    text.push('\n');
    text
}

/// The code of a key under which a secret is kept.
const SECRET: &str = "IDAC127";

/// The lines that hold secrets, and after how many characters: what stands behind the key is shown nowhere, whatever
/// else is wrong with the line.
fn secrets(findings: &[Finding]) -> BTreeMap<(&str, u32), usize> {
    let mut secrets: BTreeMap<(&str, u32), usize> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.code == SECRET) {
        let Origin {
            file,
            line,
            column,
            length,
        } = &finding.origin;
        let end = (column + length).saturating_sub(1) as usize;
        secrets
            .entry((file.as_ref(), *line))
            .and_modify(|first| *first = end.min(*first))
            .or_insert(end);
    }
    secrets
}

fn one(finding: &Finding, line: Option<&str>) -> String {
    let Finding {
        origin,
        code,
        severity,
        message,
        label,
        remedy,
    } = finding;
    let style = style_of(*severity);
    let number = origin.line.to_string();
    let margin = " ".repeat(number.len().max(2));
    let mut text = format!(
        "{}{}\n{margin} {}\n",
        paint(style, &format!("{}[{code}]", word(*severity))),
        paint(style::STRONG, &format!(": {}", visible(message))),
        paint(style::FRAME, &format!("╭─[{}]", place(origin))),
    );
    match line.and_then(|line| Excerpt::of(line, origin)) {
        Some(excerpt) => text.push_str(&snippet(
            &excerpt,
            &number,
            &margin,
            style,
            label.as_deref(),
        )),
        // Without its line the label is still worth saying.
        None => {
            if let Some(label) = label {
                text.push_str(&format!(
                    "{margin} {} {}\n",
                    paint(style::FRAME, "·"),
                    paint(style, &visible(label))
                ));
            }
        }
    }
    text.push_str(&format!("{margin} {}\n", paint(style::FRAME, "╰─")));
    if !remedy.is_empty() {
        text.push_str(&format!(
            "  {} {}\n",
            paint(style::STRONG, "help:"),
            visible(remedy)
        ));
    }
    text
}

fn snippet(
    excerpt: &Excerpt,
    number: &str,
    margin: &str,
    style: anstyle::Style,
    label: Option<&str>,
) -> String {
    let gutter = paint(style::FRAME, "·");
    let number = format!("{}{number}", " ".repeat(margin.len() - number.len()));
    let mut text = format!(
        "{} {}\n",
        paint(style::FRAME, &format!("{number} │")),
        excerpt.text
    )
    .replace(" \n", "\n");
    let before = " ".repeat(excerpt.start);
    let Some(label) = label else {
        let line = "─".repeat(excerpt.columns);
        text.push_str(&format!(
            "{margin} {gutter} {before}{}\n",
            paint(style, &line)
        ));
        return text;
    };
    let middle = (excerpt.columns - 1) / 2;
    let line = format!(
        "{}┬{}",
        "─".repeat(middle),
        "─".repeat(excerpt.columns - 1 - middle)
    );
    let arm = format!("{}╰── {}", " ".repeat(middle), visible(label));
    for part in [&line, &arm] {
        text.push_str(&format!(
            "{margin} {gutter} {before}{}\n",
            paint(style, part)
        ));
    }
    text
}

/// The part of a line that is shown, and the columns of it that are meant.
struct Excerpt {
    text: String,
    start: usize,
    columns: usize,
}

impl Excerpt {
    /// `None` for a line without anything to see.
    fn of(line: &str, origin: &Origin) -> Option<Excerpt> {
        let line = line.trim_end();
        // Of a line that nobody wrote by hand only the part around the place is looked at.
        let place = (origin.column as usize).saturating_sub(1);
        let skipped = place.saturating_sub(COLUMNS_MAX);
        let cells = cells(line.chars().skip(skipped).take(3 * COLUMNS_MAX));
        if cells.is_empty() {
            return None;
        }
        // Places that the line does not have (a missing key at its end, say) are shown just behind it.
        let first = (place - skipped).min(cells.len());
        let end = first
            .saturating_add(origin.length.max(1) as usize)
            .min(cells.len());
        let columns =
            |cells: &[(String, usize)]| cells.iter().map(|(_, width)| width).sum::<usize>();
        let (from, to) = window(&cells, first);
        let mut text: String = cells[from..to]
            .iter()
            .map(|(cell, _)| cell.as_str())
            .collect();
        let mut start = columns(&cells[from..first.max(from)]);
        if from + skipped > 0 {
            text.insert(0, '…');
            start += 1;
        }
        if to < cells.len() || cells.len() == 3 * COLUMNS_MAX {
            text.push('…');
        }
        let meant = columns(&cells[first.min(to)..end.min(to)]).max(1);
        Some(Excerpt {
            text,
            start,
            columns: meant,
        })
    }
}

/// Each character as it is shown, with its columns.
fn cells(characters: impl Iterator<Item = char>) -> Vec<(String, usize)> {
    characters
        .map(|character| match character {
            '\t' => (" ".repeat(TAB), TAB),
            character if style::is_invisible(character) => ("\u{fffd}".to_owned(), 1),
            character => (character.to_string(), style::char_width(character)),
        })
        .collect()
}

/// Which cells are shown: all of them, or so many around the place that it can be understood.
fn window(cells: &[(String, usize)], first: usize) -> (usize, usize) {
    let total: usize = cells.iter().map(|(_, width)| width).sum();
    if total <= COLUMNS_MAX {
        return (0, cells.len());
    }
    let mut from = first.min(cells.len());
    let mut room = COLUMNS_MAX / 3;
    while from > 0 && cells[from - 1].1 <= room {
        from -= 1;
        room -= cells[from].1;
    }
    let mut to = from;
    let mut room = COLUMNS_MAX;
    while to < cells.len() && cells[to].1 <= room {
        room -= cells[to].1;
        to += 1;
    }
    (from, to)
}

fn markdown(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let mut text = format!("**{}**\n\n", count(findings));
    for finding in findings {
        let Finding {
            origin,
            code,
            severity,
            message,
            label,
            remedy,
        } = finding;
        text.push_str(&format!(
            "- **{} {code}** {}: {}",
            word(*severity),
            code_span(&place(origin)),
            prose(message)
        ));
        if let Some(label) = label {
            text.push_str(&format!(" ({})", prose(label)));
        }
        if !remedy.is_empty() {
            text.push_str(&format!("  \n  help: {}", prose(remedy)));
        }
        text.push('\n');
    }
    text
}

fn place(origin: &Origin) -> String {
    let Origin {
        file,
        line,
        column,
        length: _,
    } = origin;
    format!("{}:{line}:{column}", visible(file))
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn style_of(severity: Severity) -> anstyle::Style {
    match severity {
        Severity::Note => style::STRONG,
        Severity::Warning => style::CAUTION,
        Severity::Error => style::DANGER,
    }
}
