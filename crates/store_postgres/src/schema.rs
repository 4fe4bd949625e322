//! The tables: made and migrated once, whoever starts first, before anything else is asked.
use crate::{
    session::{Attempts, Connector, Session, within},
    trouble::Trouble,
};
use std::time::Duration;
use store::Fault;
use tokio::time::Instant;

/// What leads from each schema to the next one. A database that counts more was written by a later release.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001.sql")];
/// The oldest server that the tests run against.
const OLDEST: i32 = 15;
/// How long a migration may take.
const MIGRATION_MAX: Duration = Duration::from_hours(1);

const MADE: &str =
    "SELECT 1 FROM information_schema.tables WHERE table_schema = 'tollbridge' AND table_name = 'meta'";
const MAKE: [&str; 3] = [
    "CREATE SCHEMA IF NOT EXISTS tollbridge",
    "CREATE TABLE IF NOT EXISTS tollbridge.meta (k text NOT NULL PRIMARY KEY, v bigint NOT NULL)",
    "INSERT INTO tollbridge.meta (k, v) VALUES ('schema', 0) ON CONFLICT (k) DO NOTHING",
];
const LOCK: &str = "SELECT v FROM meta WHERE k = 'schema' FOR UPDATE";
const READ: &str = "SELECT v FROM meta WHERE k = 'schema'";

enum Refusal {
    Trouble(Trouble),
    Newer(i64),
}

impl<E: Into<Trouble>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Refusal::Trouble(error.into())
    }
}

/// Brings the database to the schema that this program knows.
///
/// # Errors
/// Where it stays out of reach, may not be written, or a newer release wrote it.
pub(crate) async fn migrate(connector: &Connector, patience: Duration) -> Result<(), Fault> {
    let mut attempts = Attempts::until(Instant::now() + patience);
    loop {
        let why = match once(connector, attempts.deadline).await {
            Ok(()) => return Ok(()),
            Err(Refusal::Newer(found)) => {
                return Err(Fault::broken(format!(
                    "the database was written by a newer release (schema {found}; this one knows {}): run that \
                     release, or restore a backup from before the upgrade",
                    MIGRATIONS.len()
                )));
            }
            Err(Refusal::Trouble(why)) => why,
        };
        let told = format!("cannot use the database: {why}");
        // Two that make the same table at once: one of them is told that it is there.
        if !why.passes() && !matches!(why, Trouble::Taken(_)) {
            return Err(Fault::broken(told));
        }
        if !attempts.again().await {
            return Err(Fault::unavailable(told));
        }
    }
}

async fn once(connector: &Connector, deadline: Instant) -> Result<(), Refusal> {
    let session = within(deadline, connector.open()).await?;
    warn_of_old(&session).await?;
    let known = MIGRATIONS.len() as i64;
    let made = !within(deadline, session.query(MADE, &[])).await?.is_empty();
    let mut found = if made { version(&session, READ, deadline).await? } else { None };
    if found.is_none() {
        // Another node may be just as far; each step may be taken twice.
        for sql in MAKE {
            within(deadline, session.run(sql)).await?;
        }
        found = version(&session, READ, deadline).await?;
    }
    let unsaid = || Trouble::Broken("its table meta does not say which schema it has".into());
    let found = found.ok_or_else(unsaid)?;
    if found == known {
        return Ok(());
    }
    if found > known {
        return Err(Refusal::Newer(found));
    }
    // Large tables take their time, and so does whoever else migrates them now.
    session.run("SET statement_timeout = 0; SET lock_timeout = 0; BEGIN").await?;
    let deadline = Instant::now() + MIGRATION_MAX;
    let found = version(&session, LOCK, deadline).await?.ok_or_else(unsaid)?;
    for (at, sql) in MIGRATIONS.iter().enumerate().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        tracing::info!(schema = at + 1, "migrating the database");
        within(deadline, session.run(sql)).await?;
    }
    if found > known {
        return Err(Refusal::Newer(found));
    }
    within(deadline, session.execute("UPDATE meta SET v = $1 WHERE k = 'schema'", &[&known])).await?;
    within(deadline, session.run("COMMIT")).await?;
    Ok(())
}

async fn version(session: &Session, sql: &'static str, deadline: Instant) -> Result<Option<i64>, Refusal> {
    let rows = within(deadline, session.query(sql, &[])).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
}

/// Others that speak its language say other versions of it, so an old one is no reason to refuse.
async fn warn_of_old(session: &Session) -> Result<(), Refusal> {
    let rows = session.query("SHOW server_version", &[]).await?;
    let version: String = rows.first().map_or(Ok(String::new()), |row| row.try_get(0))?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    if digits.parse().is_ok_and(|major: i32| major < OLDEST) {
        tracing::warn!(version, "this release is tested with PostgreSQL {OLDEST} and later");
    }
    Ok(())
}
