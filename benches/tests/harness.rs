//! The whole harness against a server that does no work: every row is measured, judged and written down.
//! The stand-in sends no webhooks, so the rows that need them must not count.

use std::process::Command;

use serde_json::Value;

#[test]
fn a_short_comparison_with_a_stand_in_measures_every_row() {
    let bench = env!("CARGO_BIN_EXE_bench");
    let scratch =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("harness-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).unwrap();
    let json = scratch.join("report.json");
    let output = Command::new(bench)
        .args(["compare", "--product", bench, "--product-args", "stand-in", "--no-ceilings"])
        .args([
            "--seconds",
            "0.1",
            "--warmup",
            "0.02",
            "--rounds",
            "1",
            "--connections",
            "4",
            "--codes",
            "200000",
        ])
        .args(["--server-cpu", "0", "--load-cpu", "0"])
        .arg("--data")
        .arg(scratch.join("data"))
        .arg("--json")
        .arg(&json)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("| retrieve a charge by id |"), "{text}{said}");
    let report: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 18, "{text}{said}");
    for row in rows {
        let webhooks = row["key"].as_str().unwrap().starts_with("create-charge");
        assert_eq!(row["verdict"] == "invalid", webhooks, "{text}{said}");
        assert!(row["product"].as_f64().unwrap() > 0.0, "{text}{said}");
    }
    assert_eq!(std::fs::read_dir(scratch.join("data")).unwrap().count(), 0, "data directories are removed");
    std::fs::remove_dir_all(&scratch).unwrap();
}
