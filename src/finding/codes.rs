//! Every code that a finding can carry, with what `idac explain CODE` says of it.
//!
//! Codes are stable: one that was published is never used for anything else. 1xx: the identity root as text
//! and as a declaration. 2xx: the declaration against the tenant. 3xx: guardrails.

/// One code.
#[derive(Debug)]
pub struct Code {
    pub id: &'static str,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// Why it is a finding, and what to do about it.
    pub explanation: &'static str,
}

/// The code of this name, whatever its case.
pub fn code(id: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.id.eq_ignore_ascii_case(id))
}

/// All codes, in order.
pub const CODES: &[Code] = &[];
