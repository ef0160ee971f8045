//! The texts of a configuration: what lies below a folder and looks like one,
//! and what compose files mount from there. Bounded, without following links,
//! and never outside of the folder.

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use sinops_core::observed::TextFile;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Ends of names of texts that are read wherever they lie.
const ENDINGS: [&str; 8] = [
    "yml", "yaml", "json", "tmpl", "alloy", "rules", "rule", "river",
];
/// Folders of other people's files.
const FOREIGN: [&str; 3] = ["node_modules", "vendor", "target"];
/// Larger files are left out, and so is what comes after so many, or so much.
const LARGEST: u64 = 1 << 20;
const MOST: usize = 2_000;
const MOST_BYTES: usize = 4 << 20;
const DEEPEST: usize = 12;

/// What was read.
#[derive(Debug, Default)]
pub struct Texts {
    /// Relative to the folder, in the order of their paths.
    pub files: Vec<TextFile>,
    /// What was left out, and why.
    pub left_out: Vec<(String, String)>,
}

/// Reads the texts below a folder, and the `mounted` files that lie in it.
///
/// # Errors
/// If the folder cannot be opened.
pub fn read_texts(root: &Path, mounted: &[PathBuf]) -> std::io::Result<Texts> {
    let folder = Dir::open_ambient_dir(root, ambient_authority())?;
    let mut wanted = BTreeMap::new();
    walk(&folder, "", 0, &mut wanted);
    for path in mounted {
        if let Some(path) = path.strip_prefix(root).ok().and_then(Path::to_str)
            && !path.is_empty()
            && !path.split('/').any(|part| part == ".env" || part == "..")
        {
            wanted.insert(path.to_owned(), false);
        }
    }
    let mut texts = Texts::default();
    let mut bytes = 0;
    for (path, by_its_ending) in wanted {
        let (content, reason) = match read(&folder, &path) {
            Ok(content) => (content, None),
            Err(reason) => (String::new(), Some(reason)),
        };
        let reason = reason.or_else(|| {
            let full = texts.files.len() >= MOST || bytes + content.len() > MOST_BYTES;
            full.then(|| {
                format!(
                    "more than {MOST} files or {} MiB of text are not looked at together",
                    MOST_BYTES >> 20
                )
            })
        });
        match reason {
            // A mounted file that is no text is nothing to look at.
            Some(_) if !by_its_ending => {}
            Some(reason) => texts.left_out.push((path, reason)),
            None => {
                bytes += content.len();
                texts.files.push(TextFile { path, content });
            }
        }
    }
    Ok(texts)
}

/// Names below a folder, with true for those that end like a text.
fn walk(folder: &Dir, prefix: &str, depth: usize, wanted: &mut BTreeMap<String, bool>) {
    let Ok(entries) = folder.entries() else {
        return;
    };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if name.starts_with('.') || wanted.len() > 4 * MOST {
            continue;
        }
        let path = format!("{prefix}{name}");
        if kind.is_dir() {
            if depth < DEEPEST
                && !FOREIGN.contains(&name.as_str())
                && let Ok(inner) = entry.open_dir()
            {
                walk(&inner, &format!("{path}/"), depth + 1, wanted);
            }
        } else if kind.is_file()
            && name
                .rsplit_once('.')
                .is_some_and(|(_, ending)| ENDINGS.contains(&ending))
        {
            wanted.insert(path, true);
        }
    }
}

/// The text of a file, or why there is none.
fn read(folder: &Dir, path: &str) -> Result<String, String> {
    let file = folder.open(path).map_err(|error| error.to_string())?;
    let kind = file.metadata().map_err(|error| error.to_string())?;
    if !kind.is_file() {
        return Err("it is no file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(format!("it is larger than {} MiB", LARGEST >> 20));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::read_texts;
    use std::fs;

    #[test]
    fn texts_are_read_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("a/.git")).unwrap();
        fs::create_dir_all(at("node_modules")).unwrap();
        fs::write(outside.path().join("secret.yml"), "x").unwrap();
        for path in [
            "a/b.yml",
            "a/c.txt",
            "a/.git/d.yml",
            "node_modules/e.yml",
            ".env",
            "f.conf",
        ] {
            fs::write(at(path), "x: 1\n").unwrap();
        }
        fs::write(at("big.json"), vec![b' '; 2 << 20]).unwrap();
        fs::write(at("binary.yml"), [0xff, 0xfe]).unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret.yml"), at("link.yml")).unwrap();
        let mounted = [
            at("f.conf"),
            at("link.yml"),
            at(".env"),
            outside.path().join("secret.yml"),
        ];
        let texts = read_texts(folder.path(), &mounted).unwrap();
        let names: Vec<_> = texts.files.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(names, ["a/b.yml", "f.conf"]);
        let left: Vec<_> = texts.left_out.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(left, ["big.json", "binary.yml"]);
    }
}
