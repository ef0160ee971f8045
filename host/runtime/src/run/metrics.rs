//! What `run monitor` serves at `/metrics`: whether a deploy is under way, its own rounds,
//! and everything that the collectors brought. Read-only, and the same for whoever asks.

use super::identity;
use super::journal::Previous;
use super::monitor::Round;
use super::planner::Planner;
use super::release::Releases;
use crate::engines::Engine;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sinops_core::exposition;
use sinops_core::lease::{Standing, judge};
use sinops_core::monitor::{MetricFamily, MetricType, Sample};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Connections at a time; more wait.
const CONNECTIONS: usize = 16;
/// A connection that has not said what it wants for so long is closed.
const PATIENCE: Duration = Duration::from_secs(5);
/// What the engine may take to say whether a deploy is under way.
const LOOK: Duration = Duration::from_secs(2);

/// Serves figures until it is dropped.
#[derive(Debug)]
pub(super) struct Server {
    source: Arc<Source>,
    task: tokio::task::JoinHandle<()>,
    address: SocketAddr,
}

#[derive(Debug)]
struct Source {
    engine: Arc<dyn Engine>,
    project: String,
    state: PathBuf,
    figures: Mutex<Figures>,
}

#[derive(Debug, Default)]
struct Figures {
    rounds: u64,
    failures: u64,
    told: BTreeMap<(String, &'static str), u64>,
    last: Option<Round>,
}

impl Server {
    /// # Errors
    /// If the address is taken, or not this machine's.
    pub(super) async fn at(address: SocketAddr, planner: &Planner) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let setup = planner.setup();
        let source = Arc::new(Source {
            engine: Arc::clone(&setup.engine),
            project: setup.stack.project.clone(),
            state: planner.state_directory(),
            figures: Mutex::default(),
        });
        let task = tokio::spawn(serve(listener, Arc::clone(&source)));
        Ok(Self {
            source,
            task,
            address,
        })
    }

    /// Where it really is, also if any port would do.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn note(&self, round: Round) {
        let mut figures = self.source.figures();
        figures.rounds += 1;
        figures.failures += round.failed.len() as u64;
        for (_, notifier, why_not) in &round.told {
            let result = if why_not.is_none() {
                "delivered"
            } else {
                "failed"
            };
            *figures.told.entry((notifier.clone(), result)).or_default() += 1;
        }
        figures.last = Some(round);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, source: Arc<Source>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of descriptors, most likely: give others time to close theirs.
                tracing::warn!(%error, "a connection to /metrics was not taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let source = Arc::clone(&source);
        tokio::spawn(async move {
            let answer = service_fn(|request| answer(request, Arc::clone(&source)));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), answer);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to /metrics ended early");
            }
            drop(place);
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    source: Arc<Source>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let said = |status: StatusCode, kind: &'static str, text: String| {
        let mut response = Response::new(Full::new(Bytes::from(text)));
        *response.status_mut() = status;
        let kind = header::HeaderValue::from_static(kind);
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    };
    let plain = "text/plain; charset=utf-8";
    Ok(
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            said(StatusCode::METHOD_NOT_ALLOWED, plain, "only GET\n".into())
        } else if request.uri().path() == "/metrics" {
            said(
                StatusCode::OK,
                exposition::CONTENT_TYPE,
                source.page().await,
            )
        } else {
            said(
                StatusCode::NOT_FOUND,
                plain,
                "metrics are at /metrics\n".into(),
            )
        },
    )
}

