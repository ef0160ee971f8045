//! What each route says by itself: groups, waits, and what the first one may not.

use crate::references::refused;
use sinops_config_check::value::milliseconds;
use sinops_config_check::{Node, Text};
use sinops_sdk::deploy_step::Problem;
use std::collections::BTreeSet;

const CODE: &str = "alertmanager/route";

pub(crate) fn check(text: &Text<'_>, root: &Node, problems: &mut Vec<Problem>) {
    let Some(first) = root.get("route") else {
        return;
    };
    for key in ["mute_time_intervals", "active_time_intervals"] {
        if let Some(intervals) = first.get(key)
            && !intervals.items().is_empty()
        {
            problems.push(refused(
                text,
                intervals,
                CODE,
                &format!("the first route takes every alert at all times and has no `{key}`"),
                "move it to a route below `routes:`",
            ));
        }
    }
    if let Some(goes_on) = first.get("continue")
        && goes_on.truth() == Some(true)
    {
        problems.push(refused(
            text,
            goes_on,
            CODE,
            "after the first route there is none to continue with",
            "take `continue` out",
        ));
    }
    each(text, first, problems);
}

fn each(text: &Text<'_>, route: &Node, problems: &mut Vec<Problem>) {
    let mut groups = BTreeSet::new();
    let labels: Vec<&Node> = route.list("group_by").collect();
    for label in &labels {
        let name = label.text().unwrap_or_default();
        let (reason, hint) = if name.is_empty() {
            (
                "a label of `group_by` has no name".to_owned(),
                "take it out",
            )
        } else if name == "..." && labels.len() > 1 {
            (
                "`...` groups by every label and stands alone".to_owned(),
                "take the others out",
            )
        } else if !groups.insert(name) {
            (format!("`group_by` names `{name}` twice"), "take it out")
        } else {
            continue;
        };
        problems.push(refused(text, label, CODE, &reason, hint));
    }
    for key in ["group_interval", "repeat_interval"] {
        if let Some(length) = route.get(key)
            && length.text().and_then(milliseconds) == Some(0)
        {
            problems.push(refused(
                text,
                length,
                CODE,
                &format!("`{key}` is zero"),
                "write a duration such as `5m`, or take it out",
            ));
        }
    }
    for inner in route.list("routes") {
        each(text, inner, problems);
    }
}
