//! What stands in a YAML file, every value with its place.

use std::sync::Arc;

use crate::address::Address;
use crate::finding::Origin;

/// How a scalar was written. A quoted or block scalar is always text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Quoted,
}

/// One value of a YAML document and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub content: Content,
    pub origin: Origin,
}

/// What a value is. Cheap to copy: an environment shares what its variables do not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Null,
    /// Text, a number or a boolean, as written and without quotes.
    Scalar {
        text: Arc<str>,
        style: Style,
    },
    List(Arc<[Node]>),
    /// In the order of the file; keys are unique.
    Map(Arc<[Entry]>),
}

/// One key of a map with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: Arc<str>,
    pub key_origin: Origin,
    pub value: Node,
}

impl Node {
    /// The value of a key, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|entry| &*entry.key == key)
            .map(|entry| &entry.value)
    }

    /// The entries, when this is a map; otherwise none.
    pub fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            Content::Null | Content::Scalar { .. } | Content::List(_) => &[],
        }
    }

    /// The items, when this is a list; otherwise none.
    pub fn items(&self) -> &[Node] {
        match &self.content {
            Content::List(items) => items,
            Content::Null | Content::Scalar { .. } | Content::Map(_) => &[],
        }
    }

    /// The text, when this is a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } => Some(text),
            Content::Null | Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The boolean, when this is a plain `true` or `false` (YAML 1.2).
    pub fn boolean(&self) -> Option<bool> {
        match &self.content {
            Content::Scalar {
                text,
                style: Style::Plain,
            } => match &**text {
                "true" | "True" | "TRUE" => Some(true),
                "false" | "False" | "FALSE" => Some(false),
                _ => None,
            },
            Content::Scalar { .. } | Content::Null | Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The integer, when this is a plain decimal integer.
    pub fn integer(&self) -> Option<i64> {
        match &self.content {
            Content::Scalar {
                text,
                style: Style::Plain,
            } => text.parse().ok(),
            Content::Scalar { .. } | Content::Null | Content::List(_) | Content::Map(_) => None,
        }
    }

    /// What a person would call this value.
    pub fn describe(&self) -> &'static str {
        match &self.content {
            Content::Null => "nothing",
            Content::Scalar { .. } if self.boolean().is_some() => "a boolean",
            Content::Scalar { .. } if self.integer().is_some() => "a number",
            Content::Scalar { .. } => "text",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }
}

/// One document of the identity root that declares an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredObject {
    pub address: Address,
    /// The whole document, `kind` and `name` included.
    pub document: Node,
    /// Where its `name` stands.
    pub origin: Origin,
}
