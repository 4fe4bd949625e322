//! Collecting: an open invoice is paid by what the customer has, by hand or by itself, and tried again some days later
//! where that did not work.
use super::{
    ACTION_REQUIRED, CollectionMethod, Invoice, PAID, PAYMENT_FAILED, PAYMENT_SUCCEEDED, Status, UPDATED,
    attach, draft, finalize::finished,
};
use crate::{
    billing::{
        amounts::either,
        invoice_payment::{self, Status as PaymentStatus},
        subscription, timing,
    },
    due,
    payments::{
        customer::{self, Customer},
        mandate::Mandate,
        payment_intent::{self, PaymentIntent, confirm::OffSession, invoiced},
        payment_method::{Chosen, MethodRef},
    },
};
use api::{Cx, Outcome, Reply, Stop, done};
use base::{ApiError, Timestamp};
use wire::{Hidden, Patch, Wire};

/// What `POST /v1/invoices/{id}/pay` takes.
#[derive(Debug, Wire)]
pub(super) struct Pay {
    forgive: Option<bool>,
    mandate: Patch<String>,
    off_session: Option<OffSession>,
    paid_out_of_band: Option<bool>,
    payment_method: Option<String>,
    source: Option<String>,
}

pub(super) async fn pay(cx: &mut Cx<'_>, p: Pay) -> Outcome<Invoice> {
    let (mut it, customer) = draft::named(cx).await?;
    it.must_be(&[Status::Draft, Status::Open, Status::Uncollectible], "paid")?;
    let with = match (p.payment_method, p.source) {
        (Some(_), Some(_)) => return Err(either("payment_method", "source").into()),
        (Some(id), None) => Some(Chosen::Id(id, "payment_method")),
        (None, Some(id)) => Some(Chosen::Id(id, "source")),
        (None, None) => None,
    };
    if it.is(Status::Draft) {
        it = match finished(cx, it, customer).await? {
            Ok(it) => it,
            Err(error) => return Ok(Reply::Refused(error)),
        };
        if it.is(Status::Paid) {
            return done(it);
        }
    }
    if p.paid_out_of_band == Some(true) {
        if let Some(intent) = it.payment_intent.0.clone() {
            payment_intent::voided(cx, &intent).await?;
        }
        invoice_payment::end(cx, it.payment.0.as_deref(), PaymentStatus::Canceled).await?;
        return done(paid(cx, it).await?);
    }
    let off_session = p.off_session.is_none_or(OffSession::is_on);
    // It speaks of sources that hold less money than is due; a card or a bank account holds none here.
    let _ = p.forgive;
    let mandate = match p.mandate {
        Patch::Set(id) => Some(cx.must::<Mandate>("mandate", &id).await?.id),
        Patch::Keep | Patch::Clear => None,
    };
    if let Some(error) = attempt_by(cx, &it.id, with, off_session, mandate).await? {
        return Ok(Reply::Refused(error));
    }
    let it = cx.get::<Invoice>(&it.id).await?.unwrap_or(it);
    let waits = match &it.payment_intent.0 {
        Some(intent) => cx
            .get::<PaymentIntent>(intent)
            .await?
            .filter(|it| it.status == payment_intent::Status::RequiresAction),
        None => None,
    };
    if let Some(intent) = waits {
        let message = "This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice.";
        let error = ApiError::card("invoice_payment_intent_requires_action", None, message);
        return Ok(Reply::Refused(error.showing("payment_intent", intent.public()?)));
    }
    done(it)
}

/// What an invoice is paid with where nothing is named: the invoice's, else its subscription's, else the customer's.
async fn usual(cx: &mut Cx<'_>, it: &Invoice, customer: &Customer) -> Result<Option<Chosen>, Stop> {
    let method = |held: &Option<MethodRef>| held.as_ref().map(|MethodRef(id)| id.clone());
    let mut id =
        method(&it.default_payment_method).or_else(|| it.default_source.as_ref().map(|it| it.id.clone()));
    if let (None, Some(subscription)) = (&id, it.subscription()) {
        id = subscription::pays_with(cx, subscription, customer).await?;
    }
    let id = id
        .or_else(|| method(&customer.invoice_settings.default_payment_method))
        .or_else(|| customer.default_source.as_ref().map(|it| it.id.clone()));
    Ok(id.map(|id| Chosen::Id(id, "default_payment_method")))
}

