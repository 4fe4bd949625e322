//! A credit note had one refund.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2025-03-31.basil")
    }
    fn what(&self) -> &'static str {
        "Credit notes show and take `refunds` instead of `refund`, and show `total_taxes` and their lines `taxes` instead of `tax_amounts`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if !tree::is_whole(it) {
            return;
        }
        match object {
            "credit_note" => {
                let refunds = it.take("refunds").map(tree::items).unwrap_or_default();
                let first = refunds.into_iter().next().and_then(|mut it| it.take("refund"));
                let (_, amounts) = tree::tax_amounts(it, "total_taxes");
                tree::forget(it, &["post_payment_amount", "pre_payment_amount", "pretax_credit_amounts"]);
                it.set("refund", first.unwrap_or(Node::Null));
                it.set("tax_amounts", amounts);
            }
            "credit_note_line_item" => {
                let (_, amounts) = tree::tax_amounts(it, "taxes");
                tree::forget(it, &["metadata", "pretax_credit_amounts"]);
                it.set("tax_amounts", amounts);
            }
            _ => {}
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        let wanted =
            ["POST /v1/credit_notes", "GET /v1/credit_notes/preview", "GET /v1/credit_notes/preview/lines"];
        if wanted.iter().any(|endpoint| tree::goes_to(method, path, endpoint)) {
            tree::sink(params, "refund", &["refunds", "0", "refund"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        check::down(
            &Past,
            "credit_note",
            &[
                (
                    r#"{"id":"cn_1","pre_payment_amount":0,"post_payment_amount":5,"pretax_credit_amounts":[],"refunds":[{"refund":"re_1","amount_refunded":5}],"total_taxes":[{"amount":1,"tax_behavior":"inclusive","tax_rate_details":{"tax_rate":"txr_1"}}]}"#,
                    r#"{"id":"cn_1","refund":"re_1","tax_amounts":[{"amount":1,"inclusive":true,"tax_rate":"txr_1"}]}"#,
                ),
                (
                    r#"{"id":"cn_1","refunds":[],"total_taxes":[]}"#,
                    r#"{"id":"cn_1","refund":null,"tax_amounts":[]}"#,
                ),
                (r#"{"memo":"x"}"#, r#"{"memo":"x"}"#),
            ],
        );
        check::down(
            &Past,
            "credit_note_line_item",
            &[(
                r#"{"id":"cnli_1","metadata":{},"pretax_credit_amounts":[],"taxes":[]}"#,
                r#"{"id":"cnli_1","tax_amounts":[]}"#,
            )],
        );
        check::up(
            &Past,
            "POST",
            "/v1/credit_notes",
            &[(r#"{"refund":"re_1"}"#, r#"{"refunds":{"0":{"refund":"re_1"}}}"#)],
        );
        check::up(&Past, "POST", "/v1/credit_notes/{id}", &[(r#"{"memo":"x"}"#, r#"{"memo":"x"}"#)]);
    }
}
