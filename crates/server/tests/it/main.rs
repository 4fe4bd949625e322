//! Everything that is tested on the whole program, in one binary.
mod access;
mod harness;
mod tidy;
