//! Samples of the pages of logs.

use super::{HOSTILE, Sample, signed_in};
use pages::render;
use pages::views::*;

fn row(path: &str, message: Option<&str>) -> RequestRow {
    RequestRow {
        id: "req_1".into(),
        page: "/dashboard/test/logs/req_1".into(),
        method: "POST".into(),
        path: path.into(),
        status: if message.is_some() { 402 } else { 200 },
        message: message.map(Into::into),
        at: 1_381_104_058,
        ms: 3,
    }
}

fn one(text: Option<&str>) -> Log {
    let text = text.map(str::to_owned);
    Log {
        chrome: signed_in(),
        livemode: false,
        request: row(text.as_deref().unwrap_or("/v1/charges"), text.as_deref()),
        account: "acct_seller".into(),
        platform: text.clone(),
        version: "2026-10-28.endive".into(),
        client: text.clone(),
        error_type: text.clone(),
        code: text.clone(),
        param: text,
    }
}

pub(crate) fn all() -> Vec<Sample> {
    let list = |requests| Logs { chrome: signed_in(), livemode: true, requests };
    vec![
        (
            "logs",
            render(&list(vec![
                row("/v1/charges", Some("Your card was declined.")),
                row("/v1/customers", None),
            ])),
        ),
        ("logs_empty", render(&list(Vec::new()))),
        ("log", render(&one(None))),
    ]
}

pub(crate) fn hostile() -> Vec<Sample> {
    vec![
        (
            "logs",
            render(&Logs {
                chrome: signed_in(),
                livemode: false,
                requests: vec![row(HOSTILE, Some(HOSTILE))],
            }),
        ),
        ("log", render(&one(Some(HOSTILE)))),
    ]
}
