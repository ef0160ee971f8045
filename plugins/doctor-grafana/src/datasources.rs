//! Data sources.

use sinops_config_check::{Node, Text, nearest};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;

pub(crate) fn check(text: &Text<'_>, root: &Node, problems: &mut Vec<Problem>) {
    let sources: Vec<&Node> = root.list("datasources").collect();
    let uids: Vec<&str> = sources.iter().filter_map(|it| it.text_of("uid")).collect();
    let mut defaults = 0;
    let mut names: Vec<&str> = Vec::new();
    for source in &sources {
        let name = source.text_of("name").unwrap_or_default();
        let at = source
            .get("name")
            .map_or(source.span.clone(), |it| it.span.clone());
        let refuse = |code: &str, bytes: std::ops::Range<usize>, message: String, hint: &str| {
            text.problem(Severity::Critical, code, bytes, message)
                .hint(hint)
        };
        if name.is_empty() || source.text_of("type").is_none() {
            problems.push(refuse(
                "grafana/datasource",
                source.span.clone(),
                "a data source has no `name` or no `type`: Grafana does not start".to_owned(),
                "give it both",
            ));
        }
        if names.contains(&name) {
            problems.push(refuse(
                "grafana/duplicate-datasource",
                at.clone(),
                format!("a data source `{name}` is there already: only one of them is kept"),
                "give it another name",
            ));
        }
        names.push(name);
        if source.get("isDefault").and_then(Node::truth) == Some(true) {
            defaults += 1;
            if defaults == 2 {
                problems.push(refuse(
                    "grafana/two-defaults",
                    at.clone(),
                    "a second data source is the default one: Grafana does not start".to_owned(),
                    "keep `isDefault: true` at one",
                ));
            }
        }
        match source.get("uid") {
            None if !name.is_empty() => {
                let uid: String = name
                    .to_lowercase()
                    .chars()
                    .map(|it| if it.is_ascii_alphanumeric() { it } else { '-' })
                    .collect();
                let mut problem = text
                    .problem(
                        Severity::Warning,
                        "grafana/no-uid",
                        at.clone(),
                        format!("the data source `{name}` has no `uid`: Grafana makes one up, and dashboards and links that name one do not find it"),
                    )
                    .hint(format!("write `uid: {uid}`"));
                if let Some(entry) = source.entry("name") {
                    let line = text
                        .content
                        .get(..entry.key.start)
                        .and_then(|it| it.rfind('\n'))
                        .map_or(0, |it| it + 1);
                    let column = entry.key.start - line;
                    let end = entry.node.span.end;
                    problem = problem.edit(
                        text.place(end..end),
                        format!("\n{}uid: {uid}", " ".repeat(column)),
                    );
                }
                problems.push(problem);
            }
            _ => {}
        }
        source.walk(&mut |node| {
            for entry in node.entries() {
                let wanted = entry.node.text().unwrap_or_default();
                let refers = matches!(entry.name.as_str(), "datasourceUid" | "alertmanagerUid");
                if refers && !wanted.is_empty() && !wanted.contains('$') && !uids.contains(&wanted) {
                    let near = nearest(wanted, uids.iter().copied());
                    problems.push(
                        text.problem(
                            Severity::Warning,
                            "grafana/unknown-uid",
                            entry.node.span.clone(),
                            format!("no data source of this file has the uid `{wanted}`: the link leads nowhere"),
                        )
                        .hint(near.map_or_else(
                            || format!("write `uid: {wanted}` at the data source that is meant"),
                            |near| format!("did you mean `{near}`?"),
                        )),
                    );
                }
            }
        });
    }
}
