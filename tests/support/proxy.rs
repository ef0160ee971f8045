//! A proxy before the Docker Engine that counts what changes something and, at a
//! chosen request, kills the program, hangs, cuts the connection or answers an error.
//!
//! So every place at which a run can be killed is reached without a hook in the product.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What happens at the chosen request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The program dies; the engine never hears of the request.
    KillBefore,
    /// The engine has done it; the program dies before it is told.
    KillAfter,
    /// Nobody answers any more.
    Hang,
    /// The connection ends without an answer; the engine has done it.
    Cut,
    /// This is run in a shell first, then the engine is asked.
    First(&'static str),
    /// The engine is not asked: an error 500 with these words.
    Answer(&'static str),
}

/// A request that changes something, as `POST /containers/create`; ids are left out.
pub type Change = String;

#[derive(Debug, Default)]
struct State {
    changes: Vec<Change>,
    planned: Option<(Matching, usize, Fault)>,
    victim: Option<u32>,
    struck: Option<Change>,
}

/// Which requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matching {
    /// All that change the stack: not the lease's own.
    Stack,
    /// Only those that take, keep or give back the lease.
    Lease,
    /// Those that begin so: `POST /containers/create`.
    Prefix(&'static str),
}

/// A proxy on loopback; it lives as long as the test.
#[derive(Debug, Clone)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Proxy {
    /// Before the engine of this machine.
    #[must_use]
    pub fn start() -> Self {
        Self::before("/var/run/docker.sock")
    }

    /// Before the engine that listens on this socket.
    #[must_use]
    pub fn before(socket: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let proxy = Self {
            address,
            state: Arc::default(),
        };
        let serving = proxy.clone();
        let socket = socket.to_owned();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (proxy, socket) = (serving.clone(), socket.clone());
                std::thread::spawn(move || proxy.serve(&client, &socket));
            }
        });
        proxy
    }

    /// For `DOCKER_HOST`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("tcp://{}", self.address)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was counted and plans a fault at the `nth` matching request, from 1.
    pub fn plan(&self, matching: Matching, nth: usize, fault: Fault) {
        *self.state() = State {
            planned: Some((matching, nth, fault)),
            ..State::default()
        };
    }

    /// Forgets what was counted and lets everything pass.
    pub fn pass(&self) {
        *self.state() = State::default();
    }

    /// What changed the stack since it was last planned.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.state().changes.clone()
    }

    /// The request at which the fault happened, if it did.
    #[must_use]
    pub fn struck(&self) -> Option<Change> {
        self.state().struck.clone()
    }

    /// Starts a command as the one that is killed.
    pub fn spawn(&self, command: &mut Command) -> Child {
        let child = command.spawn().expect("the command starts");
        self.state().victim = Some(child.id());
        self.state.1.notify_all();
        child
    }

    fn kill(&self) {
        let mut state = self.state();
        while state.victim.is_none() {
            state = (self.state.1)
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let victim = state.victim.map(|id| id.to_string()).unwrap_or_default();
        let _ = Command::new("kill").args(["-9", &victim]).status();
    }

    fn serve(&self, client: &TcpStream, socket: &str) -> Option<()> {
        let request = Request::read(client)?;
        let fault = self.note(&request);
        match fault {
            Some(Fault::KillBefore) => {
                self.kill();
                return None;
            }
            Some(Fault::Hang) => loop {
                std::thread::park();
            },
            Some(Fault::Answer(words)) => {
                let body = format!("{{\"message\":\"{words}\"}}");
                write!(
                    &*client,
                    "HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                )
                .ok()?;
                return None;
            }
            Some(Fault::First(script)) => {
                let _ = Command::new("sh").args(["-c", script]).status();
            }
            None | Some(Fault::KillAfter | Fault::Cut) => {}
        }
        let mut engine = UnixStream::connect(socket).ok()?;
        engine.write_all(&request.bytes).ok()?;
        if matches!(fault, Some(Fault::KillAfter | Fault::Cut)) {
            let mut answer = Vec::new();
            engine.read_to_end(&mut answer).ok()?;
            if fault == Some(Fault::KillAfter) {
                self.kill();
            }
            return None;
        }
        if request.upgrades {
            let (mut from, mut to) = (client.try_clone().ok()?, engine.try_clone().ok()?);
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Write);
            });
        }
        let _ = std::io::copy(&mut engine, &mut &*client);
        let _ = client.shutdown(Shutdown::Both);
        Some(())
    }

    /// Counts a request, and says what is to happen to it.
    fn note(&self, request: &Request) -> Option<Fault> {
        let change = request.change.clone()?;
        let mut state = self.state();
        if !request.lease {
            state.changes.push(change.clone());
        }
        let (matching, nth, fault) = state.planned?;
        let counted = match matching {
            Matching::Stack => !request.lease,
            Matching::Lease => request.lease,
            Matching::Prefix(prefix) => !request.lease && change.starts_with(prefix),
        };
        if !counted {
            return None;
        }
        state.planned = (nth > 1).then_some((matching, nth - 1, fault));
        (nth == 1).then(|| {
            state.struck = Some(change);
            fault
        })
    }
}

