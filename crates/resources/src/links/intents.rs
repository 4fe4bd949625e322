//! What must hold of payment methods and of intents.
use super::{beside, place, read};
use crate::{
    connect::account::Account,
    payments::{
        card::Card,
        charge::Charge,
        customer::Customer,
        mandate::Mandate,
        payment_intent::{PaymentIntent, Status},
        payment_method::{MethodRef, PaymentMethod},
        setup_attempt::SetupAttempt,
        setup_intent::{self, SetupIntent},
    },
};
use audit::Said;
use base::Named as _;
use store::Held;

pub(super) fn payment_method(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<PaymentMethod>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    if let Some(customer) = &it.customer {
        said.link("customer", &beside::<Customer>(held, &customer.id));
    }
    if let Some(mandate) = &it.mandate.0.0 {
        said.link("mandate", &beside::<Mandate>(held, mandate));
    }
}

pub(super) fn mandate(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Mandate>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.link("payment_method", &beside::<PaymentMethod>(held, &it.payment_method.id));
}

/// What an intent is paid with is kept, unless it is a card of the first years, which can be deleted.
fn paid_with(held: &Held, said: &mut Said<'_>, method: Option<&MethodRef>) {
    if let Some(MethodRef(id)) = method
        && !id.starts_with(Card::PREFIX)
    {
        said.link("payment_method", &beside::<PaymentMethod>(held, id));
    }
}

pub(super) fn payment_intent(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<PaymentIntent>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.same("amount_capturable", it.status == Status::RequiresCapture, it.amount_capturable > 0);
    said.same("amount_received", it.status == Status::Succeeded, it.amount_received > 0);
    said.same("next_action", it.status == Status::RequiresAction, it.next_action.is_some());
    if let Some(customer) = &it.customer {
        said.link_or_gone("customer", &beside::<Customer>(held, &customer.id));
    }
    if let Some(charge) = &it.latest_charge {
        let key = beside::<Charge>(held, &charge.id);
        said.is("latest_charge", &charge.id);
        said.mirror("latest_charge", &key, PaymentIntent::NAME, &it.id);
    }
    paid_with(held, said, it.payment_method.as_ref());
    if let Some(platform) = &it.platform.0.0 {
        said.link("platform", &place::<Account>("", false, platform));
    }
}

pub(super) fn setup_intent(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<SetupIntent>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.same("next_action", it.status == setup_intent::Status::RequiresAction, it.next_action.is_some());
    if let Some(customer) = &it.customer {
        said.link_or_gone("customer", &beside::<Customer>(held, &customer.id));
    }
    if let Some(attempt) = &it.latest_attempt {
        let key = beside::<SetupAttempt>(held, &attempt.id);
        said.is("latest_attempt", &attempt.id);
        said.mirror("latest_attempt", &key, SetupIntent::NAME, &it.id);
    }
    if let Some(mandate) = &it.mandate {
        said.link("mandate", &beside::<Mandate>(held, &mandate.id));
    }
    paid_with(held, said, it.payment_method.as_ref());
}

pub(super) fn setup_attempt(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<SetupAttempt>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.is(SetupIntent::NAME, &it.setup_intent.id);
    said.link(SetupIntent::NAME, &beside::<SetupIntent>(held, &it.setup_intent.id));
    paid_with(held, said, Some(&it.payment_method));
}
