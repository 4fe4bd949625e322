//! `business_profile` and `settings` as sent: what is left out stays as it was, what is empty is cleared.
use super::{papers::FURTHER, *};
use crate::{files::file::Purpose, payments::card::Entered};
use wire::{Node, Patch};

#[derive(Debug, Wire)]
pub(super) struct ProfilePatch {
    annual_revenue: Option<AnnualRevenue>,
    estimated_worker_count: Patch<i64>,
    mcc: Patch<String>,
    minority_owned_business_designation: Patch<Vec<Designation>>,
    monthly_estimated_revenue: Option<MonthlyRevenue>,
    name: Patch<String>,
    product_description: Patch<String>,
    specified_commercial_transactions_act_url: Patch<String>,
    support_address: Patch<crate::address::Address>,
    support_email: Patch<String>,
    support_phone: Patch<String>,
    support_url: Patch<String>,
    url: Patch<String>,
}

#[derive(Debug, Wire)]
pub(super) struct SettingsPatch {
    bacs_debit_payments: Optional<BacsPatch>,
    branding: Optional<BrandingPatch>,
    card_issuing: Optional<IssuingPatch>,
    card_payments: Optional<CardPaymentsPatch>,
    invoices: Optional<InvoicesPatch>,
    payments: Optional<PaymentsPatch>,
    payouts: Optional<PayoutsPatch>,
    paypay_payments: Option<PaypayPatch>,
    sepa_debit_payments: Optional<SepaPatch>,
    treasury: Optional<IssuingPatch>,
}

#[derive(Debug, Wire)]
struct PaypayPatch {
    additional_files: Vec<String>,
    goods_type: Option<GoodsType>,
    site: Option<SitePatch>,
}

#[derive(Debug, Wire)]
struct SitePatch {
    accessible: Option<Plain>,
    in_development: Option<InDevelopmentPatch>,
    restricted: Option<RestrictedPatch>,
    r#type: SiteType,
}

#[derive(Debug, Wire)]
struct InDevelopmentPatch {
    password: Option<Entered>,
    username: Option<String>,
}

#[derive(Debug, Wire)]
struct RestrictedPatch {
    payment_flow_file: Option<String>,
}

#[derive(Debug, Wire)]
struct BacsPatch {
    display_name: Patch<String>,
}

#[derive(Debug, Wire)]
struct IssuingPatch {
    tos_acceptance: Optional<DeclarationParams>,
}

#[derive(Debug, Wire)]
struct InvoicesPatch {
    hosted_payment_method_save: Patch<MethodSave>,
}

#[derive(Debug, Wire)]
struct SepaPatch {
    creditor_id: Patch<String>,
}

#[derive(Debug, Wire)]
struct BrandingPatch {
    icon: Patch<String>,
    logo: Patch<String>,
    primary_color: Patch<String>,
    secondary_color: Patch<String>,
}

#[derive(Debug, Wire)]
struct CardPaymentsPatch {
    decline_on: Optional<DeclineOnPatch>,
    statement_descriptor_prefix: Patch<String>,
    statement_descriptor_prefix_kana: Patch<String>,
    statement_descriptor_prefix_kanji: Patch<String>,
}

#[derive(Debug, Wire)]
struct DeclineOnPatch {
    avs_failure: Option<bool>,
    cvc_failure: Option<bool>,
}

#[derive(Debug, Wire)]
struct PaymentsPatch {
    statement_descriptor: Patch<String>,
    statement_descriptor_kana: Patch<String>,
    statement_descriptor_kanji: Patch<String>,
}

#[derive(Debug, Wire)]
struct PayoutsPatch {
    debit_negative_balances: Option<bool>,
    schedule: Optional<SchedulePatch>,
    statement_descriptor: Patch<String>,
}

#[derive(Debug, Wire)]
struct SchedulePatch {
    delay_days: Option<Delay>,
    interval: Option<Interval>,
    monthly_anchor: Option<i64>,
    monthly_payout_days: Option<Vec<i64>>,
    weekly_anchor: Option<Weekday>,
    weekly_payout_days: Option<Vec<Weekday>>,
}

