//! The balance and what moves it, and what a platform does with the accounts that it serves.
use async_stripe_client::Server;
use stripe::{Client, StripeError};
use stripe_connect::{
    account, account_link, application_fee, capability, country_spec, login_link, person, topup, transfer,
    transfer_reversal,
};
use stripe_core::{
    balance, balance_settings, balance_transaction, cash_balance, charge, customer,
    customer_cash_balance_transaction, event, payout,
};
use stripe_types::Currency::USD;

type Done = Result<(), StripeError>;

/// Money that can be spent at once.
async fn funded(client: &Client) -> Result<String, StripeError> {
    let made = charge::CreateCharge::new()
        .amount(50_000)
        .currency(USD)
        .source("tok_bypassPending")
        .send(client)
        .await?;
    Ok(made.id.to_string())
}

#[tokio::test]
async fn balances() -> Done {
    let server = Server::start();
    let client = server.platform();
    funded(&client).await?;
    let held = balance::RetrieveForMyAccountBalance::new().send(&client).await?;
    // 50,000 - 2.9% - 30.
    assert_eq!(held.available.first().map(|it| it.amount), Some(48_520));
    balance_settings::RetrieveForMyAccountBalanceSettings::new().send(&client).await?;
    let listed = balance_transaction::ListBalanceTransaction::new().send(&client).await?;
    let first = listed.data.first().expect("the charge moved it");
    assert_eq!(first.net, 48_520);
    balance_transaction::RetrieveBalanceTransaction::new(first.id.as_str()).send(&client).await?;
    let sent = payout::CreatePayout::new(1000, USD).send(&client).await?;
    payout::RetrievePayout::new(sent.id.as_str()).send(&client).await?;
    payout::CancelPayout::new(sent.id.as_str()).send(&client).await?;
    assert_eq!(payout::ListPayout::new().send(&client).await?.data.len(), 1);
    let come = topup::CreateTopup::new(2000, USD).send(&client).await?;
    topup::RetrieveTopup::new(come.id.as_str()).send(&client).await?;
    topup::CancelTopup::new(come.id.as_str()).send(&client).await?;
    topup::ListTopup::new().send(&client).await?;
    assert!(!event::ListEvent::new().limit(100).send(&client).await?.data.is_empty());
    Ok(())
}

#[tokio::test]
async fn cash() -> Done {
    let server = Server::start();
    let client = server.platform();
    let customer = customer::CreateCustomer::new().send(&client).await?.id;
    customer::FundCashBalanceCustomer::new(customer.as_str(), 1000, USD).send(&client).await?;
    cash_balance::RetrieveCashBalance::new(customer.as_str()).send(&client).await?;
    let moved =
        customer_cash_balance_transaction::ListCustomerCustomerCashBalanceTransaction::new(customer.as_str());
    assert_eq!(moved.send(&client).await?.data.len(), 1);
    Ok(())
}

#[tokio::test]
async fn accounts() -> Done {
    let server = Server::start();
    let client = server.platform();
    account::RetrieveForMyAccountAccount::new().send(&client).await?;
    let made = account::CreateAccount::new().type_(account::CreateAccountType::Custom).country("US");
    let made = made.send(&client).await?;
    let id = made.id.as_str();
    account::RetrieveAccount::new(id).send(&client).await?;
    account::CapabilitiesAccount::new(id).send(&client).await?;
    capability::UpdateCapability::new(id, "transfers").requested(true).send(&client).await?;
    let ann = person::CreateAccountPerson::new(id).first_name("Ann").send(&client).await?;
    person::RetrievePerson::new(id, ann.id.as_str()).send(&client).await?;
    person::DeletePerson::new(id, ann.id.as_str()).send(&client).await?;
    let open =
        account_link::CreateAccountLink::new(id, account_link::CreateAccountLinkType::AccountOnboarding)
            .refresh_url("https://example.com/again")
            .return_url("https://example.com/done");
    open.send(&client).await?;
    account::ListAccount::new().send(&client).await?;
    account::DeleteAccount::new(id).send(&client).await?;
    let express =
        account::CreateAccount::new().type_(account::CreateAccountType::Express).send(&client).await?;
    // What is not filled in has no dashboard yet.
    let early = login_link::CreateAccountLoginLink::new(express.id.as_str()).send(&client).await;
    assert!(matches!(early, Err(StripeError::Stripe(_, 400))), "{early:?}");
    country_spec::RetrieveCountrySpec::new("US").send(&client).await?;
    Ok(())
}

#[tokio::test]
async fn refusals() -> Done {
    let server = Server::start();
    let client = server.platform();
    let refused = transfer::CreateTransfer::new(USD, "acct_nobody").amount(10).send(&client).await;
    assert!(matches!(refused, Err(StripeError::Stripe(_, 400))), "{refused:?}");
    assert!(transfer::ListTransfer::new().send(&client).await?.data.is_empty());
    assert!(application_fee::ListApplicationFee::new().send(&client).await?.data.is_empty());
    let none = transfer_reversal::CreateIdTransferReversal::new("tr_none").amount(5).send(&client).await;
    assert!(matches!(none, Err(StripeError::Stripe(_, 404))), "{none:?}");
    let unknown = server.client("sk_live_nobody");
    let refused = balance::RetrieveForMyAccountBalance::new().send(&unknown).await;
    assert!(matches!(refused, Err(StripeError::Stripe(_, 401))), "{refused:?}");
    Ok(())
}
