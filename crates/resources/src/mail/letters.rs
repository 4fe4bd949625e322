//! What is written to whom when something happens.
use super::{Draft, Item, Kind, Link, Said, Wanted, business, send};
use crate::{
    billing::{
        credit_note::{self, CreditNote, EmailType},
        invoice::{self, CollectionMethod, Invoice},
        subscription::{self, Subscription},
    },
    connect::account::Account,
    payments::{
        charge::{self, Charge},
        customer::Customer,
        payment_intent::PaymentIntent,
    },
};
use api::{Cx, Fact, Object, Stop};
use base::Timestamp;
use wire::Optional;

/// Whether somebody may be written to because of this; decided without a look at anything else.
pub(super) fn tells(fact: &Fact) -> bool {
    match fact.kind {
        charge::UPDATED => fact.previous.as_ref().is_some_and(|it| it.contains("\"receipt_email\":")),
        charge::SUCCEEDED
        | charge::CAPTURED
        | charge::REFUNDED
        | invoice::SENT
        | invoice::PAID
        | invoice::PAYMENT_FAILED
        | invoice::ACTION_REQUIRED
        | invoice::WILL_BE_DUE
        | invoice::OVERDUE
        | credit_note::CREATED
        | subscription::TRIAL_WILL_END => true,
        _ => false,
    }
}

/// Writes it.
pub(super) async fn write(cx: &mut Cx<'_>, fact: &Fact) -> Result<(), Stop> {
    let account = account(cx, fact, &fact.account).await?;
    let wanted = account.as_ref().and_then(|it| it.mails.0).unwrap_or_default();
    match fact.kind {
        charge::SUCCEEDED | charge::CAPTURED | charge::UPDATED => receipt(cx, fact, wanted).await,
        charge::REFUNDED => refund(cx, fact, wanted).await,
        credit_note::CREATED => credit(cx, fact, account.as_ref()).await,
        subscription::TRIAL_WILL_END if wanted.trial_reminders => trial(cx, fact, account.as_ref()).await,
        subscription::TRIAL_WILL_END => Ok(()),
        _ => bill(cx, fact, wanted).await,
    }
}

async fn account(cx: &Cx<'_>, fact: &Fact, id: &str) -> Result<Option<Account>, Stop> {
    cx.peek_of::<Account>(id, fact.live, id).await
}

/// The object that a fact is about, as this decision leaves it.
async fn object<T: Object>(cx: &mut Cx<'_>, fact: &Fact) -> Result<Option<T>, Stop> {
    // The id leads every object.
    let text = std::str::from_utf8(&fact.object).unwrap_or_default();
    let id = text.strip_prefix("{\"id\":\"").and_then(|rest| rest.split('"').next()).unwrap_or_default();
    cx.get_of::<T>(&fact.account, fact.live, id).await
}

/// The address of a customer.
async fn address(cx: &mut Cx<'_>, fact: &Fact, id: Option<&str>) -> Result<Option<String>, Stop> {
    let Some(id) = id else { return Ok(None) };
    Ok(cx.get_of::<Customer>(&fact.account, fact.live, id).await?.and_then(|it| it.email))
}

/// A day in words: `7 October 2013`.
fn day(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let (year, month, day) = at.date();
    let month = usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or_default();
    format!("{day} {month} {year}")
}

/// Eight digits in two halves, as receipts are numbered.
fn receipt_number(cx: &Cx<'_>) -> String {
    let digits: String = cx.token(8).bytes().map(|byte| char::from(b'0' + byte % 10)).collect();
    let (first, last) = digits.split_at(4.min(digits.len()));
    format!("{first}-{last}")
}

fn item(name: &str, value: impl Into<String>) -> Item {
    Item { name: name.to_owned(), value: value.into() }
}
fn link(text: &str, url: Option<&String>) -> Option<Link> {
    Some(Link { text: text.to_owned(), url: url?.clone() })
}

/// What a charge was paid with, in words.
fn paid_with(charge: &Charge) -> Option<Item> {
    let details = charge.payment_method_details.as_ref()?;
    let card = details.card.0.as_ref().and_then(|it| it.last4.as_ref());
    let of_us = details.us_bank_account.0.as_ref().map(|it| &it.last4);
    let bank = of_us.or(details.sepa_debit.0.as_ref().map(|it| &it.last4)).and_then(Option::as_ref);
    match (card, bank) {
        (Some(last4), _) => Some(item("Payment method", format!("Card ending in {last4}"))),
        (None, Some(last4)) => Some(item("Payment method", format!("Bank account ending in {last4}"))),
        (None, None) => None,
    }
}

async fn seller(cx: &Cx<'_>, fact: &Fact, charge: &Charge) -> Result<Option<Account>, Stop> {
    let id = charge.on_behalf_of.as_ref().map_or(fact.account.as_str(), |it| &it.id);
    account(cx, fact, id).await
}

