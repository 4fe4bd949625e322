use super::*;
use crate::testing::{Bench, PLATFORM, SELLER};

fn make(bench: &Bench, form: &str) -> crate::testing::Answer {
    bench.post(PLATFORM, "/v1/prices", form)
}

#[test]
fn what_is_shown_only_to_who_expands_it() {
    let bench = Bench::new();
    let form = "currency=usd&unit_amount_decimal=0.5&product_data[name]=Gold&currency_options[eur][unit_amount]=2&lookup_key=gold";
    let it = make(&bench, form).ok();
    assert_eq!((it.at("unit_amount").is_null(), it.text("unit_amount_decimal")), (true, "0.5".into()));
    assert!(it.at("currency_options").is_null() && it.at("tiers").is_null());
    let path = format!("/v1/prices/{}", it.text("id"));
    let whole = bench.get(PLATFORM, &format!("{path}?expand[]=currency_options")).ok();
    assert_eq!(
        (
            whole.text("currency_options.usd.unit_amount_decimal"),
            whole.number("currency_options.eur.unit_amount")
        ),
        ("0.5".into(), 2)
    );
    let listed = bench.get(PLATFORM, "/v1/prices?expand[]=data.currency_options&lookup_keys[]=gold").ok();
    assert_eq!(listed.number("data.0.currency_options.eur.unit_amount"), 2);
    // The answer of the request that makes it, too.
    let form = "currency=usd&unit_amount=5&product_data[name]=Gold&currency_options[eur][unit_amount]=2&expand[]=currency_options";
    assert_eq!(make(&bench, form).ok().number("currency_options.eur.unit_amount"), 2);
    assert_eq!(bench.get(PLATFORM, &format!("{path}?expand[]=nickname")).refusal().2, "expand");
}

#[test]
fn a_lookup_key_is_one_prices() {
    let bench = Bench::new();
    let form = "currency=usd&unit_amount=5&product_data[name]=Gold&lookup_key=gold";
    let first = make(&bench, form).ok().text("id");
    assert_eq!(make(&bench, form).refusal().2, "lookup_key");
    bench.told();
    let second = make(&bench, &format!("{form}&transfer_lookup_key=true")).ok().text("id");
    assert_eq!(
        bench.told().iter().map(|(_, kind)| *kind).collect::<Vec<_>>(),
        ["product.created", UPDATED, CREATED]
    );
    assert!(bench.get(PLATFORM, &format!("/v1/prices/{first}")).ok().at("lookup_key").is_null());
    let found = bench.get(PLATFORM, "/v1/prices?lookup_keys[]=gold").ok();
    assert_eq!(
        found.items().iter().map(|it| it.text("id")).collect::<Vec<_>>(),
        std::slice::from_ref(&second)
    );
    // Once it is let go of, another may have it.
    bench.post(PLATFORM, &format!("/v1/prices/{second}"), "lookup_key=").ok();
    bench.post(PLATFORM, &format!("/v1/prices/{first}"), "lookup_key=gold").ok();
    // Another account's keys are its own.
    assert_eq!(bench.post(SELLER, "/v1/prices", form).ok().text("lookup_key"), "gold");
}

#[test]
fn what_it_costs_stays() {
    let bench = Bench::new();
    let it = make(&bench, "currency=usd&unit_amount=5&product_data[name]=Gold&tax_behavior=exclusive").ok();
    let path = format!("/v1/prices/{}", it.text("id"));
    for (form, param) in [
        ("unit_amount=6", "unit_amount"),
        ("currency=eur", "currency"),
        ("recurring[interval]=month", "recurring"),
        ("tax_behavior=inclusive", "tax_behavior"),
        ("currency_options[usd][unit_amount]=5", "currency_options[usd]"),
        ("currency_options[eur][tiers][0][up_to]=inf", "currency_options[eur][tiers]"),
    ] {
        assert_eq!(bench.post(PLATFORM, &path, form).refusal().2, param, "{form}");
    }
    let form = "currency_options[eur][unit_amount]=4&nickname=old&active=false&metadata[a]=b&expand[]=currency_options";
    let it = bench.post(PLATFORM, &path, form).ok();
    assert_eq!(
        (it.number("currency_options.eur.unit_amount"), it.text("nickname"), it.is("active")),
        (4, "old".into(), false)
    );
    let it = bench.post(PLATFORM, &path, "currency_options=&expand[]=currency_options").ok();
    assert!(it.at("currency_options.eur").is_null() && it.number("currency_options.usd.unit_amount") == 5);
}

