//! Programs that do what they are told to: they send a request again, under its idempotency key, until they have an answer, and
//! now and then twice at once.
use crate::nodes::{PLATFORM, SELLER, Said, Town};
use std::{cell::Cell, rc::Rc};

/// Requests of one client.
const REQUESTS: usize = 4;
/// How often a request is sent before its client would give up; with faults as frequent as here nobody gets that far.
const TRIES_MAX: usize = 400;

/// A client.
pub(crate) struct Client {
    town: Rc<Town>,
    name: String,
}

/// Whether a client has ended.
pub(crate) struct Going(Rc<Cell<usize>>);

impl Going {
    pub(crate) fn has_ended(&self) -> bool {
        self.0.get() == 0
    }
}

/// What is asked.
struct Ask {
    key: &'static str,
    path: String,
    form: String,
    /// What kind of thing it makes, for later requests.
    makes: Option<&'static str>,
}

impl Client {
    pub(crate) fn new(town: Rc<Town>, name: String) -> Self {
        Client { town, name }
    }

    pub(crate) fn begin(self) -> Going {
        let left = Rc::new(Cell::new(1));
        let (town, going) = (self.town.clone(), left.clone());
        town.clone().crew.begin(None, async move {
            for n in 0..REQUESTS {
                let idem = format!("k{}-{n}", self.name);
                let ask = Rc::new(self.choose(&idem));
                if town.dice.one_in(4) {
                    // The network doubles it; who hears of it first does not matter.
                    going.set(going.get() + 1);
                    let (town, ask, idem, going) = (town.clone(), ask.clone(), idem.clone(), going.clone());
                    town.clone().crew.begin(None, async move {
                        insist(&town, &ask, &idem).await;
                        going.set(going.get() - 1);
                    });
                }
                insist(&town, &ask, &idem).await;
            }
            going.set(going.get() - 1);
        });
        Going(left)
    }

    fn choose(&self, idem: &str) -> Ask {
        let (town, dice) = (&self.town, &self.town.dice);
        let amount = 500 + dice.below(5_000);
        let ask = |key, path: &str, form: String, makes| Ask { key, path: path.into(), form, makes };
        let charge = || {
            let card = *dice.pick(&[
                "tok_visa",
                "tok_bypassPending",
                "tok_bypassPending",
                "tok_chargeDeclined",
                "tok_createDispute",
            ]);
            let capture = if dice.one_in(5) { "&capture=false" } else { "" };
            // What a bank is about to dispute may be refunded when it does, and then a person has to look.
            let makes = match (capture, card) {
                ("", "tok_createDispute") => "disputed",
                ("", _) => "charge",
                _ => "reserved",
            };
            let form = format!("amount={amount}&currency=usd&source={card}&metadata[k]={idem}{capture}");
            ask(SELLER, "/v1/charges", form, Some(makes))
        };
        match dice.below(12) {
            0 => match town.take("charge") {
                Some(charge) => {
                    ask(SELLER, "/v1/refunds", format!("charge={charge}&amount=100&metadata[k]={idem}"), None)
                }
                None => charge(),
            },
            1 => match town.any("reserved") {
                Some(id) => ask(SELLER, &format!("/v1/charges/{id}/capture"), String::new(), None),
                None => charge(),
            },
            2 => ask(SELLER, "/v1/payouts", format!("amount=300&currency=usd&metadata[k]={idem}"), None),
            3 => {
                let customer = town.any("customer").unwrap();
                ask(SELLER, &format!("/v1/customers/{customer}"), format!("description={idem}"), None)
            }
            4 => {
                ask(SELLER, "/v1/customers", format!("source=tok_visa&metadata[k]={idem}"), Some("customer"))
            }
            5 => {
                let (customer, price) = (town.any("customer").unwrap(), town.any("price").unwrap());
                let form = format!("customer={customer}&items[0][price]={price}&metadata[k]={idem}");
                ask(SELLER, "/v1/subscriptions", form, Some("subscription"))
            }
            6 => {
                let account = town.any("account").unwrap();
                let form = format!(
                    "amount={amount}&currency=usd&source=tok_bypassPending&metadata[k]={idem}&transfer_data[destination]={account}&application_fee_amount=100"
                );
                ask(PLATFORM, "/v1/charges", form, None)
            }
            7 => {
                let account = town.any("account").unwrap();
                let form = format!("amount=50&currency=usd&destination={account}&metadata[k]={idem}");
                ask(PLATFORM, "/v1/transfers", form, None)
            }
            _ => charge(),
        }
    }
}

/// Sends a request until there is an answer that stands.
async fn insist(town: &Town, ask: &Ask, idem: &str) {
    for _ in 0..TRIES_MAX {
        let said = town.ask(town.any_node(), ask.key, &ask.path, &ask.form, idem).await;
        let Some(said) = said.filter(stands) else { continue };
        if said.status == 200
            && let (Some(kind), Some(id)) = (ask.makes, said.text("id"))
        {
            town.note(kind, id);
        }
        town.answers.borrow_mut().entry(idem.to_owned()).or_default().push(said);
        return;
    }
    panic!("{idem} {} has no answer after {TRIES_MAX} tries", ask.path);
}

/// Whether an answer is the last word: the server did not fail, and nobody else is at work on it.
fn stands(said: &Said) -> bool {
    said.status < 500
        && said.status != 429
        && said.text("error.code").as_deref() != Some("idempotency_key_in_use")
}
