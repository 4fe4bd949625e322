//! The page of an invoice, where its customer pays it, and the documents of invoices and credit notes: for whoever was given
//! the address, without any session.

use api::{Outcome, Stop, done};
use base::{Caller, Currency, Timestamp};
use bytes::Bytes;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName};
use paper::{Row, Sheet, Sum};
use resources::address::Address;
use resources::billing::amounts::TaxBehavior;
use resources::billing::credit_note::{self, CreditNote};
use resources::billing::invoice::{CollectionMethod, Invoice, PageSize, Status, hosted};
use resources::billing::line_item::{LineItem, Period, TaxAmount};
use resources::billing::tax_rate::TaxRate;
use resources::connect::user::settle;
use resources::payments::customer::AmountTaxDisplay;
use resources::payments::payment_intent::{self, PaymentIntent};

use super::card::typed_card;
use super::people::{Account, public_name};
use super::reply::{Answer, Refusal, found, page, plain, see_other};
use super::visit::Visit;
use crate::render::day;
use crate::views::{HostedInvoice, InvoiceState};

/// What an address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The page of an invoice.
    Invoice,
    /// The document of an invoice.
    Document,
    /// The document of a credit note.
    CreditNote,
}

impl Place {
    pub(crate) fn route(self) -> &'static str {
        match self {
            Place::Invoice => "/invoices/{account}/{invoice}/{secret}",
            Place::Document => "/invoices/{account}/{invoice}/{secret}/pdf",
            Place::CreditNote => "/credit_notes/{account}/{note}/{secret}/pdf",
        }
    }
}

