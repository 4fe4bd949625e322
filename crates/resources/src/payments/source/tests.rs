use crate::testing::{Answer, Bench, PLATFORM, PUBLIC, SELLER};

fn card(bench: &Bench, token: &str) -> Answer {
    bench.post(SELLER, "/v1/sources", &format!("type=card&token={token}")).ok()
}

fn proven(bench: &Bench, token: &str) -> Answer {
    let card = card(bench, token).text("id");
    bench.told();
    let form = format!(
        "type=three_d_secure&amount=1000&currency=usd&three_d_secure[card]={card}&redirect[return_url]=https%3A%2F%2Fexample.com%2Fback"
    );
    bench.post(SELLER, "/v1/sources", &form).ok()
}

fn charge(bench: &Bench, source: &str, form: &str) -> Answer {
    bench.post(SELLER, "/v1/charges", &format!("amount=1000&currency=usd&source={source}&{form}"))
}

fn seen(bench: &Bench, id: &str) -> Answer {
    bench.get(SELLER, &format!("/v1/sources/{id}")).ok()
}

fn kinds(bench: &Bench) -> Vec<&'static str> {
    bench.told().into_iter().map(|(_, kind)| kind).collect()
}

#[test]
fn a_card_is_charged_once_by_nobody_in_particular() {
    let bench = Bench::new();
    let form =
        "type=card&token=tok_visa&owner[email]=a%40example.com&owner[address][city]=Linz&metadata[a]=b";
    let source = bench.post(SELLER, "/v1/sources", form).ok();
    let id = source.text("id");
    assert!(id.starts_with("src_"));
    assert_eq!(
        (source.text("status"), source.text("flow"), source.text("usage")),
        ("chargeable".into(), "none".into(), "reusable".into())
    );
    assert_eq!((source.text("card.brand"), source.text("card.last4")), ("Visa".into(), "4242".into()));
    assert_eq!(
        (source.text("owner.email"), source.text("owner.address.city")),
        ("a@example.com".into(), "Linz".into())
    );
    assert!(source.body.get("taken").is_none());
    assert_eq!(kinds(&bench), [super::CHARGEABLE]);
    let paid = charge(&bench, &id, "").ok();
    assert_eq!((paid.text("source.id"), paid.text("source.object")), (id.clone(), "source".into()));
    assert_eq!(
        (paid.text("payment_method"), paid.text("payment_method_details.card.last4")),
        (id.clone(), "4242".into())
    );
    assert_eq!(seen(&bench, &id).text("status"), "consumed");
    assert_eq!(charge(&bench, &id, "").refusal().1, "invalid_source_usage");
    let changed =
        bench.post(SELLER, &format!("/v1/sources/{id}"), "metadata[a]=&metadata[c]=d&owner[name]=Ann").ok();
    assert_eq!((changed.text("metadata.c"), changed.text("owner.name")), ("d".into(), "Ann".into()));
    let refund = bench.post(SELLER, "/v1/refunds", &format!("charge={}", paid.text("id"))).ok();
    assert_eq!(refund.text("status"), "succeeded");
}

#[test]
fn a_customer_keeps_it() {
    let bench = Bench::new();
    let id = card(&bench, "tok_mastercard").text("id");
    let customer = bench.post(SELLER, "/v1/customers", "").ok().text("id");
    let at = format!("/v1/customers/{customer}/sources");
    let kept = bench.post(SELLER, &at, &format!("source={id}")).ok();
    assert_eq!(
        (kept.text("id"), kept.text("customer"), kept.text("card.cvc_check")),
        (id.clone(), customer.clone(), "pass".into())
    );
    assert_eq!(bench.get(SELLER, &at).ok().text("data.0.id"), id);
    let one = format!("{at}/{id}");
    assert_eq!(bench.get(SELLER, &one).ok().text("object"), "source");
    // Any number of times, for its customer alone.
    for _ in 0..2 {
        let paid = charge(&bench, &id, &format!("customer={customer}")).ok();
        assert_eq!(paid.text("customer"), customer);
    }
    assert_eq!(charge(&bench, &id, "").refusal().1, "invalid_source_usage");
    let other = bench.post(SELLER, "/v1/customers", "").ok().text("id");
    assert_eq!(charge(&bench, &id, &format!("customer={other}")).refusal().1, "missing");
    assert_eq!(
        bench.post(SELLER, &format!("/v1/customers/{other}/sources"), &format!("source={id}")).refusal().1,
        "invalid_source_usage"
    );
    assert_eq!(bench.get(SELLER, &format!("/v1/customers/{other}/sources/{id}")).refusal().0, 404);
    let gone = bench.delete(SELLER, &one).ok();
    assert_eq!((gone.text("id"), gone.text("status")), (id.clone(), "consumed".into()));
    assert!(gone.body.get("customer").is_none());
    assert_eq!(charge(&bench, &id, &format!("customer={customer}")).refusal().1, "invalid_source_usage");
    assert_eq!(bench.get(SELLER, &at).ok().items().len(), 0);
    // With a customer who is made or changed.
    let id = card(&bench, "tok_visa").text("id");
    let made = bench.post(SELLER, "/v1/customers", &format!("source={id}")).ok().text("id");
    assert_eq!(seen(&bench, &id).text("customer"), made);
    bench.delete(SELLER, &format!("/v1/customers/{made}")).ok();
    assert_eq!(seen(&bench, &id).text("status"), "consumed");
    let refused = card(&bench, "tok_chargeDeclined").text("id");
    assert_eq!(bench.post(SELLER, &at, &format!("source={refused}")).refusal().0, 402);
}