/// A receipt, to the address that a charge names, else to the customer's where receipts are wanted.
async fn receipt(cx: &mut Cx<'_>, fact: &Fact, wanted: Wanted) -> Result<(), Stop> {
    // Most charges name none, and reading one costs more than a look at its text.
    let names_nobody =
        std::str::from_utf8(&fact.object).is_ok_and(|it| it.contains("\"receipt_email\":null"));
    if !wanted.successful_payments && names_nobody {
        return Ok(());
    }
    let Some(mut charge) = object::<Charge>(cx, fact).await?.filter(|it| it.paid && it.captured) else {
        return Ok(());
    };
    let to = match charge.receipt_email.clone() {
        Some(to) => Some(to),
        // Of an invoice its own receipt tells.
        None if pays_invoice(cx, fact, &charge).await? => None,
        None => address(cx, fact, charge.customer.as_ref().map(|it| it.id.as_str())).await?,
    };
    if to.is_none() {
        return Ok(());
    }
    let number = charge.receipt_number.clone().unwrap_or_else(|| receipt_number(cx));
    let seller = seller(cx, fact, &charge).await?;
    let name = business(seller.as_ref());
    let paid = charge.currency.display(charge.amount_captured);
    let mut facts = vec![item("Amount paid", &paid), item("Date", day(charge.created))];
    facts.extend(paid_with(&charge));
    facts.push(item("Receipt number", &number));
    let said = Said {
        heading: format!("Receipt from {name}"),
        lines: vec![format!("Thank you for your payment of {paid} to {name}.")],
        facts,
        button: Optional(link("View receipt", charge.receipt_url.as_ref())),
        links: Vec::new(),
    };
    let subject = format!("Your receipt from {name} #{number}");
    let draft = Draft { kind: Kind::Receipt, to, about: charge.id.clone(), subject, said };
    if send(cx, fact, seller.as_ref(), draft) && charge.receipt_number.is_none() {
        charge.receipt_number = Some(number);
        cx.put_of(&fact.account, fact.live, &charge);
    }
    Ok(())
}

async fn pays_invoice(cx: &mut Cx<'_>, fact: &Fact, charge: &Charge) -> Result<bool, Stop> {
    let Some(intent) = &charge.payment_intent else { return Ok(false) };
    let intent = cx.get_of::<PaymentIntent>(&fact.account, fact.live, &intent.id).await?;
    Ok(intent.is_some_and(|it| it.invoice.0.0.is_some()))
}

/// That money goes back, to whoever had the receipt, else to the customer where that is wanted.
async fn refund(cx: &mut Cx<'_>, fact: &Fact, wanted: Wanted) -> Result<(), Stop> {
    let Some(charge) = object::<Charge>(cx, fact).await?.filter(|it| it.captured) else { return Ok(()) };
    let to = match charge.receipt_email.clone() {
        None if wanted.refunds => {
            address(cx, fact, charge.customer.as_ref().map(|it| it.id.as_str())).await?
        }
        to => to,
    };
    // What was let go at the capture was never paid.
    let back = charge.amount_refunded - (charge.amount - charge.amount_captured);
    if to.is_none() || back <= 0 {
        return Ok(());
    }
    let seller = seller(cx, fact, &charge).await?;
    let name = business(seller.as_ref());
    let shown = |amount: i64| charge.currency.display(amount);
    let mut facts =
        vec![item("Amount paid", shown(charge.amount_captured)), item("Refunded in all", shown(back))];
    facts.extend(paid_with(&charge));
    let said = Said {
        heading: format!("Refund from {name}"),
        lines: vec![
            format!("{name} has refunded your payment of {}.", day(charge.created)),
            "It can take 5 to 10 days until your statement shows it.".to_owned(),
        ],
        facts,
        button: Optional(link("View receipt", charge.receipt_url.as_ref())),
        links: Vec::new(),
    };
    let subject = format!("Your refund from {name}");
    send(
        cx,
        fact,
        seller.as_ref(),
        Draft { kind: Kind::Refund, to, about: charge.id.clone(), subject, said },
    );
    Ok(())
}

/// What an invoice is to be written about because of an event, if anything.
fn about(fact: &Fact, it: &Invoice, wanted: Wanted) -> Option<Kind> {
    let automatic = it.collection_method == CollectionMethod::ChargeAutomatically;
    match fact.kind {
        invoice::SENT => Some(Kind::Invoice),
        invoice::PAID if wanted.successful_payments && it.amount_paid > 0 => Some(Kind::Receipt),
        invoice::PAYMENT_FAILED if wanted.failed_payments && automatic => Some(Kind::PaymentFailed),
        invoice::ACTION_REQUIRED if wanted.payment_confirmations => Some(Kind::PaymentConfirmation),
        invoice::WILL_BE_DUE if wanted.invoice_reminders => Some(Kind::InvoiceReminder),
        invoice::OVERDUE if wanted.invoice_reminders => Some(Kind::InvoiceOverdue),
        _ => None,
    }
}

