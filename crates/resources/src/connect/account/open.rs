//! Opening an account: nothing is known of it yet, so much is wanted; its keys work at once.
use super::*;
use api::access::Credential;

/// An account to be opened.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// An id that must be this one (the well-known accounts of `dev`); otherwise one is made.
    pub id: Option<String>,
    /// Keys that must be these; otherwise they are made.
    pub keys: Option<Keys>,
    /// The person who opens it; none where the account form is skipped.
    pub owner: Option<String>,
    /// Where it is written to.
    pub email: Option<String>,
    /// What its customers know it by.
    pub business_name: Option<String>,
    /// Two letters (ISO 3166-1).
    pub country: String,
    /// The currency of its balance.
    pub currency: Currency,
    /// The API version of callers that name none.
    pub version: Version,
}

impl NewAccount {
    /// An account of a country, in the United States' currency unless another is said.
    pub fn new(owner: Option<&str>, email: Option<&str>, country: &str, currency: Currency) -> Self {
        NewAccount {
            id: None,
            keys: None,
            owner: owner.map(str::to_owned),
            email: email.map(str::to_owned),
            business_name: None,
            country: country.to_owned(),
            currency,
            version: Version::TODAY,
        }
    }
}

/// The keys of an account in plain text: shown once, kept nowhere (but for the publishable ones).
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// `sk_test_…`.
    pub secret_test: String,
    /// `pk_test_…`.
    pub publishable_test: String,
    /// `sk_live_…`; none where the account must not have live data.
    pub secret_live: Option<String>,
    /// `pk_live_…`.
    pub publishable_live: Option<String>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(****)")
    }
}

impl Keys {
    /// New keys.
    pub fn make(entropy: &dyn base::Entropy) -> Self {
        Keys {
            secret_test: Credential::text("sk", false, entropy),
            publishable_test: Credential::text("pk", false, entropy),
            secret_live: Some(Credential::text("sk", true, entropy)),
            publishable_live: Some(Credential::text("pk", true, entropy)),
        }
    }
}

/// An opened account and its keys.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The account.
    pub account: Account,
    /// Its keys, to be shown once.
    pub keys: Keys,
}

/// What is wanted of an account that has handed in no form.
const DUE: &[&str] = &[
    "business_profile.product_description",
    "business_profile.support_phone",
    "business_profile.url",
    "external_account",
    "tos_acceptance.date",
    "tos_acceptance.ip",
];

impl Account {
    /// An account of a country of which nothing is known, in the currency of the United States.
    pub(crate) fn blank(id: &str, country: &str) -> Self {
        Account {
            id: id.to_owned(),
            object: Account::NAME.into(),
            business_profile: BusinessProfile::default(),
            business_type: None,
            capabilities: Capabilities::default(),
            charges_enabled: false,
            company: Optional(None),
            controller: Controller::own(),
            country: country.to_owned(),
            created: Timestamp::default(),
            default_currency: Currency::USD,
            details_submitted: false,
            email: None,
            external_accounts: Optional(Some(ExternalAccounts::of(id, Vec::new()))),
            future_requirements: Requirements::default(),
            groups: Optional(None),
            individual: Optional(None),
            metadata: Metadata::default(),
            payouts_enabled: false,
            requirements: Requirements::default(),
            settings: Settings::default(),
            tos_acceptance: TosAcceptance::default(),
            r#type: "standard".into(),
            owner: Hidden(None),
            version: Hidden(Version::TODAY),
            person: Hidden(None),
            sealed: Hidden(Vec::new()),
            standing: Hidden(None),
            members: Hidden(Vec::new()),
            wanted: Hidden(Vec::new()),
            papers: Hidden(Vec::new()),
            configured: Hidden(None),
            minimum_balance: Hidden(Optional(None)),
            mails: Hidden(None),
        }
    }
}

/// Issues the keys of an account in the modes that it has: they are in its dashboard.
pub(crate) fn issue_keys(cx: &mut Cx<'_>, account: &Account) {
    for live in account.modes() {
        for kind in ["sk", "pk"] {
            let text = Credential::text(kind, *live, &*cx.world.entropy);
            cx.put(&Credential::for_key(&text, &account.id, account.version.0, cx.now()));
        }
    }
}

/// Opens an account and issues its keys.
pub fn open(cx: &mut Cx<'_>, new: NewAccount) -> Opened {
    let id = new.id.unwrap_or_else(|| cx.new_id::<Account>());
    let due: Vec<String> = DUE.iter().map(|name| (*name).to_owned()).collect();
    let account = Account {
        business_profile: BusinessProfile { name: new.business_name.clone(), ..BusinessProfile::default() },
        capabilities: Capabilities::own(CapabilityStatus::Inactive),
        created: cx.now(),
        default_currency: new.currency,
        email: new.email,
        requirements: Requirements {
            currently_due: due.clone(),
            eventually_due: due,
            disabled_reason: Some("requirements.past_due".into()),
            ..Requirements::default()
        },
        settings: Settings {
            dashboard: Dashboard { display_name: new.business_name, ..Dashboard::default() },
            ..Settings::default()
        },
        owner: Hidden(new.owner),
        version: Hidden(new.version),
        ..Account::blank(&id, &new.country)
    };
    cx.put(&account);
    let keys = new.keys.unwrap_or_else(|| Keys::make(&*cx.world.entropy));
    let texts = [
        Some(&keys.secret_test),
        Some(&keys.publishable_test),
        keys.secret_live.as_ref(),
        keys.publishable_live.as_ref(),
    ];
    for text in texts.into_iter().flatten() {
        cx.put(&Credential::for_key(text, &account.id, new.version, cx.now()));
    }
    Opened { account, keys }
}
