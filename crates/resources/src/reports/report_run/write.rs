//! Writing reports: from the movements of a balance to lines.
use super::{
    Parameters,
    csv::{amount, line, time},
};
use crate::{
    payments::{
        balance_transaction::{BalanceTransaction, Kind, PaidOut, ReportingCategory},
        payout::Payout,
    },
    reports::report_type::{About, Known},
};
use api::{Cx, Stop};
use base::{ApiError, Currency, Named as _, Timestamp};
use std::collections::BTreeMap;

/// A report of more movements is not written.
const MOVEMENTS_MAX: usize = 200_000;

/// The lines of a report, or why it cannot be written.
pub(super) async fn report(
    cx: &Cx<'_>,
    kind: &Known,
    p: &Parameters,
) -> Result<Result<String, String>, Stop> {
    let account = p.connected_account.0.as_ref().unwrap_or(&cx.caller.account).clone();
    let live = cx.caller.livemode;
    let mut all = cx.all_by::<BalanceTransaction>(&account, live, None, MOVEMENTS_MAX + 1).await?;
    if all.len() > MOVEMENTS_MAX {
        return Ok(Err(format!(
            "The account has more than {MOVEMENTS_MAX} movements. Filter balance_transactions instead."
        )));
    }
    all.reverse();
    all.retain(|it| p.currency.0.is_none_or(|wanted| wanted == it.currency));
    let columns: Vec<&str> = match &p.columns.0 {
        Some(columns) => columns.iter().map(String::as_str).collect(),
        None => kind.columns.to_vec(),
    };
    let mut out = String::new();
    line(columns.iter().copied(), &mut out);
    let write = |cells: &dyn Fn(&str) -> String, out: &mut String| {
        let cells: Vec<String> = columns.iter().map(|column| cells(column)).collect();
        line(cells.iter().map(String::as_str), out);
    };
    let counts =
        |it: &BalanceTransaction| p.reporting_category.0.is_none_or(|wanted| wanted == it.reporting_category);
    let within = |at: Timestamp| {
        p.interval_start.0.is_none_or(|from| at >= from) && p.interval_end.0.is_none_or(|to| at < to)
    };
    match kind.about {
        About::Balance => summary(&all, p, |cells, out| write(cells, out), &mut out),
        About::Activity => {
            for it in all.iter().filter(|it| within(it.created) && counts(it) && !is_payout(it)) {
                write(&|column| movement(it, None, column), &mut out);
            }
        }
        About::Reconciliation | About::OnePayout => {
            let mut payouts = cx.all_by::<Payout>(&account, live, None, MOVEMENTS_MAX).await?;
            payouts.reverse();
            for payout in payouts.iter().filter(|it| it.automatic) {
                let wanted = match &p.payout.0 {
                    Some(id) => *id == payout.id,
                    None => within(payout.arrival_date),
                };
                let Some(covered) = PaidOut::of(payout).filter(|_| wanted) else { continue };
                for it in all.iter().filter(|it| covered.holds(it) && counts(it) && !is_payout(it)) {
                    write(&|column| movement(it, Some(payout), column), &mut out);
                }
            }
        }
        About::ReconciliationSummary => {
            let mut payouts = cx.all_by::<Payout>(&account, live, None, MOVEMENTS_MAX).await?;
            payouts.reverse();
            for payout in payouts.iter().filter(|it| it.automatic && within(it.arrival_date)) {
                let Some(covered) = PaidOut::of(payout) else { continue };
                let paid = all.iter().filter(|it| covered.holds(it) && counts(it) && !is_payout(it));
                for sum in summed(paid) {
                    write(&|column| sum.cell(Some(payout), column), &mut out);
                }
            }
        }
        About::ActivitySummary | About::PayoutsSummary => {
            let payouts = kind.about == About::PayoutsSummary;
            let fitting =
                all.iter().filter(|it| within(it.created) && counts(it) && is_payout(it) == payouts);
            for sum in summed(fitting) {
                write(&|column| sum.cell(None, column), &mut out);
            }
        }
        About::Ending | About::EndingSummary => {
            let payouts = cx.all_by::<Payout>(&account, live, None, MOVEMENTS_MAX).await?;
            let to = p.interval_end.0.unwrap_or(Timestamp(i64::MAX));
            // What was paid out by then, and the payouts that did, add up to nothing.
            let paid: Vec<PaidOut> =
                payouts.iter().filter(|it| it.automatic && it.created < to).filter_map(PaidOut::of).collect();
            let left = all
                .iter()
                .filter(|it| it.created < to && counts(it) && !paid.iter().any(|covered| covered.holds(it)));
            if kind.about == About::Ending {
                left.for_each(|it| write(&|column| movement(it, None, column), &mut out));
            } else {
                for sum in summed(left) {
                    write(&|column| sum.cell(None, column), &mut out);
                }
            }
        }
        About::Payouts => {
            let payouts = cx.all_by::<Payout>(&account, live, None, MOVEMENTS_MAX).await?;
            let by_id: BTreeMap<&str, &Payout> = payouts.iter().map(|it| (it.id.as_str(), it)).collect();
            for it in all.iter().filter(|it| is_payout(it) && within(it.created) && counts(it)) {
                let source = it.source.as_ref().map(|source| source.0.as_str()).unwrap_or_default();
                let Some(payout) = by_id.get(source) else { continue };
                write(&|column| of_payout(it, payout, column), &mut out);
            }
        }
    }
    Ok(Ok(out))
}

/// Movements of one kind in one currency, added up.
struct Sum {
    category: ReportingCategory,
    currency: Currency,
    count: i64,
    gross: i64,
    fee: i64,
    net: i64,
}

