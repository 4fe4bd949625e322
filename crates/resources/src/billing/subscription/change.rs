//! What a change of a subscription costs: what of a period is evened out, what begins anew, and what is invoiced at once.
use super::{
    PENDING_APPLIED, PENDING_EXPIRED, PendingUpdate, Status, Subscription, UPDATED, Waiting,
    bill::{self, Bill, PaymentBehavior, Pending, waiting},
    cycle::{Span, interval},
    entries::For,
    prorate::Side,
    terms::{CancelAt, Proration, When},
    wake,
};
use crate::{
    billing::{
        amounts::refused,
        invoice::{self, BillingReason, Invoice},
        subscription_item::SubscriptionItem,
    },
    payments::customer::Customer,
};
use api::{Cx, Stop};
use base::Timestamp;
use wire::{Hidden, Patch};

/// How it changes.
#[derive(Debug)]
pub(crate) struct Step {
    /// How what changes within a period is evened out.
    pub(super) proration: Proration,
    /// From when on; the present where it is not said.
    pub(super) at: Option<Timestamp>,
    /// All periods begin at the present.
    pub(super) reset: bool,
    /// When the trial ends, where that changes.
    pub(super) trial_end: Option<When>,
    /// When it ends by itself.
    pub(super) cancel_at: Patch<CancelAt>,
    /// Whether it ends with its period.
    pub(super) cancel_at_period_end: Option<bool>,
}

impl Step {
    /// Items change, and nothing else.
    pub(crate) fn of(proration: Option<Proration>, at: Option<Timestamp>) -> Self {
        Step {
            proration: proration.unwrap_or(Proration::CreateProrations),
            at,
            reset: false,
            trial_end: None,
            cancel_at: Patch::Keep,
            cancel_at_period_end: None,
        }
    }
}

/// How long a change waits for its payment, in seconds.
const WAITS: i64 = 23 * 3600;

/// Changes a subscription, and collects what that costs at once. Errors: it cannot be, or is not paid where it had to be.
pub(super) async fn carry_out(
    cx: &mut Cx<'_>,
    customer: &Customer,
    before: &Subscription,
    it: Subscription,
    step: Step,
    (payment, off_session): (PaymentBehavior, bool),
) -> Result<Subscription, Stop> {
    if matches!(step.trial_end, Some(When::Now))
        && let Some(missing) = it.stops_after_trial(customer)
    {
        let it = Subscription { trial_end: Some(cx.now()), ..it };
        let it = Box::pin(wake::stop_after_trial(cx, before, it, missing)).await?;
        wake::later(cx, &it);
        return Ok(it);
    }
    let (mut it, invoice) = Box::pin(work_out(cx, customer, before, it, step)).await?;
    let Some(invoice) = invoice else {
        it.keep_changed(cx, before);
        wake::later(cx, &it);
        return Ok(it);
    };
    if payment == PaymentBehavior::PendingIfIncomplete {
        it = it.wait_for(cx, before, &invoice);
    }
    cx.put(&it);
    cx.emit_update(UPDATED, before, &it);
    Box::pin(bill::collect(cx, &it, invoice, (payment, off_session))).await?;
    let it: Subscription = cx.must("id", &it.id).await?;
    wake::later(cx, &it);
    Ok(it)
}

