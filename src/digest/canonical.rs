//! Canonical JSON (RFC 8785): members sorted by their names in UTF-16, no space, one spelling for each value.
//!
//! The published crate sorts every object in buffers of its own. Nearly all of ours are sorted already, and there
//! are hundreds of thousands: this writes them in place and moves members only where they are out of order. Numbers
//! that are not small integers are spelled by that crate.

use std::cmp::Ordering;

use serde::ser::{self, Error as _, Serialize};
use serde_json::Error;

/// The largest integer up to which every integer is a number of JavaScript, spelled by its digits.
const EXACT_MAX: u64 = 1 << 53;

/// The canonical JSON of a value.
pub(super) fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::default();
    value.serialize(&mut writer)?;
    Ok(writer.out)
}

#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    /// The members of every object that is open, the innermost last.
    members: Vec<Member>,
}

/// Where one member stands in the output.
#[derive(Clone, Copy)]
struct Member {
    start: usize,
    name_end: usize,
    end: usize,
}

/// An object or a list that is being written.
struct Open<'w> {
    writer: &'w mut Writer,
    /// How many members were open before.
    first: usize,
    order: Order,
    /// What closes it.
    close: &'static [u8],
    has_items: HasItems,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Sorted,
    Unsorted,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum HasItems {
    None,
    Some,
}

impl Writer {
    fn open(&mut self, open: &'static [u8], close: &'static [u8]) -> Open<'_> {
        self.out.extend_from_slice(open);
        Open {
            first: self.members.len(),
            writer: self,
            order: Order::Sorted,
            close,
            has_items: HasItems::None,
        }
    }

    /// `{"variant":` and what is opened behind it.
    fn open_variant(
        &mut self,
        variant: &str,
        open: &'static [u8],
        close: &'static [u8],
    ) -> Open<'_> {
        self.out.push(b'{');
        self.text(variant);
        self.out.push(b':');
        self.open(open, close)
    }

    fn text(&mut self, text: &str) {
        self.out.push(b'"');
        let bytes = text.as_bytes();
        let is_odd = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
        // Without a branch for each byte: nearly every text is written as it is.
        let has_odd = bytes
            .iter()
            .fold(false, |has_odd, byte| has_odd | is_odd(*byte));
        let mut from = 0;
        for (at, byte) in bytes.iter().enumerate().filter(|_| has_odd) {
            if !is_odd(*byte) {
                continue;
            }
            self.out.extend_from_slice(&bytes[from..at]);
            from = at + 1;
            match byte {
                b'"' => self.out.extend_from_slice(b"\\\""),
                b'\\' => self.out.extend_from_slice(b"\\\\"),
                0x08 => self.out.extend_from_slice(b"\\b"),
                0x0c => self.out.extend_from_slice(b"\\f"),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                b'\t' => self.out.extend_from_slice(b"\\t"),
                control => self
                    .out
                    .extend_from_slice(format!("\\u{control:04x}").as_bytes()),
            }
        }
        self.out.extend_from_slice(&bytes[from..]);
        self.out.push(b'"');
    }

    fn integer(&mut self, magnitude: u64, sign: &str) -> Result<(), Error> {
        if magnitude > EXACT_MAX {
            return Err(Error::custom("bug: not a small integer"));
        }
        self.out.extend_from_slice(sign.as_bytes());
        self.out.extend_from_slice(magnitude.to_string().as_bytes());
        Ok(())
    }

    /// A number as the published crate spells it.
    fn number(&mut self, number: impl Serialize) -> Result<(), Error> {
        let spelled = serde_json_canonicalizer::to_vec(&number)?;
        self.out.extend_from_slice(&spelled);
        Ok(())
    }

    /// Compares the names of two members as RFC 8785 does.
    fn compare(&self, one: Member, other: Member) -> Ordering {
        let name = |member: Member| &self.out[member.start..member.name_end];
        let (one, other) = (name(one), name(other));
        let is_plain = |name: &[u8]| name.iter().all(|byte| byte.is_ascii() && *byte != b'\\');
        if is_plain(one) && is_plain(other) {
            // Without the quotes: a name sorts before a longer one that begins with it.
            return one[1..one.len() - 1].cmp(&other[1..other.len() - 1]);
        }
        units(one).cmp(&units(other))
    }

    /// Puts the members from `first` on in order; one name twice is an error.
    fn sort(&mut self, first: usize) -> Result<(), Error> {
        let mut members = self.members.split_off(first);
        let Some(start) = members.first().map(|member| member.start) else {
            return Ok(());
        };
        members.sort_by(|one, other| self.compare(*one, *other));
        let is_twice = |pair: &[Member]| self.compare(pair[0], pair[1]) == Ordering::Equal;
        if members.windows(2).any(is_twice) {
            return Err(Error::custom("one name stands twice in one object"));
        }
        let mut sorted = Vec::with_capacity(self.out.len() - start);
        for member in members {
            if !sorted.is_empty() {
                sorted.push(b',');
            }
            sorted.extend_from_slice(&self.out[member.start..member.end]);
        }
        self.out.truncate(start);
        self.out.extend_from_slice(&sorted);
        Ok(())
    }
}

