//! Traces as a collector gets them, and as a receiver of webhooks goes on with them.
use crate::{
    harness::{PLATFORM, Server},
    receiver::Receiver,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind, status::StatusCode},
};
use prost::Message as _;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// Spans are sent at once.
const SOON: &[(&str, &str)] = &[("OTEL_BSP_SCHEDULE_DELAY", "20")];

struct Collector {
    receiver: Receiver,
    spans: Vec<Span>,
    services: Vec<String>,
}

impl Collector {
    fn start() -> Self {
        Collector { receiver: Receiver::start(|_| 200), spans: Vec::new(), services: Vec::new() }
    }
    /// The span with this name, once it has come.
    fn span(&mut self, name: &str) -> Span {
        loop {
            if let Some(span) = self.spans.iter().find(|span| span.name == name) {
                return span.clone();
            }
            let posted = self.receiver.next();
            assert_eq!(posted.path, "/v1/traces");
            assert_eq!(posted.header("content-type"), Some("application/x-protobuf"));
            let export = ExportTraceServiceRequest::decode(&*posted.body).unwrap();
            for resource in export.resource_spans {
                let of = resource.resource.unwrap_or_default();
                self.services.extend(text(&of.attributes, "service.name"));
                self.spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
            }
        }
    }
}

fn value<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a Value> {
    attributes.iter().find(|it| it.key == name)?.value.as_ref()?.value.as_ref()
}
fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    match value(attributes, name)? {
        Value::StringValue(text) => Some(text.clone()),
        _ => None,
    }
}
fn number(attributes: &[KeyValue], name: &str) -> Option<i64> {
    match value(attributes, name)? {
        Value::IntValue(number) => Some(*number),
        _ => None,
    }
}
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Charges in a context; returns the request's id.
fn charge(server: &Server, traceparent: &str) -> String {
    let headers = [("authorization", &*format!("Bearer {PLATFORM}")), ("traceparent", traceparent)];
    let headers = if traceparent.is_empty() { &headers[..1] } else { &headers[..] };
    let charged = server.send("POST", "/v1/charges", headers, "amount=1000&currency=usd&source=tok_visa");
    assert_eq!(charged.status, 200, "{}", charged.body);
    charged.all("request-id").concat()
}

#[test]
fn a_charge_is_followed_from_the_caller_to_the_webhook() {
    let (mut collector, hook) = (Collector::start(), Receiver::start(|n| if n == 0 { 500 } else { 200 }));
    let server = Server::start_in(
        SOON,
        &["--otlp-endpoint", &format!("{}/", collector.receiver.url), "--otlp-sample", "0"],
    );
    let endpoint = format!("url={}/hook&enabled_events[]=charge.succeeded", hook.url);
    assert_eq!(server.ask(PLATFORM, "POST", "/v1/webhook_endpoints", &endpoint).status, 200);
    let id = charge(&server, &format!("00-{TRACE}-{CALLER}-01"));

    let request = collector.span("POST /v1/charges");
    assert_eq!(hex(&request.trace_id), TRACE);
    assert_eq!(hex(&request.parent_span_id), CALLER);
    assert_eq!(request.kind(), SpanKind::Server);
    assert_eq!(text(&request.attributes, "http.route").as_deref(), Some("/v1/charges"));
    assert_eq!(text(&request.attributes, "http.request.method").as_deref(), Some("POST"));
    assert_eq!(number(&request.attributes, "http.response.status_code"), Some(200));
    assert_eq!(text(&request.attributes, "tollbridge.request_id"), Some(id));
    assert_eq!(collector.services, vec!["tollbridge"; collector.services.len()]);

    let commit = collector.span("commit");
    assert_eq!((&commit.trace_id, &commit.parent_span_id), (&request.trace_id, &request.span_id));
    assert!(number(&commit.attributes, "batch_units").unwrap() >= 1, "{:?}", commit.attributes);
    assert!(number(&commit.attributes, "documents").unwrap() >= 3, "{:?}", commit.attributes);
    assert_eq!(text(&commit.attributes, "outcome").as_deref(), Some("done"));
    assert!(commit.start_time_unix_nano >= request.start_time_unix_nano);
    assert!(commit.end_time_unix_nano <= request.end_time_unix_nano);

    let acquirer = collector.span("authorize");
    assert_eq!((&acquirer.trace_id, &acquirer.parent_span_id), (&request.trace_id, &request.span_id));
    assert_eq!(acquirer.kind(), SpanKind::Client);
    assert!(acquirer.end_time_unix_nano <= commit.start_time_unix_nano, "asked before it was written down");

    let first = hook.next();
    let delivery = collector.span("deliver webhook");
    assert_eq!((&delivery.trace_id, &delivery.parent_span_id), (&request.trace_id, &request.span_id));
    let told = format!("00-{TRACE}-{}-01", hex(&delivery.span_id));
    assert_eq!(first.header("traceparent"), Some(told.as_str()), "the receiver goes on from the delivery");
    assert_eq!(number(&delivery.attributes, "http.response.status_code"), Some(500));
    assert_eq!(number(&delivery.attributes, "attempt"), Some(1));
    assert_eq!(delivery.status.unwrap().code(), StatusCode::Error);

    // The repetition belongs to the same trace, with a span of its own.
    server.ask(PLATFORM, "POST", "/_tollbridge/clock", "advance=10");
    let second = hook.next();
    let told = second.header("traceparent").unwrap();
    assert!(told.starts_with(&format!("00-{TRACE}-")) && !told.contains(&hex(&delivery.span_id)), "{told}");
}

#[test]
fn the_caller_decides_and_else_the_share() {
    let mut all = Collector::start();
    let server = Server::start_in(SOON, &["--otlp-endpoint", &all.receiver.url, "--otlp-sample", "1"]);
    charge(&server, &format!("00-{TRACE}-{CALLER}-00"));
    charge(&server, "00-nonsense-x-01");
    let span = all.span("POST /v1/charges");
    assert_ne!(hex(&span.trace_id), TRACE, "that caller does not want to be recorded");
    assert!(span.parent_span_id.is_empty(), "what is no context begins none");

    let mut none = Collector::start();
    let server = Server::start_in(SOON, &["--otlp-endpoint", &none.receiver.url, "--otlp-sample", "0"]);
    charge(&server, "");
    charge(&server, &format!("00-{TRACE}-{CALLER}-01"));
    assert_eq!(hex(&none.span("POST /v1/charges").trace_id), TRACE, "nothing came before it");
}

#[test]
fn the_usual_variables_are_understood_and_the_last_spans_are_sent_at_the_end() {
    let mut collector = Collector::start();
    let url = collector.receiver.url.clone();
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_SERVICE_NAME", "payments"),
        ("OTEL_BSP_SCHEDULE_DELAY", "600000"),
        ("TOLLBRIDGE_OTLP_SAMPLE", "1"),
    ];
    let mut server = Server::start_in(&environment, &[]);
    charge(&server, "");
    server.signal("TERM");
    collector.span("POST /v1/charges");
    assert!(collector.services.iter().all(|it| it == "payments"), "{:?}", collector.services);
    assert!(server.ended().success());
}