#[test]
fn a_holder_proves_who_they_are() {
    let bench = Bench::new();
    let source = proven(&bench, "tok_threeDSecure2Required");
    let id = source.text("id");
    assert_eq!(
        (source.text("status"), source.text("flow"), source.text("redirect.status")),
        ("pending".into(), "redirect".into(), "pending".into())
    );
    assert_eq!((source.text("usage"), source.text("type")), ("single_use".into(), "three_d_secure".into()));
    assert_eq!(charge(&bench, &id, "").refusal().1, "invalid_source_usage");
    let secret = source.text("redirect.url").rsplit('/').next().unwrap_or_default().to_owned();
    assert!(bench.answer_challenge(&id, "wrong", true).is_none());
    let Some(followed) = bench.answer_challenge(&id, &secret, true) else { panic!("it goes on") };
    let back = followed.goes_on.unwrap_or_default();
    assert!(
        followed.well && back.starts_with("https://example.com/back?client_secret=src_client_secret_"),
        "{back}"
    );
    assert!(back.ends_with(&format!("source={id}")), "{back}");
    assert_eq!(kinds(&bench), [super::CHARGEABLE]);
    let ready = seen(&bench, &id);
    assert_eq!(
        (ready.text("status"), ready.text("redirect.status")),
        ("chargeable".into(), "succeeded".into())
    );
    assert!(ready.is("three_d_secure.authenticated"));
    let other = bench.post(SELLER, "/v1/charges", &format!("amount=999&currency=usd&source={id}"));
    assert_eq!(other.refusal().1, "invalid_source_usage");
    charge(&bench, &id, "").ok();
    assert_eq!(seen(&bench, &id).text("status"), "consumed");
    let customer = bench.post(SELLER, "/v1/customers", "").ok().text("id");
    let again = proven(&bench, "tok_threeDSecure2Required");
    let secret = again.text("redirect.url").rsplit('/').next().unwrap_or_default().to_owned();
    let failed = bench.answer_challenge(&again.text("id"), &secret, false);
    assert!(failed.is_some_and(|it| !it.well));
    assert_eq!(seen(&bench, &again.text("id")).text("status"), "failed");
    assert!(kinds(&bench).contains(&super::FAILED));
    let path = format!("/v1/customers/{customer}/sources");
    assert_eq!(
        bench.post(SELLER, &path, &format!("source={}", again.text("id"))).refusal().1,
        "invalid_source_usage"
    );
    // A bank that has no such service, and one where it breaks down.
    assert_eq!(proven(&bench, "tok_visa").text("redirect.status"), "not_required");
    assert_eq!(proven(&bench, "tok_threeDSecureRequiredProcessingError").text("status"), "failed");
}

#[test]
fn time_ends() {
    let bench = Bench::new();
    let source = proven(&bench, "tok_threeDSecure2Required").text("id");
    bench.wait(6 * 3600);
    assert_eq!(seen(&bench, &source).text("status"), "canceled");
    assert!(kinds(&bench).contains(&super::CANCELED));
}

#[test]
fn what_cannot_be_a_source() {
    let bench = Bench::new();
    let id = card(&bench, "tok_visa").text("id");
    let back = "redirect[return_url]=https%3A%2F%2Fexample.com";
    for (form, param) in [
        ("token=tok_visa".to_owned(), "type"),
        ("type=ideal".into(), "type"),
        ("type=card".into(), "token"),
        ("type=card&token=tok_none".into(), "token"),
        ("type=card&token=btok_us_verified".into(), "token"),
        (format!("type=card&token=tok_visa&{back}"), "redirect"),
        ("type=card&token=tok_visa&owner[email]=x".into(), "owner[email]"),
        (format!("type=three_d_secure&currency=usd&three_d_secure[card]={id}&{back}"), "amount"),
        (format!("type=three_d_secure&amount=1000&three_d_secure[card]={id}&{back}"), "currency"),
        (format!("type=three_d_secure&amount=1000&currency=usd&{back}"), "three_d_secure[card]"),
        (
            format!("type=three_d_secure&amount=1000&currency=usd&three_d_secure[card]=src_none&{back}"),
            "three_d_secure[card]",
        ),
        (
            format!("type=three_d_secure&amount=1000&currency=usd&three_d_secure[card]={id}"),
            "redirect[return_url]",
        ),
        (
            format!(
                "type=three_d_secure&amount=1000&currency=usd&original_source={id}&redirect[return_url]=nowhere"
            ),
            "redirect[return_url]",
        ),
        (
            format!(
                "type=three_d_secure&amount=1000&currency=usd&original_source={id}&usage=reusable&{back}"
            ),
            "usage",
        ),
    ] {
        assert_eq!(bench.post(SELLER, "/v1/sources", &form).refusal().2, param, "{form}");
    }
    assert_eq!(bench.get(PLATFORM, &format!("/v1/sources/{id}")).refusal().0, 404);
    assert_eq!(bench.get(PUBLIC, &format!("/v1/sources/{id}")).refusal().2, "client_secret");
    let secret = seen(&bench, &id).text("client_secret");
    assert_eq!(bench.get(PUBLIC, &format!("/v1/sources/{id}?client_secret={secret}")).ok().text("id"), id);
    assert_eq!(
        bench.post(SELLER, &format!("/v1/sources/{id}/verify"), "values[]=1").refusal().1,
        "invalid_source_usage"
    );
    assert_eq!(bench.get(SELLER, &format!("/v1/sources/{id}/source_transactions")).ok().items().len(), 0);
}
