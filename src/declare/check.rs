//! Whether a value has the shape that a table demands.

use crate::address::Address;
use crate::finding::{self, Finding, Origin};
use crate::kind::{self, Field, Need, Openness, Rule, Shape};
use crate::object::{Content, Entry, Node, Template};

/// A GUID that stands for one that only the tenant knows, where text is checked before it is known.
const SAMPLE_ID: &str = "00000000-0000-4000-8000-000000000000";
/// A domain that stands for the tenant's own.
const SAMPLE_DOMAIN: &str = "example.onmicrosoft.com";

/// What is done with `${…}` in text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variables {
    /// It is left for later: its value is checked when it is known.
    Later,
    /// It is refused.
    Refused,
}

/// Where keys are looked up: tables that kinds share, in order.
pub(crate) type Fields<'a> = &'a [&'static [Field]];

/// Checks the keys of a map. `whose` is what people call the map; `missing_at` is the place of a key that is not there.
pub(crate) fn fields(
    known: Fields<'_>,
    node: &Node,
    whose: &str,
    missing_at: &Origin,
    variables: Variables,
    findings: &mut Vec<Finding>,
) {
    let mut meant = Vec::new();
    for entry in node.entries() {
        match find_field(known, &entry.key) {
            Some(field) => check_field(field, entry, variables, findings),
            None if keeps_secrets(&entry.key) => findings.push(secret(entry)),
            None => {
                let names = || known.iter().copied().flatten().map(|field| field.name);
                meant.extend(finding::nearest(&entry.key, names()));
                let finding = Finding::error(
                    "IDAC107",
                    &entry.key_origin,
                    format!("`{}` is not a key of {whose}", shortened(&entry.key)),
                    "correct the key, or remove it; the schemas list what there is",
                );
                findings.push(finding.with_suggestion(&entry.key, names()));
            }
        }
    }
    for field in known.iter().copied().flatten() {
        // A key that is there under a wrong name is one mistake, not two.
        let is_there = node.get(field.name).is_some() || meant.contains(&field.name);
        if field.need == Need::Required && !is_there {
            findings.push(Finding::error(
                "IDAC114",
                missing_at,
                format!("{whose} has no `{}`", field.name),
                &format!("add `{}:` — {}", field.name, field.doc),
            ));
        }
    }
}

/// Whether Graph or people keep secrets under a key that no table knows. Told by a part of the name: a misspelt key
/// holds the secret just as well.
fn keeps_secrets(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.contains("secret") || key.contains("password")
}

fn secret(entry: &Entry) -> Finding {
    Finding::error(
        "IDAC127",
        &entry.key_origin,
        format!(
            "`{}` would hold a secret, and secrets never enter a declaration",
            entry.key
        ),
        "remove it, and revoke the secret if it was real; use `federatedIdentityCredentials` instead",
    )
}

/// The field of this name.
pub(crate) fn find_field(known: Fields<'_>, name: &str) -> Option<&'static Field> {
    known
        .iter()
        .copied()
        .flatten()
        .find(|field| field.name == name)
}

fn check_field(
    field: &'static Field,
    entry: &Entry,
    variables: Variables,
    findings: &mut Vec<Finding>,
) {
    if !matches!(entry.value.content, Content::Null) {
        let variables = match is_common(field) {
            true => Variables::Refused,
            false => variables,
        };
        return value(&field.shape, &entry.value, field.name, variables, findings);
    }
    let remedy = match (field.need, &field.shape) {
        (Need::Optional, Shape::Map(_) | Shape::Named(_)) => {
            "write the keys in it that shall be empty, or omit it: then it is not managed"
        }
        (Need::Optional, _) => return,
        (Need::Required, _) => "write its value",
        (Need::NeverEmpty, _) => "write its value, or omit the key",
    };
    findings.push(Finding::error(
        "IDAC119",
        &entry.value.origin,
        format!("`{}` is empty", field.name),
        remedy,
    ));
}

/// Whether the key says what the document is, which no environment may change. Told by its text: the tables are
/// constants, and a constant has no address to go by.
pub(super) fn is_common(field: &Field) -> bool {
    kind::COMMON_FIELDS
        .iter()
        .any(|common| common.name == field.name && common.doc == field.doc)
}

/// Checks a value. `key` is the nearest key above it.
pub(crate) fn value(
    shape: &'static Shape,
    node: &Node,
    key: &str,
    variables: Variables,
    findings: &mut Vec<Finding>,
) {
    match (shape, &node.content) {
        (
            Shape::List {
                item,
                least,
                most,
                openness,
            },
            _,
        ) => {
            let Some(list) = list(node, key, *openness, findings) else {
                return;
            };
            check_length(list.items().len(), *least, *most, node, key, findings);
            for node in list.items() {
                value(item, node, key, variables, findings);
            }
        }
        (Shape::Map(known), Content::Map(_)) => {
            fields(
                &[*known],
                node,
                &format!("`{key}`"),
                &node.origin,
                variables,
                findings,
            );
        }
        (Shape::Named(item), Content::Map(entries)) => {
            for entry in entries.iter() {
                if matches!(entry.value.content, Content::Null) {
                    findings.push(Finding::error(
                        "IDAC119",
                        &entry.value.origin,
                        format!("`{}` is empty", entry.key),
                        "write its value; \"\" is empty text",
                    ));
                    continue;
                }
                value(item, &entry.value, &entry.key, variables, findings);
            }
        }
        (Shape::Map(_) | Shape::Named(_), _) => wrong_type(node, key, "a map", findings),
        (_, Content::Scalar { text, .. }) => {
            if variables == Variables::Refused || !has_variable(text) {
                scalar(shape, node, text, key, findings);
            }
        }
        (_, Content::Null) => findings.push(Finding::error(
            "IDAC119",
            &node.origin,
            format!("an item of `{key}` is empty"),
            "write its value, or remove the item",
        )),
        (_, Content::List(_) | Content::Map(_)) => {
            wrong_type(node, key, expected(shape), findings);
        }
    }
}

/// The items of a list, or of `{ atLeast: [...] }`.
fn list<'a>(
    node: &'a Node,
    key: &str,
    openness: Openness,
    findings: &mut Vec<Finding>,
) -> Option<&'a Node> {
    match (&node.content, openness) {
        (Content::List(_), _) => Some(node),
        (Content::Map(entries), Openness::MayBeAtLeast) => match &**entries {
            [only] if &*only.key == "atLeast" => match only.value.content {
                Content::List(_) => Some(&only.value),
                Content::Null | Content::Scalar { .. } | Content::Map(_) => {
                    wrong_type(&only.value, "atLeast", "a list", findings);
                    None
                }
            },
            _ => {
                wrong_type(node, key, "a list, or `{ atLeast: [...] }`", findings);
                None
            }
        },
        (Content::Null | Content::Scalar { .. } | Content::Map(_), _) => {
            let expected = match openness {
                Openness::ExactOnly => "a list",
                Openness::MayBeAtLeast => "a list, or `{ atLeast: [...] }`",
            };
            wrong_type(node, key, expected, findings);
            None
        }
    }
}

