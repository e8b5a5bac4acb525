//! `${…}` in text: what each one names.

use crate::address::Address;
use crate::finding::Origin;
use crate::object::{Node, Style};

/// Text in pieces.
pub(super) enum Piece<'a> {
    /// As it will be: escapes are undone.
    Text(&'a str),
    /// What stands between `${` and `}`, with the place of the whole.
    Named(&'a str, Origin),
    /// `${` without an end.
    Open(Origin),
}

/// Takes text apart. A `$${` stands for a literal `${`.
pub(super) fn pieces<'a>(text: &'a str, node: &Node) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut done = 0;
    let mut from = 0;
    while let Some(found) = text[from..].find("${") {
        let at = from + found;
        if text[done..at].ends_with('$') {
            pieces.push(Piece::Text(&text[done..at - 1]));
            pieces.push(Piece::Text("${"));
            done = at + 2;
            from = done;
            continue;
        }
        pieces.push(Piece::Text(&text[done..at]));
        let Some(end) = text[at..].find('}') else {
            pieces.push(Piece::Open(place(text, at, text.len(), node)));
            return pieces;
        };
        let end = at + end + 1;
        pieces.push(Piece::Named(
            text[at + 2..end - 1].trim(),
            place(text, at, end, node),
        ));
        done = end;
        from = end;
    }
    pieces.push(Piece::Text(&text[done..]));
    pieces
}

/// The place of a part of a scalar, where the scalar stands as it is in one line of the file.
fn place(text: &str, start: usize, end: usize, node: &Node) -> Origin {
    let length = text.chars().count();
    let quotes = match &node.content {
        crate::object::Content::Scalar {
            style: Style::Quoted,
            ..
        } => 1,
        _ => 0,
    };
    if node.origin.length as usize != length + 2 * quotes || text.contains('\n') {
        return node.origin.clone();
    }
    let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    let quotes = if quotes == 1 { 1 } else { 0 };
    Origin {
        column: node.origin.column + quotes + count(&text[..start]),
        length: count(&text[start..end]).max(1),
        ..node.origin.clone()
    }
}

/// What a name between `${` and `}` means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning<'a> {
    Variable(&'a str),
    Environment,
    Tenant(&'a str),
    /// A property of the object in which it is written.
    Own(&'a str),
    Property(Address, &'a str),
}

/// Reads a name; `None` when it has the form of nothing that could be meant.
pub(super) fn meaning(name: &str) -> Option<Meaning<'_>> {
    if name.contains('/') {
        let (address, property) = name.rsplit_once('.')?;
        return Some(Meaning::Property(Address::parse(address)?, property));
    }
    match name.split_once('.') {
        None if name == "environment" => Some(Meaning::Environment),
        None if (crate::kind::rule::VARIABLE.check)(name).is_ok() => Some(Meaning::Variable(name)),
        None => None,
        Some(("tenant", property)) => Some(Meaning::Tenant(property)),
        Some(("self", property)) => Some(Meaning::Own(property)),
        Some(_) => None,
    }
}
