//! Who has access to what: the user's side and the platform's side of connections.

use std::collections::BTreeMap;

use oauth::applications::{self, Authorized, ConnectedAccount};
use oauth::deauthorize;

use super::authorize::permission;
use super::fields::pairs;
use super::people::{name_of, shown_name};
use super::platform::{card, encode};
use super::reply::{Answer, page, see_other};
use super::visit::{Notice, Visit};
use crate::views::{
    AccountGrants, AccountName, AuthorizedApplications, ConnectedAccounts, ConnectionRow, Grant,
};

/// Connections of each mode on one page.
const PAGE: usize = 50;

/// `GET /dashboard/authorized-applications`.
pub(crate) async fn authorized(visit: &mut Visit<'_>) -> Answer {
    let person = visit.person()?;
    let mut by_account: BTreeMap<String, Vec<Grant>> = BTreeMap::new();
    for it in applications::authorized(visit.api, &person.user).await? {
        let Authorized { account, application, scope, livemode, created } = it;
        by_account.entry(account).or_default().push(Grant {
            application: card(&application),
            client_id: application.id.clone(),
            scope: permission(scope),
            livemode,
            connected_at: created.0,
        });
    }
    let accounts = person.accounts.iter().map(|account| AccountGrants {
        id: account.id.clone(),
        name: name_of(account).name,
        applications: by_account.remove(&account.id).unwrap_or_default(),
    });
    let accounts = accounts.collect();
    page(200, &AuthorizedApplications { chrome: visit.chrome(), accounts }, None)
}

/// `POST /dashboard/authorized-applications/revoke`.
pub(crate) async fn revoke(visit: &mut Visit<'_>) -> Answer {
    let (account, client_id) = (visit.fields.text("account"), visit.fields.text("client_id"));
    let person = visit.person()?;
    let notice = if person.account(account).is_none() {
        Notice::NOT_YOURS
    } else if deauthorize::revoke(visit.api, &person.user, account, client_id).await? {
        Notice::REVOKED
    } else {
        Notice::GONE
    };
    visit.tell(notice);
    see_other("/dashboard/authorized-applications")
}

/// `GET /dashboard/connected-accounts`. Live connections stand before test ones; each mode has its own cursor.
pub(crate) async fn connected(visit: &mut Visit<'_>) -> Answer {
    let platform = visit.person()?.current().id.clone();
    let application = applications::of(visit.api, &platform).await?;
    let query = pairs(visit.query().as_bytes());
    let (mut rows, mut older) = (Vec::new(), Vec::new());
    for (live, cursor) in [(true, "live"), (false, "test")] {
        let after = query.iter().find(|(name, _)| name == cursor).map(|(_, value)| value.as_str());
        if after == Some(END) {
            older.push(format!("{cursor}={END}"));
            continue;
        }
        let mut found = applications::connected(visit.api, &platform, live, after, PAGE + 1).await?;
        let more = found.len() > PAGE;
        found.truncate(PAGE);
        let next = found.last().filter(|_| more).map_or(END.to_owned(), |last| encode(&last.account));
        older.push(format!("{cursor}={next}"));
        rows.extend(found.into_iter().map(row));
    }
    let more = older.iter().any(|cursor| !cursor.ends_with(END));
    let view = ConnectedAccounts {
        chrome: visit.chrome(),
        application_name: application.and_then(|pair| pair.development.name),
        connections: rows,
        older_url: more.then(|| format!("/dashboard/connected-accounts?{}", older.join("&"))),
        newer_url: (!query.is_empty()).then(|| "/dashboard/connected-accounts".to_owned()),
    };
    page(200, &view, None)
}

/// The cursor of a mode that has no more; no account has it for an id.
const END: &str = "-";

fn row(it: ConnectedAccount) -> ConnectionRow {
    ConnectionRow {
        account: AccountName { name: shown_name(&it.account, &it.name), id: it.account },
        client_id: it.client_id,
        scope: permission(it.scope),
        livemode: it.livemode,
        connected_at: it.created.0,
    }
}

/// `POST /dashboard/connected-accounts/disconnect`.
pub(crate) async fn disconnect(visit: &mut Visit<'_>) -> Answer {
    let platform = visit.person()?.current().id.clone();
    let (account, client_id) = (visit.fields.text("account"), visit.fields.text("client_id"));
    let ended = deauthorize::disconnect(visit.api, &platform, account, client_id).await?;
    visit.tell(if ended { Notice::DISCONNECTED } else { Notice::GONE });
    see_other("/dashboard/connected-accounts")
}
