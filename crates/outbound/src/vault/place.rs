//! Values put in the places of their references, in requests that are about to leave: in values of headers,
//! in values of the query, and in the body. A reference anywhere else is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sluice_model::Scrub;
use zeroize::Zeroizing;

use super::reference::{self, Reference};
use super::secret::Secret;
use crate::http::Request;

/// The values that a run's references stand for.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<String, (String, Secret)>);

/// A request with values in it.
#[derive(Debug)]
pub struct Placed {
    /// The request: no redirect takes a value in it to another origin.
    pub request: Request,
    /// Which secrets are where in it; each pair once.
    pub used: Vec<Use>,
    /// What takes the values in it out of what comes back, and no others: whoever sends the request could
    /// find out by it what is secret.
    pub scrub: Scrub,
}

/// A secret in a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The secret's name.
    pub name: String,
    /// The place.
    pub place: Place,
}

/// A place in a request where a value may be put.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The value of this header, named in small letters.
    Header(String),
    /// The value of this member of the query.
    Query(String),
    /// The body.
    Body,
}

/// A reference that no value can be put in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// It is of another run, or of a secret that this one was not given.
    #[error("a reference to a secret is not of this run")]
    Unknown,
    /// It is where no value may be.
    #[error(
        "a reference to a secret stands where no value is put in: put it into the value of a header, \
         the value of a query parameter or the body"
    )]
    Elsewhere,
}

impl Values {
    /// One more.
    pub fn insert(&mut self, reference: &Reference, name: &str, value: Secret) {
        self.0.insert(reference.as_str().to_owned(), (name.to_owned(), value));
    }
}

/// Which references stand in such a request, in whichever place: only their values are needed for it.
pub fn references<'r>(
    url: &str,
    headers: impl IntoIterator<Item = &'r str>,
    body: &[u8],
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut look = |bytes: &[u8]| {
        let mut done = 0;
        while let Some(range) = reference::find(bytes, done) {
            done = range.end;
            found.insert(String::from_utf8_lossy(&bytes[range]).into_owned());
        }
    };
    look(url.as_bytes());
    look(body);
    for value in headers {
        look(value.as_bytes());
        if let Some(pair) = opened_basic(value) {
            look(&pair);
        }
    }
    found
}

/// Puts values in. In a body of JSON or of a form they are written as those want it, in a query percent-encoded,
/// and `Basic` credentials are opened for it.
pub fn place(mut request: Request, values: &Values) -> Result<Placed, PlaceError> {
    let mut used = Vec::new();
    if reference::find(request.method.as_bytes(), 0).is_some() {
        return Err(PlaceError::Elsewhere);
    }
    request.url = in_url(&request.url, values, &mut used)?;
    for header in &mut request.headers {
        if reference::find(header.name.as_bytes(), 0).is_some() {
            return Err(PlaceError::Elsewhere);
        }
        let place = Place::Header(header.name.to_ascii_lowercase());
        let value = match opened_basic(&header.value) {
            Some(pair) => {
                let pair = put(&pair, values, as_is, &place, &mut used)?;
                pair.map(|pair| format!("Basic {}", STANDARD.encode(&pair[..])).into_bytes())
            }
            None => put(header.value.as_bytes(), values, as_is, &place, &mut used)?,
        };
        if let Some(value) = value.and_then(|value| String::from_utf8(value).ok()) {
            header.value = value;
            header.is_secret = true;
        }
    }
    let form = request.headers.iter().find(|it| it.name.eq_ignore_ascii_case("content-type"));
    let form = form.map(|it| it.value.to_ascii_lowercase()).unwrap_or_default();
    let written = match form {
        form if form.contains("json") => in_json,
        form if form.contains("form-urlencoded") => percent,
        _ => as_is,
    };
    if let Some(body) = put(&request.body, values, written, &Place::Body, &mut used)? {
        request.body = body;
        request.body_is_secret = true;
    }
    used.sort_unstable();
    used.dedup();
    let is_used = |name: &str| used.iter().any(|it| it.name == name);
    let placed = values.0.values().filter(|(name, _)| is_used(name));
    let scrub = Scrub::joined(placed.map(|(_, value)| value.scrub()));
    request.secrets = scrub.clone();
    Ok(Placed { request, used, scrub })
}

fn in_url(url: &str, values: &Values, used: &mut Vec<Use>) -> Result<String, PlaceError> {
    let address = url.split('#').next().unwrap_or_default();
    let (path, query) = match address.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (address, None),
    };
    let is_in = |text: &str| reference::find(text.as_bytes(), 0).is_some();
    if is_in(path) || is_in(url.get(address.len()..).unwrap_or_default()) {
        return Err(PlaceError::Elsewhere);
    }
    let Some(query) = query.filter(|query| is_in(query)) else { return Ok(url.to_owned()) };
    let mut members = Vec::new();
    for member in query.split('&') {
        let Some((name, value)) = member.split_once('=').filter(|(name, _)| !is_in(name)) else {
            if is_in(member) {
                return Err(PlaceError::Elsewhere);
            }
            members.push(member.to_owned());
            continue;
        };
        let place = Place::Query(sluice_model::percent_decoded(name));
        let value = match put(value.as_bytes(), values, percent, &place, used)? {
            Some(value) => String::from_utf8_lossy(&value).into_owned(),
            None => value.to_owned(),
        };
        members.push(format!("{name}={value}"));
    }
    Ok(format!("{path}?{}", members.join("&")))
}

/// The bytes with values in the places of references, or nothing where there are none.
fn put(
    bytes: &[u8],
    values: &Values,
    written: fn(&str) -> Zeroizing<String>,
    place: &Place,
    used: &mut Vec<Use>,
) -> Result<Option<Vec<u8>>, PlaceError> {
    let mut done = 0;
    let mut result = Vec::new();
    while let Some(found) = reference::find(bytes, done) {
        let text = std::str::from_utf8(&bytes[found.clone()]).unwrap_or_default();
        let (name, value) = values.0.get(text).ok_or(PlaceError::Unknown)?;
        result.extend_from_slice(&bytes[done..found.start]);
        result.extend_from_slice(written(value.expose()).as_bytes());
        used.push(Use { name: name.clone(), place: place.clone() });
        done = found.end;
    }
    if done == 0 {
        return Ok(None);
    }
    result.extend_from_slice(&bytes[done..]);
    Ok(Some(result))
}

/// The user and password of `Basic` credentials that hold a reference.
fn opened_basic(value: &str) -> Option<Vec<u8>> {
    let (scheme, encoded) = value.split_once(' ')?;
    let pair = STANDARD.decode(encoded.trim()).ok()?;
    (scheme.eq_ignore_ascii_case("basic") && reference::find(&pair, 0).is_some()).then_some(pair)
}

fn as_is(value: &str) -> Zeroizing<String> {
    Zeroizing::new(value.to_owned())
}

/// Within quotes that are there already.
pub(super) fn in_json(value: &str) -> Zeroizing<String> {
    let quoted = Zeroizing::new(serde_json::to_string(value).unwrap_or_default());
    let inner = quoted.get(1..quoted.len().saturating_sub(1));
    Zeroizing::new(inner.unwrap_or_default().to_owned())
}

/// Percent-encoded but for what needs it nowhere.
pub(super) fn percent(value: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(value.len() * 3));
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
