//! Sessions of the portal.
use super::{CREATED, Opened, PREFIXES, complete, mode_of, open};
use crate::testing::{Answer, Bench, PLATFORM, SELLER, SELLER_ID, TOKEN, now};
use base::Caller;

const SESSIONS: &str = "/v1/billing_portal/sessions";
const ALL: &str = "/v1/billing_portal/configurations";

fn opened(bench: &Bench, url: &str) -> Option<Opened> {
    let secret = url.rsplit_once('/').map_or("", |(_, secret)| secret).to_owned();
    let caller = Caller::system(SELLER_ID, mode_of(&secret).unwrap_or_default());
    let reply = now(bench.api.transact(&caller, |cx| {
        let secret = secret.clone();
        Box::pin(async move { open(cx, &secret).await })
    }));
    match reply {
        Ok(api::Reply::Done(it)) => it,
        other => panic!("{other:?}"),
    }
}

fn subscribed(bench: &Bench) -> (String, Answer) {
    let form = "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
    let customer = bench.post(SELLER, "/v1/customers", form).ok().text("id");
    let product = bench.post(SELLER, "/v1/products", "name=Gold").ok().text("id");
    let form = format!("product={product}&currency=usd&unit_amount=1000&recurring[interval]=month");
    let price = bench.post(SELLER, "/v1/prices", &form).ok().text("id");
    let form = format!("customer={customer}&items[0][price]={price}");
    let it = bench.post(SELLER, "/v1/subscriptions", &form).ok();
    (customer, it)
}

#[test]
fn an_address_lets_a_customer_in_for_a_while() {
    let bench = Bench::new();
    let customer = bench.post(SELLER, "/v1/customers", "name=Zoe").ok().text("id");
    let ask = |more: &str| bench.post(SELLER, SESSIONS, &format!("customer={customer}{more}"));
    let made = ask("&return_url=https://shop.example/account&locale=en-GB&expand[]=configuration").ok();
    let url = made.text("url");
    assert!(url.contains(&format!("/portal/{SELLER_ID}/{}", PREFIXES[0])), "{url}");
    assert!(made.is("configuration.is_default") && made.text("locale") == "en-GB");
    assert!(made.at("flow").is_null());
    // Neither what is told nor what is kept opens anything.
    let secret = url.rsplit_once('/').map(|(_, secret)| secret.to_owned()).unwrap_or_default();
    assert!(bench.told().iter().any(|(_, kind)| *kind == CREATED));
    let it = opened(&bench, &url).unwrap();
    assert!(!format!("{:?}", it.session).contains(&secret));
    assert_eq!(
        (it.customer.id.as_str(), it.return_url()),
        (customer.as_str(), Some("https://shop.example/account"))
    );
    // It lasts an hour from the last visit on.
    bench.clock.advance(3000);
    assert!(opened(&bench, &url).is_some());
    bench.clock.advance(3000);
    assert!(opened(&bench, &url).is_some());
    bench.clock.advance(3601);
    assert!(opened(&bench, &url).is_none());
    // Who does not come in five minutes is too late.
    let late = ask("").ok().text("url");
    bench.clock.advance(300);
    assert!(opened(&bench, &late).is_none());
    assert!(opened(&bench, &format!("{late}x")).is_none());
    // Nobody stays for ever.
    let long = ask("").ok().text("url");
    for _ in 0..24 {
        assert!(opened(&bench, &long).is_some());
        bench.clock.advance(3590);
    }
    bench.clock.advance(300);
    assert!(opened(&bench, &long).is_none());
}

