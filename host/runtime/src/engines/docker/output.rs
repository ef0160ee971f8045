//! What containers and commands print: the one place where the engine's
//! interleaved streams become lines.

use super::super::{ExecOutput, tail};
use super::{DockerEngine, EngineError};
use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use bollard::query_parameters as query;
use futures::StreamExt;
use std::collections::VecDeque;

/// Puts the pieces of two streams together to lines, oldest first.
#[derive(Debug, Default)]
struct Lines {
    done: VecDeque<String>,
    keep: usize,
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Lines {
    fn keeping(keep: usize) -> Self {
        Self {
            keep,
            ..Self::default()
        }
    }

    fn push(&mut self, piece: &LogOutput) {
        let open = match piece {
            LogOutput::StdErr { .. } => &mut self.err,
            LogOutput::StdOut { .. } | LogOutput::StdIn { .. } | LogOutput::Console { .. } => {
                &mut self.out
            }
        };
        open.extend_from_slice(piece.as_ref());
        let mut complete = Vec::new();
        while let Some(end) = open.iter().position(|byte| *byte == b'\n') {
            let rest = open.split_off(end + 1);
            complete.push(std::mem::replace(open, rest));
        }
        for line in complete {
            self.finish(&line);
        }
    }

    fn finish(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        self.done
            .push_back(text.trim_end_matches(['\n', '\r']).to_owned());
        while self.done.len() > self.keep {
            self.done.pop_front();
        }
    }

    fn end(mut self) -> Vec<String> {
        for open in [std::mem::take(&mut self.out), std::mem::take(&mut self.err)] {
            if !open.is_empty() {
                self.finish(&open);
            }
        }
        self.done.into()
    }
}

impl DockerEngine {
    pub(super) async fn last_lines(
        &self,
        container: &str,
        lines: usize,
    ) -> Result<Vec<String>, EngineError> {
        let options = query::LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .tail(&lines.to_string())
            .build();
        let mut pieces = std::pin::pin!(self.docker.logs(container, Some(options)));
        let mut found = Lines::keeping(lines);
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| {
                self.fault(&format!("read logs of container {container}"), error)
            })?;
            found.push(&piece);
        }
        Ok(found.end())
    }

    pub(super) async fn run_in(
        &self,
        container: &str,
        command: &[String],
    ) -> Result<ExecOutput, EngineError> {
        let operation = format!("run `{}` in container {container}", command.join(" "));
        let options = CreateExecOptions {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(command.to_vec()),
            ..CreateExecOptions::default()
        };
        self.run_exec(container, options, &operation).await
    }

    /// Runs a command to its end; both of its streams must be attached.
    pub(super) async fn run_exec(
        &self,
        container: &str,
        options: CreateExecOptions<String>,
        operation: &str,
    ) -> Result<ExecOutput, EngineError> {
        let exec = self
            .docker
            .create_exec(container, options)
            .await
            .map_err(|error| self.fault(operation, error))?;
        let started = self
            .docker
            .start_exec(&exec.id, None::<StartExecOptions>)
            .await
            .map_err(|error| self.fault(operation, error))?;
        let mut kept = tail::Tail::default();
        if let StartExecResults::Attached { mut output, .. } = started {
            while let Some(piece) = output.next().await {
                let piece = piece.map_err(|error| self.fault(operation, error))?;
                kept.push(piece.as_ref());
            }
        }
        let ended = self
            .docker
            .inspect_exec(&exec.id)
            .await
            .map_err(|error| self.fault(operation, error))?;
        let exit_code = ended
            .exit_code
            .and_then(|code| i32::try_from(code).ok())
            .ok_or_else(|| EngineError::Other {
                operation: operation.to_owned(),
                message: "its output ended before it did".to_owned(),
            })?;
        Ok(ExecOutput {
            exit_code,
            text: kept.text(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_lines_stream_by_stream_and_the_last_are_kept() {
        let out = |text: &str| LogOutput::StdOut {
            message: text.to_owned().into(),
        };
        let err = |text: &str| LogOutput::StdErr {
            message: text.to_owned().into(),
        };
        let mut lines = Lines::keeping(3);
        for piece in [
            out("one\ntw"),
            err("warn"),
            out("o\r\n"),
            err("ing\n"),
            out("end"),
        ] {
            lines.push(&piece);
        }
        assert_eq!(lines.end(), ["two", "warning", "end"]);
    }
}
