//! The mandate of a debit: for whoever was given its address, without any session.

use api::{Outcome, done};
use base::Caller;
use resources::connect::user::settle;
use resources::payments::mandate::{Mandate, Status};

use super::people::Account;
use super::reply::{Answer, Refusal, page};
use super::visit::Visit;
use crate::views::Note;

/// Account and mandate of a path, if they look like ids.
pub(crate) fn ids(path: &str) -> Option<(&str, &str)> {
    let (account, mandate) = path.strip_prefix("/mandates/")?.split_once('/')?;
    let plain = |id: &str| {
        !id.is_empty() && id.len() <= 255 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    (plain(account) && plain(mandate)).then_some((account, mandate))
}

/// `GET /mandates/{account}/{mandate}`.
pub(crate) async fn show(visit: &Visit<'_>, account: &str, mandate: &str) -> Answer {
    for live in [false, true] {
        let caller = Caller { request: visit.request.clone(), ..Caller::system(account, live) };
        let found = visit.api.transact(&caller, move |cx| {
            Box::pin(async move {
                let mandate = cx.peek::<Mandate>(mandate).await?;
                let seller = cx.peek_of::<Account>(account, live, account).await?;
                let outcome: Outcome<Option<(Mandate, Option<Account>)>> =
                    done(mandate.map(|mandate| (mandate, seller)));
                outcome
            })
        });
        if let Some((mandate, seller)) = settle(found.await?)? {
            return page(200, &note(&mandate, seller.as_ref()), None);
        }
    }
    Err(Refusal::not_found().into())
}

fn note(mandate: &Mandate, seller: Option<&Account>) -> Note {
    let business = seller.and_then(|it| it.public_name()).unwrap_or("an unnamed business");
    let often = match &mandate.single_use.0 {
        Some(once) => format!("once, for {}", once.currency.display(once.amount)),
        None => "for any number of payments".to_owned(),
    };
    let reference = mandate.payment_method_details.sepa_debit.0.as_ref().map(|it| it.reference.as_str());
    let reference = reference.map_or(String::new(), |it| format!(" Its reference is {it}."));
    let stands = if mandate.status == Status::Active { "It is in force." } else { "It is not in force." };
    Note {
        title: "Mandate for direct debits".to_owned(),
        message: format!(
            "The holder of a bank account allowed {business} to debit it {often}.{reference} {stands}"
        ),
    }
}
