//! Whole objects of today as the pipeline hands them over, seen with the eyes of 2012.
use crate::check::{parsed, render};
use wire::Node;

const CARD: &str = r#"{"id":"card_1","object":"card","address_city":null,"address_country":null,"address_line1":null,
"address_line1_check":null,"address_line2":null,"address_state":null,"address_zip":"94301",
"address_zip_check":"pass","allow_redisplay":"unspecified","brand":"Visa","country":"US","customer":null,
"cvc_check":"pass","dynamic_last4":null,"exp_month":12,"exp_year":2034,"fingerprint":"Xt5EWLLDS7FJjR1c",
"funding":"credit","last4":"4242","metadata":{},"name":"Ann","networks":{"preferred":null},
"regulated_status":"unregulated","tokenization_method":null,"wallet":null}"#;

const CARD_THEN: &str = r#"{"object":"card","last4":"4242","type":"Visa","exp_month":12,"exp_year":2034,
"fingerprint":"Xt5EWLLDS7FJjR1c","country":"US","name":"Ann","address_line1":null,"address_line2":null,
"address_state":null,"address_zip":"94301","address_country":null,"cvc_check":"pass","address_line1_check":null,
"address_zip_check":"pass"}"#;

const CHARGE: &str = r#"{"id":"ch_1","object":"charge","amount":1000,"amount_captured":1000,"amount_refunded":400,
"application":"ca_1","application_fee":"fee_1","application_fee_amount":123,
"balance_transaction":{"id":"txn_1","object":"balance_transaction","amount":1000,"available_on":1364601600,
"balance_type":"payments","created":1364000000,"currency":"usd","description":null,"exchange_rate":null,"fee":182,
"fee_details":[{"amount":59,"application":null,"currency":"usd","description":"Processing fees","type":"stripe_fee"},
{"amount":123,"application":"ca_1","currency":"usd","description":"application fee","type":"application_fee"}],
"net":818,"reporting_category":"charge","source":"ch_1","status":"pending","type":"charge"},
"billing_details":{"address":{"city":null,"country":null,"line1":null,"line2":null,"postal_code":"94301","state":null},
"email":null,"name":"Ann","phone":null,"tax_id":null},"calculated_statement_descriptor":"ANN","captured":true,
"created":1364000000,"currency":"usd","customer":null,"description":"A book","disputed":false,
"failure_balance_transaction":null,"failure_code":null,"failure_message":null,"fraud_details":{},"livemode":false,
"metadata":{"order":"7"},"on_behalf_of":null,"outcome":{"network_status":"approved_by_network","risk_level":"normal",
"seller_message":"Payment complete.","type":"authorized"},"paid":true,"payment_intent":null,"payment_method":"card_1",
"payment_method_details":{"card":{"brand":"visa","last4":"4242"},"type":"card"},"radar_options":{},
"receipt_email":null,"receipt_number":null,"receipt_url":"https://pay.example/receipts/1","refunded":false,
"refunds":{"object":"list","data":[{"id":"re_1","object":"refund","amount":400,"balance_transaction":"txn_2",
"charge":"ch_1","created":1364000001,"currency":"usd","metadata":{},"reason":null,"receipt_number":null,
"source_transfer_reversal":null,"status":"succeeded","transfer_reversal":null}],"has_more":false,"total_count":1,
"url":"/v1/charges/ch_1/refunds"},"review":null,"shipping":null,"source":CARD,"source_transfer":null,
"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"succeeded","transfer_data":null,
"transfer_group":null}"#;

const CHARGE_THEN: &str = r#"{"id":"ch_1","object":"charge","created":1364000000,"livemode":false,"paid":true,
"amount":1000,"currency":"usd","refunded":false,"fee":182,
"fee_details":[{"amount":59,"application":null,"currency":"usd","description":"Processing fees","type":"stripe_fee"},
{"amount":123,"application":"ca_1","currency":"usd","description":"application fee","type":"application_fee"}],
"card":CARD_THEN,"failure_message":null,"amount_refunded":400,"customer":null,"invoice":null,"description":"A book",
"disputed":false}"#;

