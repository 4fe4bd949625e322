//! Traces over OTLP: which requests are recorded, what their spans say, and how spans reach the collector.
use crate::Failure;
use api::trace;
use http::{HeaderMap, Request, Response, request::Parts};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use opentelemetry::{
    KeyValue,
    propagation::TextMapPropagator as _,
    trace::{TraceContextExt as _, TracerProvider as _},
};
use opentelemetry_http::{HeaderExtractor, HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracerProvider, Tracer},
};
use std::{
    collections::HashMap,
    pin::Pin,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};
use store::Bytes;
use tokio::runtime::Handle;
use tracing::{Span, field::Empty};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};

const TRACEPARENT: &str = "traceparent";
/// How long the last spans may take to be delivered when the program ends.
const FAREWELL: Duration = Duration::from_secs(3);
/// A collector has no more to say.
const ANSWER_MAX: usize = 64 << 10;

/// The way of spans to the collector.
pub(crate) struct Export {
    provider: SdkTracerProvider,
}

impl Export {
    /// A way to the collector at `endpoint`, the base address of OTLP over HTTP. Call it on the runtime. Errors: the
    /// endpoint is no address.
    pub(crate) fn new(endpoint: &str) -> Result<Self, Failure> {
        let wrong = |why: &dyn std::fmt::Display| {
            Failure(format!(
                "--otlp-endpoint {endpoint} is no address of a collector: {why}. Write it as http://127.0.0.1:4318."
            ))
        };
        if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
            return Err(wrong(&"it does not begin with http:// or https://"));
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Courier::new())
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .build()
            .map_err(|e| wrong(&e))?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            // Spans are made only where a request was chosen.
            .with_sampler(Sampler::AlwaysOn)
            .with_resource(resource())
            .build();
        trace::install(Box::new(Contexts));
        Ok(Export { provider })
    }

    /// The layer that records every span of [`trace::TARGET`].
    pub(crate) fn layer<S>(&self) -> OpenTelemetryLayer<S, Tracer>
    where
        S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("tollbridge"))
            .with_context_activation(false)
            .with_location(false)
            .with_threads(false)
            .with_level(false)
            .with_target(false)
            .with_tracked_inactivity(false)
    }

    /// Delivers what is left.
    pub(crate) async fn finish(self) {
        let provider = self.provider;
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FAREWELL)).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the last spans did not reach the collector");
        }
    }
}

/// Who sends the spans: what OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say, and our name where they say none.
fn resource() -> Resource {
    let said = Resource::builder().build();
    let named = said
        .iter()
        .any(|(key, value)| key.as_str() == "service.name" && !value.as_str().starts_with("unknown_service"));
    let ours =
        Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if named { ours } else { ours.with_service_name("tollbridge") }.build()
}

/// Contexts in the words of the W3C.
struct Contexts;

impl trace::Traces for Contexts {
    fn traceparent(&self, span: &Span) -> Option<String> {
        let context = span.context();
        let it = context.span().span_context().clone();
        let written = || {
            format!("00-{:032x}-{:016x}-{:02x}", it.trace_id(), it.span_id(), it.trace_flags().to_u8() & 1)
        };
        it.is_valid().then(written)
    }
    fn follow(&self, span: &Span, traceparent: &str) {
        let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
        // Fails for a span that has begun, which none has here.
        let _ = span.set_parent(TraceContextPropagator::new().extract(&carrier));
    }
}

/// Which requests are recorded: those whose caller records them, and a share of those whose caller does not say.
pub(crate) struct Requests {
    /// The share, of 2⁶⁴.
    share: u64,
    turn: AtomicU64,
}

