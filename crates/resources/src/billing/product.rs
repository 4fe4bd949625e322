//! Products: what is sold (API page "Products"). What it costs say its prices.
mod make;
mod search;

use super::{
    amounts::{Deleted, Number, refused},
    own_id::{self, Chosen, InPlaceOf},
    price::{self, DefaultPriceData, Price},
    tax_code::TaxCode,
};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, Stop, done};
use base::{Metadata, MetadataPatch, Named, Ref, Timestamp};
pub(crate) use make::{New, ProductData, given};
use store::IndexKey;
use wire::{Hidden, Optional, Patch, Wire};

/// What is sold.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Product {
    /// `prod_…`, or what the account chose.
    pub id: String,
    /// `product`.
    pub object: String,
    /// Whether it is for sale.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
    /// What it costs where nothing else is named.
    pub default_price: Option<Ref<Price>>,
    /// What customers read about it.
    pub description: Option<String>,
    /// Addresses of pictures.
    pub images: Vec<String>,
    /// Live or test.
    pub livemode: bool,
    /// What a table of prices praises.
    pub marketing_features: Vec<MarketingFeature>,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// What customers see.
    pub name: String,
    /// How large and heavy it is.
    pub package_dimensions: Option<PackageDimensions>,
    /// Whether it is sent.
    pub shippable: Option<bool>,
    /// What statements say of it.
    pub statement_descriptor: Option<String>,
    /// What kind of thing it is for taxes.
    pub tax_code: Option<Ref<TaxCode>>,
    /// What else taxes depend on.
    pub tax_details: Option<TaxDetails>,
    /// Of which of two kinds it is.
    pub r#type: Type,
    /// What one of it is called.
    pub unit_label: Option<String>,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Where it is on the web.
    pub url: Option<String>,
    /// How many prices it has, which is why it cannot be deleted.
    pub prices: Hidden<i64>,
    /// The id that it would have had, where the account chose one.
    pub in_place_of: InPlaceOf,
}

/// What a table of prices praises.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct MarketingFeature {
    /// In up to 80 characters.
    pub name: Optional<String>,
}

/// How large and heavy a product is, with two decimals.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PackageDimensions {
    /// In inches.
    pub height: Number,
    /// In inches.
    pub length: Number,
    /// In ounces.
    pub weight: Number,
    /// In inches.
    pub width: Number,
}

/// What taxes depend on.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TaxDetails {
    /// Where it is performed.
    pub performance_location: Option<String>,
    /// What kind of thing it is.
    pub tax_code: Option<String>,
}

/// Kinds of products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Type {
    /// Goods of the orders of before.
    Good,
    /// Everything else.
    Service,
}

