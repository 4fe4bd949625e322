//! `/v1/sources`.
use super::{
    CANCELED, CHARGEABLE, FAILED, Flow, Owner, ProvenCard, Redirect, RedirectStatus, Source, SourceCard,
    SourceType, Status, Usage,
};
use crate::{
    address::Address,
    due,
    payments::{
        card::{self, Card, Taken, not_more_than},
        charge::rules,
        customer::check_email,
        payment_intent::{shown::admit, types::check_return_url},
        payment_method::challenges,
    },
};
use api::{Cx, Endpoint, Outcome, Page, Stop, done};
use base::{ApiError, Currency, MetadataPatch, Named as _, Via};
use wire::{Hidden, Optional, Patch, Wire};

#[rustfmt::skip]
pub(super) fn endpoints() -> Vec<Endpoint> {
    const NOUN: &str = Source::NAME;
    vec![
        Endpoint::new("POST", "/v1/sources", NOUN, |cx, p| Box::pin(create(cx, p))).public(),
        Endpoint::new("GET", "/v1/sources/{id}", NOUN, |cx, p| Box::pin(retrieve(cx, p))).public(),
        Endpoint::new("POST", "/v1/sources/{id}", NOUN, |cx, p| Box::pin(update(cx, p))),
        Endpoint::new("POST", "/v1/sources/{id}/verify", NOUN, |cx, p| Box::pin(verify(cx, p))),
        Endpoint::list::<Transactions>("/v1/sources/{id}/source_transactions", NOUN, |cx, p| Box::pin(transactions(cx, p))),
    ]
}

/// What `POST /v1/sources` takes.
#[derive(Debug, Wire)]
struct Create {
    amount: Option<i64>,
    currency: Option<Currency>,
    flow: Option<Flow>,
    metadata: MetadataPatch,
    original_source: Option<String>,
    owner: Option<OwnerParams>,
    redirect: Option<RedirectParams>,
    statement_descriptor: Option<String>,
    three_d_secure: Option<ProvenParams>,
    token: Option<String>,
    r#type: Option<SourceType>,
    usage: Option<Usage>,
}

/// Who pays, as sent.
#[derive(Debug, Wire)]
struct OwnerParams {
    address: Patch<Address>,
    email: Patch<String>,
    name: Patch<String>,
    phone: Patch<String>,
}

#[derive(Debug, Wire)]
struct RedirectParams {
    return_url: String,
}

#[derive(Debug, Wire)]
struct ProvenParams {
    card: String,
}

/// What `POST /v1/sources/{id}` takes.
#[derive(Debug, Wire)]
struct Update {
    amount: Option<i64>,
    metadata: MetadataPatch,
    owner: Option<OwnerParams>,
}

/// What `GET /v1/sources/{id}` takes.
#[derive(Debug, Wire)]
struct Retrieve {
    client_secret: Option<String>,
}

/// What `POST /v1/sources/{id}/verify` takes.
#[derive(Debug, Wire)]
struct Verify {
    values: Vec<String>,
}

/// What `GET /v1/sources/{id}/source_transactions` filters by.
#[derive(Debug, Wire)]
struct Transactions {}

/// How long a source waits for its payer or its charge, in seconds.
const LIVES: i64 = 6 * 3600;
/// The longest line of an address or a name, in characters.
const TEXT_MAX: usize = 5000;

