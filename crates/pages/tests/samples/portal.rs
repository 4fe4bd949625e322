//! The pages of the customer portal.

use pages::views::*;
use pages::{Form, render};

use super::{OCT_2012, Sample, guest};

fn head(text: &str, home: &str) -> PortalHead {
    PortalHead {
        chrome: Chrome {
            flash: Some(Flash { kind: FlashKind::Ok, text: "Your plan is changed.".into() }),
            ..guest()
        },
        business: text.into(),
        headline: Some(text.into()),
        livemode: false,
        home: home.into(),
        back: Some("https://shop.example/account".into()),
        terms: Some("https://shop.example/terms".into()),
        privacy: Some(text.into()),
    }
}

fn plan(text: &str, all: bool) -> PortalPlan {
    let url = |word: &str| all.then(|| format!("/portal/acct_1/ps_test_1/subscriptions/sub_1/{word}"));
    PortalPlan {
        name: text.into(),
        price: "$20.00 per month".into(),
        next: "It renews on 7 November 2013.".into(),
        badge: (!all).then(|| "Trial".into()),
        pay_url: url("pay"),
        change_url: url("plan"),
        cancel_url: url("cancel"),
        renew_url: url("renew"),
        pause_url: url("pause"),
        resume_url: url("resume"),
    }
}

fn methods(text: &str) -> Vec<PortalMethod> {
    let method = |id: &str, is_default: bool| PortalMethod {
        id: id.into(),
        name: format!("{text} ending in 4242"),
        expires: is_default.then(|| "12 / 2044".into()),
        is_default,
        removable: !is_default,
    };
    vec![method("pm_1", true), method("pm_2", false)]
}

fn home(text: &str, full: bool) -> PortalHome {
    let invoice = PortalInvoice {
        created: OCT_2012,
        number: text.into(),
        amount: "$20.00".into(),
        status: "Paid".into(),
        url: Some("http://127.0.0.1:7070/invoices/acct_1/in_1/x".into()),
        pdf: Some(text.into()),
    };
    let url = |word: &str| full.then(|| format!("/portal/acct_1/ps_test_1/{word}"));
    PortalHome {
        head: head(text, "/portal/acct_1/ps_test_1"),
        plans: if full { vec![plan(text, true), plan(text, false)] } else { Vec::new() },
        methods: if full { methods(text) } else { Vec::new() },
        methods_url: url("payment-methods"),
        details: vec![("Name".into(), text.into())],
        details_url: url("details"),
        invoices: Some(if full { vec![invoice.clone(), invoice] } else { Vec::new() }),
        more_url: url("?invoices=all"),
    }
}

fn change(text: &str, problem: Option<&str>) -> PortalChange {
    let offer = |price: &str, is_current| PortalOffer {
        price: price.into(),
        name: text.into(),
        costs: "$20.00 per month".into(),
        about: Some(text.into()),
        is_current,
        is_chosen: is_current,
    };
    PortalChange {
        head: head(text, "/portal/acct_1/ps_test_1"),
        name: text.into(),
        price: "$20.00 per month".into(),
        offers: vec![offer("price_1", true), offer("price_2", false)],
        quantity: Some((1, 1, 10)),
        asks_code: true,
        code: text.into(),
        problem: problem.map(str::to_owned),
        action: "/portal/acct_1/ps_test_1/subscriptions/sub_1/plan".into(),
    }
}

fn details(text: &str) -> PortalDetails {
    let mut form = Form::filled([("name", text), ("address_line1", text), ("address_country", "US")]);
    form.refuse("email", text);
    PortalDetails {
        head: head(text, ""),
        form,
        fields: ["name", "email", "phone", "address", "shipping", "tax_id"].map(str::to_owned).into(),
        countries: Choice::list(&[("US", "United States")]),
        tax_ids: vec![("txi_1".into(), text.into())],
        tax_kinds: Choice::list(&[("eu_vat", "EU VAT")]),
        action: "/portal/acct_1/ps_test_1/details".into(),
    }
}

/// Every page with this text wherever users' texts stand.
fn with(text: &str) -> Vec<Sample> {
    let action = "/portal/acct_1/ps_test_1/subscriptions/sub_1/cancel";
    vec![
        ("portal_home", render(&home(text, true))),
        ("portal_home_empty", render(&home(text, false))),
        (
            "portal_methods",
            render(&PortalMethods {
                head: head(text, ""),
                methods: methods(text),
                problem: Some(text.into()),
                action: "/portal/acct_1/ps_test_1/payment-methods".into(),
            }),
        ),
        ("portal_plan", render(&change(text, None))),
        ("portal_plan_errors", render(&change(text, Some(text)))),
        (
            "portal_confirm",
            render(&PortalConfirm {
                head: head(text, "/portal/acct_1/ps_test_1"),
                facts: vec![("Plan".into(), text.into()), ("Price".into(), "$40.00 per month".into())],
                lines: vec![
                    (format!("Unused time on {text} after 7 October 2013"), "-$10.00".into()),
                    (format!("Remaining time on {text} after 7 October 2013"), "$20.00".into()),
                ],
                sum: ("To be paid now".into(), "$10.00".into()),
                note: Some("What is left over is credited to you.".into()),
                carried: vec![("price".into(), text.into())],
                back: Some("/portal/acct_1/ps_test_1/subscriptions/sub_1/plan".into()),
                problem: Some(text.into()),
                action: "/portal/acct_1/ps_test_1/subscriptions/sub_1/plan".into(),
            }),
        ),
        (
            "portal_cancel",
            render(&PortalCancel {
                head: head(text, "/portal/acct_1/ps_test_1"),
                name: text.into(),
                ends: "It stays yours until 7 November 2013, and is not renewed then.".into(),
                offer: Some(text.into()),
                reasons: Choice::list(&[("unused", "I do not use it"), ("other", "Another reason")]),
                problem: Some(text.into()),
                action: action.into(),
            }),
        ),
        (
            "portal_pause",
            render(&PortalPause {
                head: head(text, "/portal/acct_1/ps_test_1"),
                name: text.into(),
                options: Choice::list(&[("0", "1 month"), ("1", "3 months")]),
                problem: None,
                action: "/portal/acct_1/ps_test_1/subscriptions/sub_1/pause".into(),
            }),
        ),
        ("portal_details", render(&details(text))),
        (
            "portal_note",
            render(&PortalNote { head: head(text, ""), title: "That is done".into(), message: text.into() }),
        ),
    ]
}

pub(crate) fn all() -> Vec<Sample> {
    with("Gold & Silver")
}

pub(crate) fn hostile() -> Vec<Sample> {
    with(super::HOSTILE)
}
