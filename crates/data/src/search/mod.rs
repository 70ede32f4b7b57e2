//! Finding a dataset's files as other tools leave them: in folders of other names, under other
//! names, packed or not.
//!
//! First by name, in the folders where they should be: that costs nothing. Then by content, in
//! these folders and those below them: a file of the right length, with the right SHA-256 sum, is
//! the right file, whatever it is called.

pub(crate) mod names;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use self::walk::Walk;
pub use self::walk::{DEPTH, Search};
use crate::definition::Files;
use crate::formats::{Expected, Folder};
use crate::{Definition, Error, Name, file};

/// More files of the right length than this are not looked into.
const MOST_READ: usize = 100;

/// The path of each file of a dataset.
pub type Paths = BTreeMap<&'static str, PathBuf>;

/// What has been found.
pub struct Found {
    pub paths: Paths,
    /// Whether the sums of all files were found to be right. Else some only have the right name.
    pub right: bool,
}

/// A dataset, and where to look for it.
pub struct Seeker<'a> {
    name: Name,
    definition: &'a Definition,
    expected: Vec<Expected>,
    /// Folders, in the order in which they are looked in.
    folders: Vec<PathBuf>,
}

impl<'a> Seeker<'a> {
    pub fn new(name: Name, files: &Files, explicit: Option<&Path>) -> Self {
        let definition = name.definition();
        let dir = data_dir(explicit);
        let mut folders = vec![dir.join(name.as_str())];
        folders.extend(files.subfolders.iter().map(|folder| dir.join(folder)));
        folders.push(dir);
        folders.extend(files.system_folders.iter().map(PathBuf::from));
        Self {
            name,
            definition,
            expected: files.expected(definition),
            folders,
        }
    }

    /// The files in the first folder that has all of them by name. Nothing is read.
    pub fn by_name(&self) -> Option<Paths> {
        self.folders.iter().find_map(|folder| {
            let listed = names::Listed::of(folder);
            self.expected
                .iter()
                .map(|expected| {
                    let name = expected.file.name;
                    let path = file::existing(folder, name).or_else(|| listed.find(name))?;
                    Some((name, path))
                })
                .collect()
        })
    }

    /// The files by their sums; of those that are nowhere, one by the right name.
    pub fn by_content(&self) -> Result<Found, Error> {
        let mut walk = Walk::new(&self.folders, self.name);
        let (mut right, mut named) = (Paths::new(), Paths::new());
        let mut read = 0;
        while right.len() < self.expected.len() {
            let Some((path, len)) = walk.next() else {
                break;
            };
            let plausible = match file::plausible(&path, len, &self.expected) {
                Ok(plausible) => plausible,
                Err(error) => {
                    walk.cannot_read(&path, error);
                    continue;
                }
            };
            let sum = match plausible {
                Some(_) if read == MOST_READ => {
                    let folder = path.parent().unwrap_or(&path);
                    walk.search.cut.get_or_insert(folder.to_owned());
                    None
                }
                Some(len) => {
                    read += 1;
                    self.sum(&path, len, &mut walk)
                }
                None => None,
            };
            let is = |expected: &&Expected| sum.as_deref() == Some(expected.file.sha256);
            if let Some(expected) = self.expected.iter().find(is) {
                right.entry(expected.file.name).or_insert(path);
            } else if sum.is_none_or(|sum| file::owner(&sum).is_none()) {
                let is = |expected: &&Expected| names::is(&path, expected.file.name);
                if let Some(expected) = self.expected.iter().find(is) {
                    named.entry(expected.file.name).or_insert(path);
                }
            }
        }
        let all_right = right.len() == self.expected.len();
        let mut paths = right;
        let found_in = common_folder(&paths);
        for (name, path) in named {
            paths.entry(name).or_insert(path);
        }
        let missing: Vec<_> = self
            .expected
            .iter()
            .map(|expected| expected.file.name)
            .filter(|name| !paths.contains_key(name))
            .collect();
        if missing.is_empty() {
            return Ok(Found {
                paths,
                right: all_right,
            });
        }
        Err(Error::Missing {
            dataset: self.name,
            files: missing,
            search: Box::new(Search {
                looked_in: self.folders.clone(),
                found_in,
                ..walk.search
            }),
        })
    }

    /// The sum of what the file unpacks to; none if it doesn't.
    fn sum(&self, path: &Path, len: usize, walk: &mut Walk) -> Option<String> {
        let may_be_pickled = self.expected.iter().any(|expected| expected.may_be_pickled);
        match file::read(path, len, may_be_pickled) {
            Ok(unpacked) => Some(file::sha256(&unpacked.bytes)),
            Err(Error::Read { source, .. }) => {
                walk.cannot_read(path, source);
                None
            }
            Err(_) => None,
        }
    }

    /// A folder of these files, for the formats.
    pub fn folder<'b>(&'b self, paths: &'b Paths) -> Folder<'b> {
        Folder {
            name: self.name,
            definition: self.definition,
            paths,
        }
    }
}

/// The deepest folder that all files are in or below.
pub fn common_folder(paths: &Paths) -> Option<PathBuf> {
    let mut folders = paths.values().filter_map(|path| path.parent());
    let first = folders.next()?.to_owned();
    Some(folders.fold(first, |mut common, folder| {
        while !folder.starts_with(&common) && common.pop() {}
        common
    }))
}

/// The folder `explicit`, else the environment variable `ROBUST_DATA_DIR`, else `data`.
pub(crate) fn data_dir(explicit: Option<&Path>) -> PathBuf {
    match (explicit, env::var_os("ROBUST_DATA_DIR")) {
        (Some(dir), _) => dir.to_owned(),
        (None, Some(dir)) => PathBuf::from(dir),
        (None, None) => PathBuf::from("data"),
    }
}