/// 2⁶⁴ over the golden ratio: its multiples fall evenly over all numbers, however few of them are taken.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Requests {
    /// `share`: from 0 to 1.
    #[expect(clippy::float_arithmetic, reason = "a share of requests, not of money")]
    pub(crate) fn new(share: f64) -> Self {
        // The largest share rounds to 2⁶⁴, and the cast stops at the largest number.
        Requests { share: (share.clamp(0.0, 1.0) * u64::MAX as f64) as u64, turn: AtomicU64::new(0) }
    }

    /// The span of a request, if it is one that is recorded.
    pub(crate) fn begin(&self, head: &Parts) -> Span {
        let parent = head.headers.contains_key(TRACEPARENT).then(|| said(&head.headers)).flatten();
        let recorded = match &parent {
            Some(parent) => parent.span().span_context().is_sampled(),
            None => self.chosen(),
        };
        if !recorded {
            return Span::none();
        }
        let span = tracing::info_span!(
            target: trace::TARGET,
            "request",
            otel.kind = "server",
            otel.status_code = Empty,
            http.request.method = %head.method,
            http.route = Empty,
            http.response.status_code = Empty,
            tollbridge.request_id = Empty,
        );
        if let Some(parent) = parent {
            // Fails for a span that has begun, which this one has not.
            let _ = span.set_parent(parent);
        }
        span
    }

    fn chosen(&self) -> bool {
        self.share == u64::MAX || self.turn.fetch_add(STEP, Ordering::Relaxed) < self.share
    }
}

/// The context that a caller sent, if it is one.
fn said(headers: &HeaderMap) -> Option<opentelemetry::Context> {
    let context = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    let valid = context.span().span_context().is_valid();
    valid.then_some(context)
}

/// Tells a request's span how it ended.
pub(crate) fn answered(span: &Span, route: &'static str, head: &Parts, response: &Response<Bytes>) {
    if span.is_none() {
        return;
    }
    let status = response.status().as_u16();
    // A span that has begun takes another name only from the one who records it.
    span.context().span().update_name(format!("{} {route}", head.method));
    span.record("http.route", route);
    span.record("http.response.status_code", i64::from(status));
    if let Some(id) = response.headers().get("request-id").and_then(|id| id.to_str().ok()) {
        span.record("tollbridge.request_id", id);
    }
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// Carries batches of spans to the collector, over the HTTP stack that is here anyway.
#[derive(Debug)]
struct Courier {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    runtime: Handle,
    failing: AtomicBool,
}

impl Courier {
    fn new() -> Self {
        let connector =
            HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Courier { client, runtime: Handle::current(), failing: AtomicBool::new(false) }
    }

    fn told(&self, outcome: &Result<Response<Bytes>, HttpError>) {
        let why = match outcome {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(format!("it answered {}", response.status())),
            Err(error) => Some(error.to_string()),
        };
        let outcome = if why.is_none() { "done" } else { "failed" };
        metrics::counter!("tollbridge_trace_exports_total", "outcome" => outcome).increment(1);
        let failed_before = self.failing.swap(why.is_some(), Ordering::Relaxed);
        match why {
            Some(why) if !failed_before => tracing::warn!("spans do not reach the collector: {why}"),
            None if failed_before => tracing::info!("spans reach the collector again"),
            _ => {}
        }
    }
}

impl HttpClient for Courier {
    // As `async fn` in a trait that is used behind `dyn` is written out.
    fn send_bytes<'a, 't>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 't>>
    where
        'a: 't,
        Self: 't,
    {
        Box::pin(async move {
            let asking = self.client.request(request.map(Full::new));
            // The exporter waits on a thread of its own, where sockets have nobody who watches them.
            let asked = self.runtime.spawn(async move {
                let (head, body) = asking.await?.into_parts();
                let body = Limited::new(body, ANSWER_MAX).collect().await?.to_bytes();
                Ok::<_, HttpError>(Response::from_parts(head, body))
            });
            let outcome = asked.await.unwrap_or_else(|error| Err(error.into()));
            self.told(&outcome);
            outcome
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_kept_exactly() {
        for (share, of_thousand) in [(0.0, 0), (0.01, 10), (0.5, 500), (1.0, 1000)] {
            let requests = Requests::new(share);
            let chosen = (0..1000).filter(|_| requests.chosen()).count();
            assert!(chosen.abs_diff(of_thousand) <= 1, "{share}: {chosen}");
        }
    }
}
