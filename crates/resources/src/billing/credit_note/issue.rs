//! Issuing a credit note, showing what one would be, and voiding it.
use super::{
    CREATED, Create, CreditNote, Credits, Lines, MEMO_MAX, ShippingParams, Status, Type, VOIDED, count,
    draw::{self, Drawn},
    give::{self, Way},
};
use crate::{
    billing::{
        amounts::{TaxBehavior, bounds, either, refused},
        invoice::{self, Invoice, ShippingCost, by_discount, by_rate, credits},
    },
    payments::{card::not_more_than, charge::rules::MONEY_MAX, customer::Customer},
};
use api::{Cx, Nothing, Object as _, Outcome, Stop, done};
use base::{ApiError, Named as _, Ref};
use wire::Hidden;

/// A credit note that was not written down, and what it is about.
struct Draft {
    note: CreditNote,
    invoice: Invoice,
    customer: Customer,
    way: Way,
}

pub(super) async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<CreditNote> {
    let Draft { mut note, invoice, customer, way } = draft(cx, p).await?;
    give::give(cx, &mut note, &invoice, &customer, way).await?;
    let mut known = invoice.credits.0.clone().unwrap_or_default();
    known.notes += 1;
    known.total += note.total;
    known.shipping = Some(known.shipping.unwrap_or(0) + note.amount_shipping);
    for line in &note.all_lines.0 {
        if let Some(id) = &line.invoice_line_item.0 {
            count(&mut known.lines, id, line.amount);
        }
    }
    for it in &note.refunds {
        count(&mut known.refunds, &it.refund.id, it.amount_refunded);
    }
    cx.put(&note);
    cx.emit(CREATED, &note);
    invoice::credited(
        cx,
        Invoice { credits: Hidden(Some(known)), ..invoice },
        (note.pre_payment_amount, note.post_payment_amount),
    )
    .await?;
    done(note)
}

/// What a credit note would be; nothing is written down.
pub(in crate::billing) async fn previewed(cx: &mut Cx<'_>, p: Create) -> Result<CreditNote, Stop> {
    let Draft { mut note, way, .. } = draft(cx, p).await?;
    note.refunds = way.refunds;
    Ok(note)
}

pub(super) async fn preview(cx: &mut Cx<'_>, p: Create) -> Outcome<CreditNote> {
    done(previewed(cx, p).await?)
}

/// It was a mistake: the invoice is to be paid as before.
pub(super) async fn void(cx: &mut Cx<'_>, _: Nothing) -> Outcome<CreditNote> {
    let id = cx.path("id").to_owned();
    let mut note: CreditNote = cx.must("id", &id).await?;
    let mut invoice: Invoice = cx.must("invoice", &note.invoice.id).await?;
    invoice::owner(cx, &invoice).await?;
    if note.status == Status::Void {
        return Err(refused("This credit note is void already.").into());
    }
    if !invoice.is(invoice::Status::Open) {
        return Err(refused("You can only void credit notes of open invoices.").into());
    }
    note.status = Status::Void;
    note.voided_at = Some(cx.now());
    cx.put(&note);
    cx.emit(VOIDED, &note);
    let mut known = invoice.credits.0.take().unwrap_or_default();
    known.total -= note.total;
    known.shipping = Some(known.shipping.unwrap_or(0) - note.amount_shipping);
    for line in &note.all_lines.0 {
        if let Some(id) = &line.invoice_line_item.0 {
            count(&mut known.lines, id, -line.amount);
        }
    }
    invoice.credits = Hidden(Some(known));
    invoice::credited(cx, invoice, (-note.pre_payment_amount, 0)).await?;
    done(note)
}

/// Works out what a credit note comes to and how it goes back. Errors: not so much of the invoice is left.
async fn draft(cx: &mut Cx<'_>, mut p: Create) -> Result<Draft, Stop> {
    let invoice: Invoice = cx.must("invoice", &p.invoice).await?;
    let customer = invoice::owner(cx, &invoice).await?;
    invoice
        .must_be(&[invoice::Status::Open, invoice::Status::Paid, invoice::Status::Uncollectible], "credited")
        .map_err(|error| error.param("invoice"))?;
    not_more_than(MEMO_MAX, "memo", p.memo.as_deref())?;
    invoice::moment("effective_at", p.effective_at)?;
    let known = invoice.credits.0.clone().unwrap_or_default();
    let shipping = shipping(&invoice, &known, p.shipping_cost.take())?;
    let drawn = match (p.amount, std::mem::take(&mut p.lines)) {
        (Some(_), lines) if !lines.is_empty() => return Err(either("amount", "lines").into()),
        (Some(amount), _) => {
            bounds("amount", amount, (1, MONEY_MAX))?;
            vec![draw::amount(cx, amount)]
        }
        (None, lines) if lines.is_empty() && shipping.is_some() => Vec::new(),
        (None, lines) if lines.is_empty() => {
            let message = "You must specify `amount` or `lines`.";
            return Err(ApiError::invalid(400, message).code("parameter_missing").param("amount").into());
        }
        (None, lines) => draw::lines(cx, &invoice, &known, lines).await?,
    };
    let mut note = blank(cx, &invoice, &customer, known.notes + 1)?;
    note.amount_shipping = shipping.as_ref().map_or(0, |it| it.amount_total);
    note.shipping_cost = shipping;
    note.sum_up(drawn)?;
    let param = if p.amount.is_some() { "amount" } else { "lines" };
    let left = invoice.total - known.total;
    if note.total <= 0 || note.total > left {
        let message = format!(
            "A credit note of this invoice must come to more than 0 and to {left} at most, but it comes to {}.",
            note.total
        );
        return Err(refused(message).param(param).into());
    }
    let owed = if invoice.is(invoice::Status::Paid) { 0 } else { invoice.amount_remaining };
    note.pre_payment_amount = note.total.min(owed);
    note.post_payment_amount = note.total - note.pre_payment_amount;
    note.r#type = match (note.pre_payment_amount, note.post_payment_amount) {
        (_, 0) => Type::PrePayment,
        (0, _) => Type::PostPayment,
        _ => Type::Mixed,
    };
    let way = give::way(cx, &invoice, &known, &p, note.post_payment_amount).await?;
    note.email_type = Hidden(p.email_type);
    note.effective_at = p.effective_at.or(Some(cx.now()));
    note.memo = p.memo;
    note.metadata = Some(p.metadata.fresh()?);
    note.out_of_band_amount = p.out_of_band_amount;
    note.reason = p.reason;
    Ok(Draft { note, invoice, customer, way })
}

