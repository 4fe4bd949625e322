//! What customers keep, asked over the whole pipeline.
use crate::{
    payments::token::tests::{CARD, ask, meddled},
    testing::{Answer, Bench, PUBLIC, SELLER, SELLER_ID, TOKEN, now},
};
use http::Method;

/// A customer with this source.
fn customer(bench: &Bench, source: &str) -> Answer {
    bench.post(TOKEN, "/v1/customers", &format!("source={source}")).ok()
}

fn told(bench: &Bench) -> Vec<&'static str> {
    bench.told().into_iter().map(|(_, kind)| kind).collect()
}

#[test]
fn declining_cards_cannot_be_kept() {
    let bench = Bench::new();
    let id = bench.post(TOKEN, "/v1/customers", "").ok().text("id");
    let path = format!("/v1/customers/{id}/sources");
    bench.told();
    for (source, code, decline_code, param) in [
        ("tok_chargeDeclined", "card_declined", "generic_decline", ""),
        ("tok_visa_chargeDeclined", "card_declined", "generic_decline", ""),
        ("tok_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds", ""),
        ("tok_visa_chargeDeclinedLostCard", "card_declined", "lost_card", ""),
        ("tok_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card", ""),
        ("tok_visa_chargeDeclinedFraudulent", "card_declined", "fraudulent", ""),
        ("tok_visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded", ""),
        ("tok_chargeDeclinedExpiredCard", "expired_card", "", "exp_month"),
        ("tok_chargeDeclinedIncorrectCvc", "incorrect_cvc", "", "cvc"),
        ("tok_chargeDeclinedProcessingError", "processing_error", "", ""),
    ] {
        for answer in [
            bench.post(TOKEN, "/v1/customers", &format!("source={source}")),
            bench.post(TOKEN, &path, &format!("source={source}")),
            bench.post(TOKEN, &format!("/v1/customers/{id}"), &format!("source={source}")),
        ] {
            assert_eq!(answer.refusal(), (402, code.into(), param.into()), "{source}");
            assert_eq!(answer.text("error.decline_code"), decline_code, "{source}");
            assert_eq!(answer.text("error.type"), "card_error");
        }
    }
    assert!(told(&bench).is_empty());
    assert!(bench.get(TOKEN, &path).ok().items().is_empty());
    // These fail only when they are charged; and who says so may skip the question.
    let kept = customer(&bench, "tok_chargeCustomerFail").text("id");
    let charged = bench.post(TOKEN, "/v1/charges", &format!("amount=500&currency=usd&customer={kept}"));
    assert_eq!((charged.status, charged.text("error.code")), (402, "card_declined".into()));
    bench.post(TOKEN, &path, "source=tok_chargeDeclined&validate=false").ok();
}

#[test]
fn what_the_bank_says_when_a_card_is_kept() {
    let bench = Bench::new();
    for (number, checks) in [
        ("4242424242424242", ["pass", "pass", "pass"]),
        ("4000000000000101", ["fail", "pass", "pass"]),
        ("4000000000000028", ["pass", "fail", "pass"]),
        ("4000000000000036", ["pass", "pass", "fail"]),
        ("4000000000000010", ["pass", "fail", "fail"]),
        ("4000000000000044", ["pass", "unavailable", "unavailable"]),
    ] {
        let form = format!(
            "{}&card[address_line1]=1+Main&card[address_zip]=94110",
            CARD.replace("4242424242424242", number)
        );
        let token = bench.post(PUBLIC, "/v1/tokens", &form).ok().text("id");
        let made =
            bench.post(TOKEN, "/v1/customers", &format!("source={token}&expand[]=default_source")).ok();
        let said = ["cvc_check", "address_line1_check", "address_zip_check"];
        let said = said.map(|name| made.text(&format!("default_source.{name}")));
        assert_eq!(said, checks, "{number}");
    }
}

