//! What is said of a quote when it is made and when it is changed.
use super::{
    AutomaticTax, CREATED, Computed, FromQuote, InvoiceSettings, Kept, LINES_MAX, Quote, Status,
    SubscriptionData, TotalDetails, TransferData, Transitions, Upfront,
    figures::recurs,
    params::{
        ChangedLine, Create, DataParams, FromParams, InvoiceParams, NewData, PriceData, TransferParams,
        Update,
    },
    parts::BillingMode,
    steps::named,
};
use crate::{
    billing::{
        amounts::{Number, bounds, either, refused},
        discount,
        invoice::{CollectionMethod, IssuerType, ahead},
        price::{Ask, Price, RecurringParams, UsageType, make_once},
        product::Product,
        quote_line_item::QuoteLineItem,
        subscription::{self, FLEXIBLE, Flexible, Issuer, Mode},
        tax_rate,
    },
    payments::{
        card::not_more_than,
        charge::rules::{self, MONEY_MAX},
        customer::Customer,
        transfer,
    },
    test_helpers::test_clock,
};
use api::{Cx, Outcome, Stop, access::Connected, done};
use base::{ApiError, MetadataPatch, Named as _, Ref, Timestamp};
use wire::{Hidden, Included, Optional, Patch};

/// How long a quote can be accepted where nothing is said, in seconds.
const LASTS: i64 = 30 * Timestamp::DAY;
/// The longest description, header and footer, in characters.
const TEXTS: [(&str, usize); 3] = [("description", 500), ("header", 50), ("footer", 500)];
/// The most of one thing.
const QUANTITY_MAX: i64 = 999_999_999_999;
/// The longest trial, in days.
const TRIAL_MAX: i64 = 730;
/// The most days until an invoice is due.
const DAYS_MAX: i64 = 3_650;

