//! A phase of a schedule lasted so many periods of its first price.
use crate::tree;
use base::{Change, Version};
use wire::Node;

const ENDPOINTS: [&str; 3] = [
    "POST /v1/subscription_schedules",
    "POST /v1/subscription_schedules/*",
    "POST /v1/invoices/create_preview",
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2025-09-30.clover")
    }
    fn what(&self) -> &'static str {
        "The parameter `iterations` of a schedule's phase becomes `duration`; a `duration` without its interval is counted in periods of the phase's first price."
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if !ENDPOINTS.iter().any(|endpoint| tree::goes_to(method, path, endpoint)) {
            return;
        }
        let phases = match params.get("schedule_details") {
            Some(_) => params.get_mut("schedule_details").and_then(|it| it.get_mut("phases")),
            None => params.get_mut("phases"),
        };
        let shorten = |phase: &mut Node<'_>| tree::sink(phase, "iterations", &["duration", "interval_count"]);
        match phases {
            Some(Node::List(all)) => all.iter_mut().for_each(shorten),
            Some(Node::Map(all)) => all.iter_mut().for_each(|(_, phase)| shorten(phase)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        let then = r#"{"phases":[{"iterations":"2","items":"x"},{"end_date":"1"}]}"#;
        let today = r#"{"phases":[{"items":"x","duration":{"interval_count":"2"}},{"end_date":"1"}]}"#;
        for path in ["/v1/subscription_schedules", "/v1/subscription_schedules/sub_sched_1"] {
            check::up(&Past, "POST", path, &[(then, today)]);
        }
        check::up(
            &Past,
            "POST",
            "/v1/invoices/create_preview",
            &[(
                r#"{"schedule_details":{"phases":{"0":{"iterations":"1"}}}}"#,
                r#"{"schedule_details":{"phases":{"0":{"duration":{"interval_count":"1"}}}}}"#,
            )],
        );
    }
}
