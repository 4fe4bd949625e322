//! From typed digits to a card: who may send them, whether they can be a card, and what is kept of them.
use super::{Card, Networks};
use acquirer::{Brand, Decline, RawCard, simulator};
use api::{Cx, Stop};
use base::{ApiError, Currency, Metadata, Named as _, Version, Via};
use vault::Secret;
use wire::{At, Bad, Hidden, Node, Optional, Shape, Wire};

/// Something that must not reach a log or an error message: it prints as stars and is wiped when it is dropped.
#[derive(Debug, Clone, PartialEq)]
pub struct Entered(pub Secret);

impl Wire for Entered {
    const SHAPE: Shape = Shape::Text;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node {
            Some(Node::Text(text) | Node::Form(text)) => Ok(Entered(Secret::new(text.as_ref()))),
            Some(_) => Err(Bad::not(at, "string", "****")),
            None => Err(Bad::Missing(at.path())),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        wire::write_str(out, "****");
    }
}

/// A card as it is typed. Everything is text: browsers send what people write.
#[derive(Debug, Wire)]
pub struct CardParams {
    object: Option<String>,
    address_city: Option<String>,
    address_country: Option<String>,
    address_line1: Option<String>,
    address_line2: Option<String>,
    address_state: Option<String>,
    address_zip: Option<String>,
    currency: Option<Currency>,
    cvc: Typed,
    exp_month: Typed,
    exp_year: Typed,
    name: Option<String>,
    networks: Option<NetworksParam>,
    number: Typed,
}

/// Which network the cardholder chose.
#[derive(Debug, Wire)]
pub struct NetworksParam {
    preferred: Option<Preferred>,
}

/// A network of a card with more than one.
#[derive(Debug, Clone, Copy, Wire)]
enum Preferred {
    CartesBancaires,
    Mastercard,
    Visa,
}

/// A text that may be missing, and may be empty, which is not the same for a card number.
#[derive(Debug)]
pub(crate) struct Typed(Option<Entered>);

impl Wire for Typed {
    const SHAPE: Shape = Shape::Text;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        node.map(|node| Entered::read(at, Some(node))).transpose().map(Typed)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
}

impl CardParams {
    /// A card without a name and an address.
    pub(crate) fn bare(
        [number, exp_month, exp_year, cvc]: [Typed; 4],
        networks: Option<NetworksParam>,
    ) -> Self {
        CardParams {
            object: None,
            address_city: None,
            address_country: None,
            address_line1: None,
            address_line2: None,
            address_state: None,
            address_zip: None,
            currency: None,
            cvc,
            exp_month,
            exp_year,
            name: None,
            networks,
            number,
        }
    }
}

impl NetworksParam {
    /// The one that the cardholder chose.
    pub(crate) fn preferred(&self) -> Option<String> {
        self.preferred.map(|it| it.as_str().to_owned())
    }
}

impl Typed {
    /// Whether it was sent.
    pub(crate) fn is_sent(&self) -> bool {
        self.0.is_some()
    }
    fn text(&self) -> Option<&str> {
        self.0.as_ref().map(|it| it.0.reveal())
    }
}

/// Texts longer than this are not part of a card.
const TEXT_MAX: usize = 5000;
/// A wrong hash of a card is a bad request from this version on; before, it counted as a failed one (402).
const BAD_REQUEST: Version = Version::of("2015-10-12");
/// From about here on, the refusal of raw cards speaks of connected accounts rather than of OAuth.
const CONNECTED: Version = Version::of("2016-02-03");

