//! The account form: what taking payments needs. Handed in without a mistake, it switches charges and payouts on.
use super::*;
use crate::{address::Address, payments::bank_account::HolderType};
use base::Ref;
use vault::{Kind, Place as VaultPlace};

/// What is wrong with which field, one sentence each; fields are named as on the form.
pub type Problems = Vec<(&'static str, String)>;

/// A filled-in account form, with fields named as on the form.
#[derive(Clone, PartialEq, Eq)]
pub struct ApplicationForm {
    /// Two letters.
    pub country: String,
    /// `sole_prop`, `corporation`, `llc`, `partnership`, `non_profit`, or today's `individual` and `company`.
    pub business_type: String,
    /// Name of the business.
    pub business_name: String,
    /// Its website.
    pub url: String,
    /// What it sells.
    pub product_description: String,
    /// What stands on card statements: 5 to 22 characters.
    pub statement_descriptor: String,
    /// First name of the person.
    pub first_name: String,
    /// Last name of the person.
    pub last_name: String,
    /// Date of birth: year, month, day.
    pub born: (i64, i64, i64),
    /// Telephone number.
    pub phone: Option<String>,
    /// Street and number.
    pub street: String,
    /// City.
    pub city: String,
    /// State or region.
    pub state: Option<String>,
    /// Postal code.
    pub zip: Option<String>,
    /// Where payouts go.
    pub bank: BankForm,
    /// From where the terms were accepted.
    pub ip: Option<String>,
    /// With what browser.
    pub user_agent: Option<String>,
}

/// A bank account as it was typed.
#[derive(Clone, PartialEq, Eq)]
pub struct BankForm {
    /// Two letters.
    pub country: String,
    /// Three letters.
    pub currency: String,
    /// Routing number, sort code or the like; none with an IBAN.
    pub routing_number: Option<String>,
    /// Account number or IBAN.
    pub account_number: String,
}

// By hand: what the form says of a person and a bank account does not belong in a log.
impl std::fmt::Debug for ApplicationForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApplicationForm").field("business_name", &self.business_name).finish_non_exhaustive()
    }
}
impl std::fmt::Debug for BankForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BankForm").field("country", &self.country).finish_non_exhaustive()
    }
}

/// The oldest year of birth that is believed.
const BORN_MIN: i64 = 1900;
/// A person must be this old, in years.
const AGE_MIN: i64 = 13;

impl ApplicationForm {
    /// What is wrong with the form; `today` is year, month and day.
    pub fn problems(&self, today: (i64, i64, i64)) -> Problems {
        let mut wrong: Problems = Vec::new();
        let mut refuse = |field: &'static str, sentence: &str| wrong.push((field, sentence.to_owned()));
        if !is_country(&self.country) {
            refuse("country", "Choose the country of your business");
        }
        if business_type(&self.business_type).is_none() {
            refuse("business_type", "Choose the kind of your business");
        }
        for (field, value, max, sentence) in [
            ("business_name", &self.business_name, 100, "Enter the name of your business"),
            ("product_description", &self.product_description, 1000, "Say what you sell"),
            ("first_name", &self.first_name, 100, "Enter your first name"),
            ("last_name", &self.last_name, 100, "Enter your last name"),
            ("street_address", &self.street, 200, "Enter the street and number"),
            ("city", &self.city, 100, "Enter the city"),
        ] {
            if value.trim().is_empty() || value.chars().count() > max {
                refuse(field, sentence);
            }
        }
        if !is_website(&self.url) {
            refuse("url", "Enter a full address, such as https://example.com");
        }
        if !is_statement_descriptor(&self.statement_descriptor) {
            refuse(
                "statement_descriptor",
                "Use 5 to 22 plain characters, at least one of them a letter, without < > \\ ' \" or *",
            );
        }
        if !is_birth(self.born, today) {
            refuse("dob", "Enter your date of birth");
        }
        let bank = &self.bank;
        if Currency::parse(&bank.currency).is_none() {
            refuse("currency", "Choose the currency of the bank account");
        }
        if !is_country(&bank.country) {
            refuse("bank_country", "Choose the country of the bank");
        } else if let Err(problem) =
            acquirer::bank::validate(&bank.country, bank.routing_number.as_deref(), &bank.account_number)
        {
            refuse(problem.param(), problem.message());
        }
        wrong
    }
}

/// Takes in the account form: the account may charge and be paid out from now on. A form with mistakes changes
/// nothing and comes back with them.
pub async fn submit_application(
    cx: &mut Cx<'_>,
    account_id: &str,
    form: ApplicationForm,
) -> Result<Result<Account, Problems>, Stop> {
    let before: Account = cx.must("account", account_id).await?;
    take_in(cx, before, form)
}