impl OwnerParams {
    fn apply(self, to: &mut Owner) -> Result<(), ApiError> {
        self.address.apply(&mut to.address);
        self.email.apply(&mut to.email);
        self.name.apply(&mut to.name);
        self.phone.apply(&mut to.phone);
        for (name, text) in [("email", &to.email), ("name", &to.name), ("phone", &to.phone)] {
            not_more_than(TEXT_MAX, &format!("owner[{name}]"), text.as_deref())?;
        }
        check_email(to.email.as_deref(), "owner[email]")
    }
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Source> {
    let kind = p.r#type.ok_or_else(|| ApiError::missing("type"))?;
    rules::statement_descriptor("statement_descriptor", p.statement_descriptor.as_deref())?;
    let (card, of) = match kind {
        SourceType::Card => (typed(cx, &p).await?, None),
        SourceType::ThreeDSecure => {
            let (card, source) = original(cx, &p).await?;
            (card, Some(source))
        }
    };
    let mut owner = Owner { name: card.name.clone(), ..Owner::default() };
    if let Some(sent) = p.owner {
        sent.apply(&mut owner)?;
    }
    let mut metadata = p.metadata.fresh()?;
    if cx.caller.via == Via::PublishableKey {
        metadata = base::Metadata::default();
    }
    let mut source = Source {
        id: cx.new_id::<Source>(),
        object: Source::NAME.into(),
        allow_redisplay: Some("unspecified".into()),
        amount: p.amount,
        card: Optional((kind == SourceType::Card).then(|| SourceCard::of(&card))),
        client_secret: format!("src_client_secret_{}", cx.token(24)),
        created: cx.now(),
        currency: p.currency,
        customer: Optional(None),
        flow: if of.is_some() { Flow::Redirect } else { Flow::None },
        livemode: cx.caller.livemode,
        metadata: Some(metadata),
        owner: Some(owner),
        redirect: Optional(None),
        statement_descriptor: p.statement_descriptor,
        status: Status::Chargeable,
        three_d_secure: Optional(of.as_ref().map(ProvenCard::of)),
        r#type: kind,
        usage: Some(p.usage.unwrap_or(if of.is_some() { Usage::SingleUse } else { Usage::Reusable })),
        sealed_number: card.sealed_number.clone(),
        cvc_given: card.cvc_given.clone(),
        taken: Hidden(card),
        challenge: Hidden(Optional(None)),
    };
    if kind == SourceType::ThreeDSecure {
        ask(cx, &mut source, p.redirect)?;
    }
    cx.put(&source);
    if kind == SourceType::ThreeDSecure {
        due::later(cx, due::Kind::SourceEnds, &source.id, cx.now().plus(LIVES));
        match source.status {
            Status::Chargeable => cx.emit(CHARGEABLE, &source),
            Status::Failed => cx.emit(FAILED, &source),
            Status::Canceled | Status::Consumed | Status::Pending => {}
        }
    } else {
        cx.emit(CHARGEABLE, &source);
    }
    done(source)
}

/// The card that a token stands for. Errors: there is none; what belongs to other kinds was sent.
async fn typed(cx: &mut Cx<'_>, p: &Create) -> Result<Card, Stop> {
    let others = [
        ("original_source", p.original_source.is_some()),
        ("redirect", p.redirect.is_some()),
        ("three_d_secure", p.three_d_secure.is_some()),
        ("flow", p.flow == Some(Flow::Redirect)),
    ];
    if let Some((name, _)) = others.iter().find(|(_, sent)| *sent) {
        let message = format!("The parameter {name} is not for sources of the type card.");
        return Err(ApiError::invalid(400, message).param(*name).into());
    }
    if let Some(amount) = p.amount {
        rules::positive("amount", amount)?;
    }
    let token = p.token.as_ref().ok_or_else(|| {
        let message = "A source of the type card is made of a token. Make one with the browser's library, and send it as token.";
        ApiError::invalid(400, message).code("parameter_missing").param("token")
    })?;
    match card::take(cx, token, "token").await? {
        Taken::Card(card) => Ok(*card),
        Taken::Bank(_) => {
            let message = format!("The token {token} stands for a bank account. Use a token of a card.");
            Err(ApiError::invalid(400, message).code("invalid_source_usage").param("token").into())
        }
    }
}

/// The card source that a payer proves to be theirs, and its card. Errors: there is none that can be charged.
async fn original(cx: &mut Cx<'_>, p: &Create) -> Result<(Card, Source), Stop> {
    let amount = p.amount.ok_or_else(|| ApiError::missing("amount"))?;
    let currency = p.currency.ok_or_else(|| ApiError::missing("currency"))?;
    rules::amount(amount, currency)?;
    let (id, param) = match (&p.original_source, &p.three_d_secure) {
        (Some(id), None) => (id, "original_source"),
        (None, Some(it)) => (&it.card, "three_d_secure[card]"),
        (None, None) => return Err(ApiError::missing("three_d_secure[card]").into()),
        (Some(_), Some(_)) => {
            let message =
                "You may only specify one of these parameters: original_source, three_d_secure[card].";
            let error = ApiError::invalid(400, message).code("parameters_exclusive");
            return Err(error.param("three_d_secure[card]").into());
        }
    };
    if p.token.is_some() || p.usage == Some(Usage::Reusable) {
        let name = if p.token.is_some() { "token" } else { "usage" };
        let message =
            "A source of the type three_d_secure is made of a card source, and can be charged once.";
        return Err(ApiError::invalid(400, message).param(name).into());
    }
    let source: Source = cx.must(param, id).await?;
    if source.r#type != SourceType::Card {
        let message = format!("The source {id} is no card.");
        return Err(ApiError::invalid(400, message).code("invalid_source_usage").param(param).into());
    }
    source.must_be_chargeable(param)?;
    let card = source.card_of();
    Ok((card, source))
}

