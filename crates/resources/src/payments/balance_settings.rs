//! Balance settings: when a balance is paid out and when money counts as there (API page "Balance Settings"). They are
//! settings of the account, seen from the balance.
use crate::{
    billing::amounts::ByCurrency,
    connect::account::{self, Account, Interval, Weekday, check_payout_days},
    payments::charge::rules,
};
use api::{Cx, Endpoint, Noun, Object, Outcome, done};
use base::{ApiError, Currency, Metadata, Named};
use wire::{Hidden, Optional, Patch, Wire};

/// The settings of a balance.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct BalanceSettings {
    /// `balance_settings`.
    pub object: String,
    /// Those of the balance of payments.
    pub payments: Payments,
}

/// The settings of the balance of payments.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Payments {
    /// Whether a negative balance is collected from the bank account.
    pub debit_negative_balances: Option<bool>,
    /// When it is paid out.
    pub payouts: Option<Payouts>,
    /// When money counts as there.
    pub settlement_timing: SettlementTiming,
}

/// When a balance is paid out.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Payouts {
    /// Where money is sent by itself besides: nowhere. Official clients expect a hash.
    pub automatic_transfer_rules_by_currency: Metadata,
    /// What payouts leave, in minor units.
    pub minimum_balance_by_currency: ByCurrency<i64>,
    /// On which days.
    pub schedule: Option<Schedule>,
    /// What the bank statement shows.
    pub statement_descriptor: Option<String>,
    /// Whether the balance is paid out.
    pub status: Status,
}

/// Whether a balance is paid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It is not.
    Disabled,
    /// It is.
    Enabled,
}

/// On which days a balance is paid out.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Schedule {
    /// How often.
    pub interval: Option<Interval>,
    /// On which days of the month.
    pub monthly_payout_days: Optional<Vec<i64>>,
    /// On which days of the week.
    pub weekly_payout_days: Optional<Vec<Weekday>>,
}

/// When money counts as there.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SettlementTiming {
    /// Days between a charge and that.
    pub delay_days: i64,
    /// When a day begins; at midnight UTC.
    pub start_of_day: Option<String>,
}

