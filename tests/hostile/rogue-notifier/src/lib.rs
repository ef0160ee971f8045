//! A notifier that does what its setting `do` says, and tells what it got.

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package sinops:rogue;
        world rogue {
            import sinops:host/log@0.1.0;
            import sinops:host/containers@0.1.0;
            import sinops:host/mail@0.1.0;
            import wasi:random/random@0.2.12;
            import wasi:http/outgoing-handler@0.2.12;
            export sinops:plugin/notifier@0.1.0;
        }
    ",
    world: "sinops:rogue/rogue",
    generate_all,
});

#[path = "../../http.rs"]
mod http;

use exports::sinops::plugin::notifier::{Failure, Guest, Notification, Receipt};
use serde_json::Value;
use sinops::plugin::types::{Ask, Capability, Description};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

struct Rogue;
export!(Rogue);

impl Guest for Rogue {
    fn describe() -> Description {
        let everything = [
            Capability::Http("*".into()),
            Capability::Tcp("*".into()),
            Capability::Secret("*".into()),
            Capability::Mail("*".into()),
            Capability::Directory("*".into()),
            Capability::Containers,
            Capability::HealthCheck,
            Capability::Exec,
        ];
        Description {
            name: "rogue-notifier".into(),
            version: "0.1.0".into(),
            summary: "Does what it should not".into(),
            settings_schema: r#"{"type": "object", "additionalProperties": true}"#.into(),
            asks: everything
                .into_iter()
                .map(|capability| Ask { capability, reason: "because".into() })
                .collect(),
        }
    }

    fn notify(_: Notification, settings: String) -> Result<Receipt, Failure> {
        let settings: Value = serde_json::from_str(&settings).unwrap();
        act(&settings).map(|reference| Receipt { reference }).map_err(Failure::Permanent)
    }
}

fn text<'a>(settings: &'a Value, key: &str) -> &'a str {
    settings[key].as_str().unwrap_or_default()
}

fn number(settings: &Value, key: &str) -> usize {
    settings[key].as_u64().unwrap_or_default() as usize
}

