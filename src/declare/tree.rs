//! From the text of a file to trees of values, one a document, every value with its place.

use std::collections::HashSet;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span, options};

use super::text::count;
use crate::finding::{Finding, Origin};
use crate::object::{Content, Entry, Node, Style};

/// How deep values may stand in each other; the language needs a quarter of it.
const DEPTH_MAX: usize = 32;
/// How many documents one file may hold.
const DOCUMENTS_MAX: usize = 5_000;
/// How many times reading goes on with the next document after a syntax error.
const RECOVERIES_MAX: usize = 20;
/// Maps with more keys look for duplicates by hash.
const SCANNED_MAX: usize = 16;

/// Keys that were read before: most are the same few words.
#[derive(Default)]
pub(super) struct Keys(HashSet<Arc<str>>);

impl Keys {
    fn share(&mut self, key: Arc<str>) -> Arc<str> {
        match self.0.get(&key) {
            Some(known) => known.clone(),
            None => {
                self.0.insert(key.clone());
                key
            }
        }
    }
}

/// One document.
pub(super) struct Document {
    pub(super) root: Node,
    pub(super) health: Health,
}

/// Whether a document was read whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    Whole,
    /// Some of it is missing, and a finding says so: what else looks wrong may be only that.
    Broken,
}

/// The documents of a file, without the empty ones.
pub(super) fn read(
    text: &str,
    file: &Arc<str>,
    keys: &mut Keys,
    findings: &mut Vec<Finding>,
) -> Vec<Document> {
    let options = options! {
        disallow_directives: true,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        emit_comments: false,
        flow_nesting_limit: DEPTH_MAX,
        block_nesting_limit: DEPTH_MAX,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder {
        file,
        text,
        keys,
        findings,
        stack: Vec::new(),
        root: None,
        health: Health::Whole,
        aliases: Aliases::Unreported,
        documents: Vec::new(),
    };
    let mut recoveries = 0;
    loop {
        match parser.next() {
            None => break,
            Some(Ok((event, span))) => {
                if builder.take(event, &span) == Reading::Stops {
                    break;
                }
            }
            Some(Err(error)) => {
                builder.syntax(&error);
                recoveries += 1;
                if recoveries > RECOVERIES_MAX
                    || !matches!(parser.proceed_next_document(), Ok(true))
                {
                    break;
                }
            }
        }
    }
    builder.documents
}

/// Whether more of the file is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    GoesOn,
    Stops,
}

struct Builder<'a> {
    file: &'a Arc<str>,
    text: &'a str,
    keys: &'a mut Keys,
    findings: &'a mut Vec<Finding>,
    stack: Vec<Frame>,
    root: Option<Node>,
    health: Health,
    aliases: Aliases,
    documents: Vec<Document>,
}

/// Whether a finding has spoken of anchors and aliases in this document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aliases {
    Unreported,
    Reported,
}

/// A collection that is being read.
enum Frame {
    List {
        items: Vec<Node>,
        start: Marker,
        origin: Origin,
    },
    Map {
        entries: Vec<Entry>,
        /// Every key, once there are many.
        seen: HashSet<Arc<str>>,
        key: Key,
        start: Marker,
        origin: Origin,
    },
}