/// Makes a card of what was typed under the parameter `under`, once its rules are met. Nothing of it is stored yet.
/// Errors: who asks may not send numbers; 402 with the code of what is wrong with the card.
pub(crate) fn enter(cx: &Cx<'_>, p: CardParams, under: &str) -> Result<Card, Stop> {
    may_send_numbers(cx, under)?;
    let status = if cx.caller.version.has(BAD_REQUEST) { 400 } else { 402 };
    let missing = |name: &str| ApiError::missing(&format!("{under}[{name}]")).status(status);
    if p.object.as_deref().is_some_and(|object| object != Card::NAME) {
        let message = format!("Invalid {under}[object]: a card's object is 'card'.");
        return Err(ApiError::invalid(status, message).param(format!("{under}[object]")).into());
    }
    let number = p.number.text().ok_or_else(|| missing("number"))?;
    let exp_month = p.exp_month.text().ok_or_else(|| missing("exp_month"))?;
    let exp_year = p.exp_year.text().ok_or_else(|| missing("exp_year"))?;
    let texts = [
        ("address_city", &p.address_city),
        ("address_country", &p.address_country),
        ("address_line1", &p.address_line1),
        ("address_line2", &p.address_line2),
        ("address_state", &p.address_state),
        ("address_zip", &p.address_zip),
        ("name", &p.name),
    ];
    for (name, text) in texts {
        super::not_more_than(TEXT_MAX, &format!("{under}[{name}]"), text.as_deref())?;
    }
    let typed = RawCard { number, exp_month, exp_year, cvc: p.cvc.text() };
    let valid = acquirer::validate(typed, cx.now()).map_err(|why| refused(cx, why))?;
    let listed =
        simulator::admit(valid.number.reveal(), cx.caller.livemode).map_err(|why| refused(cx, why))?;
    let mut card = blank(cx, listed, valid.number.brand(), valid.number.last4());
    card.exp_month = valid.expiry.month;
    card.exp_year = valid.expiry.year;
    card.cvc_given = Hidden(Some(valid.cvc_given));
    card.address_city = p.address_city;
    card.address_country = p.address_country;
    card.address_line1 = p.address_line1;
    card.address_line2 = p.address_line2;
    card.address_state = p.address_state;
    card.address_zip = p.address_zip;
    card.currency = Optional(p.currency);
    card.name = p.name;
    let preferred = p.networks.and_then(|networks| networks.preferred());
    card.networks = Optional(Some(Networks { preferred }));
    card.unchecked();
    card.seal(cx, &cx.caller.account, valid.number.reveal())?;
    Ok(card)
}

/// The card behind a documented test token such as `tok_visa`, a new one at each use, and its number, which is not
/// sealed yet. `None` in live mode and for other ids.
pub(crate) fn well_known(cx: &Cx<'_>, token: &str) -> Option<(Card, &'static str)> {
    if cx.caller.livemode || !token.starts_with("tok_") {
        return None;
    }
    let listed = simulator::named(token)?;
    Some((documented(cx, listed), listed.number))
}

/// A documented test card; its number is not sealed yet.
pub(crate) fn documented(cx: &Cx<'_>, listed: &simulator::TestCard) -> Card {
    let mut card = blank(cx, Some(listed), listed.brand, listed.last4());
    let (year, month, _) = cx.now().date();
    (card.exp_month, card.exp_year) = (month, year + 1);
    card.cvc_given = Hidden(Some(true));
    if let Some((line1, zip)) = listed.address() {
        card.address_line1 = Some(line1.to_owned());
        card.address_zip = Some(zip.to_owned());
    }
    card.unchecked();
    card.fingerprint = Optional(Some(cx.world.vault.fingerprint(&cx.caller.account, listed.number)));
    card
}

fn blank(cx: &Cx<'_>, listed: Option<&simulator::TestCard>, brand: Brand, last4: &str) -> Card {
    Card {
        id: cx.new_id::<Card>(),
        object: Card::NAME.into(),
        address_city: None,
        address_country: None,
        address_line1: None,
        address_line1_check: None,
        address_line2: None,
        address_state: None,
        address_zip: None,
        address_zip_check: None,
        brand: listed.map_or(brand, |listed| listed.brand).name().into(),
        country: listed.map(|listed| listed.country.to_owned()),
        currency: Optional(None),
        customer: Optional(None),
        cvc_check: None,
        dynamic_last4: None,
        exp_month: 0,
        exp_year: 0,
        fingerprint: Optional(None),
        funding: listed.map_or("unknown", |listed| listed.funding.as_str()).into(),
        last4: last4.to_owned(),
        metadata: Metadata::default(),
        name: None,
        networks: Optional(Some(Networks::default())),
        regulated_status: Some("unregulated".into()),
        tokenization_method: None,
        sealed_number: Hidden(None),
        cvc_given: Hidden(None),
    }
}

/// A `card_error` for a card that is wrong or refused.
pub(crate) fn refused(_: &Cx<'_>, why: Decline) -> ApiError {
    let error = ApiError::card(why.code(), why.decline_code(), why.message());
    match why.param() {
        Some(param) => error.param(param),
        None => error,
    }
}

/// Card numbers come from browsers. A server may send them for itself in test mode, and never for somebody else.
fn may_send_numbers(cx: &Cx<'_>, under: &str) -> Result<(), ApiError> {
    if cx.caller.via == Via::PublishableKey {
        return Ok(());
    }
    if cx.caller.is_connect() {
        let who = if cx.caller.version.has(CONNECTED) {
            "Requests made on behalf of a connected account"
        } else {
            "OAuth based requests"
        };
        let message =
            format!("{who} must use card tokens from Stripe.js, but card details were directly provided.");
        return Err(ApiError::invalid(400, message).param(under));
    }
    if cx.caller.livemode {
        let message = "Sending credit card numbers directly to the Stripe API is generally unsafe. Create a token in the browser with your publishable key and send that instead. To test, use a test mode key with test tokens such as tok_visa.";
        return Err(ApiError::invalid(402, message).param(under));
    }
    Ok(())
}
