//! What a write makes of an object's properties, line by line.

use std::collections::BTreeMap;

use super::names::Names;
use crate::kind;
use crate::kind::entity::{Form, Property};
use crate::object::{Properties, Value};

/// What a line says of what stands on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// It is only context.
    None,
    Add,
    Change,
    Remove,
}

impl Sign {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Sign::None => " ",
            Sign::Add => "+",
            Sign::Change => "~",
            Sign::Remove => "-",
        }
    }
}

/// One line below an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub depth: usize,
    pub sign: Sign,
    pub label: String,
    /// What it is, or `was → will`; may be empty.
    pub value: String,
    /// Said by the way.
    pub aside: String,
    /// What to know of its risk.
    pub warning: String,
}

/// A list of more columns than this has a line for each item.
const ONE_LINE_MAX: usize = 60;

/// What becomes something else stands on one line up to this many columns.
const FROM_TO_MAX: usize = 70;

/// The form of what is compared, as far as the entity's table says it.
type Known = Option<&'static Form>;

/// The properties of an object that is made.
pub(super) fn made(entity: &str, properties: &Properties, names: &Names) -> Vec<Line> {
    let mut changes = Changes {
        names,
        lines: Vec::new(),
    };
    for (name, value) in properties {
        changes.added(0, name, form(entity, name), value);
    }
    short_first(changes.lines, 0)
}

/// What becomes of the properties of an object that is there.
pub(super) fn changed(
    entity: &str,
    was: &Properties,
    will: &Properties,
    names: &Names,
) -> Vec<Line> {
    let mut changes = Changes {
        names,
        lines: Vec::new(),
    };
    for (name, value) in will {
        let before = was.get(name).unwrap_or(&Value::Null);
        changes.property(0, name, form(entity, name), before, value);
    }
    short_first(changes.lines, 0)
}

/// The same in a few words: `set displayName, api.oauth2PermissionScopes (~ Payments.Read)`.
pub(super) fn summary(entity: &str, was: &Properties, will: &Properties, names: &Names) -> String {
    let lines = changed(entity, was, will, names);
    let mut parts: Vec<String> = Vec::new();
    let mut items: Vec<String> = Vec::new();
    for line in lines.iter().rev() {
        match (line.depth, line.sign) {
            (0, _) if items.is_empty() => parts.push(line.label.clone()),
            (0, _) => {
                items.reverse();
                let items = std::mem::take(&mut items);
                parts.push(format!("{} ({})", line.label, items.join(", ")));
            }
            (2, Sign::Add | Sign::Change | Sign::Remove) if !is_text(line) => {
                items.push(format!("{} {}", line.sign.as_str(), line.label));
            }
            (_, Sign::None | Sign::Add | Sign::Change | Sign::Remove) => {}
        }
    }
    parts.reverse();
    format!("set {}", parts.join(", "))
}

/// Whether the line is one half of a long text that becomes another.
fn is_text(line: &Line) -> bool {
    line.label.starts_with('"')
}

/// What stands on one line comes before what has lines below it.
fn short_first(lines: Vec<Line>, depth: usize) -> Vec<Line> {
    let mut blocks: Vec<Vec<Line>> = Vec::new();
    for line in lines {
        match blocks.last_mut() {
            Some(block) if line.depth > depth => block.push(line),
            Some(_) | None => blocks.push(vec![line]),
        }
    }
    blocks.sort_by_key(|block| block.len() > 1);
    blocks.concat()
}

fn form(entity: &str, property: &str) -> Known {
    kind::find_entity(entity)?
        .property(property)
        .map(|property| &property.form)
}

fn member_form(form: Known, name: &str) -> Known {
    let members: &'static [Property] = match form? {
        Form::Complex(members) => members,
        Form::Items(items) => items.members,
        Form::Plain | Form::Set | Form::Words => return None,
    };
    members
        .iter()
        .find(|member| member.name == name)
        .map(|member| &member.form)
}

struct Changes<'a> {
    names: &'a Names,
    lines: Vec<Line>,
}

