//! What was used: one entry an event, in the order of time, so that what lies between two moments is read and nothing else.
//! What whole days come to is kept in counters, which events move without reading them.
//! [`used`] is what metered prices are billed by.
use crate::billing::meter::{Formula, Meter, Window};
use api::{Cx, Object, Stop};
use base::{Named, Timestamp};
use money::Decimal;
use std::collections::BTreeMap;
use store::{IndexKey, Query};
use wire::{Hidden, Wire};

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
    /// What it adds to its day, in whole units and in millionths of a millionth; none where days are not summed up.
    pub adds: Hidden<Option<Vec<i64>>>,
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
            adds: Hidden(adds(meter, value)),
        }
    }
    /// It counts from now on.
    pub(super) fn count(&self, cx: &mut Cx<'_>) {
        cx.put(self);
        self.move_day(cx, 1);
    }
    /// It does not count any more.
    pub(crate) fn take_back(&self, cx: &mut Cx<'_>) {
        cx.delete(self);
        self.move_day(cx, -1);
    }
    fn move_day(&self, cx: &mut Cx<'_>, sign: i64) {
        for (counter, by) in self.moves() {
            let (account, live) = (cx.caller.account.clone(), cx.caller.livemode);
            cx.add(&account, live, &counter, by * sign, None);
        }
    }
    /// The counters that it moved, and by how much.
    pub(crate) fn moves(&self) -> Vec<(String, i64)> {
        let day = self.timestamp.midnight();
        let adds = self.adds.0.iter().flatten().zip(KINDS);
        adds.filter(|(by, _)| **by != 0)
            .map(|(by, kind)| (format!("{}{}.{kind}", days(&self.meter, &self.customer), day.0), *by))
            .collect()
    }
}

/// Where the counters of days begin.
pub(crate) const COUNTERS: &str = "usage/";
/// The two counters of a day: whole units, and millionths of a millionth.
const KINDS: [char; 2] = ['w', 'p'];

/// What the names of the counters of a customer begin with.
fn days(meter: &str, customer: &str) -> String {
    format!("{COUNTERS}{meter}/{customer}/")
}

/// What an event adds to its day; none where a sum says nothing, because only the last one counts.
fn adds(meter: &Meter, value: Decimal) -> Option<Vec<i64>> {
    if !sums_days(meter) {
        return None;
    }
    let value = if meter.default_aggregation.formula == Formula::Count { Decimal::of(1) } else { value };
    value.split().map(|(whole, part)| vec![whole, part])
}

fn sums_days(meter: &Meter) -> bool {
    let sums = meter.default_aggregation.formula != Formula::Last && meter.event_time_window.is_none();
    sums && meter.daily.0 == Some(true)
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
/// arrive for a time that has passed, so the answer is of this moment. Of whole days the sums are read, and of the rest
/// the events.
pub async fn used(
    cx: &Cx<'_>,
    meter: &str,
    customer: &str,
    (since, to): (Timestamp, Timestamp),
) -> Result<Decimal, Stop> {
    let Some(meter) = cx.peek::<Meter>(meter).await? else { return Ok(Decimal::ZERO) };
    let (first, last) = (since.plus(Timestamp::DAY - 1).midnight(), to.midnight());
    if !sums_days(&meter) || first >= last {
        return Ok(total(&meter, &entries(cx, &meter.id, customer, (since, to)).await?));
    }
    let mut ends = entries(cx, &meter.id, customer, (since, first)).await?;
    ends.extend(entries(cx, &meter.id, customer, (last, to)).await?);
    let mut sum = total(&meter, &ends);
    let prefix = days(&meter.id, customer);
    for (name, value) in cx.counters_of(&cx.caller.account, cx.caller.livemode, &prefix).await? {
        let of = name.strip_prefix(&prefix).and_then(|it| it.split_once('.'));
        let Some((day, kind)) = of.and_then(|(day, kind)| Some((day.parse().ok()?, kind))) else { continue };
        if (first..last).contains(&Timestamp(day)) {
            let part = if kind == "w" { Decimal::joined(value, 0) } else { Decimal::joined(0, value) };
            sum = sum.plus(part).unwrap_or(sum);
        }
    }
    Ok(sum)
}