/// What a map waits for.
enum Key {
    Expected,
    Named(Arc<str>, Origin),
    /// A value that a finding has spoken of already.
    Dropped,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Reading {
        match event {
            Event::DocumentStart(..) => {
                self.root = None;
                self.stack.clear();
                self.health = Health::Whole;
                self.aliases = Aliases::Unreported;
            }
            Event::DocumentEnd => return self.end_document(span),
            Event::Scalar(text, style, _, tag) => {
                if tag.is_some() {
                    self.tag(span);
                }
                let node = self.scalar(&text, style, span);
                self.complete(Some(node));
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.alias(span);
                self.complete(None);
            }
            Event::Anchor(..) => self.alias(span),
            Event::SequenceStart(_, _, ref tag) | Event::MappingStart(_, _, ref tag)
                if tag.is_some() =>
            {
                self.tag(span);
                return self.open(&event, span);
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => return self.open(&event, span),
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            // What else the parser may tell of is no value.
            _ => {}
        }
        Reading::GoesOn
    }

    fn end_document(&mut self, span: &Span) -> Reading {
        let health = self.health;
        let root = self.root.take();
        let is_empty = root
            .as_ref()
            .is_none_or(|root| matches!(root.content, Content::Null));
        if let (Some(root), false) = (root, is_empty) {
            self.documents.push(Document { root, health });
        }
        if self.documents.len() < DOCUMENTS_MAX {
            return Reading::GoesOn;
        }
        let origin = self.origin(span);
        self.findings.push(Finding::error(
            "IDAC103",
            &origin,
            format!("the file has more than {DOCUMENTS_MAX} documents, and the rest is not read"),
            "split it into several files",
        ));
        Reading::Stops
    }

    fn open(&mut self, event: &Event<'_>, span: &Span) -> Reading {
        let origin = self.origin(span);
        if self.stack.len() >= DEPTH_MAX {
            self.too_deep(&origin);
            return Reading::Stops;
        }
        let start = span.start;
        self.stack.push(match event {
            Event::SequenceStart(..) => Frame::List {
                items: Vec::new(),
                start,
                origin,
            },
            _ => Frame::Map {
                entries: Vec::new(),
                seen: HashSet::new(),
                key: Key::Expected,
                start,
                origin,
            },
        });
        Reading::GoesOn
    }

    fn too_deep(&mut self, origin: &Origin) {
        self.findings.push(Finding::error(
            "IDAC103",
            origin,
            format!("values stand more than {DEPTH_MAX} deep in each other"),
            "write it flatter; nothing in the language is that deep",
        ));
    }

    fn close(&mut self, span: &Span) {
        let Some(frame) = self.stack.pop() else {
            return;
        };
        let (content, start, mut origin) = match frame {
            Frame::List {
                items,
                start,
                origin,
            } => (Content::List(items.into()), start, origin),
            Frame::Map {
                entries,
                start,
                origin,
                ..
            } => (Content::Map(entries.into()), start, origin),
        };
        let is_flow = self.text[start.byte_offset().unwrap_or(0)..].starts_with(['[', '{']);
        if is_flow && span.end.line() == start.line() {
            origin.length = count(span.end.col().saturating_sub(start.col()).max(1));
        } else if let (Content::Map(entries), false) = (&content, is_flow)
            && let Some(first) = entries.first()
        {
            origin = first.key_origin.clone();
        }
        self.complete(Some(Node { content, origin }));
    }

    /// Puts a value where it belongs; `None` is a value that a finding has spoken of already.
    fn complete(&mut self, node: Option<Node>) {
        match self.stack.last() {
            None => self.root = node,
            Some(Frame::List { .. }) => {
                if let (Some(Frame::List { items, .. }), Some(node)) = (self.stack.last_mut(), node)
                {
                    items.push(Node {
                        origin: Origin {
                            length: node.origin.length.max(1),
                            ..node.origin
                        },
                        ..node
                    });
                }
            }
            Some(Frame::Map {
                key: Key::Expected, ..
            }) => {
                let named = self.key(node);
                if let Some(Frame::Map { key, .. }) = self.stack.last_mut() {
                    *key = named;
                }
            }
            Some(Frame::Map { .. }) => self.value(node),
        }
    }

    fn value(&mut self, node: Option<Node>) {
        let Some(Frame::Map {
            entries, seen, key, ..
        }) = self.stack.last_mut()
        else {
            return;
        };
        let Key::Named(name, key_origin) = std::mem::replace(key, Key::Expected) else {
            return;
        };
        let Some(mut value) = node else { return };
        if matches!(value.content, Content::Null) && value.origin.length == 0 {
            value.origin = key_origin.clone();
        }
        if entries.len() >= SCANNED_MAX {
            seen.insert(name.clone());
        }
        entries.push(Entry {
            key: name,
            key_origin,
            value,
        });
    }

    /// What a key names; a finding for one that names nothing or has been there before.
    fn key(&mut self, node: Option<Node>) -> Key {
        let Some(node) = node else {
            return Key::Dropped;
        };
        let origin = node.origin;
        let (name, style) = match node.content {
            Content::Scalar { text, style } => (self.keys.share(text), style),
            Content::Null | Content::List(_) | Content::Map(_) => {
                self.refuse(
                    "IDAC113",
                    &origin,
                    "a key is not text",
                    "write a word before the colon; put text that begins with `{` or `[` in quotes",
                );
                return Key::Dropped;
            }
        };
        if &*name == "<<" && style == Style::Plain {
            self.refuse(
                "IDAC108",
                &origin,
                "`<<` merges maps, which hides what an object is",
                "write the keys out",
            );
            return Key::Dropped;
        }
        let Some(Frame::Map { entries, seen, .. }) = self.stack.last_mut() else {
            return Key::Dropped;
        };
        if entries.len() == SCANNED_MAX && seen.is_empty() {
            seen.extend(entries.iter().map(|entry| entry.key.clone()));
        }
        let first = if entries.len() <= SCANNED_MAX || seen.contains(&name) {
            entries.iter().find(|entry| entry.key == name)
        } else {
            None
        };
        let Some(first) = first else {
            return Key::Named(name, origin);
        };
        let label = format!("the first stands in line {}", first.key_origin.line);
        self.findings.push(
            Finding::error(
                "IDAC106",
                &origin,
                format!("`{name}` is written twice in one map"),
                "keep one of the two",
            )
            .with_label(label),
        );
        Key::Dropped
    }

    fn scalar(&self, text: &str, style: ScalarStyle, span: &Span) -> Node {
        let mut origin = self.origin(span);
        let is_null =
            style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL");
        if is_null {
            origin.length = count(text.len());
            return Node {
                content: Content::Null,
                origin,
            };
        }
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted
            | ScalarStyle::DoubleQuoted
            | ScalarStyle::Literal
            | ScalarStyle::Folded => Style::Quoted,
        };
        Node {
            content: Content::Scalar {
                text: Arc::from(text),
                style,
            },
            origin,
        }
    }

