//! Payment method domains.
use crate::testing::{Bench, LIVE, PLATFORM, SELLER};

const PATH: &str = "/v1/payment_method_domains";

#[test]
fn a_domain_is_kept_once_and_looked_at() {
    let bench = Bench::new();
    let made = bench.post(SELLER, PATH, "domain_name=Shop.Example.com").ok();
    assert_eq!((made.text("domain_name"), made.is("enabled")), ("shop.example.com".into(), true));
    for wallet in ["amazon_pay", "apple_pay", "google_pay", "klarna", "link", "paypal"] {
        assert_eq!(made.text(&format!("{wallet}.status")), "active");
        assert!(made.at(wallet).get("status_details").is_none());
    }
    let again = bench.post(SELLER, PATH, "domain_name=shop.example.com&enabled=false").ok();
    assert_eq!((again.text("id"), again.is("enabled")), (made.text("id"), false));
    bench.post(PLATFORM, PATH, "domain_name=shop.example.com").ok();
    let path = format!("{PATH}/{}", made.text("id"));
    assert_eq!(bench.post(PLATFORM, &path, "enabled=true").status, 404);
    assert!(bench.post(SELLER, &path, "enabled=true").ok().is("enabled"));
    let bad = bench.post(SELLER, PATH, "domain_name=nowhere.invalid").ok();
    assert_eq!(bad.text("apple_pay.status"), "inactive");
    assert!(bad.text("apple_pay.status_details.error_message").contains("association file"));
    let seen = bench.post(SELLER, &format!("{PATH}/{}/validate", bad.text("id")), "").ok();
    assert_eq!(seen.text("apple_pay.status"), "inactive");
    assert_eq!(
        bench.post(LIVE, PATH, "domain_name=shop.example.com").ok().text("apple_pay.status"),
        "inactive"
    );
    let count = |query: &str| bench.get(SELLER, &format!("{PATH}?{query}")).ok().items().len();
    bench.post(SELLER, &path, "enabled=false").ok();
    assert_eq!((count(""), count("domain_name=shop.example.com"), count("enabled=true")), (2, 1, 1));
    for name in [
        "localhost",
        "https://shop.example.com",
        "10.0.0.1",
        "-a.example",
        "a..example",
        "shop.example/x",
        "*.example.com",
    ] {
        let refused = bench.post(SELLER, PATH, &format!("domain_name={name}")).refusal();
        assert_eq!(refused, (400, String::new(), "domain_name".into()), "{name}");
    }
    assert_eq!(bench.post(SELLER, PATH, "").refusal().1, "parameter_missing");
}
