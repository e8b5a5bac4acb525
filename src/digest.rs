//! The digest of a value: SHA-256 over its canonical JSON (RFC 8785), so that anybody can check it.

mod canonical;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of what the value is in canonical JSON.
    ///
    /// # Panics
    ///
    /// When the value cannot be written as JSON, which is a bug: products of idac always can.
    pub fn of<T: Serialize>(value: &T) -> Digest {
        let bytes = canonical::to_vec(value)
            .unwrap_or_else(|error| panic!("bug: a product cannot be written as JSON: {error}"));
        Digest::of_bytes(&bytes)
    }

    /// The digest of these very bytes.
    pub fn of_bytes(bytes: &[u8]) -> Digest {
        let mut text = String::with_capacity(71);
        text.push_str("sha256:");
        for byte in Sha256::digest(bytes) {
            for half in [byte >> 4, byte & 15] {
                text.push(char::from(b"0123456789abcdef"[usize::from(half)]));
            }
        }
        Digest(text)
    }

    /// The first twelve hexadecimal digits: enough for people to compare.
    pub fn short(&self) -> &str {
        self.0.get(7..19).unwrap_or(&self.0)
    }

    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_canonical_json() {
        // `printf '{"a":1,"b":[true]}' | sha256sum`
        let value = serde_json::json!({ "b": [true], "a": 1 });
        assert_eq!(
            Digest::of(&value).as_str(),
            "sha256:90eddf64b875cb5fa184bb12503cc7309b6ce21b175521a80bd8d83082bae604"
        );
    }
}
