//! A real image registry with one account, for a test.

use crate::{ran, tool};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// `me` with the password `sesame`, as htpasswd writes it.
const ACCOUNTS: &str = "me:$2y$05$abcdefghijklmnopqrstuuKcS.CYWVYVaLiiCKrrc0A5s3mGesJ9O\n";
/// The same as `docker login` keeps it.
const LOGIN: &str = "bWU6c2VzYW1l";

/// Runs until it is dropped.
#[derive(Debug)]
pub struct Registry {
    /// `127.0.0.1:5000`.
    pub address: String,
    process: Child,
    folder: TempDir,
}

impl Registry {
    /// Starts one; `None` after saying that there is no program for it.
    #[must_use]
    pub fn start(port: u16) -> Option<Self> {
        let program = tool("docker-registry")?;
        let folder = TempDir::with_prefix("sinops-registry-").expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("accounts"), ACCOUNTS).expect("the accounts");
        let address = format!("127.0.0.1:{port}");
        let config = format!(
            "version: 0.1\nstorage: {{ filesystem: {{ rootdirectory: {} }} }}\nhttp: {{ addr: \"{address}\" }}\n\
             auth: {{ htpasswd: {{ realm: scenario, path: {} }} }}\n",
            path("images"),
            path("accounts")
        );
        std::fs::write(path("config.yml"), config).expect("the configuration");
        let process = Command::new(program)
            .args(["serve", &path("config.yml")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the registry starts");
        let registry = Self {
            address,
            process,
            folder,
        };
        let began = Instant::now();
        while std::net::TcpStream::connect(&registry.address).is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "no registry");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(registry)
    }

    /// A Docker config with the account for a registry.
    #[must_use]
    pub fn config(&self, server: &str) -> String {
        format!(r#"{{ "auths": {{ "{server}": {{ "auth": "{LOGIN}" }} }} }}"#)
    }

    /// Pushes a local image under another name, which stays.
    pub fn push(&self, image: &str, name: &str) {
        let login = self.folder.path().join("config.json");
        std::fs::write(login, self.config(&self.address)).expect("the login");
        for arguments in [&["tag", image, name][..], &["push", name]] {
            let mut command = Command::new("docker");
            command
                .env("DOCKER_CONFIG", self.folder.path())
                .args(arguments);
            let done = ran(&mut command);
            assert_eq!(done.code, 0, "docker {arguments:?}: {}", done.text());
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
