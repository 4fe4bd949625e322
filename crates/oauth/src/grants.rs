//! The grants.
