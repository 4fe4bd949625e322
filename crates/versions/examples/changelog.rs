//! Prints the changelog of the API: `cargo run -p versions --example changelog > docs/api-changes.md`.
fn main() {
    print!("{}", versions::changelog());
}
