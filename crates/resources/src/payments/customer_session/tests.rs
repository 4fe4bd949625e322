//! Customer sessions.
use crate::testing::{Bench, SELLER};

#[test]
fn a_session_offers_what_a_customer_keeps() {
    let bench = Bench::new();
    let customer = bench.post(SELLER, "/v1/customers", "").ok().text("id");
    let ask =
        |form: &str| bench.post(SELLER, "/v1/customer_sessions", &format!("customer={customer}&{form}"));
    let element = "components[payment_element]";
    let made = ask(&format!(
        "{element}[enabled]=true&{element}[features][payment_method_redisplay]=enabled\
        &{element}[features][payment_method_save]=enabled&{element}[features][payment_method_save_usage]=off_session\
        &{element}[features][payment_method_allow_redisplay_filters][]=limited&expand[]=customer"
    ))
    .ok();
    assert!(made.text("client_secret").starts_with("cuss_secret_"));
    assert_eq!(made.text("customer.id"), customer);
    assert_eq!(made.number("expires_at") - made.number("created"), 1800);
    let features = made.at("components.payment_element.features").to_json();
    assert_eq!(
        features,
        r#"{"payment_method_allow_redisplay_filters":["limited"],"payment_method_redisplay":"enabled","payment_method_redisplay_limit":3,"payment_method_remove":"disabled","payment_method_save":"enabled","payment_method_save_usage":"off_session"}"#
    );
    assert_eq!(made.at("components.customer_sheet").to_json(), r#"{"enabled":false,"features":null}"#);
    assert_eq!(made.at("components.buy_button").to_json(), r#"{"enabled":false}"#);
    for (form, code, param) in [
        ("components[payment_element][enabled]=false", "", "components"),
        ("", "parameter_missing", "components"),
        (
            "components[buy_button][enabled]=true&components[buy_button][features][x]=1",
            "parameter_unknown",
            "components[buy_button][features]",
        ),
        (
            "components[payment_element][enabled]=true&components[payment_element][features][payment_method_redisplay_limit]=11",
            "",
            "components[payment_element][features][payment_method_redisplay_limit]",
        ),
        (
            "components[payment_element][enabled]=true&components[payment_element][features][payment_method_save_usage]=off_session",
            "",
            "components[payment_element][features][payment_method_save_usage]",
        ),
        (
            "components[customer_sheet][enabled]=true&components[customer_sheet][features][payment_method_remove]=perhaps",
            "",
            "components[customer_sheet][features][payment_method_remove]",
        ),
        (
            "components[customer_sheet][enabled]=true&components[customer_sheet][features][payment_method_allow_redisplay_filters][]=x",
            "",
            "components[customer_sheet][features][payment_method_allow_redisplay_filters]",
        ),
    ] {
        assert_eq!(ask(form).refusal(), (400, code.into(), param.into()), "{form}");
    }
    let nobody =
        bench.post(SELLER, "/v1/customer_sessions", "customer=cus_none&components[buy_button][enabled]=true");
    assert_eq!(nobody.refusal(), (400, "resource_missing".into(), "customer".into()));
}
