//! Sealing bytes under a key: XChaCha20-Poly1305 with a random nonce, bound to what the bytes are for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 24;

/// The bytes of a key.
pub(super) type KeyBytes = Zeroizing<[u8; 32]>;

/// Seals bytes: base64 of the nonce and what it made. `bound` is not kept, and needed to open it.
pub(super) fn seal(key: &KeyBytes, bound: &[&[u8]], plain: &[u8]) -> String {
    let nonce: [u8; NONCE_BYTES] = random();
    let bound = joined(bound);
    let payload = Payload { msg: plain, aad: &bound };
    let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload);
    let sealed = sealed.expect("so few bytes can be sealed under any nonce");
    URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
}

/// Opens what was sealed under this key for the same purpose, or says nothing about why not.
pub(super) fn open(key: &KeyBytes, bound: &[&[u8]], text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
    let bound = joined(bound);
    let payload = Payload { msg: sealed, aad: &bound };
    cipher(key).decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
}

/// HMAC-SHA256 of these parts.
pub(super) fn authenticated(key: &[u8; 32], parts: &[&[u8]]) -> KeyBytes {
    let mut mac =
        <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("a key of any length will do");
    mac.update(&joined(parts));
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// Bytes that nobody can guess.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let got = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    assert_eq!(got, Ok(N), "the kernel promises that so few bytes come at once");
    bytes
}

/// A key that nobody can guess.
pub(super) fn random_key() -> KeyBytes {
    Zeroizing::new(random())
}

fn cipher(key: &KeyBytes) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new_from_slice(&key[..]).expect("the key has its 32 bytes")
}

/// The parts, each with its length, so that no two lists become the same bytes.
fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}
