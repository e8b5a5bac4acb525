//! What a declaration may look like: the shape of every value that people write.
//!
//! The checks of `declare`, the JSON Schemas and the reference documentation are all read from these tables.

/// One key of a map.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    /// What it means, in a sentence, for editors and documentation.
    pub doc: &'static str,
    pub need: Need,
    pub shape: Shape,
}

/// Whether a key must be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Required,
    /// Omitted is not managed; `null` is managed and empty.
    Optional,
    /// Omitted is not managed; Graph has no empty value for it, so `null` is a mistake.
    NeverEmpty,
}

/// Whether a list may be written as `{ atLeast: [...] }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Openness {
    ExactOnly,
    MayBeAtLeast,
}

/// The shape of a value.
#[derive(Debug)]
pub enum Shape {
    /// Text; a plain number or boolean counts as the text that was written.
    Text(&'static Rule),
    Boolean,
    Integer {
        least: i64,
        most: i64,
    },
    OneOf(&'static [&'static str]),
    /// The address of an object of one of these kinds.
    Reference(&'static [&'static str]),
    List {
        item: &'static Shape,
        least: usize,
        most: usize,
        openness: Openness,
    },
    Map(&'static [Field]),
    /// A map with keys of the author's choosing.
    Named(&'static Shape),
    /// Any scalar: the value of a variable.
    Scalar,
}

/// What text must be.
pub struct Rule {
    /// What it is, for messages: `a redirect URI`.
    pub what: &'static str,
    /// One that is right; empty where none says more than `what`.
    pub example: &'static str,
    /// The most characters that Graph takes.
    pub most: usize,
    /// A regular expression for editors (JSON Schema); the check is what decides.
    pub pattern: Option<&'static str>,
    /// When the text must be known.
    pub known: Known,
    /// What is wrong with the text, if anything is; asked only of text within length.
    pub check: fn(&str) -> Result<(), &'static str>,
}

/// When text must be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Before anything is written: idac itself reads it.
    FromTheStart,
    /// It may hold properties that other objects get when they are created: `api://${self.appId}`.
    InTheEnd,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Rule({})", self.what)
    }
}

impl Field {
    /// A key that must be written.
    pub const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Field {
        Field {
            name,
            doc,
            need: Need::Required,
            shape,
        }
    }

    /// A key that may be omitted.
    pub const fn optional(name: &'static str, shape: Shape, doc: &'static str) -> Field {
        Field {
            name,
            doc,
            need: Need::Optional,
            shape,
        }
    }

    /// A key that may be omitted, but not be empty.
    pub const fn never_empty(name: &'static str, shape: Shape, doc: &'static str) -> Field {
        Field {
            name,
            doc,
            need: Need::NeverEmpty,
            shape,
        }
    }
}

/// An exact list, which may be written as `{ atLeast: [...] }`.
pub const fn open_list(item: &'static Shape, most: usize) -> Shape {
    Shape::List {
        item,
        least: 0,
        most,
        openness: Openness::MayBeAtLeast,
    }
}

/// A list that is always exact.
pub const fn exact_list(item: &'static Shape, most: usize) -> Shape {
    Shape::List {
        item,
        least: 0,
        most,
        openness: Openness::ExactOnly,
    }
}

/// A list that is always exact and has at least one item.
pub const fn filled_list(item: &'static Shape, most: usize) -> Shape {
    Shape::List {
        item,
        least: 1,
        most,
        openness: Openness::ExactOnly,
    }
}
