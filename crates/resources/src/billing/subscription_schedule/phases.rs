//! Phases as they are sent.
use super::{Anchor, DefaultSettings, Phase, PhaseDiscount, PhaseItem, ScheduleInvoiceSettings};
use crate::{
    billing::{
        amounts::{Number, bounds, either, refused},
        discount::{self, DiscountParams},
        invoice::{CollectionMethod, IssuerType},
        invoice_item::Extra,
        price::{Price, Type},
        subscription::{
            AutomaticTax, DAYS_MAX, DESCRIPTION_MAX, InvoiceSettings, Issuer, ItemPriceData, Mode, Proration,
            Share, Subscription, TransferDataParams, When,
        },
        tax_rate,
    },
    payments::{
        card::not_more_than,
        customer::{CustomField, Customer, FOOTER_MAX, check_custom_fields},
        payment_method::{self, MethodRef},
    },
};
use api::{Cx, Stop};
use base::{ApiError, Currency, MetadataPatch, Ref, Timestamp, Version};
use money::{Cycle, Interval};
use wire::{Optional, Patch, Wire};

/// `default_settings` as sent.
#[derive(Debug, Wire)]
pub(super) struct DefaultParams {
    application_fee_percent: Option<Number>,
    billing_cycle_anchor: Option<Anchor>,
    collection_method: Option<CollectionMethod>,
    default_payment_method: Option<String>,
    description: Patch<String>,
    invoice_settings: Option<InvoiceSettingsParams>,
    on_behalf_of: Patch<String>,
    transfer_data: Patch<TransferDataParams>,
}

/// `invoice_settings` as sent.
#[derive(Debug, Wire)]
struct InvoiceSettingsParams {
    custom_fields: Patch<Vec<CustomField>>,
    days_until_due: Option<i64>,
    description: Patch<String>,
    footer: Patch<String>,
}

/// A phase as sent.
#[derive(Debug, Wire)]
pub(super) struct PhaseParams {
    add_invoice_items: Vec<Extra>,
    application_fee_percent: Option<Number>,
    billing_cycle_anchor: Option<Anchor>,
    collection_method: Option<CollectionMethod>,
    currency: Option<Currency>,
    default_payment_method: Option<String>,
    default_tax_rates: Option<Vec<String>>,
    description: Option<String>,
    discounts: Vec<DiscountParams>,
    duration: Option<Duration>,
    end_date: Option<When>,
    invoice_settings: Option<InvoiceSettingsParams>,
    items: Vec<ItemParams>,
    metadata: Option<MetadataPatch>,
    on_behalf_of: Option<String>,
    proration_behavior: Option<Proration>,
    start_date: Option<When>,
    transfer_data: Option<TransferDataParams>,
    trial: Option<bool>,
    trial_end: Option<When>,
}

#[derive(Debug, Wire)]
struct Duration {
    /// Only callers of versions that counted in periods of the first price leave it out.
    interval: Option<Interval>,
    interval_count: Option<i64>,
}

/// The version since which a duration names its interval.
const DURATIONS: Version = Version::of("2025-09-30.clover");

#[derive(Debug, Wire)]
struct ItemParams {
    discounts: Vec<DiscountParams>,
    metadata: Option<MetadataPatch>,
    plan: Option<String>,
    price: Option<String>,
    price_data: Option<ItemPriceData>,
    quantity: Option<i64>,
    tax_rates: Option<Vec<String>>,
}

/// The most phases that lie ahead.
pub(super) const PHASES_MAX: usize = 10;

fn set<T>(it: Option<T>) -> Patch<T> {
    it.map_or(Patch::Keep, Patch::Set)
}

