//! The grammar of `$filter`: OData 4 as far as Graph takes it for directory objects.
//!
//! What is well-formed is decided here; what may be asked of which property, in `filterable`; what an expression
//! means, in `matching`.

use super::problem::Problem;

/// How deep parentheses, `not` and lambdas may nest, and how long a filter may be: a limit that no query that Graph
/// answers comes near, so that no request can exhaust the stack.
const DEEPEST: usize = 24;
const LONGEST: usize = 16 * 1024;

/// What a filter says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Compare {
        path: Path,
        operator: Operator,
        value: Literal,
    },
    In {
        path: Path,
        values: Vec<Literal>,
    },
    Call {
        function: Function,
        path: Path,
        text: String,
    },
    /// `path/any(x:…)`; paths in the body start at the element. Without a body: there is an element.
    Some {
        path: Path,
        body: Option<Box<Expr>>,
    },
    /// `path/all(x:…)`.
    Every {
        path: Path,
        body: Box<Expr>,
    },
    /// `path/$count eq 0`.
    Count {
        path: Path,
        operator: Operator,
        value: i64,
    },
}

/// `web/redirectUris`; empty: the element that a lambda is about.
pub(super) type Path = Vec<String>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Operator {
    /// The name that OData's messages give it.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Operator::Equal => "Equal",
            Operator::NotEqual => "NotEqual",
            Operator::Greater => "GreaterThan",
            Operator::GreaterOrEqual => "GreaterThanOrEqual",
            Operator::Less => "LessThan",
            Operator::LessOrEqual => "LessThanOrEqual",
        }
    }

    fn parse(word: &str) -> Option<Operator> {
        match word {
            "eq" => Some(Operator::Equal),
            "ne" => Some(Operator::NotEqual),
            "gt" => Some(Operator::Greater),
            "ge" => Some(Operator::GreaterOrEqual),
            "lt" => Some(Operator::Less),
            "le" => Some(Operator::LessOrEqual),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    StartsWith,
    EndsWith,
    Contains,
}

impl Function {
    fn parse(word: &str) -> Option<Function> {
        [
            ("startswith", Function::StartsWith),
            ("endswith", Function::EndsWith),
            ("contains", Function::Contains),
        ]
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map(|(_, function)| function)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Null,
    Flag(bool),
    Number(f64),
    Text(String),
    /// A date or a GUID without quotes.
    Bare(String),
}

impl Literal {
    /// The type that OData's messages name.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Literal::Null => "<null>",
            Literal::Flag(_) => "Edm.Boolean",
            Literal::Number(_) => "Edm.Int32",
            Literal::Text(_) => "Edm.String",
            Literal::Bare(text) if text.len() == 36 && !text.contains(':') => "Edm.Guid",
            Literal::Bare(_) => "Edm.DateTimeOffset",
        }
    }
}

/// Reads a decoded filter.
pub(super) fn parse(text: &str) -> Result<Expr, Problem> {
    let invalid = |why: &str| {
        Problem::new(
            400,
            "BadRequest",
            format!("Invalid filter clause: {why} in '{text}'."),
        )
    };
    if text.len() > LONGEST {
        return Err(Problem::new(
            400,
            "BadRequest",
            "Invalid filter clause: The length of the filter exceeds the limit.",
        ));
    }
    let tokens = tokens(text).map_err(|why| invalid(&why))?;
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
        variables: Vec::new(),
    };
    let expr = parser.any().map_err(|why| invalid(&why))?;
    match parser.peek() {
        None => Ok(expr),
        Some(token) => Err(invalid(&format!("Syntax error at '{}'", token.text()))),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    Colon,
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Token::Word(word) | Token::Text(word) => word,
            Token::Open => "(",
            Token::Close => ")",
            Token::Comma => ",",
            Token::Colon => ":",
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            letter if letter.is_whitespace() => &rest[letter.len_utf8()..],
            '(' | ')' | ',' => {
                tokens.push(match first {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    _ => Token::Comma,
                });
                &rest[1..]
            }
            ':' => {
                tokens.push(Token::Colon);
                &rest[1..]
            }
            '\'' => {
                let (value, after) = quoted(&rest[1..])
                    .ok_or_else(|| "There is an unterminated string literal".to_owned())?;
                tokens.push(Token::Text(value));
                after
            }
            _ => {
                let end = word_end(rest);
                if end == 0 {
                    return Err(format!("Syntax error: character '{first}' is not valid"));
                }
                tokens.push(Token::Word(rest[..end].to_owned()));
                &rest[end..]
            }
        };
    }
    Ok(tokens)
}

/// The text up to the closing quote, in which a quote stands doubled, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('\'')?;
        value.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None => return Some((value, after)),
        }
    }
}

