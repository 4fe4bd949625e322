use super::*;
use crate::{
    due::{Kind, Task, perform},
    testing::{APPLICATION, Bench, PLATFORM, PLATFORM_ID, SELLER_ID, TOKEN, now},
};
use base::Caller;

fn customer(bench: &Bench) -> String {
    bench.post(PLATFORM, "/v1/customers", "").ok().text("id")
}

/// What the clock does later.
fn registry_answers(bench: &Bench, id: &str) {
    let task = Task::new(PLATFORM_ID, false, Kind::TaxIdVerified, id);
    let caller = Caller::system(PLATFORM_ID, false);
    now(bench.api.transact(&caller, |cx| {
        let task = task.clone();
        Box::pin(async move { perform(cx, &task).await })
    }))
    .unwrap();
}

#[test]
fn the_documented_values_are_answered_as_documented() {
    let bench = Bench::new();
    let owner = customer(&bench);
    for (kind, value, then) in [
        ("eu_vat", "000000000", "verified"),
        ("eu_vat", "111111111", "unverified"),
        ("eu_vat", "222222222", "pending"),
        ("au_abn", "000000000", "verified"),
        ("gb_vat", "GB123456789", "unavailable"),
    ] {
        let form = format!("type={kind}&value={value}");
        let made = bench.post(PLATFORM, &format!("/v1/customers/{owner}/tax_ids"), &form).ok();
        assert_eq!(made.text("verification.status"), "pending");
        bench.told();
        registry_answers(&bench, &made.text("id"));
        let told: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
        assert_eq!(told, if then == "pending" { vec![] } else { vec![UPDATED] });
        let it = bench.get(PLATFORM, &format!("/v1/tax_ids/{}", made.text("id"))).ok();
        assert_eq!(it.text("verification.status"), then, "{kind} {value}");
    }
}

#[test]
fn whose_they_are() {
    let bench = Bench::new();
    let (owner, other) = (customer(&bench), customer(&bench));
    bench.told();
    let own = bench.post(PLATFORM, "/v1/tax_ids", "type=us_ein&value=12-3456789").ok();
    assert_eq!((own.text("owner.type"), own.text("country")), ("self".into(), "US".into()));
    assert!(bench.told().is_empty());
    let form = format!("type=eu_vat&value=DE123456789&owner[type]=customer&owner[customer]={owner}");
    let his = bench.post(PLATFORM, "/v1/tax_ids", &form).ok();
    assert_eq!((his.text("customer"), his.text("owner.customer")), (owner.clone(), owner.clone()));
    let ids = |path: &str| -> Vec<String> {
        bench.get(PLATFORM, path).ok().items().iter().map(|it| it.text("id")).collect()
    };
    assert_eq!(ids("/v1/tax_ids"), [own.text("id")]);
    assert_eq!(ids("/v1/tax_ids?owner[type]=self"), [own.text("id")]);
    assert_eq!(ids(&format!("/v1/tax_ids?owner[type]=customer&owner[customer]={owner}")), [his.text("id")]);
    assert_eq!(ids(&format!("/v1/customers/{owner}/tax_ids")), [his.text("id")]);
    assert!(ids(&format!("/v1/customers/{other}/tax_ids")).is_empty());
    let below = |customer: &str| format!("/v1/customers/{customer}/tax_ids/{}", his.text("id"));
    assert_eq!(bench.get(PLATFORM, &below(&other)).refusal().0, 404);
    assert_eq!(bench.delete(PLATFORM, &below(&other)).refusal().0, 404);
    let whole = bench.get(PLATFORM, &format!("/v1/customers/{owner}?expand[]=tax_ids")).ok();
    assert_eq!(whole.text("tax_ids.data.0.id"), his.text("id"));
    bench.told();
    assert!(bench.delete(PLATFORM, &below(&owner)).ok().is("deleted"));
    assert_eq!(bench.told(), [(PLATFORM_ID.to_owned(), DELETED)]);
    assert!(bench.delete(PLATFORM, &format!("/v1/tax_ids/{}", own.text("id"))).ok().is("deleted"));
    assert!(ids("/v1/tax_ids").is_empty());
}