/// What a path leads to, with account, id and secret, if they look like that.
pub(crate) fn place(path: &str) -> Option<(Place, [&str; 3])> {
    let (place, rest) = match path.strip_prefix(hosted::UNDER) {
        Some(rest) => match rest.strip_suffix("/pdf") {
            Some(rest) => (Place::Document, rest),
            None => (Place::Invoice, rest),
        },
        None => (Place::CreditNote, path.strip_prefix("/credit_notes/")?.strip_suffix("/pdf")?),
    };
    let mut parts = rest.splitn(3, '/');
    let parts = [parts.next()?, parts.next()?, parts.next()?];
    let plain = |id: &str| {
        !id.is_empty() && id.len() <= 255 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    parts.iter().all(|part| plain(part)).then_some((place, parts))
}

/// Lines that the page shows; the document shows all.
const ROWS_SHOWN: usize = 100;

/// An invoice with what it is shown with.
struct Opened {
    invoice: Invoice,
    seller: Option<Account>,
    rates: Vec<TaxRate>,
    processing: bool,
}

/// The rates of taxes, once each.
async fn rates(cx: &mut api::Cx<'_>, taxes: Option<&[TaxAmount]>) -> Result<Vec<TaxRate>, Stop> {
    let mut all = Vec::new();
    for tax in taxes.unwrap_or_default() {
        if let Some(details) = &tax.tax_rate_details {
            all.extend(cx.peek::<TaxRate>(&details.tax_rate).await?);
        }
    }
    Ok(all)
}

fn caller(visit: &Visit<'_>, account: &str, live: bool) -> Caller {
    Caller { request: visit.request.clone(), ..Caller::system(account, live) }
}

async fn open(visit: &Visit<'_>, [account, id, secret]: [&str; 3]) -> Result<Option<Opened>, Stop> {
    for live in [false, true] {
        let caller = caller(visit, account, live);
        let asked = visit.api.transact(&caller, move |cx| {
            Box::pin(async move {
                let api::Reply::Done(Some(invoice)) = hosted::opened(cx, id, secret).await? else {
                    return done(None);
                };
                let billed_for = invoice.biller(account).to_owned();
                let seller = cx.peek_of::<Account>(&billed_for, live, &billed_for).await?;
                let rates = rates(cx, invoice.total_taxes.as_deref()).await?;
                let intent = match &invoice.payment_intent.0 {
                    Some(id) => cx.get::<PaymentIntent>(id).await?,
                    None => None,
                };
                let processing = intent.is_some_and(|it| it.status == payment_intent::Status::Processing);
                let outcome: Outcome<Option<Opened>> =
                    done(Some(Opened { invoice, seller, rates, processing }));
                outcome
            })
        });
        if let Some(it) = settle(asked.await?)? {
            return Ok(Some(it));
        }
    }
    Ok(None)
}

/// `GET /invoices/{account}/{invoice}/{secret}`.
pub(crate) async fn show(visit: &mut Visit<'_>, ids: [&str; 3]) -> Answer {
    view(visit, ids, None).await
}

async fn view(visit: &mut Visit<'_>, ids: [&str; 3], problem: Option<String>) -> Answer {
    let Some(it) = open(visit, ids).await? else { return Err(Refusal::not_found().into()) };
    let state = match it.invoice.status {
        Some(Status::Paid) => InvoiceState::Paid,
        Some(Status::Void) => InvoiceState::Void,
        _ if it.processing => InvoiceState::Processing,
        _ => InvoiceState::Payable,
    };
    let mut sheet = of_invoice(&it);
    let more = sheet.rows.len().saturating_sub(ROWS_SHOWN);
    sheet.rows.truncate(ROWS_SHOWN);
    let action = format!("{}{}", hosted::UNDER, ids.join("/"));
    let status = if problem.is_some() { 402 } else { 200 };
    let view = HostedInvoice {
        chrome: visit.chrome(),
        business: business(it.seller.as_ref(), &it.invoice),
        livemode: it.invoice.livemode,
        state,
        amount: it.invoice.currency.display(it.invoice.amount_remaining),
        sheet,
        more,
        pdf: format!("{action}/pdf"),
        action,
        problem,
    };
    page(status, &view, None)
}

/// `POST /invoices/{account}/{invoice}/{secret}`: its customer pays it with the card that they typed in.
pub(crate) async fn pay(visit: &mut Visit<'_>, ids: [&str; 3]) -> Answer {
    let [account, id, secret] = ids;
    let mut maker = None;
    for live in [false, true] {
        let caller = caller(visit, account, live);
        let whose = visit.api.transact(&caller, move |cx| Box::pin(hosted::payer(cx, id, secret)));
        maker = maker.or(settle(whose.await?)?);
    }
    let here = format!("{}{}", hosted::UNDER, ids.join("/"));
    let Some(maker) = maker else { return see_other(&here) };
    let method = match typed_card(visit, account, maker.livemode).await? {
        Ok(method) => method,
        Err(problem) => return view(visit, ids, Some(problem)).await,
    };
    let paid = visit.api.transact(&maker, |cx| {
        let method = method.clone();
        Box::pin(async move { hosted::pay(cx, id, &method).await })
    });
    match settle(paid.await?)? {
        hosted::Ended::Well => see_other(&here),
        hosted::Ended::GoOn(url) => found(&url),
        hosted::Ended::Refused(message) => view(visit, ids, Some(message)).await,
    }
}

/// `GET …/pdf`.
pub(crate) async fn document(visit: &Visit<'_>, place: Place, ids: [&str; 3]) -> Answer {
    let sheet = match place {
        Place::CreditNote => note(visit, ids).await?,
        Place::Invoice | Place::Document => open(visit, ids).await?.map(|it| of_invoice(&it)),
    };
    let Some(sheet) = sheet else { return Err(Refusal::not_found().into()) };
    let number = sheet.facts.first().map_or("", |(_, number)| number);
    let plain_name: String =
        number.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = format!("inline; filename=\"{}-{plain_name}.pdf\"", sheet.title.replace(' ', "-"));
    let mut response = plain(200, Bytes::from(paper::draw(&sheet)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"));
    let name = HeaderValue::from_str(&name).map_err(|error| api::fault(error.to_string()))?;
    headers.insert(CONTENT_DISPOSITION, name);
    Ok(response)
}

async fn note(visit: &Visit<'_>, [account, id, secret]: [&str; 3]) -> Result<Option<Sheet>, Stop> {
    for live in [false, true] {
        let caller = caller(visit, account, live);
        let asked = visit.api.transact(&caller, move |cx| {
            Box::pin(async move {
                let api::Reply::Done(Some(note)) = credit_note::opened(cx, id, secret).await? else {
                    return done(None);
                };
                let Some(invoice) = cx.get::<Invoice>(&note.invoice.id).await? else { return done(None) };
                let billed_for = invoice.biller(account).to_owned();
                let seller = cx.peek_of::<Account>(&billed_for, live, &billed_for).await?;
                let rates = rates(cx, note.total_taxes.as_deref()).await?;
                let outcome: Outcome<Option<(CreditNote, Opened)>> =
                    done(Some((note, Opened { invoice, seller, rates, processing: false })));
                outcome
            })
        });
        if let Some((note, it)) = settle(asked.await?)? {
            return Ok(Some(of_note(&note, &it)));
        }
    }
    Ok(None)
}

/// The public name of the business; never its sign-in address.
fn business(seller: Option<&Account>, invoice: &Invoice) -> String {
    public_name(seller).or(invoice.account_name.as_deref()).unwrap_or("an unnamed business").to_owned()
}

/// The lines of an address as they stand on a letter.
pub(crate) fn lines_of(address: Option<&Address>) -> Vec<String> {
    let Some(it) = address else { return Vec::new() };
    let joined = |parts: &[Option<&String>]| {
        let parts: Vec<&str> =
            parts.iter().flatten().map(|part| part.as_str()).filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    };
    [
        joined(&[it.line1.as_ref()]),
        joined(&[it.line2.as_ref()]),
        joined(&[it.city.as_ref(), it.state.as_ref(), it.postal_code.as_ref()]),
        joined(&[it.country.as_ref()]),
    ]
    .into_iter()
    .filter(|line| !line.is_empty())
    .collect()
}

/// Who is billed.
fn billed(invoice: &Invoice) -> Vec<String> {
    let mut all: Vec<String> = invoice.customer_name.iter().chain(&invoice.customer_email).cloned().collect();
    all.splice(all.len().min(1)..all.len().min(1), lines_of(invoice.customer_address.as_ref()));
    if all.is_empty() {
        all.extend(invoice.customer.as_ref().map(|it| it.id.clone()));
    }
    all
}

fn sum(name: impl Into<String>, amount: i64, currency: Currency) -> Sum {
    Sum { name: name.into(), amount: currency.display(amount), strong: false }
}

/// What each tax comes to.
fn taxes(all: Option<&[TaxAmount]>, rates: &[TaxRate], currency: Currency) -> Vec<Sum> {
    let name = |tax: &TaxAmount| {
        let id = tax.tax_rate_details.as_ref().map(|it| it.tax_rate.as_str());
        let rate = rates.iter().find(|it| Some(it.id.as_str()) == id);
        let within = if tax.tax_behavior == TaxBehavior::Inclusive { ", included" } else { "" };
        match rate {
            Some(rate) => format!("{} ({}%{within})", rate.display_name, rate.percentage.0),
            None => format!("Tax{}", within.replace(", ", " ")),
        }
    };
    all.unwrap_or_default().iter().map(|tax| sum(name(tax), tax.amount, currency)).collect()
}

fn span(period: Period) -> String {
    if period.end.0 - period.start.0 < Timestamp::DAY {
        return String::new();
    }
    format!("{} – {}", day(period.start.0), day(period.end.0))
}

/// The taxes that are within what a line costs.
fn within(line: &LineItem) -> i64 {
    let all = line.taxes.iter().flatten().filter(|tax| tax.tax_behavior == TaxBehavior::Inclusive);
    all.map(|tax| tax.amount).sum()
}

/// Where goods are sent to, in a sentence.
fn shipped(invoice: &Invoice) -> Option<String> {
    let it = invoice.shipping_details.as_ref()?;
    let lines: Vec<String> = it.name.iter().cloned().chain(lines_of(Some(&it.address))).collect();
    Some(format!("Shipped to {}", lines.join(", "))).filter(|_| !lines.is_empty())
}

/// Whether its document is as large as in North America: where that is said, or the customer lives there.
fn on_letter(invoice: &Invoice) -> bool {
    let size = invoice.rendering.as_ref().and_then(|it| it.pdf).and_then(|it| it.page_size);
    match size {
        Some(PageSize::A4) => false,
        Some(PageSize::Letter) => true,
        Some(PageSize::Auto) | None => {
            let country = invoice.customer_address.as_ref().and_then(|it| it.country.as_deref());
            matches!(country, Some("US" | "CA" | "MX"))
        }
    }
}

fn of_invoice(it: &Opened) -> Sheet {
    let invoice = &it.invoice;
    let currency = invoice.currency;
    let rendering = invoice.rendering.as_ref();
    let net = rendering.and_then(|it| it.amount_tax_display) == Some(AmountTaxDisplay::ExcludeTax);
    // What a line costs as it is shown.
    let costs = |line: &LineItem| line.amount - if net { within(line) } else { 0 };
    let rows = invoice.all_lines.0.iter().map(|line| {
        let whole = !net || within(line) == 0;
        let each = line.pricing.as_ref().and_then(|it| it.unit_amount_decimal).and_then(|it| it.whole());
        Row {
            text: line.description.clone().unwrap_or_default(),
            detail: span(line.period),
            quantity: line.quantity.map(|it| it.to_string()).unwrap_or_default(),
            each: each.filter(|_| whole).map(|it| currency.display(it)).unwrap_or_default(),
            amount: currency.display(costs(line)),
        }
    });
    let mut sums = vec![sum("Subtotal", invoice.all_lines.0.iter().map(costs).sum(), currency)];
    let off: i64 = invoice.total_discount_amounts.iter().flatten().map(|it| it.amount).sum();
    if off != 0 {
        sums.push(sum("Discounts", -off, currency));
    }
    if invoice.shipping_cost.is_some() {
        sums.push(sum("Shipping", invoice.amount_shipping, currency));
    }
    sums.extend(taxes(invoice.total_taxes.as_deref(), &it.rates, currency));
    sums.push(sum("Total", invoice.total, currency));
    let applied = invoice.ending_balance.unwrap_or(invoice.starting_balance) - invoice.starting_balance;
    if applied != 0 {
        sums.push(sum("Applied balance", -applied, currency));
    }
    if invoice.pre_payment_credit_notes_amount != 0 {
        sums.push(sum("Credited", -invoice.pre_payment_credit_notes_amount, currency));
    }
    if invoice.amount_paid != 0 {
        sums.push(sum("Paid", -invoice.amount_paid, currency));
    }
    sums.push(Sum { strong: true, ..sum("Amount due", invoice.amount_remaining, currency) });
    if invoice.post_payment_credit_notes_amount != 0 {
        sums.push(sum("Credited after payment", invoice.post_payment_credit_notes_amount, currency));
    }
    let due = invoice.due_date.map(|at| day(at.0));
    let headline = match invoice.status {
        Some(Status::Void) => format!("{} (void)", currency.display(invoice.total)),
        Some(Status::Paid) => {
            let on =
                invoice.status_transitions.paid_at.map(|at| format!(" on {}", day(at.0))).unwrap_or_default();
            format!("{} paid{on}", currency.display(invoice.amount_paid))
        }
        _ => match &due {
            Some(due) => format!("{} due {due}", currency.display(invoice.amount_remaining)),
            None => format!("{} due", currency.display(invoice.amount_remaining)),
        },
    };
    let mut facts = vec![("Number".to_owned(), invoice.number.clone().unwrap_or_default())];
    facts.extend(invoice.effective_at.map(|at| ("Date of issue".to_owned(), day(at.0))));
    if invoice.collection_method == CollectionMethod::SendInvoice {
        facts.extend(due.map(|due| ("Due".to_owned(), due)));
    }
    facts.extend(invoice.custom_fields.iter().flatten().map(|it| (it.name.clone(), it.value.clone())));
    let mut from = vec![business(it.seller.as_ref(), invoice)];
    from.extend(
        it.seller
            .as_ref()
            .map(|it| lines_of(it.business_profile.support_address.as_ref()))
            .unwrap_or_default(),
    );
    Sheet {
        title: "Invoice".into(),
        headline,
        facts,
        from,
        to: billed(invoice),
        rows: rows.collect(),
        sums,
        notes: shipped(invoice)
            .into_iter()
            .chain(invoice.description.clone())
            .chain(invoice.footer.clone())
            .collect(),
        letter: on_letter(invoice),
    }
}

fn of_note(note: &CreditNote, it: &Opened) -> Sheet {
    let currency = note.currency;
    let rows = note.all_lines.0.iter().map(|line| Row {
        text: line.description.clone().unwrap_or_else(|| "Credit".into()),
        detail: String::new(),
        quantity: line.quantity.map(|it| it.to_string()).unwrap_or_default(),
        each: line.unit_amount.map(|it| currency.display(it)).unwrap_or_default(),
        amount: currency.display(line.amount),
    });
    let mut sums = vec![sum("Subtotal", note.all_lines.0.iter().map(|it| it.amount).sum(), currency)];
    if note.discount_amount != 0 {
        sums.push(sum("Discounts", -note.discount_amount, currency));
    }
    if note.amount_shipping != 0 {
        sums.push(sum("Shipping", note.amount_shipping, currency));
    }
    sums.extend(taxes(note.total_taxes.as_deref(), &it.rates, currency));
    sums.push(Sum { strong: true, ..sum("Total credited", note.total, currency) });
    let mut facts = vec![("Number".to_owned(), note.number.clone())];
    facts.extend(it.invoice.number.clone().map(|number| ("Invoice".to_owned(), number)));
    facts.extend(note.effective_at.map(|at| ("Date of issue".to_owned(), day(at.0))));
    let void = if note.status == credit_note::Status::Void { " (void)" } else { "" };
    Sheet {
        title: "Credit note".into(),
        headline: format!("{} credited{void}", currency.display(note.total)),
        facts,
        from: vec![business(it.seller.as_ref(), &it.invoice)],
        to: billed(&it.invoice),
        rows: rows.collect(),
        sums,
        notes: note.memo.iter().cloned().collect(),
        letter: on_letter(&it.invoice),
    }
}
