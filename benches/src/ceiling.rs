//! The ceilings: what axum answers when there is nothing to do, and what it answers when each request has
//! to be on disk first.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::serve::ListenerExt;
use rusqlite::{Connection, params};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::Result;

/// Requests one transaction takes at most.
const BATCH_MAX: usize = 256;
/// Requests that may wait for the writer; more are refused.
const QUEUE_MAX: usize = 4096;
/// Bytes of one written row.
const ROW_BYTES: usize = 1024;

/// What the ceiling server answers and what it writes first.
#[derive(Debug, Clone)]
pub(crate) struct Ceiling {
    /// Port on loopback; 0 lets the system choose.
    pub(crate) port: u16,
    /// Bytes of every response body.
    pub(crate) size: usize,
    /// Rows a POST writes durably before it is answered; 0 writes nothing.
    pub(crate) rows: usize,
    /// Where the database lies.
    pub(crate) data: PathBuf,
}

/// Serves until the process is killed; says `listening on http://…` on stderr like the product.
pub(crate) fn serve(ceiling: Ceiling) -> Result<()> {
    runtime()?.block_on(async move {
        let fixed = Bytes::from(json_of(ceiling.size));
        let router =
            if ceiling.rows == 0 { bare(fixed) } else { durable(fixed, &ceiling.data, ceiling.rows)? };
        listen(ceiling.port, router).await
    })
}

/// One thread where there is one core, else as many as there are cores: on one core a second thread would
/// only lower the ceiling.
fn runtime() -> Result<tokio::runtime::Runtime> {
    let cores = std::thread::available_parallelism()?.get();
    let mut builder = match cores {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    Ok(builder.enable_all().build()?)
}

/// Binds, announces the address, serves.
async fn listen(port: u16, router: Router) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

/// Any path answers, so that a ceiling reads byte for byte the requests that the product reads.
fn bare(fixed: Bytes) -> Router {
    Router::new()
        .route(
            "/{*path}",
            get(|State(fixed): State<Bytes>| async move { answer(fixed) })
                .post(|State(fixed): State<Bytes>, _form: Bytes| async move { answer(fixed) }),
        )
        .with_state(fixed)
}

fn answer(body: Bytes) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], body)
}

/// A JSON object of exactly this many bytes (at least 12).
pub(crate) fn json_of(size: usize) -> Vec<u8> {
    let mut body = br#"{"pad":""#.to_vec();
    body.resize(size.max(12) - 2, b'x');
    body.extend_from_slice(br#""}"#);
    body
}

struct Job {
    form: Bytes,
    done: oneshot::Sender<bool>,
}

#[derive(Clone)]
struct Durable {
    fixed: Bytes,
    writer: mpsc::SyncSender<Job>,
}

fn durable(fixed: Bytes, data: &Path, rows: usize) -> Result<Router> {
    std::fs::create_dir_all(data)?;
    let connection = open(&data.join("ceiling.db"))?;
    let (writer, jobs) = mpsc::sync_channel(QUEUE_MAX);
    std::thread::spawn(move || {
        if let Err(error) = write_groups(connection, &jobs, rows) {
            eprintln!("the writer stopped: {error}");
        }
    });
    let write = |State(durable): State<Durable>, form: Bytes| async move {
        let (done, written) = oneshot::channel();
        if durable.writer.try_send(Job { form, done }).is_err() || !written.await.unwrap_or(false) {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        answer(durable.fixed).into_response()
    };
    Ok(Router::new().route("/{*path}", axum::routing::post(write)).with_state(Durable { fixed, writer }))
}

fn open(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let journal: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    let synchronous: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    // 2 is FULL: the log is synced at every commit.
    if journal != "wal" || synchronous != 2 {
        return Err(format!("the ceiling would not be durable: {journal}, {synchronous}").into());
    }
    connection.execute_batch("CREATE TABLE record (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")?;
    Ok(connection)
}

/// Group commit: what waits when the writer comes back from the disk is the next transaction.
fn write_groups(mut connection: Connection, jobs: &mpsc::Receiver<Job>, rows: usize) -> Result<()> {
    let mut group = Vec::with_capacity(BATCH_MAX);
    let mut body = vec![b'x'; ROW_BYTES];
    while let Ok(first) = jobs.recv() {
        group.push(first);
        group.extend(jobs.try_iter().take(BATCH_MAX - 1));
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO record (body) VALUES (?1)")?;
            for job in &group {
                let len = job.form.len().min(ROW_BYTES);
                if let (Some(to), Some(from)) = (body.get_mut(..len), job.form.get(..len)) {
                    to.copy_from_slice(from);
                }
                for _ in 0..rows {
                    insert.execute(params![body])?;
                }
            }
        }
        transaction.commit()?;
        for job in group.drain(..) {
            let _ = job.done.send(true);
        }
    }
    Ok(())
}

/// A server that answers the few routes the comparison needs and does none of the work: for trying out the
/// harness, never for a figure.
pub(crate) fn stand_in(port: u16) -> Result<()> {
    runtime()?.block_on(async move {
        let customer = stand_in_object("cus_standin", 600);
        let charge = stand_in_object("ch_standin", 1800);
        let method = stand_in_object("pm_standin", 1200);
        let intent = stand_in_object("pi_standin", 1900);
        let balance = stand_in_object("balance", 400);
        let list = Bytes::from(
            [br#"{"data":["#.as_slice(), &[customer.as_ref(); 10].join(b",".as_slice()), b"]}"].concat(),
        );
        let token =
            Bytes::from_static(br#"{"access_token":"sk_test_standin","stripe_user_id":"acct_standin"}"#);
        let codes: Vec<String> = (0..1000).map(|n| format!("\"ac_{n}\"")).collect();
        let codes = Bytes::from(format!(r#"{{"codes":[{}]}}"#, codes.join(",")));
        let fixed = |body: Bytes| move || async move { answer(body) };
        let posted = |body: Bytes| move |_form: Bytes| async move { answer(body) };
        let router = Router::new()
            .route("/healthz", get(|| async { "ok" }))
            .route("/v1/customers", get(fixed(list)).post(posted(customer)))
            .route("/v1/charges/{id}", get(fixed(charge.clone())))
            .route("/v1/charges", axum::routing::post(posted(charge)))
            .route("/v1/payment_methods/{id}/attach", axum::routing::post(posted(method)))
            .route("/v1/payment_intents", axum::routing::post(posted(intent)))
            .route("/v1/balance", get(fixed(balance)))
            .route("/v1/webhook_endpoints", axum::routing::post(posted(Bytes::from_static(b"{}"))))
            .route("/oauth/token", axum::routing::post(posted(token)))
            .route("/_tollbridge/codes", axum::routing::post(posted(codes)));
        listen(port, router).await
    })
}

fn stand_in_object(id: &str, size: usize) -> Bytes {
    let head = format!(r#"{{"id":"{id}","pad":""#);
    Bytes::from(format!(r#"{head}{}"}}"#, "x".repeat(size.saturating_sub(head.len() + 2))))
}
