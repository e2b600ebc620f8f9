//! One turn: asked, streamed, and tried again as long as nothing of an answer has come.

use std::path::Path;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep, timeout};

use super::assemble::{Assembly, complaint, malformed};
use super::backoff;
use super::endpoint::Endpoint;
use super::failure::LlmFailure;
use super::reply::Reply;
use super::sse::{BadEvent, Events};
use super::turn::Turn;
use super::veil::Veil;
use super::wire::{self, Features};
use crate::http::{Http, HttpFailure, Incoming, Limits, Reason, Request};

/// The most of an answer of failure that is read.
const MAX_COMPLAINT_BYTES: usize = 64 << 10;

/// How long a turn may take, and how often it is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For the whole turn, with all tries and waits.
    pub timeout: Duration,
    /// For the next piece of a stream that has begun.
    pub silence: Duration,
    /// The most requests that may fail in ways that can pass.
    pub tries: u32,
    /// The wait after the first of them; it doubles.
    pub backoff: Duration,
    /// The most bytes of an answer.
    pub response_bytes: usize,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            timeout: Duration::from_mins(5),
            silence: Duration::from_secs(90),
            tries: 4,
            backoff: Duration::from_millis(500),
            response_bytes: 16 << 20,
        }
    }
}

/// Who is told each piece of text as it comes, never an empty one. None of them is ever taken back: a turn of which
/// something came, and was paid for, is not tried again.
pub type Listener<'l> = &'l mut (dyn FnMut(&str) + Send);

/// Asks a model. Dropping it ends the connection.
pub async fn complete(
    http: &Http,
    endpoint: &Endpoint,
    turn: &Turn,
    patience: &Patience,
    mut listener: Option<Listener<'_>>,
) -> Result<Reply, LlmFailure> {
    let until = Instant::now() + patience.timeout;
    let mut features = Features::of(turn);
    let mut tries = 0;
    let mut failures = 0;
    loop {
        tries += 1;
        let mut tell = |delta: &str| {
            if let Some(listener) = &mut listener
                && !delta.is_empty()
            {
                listener(delta);
            }
        };
        let one = Try { http, endpoint, turn, features, patience, until };
        let failure = match one.run(&mut tell).await {
            Ok(reply) => return Ok(Reply { tries, ..reply }),
            Err(failure) => failure,
        };
        if let LlmFailure::Rejected { message, .. } = &failure
            && let Some(fewer) = features.without(message)
        {
            features = fewer;
            continue;
        }
        failures += 1;
        if failures >= patience.tries || !failure.may_be_retried() {
            return Err(failure);
        }
        let asked = failure.retry_after();
        let wait = backoff::wait(patience.backoff, failures, asked, backoff::chance());
        match wait.filter(|wait| Instant::now() + *wait < until) {
            Some(wait) => sleep(wait).await,
            None => return Err(failure),
        }
    }
}

/// One request.
struct Try<'t> {
    http: &'t Http,
    endpoint: &'t Endpoint,
    turn: &'t Turn,
    features: Features,
    patience: &'t Patience,
    until: Instant,
}