/// Days, or `minimum`.
#[derive(Debug, Clone, Copy)]
struct Delay(i64);

/// The least days between a charge and its payout.
const DELAY_MIN: i64 = 2;
/// The most.
const DELAY_MAX: i64 = 31;

impl Wire for Delay {
    const SHAPE: wire::Shape = wire::Shape::Any;
    fn read(at: &wire::At<'_>, node: Option<&Node<'_>>) -> Result<Self, wire::Bad> {
        if node.and_then(Node::as_str) == Some("minimum") {
            return Ok(Delay(DELAY_MIN));
        }
        let days = i64::read(at, node)?;
        if !(DELAY_MIN..=DELAY_MAX).contains(&days) {
            let message = format!("You must use a delay of {DELAY_MIN} to {DELAY_MAX} days, or 'minimum'.");
            return Err(wire::Bad::Invalid { param: at.path(), code: None, message });
        }
        Ok(Delay(days))
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
}

pub(super) fn apply_profile(patch: ProfilePatch, to: &mut BusinessProfile) -> Result<(), ApiError> {
    for (param, url) in [
        ("url", &patch.url),
        ("support_url", &patch.support_url),
        ("specified_commercial_transactions_act_url", &patch.specified_commercial_transactions_act_url),
    ] {
        if let Patch::Set(url) = url
            && !form::is_website(url)
        {
            let message = "Not a valid URL";
            return Err(ApiError::invalid(400, message)
                .code("url_invalid")
                .param(format!("business_profile[{param}]")));
        }
    }
    if let Patch::Set(email) = &patch.support_email {
        check_email("business_profile[support_email]", email)?;
    }
    if let Patch::Set(mcc) = &patch.mcc
        && (mcc.len() != 4 || !mcc.bytes().all(|b| b.is_ascii_digit()))
    {
        let message = "A merchant category code has four digits.";
        return Err(ApiError::invalid(400, message).param("business_profile[mcc]"));
    }
    if let Some(revenue) = patch.annual_revenue {
        if !is_date(&revenue.fiscal_year_end) {
            let message = "Invalid date: send it as YYYY-MM-DD.";
            let param = "business_profile[annual_revenue][fiscal_year_end]";
            return Err(ApiError::invalid(400, message).param(param));
        }
        to.annual_revenue = Some(revenue);
    }
    to.monthly_estimated_revenue.0 =
        patch.monthly_estimated_revenue.or(to.monthly_estimated_revenue.0.take());
    phone("business_profile[support_phone]", &patch.support_phone)?;
    for (name, sent) in [("name", &patch.name), ("product_description", &patch.product_description)] {
        if let Patch::Set(text) = sent {
            crate::payments::card::not_more_than(TEXT_MAX, &format!("business_profile[{name}]"), Some(text))?;
        }
    }
    if let Patch::Set(count) = patch.estimated_worker_count
        && !(0..=WORKERS_MAX).contains(&count)
    {
        let param = "business_profile[estimated_worker_count]";
        let message = format!("The number of workers must be from 0 to {WORKERS_MAX}.");
        return Err(ApiError::invalid(400, message).code("parameter_invalid_integer").param(param));
    }
    patch.estimated_worker_count.apply(&mut to.estimated_worker_count);
    patch.mcc.apply(&mut to.mcc);
    patch.minority_owned_business_designation.apply(&mut to.minority_owned_business_designation);
    patch.name.apply(&mut to.name);
    patch.product_description.apply(&mut to.product_description);
    patch.specified_commercial_transactions_act_url.apply(&mut to.specified_commercial_transactions_act_url);
    patch.support_address.apply(&mut to.support_address);
    patch.support_email.apply(&mut to.support_email);
    patch.support_phone.apply(&mut to.support_phone);
    patch.support_url.apply(&mut to.support_url);
    patch.url.apply(&mut to.url);
    Ok(())
}

impl SettingsPatch {
    /// The files that were named.
    pub(super) fn named(&self) -> Vec<NamedFile> {
        let at = |name: &str| format!("settings[branding][{name}]");
        let mut all = Vec::new();
        if let Some(branding) = &self.branding.0 {
            all.extend(NamedFile::patch(at("icon"), &branding.icon, &[Purpose::BusinessIcon]));
            all.extend(NamedFile::patch(at("logo"), &branding.logo, &[Purpose::BusinessLogo]));
        }
        if let Some(paypay) = &self.paypay_payments {
            let at = |name: &str| format!("settings[paypay_payments]{name}");
            let files = paypay.additional_files.iter();
            all.extend(files.map(|it| NamedFile::new(at("[additional_files]"), it, FURTHER)));
            let flow =
                paypay.site.as_ref().and_then(|it| it.restricted.as_ref()?.payment_flow_file.as_deref());
            all.extend(
                flow.map(|it| NamedFile::new(at("[site][restricted][payment_flow_file]"), it, FURTHER)),
            );
        }
        all
    }
}

/// Takes in that terms were accepted.
fn declare(tos: DeclarationParams, param: &str, now: Timestamp, to: &mut IssuingTos) -> Result<(), ApiError> {
    let mut declared = Declaration { date: to.date, ip: to.ip.take(), user_agent: to.user_agent.0.take() };
    tos.apply(param, now, &mut declared)?;
    *to = IssuingTos { date: declared.date, ip: declared.ip, user_agent: Optional(declared.user_agent) };
    Ok(())
}

impl PaypayPatch {
    fn apply(self, to: &mut PaypayPayments) {
        if !self.additional_files.is_empty() {
            to.additional_files.0 = Some(self.additional_files);
        }
        to.goods_type.0 = self.goods_type.or(to.goods_type.0);
        let Some(site) = self.site else { return };
        let kept = to.site.0.get_or_insert_default();
        kept.r#type.0 = Some(site.r#type);
        kept.accessible.0 = site.accessible.or(kept.accessible.0.take());
        if let Some(sent) = site.in_development {
            let kept = kept.in_development.0.get_or_insert_default();
            // Nobody looks at the site, so the password is of no use.
            if let Some(password) = &sent.password {
                kept.password_provided.0 = Some(!password.0.reveal().is_empty());
            }
            kept.username = sent.username.or(kept.username.take());
        }
        if let Some(sent) = site.restricted {
            kept.restricted.0.get_or_insert_default().payment_flow_file = sent.payment_flow_file;
        }
    }
}

pub(super) fn apply_settings(
    patch: SettingsPatch,
    now: Timestamp,
    to: &mut Settings,
) -> Result<(), ApiError> {
    if let Some(bacs) = patch.bacs_debit_payments.0 {
        let name = "settings[bacs_debit_payments][display_name]";
        text(name, bacs.display_name, &mut to.bacs_debit_payments.display_name)?;
    }
    if let Some(tos) = patch.card_issuing.0.and_then(|it| it.tos_acceptance.0) {
        declare(tos, "settings[card_issuing][tos_acceptance]", now, &mut to.card_issuing.tos_acceptance)?;
    }
    if let Some(tos) = patch.treasury.0.and_then(|it| it.tos_acceptance.0) {
        let kept = to.treasury.0.get_or_insert_default().tos_acceptance.0.get_or_insert_default();
        declare(tos, "settings[treasury][tos_acceptance]", now, kept)?;
    }
    if let Some(paypay) = patch.paypay_payments {
        paypay.apply(to.paypay_payments.0.get_or_insert_default());
    }
    if let Some(invoices) = patch.invoices.0 {
        invoices.hosted_payment_method_save.apply(&mut to.invoices.hosted_payment_method_save);
    }
    if let Some(sepa) = patch.sepa_debit_payments.0 {
        let name = "settings[sepa_debit_payments][creditor_id]";
        text(name, sepa.creditor_id, &mut to.sepa_debit_payments.creditor_id.0)?;
    }
    if let Some(patch) = patch.branding.0 {
        for (name, color) in
            [("primary_color", &patch.primary_color), ("secondary_color", &patch.secondary_color)]
        {
            if let Patch::Set(color) = color
                && !is_color(color)
            {
                let message = "Invalid color: use a hex color such as #0a7cff.";
                return Err(ApiError::invalid(400, message).param(format!("settings[branding][{name}]")));
            }
        }
        let branding = &mut to.branding;
        put_file(patch.icon, &mut branding.icon);
        put_file(patch.logo, &mut branding.logo);
        patch.primary_color.apply(&mut branding.primary_color);
        patch.secondary_color.apply(&mut branding.secondary_color);
    }
    if let Some(patch) = patch.card_payments.0 {
        if let Some(decline) = patch.decline_on.0 {
            let on = &mut to.card_payments.decline_on;
            on.avs_failure = decline.avs_failure.unwrap_or(on.avs_failure);
            on.cvc_failure = decline.cvc_failure.unwrap_or(on.cvc_failure);
        }
        if let Patch::Set(prefix) = &patch.statement_descriptor_prefix
            && !((2..=10).contains(&prefix.len()) && form::is_statement_descriptor(&format!("{prefix}abc")))
        {
            let message = "A statement descriptor prefix has 2 to 10 plain characters.";
            return Err(
                ApiError::invalid(400, message).param("settings[card_payments][statement_descriptor_prefix]")
            );
        }
        patch.statement_descriptor_prefix.apply(&mut to.card_payments.statement_descriptor_prefix);
        for (name, patch, field) in [
            (
                "kana",
                patch.statement_descriptor_prefix_kana,
                &mut to.card_payments.statement_descriptor_prefix_kana,
            ),
            (
                "kanji",
                patch.statement_descriptor_prefix_kanji,
                &mut to.card_payments.statement_descriptor_prefix_kanji,
            ),
        ] {
            text(&format!("settings[card_payments][statement_descriptor_prefix_{name}]"), patch, field)?;
        }
    }
    if let Some(patch) = patch.payments.0 {
        check_descriptor("settings[payments][statement_descriptor]", &patch.statement_descriptor)?;
        patch.statement_descriptor.apply(&mut to.payments.statement_descriptor);
        for (name, patch, field) in [
            ("kana", patch.statement_descriptor_kana, &mut to.payments.statement_descriptor_kana),
            ("kanji", patch.statement_descriptor_kanji, &mut to.payments.statement_descriptor_kanji),
        ] {
            text(&format!("settings[payments][statement_descriptor_{name}]"), patch, field)?;
        }
    }
    if let Some(patch) = patch.payouts.0 {
        check_descriptor("settings[payouts][statement_descriptor]", &patch.statement_descriptor)?;
        apply_payouts(patch, &mut to.payouts)?;
    }
    Ok(())
}

/// Checks on which days a balance shall be paid out; `at` names the parameters.
pub(crate) fn check_payout_days(
    at: &dyn Fn(&str) -> String,
    monthly: Option<&[i64]>,
    weekly: Option<&[Weekday]>,
) -> Result<(), ApiError> {
    check_days(&at("monthly_payout_days"), monthly.unwrap_or_default())?;
    let weekend = |day: &Weekday| matches!(day, Weekday::Saturday | Weekday::Sunday);
    if weekly.unwrap_or_default().iter().any(weekend) {
        let message = "Payouts cannot be scheduled on Saturdays or Sundays.";
        return Err(ApiError::invalid(400, message).param(at("weekly_payout_days")));
    }
    Ok(())
}

fn check_days(param: &str, days: &[i64]) -> Result<(), ApiError> {
    if days.iter().all(|day| (1..=31).contains(day)) {
        return Ok(());
    }
    Err(ApiError::invalid(400, "The day of the month is 1 to 31.").param(param))
}

fn apply_payouts(patch: PayoutsPatch, to: &mut super::Payouts) -> Result<(), ApiError> {
    to.debit_negative_balances = patch.debit_negative_balances.unwrap_or(to.debit_negative_balances);
    patch.statement_descriptor.apply(&mut to.statement_descriptor);
    let Some(wanted) = patch.schedule.0 else { return Ok(()) };
    let schedule = &mut to.schedule;
    schedule.delay_days = wanted.delay_days.map_or(schedule.delay_days, |delay| delay.0);
    schedule.interval = wanted.interval.unwrap_or(schedule.interval);
    let at = |name: &str| format!("settings[payouts][schedule][{name}]");
    let one = wanted.monthly_anchor.map(|day| [day]);
    check_days(&at("monthly_anchor"), one.as_ref().map_or(&[], |one| one))?;
    check_payout_days(&at, wanted.monthly_payout_days.as_deref(), wanted.weekly_payout_days.as_deref())?;
    // An anchor is the only day, and several days are no anchor; each means something for its interval only.
    let monthly =
        days(wanted.monthly_anchor, wanted.monthly_payout_days, schedule.monthly_payout_days.0.take());
    let weekly = days(wanted.weekly_anchor, wanted.weekly_payout_days, schedule.weekly_payout_days.0.take());
    let monthly = monthly.or(schedule.monthly_anchor.0.map(|day| vec![day]));
    let weekly = weekly.or(schedule.weekly_anchor.0.map(|day| vec![day]));
    let (monthly, weekly) = match schedule.interval {
        Interval::Monthly => (Some(monthly.ok_or_else(|| ApiError::missing(&at("monthly_anchor")))?), None),
        Interval::Weekly => (None, Some(weekly.ok_or_else(|| ApiError::missing(&at("weekly_anchor")))?)),
        Interval::Daily | Interval::Manual => (None, None),
    };
    schedule.monthly_anchor.0 = monthly.as_ref().and_then(|days| days.first().copied());
    schedule.weekly_anchor.0 = weekly.as_ref().and_then(|days| days.first().copied());
    (schedule.monthly_payout_days, schedule.weekly_payout_days) = (Optional(monthly), Optional(weekly));
    Ok(())
}

/// The days that were sent, by whichever name, or those there were.
fn days<T>(anchor: Option<T>, days: Option<Vec<T>>, kept: Option<Vec<T>>) -> Option<Vec<T>> {
    match (anchor, days) {
        (_, Some(days)) if !days.is_empty() => Some(days),
        (Some(day), _) => Some(vec![day]),
        _ => kept,
    }
}

/// The longest text about a business, in characters.
const TEXT_MAX: usize = 40_000;
/// The most people that work for a business.
const WORKERS_MAX: i64 = 100_000_000;

/// Whether a text is a day such as `2025-12-31`.
fn is_date(text: &str) -> bool {
    let parts: Vec<i64> = text.split('-').filter_map(|part| part.parse().ok()).collect();
    let [year, month, day] = parts[..] else { return false };
    text.len() == 10 && form::is_day((year, month, day))
}

fn check_descriptor(param: &str, patch: &Patch<String>) -> Result<(), ApiError> {
    match patch {
        Patch::Set(text) if !form::is_statement_descriptor(text) => {
            let message = "Invalid statement descriptor: use 5 to 22 plain characters with at least one letter, and none of < > \\ ' \" *.";
            Err(ApiError::invalid(400, message).param(param))
        }
        _ => Ok(()),
    }
}

pub(super) fn check_email(param: &str, email: &str) -> Result<(), ApiError> {
    if crate::connect::user::is_email(email) {
        return Ok(());
    }
    let shown: String = email.chars().take(100).collect();
    Err(ApiError::invalid(400, format!("Invalid email address: {shown}")).code("email_invalid").param(param))
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}
