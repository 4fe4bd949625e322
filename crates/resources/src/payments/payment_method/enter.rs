//! From what was typed, or from a documented name, to a payment method.
use super::{
    AllowRedisplay, CashMethod, HolderType, MethodType, PaymentMethod, SepaDebit, UsAccountType,
    UsBankAccount,
    bank::{BankNetworks, StatusDetails},
    card::MethodCard,
};
use crate::{
    address::Address,
    payments::{
        card::{self, Card, CardParams, Entered, NetworksParam, Taken, Typed, not_more_than},
        charge::details::{BillingDetails, RadarOptions},
    },
};
use acquirer::{
    bank::{BankProblem, iban_is_valid, validate},
    simulator::{self, banks},
};
use api::{Cx, Stop};
use base::{ApiError, MetadataPatch, Via};
use wire::{Hidden, Optional, Patch, Wire};

/// A payment method as it is typed: `payment_method_data`, and what `POST /v1/payment_methods` takes of it.
#[derive(Debug, Wire)]
pub(crate) struct MethodData {
    pub(super) allow_redisplay: Option<AllowRedisplay>,
    pub(super) billing_details: Option<BillingParams>,
    pub(super) card: Option<CardData>,
    pub(super) customer_balance: Option<CashMethod>,
    pub(super) metadata: MetadataPatch,
    pub(super) radar_options: Option<RadarOptions>,
    pub(super) sepa_debit: Option<SepaData>,
    pub(super) r#type: MethodType,
    pub(super) us_bank_account: Option<UsBankData>,
}

/// Who pays, as sent.
#[derive(Debug, Default, Wire)]
pub(crate) struct BillingParams {
    address: Patch<Address>,
    email: Patch<String>,
    name: Patch<String>,
    phone: Patch<String>,
    tax_id: Option<String>,
}

/// A card as sent: typed, or as a token.
#[derive(Debug, Wire)]
pub(crate) struct CardData {
    cvc: Typed,
    exp_month: Typed,
    exp_year: Typed,
    networks: Option<NetworksParam>,
    number: Typed,
    token: Option<String>,
}

/// A bank account in the euro area as sent.
#[derive(Debug, Wire)]
pub(crate) struct SepaData {
    iban: Entered,
}

/// A bank account in the United States as sent.
#[derive(Debug, Wire)]
pub(crate) struct UsBankData {
    account_holder_type: Option<HolderType>,
    account_number: Option<Entered>,
    account_type: Option<UsAccountType>,
    routing_number: Option<String>,
}

/// The longest line of an address or a name, in characters.
const TEXT_MAX: usize = 5000;

impl BillingParams {
    /// Applies what was sent. Errors: a text is too long; the email is none.
    pub(super) fn apply(self, to: &mut BillingDetails, under: &str) -> Result<(), ApiError> {
        match self.address {
            Patch::Keep => {}
            Patch::Clear => to.address = Address::default(),
            Patch::Set(address) => to.address = address,
        }
        self.email.apply(&mut to.email);
        self.name.apply(&mut to.name);
        self.phone.apply(&mut to.phone);
        to.tax_id = self.tax_id.or(to.tax_id.take());
        let texts = [("email", &to.email), ("name", &to.name), ("phone", &to.phone), ("tax_id", &to.tax_id)];
        for (name, text) in texts {
            not_more_than(TEXT_MAX, &format!("{under}[{name}]"), text.as_deref())?;
        }
        let Address { city, country, line1, line2, postal_code, state } = &to.address;
        for text in [city, country, line1, line2, postal_code, state] {
            not_more_than(TEXT_MAX, &format!("{under}[address]"), text.as_deref())?;
        }
        crate::payments::customer::check_email(to.email.as_deref(), &format!("{under}[email]"))
    }
}

