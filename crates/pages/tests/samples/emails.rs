//! Samples of the pages of emails.

use super::{HOSTILE, Sample, signed_in};
use pages::render;
use pages::views::*;

fn row(text: &str) -> EmailRow {
    EmailRow {
        page: "/dashboard/emails/message?id=email_1".into(),
        subject: text.into(),
        to: text.into(),
        at: 1_381_104_058,
        standing: "Kept here".into(),
    }
}

fn list(text: Option<&str>) -> Emails {
    Emails {
        chrome: signed_in(),
        livemode: false,
        delivered: text.is_none(),
        messages: text.iter().map(|text| row(text)).collect(),
        choices: vec![EmailChoice {
            name: "refunds".into(),
            text: text.unwrap_or("Refunds").into(),
            chosen: true,
        }],
    }
}

fn one(text: &str) -> EmailPage {
    EmailPage {
        chrome: signed_in(),
        livemode: true,
        message: row(text),
        next: Some(1_381_104_118),
        facts: vec![EmailFact { name: "To".into(), value: text.into() }],
        html: "/dashboard/emails/message/html?id=email_1".into(),
        text: text.into(),
    }
}

pub(crate) fn all() -> Vec<Sample> {
    vec![
        ("emails", render(&list(Some("Receipt from Ann's Pottery")))),
        ("emails_empty", render(&list(None))),
        ("email", render(&one("Receipt from Ann's Pottery"))),
    ]
}

pub(crate) fn hostile() -> Vec<Sample> {
    vec![("emails", render(&list(Some(HOSTILE)))), ("email", render(&one(HOSTILE)))]
}