/// `(name, today, 2012-10-26)`.
const SAMPLES: &[(&str, &str, &str)] = &[
    ("charge", CHARGE, CHARGE_THEN),
    (
        "customer",
        r#"{"id":"cus_1","object":"customer","address":null,"balance":0,"created":1364000000,"currency":"usd",
        "default_source":DEFAULT,"delinquent":false,"description":"Ann","email":"ann@example.com",
        "invoice_prefix":"AB12CD34","invoice_settings":{"custom_fields":null,"default_payment_method":null,
        "footer":null,"rendering_options":null},"livemode":false,"metadata":{},"name":null,
        "next_invoice_sequence":1,"phone":null,"preferred_locales":[],"shipping":null,
        "sources":{"object":"list","data":[CARD],"has_more":false,"total_count":1,"url":"/v1/customers/cus_1/sources"},
        "tax_exempt":"none","test_clock":null}"#,
        r#"{"object":"customer","created":1364000000,"id":"cus_1","livemode":false,"description":"Ann",
        "email":"ann@example.com","delinquent":false,"subscription":null,"discount":null,"account_balance":0,
        "active_card":CARD_THEN}"#,
    ),
    (
        "plan",
        r#"{"id":"gold","object":"plan","active":true,"amount":2000,"amount_decimal":"2000","billing_scheme":"per_unit",
        "created":1364000000,"currency":"usd","interval":"month","interval_count":1,"livemode":false,"metadata":{},"meter":null,
        "nickname":null,"product":{"id":"prod_1","object":"product","name":"Gold","statement_descriptor":null},"tiers_mode":null,
        "transform_usage":null,"trial_period_days":null,"usage_type":"licensed"}"#,
        r#"{"id":"gold","object":"plan","amount":2000,"currency":"usd","interval":"month","interval_count":1,"livemode":false,
        "name":"Gold","trial_period_days":null}"#,
    ),
    (
        "discount",
        r#"{"id":"di_1","object":"discount","checkout_session":null,"customer":"cus_1","customer_account":null,"end":null,
        "invoice":null,"invoice_item":null,"promotion_code":null,"source":{"coupon":{"id":"SAVE","object":"coupon",
        "amount_off":null,"created":1364000000,"currency":null,"duration":"forever","duration_in_months":null,"livemode":false,
        "max_redemptions":null,"metadata":{},"name":null,"percent_off":25,"redeem_by":null,"times_redeemed":1,"valid":true},
        "type":"coupon"},"start":1364000000,"subscription":null,"subscription_item":null}"#,
        r#"{"object":"discount","customer":"cus_1","end":null,"start":1364000000,"coupon":{"id":"SAVE","object":"coupon",
        "amount_off":null,"currency":null,"duration":"forever","duration_in_months":null,"livemode":false,"max_redemptions":null,
        "percent_off":25,"redeem_by":null,"times_redeemed":1}}"#,
    ),
    ("deleted", r#"{"id":"cus_1","object":"customer","deleted":true}"#, r#"{"id":"cus_1","deleted":true}"#),
    (
        "token",
        r#"{"id":"tok_1","object":"token","card":CARD,"client_ip":"127.0.0.1","created":1364000000,"livemode":false,
        "type":"card","used":false}"#,
        r#"{"id":"tok_1","livemode":false,"created":1364000000,"used":false,"object":"token","type":"card",
        "card":{"id":"card_1","customer":null,"object":"card","last4":"4242","type":"Visa","exp_month":12,
        "exp_year":2034,"fingerprint":"Xt5EWLLDS7FJjR1c","country":"US","name":"Ann","address_line1":null,
        "address_line2":null,"address_state":null,"address_zip":"94301","address_country":null,"cvc_check":"pass",
        "address_line1_check":null,"address_zip_check":"pass"}}"#,
    ),
    (
        "bank account token",
        r#"{"id":"btok_1","object":"token","bank_account":{"id":"ba_1","object":"bank_account",
        "account_holder_name":"Ann","account_holder_type":"individual","account_type":null,"bank_name":"TEST BANK",
        "country":"US","currency":"usd","fingerprint":"1JWtPxqbdX5Gamtz","last4":"6789",
        "routing_number":"110000000","status":"new"},"client_ip":null,"created":1364000000,"livemode":false,
        "type":"bank_account","used":false}"#,
        r#"{"id":"btok_1","livemode":false,"created":1364000000,"used":false,"object":"token","type":"bank_account",
        "bank_account":{"id":"ba_1","object":"bank_account","bank_name":"TEST BANK","last4":"6789","country":"US",
        "currency":"usd","fingerprint":"1JWtPxqbdX5Gamtz","validated":false,"verified":false,"disabled":false}}"#,
    ),
    (
        "list",
        r#"{"object":"list","data":[{"id":"cus_1","object":"customer","deleted":true}],"has_more":true,
        "total_count":25,"url":"/v1/customers"}"#,
        r#"{"object":"list","data":[{"id":"cus_1","deleted":true}],"count":25,"url":"/v1/customers"}"#,
    ),
    (
        "refund",
        r#"{"id":"re_1","object":"refund","amount":400,"balance_transaction":"txn_2","charge":"ch_1",
        "created":1364000001,"currency":"usd","metadata":{},"payment_intent":null,"reason":null,
        "receipt_number":null,"source_transfer_reversal":null,"status":"succeeded","transfer_reversal":null}"#,
        r#"{"id":"re_1","object":"refund","amount":400,"balance_transaction":"txn_2","charge":"ch_1",
        "created":1364000001,"currency":"usd"}"#,
    ),
    (
        "application fee",
        r#"{"id":"fee_1","object":"application_fee","account":{"id":"acct_1","object":"account","email":"a@b.example",
        "charges_enabled":true},"amount":123,"amount_refunded":23,"application":"ca_1","balance_transaction":"txn_3",
        "charge":"ch_1","created":1364000000,"currency":"usd","fee_source":{"charge":"ch_1","type":"charge"},
        "livemode":false,"originating_transaction":null,"refunded":false,"refunds":{"object":"list","data":[
        {"id":"fr_1","object":"fee_refund","amount":23,"balance_transaction":"txn_4","created":1364000001,
        "currency":"usd","fee":"fee_1","metadata":{}}],"has_more":false,"total_count":1,
        "url":"/v1/application_fees/fee_1/refunds"}}"#,
        r#"{"id":"fee_1","object":"application_fee","user":"acct_1","user_email":"a@b.example","amount":123,
        "amount_refunded":23,"application":"ca_1","balance_transaction":"txn_3","charge":"ch_1","created":1364000000,
        "currency":"usd","livemode":false,"refunded":false,"refunds":[{"id":"fr_1","object":"fee_refund","amount":23,
        "balance_transaction":"txn_4","created":1364000001,"currency":"usd","fee":"fee_1","metadata":{}}]}"#,
    ),
    (
        "balance",
        r#"{"object":"balance","available":[{"amount":0,"currency":"usd","source_types":{"card":0}}],
        "connect_reserved":[{"amount":0,"currency":"usd"}],"instant_available":[],"issuing":{"available":[]},
        "livemode":false,"pending":[{"amount":818,"currency":"usd","source_types":{"card":818}}]}"#,
        r#"{"object":"balance","available":[{"amount":0,"currency":"usd"}],"livemode":false,
        "pending":[{"amount":818,"currency":"usd"}]}"#,
    ),
    (
        "event of an account",
        r#"{"id":"evt_1","object":"event","account":"acct_1","api_version":"2012-10-26","context":"acct_1",
        "created":1364000000,"data":{"object":ACCOUNT,"previous_attributes":{"charges_enabled":false,
        "default_currency":"cad","settings":{"payments":{"statement_descriptor":"OLD"}}}},"livemode":false,
        "pending_webhooks":1,"request":{"id":"req_1","idempotency_key":null},"type":"account.updated"}"#,
        r#"{"id":"evt_1","object":"event","user_id":"acct_1","created":1364000000,"data":{"object":{"id":"acct_1",
        "email":"site@example.com","statement_descriptor":"ANN","details_submitted":true,"charge_enabled":true,
        "transfer_enabled":true,"currencies_supported":["USD"],"default_currency":"USD","country":"US",
        "object":"account"},"previous_attributes":{"charge_enabled":false,"default_currency":"CAD",
        "statement_descriptor":"OLD"}},"livemode":false,"pending_webhooks":1,"type":"account.updated"}"#,
    ),
];

