//! Names that files are given by those who unpack, copy and download them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Name;

/// Endings of downloads that aren't complete, and of copies that editors keep.
const UNFINISHED: &[&str] = &[
    "part",
    "partial",
    "crdownload",
    "download",
    "tmp",
    "temp",
    "aria2",
    "bak",
    "swp",
    "lock",
];

/// What systems and archivers put next to data.
const FURNITURE: &[&str] = &["thumbs.db", "desktop.ini", "__macosx", "lost+found"];

/// Whether a file or folder of this name is what an editor, an archiver or a download has left
/// behind: no data.
pub fn is_leftover(name: &str) -> bool {
    let name = name.to_lowercase();
    let unfinished = name
        .rsplit_once('.')
        .is_some_and(|(_, ending)| UNFINISHED.contains(&ending));
    // Hidden ones are those of macOS (`._x`, `.DS_Store`), of git, and of tools that copy.
    name.starts_with('.') || name.ends_with('~') || unfinished || FURNITURE.contains(&&*name)
}

/// Whether the file at this path is called `name`, but for what others change in names.
pub fn is(path: &Path, name: &str) -> bool {
    let found = path.file_name().and_then(|name| name.to_str());
    found.is_some_and(|found| plain(found) == plain(name))
}

/// A name without what others change in it: `train-images.idx3-ubyte (1).gz` is
/// `train-images-idx3-ubyte`, and `data_batch_1`, as the Python version has it, is
/// `data_batch_1.bin`.
fn plain(name: &str) -> String {
    let mut name = name.to_lowercase();
    loop {
        let rest = [".gz", ".bin"]
            .iter()
            .find_map(|end| name.strip_suffix(end));
        match rest.or_else(|| without_number(&name)) {
            Some(rest) => name = rest.to_owned(),
            None => return name.replace('.', "-"),
        }
    }
}

/// The name before ` (1)`, as browsers number downloads.
fn without_number(name: &str) -> Option<&str> {
    let (rest, number) = name.strip_suffix(')')?.rsplit_once('(')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(rest.trim_end())
}

/// The files in a folder, sorted; none if it can't be read.
pub struct Listed(Vec<PathBuf>);

impl Listed {
    pub fn of(folder: &Path) -> Self {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let paths = entries.take(super::walk::MOST_IN_A_FOLDER);
        let mut paths: Vec<_> = paths.map(|entry| entry.path()).collect();
        paths.sort();
        Self(paths)
    }

    /// The first file of this name, but for what others change in it.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        let data = |path: &&PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            !is_leftover(&name)
        };
        let mut named = self.0.iter().filter(data).filter(|path| is(path, name));
        named.find(|path| path.is_file()).cloned()
    }
}

const TABLE: &str = "a table, which is not read";

/// What else a dataset is published as, by the ending of the name: what it is, and what to do with
/// it.
const COPIES: &[(&str, &str)] = &[
    (".npz", "a NumPy archive, which is not read"),
    (".npy", "a NumPy array, which is not read"),
    (".parquet", "a Parquet file, which is not read"),
    (".arrow", "an Arrow file, which is not read"),
    (".tfrecord", "a TFRecord file, which is not read"),
    (".mat", "a MATLAB file, which is not read"),
    (".pt", "a file of PyTorch, which is not read"),
    (".csv", TABLE),
    (".tar.gz", "an archive, which you can unpack here"),
    (".tgz", "an archive, which you can unpack here"),
    (".tar", "an archive, which you can unpack here"),
    (".zip", "an archive, which you can unpack here"),
    (".7z", "an archive, which you can unpack here"),
    (".rar", "an archive, which you can unpack here"),
];

/// What the file at `path`, in or below `folder`, is, if it could be a copy of the dataset in
/// another format: one whose path names the dataset, or one in the folder itself that names no
/// other. Tables must name it.
pub fn copy(folder: &Path, path: &Path, dataset: Name) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?.to_lowercase();
    let &(_, what) = COPIES.iter().find(|(ending, _)| name.ends_with(ending))?;
    let below = path.strip_prefix(folder.parent().unwrap_or(folder));
    let below = below.unwrap_or(path).to_string_lossy();
    let named = |dataset: Name| mentions(&below, dataset.as_str());
    let in_it = path.parent() == Some(folder) && what != TABLE;
    (named(dataset) || in_it && !Name::ALL.into_iter().any(named)).then_some(what)
}