impl ItemParams {
    async fn read(self, cx: &mut Cx<'_>, at: &str) -> Result<(PhaseItem, Price), Stop> {
        let ways = [
            ("plan", self.plan.is_some()),
            ("price", self.price.is_some()),
            ("price_data", self.price_data.is_some()),
        ];
        let sent: Vec<String> =
            ways.iter().filter(|(_, sent)| *sent).map(|(name, _)| format!("{at}[{name}]")).collect();
        let param = match &sent[..] {
            [] => return Err(ApiError::missing(&format!("{at}[price]")).into()),
            [one] => one.clone(),
            [first, second, ..] => return Err(either(first, second).into()),
        };
        let price = match (self.price.or(self.plan), self.price_data) {
            (Some(id), _) => cx.must::<Price>(&param, &id).await?,
            (None, Some(data)) => data.price(cx, &param).await?,
            (None, None) => return Err(ApiError::missing(&format!("{at}[price]")).into()),
        };
        if price.r#type != Type::Recurring || !price.active {
            let message = format!("The price {} must be active and recurring.", price.id);
            return Err(refused(message).param(param).into());
        }
        let quantity = price.quantity(self.quantity, &format!("{at}[quantity]"))?;
        let tax_rates = match self.tax_rates {
            Some(rates) => tax_rate::named(cx, &rates, &format!("{at}[tax_rates]")).await?,
            None => Vec::new(),
        };
        let item = PhaseItem {
            billing_thresholds: None,
            discounts: keep_all(cx, self.discounts, at).await?,
            metadata: Some(self.metadata.unwrap_or_default().fresh()?),
            plan: Ref::to(&price.id),
            price: Ref::to(&price.id),
            quantity: Optional(quantity),
            tax_rates: Some(tax_rates),
        };
        Ok((item, price))
    }
}

/// Discounts as a phase keeps them until it begins.
async fn keep_all(cx: &mut Cx<'_>, sent: Vec<DiscountParams>, at: &str) -> Result<Vec<PhaseDiscount>, Stop> {
    let mut all = Vec::with_capacity(sent.len());
    for (n, discount) in sent.into_iter().enumerate() {
        all.push(discount.keep(cx, &format!("{at}[discounts][{n}]")).await?);
    }
    Ok(all)
}

impl DiscountParams {
    /// As a phase keeps it until it begins. Errors: there is no such thing.
    pub(crate) async fn keep(self, cx: &mut Cx<'_>, at: &str) -> Result<PhaseDiscount, Stop> {
        let (coupon, discount, code) = self.named(cx, at).await?;
        Ok(PhaseDiscount {
            coupon: coupon.map(Ref::to),
            discount: discount.map(Ref::to),
            promotion_code: code.map(Ref::to),
        })
    }
}

impl PhaseDiscount {
    /// It is redeemed; none where it cannot be any more.
    pub(crate) async fn redeem(
        &self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        of: discount::Of<'_>,
    ) -> Result<Option<String>, Stop> {
        let asked = DiscountParams::of(
            self.coupon.as_ref().map(|it| it.id.clone()),
            self.discount.as_ref().map(|it| it.id.clone()),
            self.promotion_code.as_ref().map(|it| it.id.clone()),
        );
        match discount::redeem_all(cx, customer, vec![asked], of).await {
            Err(Stop::Api(_)) => Ok(None),
            redeemed => Ok(redeemed?.pop().map(|it| it.id)),
        }
    }
}

impl Duration {
    /// When it is over. Errors: it is longer than three years.
    fn end(
        &self,
        start: Timestamp,
        first: (Interval, i64),
        at: &str,
        version: Version,
    ) -> Result<Timestamp, ApiError> {
        let (interval, each) = match self.interval {
            Some(interval) => (interval, 1),
            None if version.has(DURATIONS) => {
                return Err(ApiError::missing(&format!("{at}[duration][interval]")));
            }
            None => first,
        };
        let count = self.interval_count.unwrap_or(1).saturating_mul(each);
        bounds(&format!("{at}[duration][interval_count]"), count, (1, interval.three_years()))?;
        Ok(Cycle { anchor: start, interval, count }.boundary(1))
    }
}

