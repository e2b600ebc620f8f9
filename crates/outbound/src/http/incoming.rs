//! What comes back: measured piece by piece, after decompression, until it is whole, too large or late.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use tokio::time::{Instant, timeout_at};

use super::body::Body;
use super::failure::{HttpFailure, Reason};

/// An answer whose body is still to come.
pub struct Incoming {
    /// The status.
    pub status: u16,
    /// The headers in the order in which they came; several may have one name, in small letters.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Where it came from, after all redirects.
    pub url: Url,
    /// How many redirects were followed.
    pub redirects: u32,
    body: Body,
    left: usize,
    most: usize,
    until: Instant,
    within: Duration,
}

/// A whole answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers in the order in which they came; several may have one name, in small letters.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, without any encoding.
    pub body: Vec<u8>,
    /// Where it came from, after all redirects.
    pub url: Url,
    /// How many redirects were followed.
    pub redirects: u32,
}

/// What an answer may take.
pub(super) struct Bounds {
    pub(super) header_bytes: usize,
    pub(super) body_bytes: usize,
    pub(super) until: Instant,
    pub(super) within: Duration,
}

impl Incoming {
    pub(super) fn of(
        answer: reqwest::Response,
        url: Url,
        redirects: u32,
        bounds: &Bounds,
    ) -> Result<Incoming, HttpFailure> {
        let most_bytes = bounds.body_bytes;
        // Where it says so itself, nothing of it needs to be read.
        if answer.content_length().is_some_and(|it| it > most_bytes as u64) {
            return Err(Reason::TooLarge { what: "the answer", most_bytes }.sent());
        }
        let mut headers = measured(answer.headers(), bounds.header_bytes)?;
        let status = answer.status().as_u16();
        let body = Body::of(answer, most_bytes);
        if body.is_packed() {
            // They are of the body as it was sent, which nobody gets to see.
            let is_of_packing = |name: &str| name == CONTENT_ENCODING || name == CONTENT_LENGTH;
            headers.retain(|(name, _)| !is_of_packing(name));
        }
        Ok(Incoming {
            status,
            headers,
            url,
            redirects,
            body,
            left: most_bytes,
            most: most_bytes,
            until: bounds.until,
            within: bounds.within,
        })
    }

    /// The first value of a header, where it is a text.
    pub fn header(&self, name: &str) -> Option<&str> {
        text_of(&self.headers, name)
    }

    /// The next piece of the body, or nothing after the last one.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        let late = |_| Reason::TimedOut { after: self.within }.sent();
        let next = timeout_at(self.until, self.body.chunk()).await.map_err(late)?;
        let Some(piece) = next? else { return Ok(None) };
        let Some(left) = self.left.checked_sub(piece.len()) else {
            return Err(Reason::TooLarge { what: "the answer", most_bytes: self.most }.sent());
        };
        self.left = left;
        Ok(Some(piece))
    }

    /// All of it.
    pub async fn whole(mut self) -> Result<Response, HttpFailure> {
        let mut body = Vec::new();
        while let Some(piece) = self.chunk().await? {
            body.extend_from_slice(&piece);
        }
        Ok(Response {
            status: self.status,
            headers: self.headers,
            body,
            url: self.url,
            redirects: self.redirects,
        })
    }
}

impl Response {
    /// The first value of a header, where it is a text.
    pub fn header(&self, name: &str) -> Option<&str> {
        text_of(&self.headers, name)
    }
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Incoming({})", self.status)
    }
}

// It may echo secrets.
impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

fn measured(headers: &HeaderMap, most: usize) -> Result<Vec<(String, Vec<u8>)>, HttpFailure> {
    let bytes: usize = headers.iter().map(|(name, it)| name.as_str().len() + it.len() + 4).sum();
    if bytes > most {
        return Err(Reason::TooLarge { what: "the answer's header", most_bytes: most }.sent());
    }
    Ok(headers.iter().map(|(name, it)| (name.to_string(), it.as_bytes().to_vec())).collect())
}

fn text_of<'h>(headers: &'h [(String, Vec<u8>)], name: &str) -> Option<&'h str> {
    let (_, value) = headers.iter().find(|(found, _)| found == name)?;
    std::str::from_utf8(value).ok()
}
