//! What is known of one program.

/// A program that is known by its images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// How it is called here, also as the name of its scrape job.
    pub name: &'static str,
    /// How its makers write it.
    pub title: &'static str,
    /// What it is for.
    pub class: Class,
    /// Last parts of the repositories of its images.
    pub images: &'static [&'static str],
    /// Port of its own protocol, unless told otherwise.
    pub port: u16,
    /// Where its metrics are.
    pub metrics: Metrics,
    /// Names of metrics that it serves itself, or its exporter for it.
    pub names: &'static [&'static str],
    /// Beginnings of names of further ones.
    pub prefixes: &'static [&'static str],
}

/// What a program is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Keeps data.
    Database,
    /// Keeps data for a while.
    Cache,
    /// Hands messages on.
    Queue,
    /// Stands between users and applications.
    Proxy,
    /// Keeps objects or files.
    Storage,
    /// Does something for users.
    Application,
    /// Tells of the machine.
    Host,
    /// Tells of containers.
    Containers,
    /// Tells of another program.
    Exporter,
    /// Keeps, shows or hands on metrics, alerts and traces.
    Monitoring,
    /// Keeps or ships logs.
    Logs,
}

/// Where the metrics of a program are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metrics {
    /// It serves them on this port, always.
    Served {
        /// Port in the container.
        port: u16,
        /// `/metrics` and the like.
        path: &'static str,
    },
    /// It serves them when one of these switches is set.
    Switched {
        /// Port in the container, unless the switch says another.
        port: u16,
        /// `/metrics` and the like.
        path: &'static str,
        /// Any of them suffices.
        switches: &'static [Switch],
        /// What to add to the compose file.
        hint: &'static str,
    },
    /// Another program serves them for it.
    Through(Exporter),
    /// Nothing does that we know of.
    None,
}

/// What makes a program serve metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// A variable with this value.
    Environment(&'static str, &'static str),
    /// A variable with `host:port`.
    Address(&'static str),
    /// A word of the command that begins so.
    Flag(&'static str),
}

/// The exporter of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exporter {
    /// The program that exports, as in the catalog.
    pub program: &'static str,
    /// An image to add.
    pub image: &'static str,
    /// Its environment as `NAME=value`; `{service}` stands for the service.
    pub environment: &'static [&'static str],
    /// Its command, if it needs one.
    pub command: &'static [&'static str],
}

impl Exporter {
    /// The service that adds it to a compose file, two spaces in.
    #[must_use]
    pub fn fragment(&self, service: &str, networks: &[String]) -> String {
        let mut out = format!(
            "  {service}-exporter:\n    image: {}\n    restart: unless-stopped\n",
            self.image
        );
        let mut list = |key: &str, items: &[String]| {
            if !items.is_empty() {
                out.push_str(&format!("    {key}:\n"));
                for item in items {
                    out.push_str(&format!("      - {item}\n"));
                }
            }
        };
        let filled = |items: &[&str]| -> Vec<String> {
            items
                .iter()
                .map(|it| it.replace("{service}", service))
                .collect()
        };
        list("command", &filled(self.command));
        list("environment", &filled(self.environment));
        list("networks", networks);
        out
    }
}