/// Makes a payment method of what was sent under the parameter `under` (empty at the top). Nothing of it is stored
/// yet. Errors: what its kind needs is missing or cannot be right; the card may not be sent by this caller.
pub(crate) async fn enter(cx: &mut Cx<'_>, p: MethodData, under: &str) -> Result<PaymentMethod, Stop> {
    let at = |name: &str| if under.is_empty() { name.to_owned() } else { format!("{under}[{name}]") };
    let kind = p.r#type;
    for (other, sent) in [
        (MethodType::Card, p.card.is_some()),
        (MethodType::CustomerBalance, p.customer_balance.is_some()),
        (MethodType::SepaDebit, p.sepa_debit.is_some()),
        (MethodType::UsBankAccount, p.us_bank_account.is_some()),
    ] {
        if sent && other != kind {
            let message = format!(
                "You provided '{}' as the type, but sent '{}'. Send only what belongs to the type.",
                kind.as_str(),
                other.as_str()
            );
            return Err(ApiError::invalid(400, message).param(at(other.as_str())).into());
        }
    }
    let missing = || ApiError::missing(&at(kind.as_str()));
    let mut billing = BillingDetails::default();
    if let Some(sent) = p.billing_details {
        sent.apply(&mut billing, &at("billing_details"))?;
    }
    let mut method = match kind {
        MethodType::Card => of_card_data(cx, p.card.ok_or_else(missing)?, &at("card")).await?,
        MethodType::CustomerBalance => {
            let mut method = PaymentMethod::blank(cx, MethodType::CustomerBalance);
            method.customer_balance = Optional(Some(CashMethod {}));
            method
        }
        MethodType::SepaDebit => {
            needs(billing.name.as_ref(), &at("billing_details[name]"))?;
            needs(billing.email.as_ref(), &at("billing_details[email]"))?;
            of_iban(cx, p.sepa_debit.ok_or_else(missing)?.iban.0.reveal(), &at("sepa_debit"))?
        }
        MethodType::UsBankAccount => {
            needs(billing.name.as_ref(), &at("billing_details[name]"))?;
            of_us_bank(cx, p.us_bank_account.ok_or_else(missing)?, &at("us_bank_account"))?
        }
    };
    if billing != BillingDetails::default() {
        method.billing_details = billing;
    }
    method.allow_redisplay = Optional(p.allow_redisplay.or(method.allow_redisplay.0));
    method.radar_options = Optional(p.radar_options);
    method.metadata = p.metadata.fresh()?;
    if cx.caller.via == Via::PublishableKey {
        method.metadata = base::Metadata::default();
    }
    Ok(method)
}

fn needs(text: Option<&String>, param: &str) -> Result<(), ApiError> {
    if text.is_some() { Ok(()) } else { Err(ApiError::missing(param)) }
}

async fn of_card_data(cx: &mut Cx<'_>, p: CardData, under: &str) -> Result<PaymentMethod, Stop> {
    let CardData { cvc, exp_month, exp_year, networks, number, token } = p;
    let card = match token {
        Some(_) if number.is_sent() => {
            let message =
                format!("You may only specify one of these parameters: {under}[number], {under}[token].");
            let error = ApiError::invalid(400, message).code("parameters_exclusive");
            return Err(error.param(format!("{under}[token]")).into());
        }
        Some(token) => match card::take(cx, &token, &format!("{under}[token]")).await? {
            Taken::Card(card) => *card,
            Taken::Bank(_) => {
                let message = format!("The token {token} stands for a bank account. Use a token of a card.");
                let error = ApiError::invalid(400, message).code("invalid_source_usage");
                return Err(error.param(format!("{under}[token]")).into());
            }
        },
        None => {
            let typed = CardParams::bare([number, exp_month, exp_year, cvc], networks);
            card::enter(cx, typed, under)?
        }
    };
    of_card(cx, &card)
}

/// A card that nobody keeps yet becomes a payment method of its own.
fn of_card(cx: &Cx<'_>, card: &Card) -> Result<PaymentMethod, Stop> {
    let number = card.open(cx, &cx.caller.account)?;
    let listed = if cx.caller.livemode { None } else { simulator::find(number.reveal()) };
    with_card(cx, card, listed, number.reveal())
}

fn with_card(
    cx: &Cx<'_>,
    card: &Card,
    listed: Option<&simulator::TestCard>,
    number: &str,
) -> Result<PaymentMethod, Stop> {
    let mut method = PaymentMethod::blank(cx, MethodType::Card);
    method.billing_details = BillingDetails::of_card(card);
    method.card = Optional(Some(MethodCard::of_card(card).known(listed)));
    method.cvc_given = Hidden(card.cvc_given.0 == Some(true));
    method.seal(cx, &cx.caller.account, number)?;
    Ok(method)
}

fn of_iban(cx: &Cx<'_>, typed: &str, under: &str) -> Result<PaymentMethod, Stop> {
    let param = format!("{under}[iban]");
    let iban: String =
        typed.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).collect();
    if !iban_is_valid(&iban) {
        let message = "The IBAN you provided is invalid.";
        return Err(ApiError::invalid(400, message).code("invalid_bank_account_iban").param(param).into());
    }
    if !cx.caller.livemode {
        let Some(listed) = banks::sepa::find(&iban) else {
            let message = "You must use a test IBAN in test mode. Try AT611904300234573201.";
            return Err(ApiError::invalid(400, message).code("account_number_invalid").param(param).into());
        };
        if let banks::Debit::Unusable(code) = listed.debit.0 {
            let message = "This bank account can't be used for SEPA debits. Use another one.";
            return Err(ApiError::invalid(400, message).code(code).param(param).into());
        }
    }
    with_iban(cx, &iban)
}