impl PhaseParams {
    /// When it ends: then, after so long, or after a period of its first price.
    fn end(
        &self,
        (now, version): (Timestamp, Version),
        start: Timestamp,
        first: &Price,
        at: &str,
    ) -> Result<Timestamp, ApiError> {
        let recurring = first.recurring.as_ref();
        let first = recurring.map_or((Interval::Month, 1), |it| (it.interval, it.interval_count));
        let end = match (self.end_date, &self.duration) {
            (Some(_), Some(_)) => return Err(either(&format!("{at}[end_date]"), &format!("{at}[duration]"))),
            (Some(When::Now), None) => now,
            (Some(When::At(end)), None) => end,
            (None, Some(it)) => it.end(start, first, at, version)?,
            (None, None) => Cycle { anchor: start, interval: first.0, count: first.1 }.boundary(1),
        };
        if end <= start {
            return Err(refused("A phase must end after it starts.").param(format!("{at}[end_date]")));
        }
        Ok(end)
    }
    /// Until when it costs nothing. Errors: that is not within it.
    fn trial_end(
        &self,
        now: Timestamp,
        (start, end): (Timestamp, Timestamp),
        at: &str,
    ) -> Result<Option<Timestamp>, ApiError> {
        let trial_end = match (self.trial, self.trial_end) {
            (Some(true), Some(_)) => {
                return Err(either(&format!("{at}[trial]"), &format!("{at}[trial_end]")));
            }
            (Some(true), None) => Some(end),
            (_, Some(When::Now)) => Some(now).filter(|now| *now > start),
            (_, Some(When::At(trial))) => Some(trial),
            (_, None) => None,
        };
        if trial_end.is_some_and(|trial| trial <= start || trial > end) {
            let message = "The trial of a phase must end within it.";
            return Err(refused(message).param(format!("{at}[trial_end]")));
        }
        Ok(trial_end)
    }
    /// Reads a phase that begins at a moment. Errors: it has no items, or no length.
    async fn read(
        self,
        cx: &mut Cx<'_>,
        (customer, mode): (&Customer, Mode),
        start: Timestamp,
        at: &str,
    ) -> Result<Phase, Stop> {
        if self.items.is_empty() {
            return Err(ApiError::missing(&format!("{at}[items]")).into());
        }
        let mut p = self;
        let (mut items, mut prices) = (Vec::new(), Vec::new());
        for (n, item) in std::mem::take(&mut p.items).into_iter().enumerate() {
            let (item, price) = item.read(cx, &format!("{at}[items][{n}]")).await?;
            items.push(item);
            prices.push(price);
        }
        go_together(&prices, mode, at)?;
        let end = p.end((cx.now(), cx.caller.version), start, &prices[0], at)?;
        let trial_end = p.trial_end(cx.now(), (start, end), at)?;
        let currency = p.currency.or(customer.currency).unwrap_or(prices[0].currency);
        for (n, price) in prices.iter().enumerate() {
            if price.scheme(currency).is_none() {
                let message = format!("The price {} has no amount in {currency}.", price.id);
                return Err(refused(message).param(format!("{at}[items][{n}][price]")).into());
            }
        }
        not_more_than(DESCRIPTION_MAX, &format!("{at}[description]"), p.description.as_deref())?;
        let method = match p.default_payment_method {
            Some(id) => {
                Some(MethodRef(kept(cx, customer, &id, &format!("{at}[default_payment_method]")).await?))
            }
            None => None,
        };
        let default_tax_rates = match p.default_tax_rates {
            Some(rates) => tax_rate::named(cx, &rates, &format!("{at}[default_tax_rates]")).await?,
            None => Vec::new(),
        };
        let mut extras = Vec::with_capacity(p.add_invoice_items.len());
        for (n, extra) in p.add_invoice_items.into_iter().enumerate() {
            let at = format!("{at}[add_invoice_items][{n}]");
            extras.push(extra.keep(cx, customer, currency, &at).await?);
        }
        let mut share = Share { fee: None, transfer: None, on_behalf_of: None };
        let (fee, onward) = (set(p.application_fee_percent), set(p.transfer_data));
        share.set(cx, at, fee, onward, set(p.on_behalf_of)).await?;
        let invoice_settings = match p.invoice_settings {
            Some(sent) => {
                let mut settings = ScheduleInvoiceSettings::usual(None);
                settings.set(sent, &format!("{at}[invoice_settings]"))?;
                Some(settings)
            }
            None => None,
        };
        Ok(Phase {
            add_invoice_items: extras,
            application_fee_percent: share.fee,
            billing_cycle_anchor: p.billing_cycle_anchor,
            billing_thresholds: None,
            collection_method: p.collection_method,
            currency,
            default_payment_method: method,
            default_tax_rates: Some(default_tax_rates),
            description: p.description,
            discounts: keep_all(cx, p.discounts, at).await?,
            end_date: end,
            invoice_settings,
            items,
            metadata: Some(p.metadata.unwrap_or_default().fresh()?),
            on_behalf_of: share.on_behalf_of,
            proration_behavior: p.proration_behavior.unwrap_or(Proration::CreateProrations),
            start_date: start,
            transfer_data: share.transfer,
            trial_end,
        })
    }
}

