//! Who controls an account, and what follows from that: `type` names the three usual ways, `controller` says each
//! thing by itself.
use base::ApiError;
use wire::{Optional, Wire};

/// Who controls an account.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Controller {
    /// Who pays fees.
    pub fees: Optional<Fees>,
    /// Whether the application that asks is the one that controls the account.
    pub is_controller: Optional<bool>,
    /// Who bears losses.
    pub losses: Optional<Losses>,
    /// Who collects what is required.
    pub requirement_collection: Optional<Party>,
    /// Which dashboard the account has.
    pub stripe_dashboard: Optional<Dashboard>,
    /// `account` where it controls itself, `application` where a platform does.
    pub r#type: String,
}

/// Who pays fees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct Fees {
    /// Whom they are taken from.
    pub payer: Payer,
}

/// Whom fees are taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Payer {
    /// The account.
    Account,
    /// The platform, for all of them.
    Application,
    /// The platform, as for an account of the type `custom`.
    ApplicationCustom,
    /// The platform, as for an account of the type `express`.
    ApplicationExpress,
}

/// Who bears losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct Losses {
    /// Whoever a negative balance falls to.
    pub payments: Party,
}

/// Either side of an agreement: the platform, or this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Party {
    /// The platform.
    Application,
    /// This server.
    Stripe,
}

/// Which dashboard an account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct Dashboard {
    /// Which.
    pub r#type: DashboardType,
}

/// A sort of dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum DashboardType {
    /// Balance, payouts and details, opened by login links.
    Express,
    /// Everything, with a sign-in.
    Full,
    /// None.
    None,
}

/// A `type` that accounts can be created with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Type {
    /// The platform does everything.
    Custom,
    /// The platform bears losses; the account has a small dashboard.
    Express,
    /// The account is its own, and the platform acts for it.
    Standard,
}

/// `controller` as sent.
#[derive(Debug, Default, Wire)]
pub(super) struct ControllerParams {
    fees: Option<FeesParams>,
    losses: Option<LossesParams>,
    requirement_collection: Option<Party>,
    stripe_dashboard: Option<DashboardParams>,
}

#[derive(Debug, Wire)]
struct FeesParams {
    payer: Option<PayerParam>,
}

#[derive(Debug, Clone, Copy, Wire)]
enum PayerParam {
    Account,
    Application,
}

#[derive(Debug, Wire)]
struct LossesParams {
    payments: Option<Party>,
}

#[derive(Debug, Wire)]
struct DashboardParams {
    r#type: Option<DashboardType>,
}

impl Controller {
    /// Of an account that controls itself.
    pub fn own() -> Self {
        Controller {
            fees: Optional(None),
            is_controller: Optional(None),
            losses: Optional(None),
            requirement_collection: Optional(None),
            stripe_dashboard: Optional(None),
            r#type: "account".into(),
        }
    }
    /// Of an account of this type that a platform creates.
    pub fn of(kind: Type) -> Self {
        match kind {
            Type::Standard => {
                Controller::new(Payer::Account, Party::Stripe, Party::Stripe, DashboardType::Full)
            }
            Type::Express => {
                let payer = Payer::ApplicationExpress;
                Controller::new(payer, Party::Application, Party::Stripe, DashboardType::Express)
            }
            Type::Custom => {
                let payer = Payer::ApplicationCustom;
                Controller::new(payer, Party::Application, Party::Application, DashboardType::None)
            }
        }
    }
    fn new(payer: Payer, losses: Party, collects: Party, dashboard: DashboardType) -> Self {
        Controller {
            fees: Optional(Some(Fees { payer })),
            is_controller: Optional(Some(true)),
            losses: Optional(Some(Losses { payments: losses })),
            requirement_collection: Optional(Some(collects)),
            stripe_dashboard: Optional(Some(Dashboard { r#type: dashboard })),
            r#type: "application".into(),
        }
    }
    /// Whether a platform controls the account.
    pub fn is_platforms(&self) -> bool {
        self.r#type == "application"
    }
    /// Whether the platform collects what is required, and so may change everything at any time.
    pub fn platform_collects(&self) -> bool {
        self.requirement_collection.0 == Some(Party::Application)
    }
    /// Whether the platform bears losses.
    pub fn platform_bears_losses(&self) -> bool {
        self.losses.0.is_some_and(|it| it.payments == Party::Application)
    }
    /// Which dashboard the account has.
    pub fn dashboard(&self) -> DashboardType {
        self.stripe_dashboard.0.map_or(DashboardType::Full, |it| it.r#type)
    }
}

impl ControllerParams {
    /// Who controls the account. What is left out is as in an account of the type `standard`. Errors: what cannot go
    /// together.
    pub(super) fn controller(self) -> Result<Controller, ApiError> {
        let payer = match self.fees.and_then(|it| it.payer) {
            Some(PayerParam::Application) => Payer::Application,
            Some(PayerParam::Account) | None => Payer::Account,
        };
        let losses = self.losses.and_then(|it| it.payments).unwrap_or(Party::Stripe);
        let collects = self.requirement_collection.unwrap_or(Party::Stripe);
        let dashboard = self.stripe_dashboard.and_then(|it| it.r#type).unwrap_or(DashboardType::Full);
        let refuse = |param: &str, message: &str| {
            Err(ApiError::invalid(400, message).param(format!("controller[{param}]")))
        };
        if collects == Party::Application && losses != Party::Application {
            return refuse(
                "losses][payments",
                "When controller[requirement_collection]=application, you must set controller[losses][payments]=application.",
            );
        }
        if collects == Party::Application && dashboard != DashboardType::None {
            return refuse(
                "stripe_dashboard][type",
                "When controller[requirement_collection]=application, you must set controller[stripe_dashboard][type]=none.",
            );
        }
        if dashboard == DashboardType::Express && losses != Party::Application {
            return refuse(
                "losses][payments",
                "When controller[stripe_dashboard][type]=express, you must set controller[losses][payments]=application.",
            );
        }
        Ok(Controller::new(payer, losses, collects, dashboard))
    }
}
