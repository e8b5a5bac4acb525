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

/// Control characters, and those that turn the direction of writing or take no room (Unicode's
/// `Default_Ignorable_Code_Point` without the selectors of a character's shape, and its blank letters).
pub(super) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
                | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// `1 step`, `2 steps`.
pub fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
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
}