/// What becomes of a subscription that changes, and the draft of what is invoiced at once. What is evened out is written
/// down, and the draft.
pub(super) async fn work_out(
    cx: &mut Cx<'_>,
    customer: &Customer,
    before: &Subscription,
    mut it: Subscription,
    step: Step,
) -> Result<(Subscription, Option<Invoice>), Stop> {
    let now = cx.now();
    let at = moment(before, step.at, now)?;
    let evens_out = step.proration != Proration::None && before.is_billed();
    if before.is_billed() {
        // A trial is free, so what was used before it is settled, too.
        let all = matches!(step.trial_end, Some(When::At(_)));
        it.settle_changed(cx, customer, (before, now), all).await?;
    }
    let mut anew = step.reset || (before.is_billed() && it.begins_anew(before)?);
    match step.trial_end {
        Some(When::Now) => {
            it.trial_end = Some(now);
            it.status = Status::Active;
            anew = true;
        }
        Some(When::At(end)) => {
            if evens_out {
                before.give_back(cx, customer, at).await?;
            }
            it.on_trial(now, end);
        }
        None => {}
    }
    let on_trial = it.status == Status::Trialing;
    if on_trial {
        for item in &mut it.items.data {
            if item.current_period_end.0 == 0 {
                item.current_period_start = now;
            }
            item.current_period_end = it.trial_end.unwrap_or(item.current_period_end);
        }
    }
    let mut entries = Vec::new();
    if anew && !on_trial {
        if evens_out {
            before.give_back(cx, customer, at).await?;
        }
        let stays = step.trial_end == Some(When::Now) && it.keeps_anchor();
        entries = it.begin_anew(cx, now, (before.is_billed(), stays)).await?;
    } else if !on_trial {
        it.even_out_items(cx, customer, before, (evens_out, at, now)).await?;
    }
    it.end_with(cx, step.cancel_at, step.cancel_at_period_end)?;
    if !on_trial && (it.cancel_at != before.cancel_at) {
        it.move_ends(cx, customer, evens_out).await?;
    }
    let at_once =
        step.proration == Proration::AlwaysInvoice && !waiting(cx, &it, Pending::Own).await?.is_empty();
    if entries.is_empty() && !at_once {
        return Ok((it, None));
    }
    let pending = if entries.is_empty() { Pending::Own } else { Pending::All };
    let bill = Bill { reason: BillingReason::SubscriptionUpdate, entries, pending, period: (now, now) };
    let invoice = Box::pin(bill::make(cx, &mut it, customer, bill)).await?;
    Ok((it, Some(invoice)))
}

