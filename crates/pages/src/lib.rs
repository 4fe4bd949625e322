//! Pages (in the making).
