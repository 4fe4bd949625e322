//! Every page renders, says what it must, and lets no user text out as markup.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

mod samples;

fn html(name: &str) -> String {
    let (_, result) =
        samples::all().into_iter().find(|(sample, _)| *sample == name).expect("a sample of that name");
    result.expect("renders")
}

#[test]
fn every_page_renders_with_its_sample() {
    for (name, result) in samples::all() {
        let html = result.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"), "{name}");
        assert_eq!(html.matches("<h1").count(), 1, "{name}: one main heading");
        assert_eq!(html.matches("id=\"main\"").count(), 1, "{name}: one place to skip to");
    }
}

#[test]
fn user_text_never_becomes_markup() {
    for (name, result) in samples::hostile() {
        let html = result.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(html.contains("&lt;script&gt;"), "{name} shows the text");
        for banned in ["<script>", "<img src=x", "href=\"javascript:", "style=\""] {
            assert!(!html.contains(banned), "{name} lets {banned} through");
        }
    }
}

#[test]
fn ids_are_unique_and_every_reference_leads_to_one() {
    for (name, result) in samples::all() {
        let html = result.expect("renders");
        let ids = attribute(&html, " id=\"");
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ids.len(), "{name}: an id is used twice");
        for reference in
            [" for=\"", " aria-describedby=\"", " aria-labelledby=\"", " data-copy=\"", " href=\"#"]
        {
            for value in attribute(&html, reference) {
                for id in value.split_whitespace() {
                    assert!(ids.contains(&id), "{name}: nothing has the id {id}");
                }
            }
        }
    }
}

#[test]
fn every_field_has_a_label() {
    for (name, result) in samples::all() {
        let html = result.expect("renders");
        let labels = attribute(&html, " for=\"");
        for tag in ["<input ", "<select ", "<textarea "] {
            for field in html.split(tag).skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
                if field.contains("type=\"hidden\"") || field.contains("type=\"radio\"") {
                    continue;
                }
                let id = attribute(field, "id=\"").first().copied().unwrap_or_default();
                assert!(labels.contains(&id), "{name}: no label for {field}");
            }
        }
    }
}

#[test]
fn a_password_is_never_sent_back() {
    assert!(!html("sign_in_errors").contains("hunter2"));
}

#[test]
fn errors_stand_beside_their_fields_and_in_the_summary() {
    let html = html("connect_account_form_errors");
    assert!(html.contains("7 things need another look"));
    assert!(html.contains("<a href=\"#f-url\">"));
    assert!(html.contains("aria-describedby=\"h-url e-url\" aria-invalid=\"true\""));
    assert!(html.contains("<title>Error: "));
}

#[test]
fn only_a_development_request_can_skip_the_form() {
    assert!(html("connect_account_form").contains("Skip this account form"));
    assert!(!html("connect_account_form_live").contains("Skip this account form"));
}

#[test]
fn consent_tells_the_permissions_apart() {
    let write = html("connect_consent");
    assert!(
        write.contains("Take payments for you")
            && write.contains("acme.example")
            && write.contains("Connect my account")
    );
    let read = html("connect_consent_several");
    assert!(!read.contains("Take payments for you") && read.contains("cannot take payments"));
    assert_eq!(read.matches("type=\"radio\"").count(), 3);
}

fn attribute<'a>(html: &'a str, opening: &str) -> Vec<&'a str> {
    html.split(opening).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}