/// The UTF-16 of a name that stands in the output with its quotes and escapes.
fn units(name: &[u8]) -> Vec<u16> {
    let text: String = serde_json::from_slice(name)
        .unwrap_or_else(|error| panic!("bug: a name was written that is not JSON: {error}"));
    text.encode_utf16().collect()
}

impl Open<'_> {
    fn comma(&mut self) {
        match self.has_items {
            HasItems::None => self.has_items = HasItems::Some,
            HasItems::Some => self.writer.out.push(b','),
        }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.comma();
        value.serialize(&mut *self.writer)
    }

    fn name<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Error> {
        self.comma();
        let start = self.writer.out.len();
        name.serialize(&mut *self.writer)?;
        if self.writer.out.get(start) != Some(&b'"') {
            self.writer.out.insert(start, b'"');
            self.writer.out.push(b'"');
        }
        let name_end = self.writer.out.len();
        self.writer.out.push(b':');
        self.named(Member {
            start,
            name_end,
            end: name_end,
        });
        Ok(())
    }

    fn named(&mut self, member: Member) {
        let last = self.writer.members[self.first..].last().copied();
        if let Some(last) = last
            && self.writer.compare(last, member) != Ordering::Less
        {
            self.order = Order::Unsorted;
        }
        self.writer.members.push(member);
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.writer)?;
        let end = self.writer.out.len();
        if let Some(member) = self.writer.members.last_mut() {
            member.end = end;
        }
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        self.name(name)?;
        self.value(value)
    }

    fn close(self) -> Result<(), Error> {
        match self.order {
            Order::Sorted => self.writer.members.truncate(self.first),
            Order::Unsorted => self.writer.sort(self.first)?,
        }
        self.writer.out.extend_from_slice(self.close);
        Ok(())
    }
}

macro_rules! integers {
    ($($name:ident: $type:ty),*) => {
        $(fn $name(self, value: $type) -> Result<(), Error> {
            let magnitude = u64::from(value.unsigned_abs());
            if magnitude > EXACT_MAX {
                return self.number(value);
            }
            self.integer(magnitude, if value < 0 { "-" } else { "" })
        })*
    };
}

macro_rules! naturals {
    ($($name:ident: $type:ty),*) => {
        $(fn $name(self, value: $type) -> Result<(), Error> {
            let magnitude = u64::from(value);
            if magnitude > EXACT_MAX {
                return self.number(value);
            }
            self.integer(magnitude, "")
        })*
    };
}

macro_rules! numbers {
    ($($name:ident: $type:ty),*) => {
        $(fn $name(self, value: $type) -> Result<(), Error> {
            self.number(value)
        })*
    };
}