/// Adds movements up by kind and currency, in the order in which they first come.
fn summed<'a>(all: impl Iterator<Item = &'a BalanceTransaction>) -> Vec<Sum> {
    let mut sums: Vec<Sum> = Vec::new();
    for it in all {
        let (category, currency) = (it.reporting_category, it.currency);
        let at = sums.iter().position(|sum| sum.category == category && sum.currency == currency);
        let at = at.unwrap_or_else(|| {
            sums.push(Sum { category, currency, count: 0, gross: 0, fee: 0, net: 0 });
            sums.len() - 1
        });
        let sum = &mut sums[at];
        sum.count += 1;
        sum.gross = sum.gross.saturating_add(it.amount);
        sum.fee = sum.fee.saturating_add(it.fee);
        sum.net = sum.net.saturating_add(it.net);
    }
    sums
}

impl Sum {
    fn cell(&self, payout: Option<&Payout>, column: &str) -> String {
        match column {
            "automatic_payout_id" => payout.map(|it| it.id.clone()).unwrap_or_default(),
            "automatic_payout_effective_at" => payout.map(|it| time(it.arrival_date)).unwrap_or_default(),
            "reporting_category" => self.category.as_str().to_owned(),
            "currency" => self.currency.to_string(),
            "count" => self.count.to_string(),
            "gross" => amount(self.gross, self.currency),
            "fee" => amount(self.fee, self.currency),
            "net" => amount(self.net, self.currency),
            _ => String::new(),
        }
    }
}

fn is_payout(it: &BalanceTransaction) -> bool {
    matches!(it.reporting_category, ReportingCategory::Payout | ReportingCategory::PayoutReversal)
}

/// Balances at both ends and what happened in between, currency by currency.
fn summary(
    all: &[BalanceTransaction],
    p: &Parameters,
    write: impl Fn(&dyn Fn(&str) -> String, &mut String),
    out: &mut String,
) {
    let (from, to) = (p.interval_start.0.unwrap_or_default(), p.interval_end.0.unwrap_or_default());
    let mut currencies: Vec<Currency> = all.iter().map(|it| it.currency).collect();
    currencies.sort();
    currencies.dedup();
    for currency in currencies {
        let of = |keep: &dyn Fn(&BalanceTransaction) -> bool, part: fn(&BalanceTransaction) -> i64| -> i64 {
            all.iter().filter(|it| it.currency == currency && keep(it)).map(part).sum()
        };
        let during = |it: &BalanceTransaction| from <= it.created && it.created < to;
        let activity = |it: &BalanceTransaction| during(it) && !is_payout(it);
        let payouts = |it: &BalanceTransaction| during(it) && is_payout(it);
        let rows = [
            ("starting_balance", "Starting balance", of(&|it| it.created < from, |it| it.net)),
            ("activity_gross", "Account activity before fees", of(&activity, |it| it.amount)),
            ("activity_fee", "Less fees", -of(&activity, |it| it.fee)),
            ("activity", "Net balance change from activity", of(&activity, |it| it.net)),
            ("payouts_gross", "Payouts before fees", of(&payouts, |it| it.amount)),
            ("payouts_fee", "Less payout fees", -of(&payouts, |it| it.fee)),
            ("payouts", "Total payouts", of(&payouts, |it| it.net)),
            ("ending_balance", "Ending balance", of(&|it| it.created < to, |it| it.net)),
        ];
        for (category, description, net) in rows {
            write(
                &|column| match column {
                    "category" => category.to_owned(),
                    "description" => description.to_owned(),
                    "net_amount" => amount(net, currency),
                    "currency" => currency.to_string(),
                    _ => String::new(),
                },
                out,
            );
        }
    }
}

fn movement(it: &BalanceTransaction, payout: Option<&Payout>, column: &str) -> String {
    match column {
        "automatic_payout_id" => payout.map(|it| it.id.clone()).unwrap_or_default(),
        "automatic_payout_effective_at" => payout.map(|it| time(it.arrival_date)).unwrap_or_default(),
        "balance_transaction_id" => it.id.clone(),
        "created_utc" | "created" => time(it.created),
        "available_on_utc" | "available_on" => time(it.available_on),
        "currency" => it.currency.to_string(),
        "gross" => amount(it.amount, it.currency),
        "fee" => amount(it.fee, it.currency),
        "net" => amount(it.net, it.currency),
        "reporting_category" => it.reporting_category.as_str().to_owned(),
        "description" => it.description.clone().unwrap_or_default(),
        "source_id" => it.source.as_ref().map(|source| source.0.clone()).unwrap_or_default(),
        "type" => it.r#type.as_str().to_owned(),
        _ => String::new(),
    }
}

fn of_payout(it: &BalanceTransaction, payout: &Payout, column: &str) -> String {
    match column {
        "payout_id" => payout.id.clone(),
        "effective_at_utc" | "effective_at" => match it.r#type {
            Kind::Payout => time(payout.arrival_date),
            _ => time(it.created),
        },
        "payout_status" => payout.status.as_str().to_owned(),
        "payout_type" => payout.r#type.as_str().to_owned(),
        "payout_destination_id" => payout.destination.as_ref().map(|it| it.0.clone()).unwrap_or_default(),
        other => movement(it, None, other),
    }
}

/// The automatic payout that a report is asked for. Errors: there is none with this id.
pub(super) async fn payout(cx: &Cx<'_>, account: &str, id: &str) -> Result<Payout, Stop> {
    let found = cx.peek_of::<Payout>(account, cx.caller.livemode, id).await?;
    let found = found.filter(|it| it.automatic);
    found.ok_or_else(|| ApiError::no_such(Payout::NAME, id, "parameters[payout]").into())
}
