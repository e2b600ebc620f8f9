//! One socket from its first message to its farewell: one task, which says one thing at a time and waits
//! until it is sent. Whoever does not read what is sent is shown out.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use sluice_model::Code;
use tokio::time::{Instant, timeout};

use super::greeting::{MOST_STRANGERS, PATIENCE, of_ticket};
use super::subscriptions::Subscriptions;
use super::words::{Asked, Reason, Said};
use crate::auth::Identity;
use crate::edge::Edge;
use crate::input::of_json;
use crate::places::{Place, Viewer};
use crate::problem::Problem;

/// Bytes of a client's message at most.
pub(crate) const MOST_MESSAGE_BYTES: usize = 16 << 10;

/// How long a message may take to be sent.
const SENT_WITHIN: Duration = Duration::from_secs(20);

/// How long the other end may be silent: it answers pings.
const SILENT: Duration = Duration::from_mins(1);

/// How often the other end is asked whether it is there.
const PING: Duration = Duration::from_secs(20);

/// How often it is looked whether a silent socket may stay.
const LOOK: Duration = Duration::from_secs(15);

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// Who opened the socket.
pub(crate) enum Arrival {
    /// Somebody who is known by a header.
    Known(Box<Identity>),
    /// Somebody at that address who is still to say it.
    Stranger(IpAddr),
}

/// Why a socket is closed by this end: the codes of docs/live.md. The other end may just go.
enum Leave {
    Said(u16, &'static str),
    Gone,
}

const STOPPING: Leave = Leave::Said(1001, "the server is stopping: reconnect");
const UNREADABLE: Leave = Leave::Said(1003, "messages are JSON texts");
const TOO_LARGE: Leave = Leave::Said(1009, "messages have at most 16 KiB");
const BROKEN: Leave = Leave::Said(1011, "the store failed: reconnect");
const STRANGER: Leave = Leave::Said(4401, "not logged in, or no longer: log in again");
const TOO_SLOW: Leave = Leave::Said(4408, "too slow: reconnect with your cursors");
const TOO_MANY: Leave = Leave::Said(4429, "too many sockets");

/// Serves a socket until one of the two ends leaves.
pub(crate) async fn attend(edge: Edge, mut socket: WebSocket, arrival: Arrival) {
    let (leave, place) = match welcomed(&edge, &mut socket, arrival).await {
        Ok((identity, place)) => {
            let mut session = Session {
                edge,
                identity,
                socket: &mut socket,
                subscriptions: Subscriptions::new(),
            };
            (session.run().await, Some(place))
        }
        Err(leave) => (leave, None),
    };
    if let Leave::Said(code, reason) = leave {
        // The other end may not read even that.
        let _ = timeout(FAREWELL, farewell(&mut socket, code, reason)).await;
    }
    drop(place);
}

/// Says why, and reads until the other end has heard it: a connection that is closed with something
/// unread may lose what was sent last.
async fn farewell(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: reason.into() };
    if socket.send(Message::Close(Some(frame))).await.is_ok() {
        while let Some(Ok(_)) = socket.recv().await {}
    }
}

async fn welcomed(
    edge: &Edge,
    socket: &mut WebSocket,
    arrival: Arrival,
) -> Result<(Identity, Place<Viewer>), Leave> {
    let identity = match arrival {
        Arrival::Known(identity) => *identity,
        Arrival::Stranger(address) => greeted(edge, socket, address).await?,
    };
    let most = edge.settings().sockets_per_tenant;
    let viewer = Viewer::Of(identity.tenant.id().clone());
    let place = edge.places().take(viewer, most).ok_or(TOO_MANY)?;
    let welcome = Said::Welcome {
        tenant: identity.tenant.id(),
        token: &identity.token,
        scopes: &identity.scopes,
        version: edge.settings().version,
    };
    say(socket, welcome.text()).await?;
    Ok((identity, place))
}

/// Waits for the ticket.
async fn greeted(edge: &Edge, socket: &mut WebSocket, address: IpAddr) -> Result<Identity, Leave> {
    let stranger = Viewer::Stranger(address);
    let _place = edge.places().take(stranger, MOST_STRANGERS).ok_or(TOO_MANY)?;
    let first = async {
        loop {
            if let Some(text) = heard(socket.recv().await)? {
                return Ok(text);
            }
        }
    };
    let first = tokio::select! {
        () = edge.stopping() => return Err(STOPPING),
        first = timeout(PATIENCE, first) => first.map_err(|_| STRANGER)??,
    };
    let Ok(Asked::Hello { ticket }) = of_json(first.as_bytes()) else { return Err(STRANGER) };
    match of_ticket(edge, &ticket, address).await {
        Ok(identity) => identity.ok_or(STRANGER),
        Err(problem) if problem.failure().code == Code::RateLimited => Err(STRANGER),
        Err(_) => Err(BROKEN),
    }
}