/// Tries to pay an open invoice. The error says why it did not work; what became of it is written down either way.
pub(crate) async fn attempt(
    cx: &mut Cx<'_>,
    id: &str,
    with: Option<Chosen>,
    off_session: bool,
) -> Result<Option<ApiError>, Stop> {
    attempt_by(cx, id, with, off_session, None).await
}

/// The same, which a mandate allows; the usual one of the invoice where none is named.
async fn attempt_by(
    cx: &mut Cx<'_>,
    id: &str,
    with: Option<Chosen>,
    off_session: bool,
    mandate: Option<String>,
) -> Result<Option<ApiError>, Stop> {
    let Some(it) = cx.get::<Invoice>(id).await? else { return Ok(None) };
    let customer = it.customer.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    let customer: Customer = cx.must("customer", &customer).await?;
    let Some(intent) = it.payment_intent.0.clone() else { return Ok(None) };
    let with = match with {
        Some(with) => Some(with),
        None => usual(cx, &it, &customer).await?,
    };
    match with {
        Some(with) => {
            let mandate = mandate.or_else(|| it.payment_settings.default_mandate.clone());
            let named = if let Chosen::Id(id, _) = &with { Some(id.clone()) } else { None };
            let refused = Box::pin(invoiced::pay(cx, &intent, with, off_session, mandate)).await?;
            if refused.as_ref().is_some_and(is_final)
                && let Some(it) = cx.get::<Invoice>(id).await?
            {
                cx.put(&Invoice { hopeless: Hidden(named), ..it });
            }
            Ok(refused)
        }
        None => {
            failed(cx, it).await?;
            let message = "There is no `default_payment_method` set on this Customer or Invoice. Please set either a Customer default payment method, or an Invoice default payment method, or name a payment_method.";
            Ok(Some(ApiError::invalid(400, message).code("resource_missing")))
        }
    }
}

/// What banks say where trying again is in vain, until there is another payment method.
const FINAL: [&str; 8] = [
    "authentication_required",
    "highest_risk_level",
    "incorrect_number",
    "lost_card",
    "pickup_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "stolen_card",
];

fn is_final(error: &ApiError) -> bool {
    [&error.decline_code, &error.code].into_iter().flatten().any(|code| FINAL.contains(&code.as_str()))
}

/// Whether what an invoice would be paid with will never pay it.
async fn in_vain(cx: &mut Cx<'_>, it: &Invoice) -> Result<bool, Stop> {
    let Some(hopeless) = &it.hopeless.0 else { return Ok(false) };
    let Some(customer) = &it.customer else { return Ok(false) };
    let customer: Customer = cx.must("customer", &customer.id).await?;
    let with = usual(cx, it, &customer).await?;
    Ok(matches!(with, Some(Chosen::Id(id, _)) if id == *hopeless))
}

/// Tries to pay an open invoice because its time has come. What the bank says of it is the invoice's business; what it was
/// to be paid with may be gone.
pub(super) async fn by_itself(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    if let Some(it) = cx.get::<Invoice>(id).await?
        && in_vain(cx, &it).await?
    {
        // It counts as an attempt, so that the end of them comes.
        return failed(cx, it).await;
    }
    match attempt(cx, id, None, true).await {
        Ok(_) => Ok(()),
        Err(Stop::Api(_)) => match cx.get::<Invoice>(id).await? {
            Some(it) => failed(cx, it).await,
            None => Ok(()),
        },
        Err(stop) => Err(stop),
    }
}