/// A whole request, ready to be passed on as the only one of its connection.
struct Request {
    bytes: Vec<u8>,
    upgrades: bool,
    change: Option<Change>,
    lease: bool,
}

impl Request {
    fn read(client: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(client.try_clone().ok()?);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut words = line.split_whitespace();
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        let (mut length, mut chunked, mut upgrades) = (0, false, false);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let header = header.trim_end().to_owned();
            let Some((name, value)) = header.split_once(':') else {
                break;
            };
            let (name, value) = (name.to_lowercase(), value.trim().to_lowercase());
            match name.as_str() {
                "content-length" => length = value.parse().ok()?,
                "transfer-encoding" => chunked = value == "chunked",
                "upgrade" => upgrades = true,
                _ => {}
            }
            headers.push((name, header));
        }
        let body = if chunked {
            chunks(&mut reader)?
        } else {
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            body
        };
        let mut bytes = line.clone().into_bytes();
        for (name, header) in headers {
            if upgrades || name != "connection" {
                bytes.extend(header.as_bytes());
                bytes.extend(b"\r\n");
            }
        }
        if !upgrades {
            bytes.extend(b"connection: close\r\n");
        }
        bytes.extend(b"\r\n");
        bytes.extend(&body);
        let lease = path.contains("sinops-lease")
            || String::from_utf8_lossy(&body).contains("sinops.lease");
        Some(Self {
            bytes,
            upgrades,
            change: change(&method, &path),
            lease,
        })
    }
}

/// The chunks as they are.
fn chunks(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        body.extend(line.as_bytes());
        let length = usize::from_str_radix(line.trim(), 16).ok()?;
        let mut chunk = vec![0; length + 2];
        reader.read_exact(&mut chunk).ok()?;
        body.extend(chunk);
        if length == 0 {
            return Some(body);
        }
    }
}

/// The words for a request that changes something, without version, query and ids.
fn change(method: &str, path: &str) -> Option<Change> {
    let path = path.split('?').next()?;
    let mut parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    if parts.first().is_some_and(|part| part.starts_with("v1.")) {
        parts.remove(0);
    }
    let kind = *parts.first()?;
    let changes = matches!(method, "POST" | "DELETE" | "PUT")
        && matches!(kind, "containers" | "networks" | "volumes" | "images")
        && !matches!(
            parts.last(),
            Some(&"exec" | &"wait" | &"attach" | &"resize")
        );
    let what = match parts.as_slice() {
        [kind, "create"] => format!("{kind}/create"),
        [kind, _] => format!("{kind}/*"),
        [kind, _, verb] => format!("{kind}/*/{verb}"),
        _ => parts.join("/"),
    };
    changes.then(|| format!("{method} /{what}"))
}
