//! Running one command beside a service: for `exec`, and for health checks.

use super::super::{ExecOutput, tail::Tail};
use super::declared::find;
use super::identity::Identity;
use super::record::Record;
use rustix::process::Signal;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::process::Command;

/// Why there is no output.
#[derive(Debug)]
pub(super) enum Failure {
    Timeout,
    Io(std::io::Error),
}

/// The command in the service's folder and environment, its group its own.
pub(super) fn prepare(record: &Record, words: &[String]) -> Option<Command> {
    let (program, arguments) = words.split_first()?;
    let path = record.environment.get("PATH").map(String::as_str);
    let program = find(program, &record.working_dir, path.unwrap_or_default())?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(&record.environment)
        .current_dir(&record.working_dir)
        .stdin(Stdio::null())
        .process_group(0);
    Some(command)
}

/// Runs to the end, or for as long as is allowed.
pub(super) async fn run(
    record: &Record,
    words: &[String],
    timeout: Duration,
) -> Result<ExecOutput, Failure> {
    let Some(mut command) = prepare(record, words) else {
        // As a shell says it, and with its code.
        return Ok(ExecOutput {
            exit_code: 127,
            text: format!(
                "{}: not found\n",
                words.first().map(String::as_str).unwrap_or_default()
            ),
        });
    };
    // One pipe for both, so that lines stay in the order in which they were written.
    let (output, input) = std::io::pipe().map_err(Failure::Io)?;
    command
        .stdout(input.try_clone().map_err(Failure::Io)?)
        .stderr(input)
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(Failure::Io)?;
    // It holds the writing end, without which the end is never seen.
    drop(command);
    let group = child.id().and_then(Identity::of);
    let mut output = Receiver::from_owned_fd(output.into()).map_err(Failure::Io)?;
    let mut kept = Tail::default();
    let all = async {
        let mut buffer = [0; 4096];
        loop {
            let length = output.read(&mut buffer).await?;
            if length == 0 {
                break;
            }
            kept.push(buffer.get(..length).unwrap_or_default());
        }
        child.wait().await
    };
    match tokio::time::timeout(timeout, all).await {
        Ok(Ok(status)) => Ok(ExecOutput {
            exit_code: exit_code(status),
            text: kept.text(),
        }),
        Ok(Err(error)) => Err(Failure::Io(error)),
        Err(_) => {
            // The shell alone would leave what it started behind.
            if let Some(group) = group {
                group.send_group(Signal::KILL);
            }
            Err(Failure::Timeout)
        }
    }
}

/// 128 and the signal, as shells count.
pub(super) fn exit_code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(255)
}
