//! Reports, asked over the whole pipeline.
use crate::testing::{Bench, PLATFORM, SELLER, SELLER_ID};

const DAY: i64 = 86_400;

fn run(bench: &Bench, key: &str, form: &str) -> String {
    let id = bench.post(key, "/v1/reporting/report_runs", form).ok();
    assert_eq!(id.text("status"), "pending");
    bench.settle();
    let done = bench.get(key, &format!("/v1/reporting/report_runs/{}", id.text("id"))).ok();
    assert_eq!(done.text("status"), "succeeded", "{}", done.body.to_json());
    let file = bench.get(key, &format!("/v1/files/{}", done.text("result.id"))).ok();
    assert_eq!((file.text("purpose"), file.text("type")), ("finance_report_run".into(), "csv".into()));
    assert!(file.text("url").ends_with("/contents") && file.body.get("contents").is_none());
    let contents = bench.text(key, &format!("/v1/files/{}/contents", file.text("id")));
    assert_eq!(file.number("size"), contents.len() as i64);
    contents
}

fn lived_in() -> Bench {
    let bench = Bench::new();
    bench.bank(SELLER_ID, "000123456789");
    let form = "amount=1000&currency=usd&source=tok_visa&description=A+chair,+blue";
    let id = bench.post(SELLER, "/v1/charges", form).ok().text("id");
    bench.post(SELLER, "/v1/refunds", &format!("charge={id}&amount=300")).ok();
    bench.wait(3 * DAY);
    bench.post(SELLER, "/v1/charges", "amount=2000&currency=usd&source=tok_visa").ok();
    bench
}

const MONDAY: i64 = 1_381_104_000;

fn over(days: std::ops::Range<i64>, kind: &str) -> String {
    let (from, to) = (MONDAY + days.start * DAY, MONDAY + days.end * DAY);
    format!("report_type={kind}&parameters[interval_start]={from}&parameters[interval_end]={to}")
}

#[test]
fn a_balance_summary() {
    let bench = lived_in();
    let report = run(&bench, SELLER, &over(1..5, "balance.summary.1"));
    assert_eq!(
        report,
        "category,description,net_amount,currency\n\
         starting_balance,Starting balance,6.41,usd\n\
         activity_gross,Account activity before fees,20.00,usd\n\
         activity_fee,Less fees,-0.88,usd\n\
         activity,Net balance change from activity,19.12,usd\n\
         payouts_gross,Payouts before fees,-6.41,usd\n\
         payouts_fee,Less payout fees,0.00,usd\n\
         payouts,Total payouts,-6.41,usd\n\
         ending_balance,Ending balance,19.12,usd\n"
    );
    // The platform reads it of its seller.
    let form = format!("{}&parameters[connected_account]={SELLER_ID}", over(1..5, "balance.summary.1"));
    assert_eq!(run(&bench, PLATFORM, &form), report);
}

#[test]
fn a_payout_is_reconciled() {
    let bench = lived_in();
    let columns = "&parameters[columns][]=reporting_category&parameters[columns][]=net&parameters[columns][]=description";
    let report = run(&bench, SELLER, &format!("{}{columns}", over(0..9, "payout_reconciliation.itemized.5")));
    assert_eq!(
        report,
        "reporting_category,net,description\n\
         charge,9.41,\"A chair, blue\"\n\
         refund,-3.00,\"REFUND FOR CHARGE (A chair, blue)\"\n"
    );
    let payout = bench.get(SELLER, "/v1/payouts").ok().text("data.0.id");
    let form = format!("report_type=payout_reconciliation.by_id.itemized.4&parameters[payout]={payout}");
    let report = run(&bench, SELLER, &form);
    assert_eq!(report.lines().filter(|line| line.starts_with(&payout)).count(), 2);
    let report = run(&bench, SELLER, &over(0..9, "payouts.itemized.3"));
    assert!(report.lines().any(|line| line.starts_with(&payout) && line.contains("-6.41")), "{report}");
    let report = run(&bench, SELLER, &over(0..9, "balance_change_from_activity.itemized.3"));
    assert_eq!(report.lines().count(), 4);
    let told: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert!(told.contains(&"reporting.report_run.succeeded"));
}

