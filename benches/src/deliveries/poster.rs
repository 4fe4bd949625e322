//! The ceiling of deliveries: a bare hyper client on one core that posts one request again and again.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::Result;
use crate::http::head_len;

/// As many requests are under way as the server has to one endpoint that answers at once.
const RUNNING: usize = 8;

/// Posts the request in a file `count` times; returns how many a second were answered.
pub(crate) fn post_many(to: SocketAddr, request: &Path, count: u64) -> Result<f64> {
    let bytes = std::fs::read(request)?;
    let head = head_len(&bytes).ok_or("the file holds no request")?;
    let body = Bytes::copy_from_slice(&bytes[head..]);
    let headers = Arc::new(headers(&bytes[..head]));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let left = Arc::new(AtomicU64::new(count));
        let began = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..RUNNING {
            let (client, left, headers, body) = (client.clone(), left.clone(), headers.clone(), body.clone());
            tasks.spawn(async move {
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    let mut request =
                        Request::post(format!("http://{to}/hook")).body(Full::new(body.clone()))?;
                    *request.headers_mut() = (*headers).clone();
                    let answer = client.request(request).await?;
                    if !answer.status().is_success() {
                        return Err("it was not answered well".into());
                    }
                    answer.into_body().collect().await?;
                }
                Result::Ok(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.map_err(|_| "a task panicked")??;
        }
        Ok(count as f64 / began.elapsed().as_secs_f64())
    })
}

/// The headers of a request, without those that the client sets by itself.
fn headers(head: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let (Some(name), Some(value)) = (parts.next(), parts.next()) else { continue };
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value.trim_ascii()))
            && ![header::HOST, header::CONTENT_LENGTH].contains(&name)
        {
            headers.append(name, value);
        }
    }
    headers
}