impl Try<'_> {
    async fn run(&self, tell: Listener<'_>) -> Result<Reply, LlmFailure> {
        let mut veil = Veil::over(self.endpoint.key.as_ref());
        let opened = self.open().await;
        let answer = opened.map_err(|failure| self.of_http(failure, false))?;
        if !(200..300).contains(&answer.status) {
            return Err(self.refusal(answer, &veil).await);
        }
        let form = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let assembly = if form.starts_with("text/event-stream") {
            self.streamed(answer, &mut veil, tell).await
        } else {
            let whole = answer.whole().await;
            let whole = whole.map_err(|failure| self.of_http(failure, false))?;
            let mut assembly = Assembly::default();
            let text = assembly.take(&whole.body);
            text.map(|text| {
                tell(&veil.text(&text));
                assembly
            })
        };
        assembly.and_then(|it| it.reply(self.turn, &veil)).map_err(|it| clean(it, &veil))
    }

    async fn open(&self) -> Result<Incoming, HttpFailure> {
        let (url, socket) = self.endpoint.address.completions();
        let mut request = Request::new(&self.endpoint.owner, "POST", &url)
            .header("content-type", "application/json")
            .header("accept", "text/event-stream, application/json");
        if let Some(key) = &self.endpoint.key {
            let value = zeroize::Zeroizing::new(format!("Bearer {}", key.expose().trim()));
            request = request.secret_header("authorization", &value);
        }
        request.body = wire::body(self.turn, &self.endpoint.model, self.features);
        let limits = Limits {
            timeout: self.until.saturating_duration_since(Instant::now()),
            response_bytes: self.patience.response_bytes,
            redirects: 0,
            ..Limits::default()
        };
        match socket {
            Some(path) => self.http.open_through(Path::new(path), request, &limits).await,
            // The tenant chose the address; the guard holds for it as for any other.
            None => self.http.open(request, &limits, &|_, _| Ok(())).await,
        }
    }

    async fn streamed(
        &self,
        mut answer: Incoming,
        veil: &mut Veil,
        tell: Listener<'_>,
    ) -> Result<Assembly, LlmFailure> {
        let mut events = Events::default();
        let mut assembly = Assembly::default();
        let mut is_done = false;
        while !is_done {
            let silent = |_| LlmFailure::TimedOut { after: self.patience.silence };
            let piece = timeout(self.patience.silence, answer.chunk()).await.map_err(silent)?;
            let found = match piece {
                Ok(Some(piece)) => events.push(&piece).map_err(bad_event)?,
                Ok(None) => {
                    is_done = true;
                    events.end().map_err(bad_event)?.into_iter().collect()
                }
                // What was said is whole; only the end of the connection is not.
                Err(_) if assembly.is_finished() => break,
                Err(failure) => return Err(self.of_http(failure, assembly.has_begun())),
            };
            for event in found {
                if event.trim() == "[DONE]" {
                    tell(&veil.end());
                    return if assembly.has_choice() { Ok(assembly) } else { Err(empty()) };
                }
                let text = assembly.take(event.as_bytes())?;
                tell(&veil.push(&text));
            }
        }
        tell(&veil.end());
        match (assembly.is_finished(), assembly.has_begun()) {
            (true, _) => Ok(assembly),
            (false, true) => Err(LlmFailure::Cut { what: "the stream ended early".to_owned() }),
            (false, false) => Err(empty()),
        }
    }

    /// What an answer of failure says.
    async fn refusal(&self, mut answer: Incoming, veil: &Veil) -> LlmFailure {
        let status = answer.status;
        let asked = backoff::asked(
            answer.header("retry-after-ms"),
            answer.header("retry-after"),
            SystemTime::now(),
        );
        let mut body = Vec::new();
        while body.len() < MAX_COMPLAINT_BYTES
            && let Ok(Ok(Some(piece))) = timeout(self.patience.silence, answer.chunk()).await
        {
            body.extend_from_slice(&piece);
        }
        // The key may stand across the end of what is kept: it is taken out before anything is cut.
        let message = complaint(veil.text(&String::from_utf8_lossy(&body)).as_bytes());
        match status {
            401 | 403 => LlmFailure::Unauthorized { status, message },
            429 => LlmFailure::RateLimited { retry_after: asked, message },
            408 | 425 | 500.. => LlmFailure::Broken { status, retry_after: asked, message },
            _ => LlmFailure::Rejected { status, message },
        }
    }

    fn of_http(&self, failure: HttpFailure, has_begun: bool) -> LlmFailure {
        match LlmFailure::of_http(failure, has_begun) {
            // Of the whole turn, of which this request had what was left.
            LlmFailure::TimedOut { .. } => LlmFailure::TimedOut { after: self.patience.timeout },
            failure => failure,
        }
    }
}

/// A stream without any answer in it.
fn empty() -> LlmFailure {
    LlmFailure::Unreached(HttpFailure {
        reason: Reason::Protocol("the stream ended before the answer began".to_owned()),
        sent: true,
    })
}

fn bad_event(event: BadEvent) -> LlmFailure {
    malformed(match event {
        BadEvent::TooLong => "an event that is too long",
        BadEvent::NoText => "an event that is no text",
    })
}

/// The failure without the key, which an error within an answer may echo.
fn clean(failure: LlmFailure, veil: &Veil) -> LlmFailure {
    match failure {
        LlmFailure::Broken { status, retry_after, message } => {
            LlmFailure::Broken { status, retry_after, message: veil.text(&message) }
        }
        LlmFailure::Cut { what } => LlmFailure::Cut { what: veil.text(&what) },
        failure => failure,
    }
}
