//! The customer portal: whom it lets in, what they may do there, and what becomes of that.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod bench;

use base::Caller;
use bench::{Bench, ORIGIN, SELLER};
use wire::Node;

/// Calls the API as the seller in test mode, with a form.
async fn call(bench: &Bench, method: &str, path: &str, form: &str) -> Node<'static> {
    let mut params = Node::Map(Vec::new());
    api::form::decode(form.as_bytes(), &mut params).unwrap();
    let answer = bench.api.call_as(&Caller::session(SELLER, false), method, path, params).await;
    Node::parse(&answer.map_err(|error| error.message).unwrap()).unwrap().into_owned()
}

/// What stands at a path of an answer, such as `items.data.0.id`.
fn at<'n>(it: &'n Node<'static>, path: &str) -> &'n Node<'static> {
    path.split('.').fold(it, |node, name| match node {
        Node::List(items) => &items[name.parse::<usize>().unwrap()],
        other => other.get(name).unwrap_or(&Node::Null),
    })
}
fn text(it: &Node<'static>, path: &str) -> String {
    at(it, path).as_str().unwrap_or_default().to_owned()
}

/// A customer with a card who has Silver, and may switch to Gold.
struct Shop {
    customer: String,
    subscription: String,
    configuration: String,
    gold: String,
}

async fn shop(bench: &Bench, more: &str) -> Shop {
    let form = "name=Zoë&email=zoe@example.com&payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
    let customer = text(&call(bench, "POST", "/v1/customers", form).await, "id");
    let mut prices = Vec::new();
    for (name, amount) in [("Silver", 1000), ("Gold", 3000)] {
        let product = text(&call(bench, "POST", "/v1/products", &format!("name={name}")).await, "id");
        let form = format!("product={product}&currency=usd&unit_amount={amount}&recurring[interval]=month");
        prices.push((product, text(&call(bench, "POST", "/v1/prices", &form).await, "id")));
    }
    let form = format!("customer={customer}&items[0][price]={}", prices[0].1);
    let subscription = text(&call(bench, "POST", "/v1/subscriptions", &form).await, "id");
    let update = "features[subscription_update]";
    let mut form = format!(
        "features[invoice_history][enabled]=true&features[payment_method_update][enabled]=true\
         &features[customer_update][enabled]=true&features[customer_update][allowed_updates][]=email\
         &features[customer_update][allowed_updates][]=address&features[customer_update][allowed_updates][]=tax_id\
         &features[subscription_cancel][enabled]=true&features[subscription_cancel][cancellation_reason][enabled]=true\
         &features[subscription_cancel][cancellation_reason][options][]=unused\
         &features[subscription_pause][enabled]=true\
         &{update}[enabled]=true&{update}[default_allowed_updates][]=price&{update}[default_allowed_updates][]=quantity\
         &{update}[default_allowed_updates][]=promotion_code&{update}[proration_behavior]=always_invoice\
         &business_profile[headline]=Plans and payments&default_return_url=https://shop.example/account{more}"
    );
    for (n, (product, price)) in prices.iter().enumerate() {
        let it = format!("{update}[products][{n}]");
        form += &format!(
            "&{it}[product]={product}&{it}[prices][]={price}&{it}[adjustable_quantity][enabled]=true&{it}[adjustable_quantity][maximum]=5"
        );
    }
    let configuration = text(&call(bench, "POST", "/v1/billing_portal/configurations", &form).await, "id");
    Shop { customer, subscription, configuration, gold: prices.remove(1).1 }
}

impl Shop {
    /// The path of a new session.
    async fn session(&self, bench: &Bench, more: &str) -> String {
        let form = format!("customer={}&configuration={}{more}", self.customer, self.configuration);
        let made = call(bench, "POST", "/v1/billing_portal/sessions", &form).await;
        text(&made, "url").strip_prefix(ORIGIN).unwrap().to_owned()
    }
    async fn subscription(&self, bench: &Bench) -> Node<'static> {
        call(bench, "GET", &format!("/v1/subscriptions/{}", self.subscription), "").await
    }
}

const CARD: [(&str, &str); 4] = [("do", "add"), ("expiry", "12 / 44"), ("cvc", "123"), ("name", "Zoë")];

fn card(number: &str) -> Vec<(&str, &str)> {
    [&CARD[..], &[("number", number)]].concat()
}

