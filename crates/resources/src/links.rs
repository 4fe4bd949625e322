//! What must hold of the state at rest, kind by kind: what a document says of itself and of others. `tollbridge check`
//! compares it ([`audit`]). A noun that is stored has a line in [`KINDS`], the others are named in [`NOT_STORED`].
mod billing;
mod connect;
mod intents;
mod movements;

use crate::{
    announce::{Delivery, Listeners, QUEUE},
    billing::{
        coupon::Coupon,
        credit_note::CreditNote,
        discount::Discount,
        invoice::Invoice,
        invoice_item::InvoiceItem,
        invoice_payment::InvoicePayment,
        meter::{EventName, Meter},
        meter_event::{
            MeterEvent,
            usage::{self, Usage},
        },
        plan::Plan,
        portal_configuration::PortalConfiguration,
        portal_session::PortalSession,
        price::{LookupKey, Price},
        product::Product,
        promotion_code::{Codes, PromotionCode},
        quote::Quote,
        shipping_rate::ShippingRate,
        subscription::Subscription,
        subscription_schedule::SubscriptionSchedule,
        tax_rate::TaxRate,
    },
    connect::{
        account::Account,
        account_link::door::{Door, Guest},
        application_fee::ApplicationFee,
        capability::Capability,
        fee_refund::FeeRefund,
        person::Person,
        session,
        user::User,
    },
    due::{self, Task},
    events::{
        attempt::Attempt,
        cli_session::{CliSession, heard::HeardEvent},
        event::Event,
        webhook_endpoint::WebhookEndpoint,
    },
    files::{
        file::{self, File, Piece},
        file_link::FileLink,
    },
    mail::{self, Message},
    payments::{
        balance::Balance,
        balance_settings::BalanceSettings,
        balance_transaction::{self, BalanceTransaction},
        bank_account::BankAccount,
        card::Card,
        charge::Charge,
        confirmation_token::ConfirmationToken,
        customer::{self, Customer},
        customer_balance_transaction::CustomerBalanceTransaction,
        customer_cash_balance_transaction::CustomerCashBalanceTransaction,
        dispute::Dispute,
        early_fraud_warning::EarlyFraudWarning,
        ephemeral_key::EphemeralKey,
        mandate::Mandate,
        payment_intent::PaymentIntent,
        payment_method::PaymentMethod,
        payment_method_configuration::PaymentMethodConfiguration,
        payment_method_domain::PaymentMethodDomain,
        payout::Payout,
        refund::Refund,
        review::Review,
        settlement::{PaidOut, Settlement},
        setup_attempt::SetupAttempt,
        setup_intent::SetupIntent,
        source::Source,
        spend::Gathering,
        tax_id::TaxId,
        token::Token,
        topup::Topup,
        transfer::Transfer,
        transfer_reversal::TransferReversal,
    },
    reports::report_run::ReportRun,
    test_helpers::test_clock::TestClock,
};
use api::{
    Object, Remembered, Taken,
    access::{Application, Connected, Connection, Credential},
    asks::{self, Ask, Slip},
    secrets,
};
use audit::{Kind, Queue, Said};
use base::{Currency, Named, Ref};
use store::{Due, HOUSE, Held, Key};
use wire::Wire;

/// The generation of the documents: a release that stores something which its predecessors cannot read counts on,
/// and they refuse its exports.
pub const DOCUMENTS: u32 = 1;

