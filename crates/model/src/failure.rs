//! The one error object, whoever made it: docs/errors.md.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Attributes, SpanId};

/// Why something did not work, for a person and for a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Version of this object; 0 within a chain, where it is left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: u32,
    /// Why, roughly.
    pub kind: FailureKind,
    /// Why, exactly.
    pub code: Code,
    /// One sentence for a person; for an exception its text.
    pub message: String,
    /// The exception's class.
    #[serde(default)]
    pub exception: Option<String>,
    /// What to do next.
    #[serde(default)]
    pub hint: Option<String>,
    /// Whether the same run, tried again unchanged, may succeed.
    #[serde(default)]
    pub retryable: bool,
    /// The innermost span that was open.
    #[serde(default)]
    pub span: Option<SpanId>,
    /// Names of the open spans, outermost first.
    #[serde(default)]
    pub step: Vec<String>,
    /// The Python frames, outermost first.
    #[serde(default)]
    pub frames: Vec<Frame>,
    /// What `add_note` added.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The failure that this one was raised from or while handling.
    #[serde(default)]
    pub cause: Option<Box<Failure>>,
    /// `cause`: raised from; `context`: raised while handling.
    #[serde(default)]
    pub cause_kind: Option<String>,
    /// The failures of an exception group.
    #[serde(default)]
    pub group: Vec<Failure>,
    /// Members that the code defines.
    #[serde(default)]
    pub details: Attributes,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(version: &u32) -> bool {
    *version == 0
}

impl Failure {
    /// The version that this crate writes.
    pub const VERSION: u32 = 1;

    /// A failure of its code's kind, with nothing but a sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Failure {
        Failure {
            version: Failure::VERSION,
            kind: code.kind(),
            code,
            message: message.into(),
            exception: None,
            hint: None,
            retryable: false,
            span: None,
            step: Vec::new(),
            frames: Vec::new(),
            notes: Vec::new(),
            cause: None,
            cause_kind: None,
            group: Vec::new(),
            details: Attributes::new(),
        }
    }

    /// The same as a guest may say it: nested failures with codes of the host's read as exceptions, a
    /// cancel of its own is an exception too, and where it happened is left for the host to say.
    #[must_use]
    pub fn of_guest(self) -> Failure {
        Failure { version: Failure::VERSION, ..self.nested_of_guest() }
    }

    /// The same as the end of a step tells it: without frames, causes and groups.
    #[must_use]
    pub fn of_step(self) -> Failure {
        let bare = Failure {
            frames: Vec::new(),
            cause: None,
            cause_kind: None,
            group: Vec::new(),
            ..self
        };
        bare.of_guest()
    }

    fn nested_of_guest(self) -> Failure {
        let code = match self.code {
            Code::Cancelled => Code::Exception,
            code if code.is_guests() => code,
            _ => Code::Exception,
        };
        Failure {
            version: 0,
            kind: code.kind(),
            code,
            span: None,
            step: Vec::new(),
            cause: self.cause.map(|cause| Box::new(cause.nested_of_guest())),
            group: self.group.into_iter().map(Failure::nested_of_guest).collect(),
            ..self
        }
    }

    /// The same with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }

    /// The same with one member of `details` more.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<serde_json::Value>) -> Failure {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

/// One Python frame.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Frame {
    /// `flow.py` for the flow's own source.
    pub file: String,
    /// Qualified name of the function.
    pub function: String,
    /// From 1.
    #[serde(default)]
    pub line: Option<u32>,
    /// From 1, in characters.
    #[serde(default)]
    pub column: Option<u32>,
    /// From 1.
    #[serde(default)]
    pub end_line: Option<u32>,
    /// Exclusive.
    #[serde(default)]
    pub end_column: Option<u32>,
    /// Whether it is the flow's own code.
    #[serde(default)]
    pub own: bool,
    /// The lines around.
    #[serde(default)]
    pub excerpt: Option<Excerpt>,
    /// Bounded, redacted `repr` by name.
    #[serde(default)]
    pub locals: Attributes,
}

impl Code {
    /// Whether a guest can say it about itself. Limits, faults and the platform are the host's.
    pub fn is_guests(self) -> bool {
        !matches!(
            self.kind(),
            FailureKind::LimitExceeded
                | FailureKind::GuestFault
                | FailureKind::ReplayError
                | FailureKind::RequestError
                | FailureKind::PlatformError
        )
    }
}

/// Lines of the source around a frame's position.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Excerpt {
    /// Number of the first line.
    pub first_line: u32,
    /// The lines, without their ends.
    pub lines: Vec<String>,
}

/// Why, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The flow's own code ended it.
    FlowError,
    /// The source cannot be loaded, or has no such flow.
    SourceError,
    /// The input does not fit the flow's schema.
    InputError,
    /// An operation could not be done.
    CallError,
    /// An operation was not granted.
    CapabilityDenied,
    /// A ceiling of the run was reached.
    LimitExceeded,
    /// Somebody ended the run.
    Cancelled,
    /// The sandbox ended in a way that Python code does not.
    GuestFault,
    /// A replay and the record do not agree.
    ReplayError,
    /// A request to the API was not carried out.
    RequestError,
    /// Sluice itself is broken.
    PlatformError,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $text:literal $kind:ident;)*) => {
        /// Why, exactly. Stable: programs depend on the texts; docs/errors.md has a section each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The code as it is written everywhere.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }

            /// The kind that the code belongs to.
            pub fn kind(self) -> FailureKind {
                match self { $(Code::$variant => FailureKind::$kind,)* }
            }
        }
    };
}

