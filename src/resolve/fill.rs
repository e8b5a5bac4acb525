//! One document with its variables filled in.
//!
//! What only the tenant knows stays in the text, as `${application/x.appId}`: kinds make templates of it.

use std::collections::HashSet;

use super::Known;
use super::variable::{Meaning, Piece, meaning, pieces};
use crate::address::Address;
use crate::declare::{Reading, Tenant, check_scalar, has_variable, shortened};
use crate::finding::{Finding, Origin};
use crate::kind::{self, Field, Known as KnownWhen, Shape};
use crate::object::{Content, DeclaredObject, Entry, Node, Style};

/// One place at which an object needs a property that another gets when it is created.
pub(super) struct ComputedUse {
    /// The object, or the part of it, that needs it.
    pub(super) by: Address,
    pub(super) to: Address,
    /// Whether the object cannot be created before it is known.
    pub(super) when: NeededWhen,
    pub(super) origin: Origin,
}

/// When a computed property is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NeededWhen {
    AtCreation,
    Later,
}

/// Fills one document.
pub(super) struct Filler<'a> {
    known: &'a Known<'a>,
    object: &'a DeclaredObject,
    findings: &'a mut Vec<Finding>,
    /// The keys above the value at hand.
    path: Vec<&'a str>,
    pub(super) uses: Vec<ComputedUse>,
}

