//! One realistic sample of every page in each state worth looking at, for the tests and for the preview program.

mod emails;
mod logs;
mod portal;
mod webhooks;

use pages::choices::{business_types, countries, currencies};
use pages::views::*;
use pages::{Form, RenderError, render};

/// A sample: a name for its file, and how it renders.
pub(crate) type Sample = (&'static str, Result<String, RenderError>);

const LONG: &str =
    "Donaudampfschifffahrtsgesellschaftskapitänswitwenverein für Handwerk, Handel & Hausmusik e. V.";
const OCT_2012: i64 = 1_349_654_313;

/// What user text is tried with: nothing of it may reach a page as markup.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

pub(crate) fn all() -> Vec<Sample> {
    let mut all = vec![
        (
            "home_public",
            render(&HomePublic { chrome: guest(), dev: Some(dev_home()), version: "0.1.0".into() }),
        ),
        ("home_public_serve", render(&HomePublic { chrome: guest(), dev: None, version: "0.1.0".into() })),
        ("sign_in", render(&sign_in(Form::default()))),
        ("sign_in_errors", render(&sign_in(sign_in_refused()))),
        ("sign_up", render(&sign_up(Form::filled([("country", "US")])))),
        ("sign_up_errors", render(&sign_up(sign_up_refused()))),
        ("connect_sign_in", render(&connect_sign_in(acme(), false, Form::default()))),
        ("connect_sign_in_errors", render(&connect_sign_in(long_application(), true, sign_in_refused()))),
        ("connect_account_form", render(&account_form(acme(), true, prefilled()))),
        (
            "connect_account_form_live",
            render(&account_form(long_application(), false, Form::filled([("country", "DE")]))),
        ),
        ("connect_account_form_errors", render(&account_form(acme(), true, account_form_refused()))),
        ("connect_consent", render(&consent(acme(), Permission::ReadWrite, false, one_account()))),
        ("connect_consent_several", render(&consent(acme(), Permission::ReadOnly, true, several_accounts()))),
        (
            "connect_consent_long",
            render(&consent(long_application(), Permission::ReadWrite, true, several_accounts())),
        ),
        ("oauth_error", render(&oauth_error())),
        ("default_redirect", render(&default_redirect(Some("ac_8Yq2mXw4sVb7nKc1dRf6tHj9pLz3gQa5")))),
        ("default_redirect_denied", render(&redirect_denied())),
        ("default_redirect_empty", render(&default_redirect(None))),
        ("error", render(&not_found())),
        ("home", render(&home(true))),
        ("home_new", render(&home(false))),
        ("application_new", render(&application_new())),
        ("application_edit", render(&application_edit(false))),
        ("application_edit_errors", render(&application_edit(true))),
        ("connected_accounts", render(&connected_accounts(connections()))),
        ("connected_accounts_empty", render(&connected_accounts(Vec::new()))),
        (
            "payments",
            render(&payments(vec![payment("ch_1", Some("A chair"), true), payment("ch_2", None, false)])),
        ),
        ("payments_empty", render(&payments(Vec::new()))),
        ("authorized_applications", render(&authorized_applications())),
        ("account", render(&account(true))),
        ("account_new", render(&account(false))),
        ("activate", render(&activate())),
        ("challenge", render(&challenge("Maple & Rye Bakery", Some("$27.50")))),
        ("challenge_setup", render(&challenge(LONG, None))),
        ("setup", render(&setup(setup_form(), false))),
        ("setup_first", render(&setup(Form::default(), true))),
        ("express", render(&express("Maple & Rye Bakery"))),
        ("receipt", render(&receipt(ReceiptState::Paid))),
        ("receipt_refunded", render(&receipt_refunded())),
        ("receipt_reserved", render(&receipt(ReceiptState::Reserved))),
        ("receipt_released", render(&receipt(ReceiptState::Released))),
        ("note", render(&Note { title: "Look in the log".into(), message: "It stands there.".into() })),
    ];
    all.extend(emails::all());
    all.extend(logs::all());
    all.extend(webhooks::all());
    all.extend(portal::all());
    all
}

fn challenge(business: &str, amount: Option<&str>) -> Challenge {
    Challenge {
        chrome: guest(),
        action: "/challenges/acct_1/pi_1/secret".into(),
        amount: amount.map(str::to_owned),
        business: business.into(),
        last4: Some("3220".into()),
        deposits: false,
        wrong: None,
    }
}

fn setup_form() -> Form {
    let mut form = Form::filled([("individual.first_name", "Ann"), ("company.owners_provided", "true")]);
    form.refuse("individual.email", "Fill this in");
    form.refuse("individual.dob", "There is no such day");
    form
}

fn hostile_setup() -> Form {
    let mut form = Form::filled([("individual.first_name", HOSTILE)]);
    form.refuse("individual.email", HOSTILE);
    form
}

fn setup(form: Form, first_step: bool) -> Setup {
    let field = |name: &str, label: &str, kind| SetupField {
        name: name.into(),
        label: label.into(),
        kind,
        hint: if kind == SetupKind::Digits { "Digits".into() } else { String::new() },
        autocomplete: "off".into(),
        required: kind != SetupKind::Area,
        options: if kind == SetupKind::Choice { Choice::list(&[("5734", "Software")]) } else { Vec::new() },
        complaint: (kind == SetupKind::Website).then(|| "The website can't be reached.".into()),
    };
    let fields = vec![
        field("business_profile.mcc", "What it mostly sells", SetupKind::Choice),
        field("business_profile.url", "Website", SetupKind::Website),
        field("business_profile.product_description", "What do you sell?", SetupKind::Area),
        field("company.owners_provided", "There are no other owners", SetupKind::Check),
        field("individual.first_name", "First name", SetupKind::Line),
        field("individual.email", "Email", SetupKind::Email),
        field("individual.phone", "Phone", SetupKind::Phone),
        field("individual.dob", "Date of birth", SetupKind::Date),
        field("individual.id_number", "Id number", SetupKind::Digits),
    ];
    let note = Some("Test mode".to_owned());
    Setup {
        chrome: guest(),
        form,
        action: "/connect/onboarding/acct_1".into(),
        application: acme(),
        update: false,
        first_step,
        test: true,
        sections: vec![SetupSection { title: "You".into(), note, fields }],
        terms: !first_step,
        sign_in: first_step.then(|| SetupSignIn { email: None, url: "/sign-in".into() }),
        password_min: 8,
    }
}

fn express(name: &str) -> Express {
    Express {
        chrome: guest(),
        name: name.into(),
        account: "acct_1AbCdEfGhIjKlMnO".into(),
        livemode: false,
        application: acme(),
        trouble: Some("Something is missing before you can be paid out. Give it below.".into()),
        wanted: true,
        balance: vec![BalanceLine { currency: "usd".into(), livemode: false, available: 12_345, pending: 0 }],
        payouts: vec![PayoutLine {
            id: "po_1AbCdEfGhIjKlMnOpQrStUvW".into(),
            amount: 5000,
            currency: "usd".into(),
            arrival: OCT_2012,
            status: "Paid".into(),
        }],
        destinations: vec![DestinationLine {
            name: "STRIPE TEST BANK".into(),
            last4: "6789".into(),
            currency: "usd".into(),
            is_default: true,
        }],
        email: Some("ann@example.com".into()),
        country: "United States".into(),
        payouts_enabled: false,
        schedule: "Nothing is paid out for now.".into(),
        details_url: "/connect/onboarding/acct_1".into(),
        leave_url: "/connect/express/acct_1/leave".into(),
    }
}

fn receipt(state: ReceiptState) -> Receipt {
    Receipt {
        business: "Maple & Rye Bakery".into(),
        livemode: state != ReceiptState::Paid,
        state,
        amount: "$27.50".into(),
        refunded: None,
        created: OCT_2012,
        card: Some(ReceiptCard { brand: "Visa".into(), last4: Some("4242".into()) }),
        statement_descriptor: Some("MAPLE AND RYE".into()),
        number: None,
        charge: "ch_1AbCdEfGhIjKlMnOpQrStUvW".into(),
    }
}

fn receipt_refunded() -> Receipt {
    let refund = ReceiptRefund { amount: "1200 JPY".into(), left: "2800 JPY".into() };
    Receipt {
        business: LONG.into(),
        livemode: true,
        amount: "4000 JPY".into(),
        refunded: Some(refund),
        number: Some("1012-4455".into()),
        ..receipt(ReceiptState::Paid)
    }
}

fn activate() -> Activate {
    let mut form = prefilled();
    form.refuse("url", "Enter a full address, such as https://example.com");
    Activate {
        chrome: signed_in(),
        form,
        countries: countries(),
        currencies: currencies(),
        business_types: business_types(),
        development: true,
    }
}

/// Pages whose every text a stranger may have written.
#[allow(dead_code, reason = "the preview program does not show them")]
pub(crate) fn hostile() -> Vec<Sample> {
    let application = || ApplicationCard {
        name: HOSTILE.into(),
        url: Some("javascript:alert(1)".into()),
        host: Some(HOSTILE.into()),
        icon_url: Some(HOSTILE.into()),
    };
    let form = || {
        let names = [
            "country",
            "business_name",
            "url",
            "product_description",
            "email",
            "password",
            "dob_day",
            "redirect_uris",
        ];
        let mut form = Form::filled(names.map(|name| (name, HOSTILE)));
        form.refuse("url", HOSTILE);
        form
    };
    let account = || ConsentAccount { id: HOSTILE.into(), name: HOSTILE.into(), connected: true };
    let mut connected = connected_accounts(vec![connection(HOSTILE, HOSTILE, true)]);
    connected.application_name = Some(HOSTILE.into());
    let mut edit = application_edit(true);
    edit.form = form();
    let mut all = vec![
        ("connect_sign_in", render(&connect_sign_in(application(), true, form()))),
        ("connect_account_form", render(&account_form(application(), true, form()))),
        (
            "connect_consent",
            render(&consent(application(), Permission::ReadWrite, true, vec![account(), account()])),
        ),
        ("connected_accounts", render(&connected)),
        ("payments", render(&payments(vec![payment(HOSTILE, Some(HOSTILE), true)]))),
        ("application_edit", render(&edit)),
        ("sign_in", render(&sign_in(form()))),
        (
            "default_redirect",
            render(&DefaultRedirect {
                state: Some(HOSTILE.into()),
                error: Some(HOSTILE.into()),
                ..default_redirect(None)
            }),
        ),
        ("setup", render(&setup(hostile_setup(), false))),
        ("express", render(&express(HOSTILE))),
        ("challenge", render(&challenge(HOSTILE, None))),
        (
            "receipt",
            render(&Receipt {
                business: HOSTILE.into(),
                statement_descriptor: Some(HOSTILE.into()),
                ..receipt_refunded()
            }),
        ),
        ("oauth_error", render(&OauthError { detail: Some(HOSTILE.into()), ..oauth_error() })),
    ];
    all.extend(emails::hostile());
    all.extend(logs::hostile());
    all.extend(webhooks::hostile());
    all.extend(portal::hostile());
    all
}

fn guest() -> Chrome {
    Chrome { csrf: "q7Jx2v".into(), viewer: None, flash: None }
}

fn name(id: &str, name: &str) -> AccountName {
    AccountName { id: id.into(), name: name.into() }
}

fn signed_in() -> Chrome {
    let viewer = Viewer {
        email: "platform@example.com".into(),
        account: name("acct_platform", "Acme Inc."),
        accounts: vec![name("acct_platform", "Acme Inc."), name("acct_32D8BLGuHeKmLn", LONG)],
    };
    Chrome { viewer: Some(viewer), ..guest() }
}

fn saying(text: &str) -> Chrome {
    Chrome { flash: Some(Flash { kind: FlashKind::Ok, text: text.into() }), ..signed_in() }
}

fn acme() -> ApplicationCard {
    ApplicationCard {
        name: "Acme Storefronts".into(),
        url: Some("https://acme.example/".into()),
        host: Some("acme.example".into()),
        icon_url: Some(pages::assets::url("sample-application-icon.svg").unwrap_or_default().into()),
    }
}

fn long_application() -> ApplicationCard {
    ApplicationCard {
        name: LONG.into(),
        url: Some("http://shop.handwerk-handel-hausmusik.donaudampfschifffahrt.example/".into()),
        host: Some("shop.handwerk-handel-hausmusik.donaudampfschifffahrt.example".into()),
        icon_url: None,
    }
}

fn flow(application: ApplicationCard, scope: Permission, development: bool, skip: bool) -> Flow {
    let query =
        "response_type=code&client_id=ca_32D88BD1qLklliziD7gYQvctJIhWBSQ7&scope=read_write&state=a%2Bb%20c";
    Flow {
        application,
        scope,
        development,
        skip,
        action: format!("/oauth/authorize?{query}"),
        switch_url: format!("/oauth/authorize?{query}&stripe_landing=login"),
    }
}

fn dev_home() -> DevHome {
    let person = |who: &str, email: &str| SampleSignIn {
        who: who.into(),
        email: email.into(),
        password: "password".into(),
    };
    DevHome {
        base_url: "http://127.0.0.1:7070".into(),
        secret_key: "sk_test_TollbridgePlatformSecret".into(),
        connect_url: "/oauth/authorize?response_type=code&client_id=ca_32D88BD1qLklliziD7gYQvctJIhWBSQ7&scope=read_write".into(),
        curl: "curl http://127.0.0.1:7070/v1/charges \\\n  -u sk_test_TollbridgePlatformSecret: \\\n  -d amount=2000 -d currency=usd \\\n  -d source=tok_visa".into(),
        sign_ins: vec![person("Seller", "seller@example.com"), person("Platform", "platform@example.com")],
    }
}

fn sign_in(form: Form) -> SignIn {
    SignIn { chrome: guest(), form, next: Some("/dashboard".into()), sign_up_url: "/sign-up".into() }
}

fn sign_in_refused() -> Form {
    let mut form = Form::filled([("email", "seller@example.com"), ("password", "hunter2")]);
    form.refuse_all("Email and password do not match an account. Check both and try again.");
    form
}

fn sign_up(form: Form) -> SignUp {
    let (chrome, sign_in_url, countries) = (guest(), "/sign-in".into(), countries());
    SignUp { chrome, form, next: None, sign_in_url, countries, password_min: 8 }
}

fn sign_up_refused() -> Form {
    let mut form = Form::filled([("business_name", ""), ("country", "GB"), ("email", "seller@example.com")]);
    form.refuse("business_name", "Enter the name of your business or project");
    form.refuse(
        "email",
        "There is an account with this email already. Sign in instead, or use another email.",
    );
    form.refuse("password", "Choose a password of at least 8 characters");
    form
}

fn connect_sign_in(application: ApplicationCard, development: bool, form: Form) -> ConnectSignIn {
    ConnectSignIn {
        chrome: guest(),
        flow: flow(application, Permission::ReadWrite, development, development),
        form,
    }
}

fn prefilled() -> Form {
    Form::filled([
        ("country", "US"),
        ("bank_country", "US"),
        ("currency", "usd"),
        ("business_type", "sole_prop"),
        ("business_name", "Maple & Rye Bakery"),
        ("url", "https://maple-and-rye.example"),
        ("first_name", "Noor"),
        ("last_name", "Haddad"),
        ("email", "noor@maple-and-rye.example"),
    ])
}

fn account_form_refused() -> Form {
    let mut form = prefilled();
    form.set("business_type", "");
    form.set("url", "maple-and-rye");
    form.set("statement_descriptor", "MR");
    form.set("dob_month", "2");
    form.set("dob_day", "30");
    form.set("dob_year", "1987");
    form.set("routing_number", "11000000");
    form.set("account_number", "000123456789");
    form.refuse("business_type", "Choose the kind of your business");
    form.refuse("url", "Enter a full address, such as https://maple-and-rye.example");
    form.refuse("statement_descriptor", "Use 5 to 22 characters, at least one of them a letter");
    form.refuse("dob", "Enter a day that exists, such as 2 28 1987");
    form.refuse("zip", "Enter the ZIP or postal code");
    form.refuse("routing_number", "A routing number has nine digits");
    form.refuse("password", "Choose a password of at least 8 characters");
    form
}

fn account_form(application: ApplicationCard, development: bool, form: Form) -> ConnectAccountForm {
    ConnectAccountForm {
        chrome: guest(),
        flow: flow(application, Permission::ReadWrite, development, development),
        form,
        countries: countries(),
        currencies: currencies(),
        business_types: business_types(),
        password_min: 8,
        terms_url: if development { None } else { Some("https://tollbridge.example/terms".into()) },
    }
}

fn one_account() -> Vec<ConsentAccount> {
    vec![ConsentAccount { id: "acct_seller".into(), name: "Maple & Rye Bakery".into(), connected: false }]
}

fn several_accounts() -> Vec<ConsentAccount> {
    let mut accounts = one_account();
    accounts.push(ConsentAccount { id: "acct_1AbCdEfGhIjKlMnO".into(), name: LONG.into(), connected: true });
    accounts.push(ConsentAccount {
        id: "acct_1PqRsTuVwXyZaBcD".into(),
        name: "noor@maple-and-rye.example".into(),
        connected: false,
    });
    accounts
}

fn consent(
    application: ApplicationCard,
    scope: Permission,
    development: bool,
    accounts: Vec<ConsentAccount>,
) -> ConnectConsent {
    ConnectConsent {
        chrome: guest(),
        flow: flow(application, scope, development, false),
        form: Form::default(),
        chosen: accounts.first().map(|account| account.id.clone()),
        accounts,
        signed_in_as: "noor@maple-and-rye.example".into(),
    }
}

fn oauth_error() -> OauthError {
    OauthError {
        code: "invalid_redirect_uri".into(),
        message: "The redirect URI is not one of those in the application's settings. They must match to the letter.".into(),
        detail: Some("https://acme.example/connect/callback?from=button&campaign=autumn-2026-newsletter-for-returning-customers".into()),
        hint: Some("If this is your application, add the address under Redirect URIs in its settings.".into()),
        request_id: Some("req_8mZk2Lq9".into()),
    }
}

fn default_redirect(code: Option<&str>) -> DefaultRedirect {
    DefaultRedirect {
        code: code.map(Into::into),
        scope: Some("read_write".into()),
        state: Some("a+b c".into()),
        error: None,
        error_description: None,
        curl: "curl http://127.0.0.1:7070/oauth/token \\\n  -u sk_test_…: \\\n  -d grant_type=authorization_code \\\n  -d code=ac_8Yq2mXw4sVb7nKc1dRf6tHj9pLz3gQa5".into(),
    }
}

fn redirect_denied() -> DefaultRedirect {
    DefaultRedirect {
        error: Some("access_denied".into()),
        error_description: Some("The user denied your request".into()),
        ..default_redirect(None)
    }
}

fn not_found() -> ErrorPage {
    ErrorPage {
        status: 404,
        title: "There is no such page".into(),
        message: "The address may be mistyped, or the page may have moved.".into(),
        back_url: Some("/".into()),
        back_label: "Go to the start page".into(),
        request_id: Some("req_8mZk2Lq9".into()),
    }
}

fn money(currency: &str, livemode: bool, available: i64, pending: i64) -> BalanceLine {
    BalanceLine { currency: currency.into(), livemode, available, pending }
}

fn home(established: bool) -> Home {
    let todo = Todo {
        title: "Complete your account".into(),
        text: "Add business and bank details to take live payments.".into(),
        url: "/dashboard/account".into(),
    };
    Home {
        chrome: signed_in(),
        todo: if established { Vec::new() } else { vec![todo] },
        livemode: false,
        balance: if established {
            vec![money("usd", false, 1_204_350, 88_000), money("jpy", false, 54_000, 0)]
        } else {
            Vec::new()
        },
        authorized_count: u64::from(established) * 2,
        connected_count: u64::from(established) * 1_284,
        application: established.then(acme),
    }
}

fn application_new() -> ApplicationEdit {
    let form = Form::filled([("redirect_uris", "http://127.0.0.1:7070/connect/default/oauth/test")]);
    ApplicationEdit {
        application: None,
        form,
        webhooks: Vec::new(),
        secrets: Vec::new(),
        buttons: Vec::new(),
        chrome: signed_in(),
        ..application_edit(false)
    }
}

fn application_edit(refused: bool) -> ApplicationEdit {
    let mut form = Form::filled([
        ("name", "Acme Storefronts"),
        ("url", "https://acme.example/"),
        ("redirect_uris", "https://acme.example/connect/callback\nhttp://localhost:4567/callback"),
        ("webhook_development", "http://127.0.0.1:4567/hooks"),
    ]);
    let shown = |label: &str, value: &str| ShownOnce { label: label.into(), value: value.into() };
    let row = |name: &str, label: &str| WebhookRow {
        name: name.into(),
        label: label.into(),
        secret_shown: "whsec_…x8Qd".into(),
    };
    let mut chrome = saying("Changes saved.");
    if refused {
        chrome.flash = None;
        form.refuse("icon", "This file is not a PNG, JPEG or WebP picture");
        form.refuse("redirect_uris", "Line 2 is not an address: htp//localhost");
        form.refuse("webhook_production", "The production URL must start with https://");
    }
    let link = |id: &str| {
        format!("http://127.0.0.1:7070/oauth/authorize?response_type=code&client_id={id}&scope=read_write")
    };
    let (development, production) =
        ("ca_32D88BD1qLklliziD7gYQvctJIhWBSQ7", "ca_32D8BLGuHeKmLnYVzWuSUxwrFxVTqgBC");
    ApplicationEdit {
        chrome,
        application: Some(EditedApplication {
            name: "Acme Storefronts".into(),
            icon_url: acme().icon_url,
            development_client_id: development.into(),
            production_client_id: production.into(),
        }),
        form,
        secrets: if refused {
            Vec::new()
        } else {
            vec![shown("Development webhook URL", "whsec_kT3vWn8yQ1sZ5bXe7rJm2cLp9aHd4fGu")]
        },
        buttons: ConnectButton::pair("http://127.0.0.1:7070", &link(development)),
        link_development: link(development),
        link_production: link(production),
        webhooks: vec![row("development", "Development"), row("production", "Production")],
        icon_max_kb: 256,
    }
}

fn connection(id: &str, label: &str, livemode: bool) -> ConnectionRow {
    ConnectionRow {
        account: name(id, label),
        client_id: "ca_32D8BLGuHeKmLnYVzWuSUxwrFxVTqgBC".into(),
        scope: if livemode { Permission::ReadWrite } else { Permission::ReadOnly },
        livemode,
        connected_at: OCT_2012,
    }
}

fn connections() -> Vec<ConnectionRow> {
    vec![
        connection("acct_seller", "Maple & Rye Bakery", false),
        connection("acct_1AbCdEfGhIjKlMnO", LONG, true),
        connection("acct_1PqRsTuVwXyZaBcD", "noor@maple-and-rye.example", true),
    ]
}

fn connected_accounts(connections: Vec<ConnectionRow>) -> ConnectedAccounts {
    let older_url =
        (!connections.is_empty()).then(|| "/dashboard/connected-accounts?starting_after=acct_1".into());
    ConnectedAccounts {
        chrome: signed_in(),
        application_name: Some("Acme Storefronts".into()),
        connections,
        older_url,
        newer_url: None,
    }
}

fn payment(id: &str, description: Option<&str>, can_dispute: bool) -> PaymentRow {
    PaymentRow {
        id: id.into(),
        amount: 4_200,
        currency: "usd".into(),
        description: description.map(Into::into),
        standing: if can_dispute { "Paid" } else { "Disputed" }.into(),
        created: 1_381_104_058,
        can_dispute,
    }
}

fn payments(payments: Vec<PaymentRow>) -> Payments {
    let older_url = (!payments.is_empty()).then(|| "/dashboard/payments?after=ch_2".into());
    Payments { chrome: signed_in(), livemode: false, by_hand: true, payments, older_url, newer_url: None }
}

fn authorized_applications() -> AuthorizedApplications {
    let grant = |application: ApplicationCard, livemode: bool| Grant {
        application,
        client_id: "ca_32D8BLGuHeKmLnYVzWuSUxwrFxVTqgBC".into(),
        scope: if livemode { Permission::ReadWrite } else { Permission::ReadOnly },
        livemode,
        connected_at: OCT_2012,
    };
    let account =
        |id: &str, name: &str, applications| AccountGrants { id: id.into(), name: name.into(), applications };
    AuthorizedApplications {
        chrome: saying("Access of Old Ledger was revoked."),
        accounts: vec![
            account(
                "acct_seller",
                "Maple & Rye Bakery",
                vec![grant(acme(), true), grant(long_application(), false)],
            ),
            account("acct_1AbCdEfGhIjKlMnO", LONG, Vec::new()),
        ],
    }
}

fn account(established: bool) -> Account {
    let key = |shown: &str, kind: &str, livemode: bool| KeyRow {
        id: "key_1".into(),
        shown: shown.into(),
        kind: kind.into(),
        livemode,
        created: OCT_2012,
        can_roll: kind == "Secret",
    };
    let text = |value: &str| established.then(|| value.to_owned());
    Account {
        chrome: signed_in(),
        new_key: (!established).then(|| "sk_test_kT3vWn8yQ1sZ5bXe7rJm2cLp".into()),
        account: AccountDetails {
            id: "acct_platform".into(),
            business_name: text("Acme Inc."),
            url: text("https://acme.example/"),
            email: Some("platform@example.com".into()),
            country: "United States".into(),
            statement_descriptor: text("ACME STOREFRONTS"),
            bank: established.then(|| BankLine {
                name: "STRIPE TEST BANK".into(),
                last4: "6789".into(),
                currency: "usd".into(),
            }),
            charges_enabled: established,
            payouts_enabled: established,
        },
        balances: if established {
            vec![money("usd", true, 1_204_350, 88_000), money("jpy", false, -54_000, 0)]
        } else {
            Vec::new()
        },
        keys: vec![
            key("sk_live_…cret", "Secret", true),
            key("pk_live_TollbridgePlatformPublic", "Publishable", true),
            key("sk_test_…cret", "Secret", false),
            key("pk_test_TollbridgePlatformPublic", "Publishable", false),
        ],
    }
}
