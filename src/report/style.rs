//! Colour, width, plurals, and text that is safe to show.

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What is new.
pub(super) const ADD: Style = AnsiColor::Green.on_default();
/// What becomes something else.
pub(super) const CHANGE: Style = AnsiColor::Yellow.on_default();
/// What goes.
pub(super) const REMOVE: Style = AnsiColor::Red.on_default();
/// What cannot be undone, and what went wrong.
pub(super) const DANGER: Style = AnsiColor::Red.on_default().bold();
/// What is worth a look.
pub(super) const CAUTION: Style = AnsiColor::Yellow.on_default().bold();
/// What went well.
pub(super) const WELL: Style = AnsiColor::Green.on_default().bold();
/// Where something is, and what only frames it.
pub(super) const FRAME: Style = AnsiColor::Cyan.on_default();
/// What is said by the way.
pub(super) const ASIDE: Style = Style::new().dimmed();
/// What the eye should find first.
pub(super) const STRONG: Style = Style::new().bold();

/// The text in a style.
pub(super) fn paint(style: Style, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("{style}{text}{style:#}")
}

/// How many columns of a terminal the text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// How many columns a character takes.
pub(super) fn char_width(character: char) -> usize {
    character.width().unwrap_or(0)
}

/// The text with spaces after it, up to this many columns.
pub(super) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text with everything that a terminal would obey or hide made visible.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            character if is_invisible(character) => {
                shown.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
            }
            character => shown.push(character),
        }
    }
    shown
}

/// Control characters, and those that turn the direction of writing or take no room.
pub(super) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// `1 step`, `2 steps`.
pub fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The text as it stands in HTML within Markdown.
pub(super) fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A code block that nothing in the text can end.
pub(super) fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat(3.max(longest_run_of_backticks(text) + 1));
    format!(
        "{fence}{language}\n{}\n{fence}\n",
        text.trim_end_matches('\n')
    )
}

/// A span of code that nothing in the text can end.
pub(super) fn code_span(text: &str) -> String {
    let fence = "`".repeat(1 + longest_run_of_backticks(text));
    if text.starts_with('`') || text.ends_with('`') {
        return format!("{fence} {text} {fence}");
    }
    format!("{fence}{text}{fence}")
}

/// Plain text as Markdown shows it, word for word; spans of code stay.
pub(super) fn prose(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut is_code = false;
    for character in visible(text).chars() {
        match character {
            '`' => {
                is_code = !is_code;
                shown.push('`');
            }
            '\\' | '*' | '_' | '[' | ']' | '#' | '|' | '@' if !is_code => {
                shown.push('\\');
                shown.push(character);
            }
            '<' if !is_code => shown.push_str("&lt;"),
            '>' if !is_code => shown.push_str("&gt;"),
            character => shown.push(character),
        }
    }
    shown
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_move_the_cursor_or_turn_the_writing() {
        assert_eq!(
            visible("a\u{1b}[2Jb\u{202e}c\n\td\u{9b}e"),
            "a\\u{1b}[2Jb\\u{202e}c\\n\\td\\u{9b}e"
        );
        assert_eq!(visible("Zahlungen 支払い ✓"), "Zahlungen 支払い ✓");
    }

    #[test]
    fn no_text_ends_its_own_code_block() {
        assert_eq!(fenced("diff", "a\n```\nb"), "````diff\na\n```\nb\n````\n");
        assert_eq!(code_span("a`b"), "``a`b``");
    }

    #[test]
    fn markdown_says_the_text_and_obeys_nothing_in_it() {
        assert_eq!(
            prose("no app role `A_b` on <img> @team *x*"),
            "no app role `A_b` on &lt;img&gt; \\@team \\*x\\*"
        );
    }
}