#[test]
fn the_cards_of_a_customer() {
    let bench = Bench::new();
    let made = customer(&bench, "tok_visa");
    assert_eq!(told(&bench), ["customer.source.created", "customer.created"]);
    let (id, first) = (made.text("id"), made.text("default_source"));
    assert!(first.starts_with("card_1") && made.body.get("sources").is_none());
    let path = format!("/v1/customers/{id}/sources");

    let second = bench.post(TOKEN, &path, "source=tok_mastercard&metadata[a]=b").ok();
    assert_eq!((second.text("brand"), second.text("customer")), ("MasterCard".into(), id.clone()));
    assert_eq!(second.text("metadata.a"), "b");
    assert_eq!(told(&bench), ["customer.source.created"]);
    let third = bench.post(TOKEN, &format!("/v1/customers/{id}/cards"), "card=tok_amex").ok();
    assert_eq!(third.text("brand"), "American Express");
    let bank = bench.post(TOKEN, &path, "source=btok_us_verified").ok();
    assert_eq!((bank.text("object"), bank.text("customer")), ("bank_account".into(), id.clone()));

    let ids =
        |answer: Answer| -> Vec<String> { answer.ok().items().iter().map(|it| it.text("id")).collect() };
    let (second, third, bank) = (second.text("id"), third.text("id"), bank.text("id"));
    let all = [&bank, &third, &second, &first].map(String::clone);
    let list = bench.get(TOKEN, &path);
    assert_eq!(list.text("url"), path);
    assert_eq!(ids(list), all);
    assert_eq!(ids(bench.get(TOKEN, &format!("{path}?object=card"))), all[1..]);
    assert_eq!(ids(bench.get(TOKEN, &format!("{path}?object=bank_account"))), all[..1]);
    assert_eq!(ids(bench.get(TOKEN, &format!("/v1/customers/{id}/cards"))), all[1..]);
    let page = bench.get(TOKEN, &format!("{path}?limit=2"));
    assert!(page.is("has_more"));
    assert_eq!(ids(page), all[..2]);
    assert_eq!(ids(bench.get(TOKEN, &format!("{path}?limit=2&starting_after={third}"))), all[2..]);
    let page = bench.get(TOKEN, &format!("{path}?limit=2&ending_before={first}"));
    assert!(page.is("has_more"));
    assert_eq!(ids(page), all[1..3]);
    let missing = bench.get(TOKEN, &format!("{path}?starting_after=card_none")).refusal();
    assert_eq!(missing, (400, "resource_missing".into(), "starting_after".into()));
    let expanded =
        bench.get(TOKEN, &format!("/v1/customers/{id}?expand[]=sources&expand[]=default_source")).ok();
    assert!(matches!(expanded.at("sources.data"), wire::Node::List(cards) if cards.len() == 3));
    assert_eq!(expanded.text("default_source.brand"), "Visa");
    let expanded = bench.get(TOKEN, &format!("{path}/{first}?expand[]=customer")).ok();
    assert_eq!(expanded.text("customer.id"), id);

    bench.told();
    bench.post(TOKEN, &format!("/v1/customers/{id}"), &format!("default_source={second}")).ok();
    let charge = bench.post(TOKEN, "/v1/charges", &format!("amount=800&currency=usd&customer={id}")).ok();
    assert_eq!((charge.text("source.id"), charge.text("customer")), (second.clone(), id.clone()));
    bench.told();
    let gone = bench.delete(TOKEN, &format!("{path}/{second}")).ok();
    assert_eq!(
        (gone.text("id"), gone.text("object"), gone.is("deleted")),
        (second.clone(), "card".into(), true)
    );
    assert_eq!(told(&bench), ["customer.source.deleted", "customer.updated"]);
    assert_eq!(bench.get(TOKEN, &format!("/v1/customers/{id}")).ok().text("default_source"), third);
    bench.delete(TOKEN, &format!("{path}/{bank}")).ok();
    assert_eq!(bench.delete(TOKEN, &format!("{path}/{second}")).status, 404);
    bench.delete(TOKEN, &format!("{path}/{third}")).ok();
    bench.delete(TOKEN, &format!("/v1/customers/{id}/cards/{first}")).ok();
    assert!(bench.get(TOKEN, &format!("/v1/customers/{id}")).ok().at("default_source").is_null());
    let refused = bench.post(TOKEN, "/v1/charges", &format!("amount=800&currency=usd&customer={id}"));
    assert_eq!(refused.refusal(), (402, "missing".into(), "card".into()));
}

