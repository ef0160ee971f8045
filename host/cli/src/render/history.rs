//! Releases, for people.

use crate::problem::printable;
use crate::render::table::Table;
use crate::render::text::count;
use crate::terminal::Page;
use sinops_core::release::Release;

/// The newest first.
pub(crate) fn list(releases: &[Release], page: Page) -> String {
    if releases.is_empty() {
        return "nothing was deployed from here yet".to_owned();
    }
    let mut table = Table::default();
    for (index, release) in releases.iter().enumerate() {
        let mut what = vec![count(release.services.len(), "service")];
        let before = releases.get(index + 1);
        what.extend(before.and_then(|before| difference(release, before)));
        what.extend(release.rollback_of.map(|of| format!("rollback of {of}")));
        if index == 0 {
            what.push("current".to_owned());
        }
        table.row([
            release.number.to_string(),
            release.at.clone(),
            printable(&release.by),
            printable(&release.pipeline),
            what.join(", "),
        ]);
    }
    table.lines(0, page.width).join("\n")
}

/// The services that differ from the release before.
fn difference(release: &Release, before: &Release) -> Option<String> {
    let changed = release
        .services
        .iter()
        .filter(|(name, service)| before.services.get(*name) != Some(*service));
    let gone = before.services.keys();
    let gone = gone.filter(|name| !release.services.contains_key(*name));
    let names: Vec<String> = changed
        .map(|(name, _)| printable(name))
        .chain(gone.map(|name| format!("-{}", printable(name))))
        .collect();
    match names.as_slice() {
        [] => None,
        few if few.len() <= 4 => Some(format!("changed {}", few.join(" "))),
        many => Some(format!("changed {}", count(many.len(), "service"))),
    }
}

/// All of one release but its compose project.
pub(crate) fn one(release: &Release, page: Page) -> String {
    let paint = page.paint;
    let mut out = vec![format!(
        "{} of {}, {} by {}{}",
        paint.strong(&format!("release {}", release.number)),
        printable(&release.project),
        release.at,
        printable(&release.by),
        release
            .rollback_of
            .map_or_else(String::new, |of| format!(", rollback of {of}")),
    )];
    let mut table = Table::default();
    for (name, service) in &release.services {
        let id = service.image_id.as_deref().unwrap_or_default();
        let id: String = id.trim_start_matches("sha256:").chars().take(12).collect();
        table.row([
            printable(name),
            printable(&service.tier),
            match service.replicas {
                1 => String::new(),
                many => format!("x{many}"),
            },
            id,
            printable(service.image.as_deref().unwrap_or("(a process)")),
        ]);
    }
    out.push(String::new());
    out.extend(table.lines(2, page.width));
    for (title, lines) in [
        ("files, by digest", release.files.keys().cloned().collect()),
        (
            "secrets, by reference",
            release.secrets.iter().cloned().collect(),
        ),
    ] as [(&str, Vec<String>); 2]
    {
        if !lines.is_empty() {
            out.push(String::new());
            out.push(paint.strong(title));
            out.extend(lines.iter().map(|line| format!("  {}", printable(line))));
        }
    }
    out.join("\n")
}
