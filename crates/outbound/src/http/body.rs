//! Bodies as they come: unpacked by us, so that what comes over the wire is measured as well as what comes
//! out of it. A body that unpacks to nothing for ever ends like any other.

use std::io::{self, Cursor};
use std::pin::Pin;

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use futures_util::{Stream, StreamExt as _};
use reqwest::header::CONTENT_ENCODING;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _};
use tokio_util::io::StreamReader;

use super::failure::{self, HttpFailure, Reason};

/// What we ask for.
pub(super) const CODINGS: &str = "gzip, br, zstd";

/// How much is unpacked at a time.
const PIECE_BYTES: usize = 16 << 10;

/// Zstandard remembers at most 8 MiB (RFC 8878 asks nobody to do more); it could ask for gigabytes.
const ZSTD_WINDOW_LOG: u32 = 23;

type Packed = Pin<Box<dyn AsyncBufRead + Send + Sync>>;

/// A body of which some is still to come.
pub(super) enum Body {
    /// As it was sent.
    Plain(reqwest::Response),
    /// Packed, and nothing of it has come.
    Waiting(Coding, Packed),
    /// Being unpacked.
    Unpacking(Pin<Box<dyn AsyncRead + Send + Sync>>),
    /// All has come.
    Over,
}

#[derive(Clone, Copy)]
pub(super) enum Coding {
    Gzip,
    Brotli,
    Zstd,
}

/// More came over the wire than the body may have.
#[derive(Debug, thiserror::Error)]
#[error("more than {0} bytes were sent")]
struct TooMuch(usize);

impl Body {
    /// The body of an answer. A coding that we did not ask for stays as it is.
    pub(super) fn of(answer: reqwest::Response, most: usize) -> Body {
        let coding = answer.headers().get(CONTENT_ENCODING).and_then(|it| it.to_str().ok());
        let coding = match coding.map(|it| it.trim().to_ascii_lowercase()).as_deref() {
            Some("gzip" | "x-gzip") => Coding::Gzip,
            Some("br") => Coding::Brotli,
            Some("zstd") => Coding::Zstd,
            _ => return Body::Plain(answer),
        };
        Body::Waiting(coding, Box::pin(StreamReader::new(Box::pin(measured(answer, most)))))
    }

    /// Whether its headers speak of another body than what comes out.
    pub(super) fn is_packed(&self) -> bool {
        !matches!(self, Body::Plain(_))
    }

    /// The next piece, or nothing after the last one. Dropping it loses nothing but a body that is packed.
    pub(super) async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        if let Body::Plain(answer) = self {
            let piece = answer.chunk().await.map_err(|error| failure::of_answer(&error))?;
            return Ok(piece.map(Into::into));
        }
        let piece = self.unpacked().await.map_err(|error| of_packed(&error))?;
        Ok(Some(piece).filter(|it| !it.is_empty()))
    }

    async fn unpacked(&mut self) -> io::Result<Vec<u8>> {
        if let Body::Waiting(_, packed) = self {
            // No body at all is one in any coding.
            let is_empty = packed.fill_buf().await?.is_empty();
            let waiting = std::mem::replace(self, Body::Over);
            if let Body::Waiting(coding, packed) = waiting
                && !is_empty
            {
                *self = Body::Unpacking(coding.unpack(packed));
            }
        }
        let Body::Unpacking(unpacking) = self else { return Ok(Vec::new()) };
        let mut piece = vec![0; PIECE_BYTES];
        let length = unpacking.read(&mut piece).await?;
        piece.truncate(length);
        if length == 0 {
            *self = Body::Over;
        }
        Ok(piece)
    }
}

impl Coding {
    fn unpack(self, packed: Packed) -> Pin<Box<dyn AsyncRead + Send + Sync>> {
        match self {
            Coding::Gzip => {
                let mut decoder = GzipDecoder::new(packed);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
            Coding::Brotli => Box::pin(BrotliDecoder::new(packed)),
            Coding::Zstd => {
                let most = DParameter::window_log_max(ZSTD_WINDOW_LOG);
                let mut decoder = ZstdDecoder::with_params(packed, &[most]);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
        }
    }
}

/// What comes over the wire, up to so many bytes.
fn measured(
    answer: reqwest::Response,
    most: usize,
) -> impl Stream<Item = io::Result<Cursor<Vec<u8>>>> + Send + Sync {
    let mut left = most;
    answer.bytes_stream().map(move |piece| {
        let piece = piece.map_err(io::Error::other)?;
        left = left.checked_sub(piece.len()).ok_or_else(|| io::Error::other(TooMuch(most)))?;
        Ok(Cursor::new(piece.into()))
    })
}

fn of_packed(error: &io::Error) -> HttpFailure {
    let inner = error.get_ref();
    if let Some(error) = inner.and_then(|it| it.downcast_ref::<reqwest::Error>()) {
        return failure::of_answer(error);
    }
    match inner.and_then(|it| it.downcast_ref::<TooMuch>()) {
        Some(TooMuch(most_bytes)) => {
            Reason::TooLarge { what: "the answer", most_bytes: *most_bytes }.sent()
        }
        None => Reason::Protocol("its body is not encoded as it says".to_owned()).sent(),
    }
}
