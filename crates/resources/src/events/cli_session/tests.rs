use super::*;
use crate::testing::{Bench, LIVE, PLATFORM, SELLER, SELLER_ID, TOKEN, now};

const FORM: &str = "device_name=vm&websocket_features[]=webhooks";
const PATH: &str = "/v1/stripecli/sessions";

fn found(bench: &Bench, account: &str, id: &str) -> bool {
    now(open(&bench.api.world, account, id)).unwrap().is_some()
}

#[test]
fn a_session_tells_its_secret_and_stands_for_its_account_until_it_expires() {
    let bench = Bench::new();
    let begun = bench.post(SELLER, PATH, FORM).ok();
    assert_eq!(begun.text("secret"), bench.post(SELLER, PATH, FORM).ok().text("secret"));
    assert_ne!(begun.text("secret"), bench.post(PLATFORM, PATH, FORM).ok().text("secret"));
    assert_ne!(begun.text("secret"), bench.post(LIVE, PATH, FORM).ok().text("secret"));
    assert!(
        begun.text("websocket_url").ends_with("/subscribe/acct_seller"),
        "{}",
        begun.text("websocket_url")
    );
    assert_eq!(begun.text("websocket_authorized_feature"), "webhooks");
    let id = begun.text("websocket_id");
    assert!(found(&bench, SELLER_ID, &id));
    assert!(!found(&bench, "acct_platform", &id), "it opens nobody else's account");
    assert!(!found(&bench, SELLER_ID, "cliws_made_up"));
    bench.clock.advance(LIFETIME);
    assert!(!found(&bench, SELLER_ID, &id));
}

#[test]
fn a_session_ends_with_its_key() {
    let bench = Bench::new();
    let id = bench.post(SELLER, PATH, FORM).ok().text("websocket_id");
    assert!(found(&bench, SELLER_ID, &id));
    let caller = Caller::system(SELLER_ID, false);
    let revoked = now(bench.api.transact(&caller, |cx| {
        Box::pin(async move {
            let key = cx.get::<Credential>(&vault::digest(SELLER)).await?;
            key.iter().for_each(|key| cx.delete(key));
            done(key.is_some())
        })
    }));
    assert!(matches!(revoked, Ok(api::Reply::Done(true))), "{revoked:?}");
    assert!(!found(&bench, SELLER_ID, &id));
}

#[test]
fn what_a_session_cannot_be_is_refused() {
    let bench = Bench::new();
    for (key, form, status, param) in [
        (TOKEN, FORM, 403, ""),
        (SELLER, "device_name=vm", 400, "websocket_features"),
        (SELLER, "websocket_features[]=shrimp", 400, "websocket_features[0]"),
        (
            SELLER,
            "websocket_features[]=webhooks&websocket_features[]=request_logs",
            400,
            "websocket_features",
        ),
        (
            SELLER,
            "websocket_features[]=v2_events&websocket_features[]=request_logs",
            400,
            "websocket_features",
        ),
        (SELLER, "websocket_features[]=request_logs&filters={", 400, "filters"),
        (SELLER, "websocket_features[]=request_logs&filters={\"filter_shrimp\":[]}", 400, "filters"),
        (SELLER, "websocket_features[]=webhooks&shrimp=1", 400, "shrimp"),
    ] {
        let answer = bench.post(key, PATH, form);
        assert_eq!(answer.status, status, "{form}: {}", answer.body.to_json());
        assert_eq!(answer.text("error.param"), param, "{form}");
    }
}

fn line(status: u16, platform: Option<&str>) -> api::Logged {
    api::Logged {
        id: "req_1".into(),
        at: 1,
        account: SELLER_ID.into(),
        platform: platform.map(str::to_owned),
        livemode: false,
        method: "POST".into(),
        path: "/v1/charges".into(),
        status,
        us: 1,
        version: Version::TODAY,
        client: "127.0.0.1".parse().ok(),
        error: None,
    }
}

#[test]
fn filters_choose_among_requests() {
    let fits = |json: &str, status, platform, account| {
        filters(Some(json)).unwrap().fit(&line(status, platform), account)
    };
    let platform = Some("acct_platform");
    for (json, status, by, account, fit) in [
        ("{}", 200, None, SELLER_ID, true),
        (r#"{"filter_http_method":["GET"]}"#, 200, None, SELLER_ID, false),
        (r#"{"filter_http_method":["GET","post"]}"#, 200, None, SELLER_ID, true),
        (r#"{"filter_request_path":["/v1/charges"]}"#, 200, None, SELLER_ID, true),
        (r#"{"filter_status_code_type":["400"]}"#, 402, None, SELLER_ID, true),
        (r#"{"filter_status_code_type":["400"]}"#, 200, None, SELLER_ID, false),
        (r#"{"filter_status_code":["402"],"filter_request_status":["FAILED"]}"#, 402, None, SELLER_ID, true),
        (r#"{"filter_request_status":["SUCCEEDED"]}"#, 402, None, SELLER_ID, false),
        (r#"{"filter_source":["DASHBOARD"]}"#, 200, None, SELLER_ID, false),
        (r#"{"filter_ip_address":["127.0.0.1"]}"#, 200, None, SELLER_ID, true),
        (r#"{"filter_account":["self"]}"#, 200, platform, SELLER_ID, false),
        (r#"{"filter_account":["connect_in"]}"#, 200, platform, SELLER_ID, true),
        (r#"{"filter_account":["connect_out"]}"#, 200, platform, "acct_platform", true),
    ] {
        assert_eq!(fits(json, status, by, account), fit, "{json}");
    }
}