/// From when on what changes is evened out. Errors: that lies outside of the period.
fn moment(before: &Subscription, said: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Stop> {
    let Some(at) = said else { return Ok(now) };
    let within =
        before.items.data.iter().all(|it| (it.current_period_start..=it.current_period_end).contains(&at));
    if within {
        return Ok(at);
    }
    let message = "Invalid proration_date: it must be within the current period of the subscription.";
    Err(refused(message).param("proration_date").into())
}

/// Whether an item costs something else than it did.
fn differs(item: &SubscriptionItem, before: &SubscriptionItem) -> bool {
    item.price.id != before.price.id || item.count() != before.count()
}

impl Subscription {
    fn item(&self, id: &str) -> Option<(usize, &SubscriptionItem)> {
        self.items.data.iter().enumerate().find(|(_, it)| it.id == id)
    }
    /// What a period of all items costs.
    fn whole(&self) -> Result<i64, Stop> {
        let mut sum = 0i64;
        for item in &self.items.data {
            sum = sum.saturating_add(self.amount(item)?);
        }
        Ok(sum)
    }
    /// Whether other periods than before begin with a change: an item has another interval, or what was free is paid for.
    fn begins_anew(&self, before: &Subscription) -> Result<bool, Stop> {
        let others = self.items.data.iter().any(|item| match before.item(&item.id) {
            Some((_, old)) => interval(item) != interval(old),
            None => {
                !before.items.data.iter().any(|old| interval(old) == interval(item))
                    && self.billing_mode.r#type == super::Mode::Classic
            }
        });
        let was_free = before.whole()? == 0 && !before.items.data.iter().any(|it| it.price.is_metered());
        Ok(others || (was_free && self.whole()? > 0))
    }
    /// It is on trial from now on.
    fn on_trial(&mut self, now: Timestamp, end: Timestamp) {
        if self.status != Status::Trialing {
            self.trial_start = Some(now);
            for item in &mut self.items.data {
                item.current_period_start = now;
            }
        }
        self.status = Status::Trialing;
        self.trial_end = Some(end);
        self.anchor_trial(end);
        self.trial_told = Hidden(None);
    }
    /// All periods begin at a moment, and the next ones by that, unless the anchor stays; what they cost, and what was used
    /// before where that is billed.
    async fn begin_anew(
        &mut self,
        cx: &mut Cx<'_>,
        now: Timestamp,
        (bills_use, anchor_stays): (bool, bool),
    ) -> Result<Vec<invoice::Entry>, Stop> {
        if !anchor_stays {
            self.billing_cycle_anchor = now;
            self.billing_cycle_anchor_config = None;
        }
        let mut entries = Vec::with_capacity(self.items.data.len());
        for n in 0..self.items.data.len() {
            let item = self.items.data[n].clone();
            let span = Span::from(self.cycle(&item), now, self.cancel_at);
            self.items.data[n].current_period_start = span.start;
            self.items.data[n].current_period_end = span.end;
            if item.price.is_metered() {
                let begun = item.current_period_end.0 > 0;
                entries.push(if bills_use && begun {
                    self.usage(cx, &item, now).await?
                } else {
                    self.entry(cx, &item, 0, (span.start, span.end), For::Used(0)).await?
                });
                self.count_from(&item.id, None);
                continue;
            }
            let what = if span.is_part() { For::Part } else { For::Period };
            let amount = span.share(self.amount(&item)?);
            entries.push(self.entry(cx, &item, amount, (span.start, span.end), what).await?);
        }
        Ok(entries)
    }
    /// What changed of items within their periods is evened out; what is added has what is left of one.
    async fn even_out_items(
        &mut self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        before: &Subscription,
        (evens_out, at, now): (bool, Timestamp, Timestamp),
    ) -> Result<(), Stop> {
        for n in 0..self.items.data.len() {
            if self.items.data[n].current_period_end.0 == 0 {
                let span = Span::from(self.cycle(&self.items.data[n]), now, self.cancel_at);
                let like = before.items.data.iter().find(|it| it.current_period_end == span.end);
                // Where a period ends at this moment, what is added is billed with the next one.
                let over = before.items.data.iter().find(|it| it.current_period_end <= now);
                self.items.data[n].current_period_start =
                    over.or(like).map_or(now, |it| it.current_period_start);
                self.items.data[n].current_period_end = over.map_or(span.end, |it| it.current_period_end);
                let id = self.items.data[n].id.clone();
                self.count_from(&id, Some(now));
            }
        }
        if !evens_out {
            return Ok(());
        }
        let unused = before.worth(cx, Side::Unused, at).await?;
        for (item, worth) in before.items.data.iter().zip(unused) {
            let stays = self.item(&item.id).is_some_and(|(_, new)| !differs(new, item));
            if !stays && worth != 0 {
                before.even_out(cx, customer, (item, Side::Unused), worth, at).await?;
            }
        }
        let remaining = self.worth(cx, Side::Remaining, at).await?;
        let nets = self.net_amounts(cx, &self.items.data).await?;
        for (n, worth) in remaining.into_iter().enumerate() {
            let item = self.items.data[n].clone();
            if before.item(&item.id).is_some_and(|(_, old)| !differs(&item, old)) {
                continue;
            }
            if worth != 0 {
                self.even_out(cx, customer, (&item, Side::Remaining), worth, at).await?;
            }
            let span =
                Span::from(self.cycle(&item), item.current_period_start, Some(item.current_period_end));
            let billed = span.share(nets[n]);
            if let Some(kept) = self.kept.0.iter_mut().find(|it| it.item == item.id) {
                kept.billed = billed;
            }
        }
        Ok(())
    }
    /// Current periods end with the subscription, or do not any more; what that is worth is evened out.
    async fn move_ends(&mut self, cx: &mut Cx<'_>, customer: &Customer, evens_out: bool) -> Result<(), Stop> {
        for n in 0..self.items.data.len() {
            let item = self.items.data[n].clone();
            let old = item.current_period_end;
            let span = Span::from(self.cycle(&item), item.current_period_start, self.cancel_at);
            if span.end == old {
                continue;
            }
            let amount =
                self.net_amounts(cx, std::slice::from_ref(&item)).await?.first().copied().unwrap_or(0);
            let (side, from, to) =
                if span.end < old { (Side::Unused, span.end, old) } else { (Side::Remaining, old, span.end) };
            let worth = Span::from(self.cycle(&item), from, Some(to)).share(amount);
            self.items.data[n].current_period_end = span.end;
            if evens_out && worth != 0 {
                let over = SubscriptionItem { current_period_end: to, ..item };
                self.even_out(cx, customer, (&over, side), worth, from).await?;
            }
        }
        Ok(())
    }

    // Changes that wait for a payment.

    /// The subscription as it was, with the change that waits for an invoice.
    fn wait_for(self, cx: &Cx<'_>, before: &Subscription, invoice: &Invoice) -> Self {
        let changed = self.items.data != before.items.data;
        let update = PendingUpdate {
            billing_cycle_anchor: (self.billing_cycle_anchor != before.billing_cycle_anchor)
                .then_some(self.billing_cycle_anchor),
            cancel_at_period_end: None,
            discount: None,
            discounts: None,
            expires_at: cx.now().plus(WAITS),
            metadata: (self.metadata != before.metadata).then(|| self.metadata.clone()),
            subscription_items: changed.then(|| self.items.data.clone()),
            trial_end: self.trial_end.filter(|_| self.trial_end != before.trial_end),
            trial_from_plan: None,
        };
        let waiting = Waiting {
            invoice: invoice.id.clone(),
            billing_cycle_anchor: self.billing_cycle_anchor,
            items: self.items.data,
            kept: self.kept.0,
            metadata: self.metadata,
            status: self.status,
            trial_end: self.trial_end,
        };
        Subscription {
            pending_update: Some(update),
            waiting: Hidden(Some(waiting)),
            latest_invoice: self.latest_invoice,
            ..before.clone()
        }
    }
    /// The invoice for which a change waited is paid: it is as it was to be.
    pub(super) fn apply_waiting(&mut self, waiting: Waiting) {
        self.billing_cycle_anchor = waiting.billing_cycle_anchor;
        self.items.data = waiting.items;
        self.items.total_count = self.items.data.len() as i64;
        self.kept = Hidden(waiting.kept);
        self.metadata = waiting.metadata;
        self.status = waiting.status;
        self.trial_end = waiting.trial_end;
        self.pending_update = None;
        self.waiting = Hidden(None);
    }
}

/// The change that waited for an invoice is carried out, or given up.
pub(super) fn tell_pending(cx: &mut Cx<'_>, it: &Subscription, applied: bool) {
    cx.emit(if applied { PENDING_APPLIED } else { PENDING_EXPIRED }, it);
}

/// Nobody paid for a change that waits: it is forgotten, and its invoice is voided.
pub(super) async fn give_up(cx: &mut Cx<'_>, before: Subscription, customer: Customer) -> Result<(), Stop> {
    let mut it = before.clone();
    it.pending_update = None;
    let waited = std::mem::replace(&mut it.waiting, Hidden(None));
    it.keep_changed(cx, &before);
    tell_pending(cx, &it, false);
    let Some(waited) = waited.0 else { return Ok(()) };
    match cx.get::<Invoice>(&waited.invoice).await? {
        Some(invoice) if invoice.is(invoice::Status::Open) => {
            Box::pin(invoice::void_it(cx, invoice, customer)).await.map(drop)
        }
        _ => Ok(()),
    }
}

/// What is left of the periods of something that rested is billed.
pub(super) async fn bill_rest(
    cx: &mut Cx<'_>,
    customer: &Customer,
    before: &Subscription,
    mut it: Subscription,
    proration: Proration,
) -> Result<Subscription, Stop> {
    let mut entries = Vec::with_capacity(it.items.data.len());
    for item in it.items.data.clone() {
        let span = Span::from(it.cycle(&item), item.current_period_start, it.cancel_at);
        let amount = if proration == Proration::None { 0 } else { span.share(it.amount(&item)?) };
        let what = if item.price.is_metered() { For::Used(0) } else { For::Part };
        entries.push(it.entry(cx, &item, amount, (span.start, span.end), what).await?);
    }
    let now = cx.now();
    let bill = Bill {
        reason: BillingReason::SubscriptionUpdate,
        entries,
        pending: Pending::All,
        period: (now, now),
    };
    let invoice = Box::pin(bill::make(cx, &mut it, customer, bill)).await?;
    it.keep_changed(cx, before);
    Box::pin(bill::collect(cx, &it, invoice, (PaymentBehavior::AllowIncomplete, false))).await?;
    cx.must("id", &it.id).await
}