fn check_length(
    length: usize,
    least: usize,
    most: usize,
    node: &Node,
    key: &str,
    findings: &mut Vec<Finding>,
) {
    if length > most {
        findings.push(Finding::error(
            "IDAC118",
            &node.origin,
            format!("`{key}` has {length} items, and Entra takes {most}"),
            "remove some",
        ));
    } else if length < least {
        findings.push(Finding::error(
            "IDAC118",
            &node.origin,
            format!("`{key}` has no item, and Entra wants one"),
            "add an item",
        ));
    }
}

/// Checks a scalar whose variables, if it had any, are filled in.
pub(crate) fn scalar(
    shape: &Shape,
    node: &Node,
    text: &str,
    key: &str,
    findings: &mut Vec<Finding>,
) {
    match shape {
        Shape::Text(rule) => check_rule(rule, node, &sample(text), key, findings),
        Shape::Boolean if node.boolean().is_none() => {
            wrong_type(node, key, expected(shape), findings);
        }
        Shape::Integer { least, most } => match node.integer() {
            None => wrong_type(node, key, expected(shape), findings),
            Some(number) if (*least..=*most).contains(&number) => {}
            Some(number) => findings.push(Finding::error(
                "IDAC118",
                &node.origin,
                format!("`{key}` is {number}, and must be {least} to {most}"),
                "write a number in that range",
            )),
        },
        Shape::OneOf(known) if !known.contains(&text) => findings.push(
            Finding::error(
                "IDAC116",
                &node.origin,
                format!("`{text}` is not a value of `{key}`"),
                &format!("write one of: {}", known.join(", ")),
            )
            .with_suggestion(text, known.iter().copied()),
        ),
        Shape::Reference(kinds) => check_reference(kinds, node, text, key, findings),
        Shape::Boolean | Shape::OneOf(_) | Shape::Scalar => {}
        Shape::List { .. } | Shape::Map(_) | Shape::Named(_) => {
            wrong_type(node, key, expected(shape), findings);
        }
    }
}

