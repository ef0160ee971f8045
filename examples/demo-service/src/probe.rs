//! The programs that health checks call: their words, messages and exit codes
//! as far as checks use them. An option that is not known is refused, so that
//! a check never passes because something was ignored.

use crate::client::{Answer, Failure, Url, request, words};
use crate::settings::ports;
use std::io::{self, Write};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// The arguments of a command line program, one option at a time.
struct Arguments<'a> {
    words: std::slice::Iter<'a, String>,
    /// Short options of a group (`-fsS`) that are still to be read.
    group: Option<&'a str>,
    /// What followed `=` in a long option.
    attached: Option<&'a str>,
}

enum Argument<'a> {
    Option(String),
    Word(&'a str),
}

impl<'a> Arguments<'a> {
    fn new(words: &'a [String]) -> Self {
        Self {
            words: words.iter(),
            group: None,
            attached: None,
        }
    }

    fn next(&mut self) -> Option<Argument<'a>> {
        if let Some(group) = self.group.take() {
            let mut letters = group.chars();
            if let Some(letter) = letters.next() {
                self.group = Some(letters.as_str());
                return Some(Argument::Option(format!("-{letter}")));
            }
        }
        let word = self.words.next()?;
        self.attached = None;
        Some(if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            self.attached = value;
            Argument::Option(format!("--{name}"))
        } else if word.len() > 1 && word.starts_with('-') {
            self.group = word.get(1..);
            return self.next();
        } else {
            Argument::Word(word)
        })
    }

    /// The value of the option just read: attached, the rest of its group, or the next word.
    fn value(&mut self) -> &'a str {
        self.attached
            .take()
            .or_else(|| self.group.take().filter(|rest| !rest.is_empty()))
            .or_else(|| self.words.next().map(String::as_str))
            .unwrap_or_default()
    }
}

fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn show(bytes: &[u8]) {
    let _ = io::stdout().write_all(bytes);
}

fn seconds(text: &str) -> Option<Duration> {
    text.parse()
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number).ok())
        .filter(|time| !time.is_zero())
}

/// `curl [-f] [-s] [-S] [-o FILE] [-w FORMAT] [-m SECONDS] [-I] [-X METHOD] URL`
pub(crate) fn curl(words_given: &[String]) -> u8 {
    let mut arguments = Arguments::new(words_given);
    let (mut fail, mut silent, mut show_error, mut head) = (false, false, false, false);
    let (mut output, mut format, mut method, mut url) = (None, None, "GET", None);
    let mut time = PATIENCE;
    while let Some(argument) = arguments.next() {
        match argument {
            Argument::Word(word) => url = Some(word),
            Argument::Option(option) => match option.as_str() {
                "-f" | "--fail" => fail = true,
                "-s" | "--silent" => silent = true,
                "-S" | "--show-error" => show_error = true,
                "-I" | "--head" => head = true,
                "-o" | "--output" => output = Some(arguments.value()),
                "-w" | "--write-out" => format = Some(arguments.value()),
                "-X" | "--request" => method = arguments.value(),
                "-m" | "--max-time" | "--connect-timeout" => match seconds(arguments.value()) {
                    Some(limit) => time = limit,
                    None => {
                        say(&format!("curl: option {option}: expected a proper number"));
                        return 2;
                    }
                },
                // Without redirects, proxies and TLS they change nothing.
                "-L" | "--location" | "-k" | "--insecure" | "-4" | "-6" | "-g" => {}
                "-H" | "--header" | "-A" | "--user-agent" => {
                    let _ = arguments.value();
                }
                _ => {
                    say(&format!("curl: option {option}: is unknown"));
                    return 2;
                }
            },
        }
    }
    let complain = |code: u8, text: &str| {
        if !silent || show_error {
            say(&format!("curl: ({code}) {text}"));
        }
        code
    };
    let Some(url) = url else {
        say("curl: no URL specified!");
        return 2;
    };
    let url = match Url::parse(url) {
        Ok(url) => url,
        Err(problem) => {
            return complain(if problem.contains("Protocol") { 1 } else { 3 }, &problem);
        }
    };
    let (host, port) = (&url.host, url.port);
    match request(if head { "HEAD" } else { method }, &url, time) {
        Ok(answer) => {
            let failed = fail && answer.code >= 400;
            if !failed {
                let written = match output {
                    None | Some("-") => {
                        show(&answer.body);
                        Ok(())
                    }
                    Some(file) => std::fs::write(file, &answer.body),
                };
                if let Err(error) = written {
                    return complain(23, &format!("Failed writing body: {}", words(&error)));
                }
            }
            if let Some(format) = format {
                let text = format
                    .replace("%{http_code}", &format!("{:03}", answer.code))
                    .replace("%{response_code}", &format!("{:03}", answer.code))
                    .replace("\\n", "\n");
                show(text.as_bytes());
            }
            if failed {
                return complain(
                    22,
                    &format!("The requested URL returned error: {}", answer.code),
                );
            }
            0
        }
        Err(Failure::Unresolved) => complain(6, &format!("Could not resolve host: {host}")),
        Err(Failure::Connect(_, error)) => complain(
            7,
            &format!("Failed to connect to {host} port {port}: {}", words(&error)),
        ),
        Err(Failure::Timeout) => complain(
            28,
            &format!(
                "Operation timed out after {} milliseconds",
                time.as_millis()
            ),
        ),
        Err(Failure::NotHttp) => complain(52, "Empty reply from server"),
        Err(Failure::Exchange(error)) => complain(56, &format!("Recv failure: {}", words(&error))),
    }
}