#[test]
fn what_a_quantity_costs() {
    let bench = Bench::new();
    let tiers = "billing_scheme=tiered&tiers[0][up_to]=5&tiers[0][unit_amount]=700&tiers[1][up_to]=inf&tiers[1][unit_amount]=600&tiers[1][flat_amount]=10";
    let cost = |form: &str, quantity| {
        let id = make(&bench, &format!("currency=usd&product_data[name]=Gold&{form}")).ok().text("id");
        let reply = crate::testing::now(bench.api.transact(
            &base::Caller::system(crate::testing::PLATFORM_ID, false),
            |cx| {
                let id = id.clone();
                Box::pin(async move {
                    done(cx.get::<Price>(&id).await?.and_then(|it| it.amount(quantity, Currency::USD)))
                })
            },
        ));
        match reply {
            Ok(api::Reply::Done(it)) => it,
            other => unreachable!("{other:?}"),
        }
    };
    assert_eq!(cost(&format!("tiers_mode=volume&{tiers}"), 6), Some(3610));
    assert_eq!(cost(&format!("tiers_mode=graduated&{tiers}"), 6), Some(4110));
    assert_eq!(cost("unit_amount=250", 3), Some(750));
    assert_eq!(
        cost("unit_amount=250&transform_quantity[divide_by]=10&transform_quantity[round]=up", 11),
        Some(500)
    );
    assert_eq!(cost("unit_amount=999999999999", i64::MAX), None);
}

#[test]
fn what_cannot_be_a_price() {
    let bench = Bench::new();
    for (form, param) in [
        ("currency=usd&unit_amount=5", "product"),
        ("currency=usd&unit_amount=5&product=nowhere", "product"),
        ("currency=usd&unit_amount=5&product=a&product_data[name]=b", "product_data"),
        ("unit_amount=5&product_data[name]=b", "currency"),
        ("currency=usd&product_data[name]=b", "unit_amount"),
        ("currency=usd&unit_amount=-1&product_data[name]=b", "unit_amount"),
        ("currency=usd&unit_amount=1&unit_amount_decimal=1&product_data[name]=b", "unit_amount_decimal"),
        ("currency=usd&unit_amount_decimal=1e3&product_data[name]=b", "unit_amount_decimal"),
        (
            "currency=usd&custom_unit_amount[enabled]=false&product_data[name]=b",
            "custom_unit_amount[enabled]",
        ),
        (
            "currency=usd&custom_unit_amount[enabled]=true&custom_unit_amount[minimum]=5&custom_unit_amount[preset]=4&product_data[name]=b",
            "custom_unit_amount[preset]",
        ),
        (
            "currency=usd&custom_unit_amount[enabled]=true&recurring[interval]=day&product_data[name]=b",
            "custom_unit_amount",
        ),
        ("currency=usd&billing_scheme=tiered&tiers_mode=volume&product_data[name]=b", "tiers"),
        (
            "currency=usd&billing_scheme=tiered&tiers[0][up_to]=inf&tiers[0][unit_amount]=5&product_data[name]=b",
            "tiers_mode",
        ),
        (
            "currency=usd&billing_scheme=tiered&tiers_mode=volume&tiers[0][up_to]=9&tiers[0][unit_amount]=5&product_data[name]=b",
            "tiers[0][up_to]",
        ),
        (
            "currency=usd&billing_scheme=tiered&tiers_mode=volume&tiers[0][up_to]=inf&product_data[name]=b",
            "tiers[0][unit_amount]",
        ),
        (
            "currency=usd&unit_amount=5&recurring[interval]=day&recurring[interval_count]=1096&product_data[name]=b",
            "recurring[interval_count]",
        ),
        (
            "currency=usd&unit_amount=5&recurring[interval]=day&recurring[usage_type]=metered&product_data[name]=b",
            "recurring[meter]",
        ),
        (
            "currency=usd&unit_amount=5&currency_options[zzz][unit_amount]=5&product_data[name]=b",
            "currency_options",
        ),
        (
            "currency=usd&unit_amount=5&currency_options[eur][unit_amount]=-5&product_data[name]=b",
            "currency_options[eur][unit_amount]",
        ),
    ] {
        assert_eq!(make(&bench, form).refusal().2, param, "{form}");
    }
    assert!(
        bench.get(PLATFORM, "/v1/products").ok().items().is_empty(),
        "nothing of what was refused is kept"
    );
}