/// What is written of invoices, to the address that they bear.
async fn bill(cx: &mut Cx<'_>, fact: &Fact, wanted: Wanted) -> Result<(), Stop> {
    let Some(mut it) = object::<Invoice>(cx, fact).await? else { return Ok(()) };
    let Some(kind) = about(fact, &it, wanted) else { return Ok(()) };
    if it.customer_email.is_none() {
        return Ok(());
    }
    let id = it.biller(&fact.account).to_owned();
    let seller = account(cx, fact, &id).await?;
    let name = business(seller.as_ref());
    let number = it.number.clone().unwrap_or_default();
    let (due, paid) = (it.currency.display(it.amount_remaining), it.currency.display(it.amount_paid));
    let receipt = it.receipt_number.clone().unwrap_or_else(|| receipt_number(cx));
    let by = it.due_date.map_or(String::new(), |at| format!(" by {}", day(at)));
    let owed = it.amount_remaining > 0;
    let (subject, line, button) = match kind {
        Kind::Receipt => (
            format!("Your receipt from {name} #{receipt}"),
            format!("Thank you for your payment of {paid} to {name}."),
            "View invoice",
        ),
        Kind::PaymentFailed => (
            format!("Your payment of {due} to {name} was unsuccessful"),
            format!("{name} could not collect your payment of {due}. Pay it with another payment method."),
            "Pay this invoice",
        ),
        Kind::PaymentConfirmation => (
            format!("Confirm your payment of {due} to {name}"),
            "Your bank asks you to confirm this payment.".to_owned(),
            "Confirm payment",
        ),
        Kind::InvoiceReminder => (
            format!("Invoice {number} from {name} is due soon"),
            format!("{due} is to be paid{by}."),
            "View and pay invoice",
        ),
        Kind::InvoiceOverdue => (
            format!("Invoice {number} from {name} is overdue"),
            format!("{due} was to be paid{by} and has not been received."),
            "View and pay invoice",
        ),
        _ if owed => (
            format!("New invoice from {name} #{number}"),
            format!("{name} has sent you an invoice of {due}, to be paid{by}.").replace(", to be paid.", "."),
            "View and pay invoice",
        ),
        _ => (
            format!("Invoice from {name} #{number}"),
            format!("{name} has sent you an invoice. Nothing is to be paid."),
            "View invoice",
        ),
    };
    let mut facts = vec![item("Invoice number", &number)];
    if kind == Kind::Receipt {
        facts.push(item("Amount paid", &paid));
        facts.push(item("Receipt number", &receipt));
    } else {
        facts.push(item("Amount due", &due));
        facts.extend(it.due_date.map(|at| item("Due date", day(at))));
    }
    let said = Said {
        heading: if kind == Kind::Receipt {
            format!("Receipt from {name}")
        } else {
            format!("Invoice from {name}")
        },
        lines: [Some(line), it.description.clone()].into_iter().flatten().collect(),
        facts,
        button: Optional(link(button, it.hosted_invoice_url.as_ref())),
        links: link("Download as PDF", it.invoice_pdf.as_ref()).into_iter().collect(),
    };
    let draft = Draft { kind, to: it.customer_email.clone(), about: it.id.clone(), subject, said };
    if send(cx, fact, seller.as_ref(), draft) && kind == Kind::Receipt && it.receipt_number.is_none() {
        it.receipt_number = Some(receipt);
        cx.put_of(&fact.account, fact.live, &it);
    }
    Ok(())
}

/// A credit note, unless whoever made it wanted nothing to be written.
async fn credit(cx: &mut Cx<'_>, fact: &Fact, seller: Option<&Account>) -> Result<(), Stop> {
    let note = object::<CreditNote>(cx, fact).await?;
    let Some(note) = note.filter(|it| it.email_type.0 != Some(EmailType::None)) else { return Ok(()) };
    let to = address(cx, fact, Some(&note.customer.id)).await?;
    let name = business(seller);
    let amount = note.currency.display(note.amount);
    let said = Said {
        heading: format!("Credit note from {name}"),
        lines: [Some(format!("{name} has issued you a credit note of {amount}.")), note.memo.clone()]
            .into_iter()
            .flatten()
            .collect(),
        facts: vec![item("Credit note number", &note.number), item("Amount", &amount)],
        button: Optional(link("View credit note", Some(&note.pdf))),
        links: Vec::new(),
    };
    let subject = format!("Credit note from {name} #{}", note.number);
    send(cx, fact, seller, Draft { kind: Kind::CreditNote, to, about: note.id.clone(), subject, said });
    Ok(())
}

/// That a trial ends.
async fn trial(cx: &mut Cx<'_>, fact: &Fact, seller: Option<&Account>) -> Result<(), Stop> {
    let Some(it) = object::<Subscription>(cx, fact).await? else { return Ok(()) };
    let to = address(cx, fact, Some(&it.customer.id)).await?;
    let name = business(seller);
    let Some(ends) = it.trial_end else { return Ok(()) };
    let said = Said {
        heading: format!("Your trial at {name} ends soon"),
        lines: vec![
            format!("Your free trial ends on {}. Your subscription goes on after that.", day(ends)),
            format!("If you do not want that, cancel it before with {name}."),
        ],
        facts: vec![item("Trial ends", day(ends))],
        button: Optional(None),
        links: Vec::new(),
    };
    let subject = format!("Your trial at {name} ends on {}", day(ends));
    send(cx, fact, seller, Draft { kind: Kind::TrialReminder, to, about: it.id.clone(), subject, said });
    Ok(())
}
