//! What an account shows to whom, what its form asks for, and what changes say.
use super::*;
use crate::testing::{Bench, PLATFORM, PLATFORM_ID, SELLER, SELLER_ID, TOKEN, now, shop};
mod allowed;
mod controlled;
mod papers;

use api::Reply;
use base::Caller;

fn decided<T>(reply: Result<Reply<T>, Stop>) -> T {
    match reply {
        Ok(Reply::Done(it)) => it,
        Ok(Reply::Refused(error)) => panic!("{error}"),
        Err(stop) => panic!("{stop:?}"),
    }
}

fn keys(who: &str) -> Keys {
    let text = |prefix: &str| format!("{prefix}_{who}_of_this_test");
    Keys {
        secret_test: text("sk_test"),
        publishable_test: text("pk_test"),
        secret_live: None,
        publishable_live: None,
    }
}

/// A world in which the platform and the seller have accounts, and the seller is connected.
fn bench() -> Bench {
    let bench = Bench::new();
    let caller = Caller::system("", false);
    decided(now(bench.api.transact(&caller, |cx| {
        Box::pin(async move {
            for (id, who) in [(PLATFORM_ID, "platform"), (SELLER_ID, "seller")] {
                let mut new = NewAccount::new(None, Some("a@shop.example"), "US", Currency::USD);
                (new.id, new.keys) = (Some(id.into()), Some(keys(who)));
                open(cx, new);
            }
            done(())
        })
    })));
    bench.facts();
    bench
}

fn form() -> ApplicationForm {
    shop("000123456789")
}

fn hand_in(bench: &Bench, form: &ApplicationForm) -> Result<Account, Problems> {
    let caller = Caller::session(SELLER_ID, false);
    decided(now(bench.api.transact(&caller, move |cx| {
        Box::pin(async move { done(submit_application(cx, SELLER_ID, form.clone()).await?) })
    })))
}

#[test]
fn a_fresh_account_wants_much_and_may_little() {
    let bench = bench();
    let account = bench.get(SELLER, "/v1/account").ok();
    assert_eq!((account.text("id"), account.text("object")), (SELLER_ID.into(), "account".into()));
    assert!(
        !account.is("charges_enabled") && !account.is("payouts_enabled") && !account.is("details_submitted")
    );
    assert_eq!(account.text("requirements.disabled_reason"), "requirements.past_due");
    assert_eq!(account.text("settings.dashboard.timezone"), "Etc/UTC");
    assert_eq!(account.text("capabilities.card_payments"), "inactive");
    assert_eq!(account.number("settings.payouts.schedule.delay_days"), 2);
    assert_eq!(account.text("type"), "standard");
    for hidden in ["owner", "version", "person", "sealed"] {
        assert!(account.body.get(hidden).is_none(), "{hidden}");
    }
    // Its keys work at once.
    assert_eq!(bench.get("sk_test_seller_of_this_test", "/v1/account").ok().text("id"), SELLER_ID);
}

#[test]
fn the_form_switches_everything_on_and_tells_both_modes() {
    let bench = bench();
    let account = hand_in(&bench, &form()).unwrap();
    assert!(account.charges_enabled && account.payouts_enabled && account.details_submitted);
    let sealed = &account.sealed.0[0].sealed;
    assert!(!sealed.contains("123456789"));
    let place = vault::Place { account: SELLER_ID, object: &account.sealed.0[0].bank };
    let opened = bench.api.world.vault.open(vault::Kind::BankAccountNumber, place, sealed).unwrap();
    assert_eq!(opened.reveal(), "000123456789");

    let own = bench.get(SELLER, "/v1/account").ok();
    assert_eq!(own.text("external_accounts.data.0.last4"), "6789");
    assert_eq!(own.text("external_accounts.data.0.bank_name"), "STRIPE TEST BANK");
    assert_eq!(own.text("settings.payments.statement_descriptor"), "ANNS POTTERY");
    assert!(!own.body.to_json().contains("000123456789") && !own.body.to_json().contains("Potter\""));
    assert_eq!(own.at("requirements.disabled_reason"), &wire::Node::Null);

    let facts = bench.facts();
    let updated: Vec<&api::Fact> = facts.iter().filter(|fact| fact.kind == UPDATED).collect();
    assert_eq!(updated.iter().map(|fact| fact.live).collect::<Vec<_>>(), [false, true]);
    let previous = updated[0].previous.as_deref().unwrap();
    assert!(
        previous.contains("\"charges_enabled\":false") && previous.contains("\"details_submitted\":false")
    );
    assert!(!previous.contains("country"));
    assert!(!String::from_utf8_lossy(&updated[0].object).contains("6789"));
    assert_eq!(facts.iter().filter(|fact| fact.kind == EXTERNAL_CREATED).count(), 2);
}

