//! Charges in another currency than that of the account.
use super::*;
use crate::testing::Answer;
use ::money::{Pricing, Rate, Rates, Rule, Schedule};
use base::Currency;

/// A dollar gives 0.8 euros and 150 yen.
fn bench() -> Bench {
    let mut rates = Rates::default();
    for (code, rate) in [("eur", "0.8"), ("jpy", "150")] {
        rates.set(Currency::parse(code).unwrap(), Rate::parse(rate).unwrap());
    }
    Bench::priced(Pricing { rates, ..Pricing::default() })
}

fn moved(bench: &Bench, id: &str) -> Answer {
    bench.get(TOKEN, &format!("/v1/balance_transactions/{id}")).ok()
}

#[test]
fn it_settles_in_the_currency_of_the_account() {
    let bench = bench();
    let form = "amount=1000&currency=eur&source=tok_visa&application_fee_amount=100";
    let paid = bench.post(TOKEN, "/v1/charges", form).ok();
    assert_eq!((paid.number("amount"), paid.text("currency")), (1000, "eur".into()));
    let it = moved(&bench, &paid.text("balance_transaction"));
    // 3.9 % of $12.50 and 30 cents; the application takes €1.00.
    assert_eq!((it.number("amount"), it.number("fee"), it.number("net")), (1250, 79 + 125, 1046));
    assert_eq!((it.text("currency"), it.at("exchange_rate").to_json()), ("usd".into(), "1.25".into()));
    assert!((0..2).all(|at| it.text(&format!("fee_details.{at}.currency")) == "usd"));
    let fee = bench.get(PLATFORM, &format!("/v1/application_fees/{}", paid.text("application_fee"))).ok();
    assert_eq!((fee.number("amount"), fee.text("currency")), (100, "eur".into()));

    let refund = bench.post(TOKEN, "/v1/refunds", &format!("charge={}&amount=500", paid.text("id"))).ok();
    assert_eq!((refund.number("amount"), refund.text("currency")), (500, "eur".into()));
    let it = moved(&bench, &refund.text("balance_transaction"));
    assert_eq!((it.number("net"), it.text("currency")), (-625, "usd".into()));
    let held = bench.get(SELLER, "/v1/balance").ok();
    assert_eq!((held.number("pending.0.amount"), held.at("pending.1").is_null()), (1046 - 625, true));
}

#[test]
fn a_currency_without_decimals() {
    let bench = bench();
    let paid = bench.post(TOKEN, "/v1/charges", "amount=1500&currency=jpy&source=tok_visa").ok();
    let it = moved(&bench, &paid.text("balance_transaction"));
    assert_eq!((it.number("amount"), it.number("fee"), it.text("currency")), (1000, 69, "usd".into()));
    assert_eq!(it.at("exchange_rate").to_json(), "0.006666667");
}

#[test]
fn what_a_bank_takes_back_is_converted_as_it_came() {
    let bench = bench();
    let paid = bench.post(TOKEN, "/v1/charges", "amount=1000&currency=eur&source=tok_createDispute").ok();
    bench.settle();
    let dispute =
        bench.get(SELLER, &format!("/v1/disputes?charge={}", paid.text("id"))).ok().items().remove(0);
    assert_eq!((dispute.number("amount"), dispute.text("currency")), (1000, "eur".into()));
    let path = format!("/v1/disputes/{}", dispute.text("id"));
    bench.post(SELLER, &path, "evidence[uncategorized_text]=winning_evidence").ok();
    bench.settle();
    let won = bench.get(SELLER, &path).ok();
    let net = |at: usize| won.number(&format!("balance_transactions.{at}.net"));
    assert_eq!((net(0), net(1)), (-1250 - 1500, 1250));
    assert_eq!(won.text("balance_transactions.0.currency"), "usd");
}

#[test]
fn prices_are_the_operators() {
    let schedule = Schedule { international: 50, ..Schedule::plain(100, 10) };
    let rule = Rule { country: Some("US".into()), currency: None, method: Some("card".into()), schedule };
    let bench = Bench::priced(Pricing { rules: vec![rule], ..Pricing::default() });
    for (card, fee) in [("tok_visa", 20), ("tok_fr", 25)] {
        let form = format!("amount=1000&currency=usd&source={card}&expand[]=balance_transaction");
        assert_eq!(
            bench.post(TOKEN, "/v1/charges", &form).ok().number("balance_transaction.fee"),
            fee,
            "{card}"
        );
    }
}

#[test]
fn what_is_sent_on_is_what_was_settled() {
    let bench = bench();
    let form = "amount=1000&currency=eur&source=tok_visa&transfer_data[destination]=acct_seller&application_fee_amount=100";
    let paid = bench.post(PLATFORM, "/v1/charges", form).ok();
    let sent = bench.get(PLATFORM, &format!("/v1/transfers/{}", paid.text("transfer"))).ok();
    assert_eq!((sent.number("amount"), sent.text("currency")), (1250, "usd".into()));
    assert_eq!(bench.get(SELLER, "/v1/balance").ok().number("pending.0.amount"), 1250 - 125);
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("pending.0.amount"), 125 - 79);

    let plain =
        bench.post(PLATFORM, "/v1/charges", "amount=1000&currency=eur&source=tok_visa").ok().text("id");
    let ask = |currency: &str, amount: i64| {
        let form =
            format!("source_transaction={plain}&destination=acct_seller&currency={currency}&amount={amount}");
        bench.post(PLATFORM, "/v1/transfers", &form)
    };
    assert_eq!(ask("eur", 1000).refusal().2, "currency");
    assert_eq!(ask("usd", 1251).refusal().2, "amount");
    assert_eq!(ask("usd", 1250).ok().number("amount"), 1250);
}

#[test]
fn rates_are_told() {
    let bench = bench();
    let euro = bench.get(SELLER, "/v1/exchange_rates/eur").ok();
    assert_eq!(
        (euro.at("rates.usd").to_json(), euro.at("rates.jpy").to_json()),
        ("1.25".into(), "187.5".into())
    );
    assert_eq!(bench.get(SELLER, "/v1/exchange_rates/xyz").refusal().0, 404);
    let first = bench.get(SELLER, "/v1/exchange_rates?limit=2").ok();
    assert_eq!((first.text("data.0.id"), first.text("data.1.id")), ("eur".into(), "jpy".into()));
    assert!(first.is("has_more"));
    let rest = bench.get(SELLER, "/v1/exchange_rates?limit=2&starting_after=jpy").ok();
    assert_eq!((rest.text("data.0.id"), rest.is("has_more")), ("usd".into(), false));
    let back = bench.get(SELLER, "/v1/exchange_rates?limit=1&ending_before=usd").ok();
    assert_eq!((back.text("data.0.id"), back.is("has_more")), ("jpy".into(), true));
    assert_eq!(bench.get(SELLER, "/v1/exchange_rates?starting_after=xyz").refusal().2, "starting_after");
}
