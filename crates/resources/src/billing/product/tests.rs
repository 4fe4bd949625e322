use super::*;
use crate::testing::{Bench, PLATFORM, SELLER};

fn kinds(bench: &Bench) -> Vec<&'static str> {
    bench.told().into_iter().map(|(_, kind)| kind).collect()
}

#[test]
fn a_product_with_a_default_price() {
    let bench = Bench::new();
    let form = "name=Gold&description=All+of+it&images[]=https://a.example/1.png&marketing_features[0][name]=Fast&tax_code=txcd_10103001\
        &package_dimensions[height]=1.25&package_dimensions[length]=2&package_dimensions[weight]=3&package_dimensions[width]=4\
        &default_price_data[currency]=usd&default_price_data[unit_amount]=1500&default_price_data[recurring][interval]=month";
    let it = bench.post(PLATFORM, "/v1/products", &format!("{form}&expand[]=default_price")).ok();
    assert_eq!(
        (it.text("default_price.type"), it.number("default_price.unit_amount")),
        ("recurring".into(), 1500)
    );
    assert_eq!(it.at("package_dimensions.height").to_json(), "1.25");
    assert_eq!(
        (it.text("tax_code"), it.text("tax_details.tax_code"), it.text("type")),
        ("txcd_10103001".into(), "txcd_10103001".into(), "service".into())
    );
    assert_eq!(kinds(&bench), [CREATED, price::CREATED, "plan.created"]);
    let path = format!("/v1/products/{}", it.text("id"));
    assert_eq!(bench.delete(PLATFORM, &path).refusal().0, 400);
    let price = format!("/v1/prices/{}", it.text("default_price.id"));
    assert_eq!(bench.post(PLATFORM, &price, "active=false").refusal().2, "active");
    assert_eq!(bench.get(SELLER, &path).refusal().0, 404);
}

#[test]
fn changes_are_told_and_dated() {
    let bench = Bench::new();
    let it = bench.post(PLATFORM, "/v1/products", "name=Gold&id=gold&unit_label=seat").ok();
    assert_eq!((it.text("id"), it.at("default_price").is_null()), ("gold".into(), true));
    bench.clock.advance(60);
    let changed = bench.post(PLATFORM, "/v1/products/gold", "name=Silver&unit_label=&metadata[a]=b").ok();
    assert_eq!((changed.text("name"), changed.at("unit_label").is_null()), ("Silver".into(), true));
    assert_eq!(changed.number("updated"), it.number("updated") + 60);
    assert_eq!(kinds(&bench), [CREATED, UPDATED]);
    let again = bench.post(PLATFORM, "/v1/products", "name=Gold&id=gold").refusal();
    assert_eq!(again, (400, "resource_already_exists".into(), "id".into()));
    bench.delete(PLATFORM, "/v1/products/gold").ok();
    assert_eq!(bench.get(PLATFORM, "/v1/products/gold").refusal().0, 404);
    assert_eq!(kinds(&bench), [DELETED]);
}

#[test]
fn the_default_is_one_of_its_own_active_prices() {
    let bench = Bench::new();
    let price = |form: &str| bench.post(PLATFORM, "/v1/prices", form).ok().text("id");
    bench.post(PLATFORM, "/v1/products", "name=Gold&id=gold").ok();
    bench.post(PLATFORM, "/v1/products", "name=Tin&id=tin").ok();
    let (mine, old) = (
        price("product=gold&currency=usd&unit_amount=5"),
        price("product=gold&currency=usd&unit_amount=4&active=false"),
    );
    let theirs = price("product=tin&currency=usd&unit_amount=5");
    let set = |id: &str| bench.post(PLATFORM, "/v1/products/gold", &format!("default_price={id}"));
    assert_eq!(set(&mine).ok().text("default_price"), mine);
    for id in [&old, &theirs, "price_nowhere"] {
        assert_eq!(set(id).refusal().2, "default_price", "{id}");
    }
}

#[test]
fn lists_and_searches() {
    let bench = Bench::new();
    for form in [
        "name=Gold+coin&shippable=true&url=https://a.example",
        "name=Silver&active=false",
        "name=Old+gold&metadata[kind]=ring",
    ] {
        bench.post(PLATFORM, "/v1/products", form).ok();
    }
    let names = |target: &str| {
        bench.get(PLATFORM, target).ok().items().iter().map(|it| it.text("name")).collect::<Vec<_>>()
    };
    assert_eq!(names("/v1/products"), ["Old gold", "Silver", "Gold coin"]);
    assert_eq!(names("/v1/products?active=false"), ["Silver"]);
    assert_eq!(names("/v1/products?shippable=true"), ["Gold coin"]);
    assert_eq!(names("/v1/products?url=https://a.example"), ["Gold coin"]);
    assert_eq!(names("/v1/products/search?query=name~'gold'"), ["Old gold", "Gold coin"]);
    assert_eq!(
        names("/v1/products/search?query=active:'true'%20AND%20metadata['kind']:'ring'"),
        ["Old gold"]
    );
}

#[test]
fn what_cannot_be_a_product() {
    let bench = Bench::new();
    let long = "x".repeat(251);
    for (form, param) in [
        ("", "name"),
        (&format!("name={long}"), "name"),
        ("name=a&statement_descriptor=12345", "statement_descriptor"),
        ("name=a&tax_code=txcd_1", "tax_code"),
        ("name=a&tax_code=txcd_10000000&tax_details[tax_code]=txcd_10000000", "tax_details"),
        ("name=a&id=a/b", "id"),
        ("name=a&package_dimensions[height]=1", "package_dimensions[length]"),
        (
            "name=a&package_dimensions[height]=0&package_dimensions[length]=1&package_dimensions[weight]=1&package_dimensions[width]=1",
            "package_dimensions[height]",
        ),
        ("name=a&default_price_data[currency]=usd", "default_price_data[unit_amount]"),
        ("name=a&marketing_features[0][zzz]=1", "marketing_features[0][name]"),
    ] {
        assert_eq!(bench.post(PLATFORM, "/v1/products", form).refusal().2, param, "{form}");
    }
}
