//! Servers on this machine that the guests talk to, or should not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A server that counts and remembers; it ends with the test process.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    hits: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answer: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            hits: Arc::default(),
            requests: Arc::default(),
        };
        let (kept, answer) = (server.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, answer) = (kept.clone(), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    kept.hits.fetch_add(1, Ordering::SeqCst);
                    let request = read_request(&mut stream);
                    kept.requests.lock().unwrap().push(request.clone());
                    answer(&mut stream, &request);
                });
            }
        });
        server
    }

    /// Answers every request with its own text.
    pub fn echo() -> Self {
        Self::start(|stream, request| {
            reply(stream, "200 OK", &[("x-echo", "1")], request.as_bytes())
        })
    }

    /// Answers with a header and body of its own making.
    pub fn fixed(headers: &'static [(&'static str, &'static str)], body: &'static [u8]) -> Self {
        Self::start(move |stream, _| reply(stream, "200 OK", headers, body))
    }

    /// Redirects to another place.
    pub fn redirect(to: String) -> Self {
        Self::start(move |stream, _| reply(stream, "302 Found", &[("location", &to)], b""))
    }

    /// Sends a byte now and then, for ever.
    pub fn drip() -> Self {
        Self::start(|stream, _| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n");
            while stream.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(50));
            }
        })
    }

    /// Sends as fast as it can, for ever.
    pub fn flood() -> Self {
        Self::start(|stream, _| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
            let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
            while stream.write_all(&chunk).is_ok() {}
        })
    }

    /// Accepts and says nothing.
    pub fn silent() -> Self {
        Self::start(|stream, _| {
            let _ = stream.read(&mut [0; 1]);
        })
    }

    /// Sends what it gets back as it is: no HTTP.
    pub fn plain() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            hits: Arc::default(),
            requests: Arc::default(),
        };
        let kept = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                kept.hits.fetch_add(1, Ordering::SeqCst);
                let mut stream = stream.unwrap();
                let mut bytes = [0; 5];
                if stream.read_exact(&mut bytes).is_ok() {
                    let _ = stream.write_all(&bytes);
                }
            }
        });
        server
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn origin(&self) -> String {
        self.url("")
    }

    /// The origin under a name of ours.
    pub fn named(&self, name: &str) -> String {
        format!("http://{name}:{}", self.address.port())
    }

    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let chunked = head
        .to_ascii_lowercase()
        .contains("transfer-encoding: chunked");
    let mut body = String::new();
    if chunked {
        body = chunks(&mut reader);
    }
    format!("{head}\r\n{body}")
}

/// A chunked body, as far as it comes (RFC 9112, section 7.1).
fn chunks(reader: &mut impl std::io::BufRead) -> String {
    let mut body = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return body;
        }
        let size = usize::from_str_radix(line.trim(), 16).unwrap_or(0);
        let mut chunk = vec![0; size + 2];
        if reader.read_exact(&mut chunk).is_err() || size == 0 {
            return body;
        }
        body.push_str(&String::from_utf8_lossy(&chunk[..size]));
    }
}

fn reply(stream: &mut TcpStream, status: &str, headers: &[(&str, &str)], body: &[u8]) {
    let mut head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(b"\r\n");
    let _ = stream.write_all(body);
}