    fn tag(&mut self, span: &Span) {
        let origin = span
            .tag_span()
            .map_or_else(|| self.origin(span), |tag| self.origin(&tag));
        self.refuse(
            "IDAC109",
            &origin,
            "a tag is not part of the language",
            "remove the tag; put text that begins with `!` in quotes",
        );
    }

    /// Says so once a document: where there is one there are many.
    fn alias(&mut self, span: &Span) {
        if std::mem::replace(&mut self.aliases, Aliases::Reported) == Aliases::Reported {
            return;
        }
        let origin = self.origin(span);
        self.refuse(
            "IDAC110",
            &origin,
            "anchors and aliases are not part of the language",
            "write the value out where it is meant, or make it a variable; put text that begins with `&` or `*` in quotes",
        );
    }

    fn refuse(&mut self, code: &'static str, origin: &Origin, message: &str, remedy: &str) {
        self.health = Health::Broken;
        self.findings
            .push(Finding::error(code, origin, message.to_owned(), remedy));
    }

    fn syntax(&mut self, error: &ScanError) {
        let origin = self.at(*error.marker());
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            self.too_deep(&origin);
            return;
        }
        let mut lines = self.text.lines().skip(origin.line as usize - 1);
        let line = lines.next().unwrap_or("");
        let next = lines.next().unwrap_or("");
        // A tab that indents a line is often found out at the end of the line before it.
        let (line_of_tab, tabbed) = if is_indented_by_tab(next) && !is_indented_by_tab(line) {
            (origin.line + 1, next)
        } else {
            (origin.line, line)
        };
        if is_indented_by_tab(tabbed) || is_tab(error.kind()) {
            let column = tabbed.chars().position(|char| char == '\t').unwrap_or(0);
            let origin = Origin {
                line: line_of_tab,
                column: count(column + 1),
                ..origin
            };
            self.findings.push(Finding::error(
                "IDAC111",
                &origin,
                "a tab stands where YAML wants spaces".to_owned(),
                "indent with spaces",
            ));
            return;
        }
        let remedy = if line.contains("${") {
            "within `[ ]` and `{ }` put a variable in quotes: \"${name}\""
        } else {
            "correct the YAML; indentation, colons and quotes are the usual suspects"
        };
        self.findings.push(Finding::error(
            "IDAC102",
            &origin,
            format!("this is not YAML: {}", error.info()),
            remedy,
        ));
    }

    /// The place of an event: its whole length when it stands in one line, else up to the end of its first.
    fn origin(&self, span: &Span) -> Origin {
        let mut origin = self.at(span.start);
        origin.length = if span.end.line() == span.start.line() {
            count(span.end.col().saturating_sub(span.start.col()).max(1))
        } else {
            let rest = span
                .start
                .byte_offset()
                .and_then(|offset| self.text.get(offset..))
                .and_then(|rest| rest.lines().next())
                .unwrap_or("");
            count(rest.trim_end().chars().count().max(1))
        };
        origin
    }

    fn at(&self, marker: Marker) -> Origin {
        Origin {
            file: self.file.clone(),
            line: count(marker.line().max(1)),
            column: count(marker.col() + 1),
            length: 1,
        }
    }
}

fn is_indented_by_tab(line: &str) -> bool {
    line[..line.len() - line.trim_start().len()].contains('\t')
}

fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
    )
}