#[tokio::test]
async fn a_customer_sees_what_they_have() {
    let bench = Bench::new().await;
    let shop = shop(&bench, "").await;
    let path = shop.session(&bench, "").await;
    let mut browser = bench.browser();
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for part in [
        "Shop acct_seller",
        "Plans and payments",
        "Silver",
        "$10.00 per month",
        "It renews on",
        "Visa ending in 4242",
        "zoe@example.com",
        "Paid",
        "PDF",
        "https://shop.example/account",
        "Update plan",
        "Cancel plan",
        "Pause",
        "Change payment method",
    ] {
        assert!(page.shows(part), "{part} is missing: {}", page.body);
    }
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
    for wrong in
        [format!("{path}x"), path.replace(SELLER, "acct_platform"), path.replace("ps_test_", "ps_live_")]
    {
        let page = browser.get(&wrong).await;
        assert!(page.status == 404 && page.shows("This page has expired"), "{wrong}: {}", page.body);
    }
    browser.get(&format!("{path}/payment-methods")).await;
    bench.clock.advance(3601);
    assert!(browser.get(&path).await.shows("This page has expired"));
    let forms = browser.post(&format!("{path}/payment-methods"), &card("4242424242424242")).await;
    assert_eq!(forms.status, 404);
}

#[tokio::test]
async fn a_plan_is_switched_as_it_was_shown() {
    let bench = Bench::new().await;
    let shop = shop(&bench, "").await;
    let path = shop.session(&bench, "").await;
    let plan = format!("{path}/subscriptions/{}/plan", shop.subscription);
    let mut browser = bench.browser();
    bench.clock.advance(31 * 86_400 / 2);
    let path_again = shop.session(&bench, "").await;
    let plan = plan.replace(&path, &path_again);
    let page = browser.get(&plan).await;
    assert!(page.shows("Gold") && page.shows("$30.00 per month") && page.shows("Current"), "{}", page.body);
    let same = browser.get(&format!("{plan}?quantity=1")).await;
    assert!(same.status == 400 && same.shows("what you have already"), "{}", same.body);
    let many = browser.get(&format!("{plan}?quantity=6&price={}", shop.gold)).await;
    assert!(many.status == 400 && many.shows("from 1 to 5"));
    let code = browser.get(&format!("{plan}?quantity=2&code=NOPE")).await;
    assert!(code.status == 400 && code.shows("promotion code is not valid"));
    let confirm = browser.get(&format!("{plan}?price={}&quantity=2", shop.gold)).await;
    // Half a month of two Golds, less half of a Silver.
    assert!(confirm.status == 200 && confirm.shows("To be paid now"), "{}", confirm.body);
    for part in ["$60.00 per month", "-$5.00", "$30.00", "$25.00"] {
        assert!(confirm.shows(part), "{part}: {}", confirm.body);
    }
    let (_, rest) = confirm.body.split_once("name=\"at\" value=\"").unwrap();
    let shown = rest.split('"').next().unwrap().to_owned();
    // Whoever thinks for ten minutes pays what was shown.
    bench.clock.advance(600);
    let done = browser
        .post(&plan, &[("do", "confirm"), ("price", &shop.gold), ("quantity", "2"), ("at", &shown)])
        .await;
    assert_eq!((done.status, done.location()), (303, path_again.as_str()), "{}", done.body);
    assert!(browser.get(&path_again).await.shows("Your plan is changed"));
    let it = shop.subscription(&bench).await;
    assert_eq!(text(&it, "items.data.0.price.id"), shop.gold);
    let invoice = call(&bench, "GET", &format!("/v1/invoices/{}", text(&it, "latest_invoice")), "").await;
    assert_eq!((at(&invoice, "amount_paid").as_i64(), text(&invoice, "status")), (Some(2500), "paid".into()));
}

