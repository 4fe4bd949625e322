//! An external account as sent: a token, or what is typed of a bank account or a card.
use crate::payments::{
    bank_account::{self, BankParams},
    card::{self, CardParams, Taken, id_of},
};
use api::{Cx, Stop};
use base::Currency;
use wire::{At, Bad, Node, Optional, Shape, Wire};

/// `external_account` as sent.
#[derive(Debug)]
pub(in super::super) enum ExternalParam {
    /// A token, and the currency that is to be paid out to it where it is a card.
    Token(String, Option<Currency>),
    /// A bank account.
    Bank(Box<BankParams>),
    /// A card.
    Card(Box<CardParams>),
}

/// A card by its token.
#[derive(Debug, Wire)]
struct TokenParam {
    object: String,
    currency: Option<Currency>,
    token: String,
}

impl Wire for ExternalParam {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let Some(Node::Map(_)) = node else {
            return id_of(at, node).map(|id| ExternalParam::Token(id.to_owned(), None));
        };
        let sent = |name: &str| node.and_then(|node| node.get(name));
        let object = sent("object").and_then(Node::as_str);
        match object {
            None | Some("bank_account") => {
                BankParams::read(at, node).map(|it| ExternalParam::Bank(Box::new(it)))
            }
            Some("card") if sent("token").is_some() => {
                let TokenParam { currency, token, .. } = TokenParam::read(at, node)?;
                Ok(ExternalParam::Token(token, currency))
            }
            Some("card") => CardParams::read(at, node).map(|it| ExternalParam::Card(Box::new(it))),
            Some(other) => Err(Bad::choice(&at.child("object"), other, &["bank_account", "card"])),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"null");
    }
}

/// What was sent, with its number sealed to the caller. Nothing of it is stored yet.
pub(super) async fn take(cx: &mut Cx<'_>, param: ExternalParam) -> Result<Taken, Stop> {
    const UNDER: &str = "external_account";
    Ok(match param {
        ExternalParam::Token(id, currency) => match card::take(cx, &id, UNDER).await? {
            Taken::Card(mut card) => {
                card.currency = Optional(currency.or(card.currency.0));
                Taken::Card(card)
            }
            bank @ Taken::Bank(_) => bank,
        },
        ExternalParam::Bank(typed) => Taken::Bank(Box::new(bank_account::enter(cx, *typed, UNDER)?)),
        ExternalParam::Card(typed) => Taken::Card(Box::new(card::enter(cx, *typed, UNDER)?)),
    })
}
