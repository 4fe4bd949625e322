//! What is said of a subscription when it is made and when it is changed.
use super::{
    CancellationDetails, EndBehavior, Feedback, ItemInterval, Missing, PaymentSettings, Save, Subscription,
    TransferData, TrialAnchor, TrialSettings,
};
use crate::{
    billing::{
        amounts::{Number, bounds, either, refused},
        invoice::CollectionMethod,
        price::Price,
    },
    connect::account::Account,
    payments::{
        card::{Card, not_more_than},
        charge::rules::{self, MONEY_MAX},
        customer::{CustomField, Customer, FOOTER_MAX, check_custom_fields},
        payment_method::{self, MethodRef},
        transfer,
    },
};
use api::{Cx, Stop, access::Connected};
use base::{ApiError, Currency, Ref, Timestamp};
use money::{Cycle, Decimal, Interval};
use wire::{At, Bad, Node, Patch, Shape, Wire};

/// A moment, or the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Now,
    At(Timestamp),
}

impl Wire for When {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node.and_then(Node::as_str) {
            Some("now") => Ok(When::Now),
            _ => Timestamp::read(at, node).map(When::At),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            When::Now => wire::write_str(out, "now"),
            When::At(at) => at.write(out),
        }
    }
}

/// `cancel_at`: a moment, or the end of the first or the last period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CancelAt {
    At(Timestamp),
    MinPeriodEnd,
    MaxPeriodEnd,
}

impl Wire for CancelAt {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node.and_then(Node::as_str) {
            Some("min_period_end") => Ok(CancelAt::MinPeriodEnd),
            Some("max_period_end") => Ok(CancelAt::MaxPeriodEnd),
            _ => Timestamp::read(at, node).map(CancelAt::At),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            CancelAt::At(at) => at.write(out),
            CancelAt::MinPeriodEnd => wire::write_str(out, "min_period_end"),
            CancelAt::MaxPeriodEnd => wire::write_str(out, "max_period_end"),
        }
    }
}

/// `billing_cycle_anchor` of a change: a word, or a hash with the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Now,
    Unchanged,
}

#[derive(Debug, Clone, Copy, Wire)]
enum AnchorType {
    Now,
    Unchanged,
}

#[derive(Debug, Wire)]
struct AnchorParams {
    r#type: AnchorType,
}

impl Wire for Anchor {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let word = match node {
            Some(Node::Map(_)) => AnchorParams::read(at, node)?.r#type,
            _ => AnchorType::read(at, node)?,
        };
        Ok(match word {
            AnchorType::Now => Anchor::Now,
            AnchorType::Unchanged => Anchor::Unchanged,
        })
    }
    fn write(&self, out: &mut Vec<u8>) {
        wire::write_str(out, if *self == Anchor::Now { "now" } else { "unchanged" });
    }
}

/// How what changes within a period is evened out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Proration {
    /// With an invoice at once.
    AlwaysInvoice,
    /// With the next invoice.
    CreateProrations,
    /// Not at all.
    None,
}

/// `invoice_settings` as sent.
#[derive(Debug, Wire)]
pub(super) struct InvoiceSettingsParams {
    custom_fields: Patch<Vec<CustomField>>,
    description: Option<String>,
    footer: Option<String>,
}

/// `payment_settings` as sent.
#[derive(Debug, Wire)]
pub(super) struct PaymentSettingsParams {
    save_default_payment_method: Option<Save>,
}

/// `transfer_data` as sent.
#[derive(Debug, Wire)]
pub(crate) struct TransferDataParams {
    amount_percent: Option<Number>,
    destination: String,
}

/// `pending_invoice_item_interval` as sent.
#[derive(Debug, Wire)]
pub(super) struct IntervalParams {
    interval: Interval,
    interval_count: Option<i64>,
}

/// `trial_settings` as sent.
#[derive(Debug, Wire)]
pub(super) struct TrialSettingsParams {
    end_behavior: EndBehaviorParams,
}

#[derive(Debug, Wire)]
struct EndBehaviorParams {
    billing_cycle_anchor: Option<TrialAnchor>,
    missing_payment_method: Option<Missing>,
}

/// `cancellation_details` as sent.
#[derive(Debug, Wire)]
pub(super) struct CancellationParams {
    comment: Patch<String>,
    feedback: Patch<Feedback>,
}

impl CancellationParams {
    pub(super) fn apply(self, to: &mut Option<CancellationDetails>) {
        let details = to.get_or_insert_default();
        self.comment.apply(&mut details.comment);
        self.feedback.apply(&mut details.feedback);
    }
}