#[test]
fn a_card_is_changed() {
    let bench = Bench::new();
    let made = customer(&bench, "tok_avsZipFail");
    let path = format!("/v1/customers/{}/sources/{}", made.text("id"), made.text("default_source"));
    bench.told();
    let form = "name=New+Name&exp_month=1&exp_year=2040&address_city=Graz&address_zip=&metadata[k]=v";
    let card = bench.post(TOKEN, &path, form).ok();
    assert_eq!((card.text("name"), card.text("address_city")), ("New Name".into(), "Graz".into()));
    assert_eq!((card.number("exp_month"), card.number("exp_year")), (1, 2040));
    assert!(card.at("address_zip").is_null() && card.at("address_zip_check").is_null());
    assert_eq!((card.text("cvc_check"), card.text("metadata.k")), ("pass".into(), "v".into()));
    assert_eq!(told(&bench), ["customer.source.updated"]);
    assert_eq!(bench.post(TOKEN, &path, "address_zip=8010").ok().text("address_zip_check"), "fail");
    assert_eq!(bench.get(TOKEN, &path).ok().text("address_zip"), "8010");
    for (form, status, code, param) in [
        ("exp_month=13", 402, "invalid_expiry_month", "exp_month"),
        ("exp_year=1999", 402, "invalid_expiry_year", "exp_year"),
        ("number=4242424242424242", 400, "parameter_unknown", "number"),
        ("cvc=123", 400, "parameter_unknown", "cvc"),
        ("account_holder_name=Ann", 400, "parameter_unknown", "account_holder_name"),
    ] {
        assert_eq!(bench.post(TOKEN, &path, form).refusal(), (status, code.into(), param.into()), "{form}");
    }
    let bank = format!("/v1/customers/{}/sources", made.text("id"));
    let bank = format!("{bank}/{}", bench.post(TOKEN, &bank, "source=btok_us_verified").ok().text("id"));
    let changed = bench.post(TOKEN, &bank, "account_holder_name=Ann&account_holder_type=company").ok();
    assert_eq!(changed.text("account_holder_type"), "company");
    assert_eq!(bench.post(TOKEN, &bank, "exp_month=1").refusal().1, "parameter_unknown");
    // Nobody reaches it through another customer, or from another account.
    let other = customer(&bench, "tok_visa").text("id");
    let astray = format!("/v1/customers/{other}/sources/{}", made.text("default_source"));
    assert_eq!(bench.get(TOKEN, &astray).refusal(), (404, "resource_missing".into(), "id".into()));
    assert_eq!(bench.get(crate::testing::PLATFORM, &path).status, 404);
    assert_eq!(bench.get(TOKEN, "/v1/customers/cus_none/sources").refusal().0, 404);
}

#[test]
fn a_new_source_takes_the_place_of_the_default() {
    let bench = Bench::new();
    let made = customer(&bench, "tok_visa");
    let id = made.text("id");
    bench.told();
    let changed = bench.post(TOKEN, &format!("/v1/customers/{id}"), "source=tok_mastercard").ok();
    assert_ne!(changed.text("default_source"), made.text("default_source"));
    assert_eq!(told(&bench), ["customer.source.created", "customer.source.deleted", "customer.updated"]);
    let cards = bench.get(TOKEN, &format!("/v1/customers/{id}/sources")).ok();
    assert_eq!(cards.items().len(), 1);
    assert_eq!(cards.text("data.0.brand"), "MasterCard");
    // An own key may send a card itself in test mode.
    let typed = CARD.replace("card[", "source[");
    let own =
        bench.post(SELLER, "/v1/customers", &format!("{typed}&source[object]=card&expand[]=default_source"));
    assert_eq!(own.ok().text("default_source.last4"), "4242");
}

