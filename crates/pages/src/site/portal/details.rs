//! A customer changes what is known of them.

use resources::billing::portal_configuration::Updatable;
use resources::payments::customer::Customer;
use resources::payments::tax_id::TaxIdKind;
use wire::Node;

use super::super::reply::{Answer, Trouble, page, see_other};
use super::super::visit::{Notice, Visit};
use super::{Place, Room, text_at};
use crate::Form;
use crate::choices::{countries, country_name};
use crate::views::{Choice, PortalDetails};

/// The parts of an address, as forms and the API name them.
const ADDRESS: [&str; 6] = ["line1", "line2", "city", "postal_code", "state", "country"];

/// Everything that can be changed, by the names of the API.
const ALL: [Updatable; 6] = [
    Updatable::Address,
    Updatable::Email,
    Updatable::Name,
    Updatable::Phone,
    Updatable::Shipping,
    Updatable::TaxId,
];

fn may(room: &Room, what: Updatable) -> bool {
    room.opened.features().may_update(what)
}

/// `GET …/details`.
pub(super) async fn show(visit: &mut Visit<'_>, room: &Room) -> Answer {
    let form = filled(&room.opened.customer);
    view(visit, room, form).await
}

fn filled(customer: &Customer) -> Form {
    let mut form = Form::default();
    let mut set = |name: String, value: Option<&String>| {
        if let Some(value) = value {
            form.set(name, value);
        }
    };
    set("name".into(), customer.name.as_ref());
    set("email".into(), customer.email.as_ref());
    set("phone".into(), customer.phone.as_ref());
    let shipping = customer.shipping.as_ref();
    set("shipping_name".into(), shipping.and_then(|it| it.name.as_ref()));
    set("shipping_phone".into(), shipping.and_then(|it| it.phone.as_ref()));
    for (prefix, address) in
        [("address_", customer.address.as_ref()), ("shipping_", shipping.map(|it| &it.address))]
    {
        let Some(it) = address else { continue };
        let parts = [&it.line1, &it.line2, &it.city, &it.postal_code, &it.state, &it.country];
        for (name, value) in ADDRESS.into_iter().zip(parts) {
            set(format!("{prefix}{name}"), value.as_ref());
        }
    }
    form
}

async fn view(visit: &mut Visit<'_>, room: &Room, form: Form) -> Answer {
    let fields: Vec<String> =
        ALL.iter().filter(|it| may(room, **it)).map(|it| it.as_str().to_owned()).collect();
    if fields.is_empty() {
        return room.not_allowed();
    }
    let mut offered = countries();
    for name in ["address_country", "shipping_country"] {
        let code = form.text(name);
        // Whoever lives elsewhere keeps that.
        if !code.is_empty() && country_name(code).is_none() {
            offered.push(Choice { value: code.into(), label: code.into() });
        }
    }
    let tax_ids = if may(room, Updatable::TaxId) { tax_ids(visit, room).await? } else { Vec::new() };
    let status = if form.is_sound() { 200 } else { 400 };
    let view = PortalDetails {
        head: room.head(visit),
        form,
        fields,
        countries: offered,
        tax_ids,
        tax_kinds: TaxIdKind::all()
            .map(|it| Choice {
                value: it.as_str().into(),
                label: it.as_str().replace('_', " ").to_uppercase(),
            })
            .collect(),
        action: room.url(Place::Details),
    };
    page(status, &view, room.leads_to())
}

async fn tax_ids(visit: &Visit<'_>, room: &Room) -> Result<Vec<(String, String)>, Trouble> {
    let path = format!("/v1/customers/{}/tax_ids", room.opened.customer.id);
    let found = room.call(visit, ("GET", &path), &[("limit", "20")]).await??;
    let Some(Node::List(items)) = found.get("data") else { return Ok(Vec::new()) };
    let shown = items.iter().filter_map(|it| {
        let kind = text_at(it, "type")?.replace('_', " ").to_uppercase();
        Some((text_at(it, "id")?, format!("{kind} {}", text_at(it, "value")?)))
    });
    Ok(shown.collect())
}

