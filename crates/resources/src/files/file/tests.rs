//! Files over the whole way from a form in parts to bytes.
use crate::payments::token::tests::recorded;
use crate::testing::{Bench, LIVE, PLATFORM, PUBLIC, SELLER, START, now};
use api::secrets::{Secrets, census};
use base64::{Engine as _, engine::general_purpose::STANDARD};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08 and so on";

#[test]
fn what_was_uploaded_comes_back() {
    let bench = Bench::new();
    let made = bench.upload(SELLER, &[("purpose", "dispute_evidence")], "/home/ann/receipt.png", PNG).ok();
    assert_eq!(made.text("object"), "file");
    assert_eq!(made.text("filename"), "receipt.png");
    assert_eq!((made.text("type"), made.text("purpose")), ("png".into(), "dispute_evidence".into()));
    assert_eq!(made.number("size"), PNG.len() as i64);
    assert_eq!(made.number("expires_at"), START.0 + 274 * 86_400);
    assert_eq!(bench.told(), [("acct_seller".into(), "file.created")]);
    let id = made.text("id");
    assert_eq!(made.text("links.url"), format!("/v1/file_links?file={id}"));
    assert_eq!(bench.get(SELLER, &format!("/v1/files/{id}")).ok().body, made.body);
    assert_eq!(bench.get(SELLER, "/v1/files?purpose=dispute_evidence").ok().items()[0].body, made.body);
    assert!(bench.get(SELLER, "/v1/files?purpose=business_logo").ok().items().is_empty());
    let (kind, bytes) = bench.bytes(SELLER, &format!("/v1/files/{id}/contents"));
    assert_eq!((kind.as_str(), &bytes[..]), ("image/png", PNG));
    // Nobody else sees it, and in no other mode.
    for key in [PLATFORM, LIVE] {
        assert_eq!(bench.get(key, &format!("/v1/files/{id}")).refusal().0, 404);
        assert_eq!(bench.get(key, &format!("/v1/files/{id}/contents")).refusal().0, 404);
    }
    // Its time comes.
    bench.clock.advance(275 * 86_400);
    assert_eq!(bench.get(SELLER, &format!("/v1/files/{id}/contents")).refusal().0, 404);
}

#[test]
fn large_files_come_in_pieces() {
    let bench = Bench::new();
    let mut pdf = b"%PDF-1.7 ".to_vec();
    pdf.extend((0..700_000_u32).map(|at| (at % 251) as u8));
    let made = bench.upload(SELLER, &[("purpose", "tax_document_user_upload")], "tax.pdf", &pdf).ok();
    let (kind, bytes) = bench.bytes(SELLER, &format!("/v1/files/{}/contents", made.text("id")));
    assert_eq!(kind, "application/pdf");
    assert!(bytes == pdf);
    assert!(made.at("expires_at").is_null());
}

#[test]
fn what_is_no_such_file_is_refused() {
    let bench = Bench::new();
    let refused = |fields: &[(&str, &str)], name: &str, bytes: &[u8]| {
        let answer = bench.upload(SELLER, fields, name, bytes);
        (answer.refusal(), answer.text("error.message"))
    };
    let ((status, _, param), message) = refused(&[("purpose", "dispute_evidence")], "a.txt", b"text");
    assert_eq!((status, param.as_str()), (400, "file"));
    assert_eq!(
        message,
        "We don't currently support that file type. Try uploading a file with one of the following mimetypes: application/pdf, image/jpeg, image/png."
    );
    let much = [PNG, &vec![0; 600 << 10]].concat();
    assert_eq!(refused(&[("purpose", "business_logo")], "a.png", &much).0.2, "file");
    assert_eq!(refused(&[("purpose", "business_logo")], "a.png", b"").0.2, "file");
    let wide = [&PNG[..16], &[0, 0, 0x1f, 0x40, 0, 0, 0, 1]].concat();
    assert_eq!(refused(&[("purpose", "identity_document")], "a.png", &wide).0.2, "file");
    assert_eq!(refused(&[("purpose", "finance_report_run")], "a.csv", b"a").0.2, "purpose");
    assert_eq!(refused(&[("purpose", "fun")], "a.png", PNG).0.2, "purpose");
    assert_eq!(refused(&[], "a.png", PNG).0.2, "purpose");
    assert_eq!(refused(&[("purpose", "business_logo"), ("x", "1")], "a.png", PNG).0.1, "parameter_unknown");
    for form in ["file=a&purpose=business_logo", "file[digest]=a&purpose=business_logo"] {
        let answer = bench.post(SELLER, "/v1/files", form);
        assert_eq!(answer.refusal(), (400, String::new(), "file".into()));
        assert_eq!(answer.text("error.message"), "Invalid hash");
    }
}