#[test]
fn movements_are_summed_up() {
    let bench = lived_in();
    let payout = bench.get(SELLER, "/v1/payouts").ok().text("data.0.id");
    let columns = "&parameters[columns][]=automatic_payout_id&parameters[columns][]=reporting_category&parameters[columns][]=count&parameters[columns][]=gross&parameters[columns][]=fee&parameters[columns][]=net";
    let report = run(&bench, SELLER, &format!("{}{columns}", over(0..9, "payout_reconciliation.summary.1")));
    assert_eq!(
        report,
        format!(
            "automatic_payout_id,reporting_category,count,gross,fee,net\n\
             {payout},charge,1,10.00,0.59,9.41\n\
             {payout},refund,1,-3.00,0.00,-3.00\n"
        )
    );
    let head = "reporting_category,currency,count,gross,fee,net\n";
    let report = run(&bench, SELLER, &over(0..9, "balance_change_from_activity.summary.1"));
    assert_eq!(report, format!("{head}charge,usd,2,30.00,1.47,28.53\nrefund,usd,1,-3.00,0.00,-3.00\n"));
    let report = run(&bench, SELLER, &over(0..9, "payouts.summary.1"));
    assert_eq!(report, format!("{head}payout,usd,1,-6.41,0.00,-6.41\n"));
    // What was paid out is not there any more; what is left is the balance.
    let report = run(&bench, SELLER, &over(0..9, "ending_balance_reconciliation.summary.1"));
    assert_eq!(report, format!("{head}charge,usd,1,20.00,0.88,19.12\n"));
    let report = run(&bench, SELLER, &over(0..9, "ending_balance_reconciliation.itemized.4"));
    assert_eq!(report.lines().count(), 2);
    let report = run(&bench, SELLER, &over(0..1, "ending_balance_reconciliation.summary.1"));
    assert_eq!(report, format!("{head}charge,usd,1,10.00,0.59,9.41\nrefund,usd,1,-3.00,0.00,-3.00\n"));
}

#[test]
fn what_cannot_be_reported() {
    let bench = lived_in();
    let types = bench.get(SELLER, "/v1/reporting/report_types").ok().items();
    assert_eq!(types.len(), 10);
    let one = bench.get(SELLER, &format!("/v1/reporting/report_types/{}", types[0].text("id"))).ok();
    assert_eq!(one.number("version"), 1);
    assert_eq!(bench.get(SELLER, "/v1/reporting/report_types/none").refusal().0, 404);
    for (form, param) in [
        ("report_type=none".to_owned(), "report_type"),
        ("report_type=balance.summary.1".to_owned(), "parameters[interval_start]"),
        (over(2..2, "balance.summary.1"), "parameters[interval_end]"),
        (over(1..2, "balance.summary.1") + "&parameters[columns][]=x", "parameters[columns]"),
        (over(1..2, "balance.summary.1") + "&parameters[timezone]=Europe/Vienna", "parameters[timezone]"),
        (over(1..2, "balance.summary.1") + "&parameters[payout]=po_1", "parameters[payout]"),
        (
            over(1..2, "balance.summary.1") + "&parameters[connected_account]=acct_x",
            "parameters[connected_account]",
        ),
        ("report_type=payout_reconciliation.by_id.itemized.4".to_owned(), "parameters[payout]"),
        (
            "report_type=payout_reconciliation.by_id.itemized.4&parameters[payout]=po_none".to_owned(),
            "parameters[payout]",
        ),
    ] {
        assert_eq!(bench.post(SELLER, "/v1/reporting/report_runs", &form).refusal().2, param, "{form}");
    }
}
