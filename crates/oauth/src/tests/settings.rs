//! A platform's application, and who is connected to it.
use crate::{
    applications::{self, ICON_MAX, Settings},
    deauthorize,
    testing::*,
};
use api::Profile;
use base::Scope;

fn settings() -> Settings {
    Settings { name: "Acme".into(), redirect_uris: vec![HTTPS.into(), PLAIN.into()], ..Settings::default() }
}

fn png(length: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.resize(length, 0);
    bytes
}

#[tokio::test]
async fn an_application_has_two_client_ids_and_one_list() {
    let bench = Bench::new(Profile::Compat).await;
    let api = &bench.api;
    let saved = applications::save(api, SELLER, &settings(), None).await.unwrap().unwrap();
    let (test, live) = (&saved.pair.development, &saved.pair.production);
    assert!(test.id.starts_with("ca_") && test.id.len() == 35 && test.id != live.id);
    assert_eq!((test.redirect_uris.0.len(), live.redirect_uris.0.as_slice()), (2, &[HTTPS.to_owned()][..]));
    let changed = Settings {
        url: Some("https://acme.example".into()),
        icon: Some(png(100)),
        webhook_development: Some("http://localhost:3000/hook".into()),
        webhook_production: Some("https://acme.example/hook".into()),
        ..settings()
    };
    let again = applications::save(api, SELLER, &changed, None).await.unwrap().unwrap();
    assert_eq!((&again.pair.development.id, &again.pair.production.id), (&test.id, &live.id));
    let labels: Vec<&str> = again.secrets.iter().map(|(label, _)| *label).collect();
    assert_eq!(labels, ["development", "production"]);
    assert!(applications::save(api, SELLER, &changed, None).await.unwrap().unwrap().secrets.is_empty());
    let icon = applications::icon(api, &live.id).await.unwrap().unwrap();
    assert_eq!((icon.content_type.as_str(), icon.bytes), ("image/png", png(100)));
    let bare = Settings { remove_icon: true, ..settings() };
    applications::save(api, SELLER, &bare, None).await.unwrap().unwrap();
    assert_eq!(applications::icon(api, &live.id).await.unwrap(), None);
    let pair = applications::of(api, SELLER).await.unwrap().unwrap();
    assert_eq!((pair.development.webhook.0, pair.production.icon.0), (None, None));
    assert_eq!(applications::of(api, "acct_none").await.unwrap(), None);
}

#[tokio::test]
async fn a_mistake_is_named_and_changes_nothing() {
    let bench = Bench::new(Profile::Compat).await;
    for (field, wrong) in [
        ("name", Settings { name: "  ".into(), ..settings() }),
        ("name", Settings { name: "x".repeat(101), ..settings() }),
        ("url", Settings { url: Some("acme".into()), ..settings() }),
        ("redirect_uris", Settings { redirect_uris: vec!["javascript:alert(1)".into()], ..settings() }),
        ("redirect_uris", Settings { redirect_uris: vec![HTTPS.into(); 51], ..settings() }),
        ("icon", Settings { icon: Some(b"<svg/>".to_vec()), ..settings() }),
        ("icon", Settings { icon: Some(png(ICON_MAX + 1)), ..settings() }),
        ("webhook_development", Settings { webhook_development: Some("nonsense".into()), ..settings() }),
        (
            "webhook_production",
            Settings {
                name: "Changed".into(),
                webhook_development: Some("http://localhost:3000/hook".into()),
                webhook_production: Some("nonsense".into()),
                ..settings()
            },
        ),
    ] {
        let problems = applications::save(&bench.api, PLATFORM, &wrong, None).await.unwrap().unwrap_err();
        assert_eq!(problems.first().map(|(field, _)| *field), Some(field), "{problems:?}");
    }
    let pair = applications::of(&bench.api, PLATFORM).await.unwrap().unwrap();
    assert_eq!((pair.development.name.as_deref(), pair.development.webhook.0), (Some("Acme"), None));
}

#[tokio::test]
async fn both_sides_see_the_connection_and_either_ends_it() {
    let bench = Bench::new(Profile::Compat).await;
    let api = &bench.api;
    bench.code(&bench.development("").await).await;
    let seen = applications::connected(api, PLATFORM, false, None, 10).await.unwrap();
    assert_eq!((seen.len(), seen[0].account.as_str(), seen[0].scope), (1, SELLER, Scope::ReadWrite));
    assert!(applications::connected(api, PLATFORM, true, None, 10).await.unwrap().is_empty());
    assert!(applications::connected(api, PLATFORM, false, Some(SELLER), 10).await.unwrap().is_empty());
    let given = applications::authorized(api, &bench.seller).await.unwrap();
    assert_eq!((given.len(), given[0].application.id.as_str()), (1, DEVELOPMENT));
    assert!(!deauthorize::disconnect(api, SELLER, SELLER, DEVELOPMENT).await.unwrap());
    assert!(deauthorize::disconnect(api, PLATFORM, SELLER, DEVELOPMENT).await.unwrap());
    assert!(applications::authorized(api, &bench.seller).await.unwrap().is_empty());
    assert!(applications::connected(api, PLATFORM, false, None, 10).await.unwrap().is_empty());
}