#[tokio::test]
async fn a_card_is_changed_with_the_bank_asking() {
    let bench = Bench::new().await;
    let shop = shop(&bench, "").await;
    let path = shop.session(&bench, "").await;
    let methods = format!("{path}/payment-methods");
    let mut browser = bench.browser();
    browser.get(&methods).await;
    let declined = browser.post(&methods, &card("4000000000000002")).await;
    assert!(declined.status == 402 && declined.shows("declined"), "{}", declined.body);
    let asked = browser.post(&methods, &card("4000002760003184")).await;
    assert_eq!(asked.status, 302, "{}", asked.body);
    let challenge = asked.location().strip_prefix(ORIGIN).unwrap().to_owned();
    browser.get(&challenge).await;
    let failed = browser.post(&challenge, &[("do", "fail")]).await;
    let back = failed.location().strip_prefix(ORIGIN).unwrap().to_owned();
    assert!(browser.get(&back).await.shows("could not make sure that it is you"));
    let asked = browser.post(&methods, &card("4000002760003184")).await;
    let challenge = asked.location().strip_prefix(ORIGIN).unwrap().to_owned();
    browser.get(&challenge).await;
    let complete = browser.post(&challenge, &[("do", "complete")]).await;
    let back = complete.location().strip_prefix(ORIGIN).unwrap().to_owned();
    let kept = browser.get(&back).await;
    assert_eq!((kept.status, kept.location()), (303, path.as_str()), "{}", kept.body);
    let home = browser.get(&path).await;
    assert!(home.shows("Visa ending in 3184") && home.shows("Your card is saved"), "{}", home.body);
    let customer = call(&bench, "GET", &format!("/v1/customers/{}", shop.customer), "").await;
    let usual = text(&customer, "invoice_settings.default_payment_method");
    // The one before can go, the usual one cannot.
    let list = call(&bench, "GET", &format!("/v1/customers/{}/payment_methods", shop.customer), "").await;
    let Node::List(all) = at(&list, "data") else { panic!("no list") };
    let other = all.iter().map(|it| text(it, "id")).find(|id| *id != usual).unwrap();
    for (id, left) in [(&usual, 2), (&other, 1)] {
        browser.get(&methods).await;
        let answer = browser.post(&methods, &[("do", "remove"), ("method", id)]).await;
        assert_eq!(answer.status, 303);
        let list = call(&bench, "GET", &format!("/v1/customers/{}/payment_methods", shop.customer), "").await;
        assert!(matches!(at(&list, "data"), Node::List(all) if all.len() == left), "{id}");
    }
    // An intent of somebody else says nothing here.
    let strange = browser.get(&format!("{methods}?setup_intent=seti_1&redirect_status=succeeded")).await;
    assert!(strange.status == 200 && strange.shows("Save card"));
}

#[tokio::test]
async fn a_plan_ends_with_a_reason_and_goes_on_after_all() {
    let bench = Bench::new().await;
    let shop = shop(&bench, "").await;
    let path = shop.session(&bench, "").await;
    let of = |word: &str| format!("{path}/subscriptions/{}/{word}", shop.subscription);
    let mut browser = bench.browser();
    let page = browser.get(&of("cancel")).await;
    assert!(page.shows("It stays yours until") && page.shows("I do not use it"), "{}", page.body);
    let fields = [("do", "cancel"), ("feedback", "unused"), ("comment", "Bye <3")];
    assert_eq!(browser.post(&of("cancel"), &fields).await.status, 303);
    let it = shop.subscription(&bench).await;
    assert_eq!(at(&it, "cancel_at_period_end"), &Node::Bool(true));
    assert_eq!(
        (text(&it, "cancellation_details.feedback"), text(&it, "cancellation_details.comment")),
        ("unused".into(), "Bye <3".into())
    );
    let home = browser.get(&path).await;
    assert!(
        home.shows("It ends on") && home.shows("Keep this plan") && !home.shows("Update plan"),
        "{}",
        home.body
    );
    assert_eq!(browser.post(&of("renew"), &[]).await.status, 303);
    let it = shop.subscription(&bench).await;
    assert_eq!(
        (at(&it, "cancel_at_period_end"), at(&it, "cancellation_details.feedback")),
        (&Node::Bool(false), &Node::Null)
    );
    // It rests, and goes on.
    browser.get(&of("pause")).await;
    assert_eq!(browser.post(&of("pause"), &[("do", "pause")]).await.status, 303);
    assert_eq!(text(&shop.subscription(&bench).await, "pause_collection.behavior"), "void");
    assert!(browser.get(&path).await.shows("It is paused"));
    assert_eq!(browser.post(&of("resume"), &[]).await.status, 303);
    assert!(at(&shop.subscription(&bench).await, "pause_collection").is_null());
}