#[test]
fn a_customer_is_led_to_one_thing() {
    let bench = Bench::new();
    let (customer, it) = subscribed(&bench);
    let id = it.text("id");
    let ask = |more: &str| bench.post(TOKEN, SESSIONS, &format!("customer={customer}&flow_data{more}"));
    let cancel = "[type]=subscription_cancel&flow_data[subscription_cancel][subscription]";
    let made = ask(&format!(
        "{cancel}={id}&flow_data[after_completion][type]=redirect&flow_data[after_completion][redirect][return_url]=https://shop.example/bye"
    ))
    .ok();
    assert_eq!(
        made.at("flow").to_json(),
        format!(
            r#"{{"after_completion":{{"hosted_confirmation":null,"redirect":{{"return_url":"https://shop.example/bye"}},"type":"redirect"}},"customer_update":null,"subscription_cancel":{{"retention":null,"subscription":"{id}"}},"subscription_pause":null,"subscription_update":null,"subscription_update_confirm":null,"type":"subscription_cancel"}}"#
        )
    );
    let session = opened(&bench, &made.text("url")).unwrap();
    assert_eq!(session.caller(SELLER_ID, "req_1").platform.as_deref(), Some(crate::testing::PLATFORM_ID));
    let caller = Caller::system(SELLER_ID, false);
    let ends = now(bench.api.transact(&caller, |cx| {
        let id = session.session.id.clone();
        Box::pin(async move { complete(cx, &id).await })
    }));
    assert!(ends.is_ok() && opened(&bench, &made.text("url")).unwrap().session.completed.0);
    for (form, code, param) in [
        ("[type]=subscription_cancel", "parameter_missing", "flow_data[subscription_cancel]"),
        (
            "[type]=subscription_cancel&flow_data[subscription_cancel][subscription]=sub_none",
            "resource_missing",
            "flow_data[subscription_cancel][subscription]",
        ),
        // The default configuration offers nothing to switch to.
        (
            &format!("[type]=subscription_update&flow_data[subscription_update][subscription]={id}"),
            "",
            "flow_data[type]",
        ),
        (
            "[type]=payment_method_update&flow_data[after_completion][type]=redirect",
            "parameter_missing",
            "flow_data[after_completion][redirect][return_url]",
        ),
        (
            &format!("[type]=payment_method_update&flow_data[subscription_cancel][subscription]={id}"),
            "",
            "flow_data[subscription_cancel]",
        ),
        (
            "[type]=payment_method_update&flow_data[after_completion][type]=portal_homepage&flow_data[after_completion][hosted_confirmation][custom_message]=x",
            "",
            "flow_data[after_completion][hosted_confirmation]",
        ),
    ] {
        assert_eq!(ask(form).refusal(), (400, code.into(), param.into()), "{form}");
    }
    bench.post(SELLER, &format!("/v1/subscriptions/{id}"), "cancel_at_period_end=true").ok();
    assert_eq!(ask(&format!("{cancel}={id}")).refusal().2, "flow_data[subscription_cancel][subscription]");
}

#[test]
fn a_change_to_agree_to_is_one_that_is_offered() {
    let bench = Bench::new();
    let (customer, it) = subscribed(&bench);
    let (price, item) = (it.text("items.data.0.price.id"), it.text("items.data.0.id"));
    let product = it.text("items.data.0.price.product");
    let update = "features[subscription_update]";
    let form = format!(
        "{update}[enabled]=true&{update}[default_allowed_updates][]=quantity&{update}[products][0][product]={product}&{update}[products][0][prices][]={price}"
    );
    let configuration = bench.post(SELLER, ALL, &form).ok().text("id");
    let confirm = "flow_data[subscription_update_confirm]";
    let ask = |more: &str| {
        let form = format!(
            "customer={customer}&configuration={configuration}&flow_data[type]=subscription_update_confirm\
             &{confirm}[subscription]={}&{confirm}[items][0][id]={item}{more}",
            it.text("id")
        );
        bench.post(SELLER, SESSIONS, &form)
    };
    let made = ask(&format!("&{confirm}[items][0][quantity]=3")).ok();
    assert_eq!(
        made.at("flow.subscription_update_confirm.items").to_json(),
        format!(r#"[{{"id":"{item}","price":null,"quantity":3}}]"#)
    );
    for (more, param) in [
        (format!("&{confirm}[items][0][price]={price}"), "[items][0][price]"),
        (format!("&{confirm}[items][0][quantity]=0"), "[items][0][quantity]"),
        (format!("&{confirm}[discounts][0][coupon]=none"), "[discounts][0][coupon]"),
        (format!("&{confirm}[items][1][id]=x"), "[items]"),
    ] {
        assert_eq!(ask(&more).refusal().2, format!("{confirm}{param}"), "{more}");
    }
}

#[test]
fn whom_it_lets_in_is_one_of_the_account() {
    let bench = Bench::new();
    let customer = bench.post(SELLER, "/v1/customers", "").ok().text("id");
    for (key, more, code, param) in [
        (PLATFORM, "", "resource_missing", "customer"),
        (SELLER, "&configuration=bpc_none", "resource_missing", "configuration"),
        (SELLER, "&locale=xx", "", "locale"),
        (SELLER, "&return_url=nowhere", "url_invalid", "return_url"),
        (SELLER, "&on_behalf_of=acct_none", "resource_missing", "on_behalf_of"),
    ] {
        let refused = bench.post(key, SESSIONS, &format!("customer={customer}{more}")).refusal();
        assert_eq!(refused, (400, code.into(), param.into()), "{more}");
    }
}
