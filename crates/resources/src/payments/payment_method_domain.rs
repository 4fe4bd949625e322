//! Payment method domains: where an account shows payment methods that want to know the page that they are shown on
//! (API page "Payment Method Domains").
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, done};
use base::{ApiError, Named, Timestamp};
use store::{Doc, IndexKey};
use wire::{Hidden, Optional, Wire};

/// A domain on which an account shows payment methods.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PaymentMethodDomain {
    /// `pmd_…`.
    pub id: String,
    /// `payment_method_domain`.
    pub object: String,
    /// Whether Amazon Pay is shown.
    pub amazon_pay: Shown,
    /// Whether Apple Pay is shown.
    pub apple_pay: Shown,
    /// When it was made.
    pub created: Timestamp,
    /// The domain.
    pub domain_name: String,
    /// Whether it is in use.
    pub enabled: bool,
    /// Whether Google Pay is shown.
    pub google_pay: Shown,
    /// Whether Klarna is shown.
    pub klarna: Shown,
    /// Whether Link is shown.
    pub link: Shown,
    /// Live or test.
    pub livemode: bool,
    /// Whether PayPal is shown.
    pub paypal: Shown,
    /// The account, the mode and the domain, which stand together once.
    pub owned: Hidden<String>,
}

/// Whether a payment method is shown on a domain.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Shown {
    /// Whether it is.
    pub status: Status,
    /// Why it is not.
    pub status_details: Optional<Problem>,
}

/// Whether a payment method is shown on a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It is.
    Active,
    /// It is not.
    Inactive,
}

/// Why a payment method is not shown on a domain.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Problem {
    /// For people.
    pub error_message: String,
}

impl Named for PaymentMethodDomain {
    const NAME: &'static str = "payment_method_domain";
    const PREFIX: &'static str = "pmd";
}
impl Object for PaymentMethodDomain {
    const PATH: &'static str = "/v1/payment_method_domains";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![
            IndexKey::listed(BY_NAME, self.domain_name.as_str()),
            IndexKey::unique(OWNED, self.owned.0.as_str()),
        ]
    }
}

/// The index by domain.
const BY_NAME: &str = "domain";
/// The index of what an account has once.
const OWNED: &str = "payment_method_domain_of";

/// The noun.
pub const NOUN: Noun = Noun::of::<PaymentMethodDomain>();
/// Nothing is told of them.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const NOUN: &str = PaymentMethodDomain::NAME;
    let (all, one) = ("/v1/payment_method_domains", "/v1/payment_method_domains/{id}");
    let validate = "/v1/payment_method_domains/{id}/validate";
    vec![
        Endpoint::new("POST", all, NOUN, |cx, p| Box::pin(create(cx, p))),
        Endpoint::retrieve::<PaymentMethodDomain>(one),
        Endpoint::new("POST", one, NOUN, |cx, p| Box::pin(update(cx, p))),
        Endpoint::new("POST", validate, NOUN, |cx, p| Box::pin(validate_it(cx, p))),
        Endpoint::list::<List>(all, NOUN, |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `POST /v1/payment_method_domains` takes.
#[derive(Debug, Wire)]
pub struct Create {
    domain_name: String,
    enabled: Option<bool>,
}

/// What `POST /v1/payment_method_domains/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    enabled: Option<bool>,
}

/// What `GET /v1/payment_method_domains` filters by.
#[derive(Debug, Wire)]
pub struct List {
    domain_name: Option<String>,
    enabled: Option<bool>,
}

/// Whether a text is the name of a host that others can find: labels of letters, digits and hyphens.
fn is_domain(name: &str) -> bool {
    let label = |it: &str| {
        (1..=63).contains(&it.len())
            && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !it.starts_with('-')
            && !it.ends_with('-')
    };
    let top = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253
        && name.contains('.')
        && name.split('.').all(label)
        && top.bytes().any(|b| b.is_ascii_alphabetic())
}

impl PaymentMethodDomain {
    /// Looks whether the payment methods can be shown there. The wallets of test mode ask nobody: every domain proves itself,
    /// but for names that nobody can have (`.invalid`). In live mode there is nobody who proves domains.
    fn look(&mut self) {
        let wrong = if self.livemode {
            Some("Nobody can be asked in live mode whether this domain is yours.")
        } else if self.domain_name.ends_with(".invalid") {
            Some("The domain does not answer. Put the domain association file on it, and validate it again.")
        } else {
            None
        };
        let problem = || wrong.map(|it| Problem { error_message: it.to_owned() });
        let status = if wrong.is_some() { Status::Inactive } else { Status::Active };
        let all = [
            &mut self.amazon_pay,
            &mut self.apple_pay,
            &mut self.google_pay,
            &mut self.klarna,
            &mut self.link,
            &mut self.paypal,
        ];
        for shown in all {
            *shown = Shown { status, status_details: Optional(problem()) };
        }
    }
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<PaymentMethodDomain> {
    let name = p.domain_name.to_ascii_lowercase();
    if !is_domain(&name) {
        let message = "Invalid domain name: send the name of the host alone, such as shop.example.com.";
        return Err(ApiError::invalid(400, message).param("domain_name").into());
    }
    let live = cx.caller.livemode;
    let owned = format!("{}|{live}|{name}", cx.caller.account);
    if let Some(known) = cx.find::<PaymentMethodDomain>(OWNED, &owned).await? {
        return change(cx, known, p.enabled);
    }
    let blank = Shown { status: Status::Inactive, status_details: Optional(None) };
    let mut domain = PaymentMethodDomain {
        id: cx.new_id::<PaymentMethodDomain>(),
        object: PaymentMethodDomain::NAME.into(),
        amazon_pay: blank.clone(),
        apple_pay: blank.clone(),
        created: cx.now(),
        domain_name: name,
        enabled: p.enabled.unwrap_or(true),
        google_pay: blank.clone(),
        klarna: blank.clone(),
        link: blank.clone(),
        livemode: live,
        paypal: blank,
        owned: Hidden(owned),
    };
    domain.look();
    cx.put(&domain);
    done(domain)
}

fn change(
    cx: &mut Cx<'_>,
    mut domain: PaymentMethodDomain,
    enabled: Option<bool>,
) -> Outcome<PaymentMethodDomain> {
    if let Some(enabled) = enabled.filter(|it| *it != domain.enabled) {
        domain.enabled = enabled;
        cx.put(&domain);
    }
    done(domain)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<PaymentMethodDomain> {
    let id = cx.path("id").to_owned();
    let domain: PaymentMethodDomain = cx.must("id", &id).await?;
    change(cx, domain, p.enabled)
}

async fn validate_it(cx: &mut Cx<'_>, _: Nothing) -> Outcome<PaymentMethodDomain> {
    let id = cx.path("id").to_owned();
    let mut domain: PaymentMethodDomain = cx.must("id", &id).await?;
    let before = domain.clone();
    domain.look();
    if domain != before {
        cx.put(&domain);
    }
    done(domain)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let by = p.domain_name.map(|name| (BY_NAME, name.to_ascii_lowercase()));
    let passes = move |doc: &Doc| {
        p.enabled.is_none_or(|enabled| {
            wire::from_json::<PaymentMethodDomain>(&doc.body).is_ok_and(|it| it.enabled == enabled)
        })
    };
    cx.page_where::<PaymentMethodDomain>(by, passes).await
}

#[cfg(test)]
mod tests;