/// Errors: a subscription cannot have these prices at a time.
fn go_together(prices: &[Price], mode: Mode, at: &str) -> Result<(), ApiError> {
    let refuse = |n: usize, message: String| Err(refused(message).param(format!("{at}[items][{n}][price]")));
    for (n, price) in prices.iter().enumerate() {
        if prices.iter().take(n).any(|other| other.id == price.id) {
            return refuse(n, format!("A phase cannot have several items with the same price: {}", price.id));
        }
        let every = |it: &Price| it.recurring.as_ref().map(|it| (it.interval, it.interval_count));
        if mode == Mode::Classic && every(price) != every(&prices[0]) {
            return refuse(
                n,
                "All prices of a phase must have the same interval, unless the billing_mode is flexible."
                    .into(),
            );
        }
    }
    Ok(())
}

/// A payment method that the customer keeps.
async fn kept(cx: &mut Cx<'_>, customer: &Customer, id: &str, param: &str) -> Result<String, Stop> {
    let kept = payment_method::kept_by(cx, id, &customer.id).await?;
    Ok(kept.ok_or_else(|| ApiError::no_such("payment method", id, param))?)
}

/// Reads phases, each of which begins where the one before ends.
pub(super) async fn read_all(
    cx: &mut Cx<'_>,
    (customer, mode): (&Customer, Mode),
    all: Vec<PhaseParams>,
    mut start: Timestamp,
) -> Result<Vec<Phase>, Stop> {
    if all.is_empty() {
        return Err(ApiError::missing("phases").into());
    }
    if all.len() > PHASES_MAX {
        return Err(refused(format!("A schedule can have up to {PHASES_MAX} phases."))
            .param("phases")
            .into());
    }
    let mut phases = Vec::with_capacity(all.len());
    for (n, phase) in all.into_iter().enumerate() {
        let at = format!("phases[{n}]");
        match phase.start_date {
            Some(When::At(said)) if n > 0 && said != start => {
                return Err(refused("A phase must start where the one before ends.")
                    .param(format!("{at}[start_date]"))
                    .into());
            }
            Some(When::At(said)) => start = said,
            Some(When::Now) if n == 0 => start = cx.now(),
            _ => {}
        }
        let phase = phase.read(cx, (customer, mode), start, &at).await?;
        start = phase.end_date;
        phases.push(phase);
    }
    Ok(phases)
}

