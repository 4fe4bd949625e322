//! How products come to be: by themselves, or with the price of them.
use super::{CREATED, Product, TaxDetails, TaxDetailsParams, Type};
use crate::{
    billing::{amounts::either, own_id, tax_code},
    payments::card::not_more_than,
};
use api::{Cx, Stop};
use base::{ApiError, MetadataPatch, Named as _, Ref};
use wire::{At, Bad, Hidden, Node, Patch, Shape, Wire};

/// What every new product is given, by whichever way it comes.
#[derive(Debug, Wire)]
pub(crate) struct New {
    pub(super) active: Option<bool>,
    pub(super) id: Option<String>,
    pub(super) metadata: MetadataPatch,
    pub(super) name: String,
    pub(super) statement_descriptor: Option<String>,
    pub(super) tax_code: Option<String>,
    pub(super) tax_details: Option<TaxDetailsParams>,
    pub(super) unit_label: Option<String>,
}

/// A product that is named or described: `product` of a plan.
#[derive(Debug)]
pub(crate) enum ProductData {
    /// One that is there.
    Named(String),
    /// A new one.
    New(Box<New>),
}

impl Wire for ProductData {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node {
            Some(Node::Map(_)) => New::read(at, node).map(|it| ProductData::New(Box::new(it))),
            node => String::read(at, node).map(ProductData::Named),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            ProductData::Named(id) => id.write(out),
            ProductData::New(new) => new.write(out),
        }
    }
}

/// Longest texts, in characters.
const LIMITS: [(&str, usize); 5] = [
    ("name", 250),
    ("description", 40_000),
    ("statement_descriptor", 22),
    ("unit_label", 12),
    ("url", 5_000),
];
/// The most pictures, and the longest address of one.
const IMAGES_MAX: (usize, usize) = (8, 2_048);
/// The most features, and the characters of one.
const FEATURES_MAX: (usize, usize) = (15, 80);
/// Decimals of a dimension.
const PLACES_MAX: usize = 2;

/// The name of a parameter within another.
pub(super) fn within(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}[{name}]") }
}

impl Product {
    /// Whether everything can be kept. `above`: the parameter that it was described in.
    pub(super) fn check(&self, above: &str) -> Result<(), ApiError> {
        let texts = [
            Some(self.name.as_str()),
            self.description.as_deref(),
            self.statement_descriptor.as_deref(),
            self.unit_label.as_deref(),
            self.url.as_deref(),
        ];
        for ((param, most), text) in LIMITS.into_iter().zip(texts) {
            not_more_than(most, &within(above, param), text)?;
        }
        if let Some(text) = &self.statement_descriptor {
            let letters = text.chars().any(|c| c.is_ascii_alphabetic());
            if !letters || text.contains(['<', '>', '\\', '"', '\'', '*']) {
                let message =
                    "The statement descriptor must contain at least one letter and none of < > \\ ' \" *.";
                return Err(ApiError::invalid(400, message).param(within(above, "statement_descriptor")));
            }
        }
        if self.images.len() > IMAGES_MAX.0 {
            let message = format!("A product can have up to {} images.", IMAGES_MAX.0);
            return Err(ApiError::invalid(400, message).param("images"));
        }
        for (at, image) in self.images.iter().enumerate() {
            not_more_than(IMAGES_MAX.1, &format!("images[{at}]"), Some(image))?;
        }
        if self.marketing_features.len() > FEATURES_MAX.0 {
            let message = format!("A product can have up to {} marketing features.", FEATURES_MAX.0);
            return Err(ApiError::invalid(400, message).param("marketing_features"));
        }
        for (at, feature) in self.marketing_features.iter().enumerate() {
            not_more_than(
                FEATURES_MAX.1,
                &format!("marketing_features[{at}][name]"),
                feature.name.0.as_deref(),
            )?;
        }
        let Some(package) = &self.package_dimensions else { return Ok(()) };
        let sizes = [
            ("height", package.height),
            ("length", package.length),
            ("weight", package.weight),
            ("width", package.width),
        ];
        for (name, size) in sizes {
            if size.0 <= money::Decimal::ZERO || size.0.places() > PLACES_MAX {
                let message = "Package dimensions must be above zero, with up to two decimal places.";
                return Err(ApiError::invalid(400, message).param(format!("package_dimensions[{name}]")));
            }
        }
        Ok(())
    }
}

/// Sets what taxes depend on. The tax code may be named in either place, and is shown in both.
pub(super) fn tax(
    it: &mut Product,
    code: Patch<String>,
    details: Patch<TaxDetailsParams>,
    above: &str,
) -> Result<(), ApiError> {
    let (outer, inner) = (within(above, "tax_code"), within(above, "tax_details[tax_code]"));
    let (code, param) = match (code, details) {
        (Patch::Keep, Patch::Keep) => return Ok(()),
        (code, Patch::Keep) => (code, outer),
        (Patch::Keep, Patch::Clear) => (Patch::Clear, inner),
        (Patch::Keep, Patch::Set(details)) => (details.tax_code, inner),
        (_, Patch::Clear | Patch::Set(_)) => return Err(either(&outer, &within(above, "tax_details"))),
    };
    if let Patch::Set(code) = &code {
        tax_code::check(&param, code)?;
    }
    let mut held = it.tax_code.take().map(|it| it.id);
    code.apply(&mut held);
    it.tax_details = held.clone().map(|code| TaxDetails { performance_location: None, tax_code: Some(code) });
    it.tax_code = held.map(Ref::to);
    Ok(())
}

fn sent<T>(it: Option<T>) -> Patch<T> {
    it.map_or(Patch::Keep, Patch::Set)
}

/// A new product, not yet written down. Errors: the id is taken, or something cannot be kept.
pub(super) async fn open(cx: &mut Cx<'_>, new: New, above: &str) -> Result<Product, Stop> {
    let (id, in_place_of) = own_id::choose::<Product>(cx, new.id, &within(above, "id")).await?;
    let mut it = Product {
        id,
        object: Product::NAME.into(),
        active: new.active != Some(false),
        created: cx.now(),
        default_price: None,
        description: None,
        images: Vec::new(),
        livemode: cx.caller.livemode,
        marketing_features: Vec::new(),
        metadata: new.metadata.fresh()?,
        name: new.name,
        package_dimensions: None,
        shippable: None,
        statement_descriptor: new.statement_descriptor,
        tax_code: None,
        tax_details: None,
        r#type: Type::Service,
        unit_label: new.unit_label,
        updated: cx.now(),
        url: None,
        prices: Hidden(0),
        in_place_of,
    };
    tax(&mut it, sent(new.tax_code), sent(new.tax_details), above)?;
    it.check(above)?;
    Ok(it)
}

/// The product of a new price: one that is there, or a new one, which is told. Errors: there is no such product.
pub(crate) async fn given(cx: &mut Cx<'_>, data: ProductData, param: &str) -> Result<Product, Stop> {
    match data {
        ProductData::Named(id) => cx.must(param, &id).await,
        ProductData::New(new) => {
            let it = open(cx, *new, param).await?;
            cx.put(&it);
            cx.emit(CREATED, &it);
            Ok(it)
        }
    }
}