#[tokio::test]
async fn what_is_known_of_a_customer_is_changed_as_far_as_allowed() {
    let bench = Bench::new().await;
    let shop = shop(&bench, "").await;
    let path = format!("{}/details", shop.session(&bench, "").await);
    let mut browser = bench.browser();
    let page = browser.get(&path).await;
    assert!(page.shows("zoe@example.com") && page.shows("Billing address") && !page.shows("Telephone"));
    let wrong = browser.post(&path, &[("do", "save"), ("email", "nowhere")]).await;
    assert!(wrong.status == 400 && wrong.shows("Invalid email"), "{}", wrong.body);
    let fields = [
        ("do", "save"),
        ("email", "z@example.com"),
        ("name", "Not allowed"),
        ("address_line1", "1 Clay Lane"),
        ("address_city", "Berea"),
        ("address_country", "US"),
    ];
    assert_eq!(browser.post(&path, &fields).await.status, 303);
    let customer = call(&bench, "GET", &format!("/v1/customers/{}", shop.customer), "").await;
    assert_eq!(
        (text(&customer, "email"), text(&customer, "name"), text(&customer, "address.city")),
        ("z@example.com".into(), "Zoë".into(), "Berea".into())
    );
    browser.get(&path).await;
    let bad = browser.post(&path, &[("do", "add_tax_id"), ("tax_type", "eu_vat"), ("tax_value", "1")]).await;
    assert!(bad.status == 400, "{}", bad.body);
    let good = browser
        .post(&path, &[("do", "add_tax_id"), ("tax_type", "eu_vat"), ("tax_value", "DE123456789")])
        .await;
    assert_eq!(good.status, 303);
    let page = browser.get(&path).await;
    assert!(page.shows("EU VAT DE123456789"), "{}", page.body);
    let (_, rest) = page.body.split_once("name=\"tax_id\" value=\"").unwrap();
    let id = rest.split('"').next().unwrap().to_owned();
    assert_eq!(browser.post(&path, &[("do", "remove_tax_id"), ("tax_id", &id)]).await.status, 303);
    assert!(!browser.get(&path).await.shows("DE123456789"));
}

#[tokio::test]
async fn a_flow_leads_to_one_thing_and_out_again() {
    let bench = Bench::new().await;
    let shop = shop(&bench, "").await;
    let mut browser = bench.browser();
    let cancel = format!(
        "&flow_data[type]=subscription_cancel&flow_data[subscription_cancel][subscription]={}",
        shop.subscription
    );
    // With an offer to stay, which is taken.
    call(&bench, "POST", "/v1/coupons", "id=stay&percent_off=30&duration=forever").await;
    let path = shop
        .session(
            &bench,
            &format!(
                "{cancel}&flow_data[subscription_cancel][retention][type]=coupon_offer\
                 &flow_data[subscription_cancel][retention][coupon_offer][coupon]=stay\
                 &flow_data[after_completion][type]=hosted_confirmation&flow_data[after_completion][hosted_confirmation][custom_message]=Good to have you"
            ),
        )
        .await;
    let entered = browser.get(&path).await;
    assert!(entered.status == 303 && entered.location().ends_with("/cancel"), "{}", entered.location());
    let page = browser.get(entered.location()).await;
    assert!(page.shows("30% off from now on") && !page.shows("Go back"), "{}", page.body);
    assert_eq!(browser.get(&format!("{path}/details")).await.location(), entered.location());
    let stayed = browser.post(entered.location(), &[("do", "stay")]).await;
    assert!(stayed.location().ends_with("/done"), "{}", stayed.body);
    assert!(browser.get(stayed.location()).await.shows("Good to have you"));
    let it = shop.subscription(&bench).await;
    assert!(matches!(at(&it, "discounts"), Node::List(all) if all.len() == 1));
    // A change that the account has chosen.
    let item = text(&it, "items.data.0.id");
    let confirm = "flow_data[subscription_update_confirm]";
    let path = shop
        .session(
            &bench,
            &format!(
                "&flow_data[type]=subscription_update_confirm&{confirm}[subscription]={}&{confirm}[items][0][id]={item}\
                 &{confirm}[items][0][price]={}&flow_data[after_completion][type]=redirect\
                 &flow_data[after_completion][redirect][return_url]=https://shop.example/thanks",
                shop.subscription, shop.gold
            ),
        )
        .await;
    let entered = browser.get(&path).await;
    let page = browser.get(entered.location()).await;
    assert!(page.shows("Confirm your change") && page.shows("Gold"), "{}", page.body);
    assert!(page.header("content-security-policy").ends_with("form-action 'self' https://shop.example"));
    let done = browser.post(entered.location(), &[("do", "confirm")]).await;
    assert_eq!((done.status, done.location()), (302, "https://shop.example/thanks"), "{}", done.body);
    assert_eq!(browser.get(&path).await.location(), "https://shop.example/thanks");
    assert_eq!(text(&shop.subscription(&bench).await, "items.data.0.price.id"), shop.gold);
}