#[test]
fn a_form_with_mistakes_names_each_and_changes_nothing() {
    let bench = bench();
    let bank = |change: fn(&mut BankForm)| {
        let mut it = form();
        change(&mut it.bank);
        it
    };
    for (field, wrong) in [
        ("country", ApplicationForm { country: "usa".into(), ..form() }),
        ("business_type", ApplicationForm { business_type: "cult".into(), ..form() }),
        ("business_name", ApplicationForm { business_name: " ".into(), ..form() }),
        ("url", ApplicationForm { url: "javascript:alert(1)".into(), ..form() }),
        ("product_description", ApplicationForm { product_description: String::new(), ..form() }),
        ("statement_descriptor", ApplicationForm { statement_descriptor: "AB".into(), ..form() }),
        ("statement_descriptor", ApplicationForm { statement_descriptor: "<script>".into(), ..form() }),
        ("first_name", ApplicationForm { first_name: String::new(), ..form() }),
        ("street_address", ApplicationForm { street: String::new(), ..form() }),
        ("dob", ApplicationForm { born: (1981, 2, 29), ..form() }),
        ("dob", ApplicationForm { born: (2013, 1, 1), ..form() }),
        ("dob", ApplicationForm { born: (1980, 13, 1), ..form() }),
        ("currency", bank(|it| it.currency = "xxx".into())),
        ("bank_country", bank(|it| it.country = String::new())),
        ("routing_number", bank(|it| it.routing_number = Some("110000001".into()))),
        ("account_number", bank(|it| it.account_number = "x".into())),
    ] {
        let problems = hand_in(&bench, &wrong).unwrap_err();
        assert_eq!(problems.iter().map(|(field, _)| *field).collect::<Vec<_>>(), [field]);
    }
    assert!(!bench.get(SELLER, "/v1/account").ok().is("charges_enabled"));
    assert!(bench.told().is_empty());
}

#[test]
fn a_platform_sees_and_labels_what_is_connected_to_it() {
    let connected = bench();
    hand_in(&connected, &form()).unwrap();
    connected.facts();
    let path = format!("/v1/accounts/{SELLER_ID}");
    for (key, path) in [(PLATFORM, path.as_str()), (TOKEN, &path), (TOKEN, "/v1/account")] {
        let seen = connected.get(key, path).ok();
        assert_eq!(seen.text("id"), SELLER_ID);
        assert!(seen.body.get("external_accounts").is_none());
    }
    let listed = connected.get(PLATFORM, "/v1/accounts").ok();
    assert_eq!(
        (listed.items().len(), listed.text("data.0.id"), listed.text("url")),
        (1, SELLER_ID.into(), "/v1/accounts".into())
    );
    assert!(connected.get(PLATFORM, "/v1/accounts?created[lt]=5").ok().items().is_empty());
    assert!(connected.get(SELLER, "/v1/accounts").ok().items().is_empty());

    let labelled = connected.post(PLATFORM, &path, "metadata[shop]=7").ok();
    assert_eq!(labelled.text("metadata.shop"), "7");
    assert_eq!(connected.told(), [(SELLER_ID.to_owned(), UPDATED), (SELLER_ID.to_owned(), UPDATED)]);
    for form in
        ["email=b@shop.example", "business_profile[name]=B", "settings[payouts][statement_descriptor]=HELLO"]
    {
        for key in [PLATFORM, TOKEN] {
            let (status, _, param) = connected.post(key, &path, form).refusal();
            assert_eq!((status, form.starts_with(&param)), (403, true), "{form}");
        }
    }

    for id in ["acct_none", "a%2Fb"] {
        let (status, code, _) = connected.get(PLATFORM, &format!("/v1/accounts/{id}")).refusal();
        assert_eq!((status, code.as_str()), (403, "account_invalid"), "{id}");
    }
    assert_eq!(connected.get(SELLER, &format!("/v1/accounts/{PLATFORM_ID}")).refusal().0, 403);
}

#[test]
fn an_account_changes_what_it_says_of_itself() {
    let bench = bench();
    let path = format!("/v1/accounts/{SELLER_ID}");
    let changed = bench
        .post(
            SELLER,
            &path,
            "email=b@shop.example&business_profile[url]=https://b.example&business_profile[mcc]=5734&\
             settings[payouts][schedule][interval]=weekly&settings[payouts][schedule][weekly_anchor]=friday&\
             settings[payouts][schedule][delay_days]=minimum&settings[branding][primary_color]=%230a7cff&\
             settings[card_payments][decline_on][cvc_failure]=true&settings[payments][statement_descriptor]=SHOP B",
        )
        .ok();
    assert_eq!(changed.text("email"), "b@shop.example");
    assert_eq!(changed.text("settings.payouts.schedule.weekly_anchor"), "friday");
    assert!(changed.is("settings.card_payments.decline_on.cvc_failure"));
    let facts = bench.facts();
    assert_eq!(facts.len(), 2);
    assert!(facts[0].previous.as_deref().unwrap().contains("\"email\":\"a@shop.example\""));
    bench.post(SELLER, &path, "email=b@shop.example").ok();
    assert!(bench.facts().is_empty(), "nothing changed, nothing is said");

    for (form, param) in [
        ("email=nonsense", "email"),
        ("charges_enabled=true", "charges_enabled"),
        ("business_profile[url]=ftp://b", "business_profile[url]"),
        ("business_profile[mcc]=12", "business_profile[mcc]"),
        ("settings[payouts][schedule][delay_days]=90", "settings[payouts][schedule][delay_days]"),
        ("settings[payouts][schedule][interval]=monthly", "settings[payouts][schedule][monthly_anchor]"),
        ("settings[payments][statement_descriptor]=x", "settings[payments][statement_descriptor]"),
        ("settings[branding][primary_color]=red", "settings[branding][primary_color]"),
        ("default_currency=zzz", "default_currency"),
    ] {
        let (status, _, named) = bench.post(SELLER, &path, form).refusal();
        assert_eq!((status, named.as_str()), (400, param), "{form}");
    }
}
