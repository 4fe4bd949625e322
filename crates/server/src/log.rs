//! What is logged, where to, and who else hears of what is done.
use crate::{
    Failure,
    config::{LogFormat, Settings},
    traces::Export,
};
use tracing_subscriber::{
    Layer as _,
    filter::{FilterExt as _, Targets, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Logs to stderr from here on, and records spans where there is a way to deliver them. Errors: the filter is none.
pub(crate) fn init(settings: &Settings, dev: bool, export: Option<&Export>) -> Result<(), Failure> {
    let filter = settings.log.as_deref().unwrap_or("info");
    let filter: Targets = filter.parse().map_err(|e| {
        Failure(format!("--log {filter} is no filter: {e}. Try info, debug or clockwork=debug."))
    })?;
    let json = settings.log_format.map_or(!dev, |format| format == LogFormat::Json);
    let to = fmt::layer().with_writer(std::io::stderr);
    let to = if json { to.json().flatten_event(true).boxed() } else { to.with_target(false).boxed() };
    let Some(export) = export else {
        tracing_subscriber::registry().with(to).with(filter).init();
        return Ok(());
    };
    // Spans are for the collector, lines for the log; a request's id stands in both.
    let logged = filter.and(filter_fn(|it| it.target() != api::trace::TARGET));
    let traced = filter_fn(|it| it.target() == api::trace::TARGET);
    tracing_subscriber::registry()
        .with(to.with_filter(logged))
        .with(export.layer().with_filter(traced))
        .init();
    Ok(())
}