/// The text of a message; none of those that are only signs of life.
fn heard(message: Option<Result<Message, axum::Error>>) -> Result<Option<String>, Leave> {
    match message {
        Some(Ok(Message::Text(text))) => Ok(Some(text.as_str().to_owned())),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Binary(_))) => Err(UNREADABLE),
        Some(Err(error)) if error.to_string().contains("too long") => Err(TOO_LARGE),
        Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Leave::Gone),
    }
}

async fn say(socket: &mut WebSocket, text: String) -> Result<(), Leave> {
    send(socket, Message::Text(text.into())).await
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Leave> {
    match timeout(SENT_WITHIN, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Leave::Gone),
        Err(_) => Err(TOO_SLOW),
    }
}

/// A socket whose other end is known.
struct Session<'a> {
    edge: Edge,
    identity: Identity,
    socket: &'a mut WebSocket,
    subscriptions: Subscriptions,
}

impl Session<'_> {
    async fn run(&mut self) -> Leave {
        match self.serve().await {
            Err(leave) => leave,
            Ok(never) => match never {},
        }
    }

    async fn serve(&mut self) -> Result<std::convert::Infallible, Leave> {
        let edge = self.edge.clone();
        let stopping = edge.stopping();
        tokio::pin!(stopping);
        let mut revocations = edge.standing().revocations();
        let mut heard_at = Instant::now();
        let (mut ping, mut look) = (Instant::now() + PING, Instant::now() + LOOK);
        loop {
            tokio::select! {
                () = &mut stopping => return Err(STOPPING),
                message = self.socket.recv() => {
                    heard_at = Instant::now();
                    if let Some(text) = heard(message)? {
                        self.obey(&text).await?;
                    }
                }
                () = self.subscriptions.ready() => {
                    self.check().await?;
                    if let Some(text) = self.subscriptions.read().await {
                        say(self.socket, text).await?;
                    }
                }
                _ = revocations.changed() => self.check().await?,
                () = tokio::time::sleep_until(look) => {
                    look = Instant::now() + LOOK;
                    self.check().await?;
                }
                () = tokio::time::sleep_until(ping) => {
                    ping = Instant::now() + PING;
                    if heard_at.elapsed() > SILENT {
                        return Err(TOO_SLOW);
                    }
                    send(self.socket, Message::Ping(Vec::new().into())).await?;
                }
            }
        }
    }

    async fn check(&mut self) -> Result<(), Leave> {
        if self.identity.is_still_valid(&self.edge).await { Ok(()) } else { Err(STRANGER) }
    }

    /// Does what the client asks.
    async fn obey(&mut self, text: &str) -> Result<(), Leave> {
        self.check().await?;
        let asked =
            self.edge.rates().request(&self.identity.token, self.identity.tenant.id()).and_then(
                |()| {
                    let asked: Asked = of_json(text.as_bytes())?;
                    Ok(asked)
                },
            );
        match asked {
            Ok(Asked::Subscribe { id, run, after, runs }) => {
                if self.subscriptions.has(id) {
                    let problem = format!("the id {id} is in use");
                    return self.refuse(Some(id), Problem::new(Code::Conflict, problem)).await;
                }
                let (edge, identity) = (&self.edge, &self.identity);
                let begun = self.subscriptions.begin(edge, identity, id, (run, runs), after).await;
                let Err(problem) = begun else { return Ok(()) };
                let reason = match problem.failure().code {
                    Code::NotFound => Reason::NotFound,
                    _ => Reason::Refused,
                };
                self.refuse(Some(id), problem).await?;
                say(self.socket, Said::End { id, reason }.text()).await
            }
            Ok(Asked::Unsubscribe { id }) if self.subscriptions.end(id) => {
                say(self.socket, Said::End { id, reason: Reason::Unsubscribed }.text()).await
            }
            // It may just have ended by itself.
            Ok(Asked::Unsubscribe { .. }) => Ok(()),
            Ok(Asked::Hello { .. }) => {
                let problem = Problem::field("/type", "somebody has said hello already");
                self.refuse(None, problem).await
            }
            Err(problem) => self.refuse(None, problem).await,
        }
    }

    async fn refuse(&mut self, id: Option<u64>, problem: Problem) -> Result<(), Leave> {
        let problem = Box::new(problem.body());
        say(self.socket, Said::Error { id, problem }.text()).await
    }
}
