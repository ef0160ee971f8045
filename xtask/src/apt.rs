//! Single Debian packages, unpacked below `target` and never installed.
//!
//! The machine's own mirror and keyring are used with newer suites than the
//! machine runs: the package lists are kept apart from the system's.

use crate::workspace::{create_folder, entries, on_path, output, remove, step, target};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Suites that are asked, none of which need be the machine's own.
const SUITES: [&str; 3] = ["trixie", "trixie-backports", "testing"];

/// How old package lists may be before they are fetched again.
const FRESH: Duration = Duration::from_secs(24 * 60 * 60);

/// A set of package lists of our own.
pub(crate) struct Apt {
    folder: PathBuf,
}

/// The machine's mirror.
#[derive(Debug, Clone, PartialEq)]
struct Mirror {
    uri: String,
    signed_by: Option<String>,
}

impl Apt {
    /// Finds the mirror and brings the lists up to date.
    pub(crate) fn open() -> Result<Self> {
        for program in ["apt-get", "apt-cache", "dpkg-deb"] {
            if on_path(program).is_none() {
                bail!("`{program}` is not on this machine: Debian packages cannot be unpacked");
            }
        }
        let apt = Self {
            folder: target().join("apt"),
        };
        let stamp = apt.folder.join("fetched");
        let fresh = stamp
            .metadata()
            .and_then(|facts| facts.modified())
            .is_ok_and(|time| time.elapsed().is_ok_and(|age| age < FRESH));
        if fresh {
            return Ok(apt);
        }
        let mirror = mirror()?;
        step(&format!(
            "package lists of {} from {}",
            SUITES.join(", "),
            mirror.uri
        ));
        apt.configure(&mirror)?;
        output(apt.command("apt-get").args(["-q", "update"])).with_context(|| {
            format!(
                "the package lists could not be fetched from {}: is it reachable?",
                mirror.uri
            )
        })?;
        std::fs::write(&stamp, "").with_context(|| format!("writing {}", stamp.display()))?;
        Ok(apt)
    }

    fn configure(&self, mirror: &Mirror) -> Result<()> {
        for folder in ["etc", "lists/partial", "cache/archives/partial", "packages"] {
            create_folder(&self.folder.join(folder))?;
        }
        let options = mirror
            .signed_by
            .as_ref()
            .map_or_else(String::new, |keyring| format!("[signed-by={keyring}] "));
        let sources: String = SUITES
            .iter()
            .map(|suite| format!("deb {options}{} {suite} main\n", mirror.uri))
            .collect();
        let at = |name: &str| self.folder.join(name).display().to_string();
        let settings = format!(
            "Dir::Etc::sourcelist \"{}\";\n\
             Dir::Etc::sourceparts \"-\";\n\
             Dir::State::lists \"{}\";\n\
             Dir::Cache \"{}\";\n\
             APT::Sandbox::User \"root\";\n\
             Acquire::Languages \"none\";\n\
             Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n\
             APT::Update::Post-Invoke-Success {{ }};\n",
            at("etc/sources.list"),
            at("lists"),
            at("cache"),
        );
        for (name, content) in [("etc/sources.list", sources), ("apt.conf", settings)] {
            let path = self.folder.join(name);
            std::fs::write(&path, content)
                .with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.arg("-c").arg(self.folder.join("apt.conf"));
        command
    }

    /// Every version of a package that the suites hold.
    pub(crate) fn versions(&self, package: &str) -> Result<Vec<String>> {
        let table = output(self.command("apt-cache").args(["madison", package]))?;
        Ok(table
            .lines()
            .filter_map(|line| line.split('|').nth(1))
            .map(|version| version.trim().to_owned())
            .collect())
    }

    /// Downloads `package/suite` or `package=version` and unpacks it into
    /// `folder`, which is replaced.
    pub(crate) fn unpack(&self, package: &str, folder: &Path) -> Result<()> {
        step(&format!("package {package}"));
        let downloads = self
            .folder
            .join("packages")
            .join(package.replace(['/', '='], "_"));
        remove(&downloads)?;
        create_folder(&downloads)?;
        output(
            self.command("apt-get")
                .current_dir(&downloads)
                .args(["-q", "download", package]),
        )
        .with_context(|| format!("package {package} could not be downloaded"))?;
        let files = entries(&downloads)?;
        let [deb] = files.as_slice() else {
            bail!(
                "one file was expected for package {package}, there are {}",
                files.len()
            );
        };
        // Unpacked beside and then renamed: a folder that is there is whole.
        let beside = folder.with_extension("unpacking");
        remove(&beside)?;
        create_folder(&beside)?;
        output(Command::new("dpkg-deb").arg("-x").arg(deb).arg(&beside))?;
        remove(folder)?;
        std::fs::rename(&beside, folder).with_context(|| format!("making {}", folder.display()))?;
        remove(&downloads)
    }
}

fn mirror() -> Result<Mirror> {
    let mut files = entries(Path::new("/etc/apt/sources.list.d"))?;
    files.push(PathBuf::from("/etc/apt/sources.list"));
    for file in &files {
        let Ok(text) = std::fs::read_to_string(file) else {
            continue;
        };
        let found = match file.extension().and_then(|end| end.to_str()) {
            Some("sources") => from_deb822(&text),
            Some("list") => from_lines(&text),
            _ => None,
        };
        if let Some(mirror) = found {
            return Ok(mirror);
        }
    }
    bail!("no Debian mirror is named in /etc/apt/sources.list or /etc/apt/sources.list.d")
}

/// A mirror of the main archive; the one for security updates has other suites.
fn serves_main(uri: &str, components: &str) -> bool {
    uri.trim_end_matches('/').ends_with("/debian")
        && components
            .split_whitespace()
            .any(|component| component == "main")
}

fn from_deb822(text: &str) -> Option<Mirror> {
    text.split("\n\n").find_map(|stanza| {
        let field = |name: &str| {
            stanza
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim().to_owned())
        };
        let uri = field("URIs")?.split_whitespace().next()?.to_owned();
        serves_main(&uri, &field("Components")?).then(|| Mirror {
            uri,
            signed_by: field("Signed-By").filter(|key| key.starts_with('/')),
        })
    })
}