impl Changes<'_> {
    fn say(&mut self, depth: usize, sign: Sign, label: &str, value: String) {
        self.lines.push(Line {
            depth,
            sign,
            label: label.to_owned(),
            value,
            aside: String::new(),
            warning: String::new(),
        });
    }

    fn added(&mut self, depth: usize, label: &str, form: Known, value: &Value) {
        match value {
            Value::Null => {}
            Value::Map(members) => {
                for (name, value) in members {
                    self.added(
                        depth,
                        &format!("{label}.{name}"),
                        member_form(form, name),
                        value,
                    );
                }
            }
            Value::List(items) if items.is_empty() => {}
            Value::List(items) if self.one_line(items).is_some() => {
                let value = self.one_line(items).unwrap_or_default();
                self.say(depth, Sign::None, label, value);
            }
            Value::List(_) => self.list(depth, label, form, &[], value.items()),
            Value::Text(text) if is_words(form) => {
                self.list(depth, label, None, &[], &words(text));
            }
            Value::Bool(_) | Value::Integer(_) | Value::Text(_) | Value::Computed(_) => {
                let value = self.names.value(value);
                self.say(depth, Sign::None, label, value);
            }
        }
    }

    fn property(&mut self, depth: usize, label: &str, form: Known, was: &Value, will: &Value) {
        if was == will || (was.is_nothing() && will.is_nothing()) {
            return;
        }
        match (was, will) {
            (Value::Map(was), Value::Map(will)) => {
                for (name, value) in will {
                    let before = was.get(name).unwrap_or(&Value::Null);
                    let label = format!("{label}.{name}");
                    self.property(depth, &label, member_form(form, name), before, value);
                }
            }
            (Value::Null, Value::Map(_)) => self.added(depth, label, form, will),
            (Value::List(_), Value::List(_) | Value::Null) | (Value::Null, Value::List(_)) => {
                self.list(depth, label, form, was.items(), will.items());
            }
            (Value::Text(was), Value::Text(will)) if is_words(form) => {
                self.list(depth, label, None, &words(was), &words(will));
            }
            (was, will) => {
                let value = self.both(was, will);
                if super::style::width(&value) <= FROM_TO_MAX {
                    self.say(depth, Sign::None, label, value);
                    return;
                }
                let (was, will) = (self.names.value(was), self.names.value(will));
                self.say(depth, Sign::None, label, String::new());
                self.say(depth + 2, Sign::Remove, &was, String::new());
                self.say(depth + 2, Sign::Add, &will, String::new());
            }
        }
    }

    /// A short list of plain values, as one reads it.
    fn one_line(&self, items: &[Value]) -> Option<String> {
        let values: Option<Vec<String>> = items
            .iter()
            .map(|item| match item {
                Value::List(_) | Value::Map(_) => None,
                Value::Null
                | Value::Bool(_)
                | Value::Integer(_)
                | Value::Text(_)
                | Value::Computed(_) => Some(self.names.value(item)),
            })
            .collect();
        values
            .map(|values| values.join(", "))
            .filter(|text| items.len() == 1 || super::style::width(text) <= ONE_LINE_MAX)
    }

    fn both(&self, was: &Value, will: &Value) -> String {
        format!("{} → {}", self.names.value(was), self.names.value(will))
    }

    fn list(&mut self, depth: usize, label: &str, form: Known, was: &[Value], will: &[Value]) {
        let at = self.lines.len();
        self.say(depth, Sign::None, label, String::new());
        let key = match form {
            Some(Form::Items(items)) => Some(items.key),
            Some(Form::Plain | Form::Set | Form::Words | Form::Complex(_)) | None => None,
        };
        let same = match key {
            Some(key) => self.items(depth + 2, form, key, was, will),
            None => self.values(depth + 2, was, will),
        };
        let aside = if self.lines.len() > at + 1 {
            match same {
                0 if will.is_empty() => "becomes empty".to_owned(),
                0 => String::new(),
                same => format!("{same} unchanged"),
            }
        } else if was.is_empty() && will.is_empty() {
            "becomes empty".to_owned()
        } else {
            "same items in another order".to_owned()
        };
        self.lines[at].aside = aside;
    }

    /// Items that are told apart by a member; gives how many stay as they are.
    fn items(
        &mut self,
        depth: usize,
        form: Known,
        key: &str,
        was: &[Value],
        will: &[Value],
    ) -> usize {
        let mut same = 0;
        let mut left: Vec<&Value> = was.iter().collect();
        for item in will {
            let before = left
                .iter()
                .position(|before| is_same_item(key, before, item))
                .map(|at| left.remove(at));
            match before {
                None => self.new_item(depth, form, key, item),
                Some(before) if before == item => same += 1,
                Some(before) => {
                    let at = self.lines.len();
                    let label = self.item_name(key, item);
                    self.say(depth, Sign::Change, &label, String::new());
                    self.changed_members(depth + 1, form, before, item);
                    if self.lines.len() == at + 1 {
                        self.lines.pop();
                        same += 1;
                    } else {
                        self.tidy(at);
                    }
                }
            }
        }
        for item in left {
            let label = self.item_name(key, item);
            self.say(depth, Sign::Remove, &label, String::new());
        }
        same
    }

    fn new_item(&mut self, depth: usize, form: Known, key: &str, item: &Value) {
        let label = self.item_name(key, item);
        let members: BTreeMap<&String, &Value> = match item {
            Value::Map(members) => members
                .iter()
                .filter(|(name, value)| !goes_without_saying(key, name, value))
                .collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Text(_)
            | Value::Computed(_)
            | Value::List(_) => BTreeMap::new(),
        };
        // An item of which only one thing is to be said stands on one line.
        if let (1, Some((_, value))) = (members.len(), members.first_key_value())
            && !matches!(value, Value::List(_) | Value::Map(_))
        {
            let value = self.names.value(value);
            self.say(depth, Sign::Add, &label, value);
            return;
        }
        let at = self.lines.len();
        self.say(depth, Sign::Add, &label, String::new());
        for (name, value) in members {
            self.added(depth + 1, name, member_form(form, name), value);
        }
        self.tidy(at);
    }

    /// Puts the lines below an item in order; when there is but one list, its name goes without saying.
    fn tidy(&mut self, item: usize) {
        let depth = self.lines[item].depth + 1;
        let mut below = short_first(self.lines.split_off(item + 1), depth);
        let is_one = below.iter().filter(|line| line.depth == depth).count() == 1;
        match below.as_slice() {
            [only] if is_one && only.aside.is_empty() && self.lines[item].sign == Sign::Add => {
                self.lines[item].value = only.value.clone();
                return;
            }
            [list, _, ..] if is_one && list.value.is_empty() => {
                let list = below.remove(0);
                self.lines[item].aside = list.aside;
                for line in &mut below {
                    line.depth -= 1;
                }
            }
            _ => {}
        }
        self.lines.append(&mut below);
    }

    /// Items are written whole: a member that is no longer written goes.
    fn changed_members(&mut self, depth: usize, form: Known, was: &Value, will: &Value) {
        let (Value::Map(was), Value::Map(will)) = (was, will) else {
            return;
        };
        for (name, value) in will {
            let before = was.get(name).unwrap_or(&Value::Null);
            self.property(depth, name, member_form(form, name), before, value);
        }
        for (name, value) in was.iter().filter(|(name, _)| !will.contains_key(*name)) {
            self.property(depth, name, member_form(form, name), value, &Value::Null);
        }
    }

    /// Items that are nothing but their value; gives how many stay.
    fn values(&mut self, depth: usize, was: &[Value], will: &[Value]) -> usize {
        let mut left: Vec<&Value> = was.iter().collect();
        let mut same = 0;
        for item in will {
            match left.iter().position(|before| *before == item) {
                Some(at) => {
                    left.remove(at);
                    same += 1;
                }
                None => {
                    let label = self.names.value(item);
                    self.say(depth, Sign::Add, &label, String::new());
                }
            }
        }
        for item in left {
            let label = self.names.value(item);
            self.say(depth, Sign::Remove, &label, String::new());
        }
        same
    }

    /// What people call an item: its key, or its id when the key is empty.
    fn item_name(&self, key: &str, item: &Value) -> String {
        [key, "id", "displayName"]
            .into_iter()
            .filter_map(|member| item.get(member))
            .find(|value| !value.is_nothing())
            .map_or_else(|| self.names.value(item), |value| self.names.word(value))
    }
}

fn is_same_item(key: &str, one: &Value, other: &Value) -> bool {
    match (one.get(key), other.get(key)) {
        (Some(one), Some(other)) if !one.is_nothing() => one == other,
        _ => one.get("id").is_some() && one.get("id") == other.get("id"),
    }
}

/// Ids that nobody writes, and that a new thing is switched on.
fn goes_without_saying(key: &str, name: &str, value: &Value) -> bool {
    name == key
        || name == "id"
        || value.is_nothing()
        || (name == "isEnabled" && *value == Value::Bool(true))
}

fn is_words(form: Known) -> bool {
    match form {
        Some(Form::Words) => true,
        Some(Form::Plain | Form::Set | Form::Items(_) | Form::Complex(_)) | None => false,
    }
}

fn words(text: &str) -> Vec<Value> {
    text.split_whitespace().map(Value::text).collect()
}