/// Every kind that is stored, and what must hold of it.
pub const KINDS: &[Kind] = &[
    Kind { name: Account::NAME, tell: connect::account },
    Kind { name: Door::NAME, tell: connect::door },
    Kind { name: Guest::NAME, tell: connect::guest },
    Kind { name: Application::NAME, tell: connect::application },
    Kind { name: ApplicationFee::NAME, tell: connect::application_fee },
    Kind { name: Attempt::NAME, tell: alone::<Attempt> },
    Kind { name: Ask::NAME, tell: ask },
    Kind { name: Message::NAME, tell: message },
    Kind { name: BalanceTransaction::NAME, tell: movements::balance_transaction },
    Kind { name: BankAccount::NAME, tell: bank_account },
    Kind { name: Card::NAME, tell: card },
    Kind { name: Charge::NAME, tell: movements::charge },
    Kind { name: Codes::NAME, tell: billing::codes },
    Kind { name: CliSession::NAME, tell: connect::cli_session },
    Kind { name: ConfirmationToken::NAME, tell: alone::<ConfirmationToken> },
    Kind { name: Connected::NAME, tell: connect::connected },
    Kind { name: Connection::NAME, tell: connect::connection },
    Kind { name: Credential::NAME, tell: connect::credential },
    Kind { name: Coupon::NAME, tell: billing::coupon },
    Kind { name: CreditNote::NAME, tell: billing::credit_note },
    Kind { name: Customer::NAME, tell: customer },
    Kind { name: customer::Deleted::NAME, tell: deleted_customer },
    Kind { name: CustomerBalanceTransaction::NAME, tell: customer_balance_transaction },
    Kind { name: CustomerCashBalanceTransaction::NAME, tell: customer_cash_balance_transaction },
    Kind { name: Discount::NAME, tell: billing::discount },
    Kind { name: Dispute::NAME, tell: movements::dispute },
    Kind { name: EarlyFraudWarning::NAME, tell: movements::early_fraud_warning },
    Kind { name: EphemeralKey::NAME, tell: alone::<EphemeralKey> },
    Kind { name: Event::NAME, tell: event },
    Kind { name: FeeRefund::NAME, tell: connect::fee_refund },
    Kind { name: File::NAME, tell: whole_file },
    Kind { name: FileLink::NAME, tell: file_link },
    Kind { name: Piece::NAME, tell: file_piece },
    Kind { name: HeardEvent::NAME, tell: connect::heard },
    Kind { name: Gathering::NAME, tell: alone::<Gathering> },
    Kind { name: Invoice::NAME, tell: billing::invoice },
    Kind { name: InvoiceItem::NAME, tell: billing::invoice_item },
    Kind { name: InvoicePayment::NAME, tell: billing::invoice_payment },
    Kind { name: Listeners::NAME, tell: listeners },
    Kind { name: LookupKey::NAME, tell: billing::lookup_key },
    Kind { name: Meter::NAME, tell: billing::meter },
    Kind { name: EventName::NAME, tell: billing::event_name },
    Kind { name: MeterEvent::NAME, tell: alone::<MeterEvent> },
    Kind { name: Usage::NAME, tell: billing::usage },
    Kind { name: PaidOut::NAME, tell: alone::<PaidOut> },
    Kind { name: Payout::NAME, tell: movements::payout },
    Kind { name: Mandate::NAME, tell: intents::mandate },
    Kind { name: PaymentIntent::NAME, tell: intents::payment_intent },
    Kind { name: PaymentMethod::NAME, tell: intents::payment_method },
    Kind { name: PaymentMethodConfiguration::NAME, tell: alone::<PaymentMethodConfiguration> },
    Kind { name: PaymentMethodDomain::NAME, tell: alone::<PaymentMethodDomain> },
    Kind { name: PortalConfiguration::NAME, tell: alone::<PortalConfiguration> },
    Kind { name: PortalSession::NAME, tell: billing::portal_session },
    Kind { name: Price::NAME, tell: billing::price },
    Kind { name: Product::NAME, tell: billing::product },
    Kind { name: PromotionCode::NAME, tell: billing::promotion_code },
    Kind { name: Quote::NAME, tell: billing::quote },
    Kind { name: Refund::NAME, tell: movements::refund },
    Kind { name: ReportRun::NAME, tell: alone::<ReportRun> },
    Kind { name: Review::NAME, tell: movements::review },
    Kind { name: Settlement::NAME, tell: alone::<Settlement> },
    Kind { name: Taken::NAME, tell: alone::<Taken> },
    Kind { name: Remembered::NAME, tell: alone::<Remembered> },
    Kind { name: session::Attempts::NAME, tell: alone::<session::Attempts> },
    Kind { name: session::Session::NAME, tell: connect::session },
    Kind { name: SetupAttempt::NAME, tell: intents::setup_attempt },
    Kind { name: SetupIntent::NAME, tell: intents::setup_intent },
    Kind { name: ShippingRate::NAME, tell: billing::shipping_rate },
    Kind { name: Subscription::NAME, tell: billing::subscription },
    Kind { name: SubscriptionSchedule::NAME, tell: billing::subscription_schedule },
    Kind { name: TaxId::NAME, tell: tax_id },
    Kind { name: TaxRate::NAME, tell: billing::tax_rate },
    Kind { name: TestClock::NAME, tell: test_clock },
    Kind { name: Source::NAME, tell: source },
    Kind { name: Token::NAME, tell: alone::<Token> },
    Kind { name: Topup::NAME, tell: movements::topup },
    Kind { name: Transfer::NAME, tell: movements::transfer },
    Kind { name: TransferReversal::NAME, tell: movements::transfer_reversal },
    Kind { name: User::NAME, tell: connect::user },
    Kind { name: secrets::RingRecord::NAME, tell: alone::<secrets::RingRecord> },
    Kind { name: secrets::Progress::NAME, tell: resealing },
    Kind { name: WebhookEndpoint::NAME, tell: webhook_endpoint },
];

