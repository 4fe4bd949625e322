//! A discount and a promotion code were of a coupon, and showed it whole.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2025-09-30.clover")
    }
    fn what(&self) -> &'static str {
        "The `coupon` of a discount becomes `source.coupon`, that of a promotion code `promotion.coupon`."
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        &[("discount", "source.coupon"), ("promotion_code", "promotion.coupon")]
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        let hash = match object {
            "discount" => "source",
            "promotion_code" => "promotion",
            _ => return,
        };
        tree::lift(it, &[hash, "coupon"], "coupon");
        tree::forget(it, &[hash]);
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if tree::goes_to(method, path, "POST /v1/promotion_codes") && params.get("coupon").is_some() {
            tree::sink(params, "coupon", &["promotion", "coupon"]);
            if let Some(promotion) = params.get_mut("promotion") {
                promotion.set("type", Node::Form("coupon".into()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        for (object, hash) in [("discount", "source"), ("promotion_code", "promotion")] {
            let today = format!(r#"{{"id":"x","{hash}":{{"coupon":{{"id":"c"}},"type":"coupon"}}}}"#);
            check::down(&Past, object, &[(&today, r#"{"id":"x","coupon":{"id":"c"}}"#)]);
        }
        check::ignores(&Past, &["charge"], r#"{"source":{"coupon":"c"}}"#);
        check::up(
            &Past,
            "POST",
            "/v1/promotion_codes",
            &[(r#"{"coupon":"c","code":"A"}"#, r#"{"code":"A","promotion":{"coupon":"c","type":"coupon"}}"#)],
        );
    }
}
