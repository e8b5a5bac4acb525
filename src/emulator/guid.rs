//! Object ids: GUIDs, compared without regard to case because they are compared as numbers.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A GUID. Written as Graph writes it: lower case with hyphens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Guid(u128);

impl Guid {
    pub(crate) const ZERO: Guid = Guid(0);
    pub(crate) const MAX: Guid = Guid(u128::MAX);

    /// Reads the hyphenated form in any case; anything else is not an object id to Graph.
    pub(crate) fn parse(text: &str) -> Option<Guid> {
        if text.len() != 36 {
            return None;
        }
        let mut number = 0u128;
        for (at, byte) in text.bytes().enumerate() {
            if matches!(at, 8 | 13 | 18 | 23) {
                if byte != b'-' {
                    return None;
                }
            } else {
                number = number << 4 | u128::from(char::from(byte).to_digit(16)?);
            }
        }
        Some(Guid(number))
    }

    /// A version 4 GUID made of these random bits.
    pub(crate) fn from_random(high: u64, low: u64) -> Guid {
        let number = u128::from(high) << 64 | u128::from(low);
        let version = 0xf_u128 << 76;
        let variant = 0x3_u128 << 62;
        Guid(number & !version & !variant | 0x4_u128 << 76 | 0x2_u128 << 62)
    }

    /// The sixteen bytes in Microsoft's order (first three groups little-endian), from which Graph builds the ids
    /// of grants and assignments.
    pub(crate) fn mixed_endian(self) -> [u8; 16] {
        let mut bytes = self.0.to_be_bytes();
        bytes[0..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
        bytes
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(
            out,
            "{}-{}-{}-{}-{}",
            &hex[0..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..32]
        )
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Guid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Guid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Guid, D::Error> {
        let text = String::deserialize(deserializer)?;
        Guid::parse(&text).ok_or_else(|| de::Error::custom(format!("{text:?} is not a GUID")))
    }
}

/// A seeded generator (SplitMix64): small, good enough for ids, and its whole state is one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) fn guid(&mut self) -> Guid {
        Guid::from_random(self.next(), self.next())
    }

    /// True `per_mille` times in a thousand.
    pub(crate) fn falls(&mut self, per_mille: u32) -> bool {
        per_mille > 0 && self.next() % 1000 < u64::from(per_mille)
    }
}