/// What is taken back of the shipping of an invoice. Errors: it has none, another one, or it was taken back already.
fn shipping(
    invoice: &Invoice,
    known: &Credits,
    asked: Option<ShippingParams>,
) -> Result<Option<ShippingCost>, ApiError> {
    let Some(ShippingParams { shipping_rate }) = asked else { return Ok(None) };
    let refuse = |message: &str| refused(message).param("shipping_cost[shipping_rate]");
    let Some(rate) = shipping_rate else { return Err(ApiError::missing("shipping_cost[shipping_rate]")) };
    let of_it =
        invoice.shipping_cost.as_ref().filter(|it| it.shipping_rate.as_ref().is_some_and(|it| it.id == rate));
    match of_it {
        None => Err(refuse("The shipping rate is not that of the invoice.")),
        Some(_) if known.shipping.unwrap_or(0) != 0 => {
            Err(refuse("The shipping of this invoice was credited already."))
        }
        Some(cost) => Ok(Some(cost.clone())),
    }
}

fn blank(cx: &Cx<'_>, invoice: &Invoice, customer: &Customer, nth: i64) -> Result<CreditNote, Stop> {
    let id = cx.new_id::<CreditNote>();
    let number = invoice.number.as_deref().unwrap_or_default();
    Ok(CreditNote {
        object: CreditNote::NAME.into(),
        amount: 0,
        amount_shipping: 0,
        created: cx.now(),
        currency: invoice.currency,
        customer: Ref::to(&customer.id),
        customer_account: None,
        customer_balance_transaction: None,
        discount_amount: 0,
        discount_amounts: Vec::new(),
        effective_at: None,
        invoice: Ref::to(&invoice.id),
        lines: Lines {
            object: "list".into(),
            data: Vec::new(),
            has_more: false,
            url: format!("{}/{id}/lines", CreditNote::PATH),
        },
        livemode: cx.caller.livemode,
        memo: None,
        metadata: None,
        number: format!("{number}-CN-{nth:02}"),
        out_of_band_amount: None,
        pdf: format!("{}/credit_notes/{}/{id}/{}/pdf", cx.world.origin, cx.caller.account, cx.token(SECRET)),
        post_payment_amount: 0,
        pre_payment_amount: 0,
        pretax_credit_amounts: Vec::new(),
        reason: None,
        refunds: Vec::new(),
        shipping_cost: None,
        status: Status::Issued,
        subtotal: 0,
        subtotal_excluding_tax: None,
        total: 0,
        total_excluding_tax: None,
        total_taxes: None,
        r#type: Type::PrePayment,
        voided_at: None,
        all_lines: Hidden(Vec::new()),
        email_type: Hidden(None),
        id,
    })
}

/// The characters of the secret by which a document is opened without signing in.
const SECRET: usize = 24;

fn too_large() -> Stop {
    refused("The credit note comes to more than money can be.").code("amount_too_large").into()
}

impl CreditNote {
    /// Sums its lines up.
    fn sum_up(&mut self, drawn: Vec<Drawn>) -> Result<(), Stop> {
        let (mut gross, mut own, mut off, mut within, mut on_top) = (0i128, 0i128, 0i128, 0i128, 0i128);
        let mut lines = Vec::with_capacity(drawn.len());
        for Drawn { line, own: of_its_own } in drawn {
            gross += i128::from(line.amount);
            own += i128::from(of_its_own);
            off += i128::from(line.discount_amount);
            for tax in line.taxes.iter().flatten() {
                match tax.tax_behavior {
                    TaxBehavior::Inclusive => within += i128::from(tax.amount),
                    _ => on_top += i128::from(tax.amount),
                }
            }
            lines.push(line);
        }
        let fit =
            |sum: i128| i64::try_from(sum).ok().filter(|it| it.abs() <= MONEY_MAX).ok_or_else(too_large);
        self.discount_amount = fit(off)?;
        self.subtotal = fit(gross - own)?;
        self.subtotal_excluding_tax = Some(fit(gross - own - within)?);
        let shipping = i128::from(self.amount_shipping);
        self.total = fit(gross - off + on_top + shipping)?;
        self.total_excluding_tax = Some(fit(gross - off - within + shipping)?);
        self.amount = self.total;
        self.discount_amounts = by_discount(lines.iter().flat_map(|it| &it.discount_amounts));
        self.pretax_credit_amounts = credits(&self.discount_amounts);
        self.total_taxes = Some(by_rate(lines.iter().flat_map(|it| it.taxes.iter().flatten())));
        self.take_lines(lines);
        Ok(())
    }
}
