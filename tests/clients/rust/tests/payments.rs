//! Customers, payment methods, intents, charges, refunds and disputes.
use async_stripe_client::Server;
use stripe::{Client, StripeError};
use stripe_core::{
    PaymentIntentCaptureMethod, charge, customer, customer_balance_transaction, dispute, payment_intent,
    refund, setup_attempt, setup_intent,
};
use stripe_payment::{payment_method, payment_method_configuration, payment_method_domain};
use stripe_types::Currency::USD;

type Done = Result<(), StripeError>;
const BACK: &str = "https://example.com";

async fn jenny(client: &Client) -> Result<String, StripeError> {
    Ok(customer::CreateCustomer::new().email("jenny@example.com").send(client).await?.id.to_string())
}

#[tokio::test]
async fn customers() -> Done {
    let server = Server::start();
    let client = server.platform();
    let id = jenny(&client).await?;
    let named = customer::UpdateCustomer::new(id.as_str()).name("Jenny Rosen").send(&client).await?;
    assert_eq!(named.name.as_deref(), Some("Jenny Rosen"));
    customer::RetrieveCustomer::new(id.as_str()).send(&client).await?;
    let listed = customer::ListCustomer::new().limit(3).send(&client).await?;
    assert!(listed.data.iter().any(|it| it.id.as_str() == id));
    let found = customer::SearchCustomer::new("email:'jenny@example.com'").send(&client).await?;
    assert_eq!(found.data.len(), 1);
    let owed =
        customer_balance_transaction::CreateCustomerCustomerBalanceTransaction::new(id.as_str(), 300, USD)
            .send(&client)
            .await?;
    assert_eq!(owed.ending_balance, 300);
    customer_balance_transaction::ListCustomerCustomerBalanceTransaction::new(id.as_str())
        .send(&client)
        .await?;
    customer::DeleteCustomer::new(id.as_str()).send(&client).await?;
    Ok(())
}

#[tokio::test]
async fn payment_methods() -> Done {
    let server = Server::start();
    let client = server.platform();
    let customer = jenny(&client).await?;
    let kept = payment_method::AttachPaymentMethod::new("pm_card_visa")
        .customer(customer.as_str())
        .send(&client)
        .await?;
    let listed = payment_method::ListPaymentMethod::new().customer(customer.as_str()).send(&client).await?;
    assert_eq!(listed.data.len(), 1);
    let read = payment_method::RetrievePaymentMethod::new(kept.id.as_str()).send(&client).await?;
    assert_eq!(read.card.map(|it| it.last4), Some("4242".into()));
    payment_method::DetachPaymentMethod::new(kept.id.as_str()).send(&client).await?;
    payment_method_configuration::ListPaymentMethodConfiguration::new().send(&client).await?;
    let domain = payment_method_domain::CreatePaymentMethodDomain::new("shop.example").send(&client).await?;
    payment_method_domain::ValidatePaymentMethodDomain::new(domain.id.as_str()).send(&client).await?;
    Ok(())
}

#[tokio::test]
async fn intents() -> Done {
    let server = Server::start();
    let client = server.platform();
    let customer = jenny(&client).await?;
    let kept = payment_method::AttachPaymentMethod::new("pm_card_visa")
        .customer(customer.as_str())
        .send(&client)
        .await?;
    let made = payment_intent::CreatePaymentIntent::new(2000, USD)
        .customer(customer.as_str())
        .payment_method(kept.id.as_str())
        .return_url(BACK)
        .confirm(true)
        .send(&client)
        .await?;
    assert_eq!(made.amount_received, 2000);
    let held = payment_intent::CreatePaymentIntent::new(1000, USD)
        .capture_method(PaymentIntentCaptureMethod::Manual)
        .customer(customer.as_str())
        .send(&client)
        .await?;
    payment_intent::UpdatePaymentIntent::new(held.id.as_str()).amount(1500).send(&client).await?;
    let held = payment_intent::ConfirmPaymentIntent::new(held.id.as_str())
        .payment_method(kept.id.as_str())
        .return_url(BACK)
        .send(&client)
        .await?;
    assert_eq!(held.amount_capturable, 1500);
    let taken = payment_intent::CapturePaymentIntent::new(held.id.as_str())
        .amount_to_capture(1200)
        .send(&client)
        .await?;
    assert_eq!(taken.amount_received, 1200);
    let left = payment_intent::CreatePaymentIntent::new(700, USD).send(&client).await?;
    payment_intent::CancelPaymentIntent::new(left.id.as_str()).send(&client).await?;
    payment_intent::RetrievePaymentIntent::new(left.id.as_str()).send(&client).await?;
    assert_eq!(payment_intent::ListPaymentIntent::new().send(&client).await?.data.len(), 3);
    let back = refund::CreateRefund::new().payment_intent(made.id.as_str()).amount(500).send(&client).await?;
    refund::RetrieveRefund::new(back.id.as_str()).send(&client).await?;
    assert_eq!(refund::ListRefund::new().send(&client).await?.data.len(), 1);
    Ok(())
}

#[tokio::test]
async fn setups() -> Done {
    let server = Server::start();
    let client = server.platform();
    let customer = jenny(&client).await?;
    let made = setup_intent::CreateSetupIntent::new().customer(customer.as_str()).send(&client).await?;
    setup_intent::ConfirmSetupIntent::new(made.id.as_str())
        .payment_method("pm_card_visa")
        .return_url(BACK)
        .send(&client)
        .await?;
    setup_intent::RetrieveSetupIntent::new(made.id.as_str()).send(&client).await?;
    setup_intent::ListSetupIntent::new().send(&client).await?;
    let tried = setup_attempt::ListSetupAttempt::new(made.id.as_str()).send(&client).await?;
    assert_eq!(tried.data.len(), 1);
    Ok(())
}

#[tokio::test]
async fn charges() -> Done {
    let server = Server::start();
    let client = server.platform();
    let made = charge::CreateCharge::new()
        .amount(5000)
        .currency(USD)
        .source("tok_createDispute")
        .send(&client)
        .await?;
    charge::UpdateCharge::new(made.id.as_str()).description("A chair").send(&client).await?;
    let read = charge::RetrieveCharge::new(made.id.as_str()).send(&client).await?;
    assert_eq!(read.description.as_deref(), Some("A chair"));
    let held = charge::CreateCharge::new()
        .amount(900)
        .currency(USD)
        .source("tok_visa")
        .capture(false)
        .send(&client)
        .await?;
    assert!(charge::CaptureCharge::new(held.id.as_str()).send(&client).await?.captured);
    assert_eq!(charge::ListCharge::new().send(&client).await?.data.len(), 2);
    let refused = charge::CreateCharge::new()
        .amount(900)
        .currency(USD)
        .source("tok_chargeDeclined")
        .send(&client)
        .await;
    assert!(matches!(refused, Err(StripeError::Stripe(_, 402))), "{refused:?}");
    dispute::ListDispute::new().send(&client).await?;
    Ok(())
}