/// `POST …/details`.
pub(super) async fn act(visit: &mut Visit<'_>, room: &Room) -> Answer {
    let todo = visit.fields.text("do").to_owned();
    let form = std::mem::take(&mut visit.fields).into_form();
    let path = format!("/v1/customers/{}", room.opened.customer.id);
    match todo.as_str() {
        "add_tax_id" | "remove_tax_id" if !may(room, Updatable::TaxId) => room.not_allowed(),
        "add_tax_id" => {
            let pairs = [("type", form.text("tax_type")), ("value", form.text("tax_value"))];
            let made = room.call(visit, ("POST", &format!("{path}/tax_ids")), &pairs).await?;
            back(visit, room, form, made.err().map(|error| ("tax_value".to_owned(), error.message))).await
        }
        "remove_tax_id" => {
            let id = form.text("tax_id").to_owned();
            // The path is made of it, so it must be one of theirs.
            if tax_ids(visit, room).await?.iter().any(|(known, _)| *known == id) {
                room.call(visit, ("DELETE", &format!("{path}/tax_ids/{id}")), &[]).await??;
            }
            back(visit, room, form, None).await
        }
        _ => save(visit, room, &path, form).await,
    }
}

/// Back to the page, with what is wrong with a field where something is.
async fn back(visit: &mut Visit<'_>, room: &Room, form: Form, problem: Option<(String, String)>) -> Answer {
    let Some((field, message)) = problem else {
        visit.tell(Notice::SAVED);
        return see_other(&room.url(Place::Details));
    };
    let mut again = filled(&room.opened.customer);
    for name in ["tax_type", "tax_value"] {
        again.set(name, form.text(name));
    }
    again.refuse(&field, message);
    view(visit, room, again).await
}

async fn save(visit: &mut Visit<'_>, room: &Room, path: &str, mut form: Form) -> Answer {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (what, name) in [(Updatable::Name, "name"), (Updatable::Email, "email"), (Updatable::Phone, "phone")]
    {
        if may(room, what) {
            pairs.push((name.into(), form.text(name).into()));
        }
    }
    let address = |prefix: &str| -> Vec<(&'static str, String)> {
        ADDRESS.iter().map(|name| (*name, form.text(&format!("{prefix}{name}")).to_owned())).collect()
    };
    let said = |parts: &[(&'static str, String)]| parts.iter().any(|(_, value)| !value.is_empty());
    if may(room, Updatable::Address) {
        let parts = address("address_");
        if said(&parts) {
            pairs.extend(parts.into_iter().map(|(name, value)| (format!("address[{name}]"), value)));
        } else {
            pairs.push(("address".into(), String::new()));
        }
    }
    if may(room, Updatable::Shipping) {
        let parts = address("shipping_");
        let (name, phone) = (form.text("shipping_name").to_owned(), form.text("shipping_phone").to_owned());
        if said(&parts) || !name.is_empty() {
            pairs
                .extend(parts.into_iter().map(|(part, value)| (format!("shipping[address][{part}]"), value)));
            pairs.extend([("shipping[name]".to_owned(), name), ("shipping[phone]".to_owned(), phone)]);
        } else {
            pairs.push(("shipping".into(), String::new()));
        }
    }
    let sent: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let Err(error) = room.call(visit, ("POST", path), &sent).await? else {
        return room.finish(visit, Notice::SAVED).await;
    };
    match error.param.as_deref().map(|param| (param, field_of(param))) {
        Some((_, Some(field))) => form.refuse(&field, error.message),
        _ => form.refuse_all(error.message),
    }
    view(visit, room, form).await
}

/// The field of the form that a parameter was made of.
fn field_of(param: &str) -> Option<String> {
    let known = |it: &str| matches!(it, "name" | "email" | "phone");
    if known(param) {
        return Some(param.to_owned());
    }
    let part = param.rsplit_once('[')?.1.strip_suffix(']')?;
    let prefix = if param.starts_with("shipping[") { "shipping_" } else { "address_" };
    (ADDRESS.contains(&part) || known(part)).then(|| format!("{prefix}{part}"))
}
