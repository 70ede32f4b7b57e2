//! The files in and below some folders, a bounded number of them.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::names;
use crate::Name;

/// How many folders deep below the data directory files are looked for:
/// `mnist/archive/train/train-images-idx3-ubyte` is three deep.
pub const DEPTH: usize = 4;

/// Entries of one folder that are looked at. Folders of datasets have few; those of images, a
/// million.
pub const MOST_IN_A_FOLDER: usize = 5_000;

/// Entries of all folders that are looked at.
const MOST: usize = 50_000;

/// Reports of each kind that an error has.
const MOST_REPORTS: usize = 3;

/// Where a dataset's files were looked for, and what was there instead.
#[derive(Default, Debug)]
#[non_exhaustive]
pub struct Search {
    /// The folders, in the order in which they were looked in, together with those below them, up
    /// to four deep.
    pub looked_in: Vec<PathBuf>,
    /// The folder that the files that were found are in or below; none if there are none.
    pub found_in: Option<PathBuf>,
    /// Files and folders that can't be read, and why; the first few.
    pub unreadable: Vec<(PathBuf, io::Error)>,
    /// Copies of the dataset in formats that aren't read, and what they are; the first few.
    pub copies: Vec<(PathBuf, &'static str)>,
    /// The folder at which there were too many files to look at all of them.
    pub cut: Option<PathBuf>,
}

/// Goes through files by breadth, in the order of their names. Links to files are followed; links
/// to folders are not, except where a folder that is asked for is one: so there are no loops, and
/// no way out of the data directory.
pub struct Walk {
    /// Folders to be read, how deep they are, and the one among those asked for that they are
    /// below.
    folders: VecDeque<(PathBuf, usize, PathBuf)>,
    /// Files to be returned, with their lengths.
    files: VecDeque<(PathBuf, u64)>,
    seen: BTreeSet<PathBuf>,
    entries: usize,
    dataset: Name,
    pub search: Search,
}

impl Walk {
    pub fn new(folders: &[PathBuf], dataset: Name) -> Self {
        let start = |folder: &PathBuf| (folder.clone(), 0, folder.clone());
        Self {
            folders: folders.iter().map(start).collect(),
            files: VecDeque::new(),
            seen: BTreeSet::new(),
            entries: 0,
            dataset,
            search: Search::default(),
        }
    }

    pub fn next(&mut self) -> Option<(PathBuf, u64)> {
        loop {
            if let Some(file) = self.files.pop_front() {
                return Some(file);
            }
            let (folder, depth, top) = self.folders.pop_front()?;
            self.open(&folder, depth, &top);
        }
    }

    pub fn cannot_read(&mut self, path: &Path, error: io::Error) {
        let unreadable = &mut self.search.unreadable;
        let known = unreadable.iter().any(|(known, _)| known == path);
        if unreadable.len() < MOST_REPORTS && !known {
            unreadable.push((path.to_owned(), error));
        }
    }

    fn open(&mut self, folder: &Path, depth: usize, top: &Path) {
        let entries = fs::canonicalize(folder).and_then(|real| {
            if self.seen.insert(real) {
                return fs::read_dir(folder).map(Some);
            }
            Ok(None)
        });
        let entries = match entries {
            Ok(Some(entries)) => entries,
            Ok(None) => return,
            // A folder that isn't there is no news: the list of those looked in has it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return self.cannot_read(folder, error),
        };
        let most = MOST_IN_A_FOLDER.min(MOST - self.entries);
        let mut paths = Vec::new();
        for (index, entry) in entries.enumerate() {
            if index == most {
                self.search.cut.get_or_insert(folder.to_owned());
                break;
            }
            self.entries += 1;
            match entry {
                Ok(entry) => paths.push((entry.path(), entry.file_type())),
                Err(error) => {
                    self.cannot_read(folder, error);
                    break;
                }
            }
        }
        paths.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (path, kind) in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if names::is_leftover(&name) {
                continue;
            }
            match kind {
                Ok(kind) if kind.is_dir() => {
                    if depth < DEPTH {
                        self.folders.push_back((path, depth + 1, top.to_owned()));
                    }
                }
                Ok(_) => self.file(path, top),
                Err(error) => self.cannot_read(&path, error),
            }
        }
    }

    fn file(&mut self, path: PathBuf, top: &Path) {
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => {
                let copies = &mut self.search.copies;
                if let Some(what) = names::copy(top, &path, self.dataset)
                    && copies.len() < MOST_REPORTS
                {
                    copies.push((path.clone(), what));
                }
                self.files.push_back((path, metadata.len()));
            }
            // A pipe, a device, or a link to a folder.
            Ok(_) => {}
            // A link to nothing, or a file that is gone since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.cannot_read(&path, error),
        }
    }
}