fn headers(settings: &Value) -> Vec<(String, String)> {
    let map = settings["headers"].as_object().cloned().unwrap_or_default();
    map.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn get(settings: &Value) -> Result<String, String> {
    let body = settings["body"].as_str().map(str::as_bytes);
    let answer = http::exchange(text(settings, "url"), &headers(settings), body)?;
    Ok(format!("{}\n{}\n{}", answer.status, answer.headers, String::from_utf8_lossy(&answer.body)))
}

fn act(settings: &Value) -> Result<String, String> {
    let said = |error: std::io::Error| error.to_string();
    match text(settings, "do") {
        "behave" => Ok("done".into()),
        "get" => get(settings),
        "follow" => {
            let first = http::exchange(text(settings, "url"), &[], None)?;
            if !(300..400).contains(&first.status) {
                return Err(format!("no redirect but {}", first.status));
            }
            let second = http::exchange(&first.location, &[], None)?;
            Ok(format!("{} then {}", first.status, second.status))
        }
        "flood" => {
            let mut good = 0;
            for _ in 0..number(settings, "times") {
                good += usize::from(http::exchange(text(settings, "url"), &[], None).is_ok());
            }
            Ok(format!("{good}"))
        }
        "environment" => Ok(format!(
            "{:?} {:?} {:?}",
            std::env::vars().collect::<Vec<_>>(),
            std::env::args().collect::<Vec<_>>(),
            std::env::current_dir().ok()
        )),
        "read" => std::fs::read_to_string(text(settings, "path")).map_err(said),
        "list" => Ok(format!(
            "{:?}",
            std::fs::read_dir(text(settings, "path"))
                .map_err(said)?
                .map(|entry| entry.unwrap().file_name())
                .collect::<Vec<_>>()
        )),
        "write" => std::fs::write(text(settings, "path"), "x").map(|()| "written".into()).map_err(said),
        "remove" => std::fs::remove_file(text(settings, "path")).map(|()| "removed".into()).map_err(said),
        "connect" => {
            let mut stream = TcpStream::connect(text(settings, "to")).map_err(said)?;
            stream.write_all(b"hello\n").map_err(said)?;
            let mut answer = [0; 5];
            stream.read_exact(&mut answer).map_err(said)?;
            Ok(String::from_utf8_lossy(&answer).into_owned())
        }
        "listen" => TcpListener::bind(text(settings, "on")).map(|_| "listening".into()).map_err(said),
        "datagram" => {
            let socket = UdpSocket::bind("127.0.0.1:0").map_err(said)?;
            socket.send_to(b"x", text(settings, "to")).map_err(said)?;
            Ok("sent".into())
        }
        "lookup" => {
            (text(settings, "name"), 80).to_socket_addrs().map(|found| format!("{:?}", found.collect::<Vec<_>>())).map_err(said)
        }
        "panic" => panic!("on purpose"),
        "exit" => std::process::exit(3),
        "spin" => loop {
            std::hint::black_box(0);
        },
        "sleep" => {
            std::thread::sleep(std::time::Duration::from_secs(3600));
            Ok("slept".into())
        }
        "recurse" => Ok(format!("{}", recurse(1))),
        "grow" => {
            let mut kept = Vec::new();
            loop {
                kept.push(vec![1u8; 1 << 20]);
                std::hint::black_box(&kept);
            }
        }
        "string" => Ok("x".repeat(number(settings, "bytes"))),
        "log" => {
            for at in 0..number(settings, "times") {
                sinops::host::log::log(sinops::host::log::Level::Info, &format!("line {at} {}", "x".repeat(100)));
            }
            Ok("logged".into())
        }
        "print" => {
            for at in 0..number(settings, "times") {
                println!("line {at} \u{1b}[31m {}", "x".repeat(100));
            }
            Ok("printed".into())
        }
        "say" => {
            sinops::host::log::log(sinops::host::log::Level::Info, text(settings, "text"));
            Ok("said".into())
        }
        "shout" => {
            let text = "x".repeat(number(settings, "bytes"));
            sinops::host::log::log(sinops::host::log::Level::Info, &text);
            Ok("shouted".into())
        }
        "handles" => {
            let mut kept = Vec::new();
            loop {
                kept.push(wasi::http::types::Fields::new());
            }
        }
        "random" => Ok(wasi::random::random::get_random_bytes(1 << 30).len().to_string()),
        "header" => {
            let long = "x".repeat(number(settings, "bytes"));
            let answer = http::exchange(text(settings, "url"), &[("x-long".into(), long)], None)?;
            Ok(answer.status.to_string())
        }
        "containers" => {
            let seen = sinops::host::containers::inspect("x");
            let checked = sinops::host::containers::health_check("x");
            let ran = sinops::host::containers::exec("x", &["id".into()], 1000);
            match (seen, checked, ran) {
                (Err(a), Err(b), Err(c)) => Err(format!("{a:?} {b:?} {c:?}")),
                other => Ok(format!("{other:?}")),
            }
        }
        "mail" => sinops::host::mail::send(&sinops::host::mail::Message {
            to: vec![text(settings, "to").into()],
            subject: text(settings, "subject").into(),
            text: "text".into(),
            html: None,
        })
        .map_err(|error| format!("{error:?}")),
        // The needle comes disguised, so that it is not itself what is found.
        "scan" => {
            let needle: Vec<u8> =
                settings["disguised"].as_array().unwrap().iter().map(|byte| byte.as_u64().unwrap() as u8).collect();
            let got = get(settings)?;
            let found = count_in_memory(&needle);
            Ok(format!("found {found} times\n{got}"))
        }
        other => Err(format!("unknown: {other}")),
    }
}

fn recurse(depth: u64) -> u64 {
    if std::hint::black_box(depth) == u64::MAX { 0 } else { 1 + recurse(std::hint::black_box(depth + 1)) }
}

#[cfg(target_arch = "wasm32")]
fn count_in_memory(disguised: &[u8]) -> usize {
    let end = core::arch::wasm32::memory_size(0) * 65536;
    let at = |address: usize| unsafe { std::ptr::read_volatile(address as *const u8) };
    (1..end - disguised.len())
        .filter(|start| disguised.iter().enumerate().all(|(offset, byte)| at(start + offset) ^ 0x55 == *byte))
        .count()
}

#[cfg(not(target_arch = "wasm32"))]
fn count_in_memory(_: &[u8]) -> usize {
    0
}