/// What creating and changing have in common.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) application_fee_percent: Patch<Number>,
    pub(super) collection_method: Option<CollectionMethod>,
    pub(super) days_until_due: Option<i64>,
    pub(super) default_payment_method: Option<String>,
    pub(super) default_source: Patch<String>,
    pub(super) description: Patch<String>,
    pub(super) invoice_settings: Option<InvoiceSettingsParams>,
    pub(super) on_behalf_of: Patch<String>,
    pub(super) payment_settings: Option<PaymentSettingsParams>,
    pub(super) transfer_data: Patch<TransferDataParams>,
    pub(super) trial_settings: Option<TrialSettingsParams>,
}

/// The longest description, in characters.
pub(crate) const DESCRIPTION_MAX: usize = 500;
/// The most days until an invoice is due.
pub(crate) const DAYS_MAX: i64 = 365;

impl Subscription {
    /// Sets what was sent. Errors: it cannot be.
    pub(super) async fn set_terms(
        &mut self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        p: Common,
    ) -> Result<(), Stop> {
        p.description.apply(&mut self.description);
        not_more_than(DESCRIPTION_MAX, "description", self.description.as_deref())?;
        self.set_collection(p.collection_method, p.days_until_due)?;
        if let Some(id) = p.default_payment_method {
            let kept = payment_method::kept_by(cx, &id, &customer.id).await?;
            let kept = kept.ok_or_else(|| {
                let message = format!("The customer does not have a payment method with the ID {id}. The payment method must be attached to the customer.");
                ApiError::invalid(400, message).code("resource_missing").param("default_payment_method")
            })?;
            self.default_payment_method = Some(MethodRef(kept));
        }
        match p.default_source {
            Patch::Keep => {}
            Patch::Clear => self.default_source = None,
            Patch::Set(id) => {
                let kept = cx.get::<Card>(&id).await?.filter(|card| card.belongs_to(&customer.id));
                let card = kept.ok_or_else(|| ApiError::no_such("source", &id, "default_source"))?;
                self.default_source = Some(Ref::to(card.id));
            }
        }
        if let Some(sent) = p.invoice_settings {
            if let Patch::Set(lines) = &sent.custom_fields {
                check_custom_fields(lines, "invoice_settings[custom_fields]")?;
            }
            not_more_than(FOOTER_MAX, "invoice_settings[footer]", sent.footer.as_deref())?;
            sent.custom_fields.apply(&mut self.invoice_settings.custom_fields);
            self.invoice_settings.description = sent.description.or(self.invoice_settings.description.take());
            self.invoice_settings.footer = sent.footer.or(self.invoice_settings.footer.take());
        }
        if let Some(PaymentSettingsParams { save_default_payment_method: Some(save) }) = p.payment_settings {
            let settings = self.payment_settings.get_or_insert_with(PaymentSettings::default);
            settings.save_default_payment_method = Some(save);
        }
        if let Some(TrialSettingsParams { end_behavior: sent }) = p.trial_settings {
            let EndBehavior { billing_cycle_anchor, missing_payment_method } =
                self.trial_settings.take().unwrap_or_default().end_behavior;
            let end_behavior = EndBehavior {
                billing_cycle_anchor: sent.billing_cycle_anchor.or(billing_cycle_anchor),
                missing_payment_method: sent.missing_payment_method.unwrap_or(missing_payment_method),
            };
            self.trial_settings = Some(TrialSettings { end_behavior });
        }
        self.set_onward(cx, p.application_fee_percent, p.transfer_data, p.on_behalf_of).await
    }

    /// Sets how often what waits is billed between periods. Errors: less often than once in three years.
    pub(super) fn bill_items_every(
        &mut self,
        cx: &Cx<'_>,
        sent: Patch<IntervalParams>,
    ) -> Result<(), ApiError> {
        match sent {
            Patch::Keep => {}
            Patch::Clear => {
                self.pending_invoice_item_interval = None;
                self.next_pending_invoice_item_invoice = None;
            }
            Patch::Set(IntervalParams { interval, interval_count }) => {
                let count = interval_count.unwrap_or(1);
                let param = "pending_invoice_item_interval[interval_count]";
                bounds(param, count, (1, interval.three_years()))?;
                self.pending_invoice_item_interval = Some(ItemInterval { interval, interval_count: count });
                self.next_pending_invoice_item_invoice =
                    Some(Cycle { anchor: cx.now(), interval, count }.boundary(1));
            }
        }
        Ok(())
    }

    fn set_collection(
        &mut self,
        method: Option<CollectionMethod>,
        days: Option<i64>,
    ) -> Result<(), ApiError> {
        self.collection_method = method.unwrap_or(self.collection_method);
        if self.collection_method == CollectionMethod::ChargeAutomatically {
            self.days_until_due = None;
            if days.is_some() {
                let message = "You can only set `days_until_due` if the subscription's collection_method is `send_invoice`.";
                return Err(refused(message).param("days_until_due"));
            }
            return Ok(());
        }
        if let Some(days) = days {
            bounds("days_until_due", days, (0, DAYS_MAX))?;
            self.days_until_due = Some(days);
        }
        if self.days_until_due.is_none() {
            return Err(ApiError::missing("days_until_due"));
        }
        Ok(())
    }