/// Where a name, number, date or GUID ends. A colon belongs to a date and separates in a lambda.
fn word_end(text: &str) -> usize {
    let in_word = |letter: char| {
        letter.is_alphanumeric() || matches!(letter, '_' | '/' | '$' | '.' | '-' | '+' | '@' | '#')
    };
    let starts_with_digit = text.starts_with(|letter: char| letter.is_ascii_digit());
    text.find(|letter: char| !(in_word(letter) || letter == ':' && starts_with_digit))
        .unwrap_or(text.len())
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// The lambda variables in scope, the innermost last.
    variables: Vec<String>,
}

type Parsed<T> = Result<T, String>;

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Parsed<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| "Expression expected".to_owned())
    }

    fn skip_word(&mut self, word: &str) -> Option<()> {
        let found = matches!(self.peek(), Some(Token::Word(found)) if found == word);
        found.then(|| self.at += 1)
    }

    fn expect(&mut self, token: &Token) -> Parsed<()> {
        let found = self.next()?;
        if found == *token {
            Ok(())
        } else {
            Err(format!(
                "'{}' expected instead of '{}'",
                token.text(),
                found.text()
            ))
        }
    }

    fn any(&mut self) -> Parsed<Expr> {
        let mut parts = vec![self.all()?];
        while self.skip_word("or").is_some() {
            parts.push(self.all()?);
        }
        Ok(only_or(parts, Expr::Any))
    }

    fn all(&mut self) -> Parsed<Expr> {
        let mut parts = vec![self.unary()?];
        while self.skip_word("and").is_some() {
            parts.push(self.unary()?);
        }
        Ok(only_or(parts, Expr::All))
    }

    fn unary(&mut self) -> Parsed<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("The expression is nested too deeply".to_owned());
        }
        let negated =
            matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case("not"));
        let expr = if negated {
            self.at += 1;
            Expr::Not(Box::new(self.unary()?))
        } else if self.peek() == Some(&Token::Open) {
            self.at += 1;
            let inside = self.any()?;
            self.expect(&Token::Close)?;
            inside
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let word = match self.next()? {
            Token::Word(word) => word,
            other => return Err(format!("Syntax error at '{}'", other.text())),
        };
        if self.peek() == Some(&Token::Open) {
            self.at += 1;
            return self.call(&word);
        }
        let path = self.path(&word)?;
        match self.next()? {
            Token::Word(operator) if operator == "in" => self.listed(path),
            Token::Word(operator) => {
                let operator = Operator::parse(&operator)
                    .ok_or_else(|| format!("Syntax error at '{operator}'"))?;
                let value = self.literal()?;
                compared(path, operator, value)
            }
            other => Err(format!("Syntax error at '{}'", other.text())),
        }
    }

    /// What follows `name(`.
    fn call(&mut self, name: &str) -> Parsed<Expr> {
        if let Some(path) = name.strip_suffix("/any") {
            let path = self.path(path)?;
            if self.peek() == Some(&Token::Close) {
                self.at += 1;
                return Ok(Expr::Some { path, body: None });
            }
            let body = Some(Box::new(self.lambda()?));
            return Ok(Expr::Some { path, body });
        }
        if let Some(path) = name.strip_suffix("/all") {
            let path = self.path(path)?;
            let body = Box::new(self.lambda()?);
            return Ok(Expr::Every { path, body });
        }
        let function = Function::parse(name)
            .ok_or_else(|| format!("An unknown function with name '{name}' was found"))?;
        let path = match self.next()? {
            Token::Word(word) => self.path(&word)?,
            other => return Err(format!("Syntax error at '{}'", other.text())),
        };
        self.expect(&Token::Comma)?;
        let text = match self.next()? {
            Token::Text(text) => text,
            other => return Err(format!("A string expected instead of '{}'", other.text())),
        };
        self.expect(&Token::Close)?;
        // `startswith(x,'y') eq true` says the same.
        if self.skip_word("eq").is_some() && self.literal()? != Literal::Flag(true) {
            return Err("'true' expected".to_owned());
        }
        Ok(Expr::Call {
            function,
            path,
            text,
        })
    }

    /// `x:…)`.
    fn lambda(&mut self) -> Parsed<Expr> {
        let variable = match self.next()? {
            Token::Word(word) if !word.contains('/') => word,
            other => {
                return Err(format!(
                    "A range variable expected instead of '{}'",
                    other.text()
                ));
            }
        };
        self.expect(&Token::Colon)?;
        self.variables.push(variable);
        let body = self.any()?;
        self.variables.pop();
        self.expect(&Token::Close)?;
        Ok(body)
    }

    fn listed(&mut self, path: Path) -> Parsed<Expr> {
        self.expect(&Token::Open)?;
        let mut values = vec![self.literal()?];
        loop {
            match self.next()? {
                Token::Comma => values.push(self.literal()?),
                Token::Close => return Ok(Expr::In { path, values }),
                other => return Err(format!("Syntax error at '{}'", other.text())),
            }
        }
    }

    fn path(&self, word: &str) -> Parsed<Path> {
        let mut path: Path = word.split('/').map(str::to_owned).collect();
        if path.iter().any(String::is_empty) {
            return Err(format!("Syntax error at '{word}'"));
        }
        if let Some(variable) = self.variables.last() {
            if path[0] != *variable {
                return Err(format!(
                    "The range variable '{variable}' is expected instead of '{word}'"
                ));
            }
            path.remove(0);
        }
        Ok(path)
    }

    fn literal(&mut self) -> Parsed<Literal> {
        let word = match self.next()? {
            Token::Text(text) => return Ok(Literal::Text(text)),
            Token::Word(word) => word,
            other => return Err(format!("Syntax error at '{}'", other.text())),
        };
        match word.as_str() {
            "null" => return Ok(Literal::Null),
            "true" => return Ok(Literal::Flag(true)),
            "false" => return Ok(Literal::Flag(false)),
            _ => {}
        }
        let numeric = word
            .chars()
            .all(|letter| letter.is_ascii_digit() || matches!(letter, '-' | '+' | '.'));
        if numeric && let Ok(number) = word.parse::<f64>() {
            return Ok(Literal::Number(number));
        }
        let bare = word.chars().all(|letter| {
            letter.is_ascii_hexdigit()
                || matches!(letter, '-' | '+' | ':' | '.' | 'T' | 'Z' | 't' | 'z')
        });
        if bare && word.contains('-') {
            return Ok(Literal::Bare(word));
        }
        Err(format!("Could not find a literal at '{word}'"))
    }
}

