//! Text of others within Markdown: shown word for word, whatever it holds.
//!
//! GitHub makes Markdown into HTML and then looks into the text for people, issues and links. So it is not enough that text
//! is no markup: `@team` must not become a mention, nor `#1` a reference. Neither is looked for in code, where text
//! of others stands as it is; everywhere else a zero-width space of ours stands behind the sign.

use super::style::visible;

/// A zero-width space that Markdown cannot take for anything else, and that people see nothing of.
const APART: &str = "&#8203;";

/// The text as it stands in HTML within Markdown, in an element of code.
pub(super) fn html(text: &str) -> String {
    visible(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
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
    let text = visible(text);
    let fence = "`".repeat(1 + longest_run_of_backticks(&text));
    if text.starts_with('`') || text.ends_with('`') {
        return format!("{fence} {text} {fence}");
    }
    format!("{fence}{text}{fence}")
}

/// Plain text as Markdown shows it, word for word. What stands between two backticks is code, as in our own sentences;
/// one that has no other is only itself.
pub(super) fn prose(text: &str) -> String {
    let text = visible(text);
    let mut shown = String::with_capacity(text.len());
    let mut pieces = text.split('`').peekable();
    let mut is_code = false;
    while let Some(piece) = pieces.next() {
        match (is_code, pieces.peek()) {
            (true, Some(_)) => {
                shown.push_str(&code(piece));
                is_code = false;
            }
            (true, None) => {
                // The last backtick has no other.
                shown.push_str("\\`");
                plain(piece, &mut shown);
            }
            (false, _) => {
                plain(piece, &mut shown);
                is_code = true;
            }
        }
    }
    shown
}

/// What two backticks hold; nothing can hold so little that it would not be code.
fn code(text: &str) -> String {
    match text {
        "" => "\\`\\`".to_owned(),
        text => format!("`{text}`"),
    }
}

fn plain(text: &str, shown: &mut String) {
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        // What begins a line begins a list, a heading or a rule.
        let is_first = shown.is_empty();
        match character {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '@' | '#' => {
                shown.push('\\');
                shown.push(character);
                shown.push_str(APART);
            }
            '\\' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' => {
                shown.push('\\');
                shown.push(character);
            }
            ':' if rest.peek() == Some(&'/') => {
                shown.push(':');
                shown.push_str(APART);
            }
            '.' | ')' if is_number(shown) => {
                shown.push('\\');
                shown.push(character);
            }
            '.' if ends_with_any_case(shown, "www") => {
                shown.push_str(APART);
                shown.push('.');
            }
            '-' if ends_with_any_case(shown, "gh") => {
                shown.push_str(APART);
                shown.push('-');
            }
            '-' | '+' | '=' if is_first => {
                shown.push('\\');
                shown.push(character);
            }
            ' ' if is_first => shown.push_str("&#32;"),
            character => shown.push(character),
        }
    }
}

/// Whether the line so far is a number, which a dot would make the beginning of a list.
fn is_number(shown: &str) -> bool {
    !shown.is_empty() && shown.bytes().all(|byte| byte.is_ascii_digit())
}

fn ends_with_any_case(text: &str, end: &str) -> bool {
    text.len() >= end.len()
        && text
            .get(text.len() - end.len()..)
            .is_some_and(|last| last.eq_ignore_ascii_case(end))
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
    fn no_text_ends_its_own_code_block() {
        assert_eq!(fenced("diff", "a\n```\nb"), "````diff\na\n```\nb\n````\n");
        assert_eq!(code_span("a`b"), "``a`b``");
        assert_eq!(code_span("a\n\nb"), "`a\\n\\nb`");
    }

    #[test]
    fn markdown_says_the_text_and_obeys_nothing_in_it() {
        assert_eq!(
            prose("no app role `A_b` on <img> @team *x* &#64;y !z"),
            "no app role `A_b` on &lt;img&gt; \\@&#8203;team \\*x\\* &amp;\\#&#8203;64;y \\!z"
        );
    }

    #[test]
    fn a_backtick_without_another_hides_nothing_behind_it() {
        assert_eq!(prose("a ` <b>"), "a \\` &lt;b&gt;");
        assert_eq!(
            prose("`a` ` <b> `<c>` <d>"),
            "`a` ` <b> `&lt;c&gt;\\` &lt;d&gt;"
        );
        assert_eq!(prose("``<x>"), "\\`\\`&lt;x&gt;");
    }

    #[test]
    fn no_text_links_mentions_or_begins_a_list() {
        assert_eq!(prose("https://evil.example"), "https:&#8203;//evil.example");
        assert_eq!(prose("WWW.evil.example"), "WWW&#8203;.evil.example");
        assert_eq!(prose("a/b#1 GH-7"), "a/b\\#&#8203;1 GH&#8203;-7");
        assert_eq!(prose("- a"), "\\- a");
        assert_eq!(prose("12. a"), "12\\. a");
        assert_eq!(prose("    a"), "&#32;   a");
    }
}
