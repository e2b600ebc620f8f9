//! Echoes: values that come back in answers, whatever they were turned into on the way. What is done to
//! the value as a whole is found; a destination that wants to tell it can always tell it in code.

use std::borrow::Cow;

use sluice_model::Scrub;
use zeroize::Zeroizing;

use super::master::hex;
use super::place::{in_json, percent};
use super::secret::Secret;
use crate::http::{Response, Url};

/// Lines of a long value that are looked for by themselves have at least so many bytes.
const SHORTEST_LINE: usize = 20;

/// Makes `scrub` take a value out from now on: as [`Scrub`] knows it (as it is, in JSON, percent-encoded,
/// in base64), in hex, in HTML, in JSON with every slash escaped, and percent-encoded twice; and each long line of a
/// value with several, as it is and in JSON. A value that it knows costs nothing.
pub fn learn(scrub: &Scrub, secret: &Secret) {
    let value = secret.expose();
    let trimmed = value.trim();
    let lines = || {
        let lines = trimmed.lines().map(str::trim).filter(|line| {
            line.len() >= SHORTEST_LINE && line.len() < trimmed.len() && !line.starts_with("-----")
        });
        lines.flat_map(|line| [Zeroizing::new(line.to_owned()), in_json(line)])
    };
    scrub.add_with(trimmed, || forms_of(trimmed).into_iter().chain(lines()).collect());
    if value.len() > trimmed.len() {
        scrub.add_with(value, || forms_of(value));
    }
}

/// The forms of a text that [`Scrub`] does not know by itself.
fn forms_of(text: &str) -> Vec<Zeroizing<String>> {
    let digits = Zeroizing::new(hex(text.as_bytes()));
    vec![
        Zeroizing::new(digits.to_uppercase()),
        digits,
        in_html(text, "&#39;"),
        in_html(text, "&#x27;"),
        in_html(text, "'"),
        Zeroizing::new(in_json(text).replace('/', "\\/")),
        percent(&percent(text)),
    ]
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
