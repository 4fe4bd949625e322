//! Renders every page in each state worth looking at: `cargo run -p pages --example preview -- target/preview`

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: preview <folder>")?);
    let assets = folder.join("assets");
    std::fs::create_dir_all(&assets)?;
    for asset in pages::assets::all() {
        std::fs::write(assets.join(asset.name), asset.body)?;
    }
    let mut list = String::from("<!doctype html>\n<title>Pages</title>\n<ul>\n");
    for (name, html) in samples::all() {
        let mut html = html?;
        // From files, so that no server is needed: a page finds its assets beside it.
        for asset in pages::assets::all() {
            if let Some(url) = pages::assets::url(asset.name) {
                let plain = format!("{}{}", pages::assets::PREFIX, asset.name);
                let beside = format!("=\"assets/{}\"", asset.name);
                for path in [url, &plain] {
                    html = html.replace(&format!("=\"{path}\""), &beside);
                    html = html.replace(&format!("=\"{}\"", path.replace('/', "&#x2f;")), &beside);
                }
            }
        }
        std::fs::write(folder.join(format!("{name}.html")), html)?;
        list.push_str(&format!("<li><a href=\"{name}.html\">{name}</a></li>\n"));
    }
    list.push_str("</ul>\n");
    std::fs::write(folder.join("index.html"), list)?;
    println!("{}", folder.join("index.html").display());
    Ok(())
}
