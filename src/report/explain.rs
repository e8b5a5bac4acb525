//! What a code means.

use serde_json::json;

use super::style::{self, paint};
use super::{Format, json};
use crate::finding::{CODES, Code};

/// One code, whole.
pub fn code(code: &Code, format: Format) -> String {
    let Code {
        id,
        title,
        explanation,
    } = code;
    match format {
        Format::Text => format!(
            "{}: {title}\n\n{}\n",
            paint(style::STRONG, id),
            wrapped(explanation, 100)
        ),
        Format::Markdown => format!("### {id}: {title}\n\n{explanation}\n"),
        Format::Json => json(&as_json(code)),
    }
}

/// All codes, one a line.
pub fn codes(format: Format) -> String {
    match format {
        Format::Text => {
            let mut text = String::new();
            for code in CODES {
                text.push_str(&format!(
                    "{}  {}\n",
                    paint(style::STRONG, code.id),
                    code.title
                ));
            }
            text.push_str("\nidac explain CODE says more about one.\n");
            text
        }
        Format::Markdown => {
            let mut text = String::from("| code | what it says |\n|---|---|\n");
            for code in CODES {
                text.push_str(&format!(
                    "| {} | {} |\n",
                    code.id,
                    code.title.replace('|', "\\|")
                ));
            }
            text
        }
        Format::Json => json(&CODES.iter().map(as_json).collect::<Vec<_>>()),
    }
}

fn as_json(code: &Code) -> serde_json::Value {
    json!({ "code": code.id, "title": code.title, "explanation": code.explanation })
}

/// Paragraphs stay; their lines are broken at this many columns.
fn wrapped(text: &str, columns: usize) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        // Lines that are indented are an example.
        if paragraph.lines().any(|line| line.starts_with(' ')) {
            return paragraph.to_owned();
        }
        let mut lines = vec![String::new()];
        for word in paragraph.split_whitespace() {
            let last = lines.len() - 1;
            let room = style::width(&lines[last]) + 1 + style::width(word);
            if lines[last].is_empty() {
                lines[last].push_str(word);
            } else if room <= columns {
                lines[last].push(' ');
                lines[last].push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
        lines.join("\n")
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_paragraphs_stay() {
        assert_eq!(wrapped("a bb ccc\ndd\n\ne", 4), "a bb\nccc\ndd\n\ne");
    }
}