fn check_rule(rule: &Rule, node: &Node, text: &str, key: &str, findings: &mut Vec<Finding>) {
    let length = text.chars().count();
    let (problem, remedy) = if length > rule.most {
        let problem = format!("has {length} characters, and Entra takes {}", rule.most);
        (problem, format!("shorten it to {} characters", rule.most))
    } else {
        let Err(problem) = (rule.check)(text) else {
            return;
        };
        let remedy = match rule.example {
            "" => format!("write {}", rule.what),
            example => format!("write {} such as `{example}`", rule.what),
        };
        (problem.to_owned(), remedy)
    };
    findings.push(Finding::error(
        "IDAC115",
        &node.origin,
        format!("`{}` in `{key}` {problem}", shortened(text)),
        &remedy,
    ));
}

fn check_reference(
    kinds: &[&str],
    node: &Node,
    text: &str,
    key: &str,
    findings: &mut Vec<Finding>,
) {
    let written_kind = text.split_once('/').map_or(text, |(kind, _)| kind);
    let problem = match Address::parse(text) {
        None => format!(
            "`{}` in `{key}` is not the address of an object",
            shortened(text)
        ),
        Some(address) if !kinds.contains(&address.kind()) => {
            format!("`{key}` cannot name a {written_kind}")
        }
        Some(address) if !address.part_name().is_empty() => {
            format!("`{text}` in `{key}` names a part of an object")
        }
        Some(address) if address.kind() == "user" && !address.name().contains('@') => {
            format!(
                "`{}` in `{key}` is not a user principal name",
                address.name()
            )
        }
        Some(_) => return,
    };
    findings.push(
        Finding::error(
            "IDAC117",
            &node.origin,
            problem,
            &format!(
                "write kind/name, where the kind is one of: {}",
                kinds.join(", ")
            ),
        )
        .with_suggestion(
            written_kind,
            kinds.iter().copied().filter(|kind| *kind != written_kind),
        ),
    );
}

fn wrong_type(node: &Node, key: &str, expected: &str, findings: &mut Vec<Finding>) {
    let finding = Finding::error(
        "IDAC113",
        &node.origin,
        format!("`{key}` is {}, and must be {expected}", node.describe()),
        &format!("write {expected}"),
    );
    let is_old_boolean = expected == "a boolean"
        && node.text().is_some_and(|text| {
            ["yes", "no", "on", "off"].contains(&text.to_ascii_lowercase().as_str())
        });
    findings.push(if is_old_boolean {
        finding.with_label("in YAML 1.2 a boolean is `true` or `false`".to_owned())
    } else {
        finding
    });
}

fn expected(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text(_) => "text",
        Shape::Boolean => "a boolean",
        Shape::Integer { .. } => "a number",
        Shape::OneOf(_) => "one word",
        Shape::Reference(_) => "the address of an object",
        Shape::Scalar => "text, a number or a boolean",
        Shape::List { .. } => "a list",
        Shape::Map(_) | Shape::Named(_) => "a map",
    }
}

/// Whether text holds a `${` that is not escaped.
pub(crate) fn has_variable(text: &str) -> bool {
    text.match_indices("${")
        .any(|(at, _)| !text[..at].ends_with('$'))
}

/// The text as it will be, as far as that can be said: with samples for what only the tenant knows.
fn sample(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains("${") {
        return text.into();
    }
    match Template::parse(text) {
        Some(template) => template
            .0
            .iter()
            .map(|part| match part {
                crate::object::Part::Text(text) => text.as_str(),
                crate::object::Part::Property { property, .. } if property == "domain" => {
                    SAMPLE_DOMAIN
                }
                crate::object::Part::Property { .. } => SAMPLE_ID,
            })
            .collect::<String>()
            .into(),
        None => text.into(),
    }
}

/// Text as it is quoted in a message: not longer than a line.
pub(crate) fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.len() < text.len() => format!("{line}…"),
        None => line.to_owned(),
    }
}