/// Every queue, and what must hold of its work.
pub const QUEUES: &[Queue] = &[
    Queue { name: QUEUE, tell: delivery },
    Queue { name: due::QUEUE, tell: task },
    Queue { name: asks::QUEUE, tell: slip },
    Queue { name: mail::QUEUE, tell: letter },
    Queue { name: secrets::QUEUE, tell: reseal },
];

/// The document that makes an account one: whatever lies under an account needs it.
pub fn owner(account: &str) -> Option<Key> {
    (account != HOUSE).then(|| place::<Account>("", false, account))
}

/// What the counters must be: a day's use is what its events add, and those of a currency add up to what balance
/// transactions moved. Each of these by itself may be anything, because days that have come are gathered.
pub fn counter(name: &str, value: i64, said: &mut Said<'_>) {
    let own = name.splitn(4, '/').nth(3);
    if own.is_some_and(|it| it.starts_with(usage::COUNTERS)) {
        return said.total("", value);
    }
    match own.and_then(balance_transaction::Counter::parse) {
        Some((currency, _)) => said.evens_out(all_days(name, currency), value),
        None => said.flaw("a counter that this release keeps", name),
    }
}

/// What stands for all counters of a currency; `name` is that of one of them.
fn all_days(name: &str, currency: Currency) -> String {
    let space: String = name.splitn(4, '/').take(3).flat_map(|part| [part, "/"]).collect();
    format!("{space}{}{currency}", balance_transaction::COUNTERS)
}

/// Reads a document as its type and compares what the store keeps beside it; tells where that is not possible.
pub fn read<T: Object>(held: &Held, said: &mut Said<'_>) -> Option<T> {
    let it = match wire::from_json::<T>(&held.doc.body) {
        Ok(it) => it,
        Err(bad) => {
            said.flaw(format!("a document that reads as {}", T::NAME), format!("{bad:?}"));
            return None;
        }
    };
    let key = &held.doc.key;
    let right = T::PLACE.key(T::NAME, &key.account, key.live, it.id());
    said.same("the key", right.path(), key.path());
    let mut index = it.indexes();
    index.sort();
    index.dedup();
    if index != held.index {
        said.flaw(format!("the index keys {index:?}"), format!("{:?}", held.index));
    }
    // When exactly is told by the clock of its world, which may be ahead.
    if it.expires().is_some() != held.expires.is_some() {
        said.flaw(format!("the expiry {:?}", it.expires()), format!("{:?}", held.expires));
    }
    Some(it)
}

/// A kind that reads as its type and speaks of nobody.
pub fn alone<T: Object>(held: &Held, said: &mut Said<'_>) {
    read::<T>(held, said);
}

/// The key of an object of an account and mode.
fn place<T: Object>(account: &str, live: bool, id: &str) -> Key {
    T::PLACE.key(T::NAME, account, live, id)
}

/// The key of an object beside this one.
fn beside<T: Object>(held: &Held, id: &str) -> Key {
    place::<T>(&held.doc.key.account, held.doc.key.live, id)
}

/// The account, and the platform with its application, that a grant is about.
pub fn parties(said: &mut Said<'_>, account: &str, platform: &str, application: &str) {
    said.link("account", &place::<Account>("", false, account));
    said.link("platform", &place::<Account>("", false, platform));
    said.link("application", &place::<Application>("", false, application));
}

/// The name by which a connection is known, whatever its mode.
fn grant(account: &str, application: &str) -> String {
    format!("the connection of {account} with {application}")
}

/// The id of any object.
#[derive(Wire)]
struct Itself {
    id: String,
}

/// What moved the money says the same as the balance transaction: `amount` is what the balance moved by, before fees.
fn moved(held: &Held, said: &mut Said<'_>, by: Option<&Ref<BalanceTransaction>>, amount: i64) {
    let Some(by) = by else { return };
    said.is(BalanceTransaction::NAME, &by.id);
    let key = beside::<BalanceTransaction>(held, &by.id);
    // Keys of some nouns begin otherwise than ids.
    let id = wire::from_json::<Itself>(&held.doc.body).map(|it| it.id).unwrap_or_default();
    said.mirror(BalanceTransaction::NAME, &key, "source", id);
    said.mirror(BalanceTransaction::NAME, &key, "amount", amount.to_string());
}