/// An attempt did not work; where the invoice goes on by itself, it is tried again some days later.
async fn failed(cx: &mut Cx<'_>, before: Invoice) -> Result<(), Stop> {
    let mut it = before.clone();
    it.attempted = true;
    it.attempt_count += 1;
    let planned = it.next_payment_attempt.filter(|at| *at > cx.now());
    let goes_on = it.auto_advance && it.collection_method == CollectionMethod::ChargeAutomatically;
    if planned.is_none() && goes_on {
        let retries = &cx.world.pricing.recovery.retries;
        let days = usize::try_from(it.attempt_count - 1).ok().and_then(|tried| retries.get(tried).copied());
        it.next_payment_attempt = days.map(|days| cx.now().plus(days * Timestamp::DAY));
        if let Some(at) = it.next_payment_attempt {
            due::later(cx, due::Kind::InvoiceCollects, &it.id, at);
        }
    }
    cx.put(&it);
    cx.emit_update(UPDATED, &before, &it);
    cx.emit(PAYMENT_FAILED, &it);
    delinquent(cx, &it, true).await?;
    subscription::failed(cx, &it, goes_on && it.next_payment_attempt.is_none()).await
}

/// Whether the last payment of a customer failed.
async fn delinquent(cx: &mut Cx<'_>, it: &Invoice, is: bool) -> Result<(), Stop> {
    let Some(customer) = &it.customer else { return Ok(()) };
    let Some(before) = cx.get::<Customer>(&customer.id).await? else { return Ok(()) };
    if before.delinquent.unwrap_or(false) != is {
        let customer = Customer { delinquent: Some(is), ..before.clone() };
        cx.put(&customer);
        cx.emit_update(customer::UPDATED, &before, &customer);
    }
    Ok(())
}

/// The invoice is paid, or there was nothing to pay.
pub(super) async fn paid(cx: &mut Cx<'_>, before: Invoice) -> Result<Invoice, Stop> {
    let mut it = before.clone();
    it.attempted = true;
    it.auto_advance = false;
    it.amount_paid = it.amount_due;
    it.amount_remaining = 0;
    it.next_payment_attempt = None;
    it.status = Some(Status::Paid);
    it.status_transitions.paid_at = Some(cx.now());
    cx.put(&it);
    cx.emit_update(UPDATED, &before, &it);
    cx.emit(PAID, &it);
    cx.emit(PAYMENT_SUCCEEDED, &it);
    invoice_payment::end(cx, it.payment.0.as_deref(), PaymentStatus::Paid).await?;
    delinquent(cx, &it, false).await?;
    subscription::paid(cx, &it).await?;
    Ok(it)
}

/// The payment intent of an invoice moved, whoever moved it: the invoice follows.
pub(crate) async fn followed(cx: &mut Cx<'_>, intent: &PaymentIntent) -> Result<(), Stop> {
    let Hidden(invoice) = &intent.invoice;
    let Some(id) = &invoice.0 else { return Ok(()) };
    let Some(it) =
        cx.get::<Invoice>(id).await?.filter(|it| it.is(Status::Open) || it.is(Status::Uncollectible))
    else {
        return Ok(());
    };
    if it.attached.0.iter().any(|attached| attached.intent == intent.id) {
        return Box::pin(attach::came(cx, it, intent)).await;
    }
    match intent.status {
        payment_intent::Status::Succeeded => {
            let counted = Invoice { attempt_count: it.attempt_count + 1, ..it };
            paid(cx, counted).await.map(drop)
        }
        payment_intent::Status::RequiresAction => {
            let after = Invoice { attempted: true, ..it.clone() };
            cx.put(&after);
            cx.emit_update(UPDATED, &it, &after);
            cx.emit(ACTION_REQUIRED, &after);
            Ok(())
        }
        payment_intent::Status::RequiresPaymentMethod => {
            let Some(problem) = &intent.last_payment_error else { return Ok(()) };
            failed(cx, it).await?;
            // The bank would have let the payer take part, who was not there.
            if problem.code.0.as_deref() == Some("authentication_required")
                && let Some(after) = cx.get::<Invoice>(id).await?
            {
                cx.emit(ACTION_REQUIRED, &after);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The time to try has come; nothing happens where the invoice does not go on by itself any more.
pub(crate) async fn collects(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(it) = cx.get::<Invoice>(id).await? else { return Ok(()) };
    let customer = it.customer.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    let Some(customer) = cx.get::<Customer>(&customer).await? else { return Ok(()) };
    let task = (due::Kind::InvoiceCollects, id);
    let waits = it.is(Status::Open) && it.auto_advance;
    if waits && timing::has_come(cx, &customer, task, it.next_payment_attempt).await? {
        by_itself(cx, id).await?;
    }
    Ok(())
}