/// `wget [-q] [--spider] [-O FILE] [-T SECONDS] [--tries=N] URL`, with busybox's messages.
pub(crate) fn wget(words_given: &[String]) -> u8 {
    let mut arguments = Arguments::new(words_given);
    let (mut quiet, mut spider, mut output, mut url) = (false, false, None, None);
    let mut time = PATIENCE;
    while let Some(argument) = arguments.next() {
        match argument {
            Argument::Word(word) => url = Some(word),
            Argument::Option(option) => match option.as_str() {
                "-q" | "--quiet" => quiet = true,
                // `-nv`, `-nc`: two letters each.
                "-n" => {
                    let _ = arguments.value();
                }
                "-S" | "-c" | "--no-verbose" | "--no-check-certificate" => {}
                "--spider" => spider = true,
                "-O" | "--output-document" => output = Some(arguments.value()),
                "-T" | "--timeout" => match seconds(arguments.value()) {
                    Some(limit) => time = limit,
                    None => {
                        say("wget: invalid number of seconds");
                        return 1;
                    }
                },
                // It asks once: a health check is repeated by who runs it.
                "-t" | "--tries" | "-U" | "--user-agent" | "--header" => {
                    let _ = arguments.value();
                }
                _ => {
                    say(&format!("wget: unrecognized option '{option}'"));
                    return 1;
                }
            },
        }
    }
    let Some(url) = url else {
        say("wget: missing URL");
        return 1;
    };
    let url = match Url::parse(url) {
        Ok(url) => url,
        Err(problem) => {
            say(&format!("wget: {problem}"));
            return 1;
        }
    };
    let (host, port) = (&url.host, url.port);
    let problem = match request(if spider { "HEAD" } else { "GET" }, &url, time) {
        Ok(Answer {
            code, status_line, ..
        }) if code >= 400 => format!("server returned error: {status_line}"),
        Ok(answer) => {
            let written = match output {
                _ if spider => Ok(()),
                Some("-") => {
                    show(&answer.body);
                    Ok(())
                }
                Some(file) => std::fs::write(file, &answer.body),
                None => {
                    let name = url.path.rsplit('/').next().filter(|name| !name.is_empty());
                    std::fs::write(name.unwrap_or("index.html"), &answer.body)
                }
            };
            match written {
                Ok(()) => {
                    if !quiet {
                        say(&format!("{host}:{port} answered {}", answer.status_line));
                    }
                    return 0;
                }
                Err(error) => format!("can't write: {}", words(&error)),
            }
        }
        Err(Failure::Unresolved) => format!("bad address '{host}'"),
        Err(Failure::Connect(address, error)) => format!(
            "can't connect to remote host ({}): {}",
            address.ip(),
            words(&error)
        ),
        Err(Failure::Timeout) => "download timed out".to_owned(),
        Err(Failure::NotHttp) => "error getting response".to_owned(),
        Err(Failure::Exchange(error)) => format!("error getting response: {}", words(&error)),
    };
    say(&format!("wget: {problem}"));
    1
}