impl Named for BalanceSettings {
    const NAME: &'static str = "balance_settings";
    const PREFIX: &'static str = "";
}
/// They are part of the account; nothing of them is stored.
impl Object for BalanceSettings {
    fn id(&self) -> &str {
        &self.object
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<BalanceSettings>();
/// They were changed.
pub const UPDATED: &str = "balance_settings.updated";
/// What balance settings cause.
pub const EVENTS: &[&str] = &[UPDATED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("GET", "/v1/balance_settings", "balance_settings", |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::new("POST", "/v1/balance_settings", "balance_settings", |cx, p| Box::pin(update(cx, p))),
    ]
}

/// What `POST /v1/balance_settings` takes.
#[derive(Debug, Wire)]
pub struct Update {
    payments: Optional<PaymentsPatch>,
}

#[derive(Debug, Wire)]
struct PaymentsPatch {
    debit_negative_balances: Option<bool>,
    payouts: Optional<PayoutsPatch>,
    settlement_timing: Optional<TimingPatch>,
}

#[derive(Debug, Wire)]
struct PayoutsPatch {
    minimum_balance_by_currency: Option<ByCurrency<Patch<i64>>>,
    schedule: Optional<SchedulePatch>,
    statement_descriptor: Patch<String>,
}

#[derive(Debug, Wire)]
struct SchedulePatch {
    interval: Option<Interval>,
    monthly_payout_days: Option<Vec<i64>>,
    weekly_payout_days: Option<Vec<Weekday>>,
}

#[derive(Debug, Wire)]
struct TimingPatch {
    delay_days_override: Patch<i64>,
}

/// The least and the most days between a charge and its money.
const DELAY: std::ops::RangeInclusive<i64> = 2..=31;

fn of(account: &Account) -> BalanceSettings {
    let payouts = &account.settings.payouts;
    let schedule = &payouts.schedule;
    BalanceSettings {
        object: BalanceSettings::NAME.into(),
        payments: Payments {
            debit_negative_balances: Some(payouts.debit_negative_balances),
            payouts: Some(Payouts {
                automatic_transfer_rules_by_currency: Metadata::default(),
                minimum_balance_by_currency: account.minimum_balance.0.0.clone().unwrap_or_default(),
                schedule: Some(Schedule {
                    interval: Some(schedule.interval),
                    monthly_payout_days: schedule.monthly_payout_days.clone(),
                    weekly_payout_days: schedule.weekly_payout_days.clone(),
                }),
                statement_descriptor: payouts.statement_descriptor.clone(),
                status: if account.payouts_enabled { Status::Enabled } else { Status::Disabled },
            }),
            settlement_timing: SettlementTiming { delay_days: schedule.delay_days, start_of_day: None },
        },
    }
}

// Operations.

async fn retrieve(cx: &mut Cx<'_>, _: api::Nothing) -> Outcome<BalanceSettings> {
    let id = cx.caller.account.clone();
    let account: Account = cx.must("id", &id).await?;
    done(of(&account))
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<BalanceSettings> {
    let id = cx.caller.account.clone();
    let before: Account = cx.must("id", &id).await?;
    account::may_edit(cx, &before, "payments")?;
    let mut after = before.clone();
    if let Some(patch) = p.payments.0 {
        apply(patch, &mut after)?;
    }
    let after = account::save(cx, &before, after)?;
    cx.emit_update(UPDATED, &of(&before), &of(&after));
    done(of(&after))
}

fn apply(mut patch: PaymentsPatch, account: &mut Account) -> Result<(), ApiError> {
    if let Some(sent) = patch.payouts.0.as_mut().and_then(|it| it.minimum_balance_by_currency.take()) {
        leave(sent, account)?;
    }
    let payouts = &mut account.settings.payouts;
    payouts.debit_negative_balances =
        patch.debit_negative_balances.unwrap_or(payouts.debit_negative_balances);
    if let Some(patch) = patch.payouts.0 {
        if let Patch::Set(text) = &patch.statement_descriptor {
            rules::statement_descriptor("payments[payouts][statement_descriptor]", Some(text))?;
        }
        patch.statement_descriptor.apply(&mut payouts.statement_descriptor);
        if let Some(SchedulePatch { interval, monthly_payout_days, weekly_payout_days }) = patch.schedule.0 {
            let schedule = &mut payouts.schedule;
            schedule.interval = interval.unwrap_or(schedule.interval);
            let at = |name: &str| format!("payments[payouts][schedule][{name}]");
            check_payout_days(&at, monthly_payout_days.as_deref(), weekly_payout_days.as_deref())?;
            let monthly = monthly_payout_days.or(schedule.monthly_payout_days.0.take());
            let weekly = weekly_payout_days.or(schedule.weekly_payout_days.0.take());
            let lacking = |name: &str| ApiError::missing(&at(name));
            let (monthly, weekly) = match schedule.interval {
                Interval::Monthly => (Some(monthly.ok_or_else(|| lacking("monthly_payout_days"))?), None),
                Interval::Weekly => (None, Some(weekly.ok_or_else(|| lacking("weekly_payout_days"))?)),
                Interval::Daily | Interval::Manual => (None, None),
            };
            schedule.monthly_anchor.0 = monthly.as_ref().and_then(|days| days.first().copied());
            schedule.weekly_anchor.0 = weekly.as_ref().and_then(|days| days.first().copied());
            (schedule.monthly_payout_days, schedule.weekly_payout_days) =
                (Optional(monthly), Optional(weekly));
        }
    }
    match patch.settlement_timing.0.map(|it| it.delay_days_override) {
        Some(Patch::Set(days)) if !DELAY.contains(&days) => {
            let message = format!("You must use a delay of {} to {} days.", DELAY.start(), DELAY.end());
            return Err(
                ApiError::invalid(400, message).param("payments[settlement_timing][delay_days_override]")
            );
        }
        Some(Patch::Set(days)) => payouts.schedule.delay_days = days,
        Some(Patch::Clear) => payouts.schedule.delay_days = *DELAY.start(),
        Some(Patch::Keep) | None => {}
    }
    Ok(())
}

/// Takes over what payouts shall leave; nothing at all where an empty hash was sent. Errors: it is below zero.
fn leave(sent: ByCurrency<Patch<i64>>, account: &mut Account) -> Result<(), ApiError> {
    const PARAM: &str = "payments[payouts][minimum_balance_by_currency]";
    let mut all = account.minimum_balance.0.0.take().unwrap_or_default();
    if sent.0.is_empty() {
        all = ByCurrency::default();
    }
    for (currency, patch) in sent.0 {
        match patch {
            Patch::Set(amount) if !(0..=rules::MONEY_MAX).contains(&amount) => {
                let message = "Invalid non-negative integer";
                let error = ApiError::invalid(400, message).code("parameter_invalid_integer");
                return Err(error.param(format!("{PARAM}[{currency}]")));
            }
            Patch::Set(amount) => all.set(currency, amount),
            Patch::Clear => all.set(currency, 0),
            Patch::Keep => {}
        }
    }
    all.0.retain(|(_, amount)| *amount != 0);
    account.minimum_balance = Hidden(Optional(Some(all).filter(|it| !it.0.is_empty())));
    Ok(())
}

impl Account {
    /// What payouts of the schedule leave of a currency, in minor units.
    pub(crate) fn minimum_balance(&self, currency: Currency) -> i64 {
        self.minimum_balance.0.0.as_ref().and_then(|it| it.get(currency)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, SELLER, SELLER_ID};

    #[test]
    fn they_are_settings_of_the_account() {
        let bench = Bench::new();
        bench.bank(SELLER_ID, "000123456789");
        let seen = bench.get(SELLER, "/v1/balance_settings").ok();
        assert_eq!(seen.text("payments.payouts.schedule.interval"), "daily");
        assert_eq!(seen.number("payments.settlement_timing.delay_days"), 2);
        bench.told();
        let form = "payments[payouts][schedule][interval]=weekly&payments[payouts][schedule][weekly_payout_days][]=friday&payments[debit_negative_balances]=false&payments[settlement_timing][delay_days_override]=5&payments[payouts][statement_descriptor]=POTTERY";
        let set = bench.post(SELLER, "/v1/balance_settings", form).ok();
        assert_eq!(set.text("payments.payouts.schedule.weekly_payout_days.0"), "friday");
        assert_eq!(set.number("payments.settlement_timing.delay_days"), 5);
        let told: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
        assert!(told.contains(&super::UPDATED), "{told:?}");
        let account = bench.get(SELLER, "/v1/account").ok();
        assert_eq!(account.text("settings.payouts.schedule.weekly_anchor"), "friday");
        assert_eq!(account.text("settings.payouts.statement_descriptor"), "POTTERY");
        for (form, param) in [
            (
                "payments[payouts][schedule][interval]=monthly",
                "payments[payouts][schedule][monthly_payout_days]",
            ),
            (
                "payments[payouts][schedule][monthly_payout_days][]=32",
                "payments[payouts][schedule][monthly_payout_days]",
            ),
            (
                "payments[payouts][schedule][weekly_payout_days][]=sunday",
                "payments[payouts][schedule][weekly_payout_days]",
            ),
            (
                "payments[settlement_timing][delay_days_override]=1",
                "payments[settlement_timing][delay_days_override]",
            ),
            (
                "payments[payouts][minimum_balance_by_currency][usd]=-5",
                "payments[payouts][minimum_balance_by_currency][usd]",
            ),
        ] {
            assert_eq!(bench.post(SELLER, "/v1/balance_settings", form).refusal().2, param, "{form}");
        }
    }

    #[test]
    fn payouts_leave_what_shall_stay() {
        let bench = Bench::new();
        bench.bank(SELLER_ID, "000123456789");
        let leave = |form: &str| {
            let form = format!("payments[payouts][minimum_balance_by_currency]{form}");
            bench.post(SELLER, "/v1/balance_settings", &form).ok()
        };
        let set = leave("[usd]=3000");
        assert_eq!(set.number("payments.payouts.minimum_balance_by_currency.usd"), 3000);
        let charge = |amount: i64| {
            let form = format!("amount={amount}&currency=usd&source=tok_bypassPending");
            bench.post(SELLER, "/v1/charges", &form).ok();
            bench.wait(86_400);
            bench.get(SELLER, "/v1/payouts").ok().items()
        };
        // 2000 - 88 is less than what shall stay.
        assert_eq!(charge(2_000).len(), 0);
        let payouts = charge(10_000);
        // 1912 + 9680 - 3000.
        assert_eq!((payouts.len(), payouts[0].number("amount")), (1, 8_592));
        assert_eq!(bench.get(SELLER, "/v1/balance").ok().number("available.0.amount"), 3_000);
        let sum = |payout: &str| -> i64 {
            let path = format!("/v1/balance_transactions?limit=100&payout={payout}");
            bench.get(SELLER, &path).ok().items().iter().map(|it| it.number("net")).sum()
        };
        assert_eq!(sum(&payouts[0].text("id")), 0);
        let of = format!("/v1/balance_transactions?source={}", payouts[0].text("id"));
        let kinds: Vec<_> = bench.get(SELLER, &of).ok().items().iter().map(|it| it.text("type")).collect();
        assert_eq!(kinds, ["payout_minimum_balance_release", "payout", "payout_minimum_balance_hold"]);
        // What had stayed is in the next one's books, and goes with it once nothing shall stay.
        leave("[usd]=");
        let payouts = charge(1_000);
        assert_eq!((payouts.len(), payouts[0].number("amount")), (2, 3_941));
        assert_eq!(sum(&payouts[0].text("id")), 0);
    }
}
