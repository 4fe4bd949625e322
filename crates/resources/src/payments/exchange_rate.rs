//! Exchange rates: at which the money of a charge is converted into the currency of the account (API page "Exchange
//! rates"). They are the operator's settings; nothing of them is stored.
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, done};
use base::{ApiError, Currency, Named};
use money::Rate;
use store::Bytes;
use wire::{At, Bad, Node, Shape, Wire};

/// What a currency is worth in the others.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ExchangeRate {
    /// The currency.
    pub id: String,
    /// `exchange_rate`.
    pub object: String,
    /// How much of each other currency a main unit of it gives.
    pub rates: RateMap,
}

/// Currencies and rates, in the order of the codes.
#[derive(Debug, Clone, PartialEq)]
pub struct RateMap(pub Vec<(Currency, Rate)>);

impl Wire for RateMap {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let Some(Node::Map(entries)) = node else { return Err(Bad::Missing(at.path())) };
        let one = |(code, rate): &(std::borrow::Cow<'_, str>, Node<'_>)| {
            let at = at.child(code);
            let currency = Currency::parse(code).ok_or_else(|| Bad::not(&at, "currency", code.as_ref()))?;
            Ok((currency, Rate::read(&at, Some(rate))?))
        };
        entries.iter().map(one).collect::<Result<_, _>>().map(RateMap)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        for (at, (currency, rate)) in self.0.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            wire::write_str(out, currency.as_str());
            out.push(b':');
            rate.write(out);
        }
        out.push(b'}');
    }
}

impl Named for ExchangeRate {
    const NAME: &'static str = "exchange_rate";
    const PREFIX: &'static str = "";
}
impl Object for ExchangeRate {
    const PATH: &'static str = "/v1/exchange_rates";
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<ExchangeRate>();
/// What exchange rates cause.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::list::<Nothing>("/v1/exchange_rates", "exchange_rate", |cx, p| Box::pin(list(cx, p))),
        Endpoint::new("GET", "/v1/exchange_rates/{id}", "exchange_rate", |cx, p| Box::pin(retrieve(cx, p))),
    ]
}

/// What takes nothing.
#[derive(Debug, Wire)]
pub struct Nothing {}

// Operations.

fn of(cx: &Cx<'_>, currency: Currency) -> ExchangeRate {
    let rates = &cx.world.pricing.rates;
    let others = rates.currencies().into_iter();
    let rates = others.filter_map(|to| Some((to, rates.between(currency, to)?))).collect();
    ExchangeRate { id: currency.to_string(), object: ExchangeRate::NAME.into(), rates: RateMap(rates) }
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<ExchangeRate> {
    let id = cx.path("id");
    let known = Currency::parse(id).filter(|it| cx.world.pricing.rates.currencies().contains(it));
    let currency = known.ok_or_else(|| ApiError::no_such("exchange rate", id, "id"))?;
    done(of(cx, currency))
}

async fn list(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Page> {
    let all = cx.world.pricing.rates.currencies();
    let paging = cx.paging();
    let place = |param: &str, id: &str| {
        let at = all.iter().position(|it| it.as_str() == id);
        at.ok_or_else(|| ApiError::no_such("exchange rate", id, param))
    };
    let total = paging.total.then_some(all.len() as u64);
    let (shown, has_more): (Vec<Currency>, bool) = match (&paging.after, &paging.before) {
        (_, Some(before)) => {
            let end = place("ending_before", before)?;
            let begin = end.saturating_sub(paging.limit);
            (all[begin..end].to_vec(), begin > 0)
        }
        (after, None) => {
            let begin = match after {
                Some(after) => place("starting_after", after)? + 1,
                None => paging.offset.min(all.len()),
            };
            let end = (begin + paging.limit).min(all.len());
            (all[begin..end].to_vec(), end < all.len())
        }
    };
    let items = shown.into_iter().map(|currency| {
        let mut out = Vec::with_capacity(1024);
        wire::write_struct(&of(cx, currency), &mut out);
        Bytes::from(out)
    });
    done(Page { items: items.collect(), has_more, url: ExchangeRate::PATH.to_owned(), total })
}
