//! One HTTP request over TCP, and why it failed. No TLS.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// As much of an answer as is kept.
const ANSWER_LIMIT: u64 = 1024 * 1024;

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) path: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    /// `HTTP/1.1 503 Service Unavailable`.
    pub(crate) status_line: String,
    pub(crate) body: Vec<u8>,
}

/// What kept an answer from coming back.
#[derive(Debug)]
pub(crate) enum Failure {
    Unresolved,
    Connect(SocketAddr, io::Error),
    Timeout,
    Exchange(io::Error),
    NotHttp,
}

impl Url {
    /// `http://` may be left out.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let rest = match text.split_once("://") {
            Some(("http", rest)) => rest,
            Some((scheme, _)) => return Err(format!("Protocol \"{scheme}\" not supported")),
            None => text,
        };
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let authority = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        // `[::1]:80`: the colons inside the brackets do not part the port.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (
                host,
                port.parse()
                    .map_err(|_| format!("Port number was not a decimal number: {port}"))?,
            ),
            _ => (authority, 80),
        };
        if host.is_empty() {
            return Err(format!("no host in `{text}`"));
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            path: if path.starts_with('/') {
                path.to_owned()
            } else {
                format!("/{path}")
            },
        })
    }
}

/// Asks once.
pub(crate) fn request(method: &str, url: &Url, time: Duration) -> Result<Answer, Failure> {
    let mut stream = connect(url, time)?;
    let exchange = |stream: &mut TcpStream| -> io::Result<Vec<u8>> {
        stream.set_read_timeout(Some(time))?;
        stream.set_write_timeout(Some(time))?;
        write!(
            stream,
            "{method} {} HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: demo\r\nAccept: */*\r\nConnection: close\r\n\r\n",
            url.path, url.host, url.port
        )?;
        let mut answer = Vec::new();
        stream.take(ANSWER_LIMIT).read_to_end(&mut answer)?;
        Ok(answer)
    };
    let answer = exchange(&mut stream).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Failure::Timeout,
        _ => Failure::Exchange(error),
    })?;
    let end = answer
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .ok_or(Failure::NotHttp)?;
    let (head, body) = answer.split_at(end);
    let head = String::from_utf8_lossy(head);
    let status_line = head.lines().next().unwrap_or_default().to_owned();
    let code = status_line
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split_whitespace().nth(1))
        .and_then(|code| code.parse().ok())
        .ok_or(Failure::NotHttp)?;
    Ok(Answer {
        code,
        status_line,
        body: body.get(4..).unwrap_or_default().to_vec(),
    })
}

fn connect(url: &Url, time: Duration) -> Result<TcpStream, Failure> {
    // An image of one static program has no /etc/hosts of its own to rely on.
    let addresses: Vec<SocketAddr> = if url.host == "localhost" {
        vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), url.port)]
    } else {
        (url.host.as_str(), url.port)
            .to_socket_addrs()
            .map_err(|_| Failure::Unresolved)?
            .collect()
    };
    let mut failure = Failure::Unresolved;
    for address in addresses {
        match TcpStream::connect_timeout(&address, time) {
            Ok(stream) => return Ok(stream),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => failure = Failure::Timeout,
            Err(error) => failure = Failure::Connect(address, error),
        }
    }
    Err(failure)
}

/// The system's words without the number that Rust adds.
pub(crate) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error")
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let url = |host: &str, port, path: &str| Url {
            host: host.to_owned(),
            port,
            path: path.to_owned(),
        };
        for (text, expected) in [
            (
                "http://localhost:80/health",
                url("localhost", 80, "/health"),
            ),
            ("localhost:9115", url("localhost", 9115, "/")),
            ("http://[::1]:81/a?b=c", url("::1", 81, "/a?b=c")),
            ("http://[::1]/", url("::1", 80, "/")),
            ("http://me:pw@host?q", url("host", 80, "/?q")),
        ] {
            assert_eq!(Url::parse(text).unwrap(), expected, "{text}");
        }
        for text in ["https://localhost/", "http://localhost:http/", "http:///x"] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }
}