const ACCOUNT: &str = r##"{"id":"acct_1","object":"account","business_profile":{"annual_revenue":null,
"estimated_worker_count":null,"mcc":"5734","minority_owned_business_designation":null,"name":"Ann's","product_description":null,
"support_address":null,"support_email":null,"support_phone":null,"support_url":null,"url":"https://ann.example"},
"business_type":"individual","capabilities":{"card_payments":"active","transfers":"active"},"charges_enabled":true,
"company":{"name":null},"controller":{"is_controller":true,"type":"application"},"country":"US","created":1364000000,
"default_currency":"usd","details_submitted":true,"email":"site@example.com","external_accounts":{"object":"list",
"data":[],"has_more":false,"total_count":0,"url":"/v1/accounts/acct_1/external_accounts"},
"future_requirements":{"currently_due":[]},"groups":null,"individual":{"id":"person_1","object":"person","first_name":"Ann"},
"metadata":{},"payouts_enabled":true,"requirements":{"alternatives":[],"current_deadline":null,"currently_due":[],
"disabled_reason":null,"errors":[],"eventually_due":[],"past_due":[],"pending_verification":[]},
"settings":{"bacs_debit_payments":{"display_name":null},"branding":{"icon":null,"logo":null,"primary_color":"#336699",
"secondary_color":null},"card_issuing":{"tos_acceptance":{"date":null,"ip":null}},"card_payments":{"decline_on":
{"avs_failure":false,"cvc_failure":false},"statement_descriptor_prefix":null},"dashboard":{"display_name":"Ann's",
"timezone":"Etc/UTC"},"invoices":{},"payments":{"statement_descriptor":"ANN"},"payouts":{"debit_negative_balances":true,
"schedule":{"delay_days":2,"interval":"daily"},"statement_descriptor":null}},"tos_acceptance":{"date":null,"ip":null,
"user_agent":null},"type":"standard"}"##;

