//! Tests of plugins without a component: a double of the host's capabilities,
//! and the contract that every plugin of a role keeps.
//!
//! ```
//! use sinops_sdk::{http, testing::Host};
//!
//! let host = Host::new();
//! host.reply(http::Response::new(204, ""));
//! assert_eq!(http::Request::post("https://a.example").send().unwrap().status, 204);
//! assert_eq!(host.requests()[0].url, "https://a.example");
//! ```

mod contract;
pub(crate) mod double;

pub use contract::{
    NotifierCase, check_collector, check_deploy_step, check_evaluator, check_notifier,
};

use crate::{containers, http, log, mail};
use std::marker::PhantomData;

/// The host's capabilities, as the test of this thread wants them. What was
/// not prepared is answered like an unprepared host would: nothing answers,
/// nothing is granted. Everything is forgotten on drop.
#[derive(Debug)]
#[must_use = "the double is gone when this is dropped"]
pub struct Host {
    // The double lives in the thread that made it.
    not_send: PhantomData<*const ()>,
}

impl Host {
    /// A host that has answered nothing yet.
    pub fn new() -> Self {
        double::reset();
        Self {
            not_send: PhantomData,
        }
    }

    /// The next HTTP request gets this response.
    pub fn reply(&self, response: http::Response) {
        double::with(|state| state.http.push_back(Ok(response)));
    }

    /// The next HTTP request gets no response.
    pub fn fail(&self, error: http::Error) {
        double::with(|state| state.http.push_back(Err(error)));
    }

    /// The next mail is answered so.
    pub fn mail_answer(&self, answer: Result<&str, mail::Error>) {
        double::with(|state| state.mail.push_back(answer.map(str::to_owned)));
    }

    /// A container of the stack.
    pub fn container(&self, id: &str, state: containers::State) {
        double::with(|double| double.containers.insert(id.to_owned(), state));
    }

    /// What the declared health check of a container comes to.
    pub fn health(&self, id: &str, result: Result<containers::Output, containers::Error>) {
        double::with(|double| double.health.insert(id.to_owned(), result));
    }

    /// What any command in a container comes to.
    pub fn exec(&self, id: &str, result: Result<containers::Output, containers::Error>) {
        double::with(|double| double.exec.insert(id.to_owned(), result));
    }

    /// What was sent, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<http::Request> {
        double::with(|state| state.requests.clone())
    }

    /// What was mailed, oldest first.
    #[must_use]
    pub fn mails(&self) -> Vec<mail::Message> {
        double::with(|state| state.mails.clone())
    }

    /// Commands that were run, as container and words.
    #[must_use]
    pub fn commands(&self) -> Vec<(String, Vec<String>)> {
        double::with(|state| state.commands.clone())
    }

    /// What was logged, oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<(log::Level, String)> {
        double::with(|state| state.log.clone())
    }
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        double::reset();
    }
}