#[test]
fn browsers_upload_and_see_nothing_more() {
    let bench = Bench::new();
    let made = bench.upload(PUBLIC, &[("purpose", "identity_document")], "a.png", PNG).ok();
    assert!(made.at("url").is_null() && made.at("links").is_null());
    let id = made.text("id");
    assert_eq!(bench.get(PUBLIC, &format!("/v1/files/{id}")).refusal().0, 403);
    let with_link = [("purpose", "dispute_evidence"), ("file_link_data[create]", "true")];
    assert_eq!(bench.upload(PUBLIC, &with_link, "a.png", PNG).refusal().0, 403);
    // Nor does anybody get a document of somebody back.
    assert_eq!(bench.get(SELLER, &format!("/v1/files/{id}/contents")).refusal().0, 403);
    let linked = bench.post(SELLER, "/v1/file_links", &format!("file={id}"));
    assert_eq!(linked.refusal(), (400, String::new(), "file".into()));
}

#[test]
fn links_open_until_their_time_is_over() {
    let bench = Bench::new();
    let ends = START.0 + 600;
    let fields = [
        ("purpose", "dispute_evidence"),
        ("file_link_data[create]", "true"),
        ("file_link_data[expires_at]", &ends.to_string()),
        ("file_link_data[metadata][a]", "b"),
    ];
    let file = bench.upload(SELLER, &fields, "a.png", PNG).ok();
    let link = &file.at("links.data.0");
    assert_eq!(link.get("metadata").and_then(|it| it.get("a")?.as_str()), Some("b"));
    let url = file.text("links.data.0.url");
    let (_, secret) = url.rsplit_once('/').unwrap_or_default();
    assert!(url.starts_with("http://localhost:7070/links/acct_seller/fl_test_"), "{url}");
    assert_eq!(bench.open_link(secret), Some(PNG.to_vec()));
    assert_eq!(bench.open_link(&format!("{secret}x")), None);

    let id = file.text("links.data.0.id");
    bench.clock.advance(601);
    assert_eq!(bench.open_link(secret), None);
    assert!(bench.get(SELLER, &format!("/v1/file_links/{id}")).ok().is("expired"));
    assert_eq!(bench.post(SELLER, &format!("/v1/file_links/{id}"), "expires_at=").refusal().0, 400);
    assert_eq!(bench.get(SELLER, "/v1/file_links?expired=true").ok().items().len(), 1);

    let another = bench.post(SELLER, "/v1/file_links", &format!("file={}", file.text("id"))).ok();
    assert!(!another.is("expired") && another.at("expires_at").is_null());
    let listed = bench.get(SELLER, &format!("/v1/file_links?file={}&expired=false", file.text("id"))).ok();
    assert_eq!(listed.items()[0].text("id"), another.text("id"));
    let path = format!("/v1/file_links/{}", another.text("id"));
    let early = bench.post(SELLER, &path, &format!("expires_at={}", START.0));
    assert_eq!(early.refusal().2, "expires_at");
    assert!(bench.post(SELLER, &path, "expires_at=now").ok().is("expired"));
    let expanded = bench.get(SELLER, &format!("{path}?expand[]=file")).ok();
    assert_eq!(expanded.text("file.object"), "file");
}

#[test]
fn the_same_key_means_the_same_file() {
    let bench = Bench::new();
    let send = |bytes: &[u8]| {
        let fields = [("purpose", "dispute_evidence")];
        bench.upload_as(SELLER, Some("once"), &fields, "a.png", bytes)
    };
    let first = send(PNG).ok();
    assert_eq!(send(PNG).ok().text("id"), first.text("id"));
    let other = send(&[PNG, b"."].concat());
    assert_eq!(other.text("error.type"), "idempotency_error");
    assert_eq!(bench.get(SELLER, "/v1/files").ok().items().len(), 1);
}

#[test]
fn what_is_in_a_file_lies_sealed_and_keys_can_change() {
    let (bench, written) = recorded();
    let contents = [PNG, "A. Potter, 1 Clay Lane, born 29 February 1980\n".repeat(9_000).as_bytes()].concat();
    let made = bench.upload(SELLER, &[("purpose", "dispute_evidence")], "a.png", &contents).ok();
    let file = format!("/v1/files/{}/contents", made.text("id"));
    assert!(bench.bytes(SELLER, &file).1 == contents);
    let plain = STANDARD.encode(&contents);
    let text = written.lock().unwrap().clone();
    assert!(text.contains("file_piece") && !text.contains(&plain[..60]) && !text.contains("Clay Lane"));
    // Another key, and everything is sealed under it: the pieces keep their bytes, and open.
    let world = &bench.api.world;
    let key = |id: &str, byte: u8| vault::Key::new(id, [byte; 32]).unwrap_or_else(|e| panic!("{e:?}"));
    let ring = vault::Ring::new(key("k2", 9), vec![key("k1", 7)]).unwrap();
    assert_eq!(world.vault.replace(ring), Ok(true));
    let secrets =
        Secrets { store: &*world.store, vault: &world.vault, nouns: crate::noun, entropy: &*world.entropy };
    let done = now(secrets.reseal("", 10_000, 10_000)).unwrap();
    assert!(done.resealed >= 2 && done.closed == 0, "{done:?}");
    let mut snapshot = now(world.store.snapshot(store::Scope::All)).unwrap();
    let census = now(census(&mut *snapshot, crate::noun)).unwrap();
    assert_eq!(census.under.keys().collect::<Vec<_>>(), ["k2"]);
    assert!(bench.bytes(SELLER, &file).1 == contents);
}
