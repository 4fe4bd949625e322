//! `POST /v1/accounts/{id}`: an account changes what it says of itself; a platform may only label an account
//! that somebody else controls.
use super::*;
use base::MetadataPatch;
use wire::{Node, Patch};

/// What it takes.
#[derive(Debug, Wire)]
pub(super) struct Update {
    business_profile: Optional<ProfilePatch>,
    business_type: Option<BusinessType>,
    default_currency: Option<Currency>,
    email: Patch<String>,
    metadata: MetadataPatch,
    settings: Optional<SettingsPatch>,
}

#[derive(Debug, Wire)]
struct ProfilePatch {
    estimated_worker_count: Patch<i64>,
    mcc: Patch<String>,
    minority_owned_business_designation: Patch<Vec<Designation>>,
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
struct SettingsPatch {
    branding: Optional<BrandingPatch>,
    card_payments: Optional<CardPaymentsPatch>,
    payments: Optional<PaymentsPatch>,
    payouts: Optional<PayoutsPatch>,
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
}

#[derive(Debug, Wire)]
struct DeclineOnPatch {
    avs_failure: Option<bool>,
    cvc_failure: Option<bool>,
}

#[derive(Debug, Wire)]
struct PaymentsPatch {
    statement_descriptor: Patch<String>,
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
    weekly_anchor: Option<Weekday>,
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

pub(super) async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Account> {
    let before = named(cx).await?;
    if (cx.caller.is_connect() || before.id != cx.caller.account)
        && let Some(param) = p.beyond_metadata()
    {
        let message = format!(
            "This application does not have the required permissions for the parameter '{param}' on account '{}'.",
            before.id
        );
        return Err(ApiError::invalid(403, message).param(param).into());
    }
    let mut account = before.clone();
    p.apply(&mut account)?;
    cx.put(&account);
    emit_updated(cx, &before, &account);
    done(shown(cx, account))
}

impl Update {
    /// The first parameter that only the account itself may set.
    fn beyond_metadata(&self) -> Option<&'static str> {
        [
            (self.business_profile.0.is_some(), "business_profile"),
            (self.business_type.is_some(), "business_type"),
            (self.default_currency.is_some(), "default_currency"),
            (self.email != Patch::Keep, "email"),
            (self.settings.0.is_some(), "settings"),
        ]
        .into_iter()
        .find_map(|(sent, name)| sent.then_some(name))
    }

    fn apply(self, account: &mut Account) -> Result<(), ApiError> {
        let Update { business_profile, business_type, default_currency, email, metadata, settings } = self;
        if let Some(patch) = business_profile.0 {
            apply_profile(patch, &mut account.business_profile)?;
        }
        account.business_type = business_type.or(account.business_type);
        account.default_currency = default_currency.unwrap_or(account.default_currency);
        if let Patch::Set(text) = &email {
            check_email("email", text)?;
        }
        email.apply(&mut account.email);
        metadata.apply(&mut account.metadata)?;
        if let Some(patch) = settings.0 {
            apply_settings(patch, &mut account.settings)?;
        }
        Ok(())
    }
}

fn apply_profile(patch: ProfilePatch, to: &mut BusinessProfile) -> Result<(), ApiError> {
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

fn apply_settings(patch: SettingsPatch, to: &mut Settings) -> Result<(), ApiError> {
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
        patch.icon.apply(&mut branding.icon);
        patch.logo.apply(&mut branding.logo);
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
    }
    if let Some(patch) = patch.payments.0 {
        check_descriptor("settings[payments][statement_descriptor]", &patch.statement_descriptor)?;
        patch.statement_descriptor.apply(&mut to.payments.statement_descriptor);
    }
    if let Some(patch) = patch.payouts.0 {
        check_descriptor("settings[payouts][statement_descriptor]", &patch.statement_descriptor)?;
        apply_payouts(patch, &mut to.payouts)?;
    }
    Ok(())
}

fn apply_payouts(patch: PayoutsPatch, to: &mut super::Payouts) -> Result<(), ApiError> {
    to.debit_negative_balances = patch.debit_negative_balances.unwrap_or(to.debit_negative_balances);
    patch.statement_descriptor.apply(&mut to.statement_descriptor);
    let Some(wanted) = patch.schedule.0 else { return Ok(()) };
    let schedule = &mut to.schedule;
    schedule.delay_days = wanted.delay_days.map_or(schedule.delay_days, |delay| delay.0);
    schedule.interval = wanted.interval.unwrap_or(schedule.interval);
    let at = |name: &str| format!("settings[payouts][schedule][{name}]");
    if let Some(day) = wanted.monthly_anchor
        && !(1..=31).contains(&day)
    {
        return Err(ApiError::invalid(400, "The day of the month is 1 to 31.").param(at("monthly_anchor")));
    }
    let monthly = wanted.monthly_anchor.or(schedule.monthly_anchor.0);
    let weekly = wanted.weekly_anchor.or(schedule.weekly_anchor.0);
    // An anchor means something for its interval only.
    let (monthly, weekly) = match schedule.interval {
        Interval::Monthly => (Some(monthly.ok_or_else(|| ApiError::missing(&at("monthly_anchor")))?), None),
        Interval::Weekly => (None, Some(weekly.ok_or_else(|| ApiError::missing(&at("weekly_anchor")))?)),
        Interval::Daily | Interval::Manual => (None, None),
    };
    (schedule.monthly_anchor, schedule.weekly_anchor) = (Optional(monthly), Optional(weekly));
    Ok(())
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

fn check_email(param: &str, email: &str) -> Result<(), ApiError> {
    if crate::connect::user::is_email(email) {
        return Ok(());
    }
    let shown: String = email.chars().take(100).collect();
    Err(ApiError::invalid(400, format!("Invalid email address: {shown}")).code("email_invalid").param(param))
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}