#[test]
fn what_a_charge_is_made_from() {
    let bench = Bench::new();
    let made = customer(&bench, "tok_visa");
    let (id, card) = (made.text("id"), made.text("default_source"));
    let charge = |form: &str| bench.post(TOKEN, "/v1/charges", &format!("amount=500&currency=usd&{form}"));
    assert_eq!(charge(&format!("customer={id}&source={card}")).ok().text("source.id"), card);
    for (form, status, code, param) in [
        ("", 400, "parameter_missing", ""),
        ("source=tok_none", 400, "resource_missing", "source"),
        (&*format!("source={card}"), 400, "resource_missing", "source"),
        (&*format!("customer={id}&source=card_none"), 400, "missing", "source"),
        (&*format!("customer={id}&source=tok_visa"), 400, "missing", "source"),
        ("customer=cus_none", 400, "resource_missing", "customer"),
        ("source=btok_us_verified", 400, "invalid_source_usage", "source"),
        ("source=4242424242424242", 400, "", "source"),
    ] {
        assert_eq!(charge(form).refusal(), (status, code.into(), param.into()), "{form}");
    }
    assert_eq!(charge("").text("error.message"), "Must provide source or customer.");
    let token = bench.post(PUBLIC, "/v1/tokens", CARD).ok().text("id");
    charge(&format!("source={token}")).ok();
    assert_eq!(charge(&format!("source={token}")).refusal().1, "token_already_used");
    // A declined charge has used its token, too.
    let declining = CARD.replace("4242424242424242", "4000000000000002");
    let token = bench.post(PUBLIC, "/v1/tokens", &declining).ok().text("id");
    assert_eq!(charge(&format!("source={token}")).refusal().1, "card_declined");
    assert_eq!(charge(&format!("source={token}")).refusal().1, "token_already_used");
    let typed = CARD.replace("card[", "source[");
    bench.post(SELLER, "/v1/charges", &format!("amount=500&currency=usd&{typed}&source[object]=card")).ok();
    let both = format!("amount=500&currency=usd&{typed}&customer={id}");
    assert_eq!(bench.post(SELLER, "/v1/charges", &both).refusal().1, "parameters_exclusive");
    let listed =
        ask(&bench, &Method::GET, TOKEN, &format!("/v1/customers/{id}/cards"), "count=1", ["2012-10-26", ""]);
    assert_eq!(listed.ok().number("total_count"), 1);
}

#[test]
fn somebody_else_is_quicker() {
    // The same token, taken by two.
    let mut bench = Bench::new();
    let token = bench.post(PUBLIC, "/v1/tokens", CARD).ok().text("id");
    let form = format!("source={token}");
    let same = form.clone();
    meddled(&mut bench, move |other| {
        other.post(TOKEN, "/v1/customers", &same).ok();
    });
    assert_eq!(bench.post(TOKEN, "/v1/customers", &form).refusal().1, "token_already_used");
    assert_eq!(bench.get(TOKEN, "/v1/customers").ok().items().len(), 1);

    // A card for a customer who is being deleted.
    let id = customer(&bench, "tok_visa").text("id");
    let path = format!("/v1/customers/{id}");
    let same = path.clone();
    meddled(&mut bench, move |other| {
        other.delete(TOKEN, &same).ok();
    });
    assert_eq!(bench.post(TOKEN, &format!("{path}/sources"), "source=tok_visa").status, 404);
    let id = customer(&bench, "tok_visa").text("id");
    let path = format!("/v1/customers/{id}");
    let same = format!("{path}/sources");
    let added = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let tell = added.clone();
    meddled(&mut bench, move |other| {
        *tell.lock().unwrap() = other.post(TOKEN, &same, "source=tok_mastercard").ok().text("id");
    });
    bench.delete(TOKEN, &path).ok();
    let key = store::Key::new(SELLER_ID, false, "card", added.lock().unwrap().clone());
    assert!(now(bench.api.world.store.get(&key)).unwrap().is_none(), "the card is left behind");

    // The default goes, and so does the card that would take its place.
    let made = customer(&bench, "tok_visa");
    let path = format!("/v1/customers/{}/sources", made.text("id"));
    let oldest = bench.post(TOKEN, &path, "source=tok_amex").ok().text("id");
    let next = format!("{path}/{}", bench.post(TOKEN, &path, "source=tok_mastercard").ok().text("id"));
    meddled(&mut bench, move |other| {
        other.delete(TOKEN, &next).ok();
    });
    bench.delete(TOKEN, &format!("{path}/{}", made.text("default_source"))).ok();
    let left = bench.get(TOKEN, &format!("/v1/customers/{}", made.text("id"))).ok();
    assert_eq!(left.text("default_source"), oldest);
}
