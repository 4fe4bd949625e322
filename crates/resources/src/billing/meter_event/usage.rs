//! What was used: one entry an event, in the order of time, so that what lies between two moments is read and nothing else.
//! [`used`] is what metered prices are billed by.
use crate::billing::meter::{Formula, Meter, Window};
use api::{Cx, Object, Stop};
use base::{Named, Timestamp};
use money::Decimal;
use std::collections::BTreeMap;
use store::{IndexKey, Query};
use wire::Wire;

/// What an event counts for.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Usage {
    /// The moment, in digits, then the digest of the event's identifier.
    pub id: String,
    /// `usage`.
    pub object: String,
    /// The meter.
    pub meter: String,
    /// Whose use it was.
    pub customer: String,
    /// How much it was.
    pub value: Decimal,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Rises with each event, so that the later of two of one moment is known.
    pub order: String,
}

impl Named for Usage {
    const NAME: &'static str = "usage";
    const PREFIX: &'static str = "";
}
impl Object for Usage {
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::listed(OF, of(&self.meter, &self.customer))]
    }
}

/// The index by meter and customer.
const OF: &str = "of";

fn of(meter: &str, customer: &str) -> String {
    format!("{meter}:{customer}")
}

/// What every id of a moment, and none of an earlier one, is at or above.
fn from(moment: Timestamp) -> String {
    format!("{:012}", moment.0.max(0))
}

impl Usage {
    pub(super) fn new(
        cx: &Cx<'_>,
        meter: &Meter,
        customer: &str,
        (at, value): (Timestamp, Decimal),
        digest: &str,
    ) -> Self {
        Usage {
            id: format!("{}-{digest}", from(at)),
            object: Usage::NAME.into(),
            meter: meter.id.clone(),
            customer: customer.to_owned(),
            value,
            timestamp: at,
            order: cx.world.new_id("u"),
        }
    }
}

/// Entries that are read at once.
const AT_ONCE: usize = 1_000;

/// The entries of a customer in `[from, to)`, the latest first; a snapshot, not in the read set.
pub(crate) async fn entries(
    cx: &Cx<'_>,
    meter: &str,
    customer: &str,
    (since, to): (Timestamp, Timestamp),
) -> Result<Vec<Usage>, Stop> {
    let key = cx.key::<Usage>("x");
    let mut query =
        Query::newest(key.account, key.live, Usage::NAME, Some((OF, of(meter, customer))), AT_ONCE);
    query.after = Some(from(to));
    let mut all: Vec<Usage> = Vec::new();
    loop {
        let page = cx.world.store.list(&query).await?;
        let full = page.len() == AT_ONCE;
        query.after = page.last().map(|doc| doc.key.id.clone());
        for doc in page {
            let it = wire::from_json::<Usage>(&doc.body)
                .map_err(|bad| api::fault(format!("{}: {bad:?}", doc.key.path())))?;
            if it.timestamp < since {
                return Ok(all);
            }
            all.push(it);
        }
        if !full {
            return Ok(all);
        }
    }
}

/// What entries come to. Where a meter has a window, only the last that was sent of each window counts.
pub(crate) fn total<'u>(meter: &Meter, entries: impl IntoIterator<Item = &'u Usage>) -> Decimal {
    let mut windows: BTreeMap<i64, &Usage> = BTreeMap::new();
    let (mut sum, mut count, mut last): (Decimal, i64, Option<&Usage>) = (Decimal::ZERO, 0, None);
    let mut take = |it: &'u Usage| {
        sum = sum.plus(it.value).unwrap_or(sum);
        count += 1;
        if last.is_none_or(|known| (known.timestamp, &known.order) < (it.timestamp, &it.order)) {
            last = Some(it);
        }
    };
    match meter.event_time_window.map(Window::seconds) {
        None => entries.into_iter().for_each(take),
        Some(length) => {
            for it in entries {
                let held = windows.entry(it.timestamp.0.div_euclid(length)).or_insert(it);
                if held.order < it.order {
                    *held = it;
                }
            }
            windows.into_values().for_each(&mut take);
        }
    }
    match meter.default_aggregation.formula {
        Formula::Count => Decimal::of(count),
        Formula::Sum => sum,
        Formula::Last => last.map_or(Decimal::ZERO, |it| it.value),
    }
}

/// What a customer of the caller used in `[from, to)` by a meter; nothing where there is no such meter. Events may still
/// arrive for a time that has passed, so the answer is of this moment.
pub async fn used(
    cx: &Cx<'_>,
    meter: &str,
    customer: &str,
    span: (Timestamp, Timestamp),
) -> Result<Decimal, Stop> {
    let Some(meter) = cx.peek::<Meter>(meter).await? else { return Ok(Decimal::ZERO) };
    Ok(total(&meter, &entries(cx, &meter.id, customer, span).await?))
}
