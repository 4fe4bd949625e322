//! Wiring: from settings to a running server.
use crate::{
    Failure, acquirer,
    client::Proxies,
    clock::Wall,
    config::{Deliveries, OauthProfile, Settings},
    home, keys, listen, log, metrics, notify,
    operating::Operating,
    routes::{Dev, Server},
    seed,
    subscribe::Subscribers,
    tls::{self, Tls},
    traces::{self, Export},
};
use api::{Api, Profile, World, faults::Faults};
use base::{Entropy, Ids, Seeded};
use clockwork::{Hands, Liberty, Unruly};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch};
use worlds::{Wanted, Worlds};

/// The port that the guides name.
const PORT: u16 = 7070;

/// What the clock shows at first where everything repeats from a seed: the beginning of 2030, so that nothing that a test
/// says of the future has passed.
const BEGINNING: i64 = 1_893_456_000;

/// Runs the server until it is asked to stop.
pub(crate) fn run(settings: Settings, dev: bool) -> Result<(), Failure> {
    let settings = settings.with_file()?;
    check(&settings, dev)?;
    let workers =
        settings.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers.max(1))
        .enable_all()
        .build()
        .map_err(|e| Failure(format!("The threads could not be started: {e}.")))?;
    runtime.block_on(async {
        let export = settings.otlp_endpoint().map(|endpoint| Export::new(&endpoint)).transpose()?;
        log::init(&settings, dev, export.as_ref())?;
        let traces = export.is_some().then(|| traces::Requests::new(settings.otlp_sample()));
        let ended = serve(settings, dev, traces).await;
        if let Some(export) = export {
            export.finish().await;
        }
        ended
    })
}

/// What belongs to `dev` only must not be switched on by a copied line of configuration.
fn check(settings: &Settings, dev: bool) -> Result<(), Failure> {
    let only = |what: &str| Err(Failure(format!("{what} is for `tollbridge dev` only. Remove it to serve.")));
    match settings {
        Settings { ephemeral: Some(true), .. } if !dev => only("--ephemeral"),
        Settings { seed: Some(_), .. } if !dev => only("--seed"),
        Settings { deliveries: Some(_), .. } if !dev => only("--deliveries"),
        Settings { hostile: Some(true), .. } if !dev => only("--hostile"),
        Settings { ephemeral: Some(true), database: Some(_), .. } => Err(Failure(
            "--ephemeral keeps the data in memory and --database in PostgreSQL. Choose one of them.".into(),
        )),
        // Two nodes with one seed would make the same ids.
        Settings { seed: Some(_), database: Some(_), .. } => Err(Failure(
            "--seed repeats ids and secrets, which a database that is shared must not see twice. Remove it, or --database."
                .into(),
        )),
        Settings { tls_cert: Some(_), tls_key: None, .. }
        | Settings { tls_cert: None, tls_key: Some(_), .. } => {
            Err(Failure("TLS needs both a certificate (--tls-cert) and its private key (--tls-key).".into()))
        }
        Settings { metrics: Some(true), metrics_listen: None, .. } if !dev => Err(Failure(
            "Metrics are recorded for somebody who reads them: say where with --metrics-listen.".into(),
        )),
        Settings { otlp_sample: Some(share), .. } if !(0.0..=1.0).contains(share) => {
            Err(Failure(format!("--otlp-sample {share} is no share of requests. Give a number from 0 to 1.")))
        }
        _ => Ok(()),
    }
}

