//! What comes back: measured piece by piece, after decompression, until it is whole, too large or late.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderMap;
use tokio::time::{Instant, timeout_at};

use super::failure::{self, HttpFailure, Reason};

/// An answer whose body is still to come.
#[derive(Debug)]
pub struct Incoming {
    /// The status.
    pub status: u16,
    /// The headers in the order in which they came; several may have one name, in small letters.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Where it came from, after all redirects.
    pub url: Url,
    /// How many redirects were followed.
    pub redirects: u32,
    answer: reqwest::Response,
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
        // Where it says so itself, nothing of it needs to be read. Decompression leaves no length.
        if answer.content_length().is_some_and(|it| it > most_bytes as u64) {
            return Err(Reason::TooLarge { what: "the answer", most_bytes }.sent());
        }
        Ok(Incoming {
            status: answer.status().as_u16(),
            headers: measured(answer.headers(), bounds.header_bytes)?,
            url,
            redirects,
            answer,
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
        let next = timeout_at(self.until, self.answer.chunk()).await.map_err(late)?;
        let Some(piece) = next.map_err(|error| failure::of_answer(&error))? else {
            return Ok(None);
        };
        let Some(left) = self.left.checked_sub(piece.len()) else {
            return Err(Reason::TooLarge { what: "the answer", most_bytes: self.most }.sent());
        };
        self.left = left;
        Ok(Some(piece.into()))
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