impl<'w> ser::Serializer for &'w mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Open<'w>;
    type SerializeTuple = Open<'w>;
    type SerializeTupleStruct = Open<'w>;
    type SerializeTupleVariant = Open<'w>;
    type SerializeMap = Open<'w>;
    type SerializeStruct = Open<'w>;
    type SerializeStructVariant = Open<'w>;

    integers!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64);
    naturals!(serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64);
    numbers!(serialize_f32: f32, serialize_f64: f64, serialize_i128: i128, serialize_u128: u128);

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        let text: &[u8] = if value { b"true" } else { b"false" };
        self.out.extend_from_slice(text);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.text(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.text(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut open = self.open(b"{", b"}");
        open.field(variant, value)?;
        open.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'w>, Error> {
        Ok(self.open(b"[", b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Open<'w>, Error> {
        Ok(self.open(b"[", b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Open<'w>, Error> {
        Ok(self.open(b"[", b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'w>, Error> {
        Ok(self.open_variant(variant, b"[", b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Open<'w>, Error> {
        Ok(self.open(b"{", b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'w>, Error> {
        Ok(self.open(b"{", b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'w>, Error> {
        Ok(self.open_variant(variant, b"{", b"}}"))
    }
}

macro_rules! lists {
    ($($trait:ident: $method:ident),*) => {
        $(impl ser::$trait for Open<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close()
            }
        })*
    };
}

macro_rules! structs {
    ($($trait:ident),*) => {
        $(impl ser::$trait for Open<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.close()
            }
        })*
    };
}

lists!(
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field
);
structs!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Open<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.name(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Serialize;

    use super::to_vec;

    /// Both write the same, or neither writes it.
    fn same<T: Serialize>(value: &T) {
        let ours = to_vec(value).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let theirs = serde_json_canonicalizer::to_vec(value)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert_eq!(ours.ok(), theirs.ok());
    }

    /// A map that gives its entries in the order in which they were put in, as structs do.
    struct InOrder(Vec<(String, serde_json::Value)>);

    impl Serialize for InOrder {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
        }
    }

    #[derive(Serialize)]
    struct Everything {
        zulu: Option<u8>,
        alpha: (i64, u64, f64),
        unit: Unit,
        middle: Vec<Variant>,
        by_number: BTreeMap<u32, char>,
    }

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    enum Variant {
        Plain,
        New(bool),
        Tuple(u8, String),
        Struct { b: i8, a: i16 },
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let text = prop_oneof![".*", "[a-c\"\\\\\\x00-\\x1f\u{7f}é\u{ffff}\u{10000}]{0,5}"];
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            any::<u64>().prop_map(serde_json::Value::from),
            (-100_i64..100).prop_map(serde_json::Value::from),
            any::<f64>().prop_map(serde_json::Value::from),
            text.prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            let name = prop_oneof![
                "[a-zA-Z.]{0,4}",
                "[a-b\"\\\\\\n\u{7f}é\u{ffff}\u{10000}]{0,3}"
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
                prop::collection::btree_map(name, inner, 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_written_as_the_published_crate_writes_it(value in json()) {
            same(&value);
        }

        #[test]
        fn members_in_any_order_even_twice_are_written_as_the_published_crate_writes_them(
            members in prop::collection::vec(
                (prop_oneof!["[a-c]{0,2}", "[a\\n\"é\u{ffff}\u{10000}]{0,2}"], json()),
                0..8,
            )
        ) {
            same(&InOrder(members));
        }
    }

    #[test]
    fn everything_that_can_be_serialized_is_written_as_the_published_crate_writes_it() {
        same(&Everything {
            zulu: Some(7),
            alpha: (i64::MIN, u64::MAX, 1e21),
            unit: Unit,
            middle: vec![
                Variant::Plain,
                Variant::New(true),
                Variant::Tuple(1, "\u{1}".to_owned()),
                Variant::Struct { b: -1, a: 2 },
            ],
            by_number: BTreeMap::from([(2, 'a'), (10, '"')]),
        });
        for exact in [(1_u64 << 53) - 1, 1 << 53, (1 << 53) + 1] {
            same(&exact);
        }
    }
}