fn blank(cx: &Cx<'_>) -> Quote {
    let now = cx.now();
    let mode = if cx.caller.version.has(FLEXIBLE) { Mode::Flexible } else { Mode::Classic };
    Quote {
        id: cx.new_id::<Quote>(),
        object: Quote::NAME.into(),
        amount_subtotal: 0,
        amount_total: 0,
        application: cx.caller.application.as_deref().map(Ref::to),
        application_fee_amount: None,
        application_fee_percent: None,
        automatic_tax: AutomaticTax::default(),
        collection_method: CollectionMethod::ChargeAutomatically,
        computed: Computed { recurring: None, upfront: Upfront::default() },
        created: now,
        currency: None,
        customer: None,
        customer_account: None,
        default_tax_rates: Vec::new(),
        description: None,
        discounts: Vec::new(),
        expires_at: now.plus(LASTS),
        footer: None,
        from_quote: None,
        header: None,
        invoice: None,
        invoice_settings: InvoiceSettings {
            custom_fields: None,
            days_until_due: None,
            description: None,
            footer: None,
            issuer: Issuer { r#type: IssuerType::Self_ },
        },
        line_items: Included(None),
        livemode: cx.caller.livemode,
        metadata: Default::default(),
        number: None,
        on_behalf_of: None,
        status: Status::Draft,
        status_transitions: Transitions::default(),
        subscription: None,
        subscription_data: SubscriptionData {
            billing_mode: mode_of(mode),
            description: None,
            effective_date: None,
            metadata: None,
            trial_period_days: None,
        },
        subscription_schedule: None,
        test_clock: None,
        total_details: TotalDetails::default(),
        transfer_data: None,
        kept: Hidden(Vec::new()),
    }
}

fn mode_of(mode: Mode) -> BillingMode {
    let flexible = (mode == Mode::Flexible).then(Flexible::default);
    BillingMode { flexible: Optional(flexible), r#type: mode }
}

pub(super) async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Quote> {
    let customer = match &p.customer {
        Some(id) => Some(cx.must::<Customer>("customer", id).await?),
        None => None,
    };
    test_clock::enter(cx, customer.as_ref().and_then(|it| it.test_clock.as_ref())).await?;
    let mut it = match &p.from_quote {
        Some(from) => copy(cx, from).await?,
        None => blank(cx),
    };
    let held = it.customer.clone();
    let customer = match (customer, held) {
        (None, Some(held)) => cx.get::<Customer>(&held.id).await?,
        (customer, _) => customer,
    };
    it.is_for(customer.as_ref());
    it.set_lines(it.lines().to_vec());
    if let Some(sent) = p.line_items {
        let sent = sent.into_iter().map(|line| ChangedLine {
            discounts: line.discounts,
            id: None,
            price: line.price,
            price_data: line.price_data,
            quantity: line.quantity,
            tax_rates: line.tax_rates,
        });
        it.change_lines(cx, customer.as_ref(), sent.collect()).await?;
    }
    it.metadata = p.metadata.fresh()?;
    let data = match p.subscription_data {
        Some(NewData { billing_mode, description, effective_date, metadata, trial_period_days }) => {
            if let Some(mode) = billing_mode {
                it.subscription_data.billing_mode = mode_of(mode.r#type);
            }
            Some(DataParams { description, effective_date, metadata, trial_period_days })
        }
        None => None,
    };
    let said = Update {
        application_fee_amount: p.application_fee_amount,
        application_fee_percent: p.application_fee_percent,
        collection_method: p.collection_method,
        customer: None,
        customer_account: None,
        default_tax_rates: p.default_tax_rates,
        description: p.description,
        discounts: p.discounts,
        expires_at: p.expires_at,
        footer: p.footer,
        header: p.header,
        invoice_settings: p.invoice_settings,
        line_items: None,
        metadata: MetadataPatch::default(),
        on_behalf_of: p.on_behalf_of,
        subscription_data: data,
        transfer_data: p.transfer_data,
    };
    it.set(cx, said).await?;
    it.work_out(cx, customer.as_ref()).await?;
    cx.put(&it);
    cx.emit(CREATED, &it);
    done(it)
}

/// A draft that says what another quote says.
async fn copy(cx: &mut Cx<'_>, from: &FromParams) -> Result<Quote, Stop> {
    let of: Quote = cx.must("from_quote[quote]", &from.quote).await?;
    let is_revision = from.is_revision == Some(true);
    if of.status == Status::Draft {
        let message = "A quote can be made of one that was finalized; change a draft instead.";
        return Err(refused(message).param("from_quote[quote]").into());
    }
    if is_revision && of.status == Status::Accepted {
        let message = "A quote that was accepted cannot be revised.";
        return Err(refused(message).param("from_quote[is_revision]").into());
    }
    let plain = blank(cx);
    let mut it = Quote {
        id: plain.id,
        application: plain.application,
        created: plain.created,
        expires_at: plain.expires_at,
        from_quote: Some(FromQuote { is_revision, quote: Ref::to(&of.id) }),
        invoice: None,
        number: None,
        status: Status::Draft,
        status_transitions: Transitions::default(),
        subscription: None,
        subscription_schedule: None,
        ..of.clone()
    };
    let mut lines = of.lines().to_vec();
    let mut kept = Vec::with_capacity(lines.len());
    for line in &mut lines {
        let id = cx.new_id::<QuoteLineItem>();
        kept.extend(of.kept(&line.id).map(|it| Kept { line: id.clone(), ..it.clone() }));
        line.id = id;
    }
    it.set_lines(lines);
    it.kept = Hidden(kept);
    Ok(it)
}

pub(super) async fn update(cx: &mut Cx<'_>, mut p: Update) -> Outcome<Quote> {
    let (mut it, mut customer) = named(cx).await?;
    it.must_be(&[Status::Draft, Status::Open], "updated")?;
    fn sent<T>(patch: &Patch<T>) -> bool {
        !matches!(patch, Patch::Keep)
    }
    let fixed = [
        ("application_fee_amount", sent(&p.application_fee_amount)),
        ("application_fee_percent", sent(&p.application_fee_percent)),
        ("collection_method", p.collection_method.is_some()),
        ("customer", p.customer.is_some()),
        ("default_tax_rates", p.default_tax_rates.is_some()),
        ("discounts", p.discounts.is_some()),
        ("invoice_settings", p.invoice_settings.is_some()),
        ("line_items", p.line_items.is_some()),
        ("on_behalf_of", sent(&p.on_behalf_of)),
        ("subscription_data", p.subscription_data.is_some()),
        ("transfer_data", sent(&p.transfer_data)),
    ];
    if it.status == Status::Open
        && let Some((param, _)) = fixed.iter().find(|(_, sent)| *sent)
    {
        let message =
            format!("You cannot change {param} of a quote that was finalized. Make a revision of it.");
        return Err(refused(message).param(*param).into());
    }
    if let Some(id) = &p.customer {
        let new: Customer = cx.must("customer", id).await?;
        let clock = new.test_clock.as_ref().map(|it| &it.id);
        if it.test_clock.is_some() && it.test_clock.as_ref().map(|it| &it.id) != clock {
            let message = "The customer must live by the clock of the quote.";
            return Err(refused(message).param("customer").into());
        }
        it.is_for(Some(&new));
        customer = Some(new);
    }
    if let Some(lines) = p.line_items.take() {
        it.change_lines(cx, customer.as_ref(), lines).await?;
    }
    std::mem::take(&mut p.metadata).apply(&mut it.metadata)?;
    let later = p.expires_at.is_some();
    it.set(cx, p).await?;
    if it.status == Status::Draft {
        it.work_out(cx, customer.as_ref()).await?;
    } else if later {
        crate::due::later(cx, crate::due::Kind::QuoteExpires, &it.id, it.expires_at);
    }
    cx.put(&it);
    done(it)
}

impl Quote {
    fn is_for(&mut self, customer: Option<&Customer>) {
        if let Some(customer) = customer {
            self.customer = Some(Ref::to(&customer.id));
            self.test_clock.clone_from(&customer.test_clock);
        }
    }

    /// Lines that are named are changed, others are made; those that are not named are gone.
    async fn change_lines(
        &mut self,
        cx: &mut Cx<'_>,
        customer: Option<&Customer>,
        all: Vec<ChangedLine>,
    ) -> Result<(), Stop> {
        if all.len() > LINES_MAX {
            let message = format!("A quote can have up to {LINES_MAX} line items.");
            return Err(refused(message).param("line_items").into());
        }
        let (mut lines, mut kept) = (Vec::with_capacity(all.len()), Vec::with_capacity(all.len()));
        let mut currency = None;
        for (n, sent) in all.into_iter().enumerate() {
            let at = |name: &str| format!("line_items[{n}][{name}]");
            let held = match &sent.id {
                Some(id) => {
                    let held = self.lines().iter().find(|it| it.id == *id).cloned();
                    Some(held.ok_or_else(|| ApiError::no_such("line item", id, &at("id")))?)
                }
                None => None,
            };
            let price = self.price(cx, sent.price, sent.price_data, &at("price"), held.as_ref()).await?;
            let quantity = sent.quantity.or(held.as_ref().and_then(|it| it.quantity)).unwrap_or(1);
            bounds(&at("quantity"), quantity, (1, QUANTITY_MAX))?;
            let usual = customer.and_then(|it| it.currency).filter(|it| price.scheme(*it).is_some());
            let currency = *currency.get_or_insert(usual.unwrap_or(price.currency));
            let amount = price.amount(quantity, currency).filter(|it| *it <= MONEY_MAX);
            let Some(amount) = amount else {
                let message = format!("The price {} has no amount in {currency} for so many.", price.id);
                return Err(refused(message).param(at("price")).into());
            };
            let id = held.as_ref().map_or_else(|| cx.new_id::<QuoteLineItem>(), |it| it.id.clone());
            let before = self.kept(&id).cloned();
            let discounts = match sent.discounts {
                Some(sent) => discount::offer(cx, customer, sent, &at("discounts")).await?,
                None => before.as_ref().map(|it| it.discounts.clone()).unwrap_or_default(),
            };
            let tax_rates = match sent.tax_rates {
                Some(ids) => tax_rate::named(cx, &ids, &at("tax_rates")).await?,
                None => before.map(|it| it.tax_rates).unwrap_or_default(),
            };
            kept.push(Kept { line: id.clone(), discounts, tax_rates });
            let product = cx.peek::<Product>(&price.product.id).await?;
            lines.push(QuoteLineItem {
                id,
                object: QuoteLineItem::NAME.into(),
                adjustable_quantity: None,
                amount_discount: 0,
                amount_subtotal: amount,
                amount_tax: 0,
                amount_total: amount,
                currency,
                description: product.map(|it| it.name),
                metadata: None,
                price: Some(price),
                quantity: Some(quantity),
            });
        }
        let periods = lines.iter().filter(|it| recurs(it)).map(|it| {
            it.price.as_ref().and_then(|it| it.recurring.as_ref()).map(|it| (it.interval, it.interval_count))
        });
        let mut periods: Vec<_> = periods.collect();
        periods.dedup();
        if periods.len() > 1 {
            let message = "All recurring prices of a quote must have the same interval and interval_count.";
            return Err(refused(message).param("line_items").into());
        }
        self.currency = currency;
        self.set_lines(lines);
        self.kept = Hidden(kept);
        Ok(())
    }

    async fn price(
        &self,
        cx: &mut Cx<'_>,
        named: Option<String>,
        data: Option<PriceData>,
        param: &str,
        held: Option<&QuoteLineItem>,
    ) -> Result<Price, Stop> {
        let price = match (named, data) {
            (Some(_), Some(_)) => {
                return Err(either(param, &format!("{}_data]", param.trim_end_matches(']'))).into());
            }
            (Some(id), None) => cx.must::<Price>(param, &id).await?,
            (None, Some(data)) => {
                let ask = Ask {
                    recurring: data
                        .recurring
                        .map(|it| RecurringParams::every(it.interval, it.interval_count)),
                    tax_behavior: data.tax_behavior,
                    unit_amount: data.unit_amount,
                    unit_amount_decimal: data.unit_amount_decimal,
                    ..Ask::of(data.currency)
                };
                make_once(cx, ask, &data.product, param).await?
            }
            (None, None) => match held.and_then(|it| it.price.as_ref()) {
                Some(held) => cx.must::<Price>(param, &held.id).await?,
                None => return Err(ApiError::missing(param).into()),
            },
        };
        let metered = price.recurring.as_ref().is_some_and(|it| it.usage_type == UsageType::Metered);
        if !price.active || metered || price.custom_unit_amount.is_some() {
            let message = format!(
                "The price {} cannot be quoted: it must be active, and say beforehand what is to be paid.",
                price.id
            );
            return Err(refused(message).param(param).into());
        }
        Ok(price)
    }

    /// Says what can be said whether a quote is made or changed; its customer, lines and metadata are their own matter.
    async fn set(&mut self, cx: &mut Cx<'_>, p: Update) -> Result<(), Stop> {
        p.description.apply(&mut self.description);
        p.header.apply(&mut self.header);
        p.footer.apply(&mut self.footer);
        for ((param, most), text) in TEXTS.iter().zip([&self.description, &self.header, &self.footer]) {
            not_more_than(*most, param, text.as_deref())?;
        }
        ahead(cx, "expires_at", p.expires_at)?;
        self.expires_at = p.expires_at.unwrap_or(self.expires_at);
        self.collection_method = p.collection_method.unwrap_or(self.collection_method);
        if let Some(sent) = p.invoice_settings {
            self.set_invoices(sent)?;
        }
        if let Some(rates) = p.default_tax_rates {
            let rates = tax_rate::named(cx, &rates, "default_tax_rates").await?;
            self.default_tax_rates = rates.iter().map(|it| Ref::to(&it.id)).collect();
        }
        if let Some(sent) = p.discounts {
            let customer = match &self.customer {
                Some(it) => cx.get::<Customer>(&it.id).await?,
                None => None,
            };
            self.discounts = discount::offer(cx, customer.as_ref(), sent, "discounts").await?;
        }
        if let Some(sent) = p.subscription_data {
            let data = &mut self.subscription_data;
            sent.description.apply(&mut data.description);
            not_more_than(500, "subscription_data[description]", data.description.as_deref())?;
            sent.metadata.apply(data.metadata.get_or_insert_default())?;
            if let Patch::Set(at) = sent.effective_date {
                ahead(cx, "subscription_data[effective_date]", Some(at))?;
            }
            sent.effective_date.apply(&mut data.effective_date);
            if let Patch::Set(days) = sent.trial_period_days {
                bounds("subscription_data[trial_period_days]", days, (0, TRIAL_MAX))?;
            }
            sent.trial_period_days.apply(&mut data.trial_period_days);
        }
        match p.on_behalf_of {
            Patch::Keep => {}
            Patch::Clear => self.on_behalf_of = None,
            Patch::Set(id) => {
                if id != cx.caller.account && cx.peek::<Connected>(&id).await?.is_none() {
                    return Err(ApiError::no_such("account", &id, "on_behalf_of").into());
                }
                self.on_behalf_of = Some(Ref::to(id));
            }
        }
        self.set_onward(cx, p.transfer_data, p.application_fee_amount, p.application_fee_percent).await
    }

    fn set_invoices(&mut self, sent: InvoiceParams) -> Result<(), ApiError> {
        let it = &mut self.invoice_settings;
        sent.custom_fields.apply(&mut it.custom_fields);
        sent.description.apply(&mut it.description);
        sent.footer.apply(&mut it.footer);
        not_more_than(1_500, "invoice_settings[description]", it.description.as_deref())?;
        not_more_than(5_000, "invoice_settings[footer]", it.footer.as_deref())?;
        if let Some(days) = sent.days_until_due {
            if self.collection_method != CollectionMethod::SendInvoice {
                let message = "You can only set days_until_due where collection_method is send_invoice.";
                return Err(refused(message).param("invoice_settings[days_until_due]"));
            }
            bounds("invoice_settings[days_until_due]", days, (0, DAYS_MAX))?;
            it.days_until_due = Some(days);
        }
        Ok(())
    }

    /// Sets what a platform takes, and where the money goes on to: in percent where it becomes a subscription, else an amount.
    async fn set_onward(
        &mut self,
        cx: &mut Cx<'_>,
        transfer: Patch<TransferParams>,
        amount: Patch<i64>,
        percent: Patch<Number>,
    ) -> Result<(), Stop> {
        if self.collection_method == CollectionMethod::SendInvoice
            && self.invoice_settings.days_until_due.is_none()
        {
            self.invoice_settings.days_until_due = Some(30);
        }
        let recurring = self.is_recurring();
        let fits = |percent: bool, param: &str| -> Result<(), ApiError> {
            if percent == recurring {
                return Ok(());
            }
            let what =
                if recurring { "a quote with recurring prices" } else { "a quote without recurring prices" };
            Err(refused(format!("You cannot set {param} on {what}.")).param(param))
        };
        match transfer {
            Patch::Keep => {}
            Patch::Clear => self.transfer_data = None,
            Patch::Set(sent) => {
                if let Some(part) = sent.amount {
                    fits(false, "transfer_data[amount]")?;
                    rules::positive("transfer_data[amount]", part)?;
                }
                if let Some(part) = sent.amount_percent {
                    fits(true, "transfer_data[amount_percent]")?;
                    subscription::percent("transfer_data[amount_percent]", Some(part))?;
                }
                let to = transfer::destination(cx, &sent.destination, "transfer_data[destination]").await?;
                self.transfer_data = Some(TransferData {
                    amount: sent.amount,
                    amount_percent: sent.amount_percent,
                    destination: Ref::to(to.account),
                });
            }
        }
        let sends_on = self.transfer_data.is_some();
        if let Patch::Set(fee) = amount {
            fits(false, "application_fee_amount")?;
            rules::application_fee(cx.caller, Some(("application_fee_amount", fee)), MONEY_MAX, sends_on)?;
        }
        if let Patch::Set(fee) = percent {
            fits(true, "application_fee_percent")?;
            subscription::percent("application_fee_percent", Some(fee))?;
            rules::application_fee(cx.caller, Some(("application_fee_percent", 1)), MONEY_MAX, sends_on)?;
        }
        amount.apply(&mut self.application_fee_amount);
        percent.apply(&mut self.application_fee_percent);
        let parts =
            self.transfer_data.as_ref().is_some_and(|it| it.amount.is_some() || it.amount_percent.is_some());
        if parts && (self.application_fee_amount.is_some() || self.application_fee_percent.is_some()) {
            return Err(either("application_fee_amount", "transfer_data[amount]").into());
        }
        Ok(())
    }
}
