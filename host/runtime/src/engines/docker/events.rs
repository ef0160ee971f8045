//! What the engine tells by itself, so that nobody has to ask for it again and again.

use super::super::labels;
use bollard::Docker;
use bollard::query_parameters::EventsOptions;
use futures::StreamExt;
use futures::stream::BoxStream;
use std::collections::HashMap;

/// Events after which a container stands otherwise than before.
const TELLING: [&str; 4] = ["die", "oom", "health_status", "restart"];

/// Ids of the project's containers to which one of [`TELLING`] happened.
pub(super) fn of(docker: &Docker, project: &str) -> BoxStream<'static, String> {
    let text = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let filters = HashMap::from([
        ("type".to_owned(), text(&["container"])),
        ("event".to_owned(), text(&TELLING)),
        (
            "label".to_owned(),
            vec![format!("{}={project}", labels::PROJECT)],
        ),
    ]);
    let options = EventsOptions {
        filters: Some(filters),
        ..EventsOptions::default()
    };
    docker
        .events(Some(options))
        .filter_map(|event| async move { event.ok()?.actor?.id })
        .boxed()
}
