//! Traces: how a span reaches beyond the process and beyond the request. Spans are made only beneath one that is
//! recorded already, so what nobody traces costs a look at the current span.
use std::sync::OnceLock;
use tracing::Span;

/// The target of every span, by which whoever records tells them from what is logged.
pub const TARGET: &str = "tollbridge::trace";

/// Whoever records spans.
pub trait Traces: Send + Sync {
    /// The context of a span in the words of the header `traceparent` (W3C Trace Context); `None` where it is not
    /// recorded.
    fn traceparent(&self, span: &Span) -> Option<String>;
    /// Makes a span that has not begun the child of what a `traceparent` names.
    fn follow(&self, span: &Span, traceparent: &str);
}

static TRACES: OnceLock<Box<dyn Traces>> = OnceLock::new();

/// Records from here on; once a process.
pub fn install(traces: Box<dyn Traces>) {
    // A second recorder would see the half of what the first one sees.
    let _ = TRACES.set(traces);
}

/// Whether what is done at this moment is recorded.
pub fn active() -> bool {
    TRACES.get().is_some() && !Span::current().is_none()
}

/// The context of what is done at this moment, for those who go on with it.
pub fn traceparent() -> Option<String> {
    of(&Span::current())
}

/// The context of a span.
pub fn of(span: &Span) -> Option<String> {
    let traces = TRACES.get()?;
    if span.is_none() { None } else { traces.traceparent(span) }
}

/// A span beneath what another request or process began, where both are recorded; else none.
pub fn following(traceparent: Option<&str>, make: impl FnOnce() -> Span) -> Span {
    match (TRACES.get(), traceparent) {
        (Some(traces), Some(parent)) => {
            let span = make();
            traces.follow(&span, parent);
            span
        }
        _ => Span::none(),
    }
}

/// A span beneath the current one, where that is recorded; else none.
pub fn beneath(make: impl FnOnce() -> Span) -> Span {
    if active() { make() } else { Span::none() }
}