/// A part is neither negative nor more than the whole.
fn within(said: &mut Said<'_>, what: &str, part: i64, whole: i64) {
    if !(0..=whole).contains(&part) {
        said.flaw(format!("{what} from 0 to {whole}"), part.to_string());
    }
}

/// A file that is kept for ever has all that is in it; of one that expires, part may be swept already.
fn whole_file(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<File>(held, said) else { return };
    if it.expires_at.is_none() {
        file::pieces(&it).for_each(|id| said.link("a piece", &beside::<Piece>(held, &id)));
    }
}

fn file_piece(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Piece>(held, said) else { return };
    if it.expires_at.is_none() {
        said.link("file", &beside::<File>(held, &it.file));
    }
}

fn file_link(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<FileLink>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    if it.kept_until.0.is_none() {
        said.link("file", &beside::<File>(held, &it.file.id));
    }
}

fn customer(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Customer>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.total("balance", it.balance);
    if let Some(discount) = &it.discount.0 {
        said.mirror("discount", &beside::<Discount>(held, &discount.id), Customer::NAME, &it.id);
    }
    if let Some(source) = &it.default_source {
        let bank = source.id.starts_with(BankAccount::PREFIX);
        let key =
            if bank { beside::<BankAccount>(held, &source.id) } else { beside::<Card>(held, &source.id) };
        said.mirror("default_source", &key, "customer", &it.id);
    }
}

/// A clock and its customers know of each other.
fn test_clock(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<TestClock>(held, said) else { return };
    said.same("livemode", false, it.livemode);
    for customer in &it.customers.0 {
        said.mirror("customers", &beside::<Customer>(held, customer), "test_clock", &it.id);
    }
}

fn source(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Source>(held, said) else { return };
    if let Some(customer) = &it.customer.0 {
        said.link("customer", &beside::<Customer>(held, customer));
    }
}

fn customer_cash_balance_transaction(held: &Held, said: &mut Said<'_>) {
    // The customer may have been deleted; payments and refunds stay.
    let Some(it) = read::<CustomerCashBalanceTransaction>(held, said) else { return };
    for taken in [&it.applied_to_payment, &it.unapplied_from_payment] {
        if let Some(taken) = &taken.0 {
            said.link("payment_intent", &beside::<PaymentIntent>(held, &taken.payment_intent.id));
        }
    }
    if let Some(given) = &it.refunded_from_payment.0 {
        said.link("refund", &beside::<Refund>(held, &given.refund.id));
    }
}

fn customer_balance_transaction(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<CustomerBalanceTransaction>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    let customer = beside::<Customer>(held, &it.customer.id);
    said.link_or_gone("customer", &customer);
    said.adds(&customer, "balance", it.amount);
}

/// A tax id of a customer goes with the customer.
fn tax_id(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<TaxId>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    if let Some(customer) = &it.customer {
        said.link("customer", &beside::<Customer>(held, &customer.id));
    }
}

fn deleted_customer(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<customer::Deleted>(held, said) else { return };
    said.stands_for(&beside::<Customer>(held, it.id()));
}

fn card(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Card>(held, said) else { return };
    of_customer(held, said, it.customer.0.as_ref());
}

fn bank_account(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<BankAccount>(held, said) else { return };
    of_customer(held, said, it.customer.0.as_ref());
}

/// What a customer pays with goes with the customer.
fn of_customer(held: &Held, said: &mut Said<'_>, customer: Option<&Ref<Customer>>) {
    match customer {
        Some(customer) => {
            said.is("customer", &customer.id);
            said.link("customer", &beside::<Customer>(held, &customer.id));
        }
        None => said.flaw("a customer whose it is", "none"),
    }
}

// Events.

/// Nouns of which nothing is left when one is deleted.
const DELETABLE: &[&str] =
    &[Coupon::NAME, Invoice::NAME, InvoiceItem::NAME, Plan::NAME, Price::NAME, Product::NAME, TaxId::NAME];