/// Exit codes as PostgreSQL's: 0 accepts, 1 rejects, 2 no response, 3 wrong arguments.
pub(crate) fn pg_isready(
    words_given: &[String],
    environment: &dyn Fn(&str) -> Option<String>,
) -> u8 {
    let mut arguments = Arguments::new(words_given);
    let (mut host, mut port, mut quiet, mut time) = ("localhost", None, false, PATIENCE);
    while let Some(argument) = arguments.next() {
        match argument {
            Argument::Option(option) => match option.as_str() {
                "-h" | "--host" => host = arguments.value(),
                "-p" | "--port" => port = Some(arguments.value().to_owned()),
                "-U" | "--username" | "-d" | "--dbname" => {
                    let _ = arguments.value();
                }
                "-q" | "--quiet" => quiet = true,
                "-t" | "--timeout" => time = seconds(arguments.value()).unwrap_or(PATIENCE),
                _ => {
                    say(&format!("pg_isready: unrecognized option '{option}'"));
                    return 3;
                }
            },
            Argument::Word(_) => {}
        }
    }
    let Some(url) = own_health(host, port.as_deref(), environment) else {
        say("pg_isready: invalid port");
        return 3;
    };
    let (code, verdict) = match request("GET", &url, time) {
        Ok(answer) if answer.code < 400 => (0, "accepting connections"),
        Ok(_) => (1, "rejecting connections"),
        Err(_) => (2, "no response"),
    };
    if !quiet {
        show(format!("{}:{} - {verdict}\n", url.host, url.port).as_bytes());
    }
    code
}

/// `redis-cli [-h HOST] [-p PORT] [-a PASSWORD] ping`
pub(crate) fn redis_cli(
    words_given: &[String],
    environment: &dyn Fn(&str) -> Option<String>,
) -> u8 {
    let mut arguments = Arguments::new(words_given);
    let (mut host, mut port, mut command) = ("localhost", None, None);
    while let Some(argument) = arguments.next() {
        match argument {
            Argument::Option(option) => match option.as_str() {
                "-h" => host = arguments.value(),
                "-p" => port = Some(arguments.value().to_owned()),
                "-a" | "--pass" | "--user" | "-n" => {
                    let _ = arguments.value();
                }
                "--no-auth-warning" | "--raw" => {}
                _ => {
                    say(&format!(
                        "Unrecognized option or bad number of args for: '{option}'"
                    ));
                    return 1;
                }
            },
            Argument::Word(word) => {
                command.get_or_insert(word);
            }
        }
    }
    if !command.is_some_and(|word| word.eq_ignore_ascii_case("ping")) {
        say("(error) ERR unknown command");
        return 1;
    }
    let Some(url) = own_health(host, port.as_deref(), environment) else {
        say("Invalid server port.");
        return 1;
    };
    match request("GET", &url, PATIENCE) {
        Ok(answer) if answer.code < 400 => {
            show(b"PONG\n");
            0
        }
        Ok(_) => {
            say("LOADING Redis is loading the dataset in memory");
            1
        }
        Err(Failure::Connect(_, error)) => {
            say(&format!(
                "Could not connect to Redis at {}:{}: {}",
                url.host,
                url.port,
                words(&error)
            ));
            1
        }
        Err(_) => {
            say(&format!(
                "Could not connect to Redis at {}:{}",
                url.host, url.port
            ));
            1
        }
    }
}

/// The health page of the service in the same container, or at the port named.
fn own_health(
    host: &str,
    port: Option<&str>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Option<Url> {
    let port = match port {
        Some(port) => port.parse().ok()?,
        None => *ports(environment).ok()?.first()?,
    };
    Some(Url {
        host: host.to_owned(),
        port,
        path: "/health".to_owned(),
    })
}