fn only_or(mut parts: Vec<Expr>, several: fn(Vec<Expr>) -> Expr) -> Expr {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        several(parts)
    }
}

fn compared(mut path: Path, operator: Operator, value: Literal) -> Parsed<Expr> {
    if path.last().is_some_and(|last| last == "$count") {
        path.pop();
        let Literal::Number(number) = value else {
            return Err("$count can only be compared with a number".to_owned());
        };
        return Ok(Expr::Count {
            path,
            operator,
            value: number as i64,
        });
    }
    Ok(Expr::Compare {
        path,
        operator,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(path: &str, operator: Operator, value: Literal) -> Expr {
        Expr::Compare {
            path: path.split('/').map(str::to_owned).collect(),
            operator,
            value,
        }
    }

    #[test]
    fn and_binds_tighter_than_or_and_not_tighter_than_both() {
        let flag = |name| compare(name, Operator::Equal, Literal::Flag(true));
        assert_eq!(
            parse("a eq true or not b eq true and c eq true"),
            Ok(Expr::Any(vec![
                flag("a"),
                Expr::All(vec![Expr::Not(Box::new(flag("b"))), flag("c")])
            ]))
        );
    }

    #[test]
    fn a_doubled_quote_is_one_quote() {
        assert_eq!(
            parse("displayName eq 'it''s (a) b'"),
            Ok(compare(
                "displayName",
                Operator::Equal,
                Literal::Text("it's (a) b".to_owned())
            ))
        );
    }

    #[test]
    fn dates_guids_and_numbers_stand_without_quotes() {
        for (text, expected) in [
            (
                "2024-01-01T00:00:00Z",
                Literal::Bare("2024-01-01T00:00:00Z".to_owned()),
            ),
            ("-7", Literal::Number(-7.0)),
            ("null", Literal::Null),
        ] {
            assert_eq!(
                parse(&format!("p ge {text}")),
                Ok(compare("p", Operator::GreaterOrEqual, expected))
            );
        }
    }

    #[test]
    fn what_is_malformed_is_refused_without_the_prefix_of_the_directory() {
        for text in [
            "",
            "displayName",
            "displayName eq",
            "displayName eq 'open",
            "displayName eq 'a' 'b'",
            "(displayName eq 'a'",
            "displayName like 'a'",
            "displayName eq unquoted",
            "tags/any(x:y eq 'a')",
            "startswith(displayName)",
            "id in ()",
            "a eq 1 and",
            "{}",
        ] {
            let refused = parse(text).expect_err(text);
            assert_eq!(
                (refused.status, refused.code.as_str()),
                (400, "BadRequest"),
                "{text}"
            );
            assert!(
                refused.message.starts_with("Invalid filter clause"),
                "{}",
                refused.message
            );
        }
    }

    #[test]
    fn no_filter_is_deep_or_long_enough_to_harm() {
        assert!(parse(&"(".repeat(10_000)).is_err());
        assert!(parse(&"not ".repeat(4_000)).is_err());
        assert!(parse(&format!("a eq '{}'", "x".repeat(20_000))).is_err());
        assert!(parse(&format!("{}a eq 1{}", "(".repeat(20), ")".repeat(20))).is_ok());
    }
}
