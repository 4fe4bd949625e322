//! What changes within a period is evened out to the second: what is left of it is given back, and paid for anew.
use super::{Mode, Status, Subscription, cycle::Span, entries::name};
use crate::{
    billing::{
        invoice_item::{self, Parent, Priced},
        line_item::Period,
        subscription_item::SubscriptionItem,
    },
    payments::customer::Customer,
};
use api::{Cx, Stop};
use base::Timestamp;
use money::prorated;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day as customers read it, such as `10 Sep 2013`.
fn day(at: Timestamp) -> String {
    let (year, month, day) = at.date();
    let month =
        usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default();
    format!("{day:02} {month} {year}")
}

/// What is evened out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// What is not used any more is given back.
    Unused,
    /// What is used from now on is paid.
    Remaining,
}

impl Subscription {
    /// Whether its periods are billed, so that a part of one is worth something.
    pub(super) fn is_billed(&self) -> bool {
        !matches!(self.status, Status::Trialing | Status::Paused) && !self.has_ended()
    }
    /// What a part of the current period of each item is worth, from a moment to its end.
    pub(super) async fn worth(&self, cx: &mut Cx<'_>, side: Side, at: Timestamp) -> Result<Vec<i64>, Stop> {
        let items = &self.items.data;
        let nets = self.net_amounts(cx, items).await?;
        let mut all = Vec::with_capacity(items.len());
        for (item, net) in items.iter().zip(nets) {
            let period = (item.current_period_start, item.current_period_end);
            let billed = self.kept(&item.id).map_or(0, |it| it.billed);
            all.push(if side == Side::Unused && self.billing_mode.r#type == Mode::Flexible {
                prorated(billed, period, at).unwrap_or(0)
            } else if at >= period.1 {
                0
            } else {
                Span::from(self.cycle(item), at.max(period.0), Some(period.1)).share(net)
            });
        }
        Ok(all)
    }
    /// An invoice item that evens out a change of an item.
    pub(super) async fn even_out(
        &self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        (item, side): (&SubscriptionItem, Side),
        worth: i64,
        at: Timestamp,
    ) -> Result<(), Stop> {
        let (amount, what) = match side {
            Side::Unused => (-worth, "Unused"),
            Side::Remaining => (worth, "Remaining"),
        };
        let of = match (name(cx, item).await?, item.count()) {
            (name, 1) => name,
            (name, count) => format!("{count} × {name}"),
        };
        let priced = Priced {
            amount,
            currency: self.currency,
            description: Some(format!("{what} time on {of} after {}", day(at))),
            pricing: self.pricing(item),
            product: Some(item.price.product.id.clone()),
            quantity: item.count(),
        };
        let mut it = invoice_item::fresh(cx, customer, priced);
        // What is taken off is taken off already.
        it.discountable = false;
        it.proration = true;
        it.metadata = Some(self.metadata.clone());
        it.parent = Some(Parent::of(&self.id, Some(&item.id)));
        it.period = Period { start: at, end: item.current_period_end.max(at) };
        it.tax_rates = Some(item.tax_rates.clone().unwrap_or_default());
        cx.put(&it);
        cx.emit(invoice_item::CREATED, &it);
        Ok(())
    }
    /// Gives back what is left of all items after a moment.
    pub(super) async fn give_back(
        &self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        at: Timestamp,
    ) -> Result<(), Stop> {
        if !self.is_billed() {
            return Ok(());
        }
        let worths = self.worth(cx, Side::Unused, at).await?;
        for (item, worth) in self.items.data.iter().zip(worths) {
            if worth != 0 {
                self.even_out(cx, customer, (item, Side::Unused), worth, at).await?;
            }
        }
        Ok(())
    }
}