    /// Sets what a platform takes, where the money goes on to, and for whom it sells.
    pub(super) async fn set_onward(
        &mut self,
        cx: &mut Cx<'_>,
        fee: Patch<Number>,
        transfer: Patch<TransferDataParams>,
        on_behalf_of: Patch<String>,
    ) -> Result<(), Stop> {
        let mut share = Share {
            fee: self.application_fee_percent,
            transfer: self.transfer_data.take(),
            on_behalf_of: self.on_behalf_of.take(),
        };
        share.set(cx, "", fee, transfer, on_behalf_of).await?;
        self.application_fee_percent = share.fee;
        self.transfer_data = share.transfer;
        self.on_behalf_of = share.on_behalf_of;
        Ok(())
    }
}

/// What a platform takes of invoices, where the rest goes on to, and for whom it sells.
#[derive(Debug)]
pub(crate) struct Share {
    pub(crate) fee: Option<Number>,
    pub(crate) transfer: Option<TransferData>,
    pub(crate) on_behalf_of: Option<Ref<Account>>,
}

impl Share {
    /// Sets what was sent at `at`, which is empty where it stands for itself. Errors: there is no such account, or who asks
    /// may not take anything.
    pub(crate) async fn set(
        &mut self,
        cx: &mut Cx<'_>,
        at: &str,
        fee: Patch<Number>,
        transfer: Patch<TransferDataParams>,
        on_behalf_of: Patch<String>,
    ) -> Result<(), Stop> {
        let name = |name: &str| within(at, name);
        match transfer {
            Patch::Keep => {}
            Patch::Clear => self.transfer = None,
            Patch::Set(sent) => {
                let onward = name("transfer_data");
                percent(&format!("{onward}[amount_percent]"), sent.amount_percent)?;
                let param = format!("{onward}[destination]");
                let destination = transfer::destination(cx, &sent.destination, &param).await?;
                let destination = Ref::to(destination.account);
                self.transfer = Some(TransferData { amount_percent: sent.amount_percent, destination });
            }
        }
        match fee {
            Patch::Keep => {}
            Patch::Clear => self.fee = None,
            Patch::Set(it) => {
                percent(&name("application_fee_percent"), Some(it))?;
                // Who may take one is the same whatever it comes to.
                let asked = Some(("application_fee_percent", 1));
                rules::application_fee(cx.caller, asked, MONEY_MAX, self.transfer.is_some())
                    .map_err(|error| error.param(name("application_fee_percent")))?;
                self.fee = Some(it);
            }
        }
        if self.fee.is_some() && self.transfer.as_ref().is_some_and(|it| it.amount_percent.is_some()) {
            let onward = format!("{}[amount_percent]", name("transfer_data"));
            return Err(either(&name("application_fee_percent"), &onward).into());
        }
        match on_behalf_of {
            Patch::Keep => {}
            Patch::Clear => self.on_behalf_of = None,
            Patch::Set(id) => {
                if id != cx.caller.account && cx.peek::<Connected>(&id).await?.is_none() {
                    return Err(ApiError::no_such("account", &id, &name("on_behalf_of")).into());
                }
                self.on_behalf_of = Some(Ref::to(id));
            }
        }
        Ok(())
    }
}

/// The name of a parameter that stands at `at`, which is empty at the top.
pub(crate) fn within(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}[{name}]") }
}

/// Errors: it is no percentage.
pub(crate) fn percent(param: &str, value: Option<Number>) -> Result<(), ApiError> {
    match value {
        Some(Number(it)) if it < Decimal::ZERO || it > Decimal::of(100) || it.places() > 2 => {
            Err(refused("Invalid percentage: must be from 0 to 100 with at most two decimal places.")
                .param(param))
        }
        _ => Ok(()),
    }
}

/// The currency of a subscription to a price: what was said, else the customer's, else the price's own. Errors: the customer
/// pays in another one.
pub(super) fn currency(
    said: Option<Currency>,
    customer: &Customer,
    price: &Price,
) -> Result<Currency, ApiError> {
    let has = |currency| price.scheme(currency).is_some();
    match (said, customer.currency) {
        (Some(said), Some(usual)) if said != usual => Err(combined(usual, "currency")),
        (Some(said), _) => Ok(said),
        (None, Some(usual)) if has(usual) => Ok(usual),
        (None, Some(usual)) => Err(combined(usual, "items[0][price]")),
        (None, None) => Ok(price.currency),
    }
}

fn combined(usual: Currency, param: &str) -> ApiError {
    let message = format!(
        "You cannot combine currencies on a single customer. This customer has had a subscription, coupon, or invoice item with currency {usual}."
    );
    refused(message).param(param)
}