/// Whether the payer is sent to their bank, and where.
fn ask(cx: &mut Cx<'_>, source: &mut Source, redirect: Option<RedirectParams>) -> Result<(), Stop> {
    let return_url = redirect.ok_or_else(|| ApiError::missing("redirect[return_url]"))?.return_url;
    check_return_url(Some(&return_url)).map_err(|error| error.param("redirect[return_url]"))?;
    let means = super::charged::means(source);
    let (status, redirected, authenticated) = match challenges::part(cx, &means, false, true)? {
        challenges::Part::Taken(presence, _) => {
            let proven = presence == acquirer::Presence::Authenticated;
            (Status::Chargeable, RedirectStatus::NotRequired, proven)
        }
        challenges::Part::Wanted => (Status::Pending, RedirectStatus::Pending, false),
        challenges::Part::Refused(_) => (Status::Failed, RedirectStatus::Failed, false),
    };
    let secret = cx.token(24);
    let url = format!("{}/challenges/{}/{}/{secret}", cx.world.origin, cx.caller.account, source.id);
    source.status = status;
    source.challenge = Hidden(Optional((status == Status::Pending).then_some(secret)));
    let failure_reason = (status == Status::Failed).then(|| "declined".to_owned());
    source.redirect = Optional(Some(Redirect { failure_reason, return_url, status: redirected, url }));
    if let Some(card) = &mut source.three_d_secure.0 {
        card.authenticated = Some(authenticated);
    }
    Ok(())
}

async fn retrieve(cx: &mut Cx<'_>, p: Retrieve) -> Outcome<Source> {
    let id = cx.path("id").to_owned();
    let source: Source = cx.must("id", &id).await?;
    admit(cx, Source::NAME, p.client_secret.as_deref(), Some(&source.client_secret))?;
    done(source)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Source> {
    let id = cx.path("id").to_owned();
    let mut source: Source = cx.must("id", &id).await?;
    if let Some(amount) = p.amount {
        rules::positive("amount", amount)?;
        if source.r#type == SourceType::ThreeDSecure || source.status != Status::Chargeable {
            let message = "The amount of this source cannot be changed.";
            return Err(ApiError::invalid(400, message).param("amount").into());
        }
        source.amount = Some(amount);
    }
    if let Some(sent) = p.owner {
        sent.apply(source.owner.get_or_insert_default())?;
    }
    let mut metadata = source.metadata.take().unwrap_or_default();
    p.metadata.apply(&mut metadata)?;
    source.metadata = Some(metadata);
    cx.put(&source);
    done(source)
}

/// No source of these kinds waits for values.
async fn verify(cx: &mut Cx<'_>, p: Verify) -> Outcome<Source> {
    let id = cx.path("id").to_owned();
    let source: Source = cx.must("id", &id).await?;
    let message = format!(
        "The source {id} cannot be verified with {} values: its flow is {}, not code_verification.",
        p.values.len(),
        source.flow.as_str()
    );
    Err(ApiError::invalid(400, message).code("invalid_source_usage").into())
}

/// Money is sent to none of these kinds, so there is none.
async fn transactions(cx: &mut Cx<'_>, _: Transactions) -> Outcome<Page> {
    let id = cx.path("id").to_owned();
    let source: Source = cx.must("id", &id).await?;
    let url = format!("/v1/sources/{}/source_transactions", source.id);
    card::paged(cx, Vec::new(), "source_transaction", url)
}

/// The time of a source is over that nobody charged.
pub(crate) async fn ends(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(mut source) = cx.get::<Source>(id).await? else { return Ok(()) };
    if !matches!(source.status, Status::Chargeable | Status::Pending) {
        return Ok(());
    }
    source.status = Status::Canceled;
    source.challenge = Hidden(Optional(None));
    cx.put(&source);
    cx.emit(CANCELED, &source);
    Ok(())
}
