//! A dataset of two files, in whatever way it lies about.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;
use crate::PublishedFile;

const IMAGES: &[u8] = b"pixels and pixels and pixels";
const LABELS: &[u8] = b"labels and labels";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn expected(name: &'static str, bytes: &[u8]) -> Expected {
    Expected {
        file: PublishedFile {
            name,
            sha256: file::sha256(bytes).leak(),
        },
        len: bytes.len(),
        may_be_pickled: false,
    }
}

/// Looks in `DIR/mnist` and `DIR`.
struct Place(TempDir);

impl Place {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let place = Self(TempDir::new().unwrap());
        for (path, bytes) in files {
            place.write(path, bytes);
        }
        place
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn seeker(&self) -> Seeker<'static> {
        Seeker {
            name: Name::Mnist,
            definition: Name::Mnist.definition(),
            expected: vec![
                expected("train-images-idx3-ubyte", IMAGES),
                expected("train-labels-idx1-ubyte", LABELS),
            ],
            folders: vec![self.at("mnist"), self.0.path().to_owned()],
        }
    }

    /// The paths of both files, relative to the folder.
    fn found(&self) -> [String; 2] {
        let found = self.seeker().by_content().unwrap();
        assert!(found.right);
        self.relative(&found.paths)
    }

    fn relative(&self, paths: &Paths) -> [String; 2] {
        let paths: Vec<_> = paths.values().map(|path| self.shown(path)).collect();
        paths.try_into().unwrap()
    }

    fn shown(&self, path: &Path) -> String {
        let path = path.strip_prefix(self.0.path()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The message, with `DIR` for the folder.
    fn error(&self) -> String {
        let error = self.seeker().by_content().map(|_| ()).unwrap_err();
        let dir = self.0.path().display().to_string();
        error.to_string().replace(&dir, "DIR")
    }
}

#[test]
fn files_are_found_by_their_content() {
    let (zipped_images, zipped_labels) = (gzip(IMAGES), gzip(LABELS));
    let layouts: [[(&str, &[u8]); 2]; 6] = [
        // torchvision
        [
            ("MNIST/raw/train-images-idx3-ubyte", IMAGES),
            ("MNIST/raw/train-labels-idx1-ubyte.gz", &zipped_labels),
        ],
        // Kaggle, 7-Zip
        [
            ("mnist/train-images.idx3-ubyte", IMAGES),
            ("mnist/train-labels.idx1-ubyte", LABELS),
        ],
        // a folder per file
        [
            (
                "mnist/train-images-idx3-ubyte/train-images-idx3-ubyte",
                IMAGES,
            ),
            (
                "mnist/train-labels.idx1-ubyte/train-labels.idx1-ubyte",
                LABELS,
            ),
        ],
        // unpacked by a browser, which leaves the name
        [
            ("mnist/train-images-idx3-ubyte.gz", IMAGES),
            ("mnist/train-labels-idx1-ubyte.gz", LABELS),
        ],
        // a second download
        [
            ("mnist/train-images-idx3-ubyte (1).gz", &zipped_images),
            ("train-labels-idx1-ubyte(2).gz", &zipped_labels),
        ],
        // any name, and the deepest folder
        [("a/b/c/d/x", IMAGES), ("y.dat", &zipped_labels)],
    ];
    for layout in layouts {
        assert_eq!(Place::new(&layout).found(), layout.map(|(path, _)| path));
    }
    // One deeper than that.
    let place = Place::new(&[("a/b/c/d/e/x", IMAGES), ("y", LABELS)]);
    assert!(
        place
            .error()
            .starts_with("mnist: train-images-idx3-ubyte is missing (the others are in DIR);")
    );
}

#[test]
fn names_that_others_change_are_found_without_reading() {
    for names in [
        ["train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"],
        ["train-images.idx3-ubyte", "train-labels.idx1-ubyte.gz"],
        [
            "train-images-idx3-ubyte (1).gz",
            "train-labels-idx1-ubyte(2)",
        ],
    ] {
        let paths = names.map(|name| format!("mnist/{name}"));
        // What they hold doesn't matter; what editors leave is passed over.
        let place = Place::new(&[
            (&paths[0], b""),
            (&paths[1], b""),
            ("mnist/._train-images-idx3-ubyte", b""),
        ]);
        let found = place.seeker().by_name().unwrap();
        assert_eq!(place.relative(&found), paths);
    }
    let place = Place::new(&[("mnist/train-images-idx3-ubyte/train-images-idx3-ubyte", b"")]);
    assert!(place.seeker().by_name().is_none());
}

#[test]
fn the_right_content_beats_the_right_name() {
    let place = Place::new(&[
        ("mnist/train-images-idx3-ubyte", b"damaged"),
        ("mnist/train-labels-idx1-ubyte", LABELS),
        ("mnist/train-labels-idx1-ubyte.gz", b"damaged"),
        ("backup/x", IMAGES),
    ]);
    assert_eq!(place.found(), ["backup/x", "mnist/train-labels-idx1-ubyte"]);
    // Where there is no right one, the one by name tells what is wrong with it.
    fs::remove_file(place.at("backup/x")).unwrap();
    let found = place.seeker().by_content().unwrap();
    assert!(!found.right);
    assert_eq!(
        place.relative(&found.paths),
        [
            "mnist/train-images-idx3-ubyte",
            "mnist/train-labels-idx1-ubyte"
        ]
    );
}

#[test]
fn what_is_missing_is_named() {
    let place = Place::new(&[
        ("MNIST/raw/train-images-idx3-ubyte", IMAGES),
        ("MNIST/raw/t10k-images-idx3-ubyte", b"another"),
    ]);
    assert_eq!(
        place.error(),
        "mnist: train-labels-idx1-ubyte is missing (the others are in DIR/MNIST/raw); looked in DIR/mnist, DIR, and \
         4 folders deep below; put the missing file there, or fetch it"
    );
    assert_eq!(
        Place::new(&[]).error(),
        "mnist: train-images-idx3-ubyte, train-labels-idx1-ubyte are missing; looked in DIR/mnist, DIR, and 4 folders \
         deep below; put the missing files there, or fetch them"
    );
}

#[test]
fn what_editors_archivers_and_downloads_leave_is_passed_over() {
    let place = Place::new(&[
        ("mnist/._train-images-idx3-ubyte", IMAGES),
        ("mnist/train-images-idx3-ubyte~", IMAGES),
        ("mnist/train-images-idx3-ubyte.part", IMAGES),
        ("mnist/train-images-idx3-ubyte.crdownload", IMAGES),
        ("mnist/.DS_Store", IMAGES),
        ("mnist/Thumbs.db", IMAGES),
        ("__MACOSX/mnist/train-images-idx3-ubyte", IMAGES),
        ("mnist/train-labels-idx1-ubyte", LABELS),
    ]);
    assert!(
        place
            .error()
            .starts_with("mnist: train-images-idx3-ubyte is missing (the others are in DIR/mnist)")
    );
}

#[test]
fn copies_in_other_formats_are_named() {
    let place = Place::new(&[
        ("mnist.npz", b"PK"),
        ("mnist/train-00000-of-00001.parquet", b"PAR1"),
        ("other/notes.parquet", b"PAR1"),
        ("other/archive.zip", b"PK"),
    ]);
    assert_eq!(
        place.error(),
        "mnist: train-images-idx3-ubyte, train-labels-idx1-ubyte are missing; looked in DIR/mnist, DIR, and 4 folders \
         deep below; DIR/mnist/train-00000-of-00001.parquet is a Parquet file, which is not read; DIR/mnist.npz is a \
         NumPy archive, which is not read; put the missing files there, or fetch them"
    );
}

#[test]
fn a_folder_that_cannot_be_read_is_not_an_empty_one() {
    // A file where a folder should be.
    let place = Place::new(&[("mnist", b""), ("x", IMAGES)]);
    let error = place.error();
    assert!(error.contains("; DIR/mnist can't be read: "), "{error}");
    // It doesn't matter where the files are elsewhere.
    place.write("y", LABELS);
    assert_eq!(place.found(), ["x", "y"]);
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new(&[("MNIST/raw/train-images-idx3-ubyte", IMAGES), ("y", LABELS)]);
    let raw = place.at("MNIST/raw");
    let allow = |mode| fs::set_permissions(&raw, fs::Permissions::from_mode(mode)).unwrap();
    allow(0o000);
    // The superuser reads it all the same.
    let refused = fs::read_dir(&raw).is_err();
    if refused {
        let error = place.error();
        assert!(
            error.contains("; DIR/MNIST/raw can't be read: Permission denied"),
            "{error}"
        );
    }
    allow(0o755);
    assert_eq!(place.found(), ["MNIST/raw/train-images-idx3-ubyte", "y"]);
}

#[cfg(unix)]
#[test]
fn links_lead_to_files_but_not_out_and_not_in_circles() {
    use std::os::unix::fs::symlink;

    let elsewhere = Place::new(&[("x", IMAGES), ("deep/y", LABELS)]);
    let place = Place::new(&[("a/b", b"")]);
    symlink(place.0.path(), place.at("a/circle")).unwrap();
    symlink(elsewhere.0.path(), place.at("a/out")).unwrap();
    symlink(place.at("nothing"), place.at("a/nothing")).unwrap();
    assert!(
        place
            .error()
            .starts_with("mnist: train-images-idx3-ubyte, train-labels-idx1-ubyte are missing;")
    );
    symlink(elsewhere.at("x"), place.at("a/x")).unwrap();
    assert!(
        place
            .error()
            .starts_with("mnist: train-labels-idx1-ubyte is missing (the others are in DIR/a);")
    );
    // A folder that is asked for may be a link.
    symlink(elsewhere.at("deep"), place.at("mnist")).unwrap();
    assert_eq!(place.found(), ["a/x", "mnist/y"]);
}

#[test]
fn a_folder_of_a_million_images_costs_little() {
    let place = Place::new(&[("z/x", IMAGES)]);
    fs::create_dir(place.at("images")).unwrap();
    for image in 0..=walk::MOST_IN_A_FOLDER {
        fs::write(place.at(&format!("images/{image}")), b"").unwrap();
    }
    let error = place.error();
    assert!(
        error.contains("; DIR/images has too many files to look at all;"),
        "{error}"
    );
    // It hides nothing else.
    place.write("z/y", LABELS);
    assert_eq!(place.found(), ["z/x", "z/y"]);
}

#[test]
fn many_files_of_the_right_length_are_not_all_read() {
    let place = Place::new(&[("z", IMAGES)]);
    for number in 0..MOST_READ {
        let mut other = IMAGES.to_vec();
        other[..3].copy_from_slice(format!("{number:03}").as_bytes());
        place.write(&format!("a/{number}"), &other);
    }
    // By breadth: what lies higher comes first.
    assert!(
        place
            .error()
            .contains("train-labels-idx1-ubyte is missing (the others are in DIR);")
    );
    fs::rename(place.at("z"), place.at("a/z")).unwrap();
    assert!(
        place
            .error()
            .contains("; DIR/a has too many files to look at all;")
    );
}