fn from_lines(text: &str) -> Option<Mirror> {
    text.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("deb ")?.trim();
        let (options, rest) = match rest.strip_prefix('[') {
            Some(inner) => inner.split_once(']')?,
            None => ("", rest),
        };
        let mut words = rest.split_whitespace();
        let uri = words.next()?.to_owned();
        let components: Vec<&str> = words.skip(1).collect();
        let signed_by = options
            .split_whitespace()
            .find_map(|option| option.strip_prefix("signed-by="))
            .map(str::to_owned);
        serves_main(&uri, &components.join(" ")).then_some(Mirror { uri, signed_by })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirror_of_deb822_is_the_main_archive_and_not_the_security_one() {
        let text = "Types: deb\nURIs: http://mirror.example/debian-security\nSuites: s\n\
                    Components: main\n\nTypes: deb\n# a word: of comment\n\
                    URIs: http://mirror.example/debian\nSuites: s s-updates\n\
                    Components: main contrib\nSigned-By: /keys/debian.gpg\n";
        let expected = Mirror {
            uri: "http://mirror.example/debian".into(),
            signed_by: Some("/keys/debian.gpg".into()),
        };
        assert_eq!(from_deb822(text), Some(expected));
    }

    #[test]
    fn mirror_of_lines_keeps_the_keyring() {
        let text = "# comment\ndeb http://mirror.example/debian-security s main\n\
                    deb [arch=amd64 signed-by=/keys/debian.gpg] http://mirror.example/debian/ s main\n";
        let expected = Mirror {
            uri: "http://mirror.example/debian/".into(),
            signed_by: Some("/keys/debian.gpg".into()),
        };
        assert_eq!(from_lines(text), Some(expected));
    }

    #[test]
    fn sources_without_the_archive_give_no_mirror() {
        assert_eq!(
            from_lines("deb http://other.example/apt stable main\n"),
            None
        );
        assert_eq!(
            from_deb822("Types: deb\nURIs: http://other.example/apt\nComponents: x\n"),
            None
        );
    }
}
