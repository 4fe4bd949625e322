//! Configurations of the portal.
use super::{CREATED, UPDATED};
use crate::testing::{Bench, SELLER, TOKEN};

const ALL: &str = "/v1/billing_portal/configurations";

fn price(bench: &Bench, product: &str, more: &str) -> String {
    let form = format!("product={product}&currency=usd&unit_amount=1000{more}");
    bench.post(SELLER, "/v1/prices", &form).ok().text("id")
}

#[test]
fn a_configuration_says_what_customers_may_do() {
    let bench = Bench::new();
    let product = bench.post(SELLER, "/v1/products", "name=Gold").ok().text("id");
    let monthly = price(&bench, &product, "&recurring[interval]=month");
    let update = "features[subscription_update]";
    let made = bench
        .post(
            TOKEN,
            ALL,
            &format!(
                "features[customer_update][enabled]=true&features[customer_update][allowed_updates][]=email\
                 &features[subscription_cancel][enabled]=true&features[subscription_cancel][mode]=immediately\
                 &features[subscription_cancel][proration_behavior]=always_invoice\
                 &features[subscription_pause][enabled]=true&features[subscription_pause][duration][type]=interval_options\
                 &features[subscription_pause][duration][interval_options][0][interval]=week\
                 &{update}[enabled]=true&{update}[default_allowed_updates][]=price&{update}[products][0][product]={product}\
                 &{update}[products][0][prices][]={monthly}&{update}[products][0][adjustable_quantity][enabled]=true\
                 &business_profile[headline]=Our+shop&name=Main&metadata[a]=b"
            ),
        )
        .ok();
    assert!(made.text("id").starts_with("bpc_") && made.is("active") && !made.is("is_default"));
    assert_eq!(made.text("application"), crate::testing::APPLICATION);
    assert!(!made.is("features.invoice_history.enabled"));
    let update_told = made.at("features.subscription_update.products").to_json();
    assert_eq!(
        update_told,
        format!(
            r#"[{{"adjustable_quantity":{{"enabled":true,"maximum":null,"minimum":1}},"prices":["{monthly}"],"product":"{product}"}}]"#
        )
    );
    assert_eq!(made.number("features.subscription_pause.duration.interval_options.0.interval_count"), 1);
    let one = format!("{ALL}/{}", made.text("id"));
    let off = bench
        .post(SELLER, &one, "features[subscription_cancel][enabled]=false&active=false&name=&metadata[a]=")
        .ok();
    assert!(!off.is("features.subscription_cancel.enabled") && !off.is("active"));
    assert_eq!(off.text("features.subscription_cancel.mode"), "immediately");
    assert!(off.at("name").is_null() && off.at("metadata").to_json() == "{}");
    assert_eq!(bench.get(SELLER, &one).ok().body, off.body);
    let told: Vec<_> =
        bench.told().into_iter().map(|(_, kind)| kind).filter(|it| it.starts_with("billing_")).collect();
    assert_eq!(told, [CREATED, UPDATED]);
}

#[test]
fn every_account_has_one_without_making_it() {
    let bench = Bench::new();
    let found = bench.get(SELLER, ALL).ok().items();
    assert_eq!(found.len(), 1);
    let usual = &found[0];
    assert!(usual.is("is_default") && usual.is("features.invoice_history.enabled"));
    let one = format!("{ALL}/{}", usual.text("id"));
    assert_eq!(bench.get(SELLER, &one).ok().body, usual.body);
    bench.post(SELLER, &one, "features[invoice_history][enabled]=false").ok();
    bench.post(SELLER, ALL, "features[invoice_history][enabled]=true").ok();
    let all = bench.get(SELLER, ALL).ok().items();
    let of: Vec<_> =
        all.iter().map(|it| (it.is("is_default"), it.is("features.invoice_history.enabled"))).collect();
    assert_eq!(of, [(false, true), (true, false)]);
    assert_eq!(bench.get(SELLER, &format!("{ALL}?is_default=true")).ok().items().len(), 1);
    assert_eq!(bench.post(SELLER, &one, "active=false").refusal(), (400, String::new(), "active".into()));
}

#[test]
fn what_does_not_go_together_is_refused() {
    let bench = Bench::new();
    let product = bench.post(SELLER, "/v1/products", "name=Gold").ok().text("id");
    let other = bench.post(SELLER, "/v1/products", "name=Silver").ok().text("id");
    let (once, month) = (price(&bench, &product, ""), price(&bench, &product, "&recurring[interval]=month"));
    let with = |price: &str, product: &str| {
        format!(
            "features[subscription_update][enabled]=true&features[subscription_update][default_allowed_updates][]=price\
             &features[subscription_update][products][0][product]={product}&features[subscription_update][products][0][prices][]={price}"
        )
    };
    let products = "features[subscription_update][products]";
    for (form, code, param) in [
        (String::new(), "parameter_missing", "features".to_owned()),
        (
            "features[customer_update][allowed_updates][]=name".into(),
            "parameter_missing",
            "features[customer_update][enabled]".into(),
        ),
        (
            "features[customer_update][enabled]=true".into(),
            "",
            "features[customer_update][allowed_updates]".into(),
        ),
        (
            "features[subscription_update][enabled]=true".into(),
            "",
            "features[subscription_update][default_allowed_updates]".into(),
        ),
        (
            "features[subscription_update][enabled]=true&features[subscription_update][default_allowed_updates][]=price".into(),
            "",
            products.into(),
        ),
        (with(&once, &product), "", format!("{products}[0][prices]")),
        (with(&month, &other), "", format!("{products}[0][prices]")),
        (with("price_none", &product), "resource_missing", format!("{products}[0][prices]")),
        (with(&month, "prod_none"), "resource_missing", format!("{products}[0][product]")),
        (
            "features[subscription_cancel][enabled]=true&features[subscription_cancel][proration_behavior]=always_invoice".into(),
            "",
            "features[subscription_cancel][proration_behavior]".into(),
        ),
        (
            "features[subscription_pause][duration][type]=interval_options".into(),
            "",
            "features[subscription_pause][duration][interval_options]".into(),
        ),
        (
            "features[invoice_history][enabled]=true&business_profile[privacy_policy_url]=nowhere".into(),
            "url_invalid",
            "business_profile[privacy_policy_url]".into(),
        ),
        (
            "features[invoice_history][enabled]=true&login_page[enabled]=true".into(),
            "parameter_unknown",
            "login_page".into(),
        ),
    ] {
        assert_eq!(bench.post(SELLER, ALL, &form).refusal(), (400, code.into(), param), "{form}");
    }
    let missing = bench.get(SELLER, &format!("{ALL}/bpc_none")).refusal();
    assert_eq!(missing, (404, "resource_missing".into(), "id".into()));
}
