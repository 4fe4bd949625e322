//! What operators and their machines ask: whether the program lives, whether it is ready, and its metrics.
use crate::{
    client::Peer,
    listen::{self, Answers},
    metrics::{self, Counted},
    routes::text,
};
use api::Api;
use http::{Method, Response, request::Parts};
use metrics_exporter_prometheus::PrometheusHandle;
use std::{sync::Arc, time::Duration};
use store::{Bytes, Key};
use tokio::sync::watch;

/// The store must answer within this time for the server to be ready.
const STORE_MAX: Duration = Duration::from_secs(2);
const PLAIN: &str = "text/plain; charset=utf-8";

/// Answers what operators ask.
pub(crate) struct Operating {
    /// The API and its world.
    pub(crate) api: Arc<Api>,
    /// The metrics, where they are recorded.
    pub(crate) metrics: Option<PrometheusHandle>,
    /// Whether the server was asked to stop.
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Operating {
    /// The answer under a path with the path as a label, if the path is one of these. `public`: everybody may ask.
    pub(crate) async fn answer(
        &self,
        method: &Method,
        path: &str,
        public: bool,
    ) -> Option<(Response<Bytes>, &'static str)> {
        let (route, response) = match path {
            "/healthz" => ("/healthz", text(200, PLAIN, "ok\n")),
            "/readyz" => ("/readyz", self.readiness().await),
            "/metrics" if !public => ("/metrics", self.metrics()?),
            _ => return None,
        };
        let asks = matches!(*method, Method::GET | Method::HEAD);
        Some((if asks { response } else { text(405, PLAIN, "Ask with GET.\n") }, route))
    }

    /// Whether requests should be sent here: the store answers, and nobody asked the server to stop.
    async fn readiness(&self) -> Response<Bytes> {
        if *self.stopping.borrow() {
            return text(503, PLAIN, "stopping\n");
        }
        // Nothing is there, and what is not there is never answered from memory.
        let key = Key::house("readiness", "x");
        match tokio::time::timeout(STORE_MAX, self.api.world.store.get(&key)).await {
            Ok(Ok(_)) => text(200, PLAIN, "ready\n"),
            Ok(Err(fault)) => {
                tracing::warn!(%fault, "not ready: the store failed");
                text(503, PLAIN, "the store failed; the log says why\n")
            }
            Err(_) => {
                tracing::warn!("not ready: the store does not answer");
                text(503, PLAIN, "the store does not answer\n")
            }
        }
    }

    fn metrics(&self) -> Option<Response<Bytes>> {
        let text_of = metrics::text(self.metrics.as_ref()?);
        Some(text(200, "text/plain; version=0.0.4; charset=utf-8", text_of))
    }
}

impl Answers for Operating {
    async fn answer(&self, _: Peer, head: &Parts, _: Bytes) -> Response<Bytes> {
        match self.answer(&head.method, head.uri.path(), false).await {
            Some((response, _)) => response,
            None => text(404, PLAIN, "Here are /metrics, /healthz and /readyz.\n"),
        }
    }
    async fn room(&self, _: &Parts) -> usize {
        listen::BODY_MAX
    }
    fn connected(&self) -> Option<Counted> {
        None
    }
}