impl Source {
    fn figures(&self) -> std::sync::MutexGuard<'_, Figures> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn page(&self) -> String {
        let deploying = tokio::time::timeout(LOOK, self.deploying())
            .await
            .ok()
            .flatten();
        let release = Releases::of(&self.state).newest(&self.project);
        let figures = self.figures();
        let mut families = figures.families();
        let project = || vec![("project".to_owned(), self.project.clone())];
        families.push(gauge(
            "sinops_engine_up",
            "Whether the engine answers.",
            [(vec![], f64::from(u8::from(deploying.is_some())))],
        ));
        families.push(gauge(
            "sinops_deploy_in_progress",
            "Whether a run that changes the project is under way, here or on another machine.",
            deploying.map(|is| (project(), f64::from(u8::from(is)))),
        ));
        let released = release.as_ref().and_then(|it| seconds(&it.at));
        families.push(gauge(
            "sinops_release_timestamp_seconds",
            "When the current release was deployed from here.",
            released.map(|at| (project(), at)),
        ));
        families.push(gauge(
            "sinops_release_number",
            "Number of the current release deployed from here.",
            #[allow(clippy::cast_precision_loss, reason = "a count of deploys")]
            release.map(|it| (project(), it.number as f64)),
        ));
        let brought = figures.last.iter().flat_map(|round| &round.families);
        let (mut page, left_out) = exposition::page(families.iter().chain(brought));
        #[allow(clippy::cast_precision_loss, reason = "a count of samples")]
        let left_out = gauge(
            "sinops_samples_left_out",
            "Samples of the last round that have no valid name, or are there already.",
            [(vec![], left_out as f64)],
        );
        page.push_str(&exposition::page([&left_out]).0);
        page
    }

    /// None: the engine does not say.
    async fn deploying(&self) -> Option<bool> {
        let Some(book) = self.engine.leases() else {
            // Not shared with other machines: the journal tells.
            let interrupted = match Previous::of(&self.state, &self.project) {
                Previous::Interrupted(it) => it.run,
                _ => return Some(false),
            };
            let pid = interrupted.rsplit('-').next()?.parse().ok()?;
            return Some(identity::is_alive(pid));
        };
        let claims = book.claims(&self.project).await.ok()?;
        if claims.is_empty() {
            return Some(false);
        }
        let now = book.time().await.ok()?;
        let standing = judge(&claims, &identity::is_dead, now);
        Some(matches!(standing, Standing::Held { .. }))
    }
}

impl Figures {
    #[allow(clippy::cast_precision_loss, reason = "counts, and milliseconds")]
    fn families(&self) -> Vec<MetricFamily> {
        let told = self.told.iter().map(|((notifier, result), count)| {
            let labels = [("notifier", notifier.as_str()), ("result", result)];
            let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
            (labels.to_vec(), *count as f64)
        });
        let last = self.last.as_ref();
        vec![
            gauge(
                "sinops_build_info",
                "The version that runs.",
                [(
                    vec![("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())],
                    1.0,
                )],
            ),
            counter(
                "sinops_monitor_rounds",
                "Rounds of the monitor.",
                [(vec![], self.rounds as f64)],
            ),
            counter(
                "sinops_monitor_failures",
                "Plugins and looks at the engine that failed in a round.",
                [(vec![], self.failures as f64)],
            ),
            counter(
                "sinops_notifications",
                "Notifications by notifier and result.",
                told,
            ),
            gauge(
                "sinops_monitor_last_round_timestamp_seconds",
                "When the last round began.",
                last.map(|round| (vec![], round.time as f64 / 1000.0)),
            ),
            gauge(
                "sinops_findings",
                "What fires, by the monitor's own evaluators.",
                last.map(|round| (vec![], round.findings.len() as f64)),
            ),
        ]
    }
}

type Point = (Vec<(String, String)>, f64);

fn gauge(name: &str, help: &str, points: impl IntoIterator<Item = Point>) -> MetricFamily {
    family(MetricType::Gauge, name, help, points)
}

fn counter(name: &str, help: &str, points: impl IntoIterator<Item = Point>) -> MetricFamily {
    family(MetricType::Counter, name, help, points)
}

fn family(
    metric_type: MetricType,
    name: &str,
    help: &str,
    points: impl IntoIterator<Item = Point>,
) -> MetricFamily {
    let sample = |(labels, value)| Sample {
        name: name.to_owned(),
        labels,
        value,
        time: None,
    };
    MetricFamily {
        name: name.to_owned(),
        help: help.to_owned(),
        unit: String::new(),
        metric_type,
        samples: points.into_iter().map(sample).collect(),
    }
}

/// Seconds since the epoch.
fn seconds(rfc3339: &str) -> Option<f64> {
    let time = humantime::parse_rfc3339_weak(rfc3339).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(since.as_secs_f64())
}