impl Named for Product {
    const NAME: &'static str = "product";
    const PREFIX: &'static str = "prod";
}
impl Object for Product {
    const PATH: &'static str = "/v1/products";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        self.chosen().into_iter().collect()
    }
}
impl Chosen for Product {
    fn in_place_of(&self) -> &InPlaceOf {
        &self.in_place_of
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Product>();
/// A product was made.
pub const CREATED: &str = "product.created";
/// A product was changed.
pub const UPDATED: &str = "product.updated";
/// A product was deleted.
pub const DELETED: &str = "product.deleted";
/// What products cause.
pub const EVENTS: &[&str] = &[CREATED, UPDATED, DELETED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/products", "product", |cx, p| Box::pin(create(cx, p))),
        Endpoint::retrieve::<Product>("/v1/products/{id}"),
        Endpoint::new("POST", "/v1/products/{id}", "product", |cx, p| Box::pin(update(cx, p))),
        Endpoint::new("DELETE", "/v1/products/{id}", "product", |cx, p| Box::pin(delete(cx, p))),
        Endpoint::search(search::PATH, "product", |cx, p| Box::pin(search::search(cx, p))),
        Endpoint::list::<List>("/v1/products", "product", |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `POST /v1/products` takes.
#[derive(Debug, Wire)]
pub struct Create {
    active: Option<bool>,
    default_price_data: Option<DefaultPriceData>,
    description: Option<String>,
    id: Option<String>,
    images: Vec<String>,
    marketing_features: Vec<FeatureParams>,
    metadata: MetadataPatch,
    name: String,
    package_dimensions: Option<PackageDimensions>,
    shippable: Option<bool>,
    statement_descriptor: Option<String>,
    tax_code: Option<String>,
    tax_details: Option<TaxDetailsParams>,
    r#type: Option<Type>,
    unit_label: Option<String>,
    url: Option<String>,
}

/// What `POST /v1/products/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    active: Option<bool>,
    default_price: Option<String>,
    description: Patch<String>,
    images: Option<Vec<String>>,
    marketing_features: Option<Vec<FeatureParams>>,
    metadata: MetadataPatch,
    name: Option<String>,
    package_dimensions: Patch<PackageDimensions>,
    shippable: Option<bool>,
    statement_descriptor: Option<String>,
    tax_code: Patch<String>,
    tax_details: Patch<TaxDetailsParams>,
    unit_label: Patch<String>,
    url: Patch<String>,
}

/// One of `marketing_features` as sent.
#[derive(Debug, Wire)]
struct FeatureParams {
    name: String,
}

/// `tax_details` as sent.
#[derive(Debug, Wire)]
pub(crate) struct TaxDetailsParams {
    tax_code: Patch<String>,
}

/// What `GET /v1/products` filters by.
#[derive(Debug, Wire)]
pub struct List {
    active: Option<bool>,
    created: Option<Range>,
    ids: Vec<String>,
    shippable: Option<bool>,
    r#type: Option<Type>,
    url: Option<String>,
}

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Product> {
    let new = New {
        active: p.active,
        id: p.id,
        metadata: p.metadata,
        name: p.name,
        statement_descriptor: p.statement_descriptor,
        tax_code: p.tax_code,
        tax_details: p.tax_details,
        unit_label: p.unit_label,
    };
    let mut it = make::open(cx, new, "").await?;
    it.description = p.description;
    it.images = p.images;
    it.marketing_features = features(p.marketing_features);
    it.package_dimensions = p.package_dimensions;
    it.shippable = p.shippable;
    it.r#type = p.r#type.unwrap_or(Type::Service);
    it.url = p.url;
    it.check("")?;
    if let Some(data) = p.default_price_data {
        let price = price::make_default(cx, data, &mut it).await?;
        it.default_price = Some(Ref::to(&price.id));
        cx.put(&it);
        cx.emit(CREATED, &it);
        price::tell_created(cx, &price);
    } else {
        cx.put(&it);
        cx.emit(CREATED, &it);
    }
    done(it)
}

fn features(given: Vec<FeatureParams>) -> Vec<MarketingFeature> {
    given.into_iter().map(|it| MarketingFeature { name: Optional(Some(it.name)) }).collect()
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Product> {
    let id = cx.path("id").to_owned();
    let before: Product = cx.must("id", &id).await?;
    let mut it = before.clone();
    it.active = p.active.unwrap_or(it.active);
    p.description.apply(&mut it.description);
    it.images = p.images.unwrap_or(it.images);
    it.marketing_features = p.marketing_features.map(features).unwrap_or(it.marketing_features);
    p.metadata.apply(&mut it.metadata)?;
    it.name = p.name.unwrap_or(it.name);
    p.package_dimensions.apply(&mut it.package_dimensions);
    it.shippable = p.shippable.or(it.shippable);
    it.statement_descriptor = p.statement_descriptor.or(it.statement_descriptor);
    make::tax(&mut it, p.tax_code, p.tax_details, "")?;
    p.unit_label.apply(&mut it.unit_label);
    p.url.apply(&mut it.url);
    it.check("")?;
    if let Some(price) = p.default_price {
        prefer(cx, &mut it, &price).await?;
    }
    if it != before {
        it.updated = cx.now();
    }
    cx.put(&it);
    cx.emit_update(UPDATED, &before, &it);
    done(it)
}

/// One of its active prices becomes the default. It enters the read set, so that nobody retires it meanwhile.
async fn prefer(cx: &mut Cx<'_>, it: &mut Product, id: &str) -> Result<(), Stop> {
    let price: Price = cx.must("default_price", id).await?;
    if price.product.id != it.id {
        let message = format!(
            "The price {id} belongs to another product. The default price must be one of the product's own."
        );
        return Err(refused(message).param("default_price").into());
    }
    if !price.active {
        let message = format!("The price {id} is inactive. The default price must be active.");
        return Err(refused(message).param("default_price").into());
    }
    it.default_price = Some(Ref::to(id));
    Ok(())
}

async fn delete(cx: &mut Cx<'_>, _: api::Nothing) -> Outcome<Deleted> {
    let id = cx.path("id").to_owned();
    let it: Product = cx.must("id", &id).await?;
    if it.prices.0 > 0 {
        let message = "This product cannot be deleted because it has one or more user-created prices. Set its active to false instead.";
        return Err(refused(message).into());
    }
    cx.delete(&it);
    cx.emit(DELETED, &it);
    done(Deleted::of(Product::NAME, &it.id))
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    own_id::page::<Product>(cx, None, |it| {
        p.active.is_none_or(|wanted| it.active == wanted)
            && p.created.is_none_or(|range| range.holds(it.created.0))
            && (p.ids.is_empty() || p.ids.contains(&it.id))
            && p.shippable.is_none_or(|wanted| it.shippable == Some(wanted))
            && p.r#type.is_none_or(|wanted| it.r#type == wanted)
            && (p.url.is_none() || it.url == p.url)
    })
    .await
}

#[cfg(test)]
mod tests;
