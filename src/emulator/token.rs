//! Tokens that a client only ever gives back: pages and delta states. Each carries a digest, so that what the tenant
//! did not give is refused rather than guessed at.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

/// How many bytes of the digest a token carries: enough to notice garbage, which is all it is for.
const CHECK: usize = 8;

/// Makes a token that [`open`] reads back for the same purpose only.
pub(super) fn seal(purpose: &str, content: &impl Serialize) -> String {
    let body =
        serde_json::to_vec(content).expect("bug: the content of a token is not serialisable");
    let mut bytes = check(purpose, &body).to_vec();
    bytes.extend(body);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The content of a token that was made for this purpose.
pub(super) fn open<T: DeserializeOwned>(purpose: &str, token: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (stated, body) = bytes.split_at_checked(CHECK)?;
    if stated != check(purpose, body) {
        return None;
    }
    serde_json::from_slice(body).ok()
}

fn check(purpose: &str, body: &[u8]) -> [u8; CHECK] {
    let mut digest = Sha256::new();
    digest.update(purpose.as_bytes());
    digest.update([0]);
    digest.update(body);
    let mut check = [0; CHECK];
    check.copy_from_slice(&digest.finalize()[..CHECK]);
    check
}