#[test]
fn they_come_and_go_with_a_customer() {
    let bench = Bench::new();
    let form = "tax_id_data[0][type]=eu_vat&tax_id_data[0][value]=DE123456789&tax_id_data[1][type]=us_ein&tax_id_data[1][value]=123456789";
    let owner = bench.post(PLATFORM, "/v1/customers", form).ok().text("id");
    let listed = bench.get(PLATFORM, &format!("/v1/customers/{owner}/tax_ids")).ok().items();
    let kinds: Vec<_> = listed.iter().map(|it| it.text("type")).collect();
    assert_eq!(kinds, ["us_ein", "eu_vat"]);
    bench.delete(PLATFORM, &format!("/v1/customers/{owner}")).ok();
    assert_eq!(bench.get(PLATFORM, &format!("/v1/tax_ids/{}", listed[0].text("id"))).refusal().0, 404);
    let wrong = bench.post(PLATFORM, "/v1/customers", "tax_id_data[0][type]=eu_vat&tax_id_data[0][value]=1");
    assert_eq!(wrong.refusal(), (400, "tax_id_invalid".into(), "tax_id_data[0][value]".into()));
}

#[test]
fn what_cannot_be_made() {
    let bench = Bench::new();
    let owner = customer(&bench);
    let path = format!("/v1/customers/{owner}/tax_ids");
    let refused = |path: &str, form: &str| bench.post(PLATFORM, path, form).refusal();
    assert_eq!(refused(&path, "type=eu_vat&value=DE1").1, "tax_id_invalid");
    assert_eq!(refused(&path, "type=us_ein&value=000000000000").1, "tax_id_invalid");
    assert_eq!(refused(&path, "type=nonsense&value=1").2, "type");
    assert_eq!(refused(&path, "value=1").1, "parameter_missing");
    assert_eq!(refused(&path, "type=eu_vat").2, "value");
    assert_eq!(refused("/v1/customers/cus_x/tax_ids", "type=eu_vat&value=DE123456789").0, 404);
    let own = "type=us_ein&value=123456789";
    assert_eq!(refused("/v1/tax_ids", &format!("{own}&owner[type]=customer")).2, "owner[customer]");
    assert_eq!(
        refused("/v1/tax_ids", &format!("{own}&owner[type]=self&owner[customer]={owner}")).2,
        "owner[customer]"
    );
    assert_eq!(
        refused("/v1/tax_ids", &format!("{own}&owner[type]=customer&owner[customer]=cus_x")).2,
        "owner[customer]"
    );
    for (owner, param) in [
        ("owner[type]=account", "owner[account]"),
        ("owner[type]=account&owner[account]=acct_none", "owner[account]"),
        ("owner[type]=self&owner[account]=acct_seller", "owner[account]"),
        ("owner[type]=application", "owner[type]"),
        ("owner[type]=nobody", "owner[type]"),
    ] {
        assert_eq!(refused("/v1/tax_ids", &format!("{own}&{owner}")).2, param, "{owner}");
    }
}

#[test]
fn platforms_keep_those_of_their_accounts() {
    let bench = Bench::new();
    let own = "type=us_ein&value=123456789";
    let of_account = format!("{own}&owner[type]=account&owner[account]={SELLER_ID}");
    let made = bench.post(PLATFORM, "/v1/tax_ids", &of_account).ok();
    assert_eq!((made.text("owner.type"), made.text("owner.account")), ("account".into(), SELLER_ID.into()));
    let count = |key: &str, query: &str| bench.get(key, &format!("/v1/tax_ids?{query}")).ok().items().len();
    let query = format!("owner[type]=account&owner[account]={SELLER_ID}");
    assert_eq!((count(PLATFORM, &query), count(PLATFORM, ""), count(TOKEN, "")), (1, 0, 0));
    let made = bench.post(TOKEN, "/v1/tax_ids", &format!("{own}&owner[type]=application")).ok();
    assert_eq!(
        (made.text("owner.type"), made.text("owner.application")),
        ("application".into(), APPLICATION.into())
    );
    assert_eq!((count(TOKEN, "owner[type]=application"), count(TOKEN, "")), (1, 0));
}
