//! How much is allowed, for what.

/// How much a caller may ask. In `dev` nothing is limited unless that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Reads a second in test mode, and as many writes.
    pub test: i64,
    /// Reads a second in live mode, and as many writes.
    pub live: i64,
    /// Requests a second to an endpoint that is dear: searches, and files.
    pub dear: i64,
    /// Meter events a second, which count for nothing else.
    pub meter_events: i64,
    /// Requests at once; without end where nobody says.
    pub at_once: Option<i64>,
}

impl Rates {
    /// What the original allows (facts 10.10). How many it lets work at once it does not say; as many as a second in test
    /// mode is what its libraries are content with.
    pub const STRIPE: Rates = Rates { test: 25, live: 100, dear: 20, meter_events: 1000, at_once: Some(25) };

    /// So many reads and writes a second in either mode, and the rest in the proportions of the original.
    pub fn each(per_second: u32) -> Self {
        let each = i64::from(per_second);
        Rates { test: each, live: each, dear: (each / 5).max(1), meter_events: each * 10, at_once: None }
    }

    pub(super) fn most(&self, class: Class, livemode: bool) -> i64 {
        match class {
            Class::Reads | Class::Writes if livemode => self.live,
            Class::Reads | Class::Writes => self.test,
            Class::Searches | Class::FileReads | Class::FileWrites => self.dear,
            Class::MeterEvents => self.meter_events,
        }
    }
    pub(super) fn most_at_once(&self, class: Class, at_once: i64) -> i64 {
        match class {
            Class::Searches | Class::FileReads | Class::FileWrites => self.dear.min(at_once),
            Class::Reads | Class::Writes | Class::MeterEvents => at_once,
        }
    }
}

/// What a request is counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    Reads,
    Writes,
    Searches,
    FileReads,
    FileWrites,
    MeterEvents,
}

impl Class {
    /// What a request to an endpoint is counted as before all.
    pub(super) fn of(method: &str, path: &str) -> Self {
        let reads = method == "GET";
        if path.ends_with("/search") {
            return Class::Searches;
        }
        if path == "/v1/files" || path.starts_with("/v1/files/") {
            return if reads { Class::FileReads } else { Class::FileWrites };
        }
        match path {
            "/v1/billing/meter_events" | "/v2/billing/meter_events" if !reads => Class::MeterEvents,
            _ if reads => Class::Reads,
            _ => Class::Writes,
        }
    }
    /// All that it is counted as in a second, the narrowest first.
    pub(super) fn counted(self) -> impl Iterator<Item = Class> {
        let general = match self {
            Class::Searches | Class::FileReads => Some(Class::Reads),
            Class::FileWrites => Some(Class::Writes),
            Class::Reads | Class::Writes | Class::MeterEvents => None,
        };
        std::iter::once(self).chain(general)
    }
    /// All that it is counted as while it is at work: reads and writes are one there.
    pub(super) fn at_work(self) -> impl Iterator<Item = Class> {
        let narrow = matches!(self, Class::Searches | Class::FileReads | Class::FileWrites);
        narrow.then_some(self).into_iter().chain(std::iter::once(Class::Reads))
    }
    pub(super) fn word(self) -> &'static str {
        match self {
            Class::Reads => "reads",
            Class::Writes => "writes",
            Class::Searches => "searches",
            Class::FileReads => "file_reads",
            Class::FileWrites => "file_writes",
            Class::MeterEvents => "meter_events",
        }
    }
}

/// Why a request is refused: `Stripe-Rate-Limited-Reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Too many a second.
    GlobalRate,
    /// Too many at once.
    GlobalConcurrency,
    /// Too many a second for this endpoint.
    EndpointRate,
    /// Too many at once for this endpoint.
    EndpointConcurrency,
}

impl Reason {
    pub(super) fn rate(class: Class) -> Self {
        match class {
            Class::Reads | Class::Writes => Reason::GlobalRate,
            Class::Searches | Class::FileReads | Class::FileWrites | Class::MeterEvents => {
                Reason::EndpointRate
            }
        }
    }
    pub(super) fn at_once(class: Class) -> Self {
        match Reason::rate(class) {
            Reason::GlobalRate | Reason::GlobalConcurrency => Reason::GlobalConcurrency,
            Reason::EndpointRate | Reason::EndpointConcurrency => Reason::EndpointConcurrency,
        }
    }
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::GlobalRate => "global-rate",
            Reason::GlobalConcurrency => "global-concurrency",
            Reason::EndpointRate => "endpoint-rate",
            Reason::EndpointConcurrency => "endpoint-concurrency",
        }
    }
    /// A sentence that says what to do.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Reason::GlobalRate => {
                "Request rate limit exceeded: this account has sent more requests in this second than it may. Wait a moment, then send the request again, and space requests out."
            }
            Reason::EndpointRate => {
                "Request rate limit exceeded: this account has sent more requests to this endpoint in this second than it may. Wait a moment, then send the request again, and space requests out."
            }
            Reason::GlobalConcurrency | Reason::EndpointConcurrency => {
                "Request concurrency limit exceeded: this account has more requests under way than it may. Wait until some of them have ended, then send the request again, and send fewer at once."
            }
        }
    }
}