async fn serve(settings: Settings, dev: bool, traces: Option<traces::Requests>) -> Result<(), Failure> {
    let (listener, address) = bind(&settings, dev).await?;
    let operators = match settings.metrics_listen {
        Some(wanted) => Some(TcpListener::bind(wanted).await.map_err(|e| {
            Failure(format!(
                "{wanted} can't be listened on for metrics: {e}. Choose another --metrics-listen."
            ))
        })?),
        None => None,
    };
    // Before anything that measures is made.
    let wanted = settings.metrics.unwrap_or(dev || operators.is_some());
    let recorded = if wanted { Some(metrics::install()?) } else { None };
    let tls = match (&settings.tls_cert, &settings.tls_key) {
        (Some(cert), Some(key)) => Some(Tls::open(cert, key)?),
        _ => None,
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    let origin = match &settings.origin {
        Some(origin) => origin.trim_end_matches('/').to_owned(),
        None => format!("{scheme}://{}", reachable(address)),
    };
    let proxies = Proxies::new(&settings.trusted_proxies).map_err(Failure)?;
    let entropy: Arc<dyn Entropy> = Arc::new(match settings.seed {
        Some(seed) => Seeded::from_number(seed),
        None => Seeded::new(from_system()?),
    });
    let (store, vault) = home::open(&settings, &*entropy, dev).await?;
    let profile = match settings.oauth {
        Some(OauthProfile::Compat) => Profile::Compat,
        Some(OauthProfile::Strict) => Profile::Strict,
        None if dev => Profile::Compat,
        None => Profile::Strict,
    };
    let (mails, mailer) = settings.mailer(dev, &origin)?;
    let world = World {
        memo: api::Memo::default(),
        store,
        clock: Arc::new(Wall),
        wall: Arc::new(Wall),
        entropy,
        ids: Ids::default(),
        acquirer: acquirer::of(&settings)?,
        network: Arc::new(::acquirer::Simulator),
        pricing: Arc::new(settings.pricing(dev)?),
        vault,
        changes: versions::CHANGES,
        nouns: resources::noun,
        announce: Arc::new(resources::announce::Announcer),
        profile,
        mails,
        faults: faults(&settings, dev)?,
        dev,
        origin: origin.clone(),
    };
    let store = world.store.clone();
    let egress = clockwork::Network::new(dev, &settings.allow_webhooks_to).map_err(Failure)?;
    let mut egress: Arc<dyn clockwork::Egress> = Arc::new(egress);
    for liberty in liberties(&settings) {
        egress = Arc::new(Unruly::new(egress, *liberty, beside_ids(&settings)?));
    }
    let limits = settings.limits(dev);
    let build = |world| {
        let mut api = Api::new(world, resources::endpoints())?;
        api.limits = limits;
        Ok(api)
    };
    let worlds;
    let (api, notice) = if dev {
        let hands = Arc::new(Hands::new(egress.clone()));
        let started = Worlds::start(world, hands, &first(&settings), build).await.map_err(seed::failed)?;
        let api = started.root().site.api.clone();
        worlds = Some(Arc::new(started));
        (api, seed::NOTICE.to_owned())
    } else {
        worlds = None;
        let api = Arc::new(build(world).map_err(Failure)?);
        let notice = seed::serve(&api).await?;
        (api, notice)
    };

    let (stop, stopped) = watch::channel(false);
    let (ending, stopping) = watch::channel(false);
    let operating = Arc::new(Operating { api: api.clone(), metrics: recorded.clone(), stopping });
    let worker = match &worlds {
        Some(worlds) => clockwork::Worker::of(worlds.clone(), egress),
        None => clockwork::Worker::mailing(api.clone(), egress, mailer),
    };
    let wake = worker.waker();
    let working = tokio::spawn(worker.run(stopped.clone()));
    let pages = pages::Site::new(pages::Options { dev });
    let dev_only = worlds.map(|worlds| Dev { worlds, wake });
    let requests = metrics::Requests::new();
    let server = Arc::new(Server {
        api: api.clone(),
        pages,
        dev: dev_only,
        subscribers: Arc::new(Subscribers::new(stopped.clone())),
        operating: operating.clone(),
        requests,
        proxies,
        traces,
        access_log: settings.access_log == Some(true),
    });
    if let Some(handle) = recorded {
        tokio::spawn(metrics::keep_up(handle));
    }

    // Waited for before anybody hears that it listens: until then a signal would end it there and then.
    let mut asked = std::pin::pin!(asked_to_stop());
    let early = tokio::select! {
        biased;
        () = &mut asked => true,
        () = std::future::ready(()) => false,
    };
    if let Some(address) = operators.as_ref().and_then(|listener| listener.local_addr().ok()) {
        eprintln!("metrics at http://{address}/metrics");
    }
    eprintln!("listening on {origin_of}", origin_of = format_args!("{scheme}://{}", reachable(address)));
    if !notice.is_empty() {
        eprintln!("{}", notice.replace("{origin}", &origin));
    }
    if !dev && tls.is_none() && settings.trusted_proxies.is_empty() && !address.ip().is_loopback() {
        tracing::warn!(
            %address,
            "Keys and card numbers cross the network in the clear. Give --tls-cert and --tls-key, or put a proxy that speaks TLS in front and name it in --trusted-proxies."
        );
    }
    tokio::spawn(keys::keep_up(api.clone(), keys::Source::of(&settings)?, stopped.clone()));
    match tls.clone() {
        Some(tls) => drop(tokio::spawn(tls.keep_fresh(stopped.clone()))),
        // `systemctl reload` must not end a server that has nothing to read again.
        None if !dev => drop(tokio::spawn(tls::ignore_hangup())),
        None => {}
    }
    let serving = tokio::spawn(listen::serve(listener, tls, server, stopped.clone()));
    if let Some(listener) = operators {
        tokio::spawn(listen::serve(listener, None, operating, stopped));
    }
    notify::tell(notify::READY);
    if !early {
        asked.await;
    }
    notify::tell(notify::STOPPING);
    let _ = ending.send(true);
    if let Some(seconds) = settings.stop_delay.filter(|seconds| *seconds > 0) {
        tracing::info!(seconds, "stopping soon: no longer ready, so that nobody is sent here");
        // Who asks twice does not want to wait.
        let _ = tokio::time::timeout(Duration::from_secs(seconds), asked_to_stop()).await;
    }
    tracing::info!("stopping: running requests may finish");
    let _ = stop.send(true);
    let _ = serving.await;
    let _ = working.await;
    store.close().await;
    Ok(())
}

/// The world of the guides, where it is made: with a seed its clock stands at a time that repeats, too.
fn first(settings: &Settings) -> Wanted {
    let seed = settings.seed.map(|seed| seed as i64);
    Wanted { seed, start: seed.map(|_| BEGINNING), frozen: seed.is_some(), name: None }
}

/// A source of chance that ids do not come from: they must repeat by the seed however much else is left to chance.
fn beside_ids(settings: &Settings) -> Result<Arc<dyn Entropy>, Failure> {
    Ok(Arc::new(match settings.seed {
        Some(seed) => Seeded::from_number(!seed),
        None => Seeded::new(from_system()?),
    }))
}

/// What goes wrong on purpose; `dev` can be told at any time.
fn faults(settings: &Settings, dev: bool) -> Result<Option<Arc<Faults>>, Failure> {
    if !dev {
        return Ok(None);
    }
    Ok(Some(Arc::new(Faults::new(beside_ids(settings)?, settings.hostile == Some(true)))))
}

/// With which liberties webhooks are delivered.
fn liberties(settings: &Settings) -> &'static [Liberty] {
    match settings.deliveries {
        Some(Deliveries::Shuffled) => &[Liberty::Shuffled],
        Some(Deliveries::Duplicated) => &[Liberty::Duplicated],
        Some(Deliveries::Delayed) => &[Liberty::Delayed],
        None if settings.hostile == Some(true) => &[Liberty::Duplicated, Liberty::Shuffled],
        None => &[],
    }
}

async fn bind(settings: &Settings, dev: bool) -> Result<(TcpListener, SocketAddr), Failure> {
    let host = if dev { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
    let default = SocketAddr::new(IpAddr::V4(host), settings.port.unwrap_or(PORT));
    let wanted = settings.listen.unwrap_or(default);
    let failed = |e: std::io::Error| {
        Failure(format!(
            "{wanted} can't be listened on: {e}. Choose another port with --port, or --port 0 for a free one."
        ))
    };
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// An address that a browser on this machine can open.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}

pub(crate) fn from_system() -> Result<[u8; 32], Failure> {
    let mut seed = [0u8; 32];
    getrandom::fill(&mut seed).map_err(|e| Failure(format!("The system gave no randomness: {e}.")))?;
    Ok(seed)
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(terminate) => terminate,
            Err(error) => {
                tracing::warn!(%error, "SIGTERM can't be waited for");
                let _ = interrupt.await;
                return;
            }
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}