impl ScheduleInvoiceSettings {
    /// What invoices say where nothing is said.
    fn usual(of: Option<&InvoiceSettings>) -> Self {
        ScheduleInvoiceSettings {
            account_tax_ids: None,
            custom_fields: of.and_then(|it| it.custom_fields.clone()),
            days_until_due: None,
            description: of.and_then(|it| it.description.clone()),
            footer: of.and_then(|it| it.footer.clone()),
            issuer: Issuer { r#type: IssuerType::Self_ },
        }
    }
    /// Sets what was sent at `at`. Errors: it is too long, or too many days.
    fn set(&mut self, sent: InvoiceSettingsParams, at: &str) -> Result<(), ApiError> {
        if let Patch::Set(lines) = &sent.custom_fields {
            check_custom_fields(lines, &format!("{at}[custom_fields]"))?;
        }
        if let Some(days) = sent.days_until_due {
            bounds(&format!("{at}[days_until_due]"), days, (0, DAYS_MAX))?;
            self.days_until_due = Some(days);
        }
        sent.custom_fields.apply(&mut self.custom_fields);
        sent.description.apply(&mut self.description);
        sent.footer.apply(&mut self.footer);
        not_more_than(FOOTER_MAX, &format!("{at}[footer]"), self.footer.as_deref())?;
        not_more_than(DESCRIPTION_MAX, &format!("{at}[description]"), self.description.as_deref())
    }
}

impl DefaultSettings {
    pub(super) fn usual(of: Option<&Subscription>) -> Self {
        let mut invoice_settings = ScheduleInvoiceSettings::usual(of.map(|it| &it.invoice_settings));
        invoice_settings.days_until_due = of.and_then(|it| it.days_until_due);
        DefaultSettings {
            application_fee_percent: of.and_then(|it| it.application_fee_percent),
            automatic_tax: AutomaticTax::default(),
            billing_cycle_anchor: Anchor::Automatic,
            billing_thresholds: None,
            collection_method: Some(
                of.map_or(CollectionMethod::ChargeAutomatically, |it| it.collection_method),
            ),
            default_payment_method: of.and_then(|it| it.default_payment_method.clone()),
            description: of.and_then(|it| it.description.clone()),
            invoice_settings,
            on_behalf_of: of.and_then(|it| it.on_behalf_of.clone()),
            transfer_data: of.and_then(|it| it.transfer_data.clone()),
        }
    }
    /// Sets what was sent. Errors: it cannot be.
    pub(super) async fn set(
        &mut self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        sent: DefaultParams,
    ) -> Result<(), Stop> {
        const AT: &str = "default_settings";
        let mut share = Share {
            fee: self.application_fee_percent,
            transfer: self.transfer_data.take(),
            on_behalf_of: self.on_behalf_of.take(),
        };
        share.set(cx, AT, set(sent.application_fee_percent), sent.transfer_data, sent.on_behalf_of).await?;
        self.application_fee_percent = share.fee;
        self.transfer_data = share.transfer;
        self.on_behalf_of = share.on_behalf_of;
        self.billing_cycle_anchor = sent.billing_cycle_anchor.unwrap_or(self.billing_cycle_anchor);
        self.collection_method = sent.collection_method.or(self.collection_method);
        sent.description.apply(&mut self.description);
        not_more_than(DESCRIPTION_MAX, "default_settings[description]", self.description.as_deref())?;
        if let Some(sent) = sent.invoice_settings {
            self.invoice_settings.set(sent, "default_settings[invoice_settings]")?;
        }
        if let Some(id) = sent.default_payment_method {
            let kept = kept(cx, customer, &id, "default_settings[default_payment_method]").await?;
            self.default_payment_method = Some(MethodRef(kept));
        }
        if self.collection_method == Some(CollectionMethod::SendInvoice)
            && self.invoice_settings.days_until_due.is_none()
        {
            return Err(ApiError::missing("default_settings[invoice_settings][days_until_due]").into());
        }
        Ok(())
    }
}