codes! {
    /// An exception left the flow.
    Exception "exception" FlowError;
    /// The flow raised `flow.Failed`.
    FlowFailed "flow_failed" FlowError;
    /// What the flow returned does not fit its return type.
    OutputInvalid "output_invalid" FlowError;
    /// The flow waits for something that nothing can bring about.
    Deadlock "deadlock" FlowError;
    /// The flow used what the sandbox does not have.
    NotInSandbox "not_in_sandbox" FlowError;
    /// The source does not compile, or its module raised.
    SourceInvalid "source_invalid" SourceError;
    /// The source has no flow of that name.
    FlowNotFound "flow_not_found" SourceError;
    /// The source has several flows and none was named.
    FlowAmbiguous "flow_ambiguous" SourceError;
    /// The source has no flow at all.
    FlowMissing "flow_missing" SourceError;
    /// Two flows of the source have one name.
    FlowNameTaken "flow_name_taken" SourceError;
    /// A capability word is malformed.
    UsesInvalid "uses_invalid" SourceError;
    /// The source imports what the sandbox does not have.
    ImportUnavailable "import_unavailable" SourceError;
    /// A step is made and never entered.
    StepNotEntered "step_not_entered" SourceError;
    /// A failure is made and never raised.
    FailureNotRaised "failure_not_raised" SourceError;
    /// The input does not fit the flow's schema.
    InputInvalid "input_invalid" InputError;
    /// What was answered does not fit the schema of the question.
    AnswerInvalid "answer_invalid" InputError;
    /// The operation was not granted.
    CapabilityDenied "capability_denied" CapabilityDenied;
    /// The operation is granted and this host has nobody to do it.
    NotAvailable "not_available" CallError;
    /// The arguments are not the operation's.
    CallInvalid "call_invalid" CallError;
    /// The call was not answered in the time that the flow gave it.
    CallTimedOut "call_timed_out" CallError;
    /// Nobody allowed the call that a person has to allow.
    ApprovalRefused "approval_refused" CallError;
    /// The service answered with an error.
    RpcFailed "rpc_failed" CallError;
    /// There is no such service, or it does not answer.
    ServiceUnavailable "service_unavailable" CallError;
    /// The address is none that flows may reach.
    HttpRefused "http_refused" CallError;
    /// There was no whole answer over HTTP.
    HttpFailed "http_failed" CallError;
    /// The answer over HTTP has a status of failure.
    HttpStatus "http_status" CallError;
    /// The tenant has no such secret.
    SecretNotFound "secret_not_found" CallError;
    /// The secret may not go where the flow sends it.
    SecretRefused "secret_refused" CallError;
    /// The tenant has no such model.
    ModelNotFound "model_not_found" CallError;
    /// The model gave no answer that can be used.
    ModelFailed "model_failed" CallError;
    /// The model was asked too often in a short time.
    ModelRateLimited "model_rate_limited" CallError;
    /// What may be spent on models is spent.
    BudgetExceeded "budget_exceeded" CallError;
    /// The agent came to no answer.
    AgentFailed "agent_failed" CallError;
    /// The child run did not succeed.
    ChildFailed "child_failed" CallError;
    /// The worker died while the call was under way, and it may not be tried again.
    OutcomeUnknown "outcome_unknown" CallError;
    /// The guest used its CPU time.
    LimitCpuTime "limit_cpu_time" LimitExceeded;
    /// The run used its wall time.
    LimitWallTime "limit_wall_time" LimitExceeded;
    /// The guest asked for more memory than it may have.
    LimitMemory "limit_memory" LimitExceeded;
    /// The flow printed too much.
    LimitOutput "limit_output" LimitExceeded;
    /// The flow opened too many spans.
    LimitSpans "limit_spans" LimitExceeded;
    /// The run made too many events.
    LimitEvents "limit_events" LimitExceeded;
    /// The flow started too many calls.
    LimitCalls "limit_calls" LimitExceeded;
    /// One string from the guest was too long.
    LimitStringSize "limit_string_size" LimitExceeded;
    /// The guest's call stack overflowed in C.
    LimitStack "limit_stack" LimitExceeded;
    /// The run was not over when it should have been.
    LimitDeadline "limit_deadline" LimitExceeded;
    /// Children of children are nested too deep.
    LimitDepth "limit_depth" LimitExceeded;
    /// The tenant has as much as it may have.
    QuotaExceeded "quota_exceeded" LimitExceeded;
    /// Somebody ended the run.
    Cancelled "cancelled" Cancelled;
    /// The guest broke the rules of the door.
    GuestFault "guest_fault" GuestFault;
    /// The interpreter ended the process.
    GuestExited "guest_exited" GuestFault;
    /// The interpreter crashed.
    GuestTrapped "guest_trapped" GuestFault;
    /// A replay asks for something else than the record holds.
    ReplayDiverged "replay_diverged" ReplayError;
    /// A request is not what the API takes.
    RequestInvalid "request_invalid" RequestError;
    /// A request names nobody, or names somebody by a token that is not valid.
    Unauthenticated "unauthenticated" RequestError;
    /// The token does not allow the request.
    ScopeMissing "scope_missing" RequestError;
    /// There is no such thing for whoever asks.
    NotFound "not_found" RequestError;
    /// What the request would do does not go with how things stand.
    Conflict "conflict" RequestError;
    /// Somebody else changed the thing in the meantime.
    PreconditionFailed "precondition_failed" RequestError;
    /// The request is too large.
    RequestTooLarge "request_too_large" RequestError;
    /// Too many requests in a short time.
    RateLimited "rate_limited" RequestError;
    /// The server is stopping, or its store does not answer.
    Unavailable "unavailable" RequestError;
    /// Each worker that took the run up died of it, or lost it.
    AttemptsExhausted "attempts_exhausted" PlatformError;
    /// Sluice itself is broken.
    PlatformError "platform_error" PlatformError;
}
