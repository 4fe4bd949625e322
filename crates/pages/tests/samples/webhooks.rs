//! Samples of the pages of webhooks.

use super::{HOSTILE, Sample, signed_in};
use pages::render;
use pages::views::*;

const AT: i64 = 1_381_104_058;

fn row(id: &str, name: Option<&str>, standing: &str) -> EndpointRow {
    EndpointRow {
        id: id.into(),
        page: "/dashboard/webhooks/endpoint?id=we_1".into(),
        url: "https://shop.example/webhooks".into(),
        name: name.map(Into::into),
        hears: "Connected accounts".into(),
        standing: standing.into(),
    }
}

fn attempt(id: &str, kind: &str, outcome: &str) -> AttemptRow {
    AttemptRow {
        id: id.into(),
        page: "/dashboard/webhooks/attempt?id=whatt_1".into(),
        event: "evt_1".into(),
        event_page: "/dashboard/webhooks/endpoint?id=we_1&event=evt_1".into(),
        kind: kind.into(),
        at: AT,
        number: 2,
        by_hand: outcome == "delivered",
        delivered: outcome == "delivered",
        outcome: outcome.into(),
        ms: 41,
        next: (outcome != "delivered").then_some(AT + 600),
    }
}

fn endpoint(row: EndpointRow, trouble: Option<Trouble>, attempts: Vec<AttemptRow>) -> Webhook {
    let secret = ShownOnce { label: "Signing secret".into(), value: "whsec_0123456789".into() };
    Webhook {
        chrome: signed_in(),
        livemode: false,
        events: vec!["*".into()],
        version: trouble.is_none().then(|| "2026-10-28.endive".into()),
        secret_shown: "whsec_…6789".into(),
        rolled_until: trouble.is_none().then_some(AT + 3600),
        secret: trouble.is_none().then_some(secret),
        event: trouble.as_ref().map(|_| row.id.clone()),
        endpoint: row,
        trouble,
        attempts,
    }
}

fn looked_at(text: &str, answered: bool) -> WebhookAttempt {
    WebhookAttempt {
        chrome: signed_in(),
        livemode: true,
        attempt: attempt(text, text, if answered { "delivered" } else { "timed out" }),
        endpoint: text.into(),
        endpoint_page: "/dashboard/webhooks/endpoint?id=we_1".into(),
        url: text.into(),
        request_headers: format!("content-type: {text}\n"),
        request_body: answered.then(|| text.into()),
        response: answered.then(|| AnswerShown {
            status: 200,
            headers: text.into(),
            body: text.into(),
            cut: true,
        }),
        can_resend: answered,
    }
}

pub(crate) fn all() -> Vec<Sample> {
    let rows = vec![row("we_1", Some("The shop"), "Enabled"), row("ed_2", None, "Failing")];
    let list = |endpoints| Webhooks { chrome: signed_in(), livemode: false, endpoints };
    let attempts = vec![
        attempt("whatt_2", "charge.succeeded", "delivered"),
        attempt("whatt_1", "charge.failed", "timed out"),
    ];
    let trouble = |until| Some(Trouble { since: AT, until });
    vec![
        ("webhooks", render(&list(rows))),
        ("webhooks_empty", render(&list(Vec::new()))),
        ("webhook", render(&endpoint(row("we_1", Some("The shop"), "Enabled"), None, attempts))),
        (
            "webhook_failing",
            render(&endpoint(row("we_1", None, "Failing"), trouble(Some(AT + 9)), Vec::new())),
        ),
        ("webhook_disabled", render(&endpoint(row("we_1", None, "Disabled"), trouble(None), Vec::new()))),
        ("webhook_attempt", render(&looked_at("whatt_1", true))),
        ("webhook_attempt_failed", render(&looked_at("whatt_1", false))),
    ]
}

pub(crate) fn hostile() -> Vec<Sample> {
    let mut hostile = row(HOSTILE, Some(HOSTILE), "Enabled");
    hostile.url = HOSTILE.into();
    let failed = attempt(HOSTILE, HOSTILE, HOSTILE);
    vec![
        (
            "webhooks",
            render(&Webhooks { chrome: signed_in(), livemode: true, endpoints: vec![hostile.clone()] }),
        ),
        ("webhook", render(&endpoint(hostile, None, vec![failed]))),
        ("webhook_attempt", render(&looked_at(HOSTILE, true))),
    ]
}