fn filled(sample: &str) -> String {
    let own = CARD.replacen(r#""customer":null"#, r#""customer":"cus_1""#, 1);
    let sample = sample.replace("CARD_THEN", CARD_THEN).replace(":CARD", &format!(":{CARD}"));
    let sample = sample.replace("[CARD]", &format!("[{own}]")).replace("DEFAULT", &own);
    sample.replace("ACCOUNT", ACCOUNT)
}

fn sorted(node: Node<'_>) -> String {
    crate::check::sorted(node).to_json()
}

#[test]
fn whole_objects_in_2012() {
    for (name, today, then) in SAMPLES {
        let (today, then) = (filled(today), filled(then));
        let mut it = parsed(&today);
        render("2012-10-26", &mut it);
        assert_eq!(sorted(it), sorted(parsed(&then)), "{name}");
    }
}

#[test]
fn an_account_of_2012_has_the_order_of_its_time() {
    let mut it = parsed(ACCOUNT);
    render("2012-10-26", &mut it);
    assert_eq!(
        it.to_json(),
        r#"{"id":"acct_1","email":"site@example.com","statement_descriptor":"ANN","details_submitted":true,"charge_enabled":true,"transfer_enabled":true,"currencies_supported":["USD"],"default_currency":"USD","country":"US","object":"account"}"#
    );
}

/// The members that each object had, as webhooks of 2013-02-13 show them.
#[test]
fn members_in_the_summer_of_2013() {
    for (name, today, then) in [
        (
            "charge",
            CHARGE,
            "amount amount_refunded captured card created currency customer description dispute failure_code \
             failure_message fee fee_details id invoice livemode object paid refunded",
        ),
        (
            "customer",
            SAMPLES[1].1,
            "account_balance active_card created delinquent description discount email id livemode object \
             subscription",
        ),
        (
            "card",
            CARD,
            "address_city address_country address_line1 address_line1_check address_line2 address_state \
             address_zip address_zip_check country customer cvc_check exp_month exp_year fingerprint id last4 name \
             object type",
        ),
    ] {
        let today = filled(today);
        let mut it = parsed(&today);
        render("2013-02-13", &mut it);
        let Node::Map(entries) = &it else { panic!("{name}") };
        let mut names: Vec<&str> = entries.iter().map(|(key, _)| key.as_ref()).collect();
        names.sort_unstable();
        assert_eq!(names.join(" "), then, "{name}");
    }
}

#[test]
fn versions_between() {
    for (version, today, path, then) in [
        ("2026-10-28.endive", CHARGE, &["status"][..], r#""succeeded""#),
        ("2015-02-18", CHARGE, &["status"], r#""succeeded""#),
        ("2015-02-16", CHARGE, &["status"], r#""paid""#),
        ("2014-07-26", CHARGE, &["refunds", "object"], r#""list""#),
        ("2014-03-28", CHARGE, &["card", "type"], r#""Visa""#),
        ("2014-06-13", CHARGE, &["card", "brand"], r#""Visa""#),
        ("2013-08-13", CHARGE, &["dispute"], "null"),
        ("2013-08-13", SAMPLES[1].1, &["cards", "count"], "1"),
        ("2014-06-13", SAMPLES[1].1, &["subscriptions", "has_more"], "false"),
        ("2014-01-31", SAMPLES[1].1, &["subscriptions", "count"], "0"),
        ("2018-05-21", SAMPLES[1].1, &["account_balance"], "0"),
        ("2019-10-17", SAMPLES[1].1, &["balance"], "0"),
        ("2015-10-01", ACCOUNT, &["verification", "fields_needed"], "[]"),
        ("2015-10-01", ACCOUNT, &["transfer_schedule", "interval"], r#""daily""#),
        ("2015-10-01", ACCOUNT, &["legal_entity", "first_name"], r#""Ann""#),
        ("2018-02-28", ACCOUNT, &["type"], r#""standard""#),
        ("2019-02-11", ACCOUNT, &["business_url"], r#""https://ann.example""#),
        ("2019-02-19", ACCOUNT, &["business_profile", "mcc"], r#""5734""#),
    ] {
        let today = filled(today);
        let mut it = parsed(&today);
        render(version, &mut it);
        let found = path.iter().try_fold(&it, |at, name| at.get(name)).map(Node::to_json);
        assert_eq!(found.as_deref(), Some(then), "{version} {path:?}");
    }
}

#[test]
fn errors_in_2012() {
    for (today, then) in [
        (
            r#"{"code":"resource_missing","doc_url":"https://docs.example","message":"No such charge: 'ch_x'","param":"id","request_log_url":"https://log.example","type":"invalid_request_error"}"#,
            r#"{"message":"No such charge: ch_x","param":"id","type":"invalid_request_error"}"#,
        ),
        (
            r#"{"code":"resource_missing","message":"No such event: 'evt_x'","param":"id","type":"invalid_request_error"}"#,
            r#"{"message":"No such notification: evt_x","param":"id","type":"invalid_request_error"}"#,
        ),
        (
            r#"{"code":"resource_missing","message":"No such token: 'tok_x'","param":"source","type":"invalid_request_error"}"#,
            r#"{"message":"No such token: tok_x","param":"card","type":"invalid_request_error"}"#,
        ),
        (
            r#"{"charge":"ch_1","code":"card_declined","decline_code":"generic_decline","doc_url":"https://docs.example","message":"Your card was declined.","type":"card_error"}"#,
            r#"{"code":"card_declined","message":"Your card was declined.","type":"card_error"}"#,
        ),
        (
            r#"{"code":"parameter_unknown","message":"Received unknown parameter: x","param":"x","type":"invalid_request_error"}"#,
            r#"{"message":"Received unknown parameter: x","param":"x","type":"invalid_request_error"}"#,
        ),
    ] {
        let mut it = parsed(today);
        crate::CHANGES.iter().rev().filter(|change| change.since() > base::Version::Y2012).for_each(
            |change| {
                change.down("error", &mut it);
            },
        );
        assert_eq!(sorted(it), sorted(parsed(then)));
    }
}