/// As [`submit_application`], for an account that was opened in the same unit of work.
pub fn take_in(
    cx: &mut Cx<'_>,
    before: Account,
    form: ApplicationForm,
) -> Result<Result<Account, Problems>, Stop> {
    let problems = form.problems(cx.now().date());
    let (Some(kind), Some(currency), true) =
        (business_type(&form.business_type), Currency::parse(&form.bank.currency), problems.is_empty())
    else {
        return Ok(Err(problems));
    };
    let mut account = before.clone();
    let (bank, sealed) = bank_account(cx, &account, &form, currency)?;
    let address = Address {
        city: Some(form.city),
        country: Some(form.country.clone()),
        line1: Some(form.street),
        line2: None,
        postal_code: form.zip,
        state: form.state,
    };
    let profile = &mut account.business_profile;
    profile.name = Some(form.business_name.clone());
    profile.url = Some(form.url);
    profile.product_description = Some(form.product_description);
    profile.support_phone.clone_from(&form.phone);
    account.business_type = Some(kind);
    account.country = form.country;
    account.default_currency = currency;
    account.settings.dashboard.display_name = Some(form.business_name);
    account.settings.payments.statement_descriptor = Some(form.statement_descriptor);
    account.capabilities = Capabilities::own(CapabilityStatus::Active);
    (account.details_submitted, account.charges_enabled, account.payouts_enabled) = (true, true, true);
    account.requirements = Requirements::default();
    account.tos_acceptance = TosAcceptance {
        date: Some(cx.now()),
        ip: form.ip,
        user_agent: form.user_agent,
        ..TosAcceptance::default()
    };
    let (born_year, born_month, born_day) = form.born;
    account.person = Hidden(Some(Applicant {
        first_name: form.first_name,
        last_name: form.last_name,
        born_year,
        born_month,
        born_day,
        phone: form.phone,
        address,
    }));
    let banks = vec![External::Bank(bank)];
    account.external_accounts = Optional(Some(ExternalAccounts::of(&account.id, banks)));
    account.sealed = Hidden(vec![sealed]);
    Ok(Ok(save(cx, &before, account)?))
}

fn bank_account(
    cx: &Cx<'_>,
    account: &Account,
    form: &ApplicationForm,
    currency: Currency,
) -> Result<(PayoutBank, SealedNumber), Stop> {
    let given = &form.bank;
    let valid =
        acquirer::bank::validate(&given.country, given.routing_number.as_deref(), &given.account_number)
            .map_err(|problem| {
                ApiError::invalid(400, problem.message()).code(problem.code()).param(problem.param())
            })?;
    let id = cx.world.new_id("ba");
    let sealed = cx
        .world
        .vault
        .seal(
            Kind::BankAccountNumber,
            VaultPlace { account: &account.id, object: &id },
            valid.reveal(),
            &*cx.world.entropy,
        )
        .map_err(|refusal| api::fault(format!("a bank account cannot be sealed: {refusal}")))?;
    let number = format!("{}|{}|{}", given.country, valid.routing.as_deref().unwrap_or(""), valid.reveal());
    let individual = business_type(&form.business_type) == Some(BusinessType::Individual);
    let holder = if individual {
        format!("{} {}", form.first_name, form.last_name)
    } else {
        form.business_name.clone()
    };
    let bank = PayoutBank {
        object: "bank_account".into(),
        account: Ref::to(&account.id),
        account_holder_name: Some(holder),
        account_holder_type: Some(if individual { HolderType::Individual } else { HolderType::Company }),
        account_type: None,
        available_payout_methods: external::bank_methods(&given.country),
        bank_name: valid
            .routing
            .as_deref()
            .and_then(acquirer::simulator::banks::bank_name)
            .map(str::to_owned),
        country: given.country.to_ascii_uppercase(),
        currency,
        default_for_currency: true,
        fingerprint: Some(cx.world.vault.fingerprint("bank_account", &number)),
        future_requirements: None,
        last4: valid.last4().to_owned(),
        metadata: Metadata::default(),
        requirements: None,
        routing_number: valid.routing.clone(),
        status: "new".into(),
        id: id.clone(),
    };
    Ok((bank, SealedNumber { bank: id, sealed }))
}

fn business_type(word: &str) -> Option<BusinessType> {
    match word {
        "sole_prop" | "individual" => Some(BusinessType::Individual),
        "corporation" | "llc" | "partnership" | "company" => Some(BusinessType::Company),
        "non_profit" => Some(BusinessType::NonProfit),
        "government_entity" => Some(BusinessType::GovernmentEntity),
        _ => None,
    }
}

/// Whether a text is a country's code of two letters.
pub(crate) fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase())
}

/// Whether a text is an http(s) address without anything in it that could be taken for markup.
pub(crate) fn is_website(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let strange = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\\');
    !host.is_empty() && !host.contains('@') && text.len() <= 2048 && !text.contains(strange)
}

/// Whether a text may stand on card statements (API page "Statement descriptors").
pub fn is_statement_descriptor(text: &str) -> bool {
    (5..=22).contains(&text.len())
        && text.bytes().any(|b| b.is_ascii_alphabetic())
        && text.bytes().all(|b| (b' '..=b'~').contains(&b) && !b"<>\\'\"*".contains(&b))
}

fn is_birth((year, month, day): (i64, i64, i64), today: (i64, i64, i64)) -> bool {
    year >= BORN_MIN && is_day((year, month, day)) && (year + AGE_MIN, month, day) <= today
}

/// Whether there is such a day: year, month, day.
pub(crate) fn is_day((year, month, day): (i64, i64, i64)) -> bool {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (0..10_000).contains(&year) && (1..=days).contains(&day)
}