/// Whether `mnist` is in `MNIST/train.parquet`; it is not in `fashion-mnist` or `emnist`, nor
/// `cifar10` in `cifar-100`.
fn mentions(path: &str, dataset: &str) -> bool {
    let plain = |text: &str| {
        let mut text = text.to_lowercase();
        text.retain(|char| !matches!(char, '-' | '_' | ' '));
        text
    };
    let (path, dataset) = (plain(path), plain(dataset));
    path.match_indices(&dataset).any(|(at, found)| {
        let before = path[..at].chars().next_back();
        let after = path[at + found.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(|char| char.is_numeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_others_change() {
        for (found, name) in [
            ("train-images-idx3-ubyte", "train-images-idx3-ubyte"),
            ("train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"),
            ("train-images.idx3-ubyte", "train-images-idx3-ubyte"),
            ("train-images-idx3-ubyte (1).gz", "train-images-idx3-ubyte"),
            ("train-images-idx3-ubyte(2).gz", "train-images-idx3-ubyte"),
            ("train-images-idx3-ubyte.gz (12)", "train-images-idx3-ubyte"),
            ("TRAIN-IMAGES-IDX3-UBYTE.GZ", "train-images-idx3-ubyte"),
            ("data_batch_1", "data_batch_1.bin"),
            ("data_batch_1.bin.gz", "data_batch_1.bin"),
        ] {
            assert!(is(&Path::new("x").join(found), name), "{found}");
        }
        for (found, name) in [
            ("t10k-images-idx3-ubyte", "train-images-idx3-ubyte"),
            ("train-images-idx3-ubyte ().gz", "train-images-idx3-ubyte"),
            ("data_batch_2", "data_batch_1.bin"),
        ] {
            assert!(!is(Path::new(found), name), "{found}");
        }
    }

    #[test]
    fn what_editors_archivers_and_downloads_leave_is_no_data() {
        for name in [
            "._train-images-idx3-ubyte",
            ".DS_Store",
            "Thumbs.db",
            "train-images-idx3-ubyte~",
            "train-images-idx3-ubyte.gz.part",
            "train-images-idx3-ubyte.gz.crdownload",
            "__MACOSX",
            ".git",
            ".syncthing.train-images-idx3-ubyte.tmp",
        ] {
            assert!(is_leftover(name), "{name}");
        }
        for name in [
            "train-images-idx3-ubyte",
            "train-images.idx3-ubyte",
            "raw",
            "part",
        ] {
            assert!(!is_leftover(name), "{name}");
        }
    }

    #[test]
    fn copies_in_other_formats_are_told_by_their_names() {
        let copy = |path: &str, dataset: &str| {
            let dataset = dataset.parse().unwrap();
            copy(Path::new("x/data"), Path::new(path), dataset)
        };
        let numpy = Some("a NumPy archive, which is not read");
        let parquet = Some("a Parquet file, which is not read");
        assert_eq!(copy("x/data/mnist.npz", "mnist"), numpy);
        assert_eq!(copy("x/data/mnist.npz", "cifar10"), None);
        assert_eq!(
            copy("x/data/train-00000-of-00001.parquet", "cifar10"),
            parquet
        );
        assert_eq!(copy("x/data/mnist_train.csv", "mnist"), Some(TABLE));
        assert_eq!(copy("x/data/other/kmnist.npz", "mnist"), None);
        assert_eq!(copy("x/data/other/fashion-mnist.npz", "mnist"), None);
        assert_eq!(
            copy("x/data/other/fashion_mnist.npz", "fashion-mnist"),
            numpy
        );
        let hugging_face = "x/data/ylecun/mnist/train-00000-of-00001.parquet";
        assert_eq!(copy(hugging_face, "mnist"), parquet);
        assert_eq!(copy(hugging_face, "cifar10"), None);
        assert!(copy("x/data/a/cifar-10-python.tar.gz", "cifar10").is_some());
        assert_eq!(copy("x/data/a/cifar-100-python.tar.gz", "cifar10"), None);
        assert_eq!(copy("x/data/notes.csv", "mnist"), None);
    }
}
