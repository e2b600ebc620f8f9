//! Echoes: values that come back in answers, whatever they were turned into on the way. What is done to
//! the value as a whole is found; a destination that wants to tell it can always tell it in code.

use std::borrow::Cow;

use sluice_model::{SHORTEST_SECRET, Scrub};
use zeroize::Zeroizing;

use super::master::hex;
use super::place::{in_json, percent};
use super::secret::Secret;
use crate::http::{Response, Url};

/// Lines of a long value that are looked for by themselves have at least so many bytes.
const SHORTEST_LINE: usize = 20;

/// Makes `scrub` take a value out from now on: as [`Scrub`] knows it (as it is, in JSON, percent-encoded,
/// in base64), in hex, in HTML, in JSON with every slash escaped, and percent-encoded twice; and each long line of a
/// value with several.
pub fn learn(scrub: &Scrub, secret: &Secret) {
    let value = secret.expose();
    let trimmed = value.trim();
    let mut forms: Vec<Zeroizing<String>> = Vec::new();
    let lines = trimmed.lines().map(str::trim).filter(|line| {
        line.len() >= SHORTEST_LINE && line.len() < trimmed.len() && !line.starts_with("-----")
    });
    for text in [value, trimmed].into_iter().chain(lines) {
        let digits = Zeroizing::new(hex(text.as_bytes()));
        forms.push(Zeroizing::new(digits.to_uppercase()));
        forms.push(digits);
        forms.push(in_html(text, "&#39;"));
        forms.push(in_html(text, "&#x27;"));
        forms.push(in_html(text, "'"));
        forms.push(Zeroizing::new(in_json(text).replace('/', "\\/")));
        forms.push(percent(&percent(text)));
        forms.push(Zeroizing::new(text.to_owned()));
    }
    forms.retain(|form| form.len() >= SHORTEST_SECRET);
    scrub.add(forms.iter().map(|form| form.as_str()));
}

/// The bytes without the values that `scrub` has learned.
pub fn scrub_bytes<'b>(scrub: &Scrub, bytes: &'b [u8]) -> Cow<'b, [u8]> {
    scrub.bytes(bytes)
}

/// The answer without them: its headers, its body and its address.
pub fn scrub_response(scrub: &Scrub, mut response: Response) -> Response {
    for (name, value) in &mut response.headers {
        if let Cow::Owned(clean) = scrub.text(name) {
            *name = clean;
        }
        if let Cow::Owned(clean) = scrub.bytes(value) {
            *value = clean;
        }
    }
    if let Cow::Owned(clean) = scrub.bytes(&response.body) {
        response.body = clean;
    }
    response.url = scrub_url(scrub, response.url);
    response
}

fn scrub_url(scrub: &Scrub, mut url: Url) -> Url {
    let Cow::Owned(clean) = scrub.text(url.as_str()) else { return url };
    if let Ok(clean) = Url::parse(&clean) {
        return clean;
    }
    url.set_path("");
    url.set_query(None);
    url
}

fn in_html(text: &str, apostrophe: &str) -> Zeroizing<String> {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Zeroizing::new(text.replace('"', "&quot;").replace('\'', apostrophe))
}