fn event(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Event>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    awaits(said, &it);
    let object: serde_json::Value = serde_json::from_str(&it.data.object.0).unwrap_or_default();
    let text = |name: &str| object.get(name).and_then(serde_json::Value::as_str);
    if [Balance::NAME, BalanceSettings::NAME].map(Some).contains(&text("object")) {
        // They are summed up of others, and have no id.
        return;
    }
    let (Some(kind), Some(id)) = (text("object"), text("id")) else {
        return said.flaw("an object that it happened to", "none");
    };
    match (kind, text("customer")) {
        // What a customer pays with may be deleted, or go with the customer.
        (Card::NAME | BankAccount::NAME, Some(customer)) => {
            said.link_or_gone("data.object.customer", &beside::<Customer>(held, customer));
        }
        // Where payouts go, what an account may do and who is behind it is part of the account.
        (Card::NAME | BankAccount::NAME | Capability::NAME | Person::NAME, None) => {}
        // It may have been deleted, which leaves nothing.
        (kind, _) if DELETABLE.contains(&kind) => {}
        _ => match crate::noun(kind) {
            Some(noun) => {
                let (account, live) = (&held.doc.key.account, held.doc.key.live);
                said.link_or_gone("data.object", &noun.place.key(noun.name, account, live, id));
            }
            None => said.flaw("an object of a kind that there is", kind),
        },
    }
}

/// Deliveries that wait are counted in their event. It may count more: endpoints that were given up, or deleted.
fn awaits(said: &mut Said<'_>, event: &Event) {
    said.at_most("pending_webhooks", event.pending_webhooks);
}

fn delivery(due: &Due, said: &mut Said<'_>) {
    let it = match wire::from_json::<Delivery>(&due.body) {
        Ok(it) => it,
        Err(bad) => return said.flaw("a body that reads as a delivery", format!("{bad:?}")),
    };
    said.same("the name", &it.id(), &due.key.id);
    let event = place::<Event>(&it.account, it.livemode, &it.event);
    said.link("event", &event);
    // What somebody asked for by hand is owed to nobody.
    if it.manual.0.is_none() {
        said.adds(&event, "pending_webhooks", 1);
    }
    // The endpoint may have been deleted: the delivery is dropped when its time comes.
    said.link("owner", &place::<Account>("", false, &it.owner));
}

fn message(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Message>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.is(mail::ABOUT, &it.about);
}

fn letter(due: &Due, said: &mut Said<'_>) {
    let it = match wire::from_json::<mail::Task>(&due.body) {
        Ok(it) => it,
        Err(bad) => return said.flaw("a body that reads as a message to be delivered", format!("{bad:?}")),
    };
    said.same("the name", &it.name(), &due.key.id);
    said.link("id", &place::<Message>(&it.account, it.livemode, &it.id));
}

fn task(due: &Due, said: &mut Said<'_>) {
    let it = match wire::from_json::<Task>(&due.body) {
        Ok(it) => it,
        Err(bad) => return said.flaw("a body that reads as what happens to a payment", format!("{bad:?}")),
    };
    said.same("the name", &it.name(), &due.key.id);
    let of = |key: Key, said: &mut Said<'_>| said.link("id", &key);
    match it.kind {
        due::Kind::AccountLooks => of(place::<Account>("", false, &it.id), said),
        due::Kind::BalanceTells if it.id.starts_with(Topup::PREFIX) => {
            of(place::<Topup>(&it.account, it.livemode, &it.id), said);
        }
        due::Kind::BalanceTells
        | due::Kind::ChargeExpires
        | due::Kind::ChargeLater
        | due::Kind::DebitDisputed
        | due::Kind::DebitFails
        | due::Kind::DebitSucceeds => of(place::<Charge>(&it.account, it.livemode, &it.id), said),
        due::Kind::DisputeDecided | due::Kind::DisputeDue | due::Kind::InquiryEnds => {
            of(place::<Dispute>(&it.account, it.livemode, &it.id), said);
        }
        // It may have been deleted, with all that was to come.
        due::Kind::ClockAdvances | due::Kind::ClockEnds => {}
        due::Kind::DepositsEnd if it.id.starts_with(SetupIntent::PREFIX) => {
            of(place::<SetupIntent>(&it.account, it.livemode, &it.id), said);
        }
        due::Kind::DepositsEnd => of(place::<PaymentIntent>(&it.account, it.livemode, &it.id), said),
        due::Kind::SourceEnds => of(place::<Source>(&it.account, it.livemode, &it.id), said),
        due::Kind::DayComes => of(place::<Settlement>(&it.account, it.livemode, &it.id), said),
        due::Kind::ReportWrites => of(place::<ReportRun>(&it.account, it.livemode, &it.id), said),
        due::Kind::TopupMoves => of(place::<Topup>(&it.account, it.livemode, &it.id), said),
        due::Kind::PayoutMoves => of(place::<Payout>(&it.account, it.livemode, &it.id), said),
        due::Kind::RefundFails | due::Kind::RefundGoes | due::Kind::RefundSettles => {
            of(place::<Refund>(&it.account, it.livemode, &it.id), said);
        }
        due::Kind::DiscountEnds => of(place::<Discount>(&it.account, it.livemode, &it.id), said),
        due::Kind::ScheduleMoves => of(place::<SubscriptionSchedule>(&it.account, it.livemode, &it.id), said),
        due::Kind::InvoiceCollects | due::Kind::InvoiceFallsDue => {
            of(place::<Invoice>(&it.account, it.livemode, &it.id), said);
        }
        due::Kind::SubscriptionWakes => of(place::<Subscription>(&it.account, it.livemode, &it.id), said),
        due::Kind::QuoteExpires => of(place::<Quote>(&it.account, it.livemode, &it.id), said),
        due::Kind::PromotionCodeExpires => of(place::<PromotionCode>(&it.account, it.livemode, &it.id), said),
        // It may have been deleted: then nobody waits for the answer.
        due::Kind::CouponExpires | due::Kind::InvoiceAdvances | due::Kind::TaxIdVerified => {}
    }
}

