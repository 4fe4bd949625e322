//! Account sessions.
use crate::testing::{Bench, PLATFORM, SELLER_ID, TOKEN};

const PATH: &str = "/v1/account_sessions";

#[test]
fn a_session_shows_components_of_an_account() {
    let bench = Bench::new();
    let open = |form: &str| bench.post(PLATFORM, "/v1/accounts", form).ok().text("id");
    let (custom, express, standard) = (open("type=custom"), open("type=express"), open("type=standard"));
    let session =
        |account: &str, form: &str| bench.post(PLATFORM, PATH, &format!("account={account}&{form}"));
    let made = session(
        &custom,
        "components[payments][enabled]=true&components[payments][features][refund_management]=false\
        &components[account_onboarding][enabled]=true&components[account_onboarding][features][external_account_collection]=false",
    )
    .ok();
    assert_eq!((made.text("object"), made.text("account")), ("account_session".into(), custom.clone()));
    assert!(made.text("client_secret").starts_with("accs_secret__"));
    assert_eq!(made.number("expires_at"), bench.now().0 + 1800);
    let is = |path: &str| made.is(&format!("components.{path}"));
    assert!(is("payments.enabled") && is("payments.features.capture_payments"));
    assert!(!is("payments.features.refund_management") && !is("balances.enabled"));
    assert!(is("account_onboarding.features.disable_stripe_user_authentication"));
    assert!(!is("account_management.features.disable_stripe_user_authentication"));
    assert_eq!(made.at("components.documents.features").to_json(), "{}");
    // Who bears losses decides when the money leaves.
    let payouts = "components[payouts][enabled]=true";
    for (account, usual) in [(&custom, false), (&express, false), (&standard, true)] {
        let made = session(account, payouts).ok();
        assert_eq!(made.is("components.payouts.features.edit_payout_schedule"), usual);
    }
    for (account, form, code, param) in [
        (&*express, "components[payments][enabled]=perhaps", "", "components[payments][enabled]"),
        (
            &*express,
            "components[payments][features][refund_management]=true",
            "parameter_missing",
            "components[payments][enabled]",
        ),
        (
            &*express,
            "components[payments][enabled]=true&components[payments][features][x]=true",
            "parameter_unknown",
            "components[payments][features][x]",
        ),
        (&*express, "components[shop][enabled]=true", "parameter_unknown", "components[shop]"),
        (&*express, "components[payments]=true", "", "components[payments]"),
        (&*express, "components=payments", "", "components"),
        (&*express, "", "parameter_missing", "components"),
        (
            &*express,
            "components[balances][enabled]=true&components[balances][features][disable_stripe_user_authentication]=true",
            "",
            "components[balances][features][disable_stripe_user_authentication]",
        ),
        (
            &*standard,
            "components[balances][enabled]=true&components[balances][features][external_account_collection]=false",
            "",
            "components[balances][features][external_account_collection]",
        ),
        (SELLER_ID, payouts, "account_invalid", ""),
        ("acct_none", payouts, "account_invalid", ""),
    ] {
        let refused = session(account, form).refusal();
        let status = if code == "account_invalid" { 403 } else { 400 };
        assert_eq!(refused, (status, code.into(), param.into()), "{form}");
    }
    assert_eq!(bench.post(TOKEN, PATH, &format!("account={SELLER_ID}&{payouts}")).status, 403);
}