fn with_iban(cx: &Cx<'_>, iban: &str) -> Result<PaymentMethod, Stop> {
    let mut method = PaymentMethod::blank(cx, MethodType::SepaDebit);
    let fingerprint = cx.world.vault.fingerprint(&cx.caller.account, iban);
    method.sepa_debit = Optional(Some(SepaDebit::of(iban, fingerprint)));
    method.seal(cx, &cx.caller.account, iban)?;
    Ok(method)
}

fn of_us_bank(cx: &Cx<'_>, p: UsBankData, under: &str) -> Result<PaymentMethod, Stop> {
    let missing = |name: &str| ApiError::missing(&format!("{under}[{name}]"));
    let refused = |why: BankProblem| {
        ApiError::invalid(400, why.message()).code(why.code()).param(format!("{under}[{}]", why.param()))
    };
    let holder = p.account_holder_type.ok_or_else(|| missing("account_holder_type"))?;
    let number = p.account_number.ok_or_else(|| missing("account_number"))?;
    let routing = p.routing_number.ok_or_else(|| missing("routing_number"))?;
    let typed = validate("US", Some(&routing), number.0.reveal()).map_err(refused)?;
    let routing = typed.routing.clone().unwrap_or_default();
    if !cx.caller.livemode {
        banks::admit(&routing, typed.reveal()).map_err(refused)?;
    }
    let mut method = with_us_bank(cx, routing, typed.reveal(), holder, p.account_type)?;
    method.verified = Hidden(Optional(Some(false)));
    Ok(method)
}

fn with_us_bank(
    cx: &Cx<'_>,
    routing: String,
    number: &str,
    holder: HolderType,
    account_type: Option<UsAccountType>,
) -> Result<PaymentMethod, Stop> {
    let mut method = PaymentMethod::blank(cx, MethodType::UsBankAccount);
    let whole = format!("US|{routing}|{number}");
    let known = if cx.caller.livemode { None } else { banks::bank_name(&routing) };
    let ways = ["ach", "us_domestic_wire"].map(str::to_owned);
    method.us_bank_account = Optional(Some(UsBankAccount {
        account_holder_type: Some(holder),
        account_type: account_type.or(Some(UsAccountType::Checking)),
        bank_name: known.map(str::to_owned),
        financial_connections_account: None,
        fingerprint: Some(cx.world.vault.fingerprint(&cx.caller.account, &whole)),
        last4: number.get(number.len().saturating_sub(4)..).map(str::to_owned),
        networks: Some(BankNetworks { preferred: Some("ach".into()), supported: ways.into() }),
        routing_number: Some(routing),
        status_details: Some(StatusDetails {}),
    }));
    method.seal(cx, &cx.caller.account, number)?;
    Ok(method)
}

/// Whether an id is the documented name of a test payment method.
pub(crate) fn is_name(id: &str) -> bool {
    simulator::named(id).is_some() || banks::named(id).is_some() || banks::sepa::named(id).is_some()
}

/// The payment method behind a documented name such as `pm_card_visa`: a new one at each use. `None` in live mode
/// and for other ids.
pub(crate) fn named(cx: &Cx<'_>, id: &str) -> Result<Option<PaymentMethod>, Stop> {
    if cx.caller.livemode || !id.starts_with("pm_") {
        return Ok(None);
    }
    if id.starts_with("pm_card_") {
        let Some(listed) = simulator::named(id) else { return Ok(None) };
        let card = card::documented(cx, listed);
        return with_card(cx, &card, Some(listed), listed.number).map(Some);
    }
    let holder = || BillingDetails {
        email: Some("jenny.rosen@example.com".into()),
        name: Some("Jenny Rosen".into()),
        ..BillingDetails::default()
    };
    let mut method = if let Some(bank) = banks::named(id) {
        with_us_bank(cx, bank.routing.to_owned(), bank.account, HolderType::Individual, None)?
    } else if let Some(bank) = banks::sepa::named(id) {
        with_iban(cx, bank.iban)?
    } else {
        return Ok(None);
    };
    method.billing_details = holder();
    Ok(Some(method))
}