fn listeners(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Listeners>(held, said) else { return };
    for endpoint in &it.endpoints {
        said.is(WebhookEndpoint::NAME, &endpoint.id);
        said.link("endpoints", &beside::<WebhookEndpoint>(held, &endpoint.id));
    }
    for link in &it.connections {
        said.is(Connection::NAME, &link.application);
        said.link(
            "connections",
            &place::<Connection>(&held.doc.key.account, link.livemode, &link.application),
        );
    }
}

fn webhook_endpoint(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<WebhookEndpoint>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    let roster = Listeners::key(&held.doc.key.account, held.doc.key.live);
    said.mirror("id", &roster, WebhookEndpoint::NAME, &it.id);
    for application in [it.application, it.by.0].into_iter().flatten() {
        said.link("application", &place::<Application>("", false, &application));
    }
}

// Keys of the vault.

/// What is asked of the outside leads to something or to nothing; money that moved without the books is a flaw.
fn ask(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Ask>(held, said) else { return };
    if it.stage == asks::Stage::Moved {
        said.flaw(
            "an ask of the acquirer that the books show",
            format!("{} has moved money without them", it.id),
        );
    }
}

fn slip(due: &Due, said: &mut Said<'_>) {
    match wire::from_json::<Slip>(&due.body) {
        Ok(it) => said.same("the name", &it.id(), &due.key.id),
        Err(bad) => said.flaw("a body that reads as the slip of an ask", format!("{bad:?}")),
    }
}

fn resealing(held: &Held, said: &mut Said<'_>) {
    if let Err(bad) = wire::from_json::<secrets::Progress>(&held.doc.body) {
        said.flaw("a document that reads as the progress of a rotation", format!("{bad:?}"));
    }
    said.answers_to(secrets::QUEUE);
}

fn reseal(_: &Due, said: &mut Said<'_>) {
    said.link_name("queue", secrets::QUEUE);
}

/// Nouns that are never stored, or stored as another one.
pub const NOT_STORED: &[&str] = &[
    "account_link",
    "account_session",
    "balance",
    "balance_settings",
    "billing.meter_event_adjustment",
    "billing.meter_event_summary",
    "capability",
    "cash_balance",
    "country_spec",
    "credit_note_line_item",
    "customer_session",
    "exchange_rate",
    "item",
    "line_item",
    "login_link",
    "person",
    "plan",
    "reporting.report_type",
    "subscription_item",
    "tax_code",
    "v2.billing.meter_event",
    "v2.billing.meter_event_adjustment",
    "v2.billing.meter_event_session",
    "v2.core.event",
    "v2.core.event_destination",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_noun_says_what_must_hold() {
        for name in crate::NOUNS {
            let declared = KINDS.iter().any(|kind| kind.name == *name);
            assert!(
                declared != NOT_STORED.contains(name),
                "say in links.rs what must hold of a stored {name}: whom it speaks of, and what adds up"
            );
        }
    }
}
