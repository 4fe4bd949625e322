//! Entering what payouts go to: from what was typed, or from a token.
use super::{
    super::Account,
    ExternalParam, SealedNumber, params,
    types::{BankRequirements, External, PayoutBank, PayoutCard},
};
use crate::payments::{bank_account::BankAccount, card::Card};
use acquirer::simulator::{self, Payout, banks};
use api::{Cx, Stop};
use base::{ApiError, Metadata, Named as _, Ref};
use wire::Optional;

/// What was sent as something that the account can be paid out to. Errors: a card that is not debited; numbers that
/// cannot be right; a token that is none.
pub(super) async fn enter(
    cx: &mut Cx<'_>,
    account: &Account,
    param: ExternalParam,
) -> Result<(External, SealedNumber), Stop> {
    match params::take(cx, param).await? {
        crate::payments::card::Taken::Bank(bank) => of_bank(cx, account, *bank),
        crate::payments::card::Taken::Card(card) => of_card(cx, account, *card),
    }
}

fn of_bank(cx: &Cx<'_>, account: &Account, mut bank: BankAccount) -> Result<(External, SealedNumber), Stop> {
    let number = bank.open(cx, &cx.caller.account)?;
    bank.seal(cx, &account.id, number.reveal())?;
    let listed = banks::find(bank.routing_number.as_deref().unwrap_or_default(), number.reveal());
    let papers = listed.filter(|it| it.ownership == Some(banks::Ownership::NeedsDocuments));
    let sealed = SealedNumber { bank: bank.id.clone(), sealed: bank.sealed_number.0.unwrap_or_default() };
    let it = PayoutBank {
        id: bank.id,
        object: BankAccount::NAME.into(),
        account: Ref::to(&account.id),
        account_holder_name: bank.account_holder_name,
        account_holder_type: bank.account_holder_type,
        account_type: bank.account_type,
        available_payout_methods: bank_methods(&bank.country),
        bank_name: bank.bank_name,
        country: bank.country,
        currency: bank.currency,
        default_for_currency: false,
        fingerprint: bank.fingerprint,
        future_requirements: None,
        last4: bank.last4,
        metadata: Metadata::default(),
        requirements: papers
            .map(|_| BankRequirements { currently_due: vec![PAPERS.into()], ..BankRequirements::default() }),
        routing_number: bank.routing_number,
        status: "new".into(),
    };
    Ok((External::Bank(it), sealed))
}

/// What is wanted for a bank account whose owner is not known.
pub(super) const PAPERS: &str = "documents.bank_account_ownership_verification.files";

/// How payouts reach a bank account.
pub(in super::super) fn bank_methods(country: &str) -> Vec<String> {
    let instant = (country == "US").then(|| "instant".to_owned());
    instant.into_iter().chain(["standard".to_owned()]).collect()
}

fn of_card(cx: &Cx<'_>, account: &Account, mut card: Card) -> Result<(External, SealedNumber), Stop> {
    let number = card.open(cx, &cx.caller.account)?;
    let listed = simulator::find(number.reveal());
    if card.funding != "debit" || listed.is_some_and(|it| it.payout == Payout::WrongType) {
        let message = "The card provided as an external account is not a debit card. Please provide a debit card instead.";
        return Err(ApiError::invalid(400, message)
            .code("invalid_card_type")
            .param("external_account")
            .into());
    }
    card.seal(cx, &account.id, number.reveal())?;
    let instant = listed.is_none_or(|it| it.payout != Payout::NotInstant);
    let methods = instant.then_some("instant").into_iter().chain(["standard"]);
    let sealed = SealedNumber { bank: card.id.clone(), sealed: card.sealed_number.0.unwrap_or_default() };
    let it = PayoutCard {
        id: card.id,
        object: Card::NAME.into(),
        account: Ref::to(&account.id),
        address_city: card.address_city,
        address_country: card.address_country,
        address_line1: card.address_line1,
        address_line1_check: card.address_line1_check,
        address_line2: card.address_line2,
        address_state: card.address_state,
        address_zip: card.address_zip,
        address_zip_check: card.address_zip_check,
        available_payout_methods: methods.map(str::to_owned).collect(),
        brand: card.brand,
        country: card.country,
        currency: card.currency.0.unwrap_or(account.default_currency),
        cvc_check: card.cvc_check,
        default_for_currency: false,
        dynamic_last4: card.dynamic_last4,
        exp_month: card.exp_month,
        exp_year: card.exp_year,
        fingerprint: card.fingerprint.0,
        funding: card.funding,
        last4: card.last4,
        metadata: Metadata::default(),
        name: card.name,
        regulated_status: card.regulated_status,
        status: Optional(Some("new".into())),
        tokenization_method: card.tokenization_method,
    };
    Ok((External::Card(it), sealed))
}
