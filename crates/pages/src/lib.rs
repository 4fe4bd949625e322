//! What a person sees: sign-in, the connect pages, the account form and the dashboard.
//!
//! A page is a typed struct of what it shows (see [`views`]) and a template of the same name in `templates/`.
//! [`render`] joins them. Templates escape everything they are given, know no server and need no script.
//! Stylesheet, script and artwork are in [`assets`]; the headers that every page must carry are in [`headers`].

pub mod account_form;
pub mod assets;
pub mod choices;
pub mod form;
pub mod headers;
mod render;
mod site;
pub mod views;

pub use form::{Form, Problem};
pub use render::{RenderError, View, render};
pub use site::{Options, Shows, Site, route, shows};