impl<'a> Filler<'a> {
    pub(super) fn new(
        known: &'a Known<'a>,
        object: &'a DeclaredObject,
        findings: &'a mut Vec<Finding>,
    ) -> Filler<'a> {
        Filler {
            known,
            object,
            findings,
            path: Vec::new(),
            uses: Vec::new(),
        }
    }

    /// The document, filled.
    pub(super) fn document(&mut self) -> Node {
        let object = self.object;
        let fields = kind::find(object.address.kind()).map_or(&[] as &[_], |kind| kind.fields);
        self.map(&object.document, fields)
            .unwrap_or_else(|| object.document.clone())
    }

    /// A map with its variables filled in; `None` when it has none.
    fn map(&mut self, node: &'a Node, fields: &[&'static [Field]]) -> Option<Node> {
        let mut filled: Option<Vec<Entry>> = None;
        for (at, entry) in node.entries().iter().enumerate() {
            let field = fields
                .iter()
                .copied()
                .flatten()
                .find(|field| field.name == &*entry.key);
            self.path.push(&entry.key);
            let value = self.value(&entry.value, field.map(|field| &field.shape));
            self.path.pop();
            if let Some(value) = value {
                filled.get_or_insert_with(|| node.entries().to_vec())[at].value = value;
            }
        }
        Some(Node {
            content: Content::Map(filled?.into()),
            origin: node.origin.clone(),
        })
    }

    fn value(&mut self, node: &'a Node, shape: Option<&'static Shape>) -> Option<Node> {
        match (&node.content, shape) {
            (Content::Scalar { text, .. }, Some(shape)) if has_variable(text) => {
                Some(self.scalar(node, text, shape))
            }
            (Content::Map(_), Some(Shape::Map(fields))) => self.map(node, &[*fields]),
            (Content::Map(entries), Some(shape @ Shape::List { .. })) => {
                let [only] = &**entries else { return None };
                let value = self.value(&only.value, Some(shape))?;
                let entry = Entry {
                    value,
                    ..only.clone()
                };
                Some(Node {
                    content: Content::Map([entry].into()),
                    origin: node.origin.clone(),
                })
            }
            (Content::List(items), Some(Shape::List { item, .. })) => self.list(node, items, item),
            (Content::Null | Content::Scalar { .. } | Content::List(_) | Content::Map(_), _) => {
                None
            }
        }
    }

    fn list(&mut self, node: &'a Node, items: &'a [Node], shape: &'static Shape) -> Option<Node> {
        let mut filled: Option<Vec<Node>> = None;
        for (at, item) in items.iter().enumerate() {
            if let Some(value) = self.value(item, Some(shape)) {
                filled.get_or_insert_with(|| items.to_vec())[at] = value;
            }
        }
        self.check_twice(filled.as_deref().unwrap_or(items));
        Some(Node {
            content: Content::List(filled?.into()),
            origin: node.origin.clone(),
        })
    }

    /// No list that people write has the same text twice.
    fn check_twice(&mut self, items: &[Node]) {
        let mut seen = HashSet::new();
        for item in items {
            let Some(text) = item.text() else { continue };
            if seen.insert(text) {
                continue;
            }
            let key = self.path.last().copied().unwrap_or_default();
            self.findings.push(Finding::error(
                "IDAC152",
                &item.origin,
                format!("`{}` stands twice in `{key}`", shortened(text)),
                "write it once",
            ));
        }
    }

    fn scalar(&mut self, node: &'a Node, text: &'a str, shape: &'static Shape) -> Node {
        let pieces = pieces(text, node);
        let whole = match pieces.as_slice() {
            [Piece::Text(""), Piece::Named(name, _), Piece::Text("")] => Some(*name),
            _ => None,
        };
        let content = match whole.and_then(|name| self.variable(name)) {
            Some(content) => Some(content),
            None => self.text(&pieces, shape),
        };
        let Some(content) = content else {
            // A finding has said what is wrong; nothing more is said about this value.
            return Node {
                content: Content::Null,
                origin: node.origin.clone(),
            };
        };
        let filled = Node {
            content,
            origin: node.origin.clone(),
        };
        let key = self.path.last().copied().unwrap_or_default();
        if let Some(text) = filled.text() {
            check_scalar(shape, &filled, text, key, self.findings);
        }
        filled
    }

    /// The value of a variable, with its type.
    fn variable(&self, name: &str) -> Option<Content> {
        match meaning(name)? {
            Meaning::Variable(name) => {
                let node = self.known.environment.variables.get(name)?;
                Some(node.content.clone())
            }
            Meaning::Environment | Meaning::Tenant(_) | Meaning::Own(_) | Meaning::Property(..) => {
                None
            }
        }
    }

    /// The pieces joined; `None` when a finding says why they cannot be.
    fn text(&mut self, pieces: &[Piece<'a>], shape: &'static Shape) -> Option<Content> {
        let mut joined = String::new();
        let mut literal = String::new();
        let mut is_whole = true;
        for piece in pieces {
            match piece {
                Piece::Text(text) => literal.push_str(text),
                Piece::Open(origin) => {
                    self.report(
                        "IDAC131",
                        origin,
                        "`${` has no `}`".to_owned(),
                        "close it; `$${` stands for a literal `${`",
                    );
                    is_whole = false;
                }
                Piece::Named(name, origin) => match self.named(name, origin, shape) {
                    None => is_whole = false,
                    Some(Filled::Text(text)) => literal.push_str(&text),
                    Some(Filled::Later(later)) => {
                        if literal.ends_with('$') {
                            self.report(
                                "IDAC131",
                                origin,
                                "a `$` stands directly before a property that is known later"
                                    .to_owned(),
                                "put something between them",
                            );
                            is_whole = false;
                        }
                        joined.push_str(&std::mem::take(&mut literal).replace("${", "$${"));
                        joined.push_str(&later);
                    }
                },
            }
        }
        joined.push_str(&literal.replace("${", "$${"));
        is_whole.then_some(Content::Scalar {
            text: joined.into(),
            style: Style::Quoted,
        })
    }

    fn named(&mut self, name: &str, origin: &Origin, shape: &'static Shape) -> Option<Filled> {
        let Some(meaning) = meaning(name) else {
            self.unknown_property(name, origin);
            return None;
        };
        match meaning {
            Meaning::Environment => Some(Filled::Text(self.known.environment.name.to_string())),
            Meaning::Variable(name) => match self.known.environment.variables.get(name) {
                Some(node) => Some(Filled::Text(node.text()?.replace("$${", "${"))),
                None => {
                    self.undefined(name, origin);
                    None
                }
            },
            Meaning::Tenant("id") => match &self.known.environment.tenant {
                Tenant::Entra { id, .. } if !may_be_later(shape) => Some(Filled::Text(id.clone())),
                Tenant::Entra { .. } | Tenant::Emulator => {
                    self.later("tenant/this", "id", origin, shape)
                }
            },
            Meaning::Tenant("domain") => self.later("tenant/this", "domain", origin, shape),
            Meaning::Tenant(_) => {
                self.unknown_property(name, origin);
                None
            }
            Meaning::Own(property) => {
                let address = self.object.address.clone();
                self.property(&address, property, origin, shape)
            }
            Meaning::Property(address, property) => {
                self.property(&address, property, origin, shape)
            }
        }
    }

    /// A property that an object gets when it is created.
    fn property(
        &mut self,
        address: &Address,
        property: &str,
        origin: &Origin,
        shape: &'static Shape,
    ) -> Option<Filled> {
        let to = self.declared(address, origin)?;
        let kind = address.kind();
        let has_app_id = match kind {
            "application" | "servicePrincipal" => true,
            "existing" => self
                .known
                .here
                .get(address)
                .and_then(|object| object.document.get("type")?.text())
                .is_some_and(|entity| ["application", "servicePrincipal"].contains(&entity)),
            _ => false,
        };
        let is_known = match property {
            "id" => kind != "directoryRoleAssignment",
            "appId" => has_app_id,
            _ => false,
        };
        if !is_known {
            let known: &[&str] = match kind {
                "directoryRoleAssignment" => &[],
                _ if has_app_id => &["appId", "id"],
                _ => &["id"],
            };
            let remedy = match known {
                [] => "remove it".to_owned(),
                known => format!("write one of: {}", known.join(", ")),
            };
            self.findings.push(
                Finding::error(
                    "IDAC131",
                    origin,
                    format!("`{property}` is not a property of {address} that text can hold"),
                    &remedy,
                )
                .with_suggestion(property, known.iter().copied()),
            );
            return None;
        }
        let filled = self.later(to.as_str(), property, origin, shape)?;
        let (by, when) = self.needed_by();
        self.uses.push(ComputedUse {
            by,
            to,
            when,
            origin: origin.clone(),
        });
        Some(filled)
    }

    /// The object of which a property is meant, when it is there.
    fn declared(&mut self, address: &Address, origin: &Origin) -> Option<Address> {
        if self.known.here.contains_key(address) {
            return Some(address.clone());
        }
        let application = Address::new("application", address.name());
        match address.kind() {
            "user" if address.name().contains('@') => {
                return Some(Address::new("user", &address.name().to_lowercase()));
            }
            "servicePrincipal" if self.known.here.contains_key(&application) => {
                return Some(application.part("servicePrincipal"));
            }
            _ => {}
        }
        if let Some(names) = self.known.elsewhere.get(address) {
            let message = format!("{address} exists only in {names}");
            self.report(
                "IDAC135",
                origin,
                message,
                "say `onlyIn` here too, or refer to something that exists in every environment",
            );
        } else if self.known.reading == Reading::Whole {
            let known = self.known.here.keys().map(|address| address.as_str());
            let finding = Finding::error(
                "IDAC150",
                origin,
                format!("`{address}` is not declared"),
                "declare it, correct the name, or declare `kind: existing` for something that idac only refers to",
            )
            .with_suggestion(address.as_str(), known);
            self.findings.push(finding);
        }
        None
    }

    /// Text that is filled in when the object is there.
    fn later(
        &mut self,
        of: &str,
        property: &str,
        origin: &Origin,
        shape: &'static Shape,
    ) -> Option<Filled> {
        if may_be_later(shape) {
            return Some(Filled::Later(format!("${{{of}.{property}}}")));
        }
        let key = self.path.last().copied().unwrap_or_default();
        self.report(
            "IDAC133",
            origin,
            format!("`{key}` must be known before anything is created, and this is known only after"),
            "write the value, or a variable of the environment; where an object is meant, its address",
        );
        None
    }

    /// Who needs the value at hand, and when.
    fn needed_by(&self) -> (Address, NeededWhen) {
        let address = &self.object.address;
        let top = self.path.first().copied().unwrap_or_default();
        let Some(kind) = kind::find(address.kind()) else {
            return (address.clone(), NeededWhen::AtCreation);
        };
        if kind.parts.iter().any(|(key, _)| *key == top) {
            return (address.part(top), NeededWhen::AtCreation);
        }
        let path = self.path.join(".");
        let waits = kind::find_entity(kind.name).is_some_and(|entity| {
            entity.later.iter().any(|later| {
                later.property == path && later.on_create == kind::entity::OnCreate::Later
            })
        });
        let when = if waits {
            NeededWhen::Later
        } else {
            NeededWhen::AtCreation
        };
        (address.clone(), when)
    }

    fn undefined(&mut self, name: &str, origin: &Origin) {
        let environment = &self.known.environment;
        let known = environment
            .variables
            .keys()
            .map(String::as_str)
            .chain(["environment"]);
        self.findings.push(
            Finding::error(
                "IDAC130",
                origin,
                format!("no variable `{}` in {}", shortened(name), environment.name),
                &format!(
                    "define it under `variables` of environments/{}.yaml, or correct the name",
                    environment.name
                ),
            )
            .with_suggestion(name, known),
        );
    }

    fn unknown_property(&mut self, name: &str, origin: &Origin) {
        let known = [
            "environment",
            "tenant.id",
            "tenant.domain",
            "self.appId",
            "self.id",
        ];
        self.findings.push(
            Finding::error(
                "IDAC131",
                origin,
                format!("`${{{}}}` names nothing", shortened(name)),
                "write a variable's name, `environment`, `tenant.id`, `tenant.domain`, `self.appId`, `self.id`, or `kind/name.appId`; `$${` stands for a literal `${`",
            )
            .with_suggestion(name, known),
        );
    }

    fn report(&mut self, code: &'static str, origin: &Origin, message: String, remedy: &str) {
        self.findings
            .push(Finding::error(code, origin, message, remedy));
    }
}

/// What comes in the place of a `${…}`.
enum Filled {
    Text(String),
    /// In the language's own form.
    Later(String),
}

fn may_be_later(shape: &Shape) -> bool {
    match shape {
        Shape::Text(rule) => match rule.known {
            KnownWhen::InTheEnd => true,
            KnownWhen::FromTheStart => false,
        },
        Shape::Boolean
        | Shape::Integer { .. }
        | Shape::OneOf(_)
        | Shape::Reference(_)
        | Shape::List { .. }
        | Shape::Map(_)
        | Shape::Named(_)
        | Shape::Scalar => false,
    }
}
