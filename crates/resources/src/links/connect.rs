//! What must hold of accounts, of the people behind them, and of what connects them.
use super::{beside, grant, moved, parties, place, read, within};
use crate::{
    announce::Listeners,
    connect::{
        account::Account,
        account_link::door::{Door, Guest},
        application_fee::ApplicationFee,
        fee_refund::FeeRefund,
        session::Session,
        user::User,
    },
    events::cli_session::{CliSession, heard::HeardEvent},
    payments::charge::Charge,
};
use api::access::{Application, Connected, Connection, Credential};
use audit::Said;
use base::Named as _;
use store::Held;

pub(super) fn account(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Account>(held, said) else { return };
    if let Some(owner) = &it.owner.0 {
        said.is("owner", owner);
        said.mirror("owner", &place::<User>("", false, owner), "account", &it.id);
    }
    if let Some(standing) = &it.standing.0 {
        said.link("platform", &place::<Account>("", false, &standing.platform));
    }
    for external in it.externals() {
        let sealed = it.sealed.0.iter().any(|it| it.bank == external.id());
        said.same("a sealed number", true, sealed);
    }
}

pub(super) fn door(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Door>(held, said) else { return };
    said.link("account", &place::<Account>("", false, &it.account));
}

pub(super) fn guest(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Guest>(held, said) else { return };
    said.link("account", &place::<Account>("", false, &it.account));
}

pub(super) fn user(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<User>(held, said) else { return };
    for account in &it.accounts {
        said.is("account", account);
        said.mirror("accounts", &place::<Account>("", false, account), "owner", &it.id);
    }
}

pub(super) fn session(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Session>(held, said) else { return };
    said.link("user", &place::<User>("", false, &it.user));
}

pub(super) fn cli_session(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<CliSession>(held, said) else { return };
    said.link("account", &place::<Account>("", false, &it.account));
}

/// The event itself may have been swept away since.
pub(super) fn heard(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<HeardEvent>(held, said) else { return };
    said.link("account", &place::<Account>("", false, &it.account));
}

pub(super) fn credential(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Credential>(held, said) else { return };
    said.link("account", &place::<Account>("", false, &it.account));
    if let Some(platform) = &it.platform {
        said.link("platform", &place::<Account>("", false, platform));
    }
    if let Some(application) = &it.application {
        // What a connection gave ends with it.
        said.link_name("application", grant(&it.account, application));
    }
}

pub(super) fn application(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Application>(held, said) else { return };
    said.is("platform", &it.platform.0);
    said.link("platform", &place::<Account>("", false, &it.platform.0));
}

pub(super) fn connection(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Connection>(held, said) else { return };
    said.same("account", &held.doc.key.account, &it.account);
    said.same("livemode", held.doc.key.live, it.livemode);
    said.answers_to(grant(&it.account, &it.id));
    parties(said, &it.account, &it.platform, &it.id);
    said.mirror("id", &place::<Application>("", false, &it.id), "platform", &it.platform);
    let theirs = place::<Connected>(&it.platform, it.livemode, &it.account);
    said.mirror("platform", &theirs, "application", &it.id);
    // A production client id hears of both modes.
    for live in [false, true].into_iter().filter(|live| it.livemode || !live) {
        said.mirror("id", &Listeners::key(&it.account, live), Connection::NAME, &it.id);
    }
}

pub(super) fn connected(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Connected>(held, said) else { return };
    said.is("application", &it.application);
    said.link("id", &place::<Connection>(&it.id, held.doc.key.live, &it.application));
}

pub(super) fn application_fee(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<ApplicationFee>(held, said) else { return };
    let live = held.doc.key.live;
    said.same("livemode", live, it.livemode);
    within(said, "amount_refunded", it.amount_refunded, it.amount);
    said.same("refunded", it.amount_refunded == it.amount, it.refunded);
    said.total("amount_refunded", it.amount_refunded);
    said.is("amount", it.amount.to_string());
    moved(held, said, it.balance_transaction.as_ref(), it.amount);
    let charge = place::<Charge>(&it.account.id, live, &it.charge.id);
    said.is("charge", charge.path());
    said.mirror("charge", &charge, ApplicationFee::NAME, &it.id);
    if let Some(originating) = &it.originating_transaction {
        said.is("originating", &originating.id);
    }
    said.link("application", &place::<Application>("", false, &it.application.id));
    for refund in &it.refunds.data {
        said.link("refunds", &beside::<FeeRefund>(held, &refund.id));
    }
}

pub(super) fn fee_refund(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<FeeRefund>(held, said) else { return };
    said.answers_to(&it.id);
    moved(held, said, it.balance_transaction.as_ref(), -it.amount);
    let fee = beside::<ApplicationFee>(held, &it.fee.id);
    said.link("fee", &fee);
    said.adds(&fee, "amount_refunded", it.amount);
}
