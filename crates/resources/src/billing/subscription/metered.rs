//! What is used of metered items: billed when the period is over in which it was used, or when it cannot be later.
use super::{Subscription, entries::For, entries::name};
use crate::{
    billing::{
        invoice::Entry,
        invoice_item::{self, Parent, Priced},
        line_item::Period,
        meter_event::usage,
        subscription_item::SubscriptionItem,
    },
    payments::customer::Customer,
};
use api::{Cx, Stop};
use base::Timestamp;

impl Subscription {
    /// Since when what is used of an item is to be billed. A trial is free.
    fn used_since(&self, item: &SubscriptionItem) -> Timestamp {
        let since = self.kept(&item.id).and_then(|it| it.used_since).unwrap_or(item.current_period_start);
        since.max(self.trial_end.unwrap_or(since))
    }
    /// How much of an item was used until a moment, and since when; in whole units.
    async fn used(
        &self,
        cx: &Cx<'_>,
        item: &SubscriptionItem,
        until: Timestamp,
    ) -> Result<(i64, Period), Stop> {
        let start = self.used_since(item).min(until);
        let meter = item.price.recurring.as_ref().and_then(|it| it.meter.as_deref());
        let used = match meter.filter(|_| start < until) {
            Some(meter) => usage::used(cx, meter, &self.customer.id, (start, until)).await?,
            None => Default::default(),
        };
        // What was taken back counts, but nobody is paid for it.
        Ok((used.rounded().unwrap_or(i64::MAX).max(0), Period { end: until, start }))
    }
    /// What of an item was used until a moment, as an invoice shows it.
    pub(super) async fn usage(
        &self,
        cx: &Cx<'_>,
        item: &SubscriptionItem,
        until: Timestamp,
    ) -> Result<Entry, Stop> {
        let (count, Period { end, start }) = self.used(cx, item, until).await?;
        let amount = self.amount_of(item, count)?;
        self.entry(cx, item, amount, (start, end), For::Used(count)).await
    }
    /// What was used of all items until a moment, where anything was.
    pub(super) async fn all_usage(&self, cx: &Cx<'_>, until: Timestamp) -> Result<Vec<Entry>, Stop> {
        let mut entries = Vec::new();
        for item in self.items.data.iter().filter(|it| it.price.is_metered()) {
            entries.extend(Some(self.usage(cx, item, until).await?).filter(|it| it.quantity > 0));
        }
        Ok(entries)
    }
    /// From a moment on, what is used of an item is to be billed; from the start of its period where none is said.
    pub(super) fn count_from(&mut self, item: &str, since: Option<Timestamp>) {
        if let Some(kept) = self.kept.0.iter_mut().find(|it| it.item == item) {
            kept.used_since = since;
        }
    }
    /// What was used of an item waits for the next invoice, because it will not be counted any more.
    async fn settle(
        &self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        item: &SubscriptionItem,
        until: Timestamp,
    ) -> Result<(), Stop> {
        let (count, period) = self.used(cx, item, until).await?;
        if count == 0 {
            return Ok(());
        }
        let priced = Priced {
            amount: self.amount_of(item, count)?,
            currency: self.currency,
            description: Some(format!("{count} × {}", name(cx, item).await?)),
            pricing: self.pricing(item),
            product: Some(item.price.product.id.clone()),
            quantity: count,
        };
        let mut it = invoice_item::fresh(cx, customer, priced);
        it.metadata = Some(self.metadata.clone());
        it.parent = Some(Parent::of(&self.id, Some(&item.id)));
        it.period = period;
        it.tax_rates = Some(item.tax_rates.clone().unwrap_or_default());
        cx.put(&it);
        cx.emit(invoice_item::CREATED, &it);
        Ok(())
    }
    /// It changes at a moment: what was used of items that go, or cost something else from then on, waits for the next
    /// invoice at the price that they had.
    pub(super) async fn settle_changed(
        &mut self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        (before, at): (&Subscription, Timestamp),
        all: bool,
    ) -> Result<(), Stop> {
        for item in &before.items.data {
            let stays = self.items.data.iter().any(|it| it.id == item.id && it.price.id == item.price.id);
            if item.price.is_metered() && (all || !stays) {
                before.settle(cx, customer, item, at).await?;
                self.count_from(&item.id, Some(at));
            }
        }
        Ok(())
    }
}
