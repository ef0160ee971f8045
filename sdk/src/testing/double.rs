//! What the capabilities call on native targets.

use crate::{containers, http, log, mail};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) http: VecDeque<Result<http::Response, http::Error>>,
    pub(super) requests: Vec<http::Request>,
    pub(super) mail: VecDeque<Result<String, mail::Error>>,
    pub(super) mails: Vec<mail::Message>,
    pub(super) containers: BTreeMap<String, containers::State>,
    pub(super) health: BTreeMap<String, Result<containers::Output, containers::Error>>,
    pub(super) exec: BTreeMap<String, Result<containers::Output, containers::Error>>,
    pub(super) commands: Vec<(String, Vec<String>)>,
    pub(super) log: Vec<(log::Level, String)>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

pub(super) fn with<T>(work: impl FnOnce(&mut State) -> T) -> T {
    STATE.with(|state| work(&mut state.borrow_mut()))
}

pub(super) fn reset() {
    with(|state| *state = State::default());
}

pub(crate) fn http(request: &http::Request) -> Result<http::Response, http::Error> {
    with(|state| {
        state.requests.push(request.clone());
        state.http.pop_front().unwrap_or_else(|| {
            Err(http::Error::Temporary(format!(
                "nothing answers at {}",
                request.url
            )))
        })
    })
}

pub(crate) fn mail(message: &mail::Message) -> Result<String, mail::Error> {
    with(|state| {
        state.mails.push(message.clone());
        state
            .mail
            .pop_front()
            .unwrap_or_else(|| Err(mail::Error::Denied("no relay is set up".to_owned())))
    })
}

pub(crate) fn inspect(id: &str) -> Result<containers::State, containers::Error> {
    with(|state| state.containers.get(id).cloned()).ok_or_else(|| unknown(id))
}

pub(crate) fn health_check(id: &str) -> Result<containers::Output, containers::Error> {
    with(|state| {
        state.health.get(id).cloned().unwrap_or_else(|| {
            Err(if state.containers.contains_key(id) {
                containers::Error::NoCheck
            } else {
                unknown(id)
            })
        })
    })
}

pub(crate) fn exec(
    id: &str,
    command: &[String],
    _millis: u64,
) -> Result<containers::Output, containers::Error> {
    with(|state| {
        state.commands.push((id.to_owned(), command.to_vec()));
        state.exec.get(id).cloned().unwrap_or_else(|| {
            Err(containers::Error::Denied(
                "the grant `exec` is missing".to_owned(),
            ))
        })
    })
}

pub(crate) fn log(level: log::Level, message: &str) {
    with(|state| state.log.push((level, message.to_owned())));
}

fn unknown(id: &str) -> containers::Error {
    containers::Error::NotFound(format!("no container {id} in this stack"))
}
