//! The same samples in each format.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;
use crate::definition::Source;
use crate::{Augmentation, Normalisation, Shape};

/// Two training and two test images of 1×2×3 pixels, of three classes.
static TOY: Definition = Definition {
    name: "toy",
    title: "Toy",
    description: "",
    stand_in_for: None,
    shape: Shape {
        channels: 1,
        height: 2,
        width: 3,
    },
    classes: 3,
    train: 2,
    test: 2,
    normalisation: Normalisation {
        max: 30,
        mean_std: &[(0.0, 1.0)],
    },
    augmentation: Augmentation {
        crop_padding: 0,
        horizontal_flip: false,
    },
    source: Source::Embedded(Csv {
        file: PublishedFile {
            name: "toy",
            sha256: "",
        },
        gzip: &[],
    }),
};

const IMAGES: [[u8; 6]; 4] = [
    [1, 2, 3, 4, 5, 6],
    [7, 8, 9, 10, 11, 12],
    [13, 14, 15, 16, 17, 18],
    [19, 20, 21, 22, 23, 30],
];
const LABELS: [u8; 4] = [2, 0, 1, 2];

fn contents(images: &[[u8; 6]], labels: &[u8]) -> Contents {
    Contents {
        pixels: images.concat(),
        labels: labels.to_vec(),
    }
}

/// A file in this folder.
fn published(dir: &TempDir, name: &'static str, bytes: &[u8]) -> PublishedFile {
    fs::write(dir.path().join(name), bytes).unwrap();
    PublishedFile {
        name,
        sha256: file::sha256(bytes).leak(),
    }
}

fn read(dir: &TempDir, format: &dyn Format) -> Contents {
    let path = |file: PublishedFile| (file.name, dir.path().join(file.name));
    let folder = Folder {
        name: Name::Mnist,
        definition: &TOY,
        paths: &format.files().into_iter().map(path).collect(),
    };
    format.read(&folder, LABELS.len()).unwrap()
}

#[test]
fn idx_is_read() {
    let dir = TempDir::new().unwrap();
    let images = [
        &[0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 3][..],
        &IMAGES.concat(),
    ];
    let labels = [&[0, 0, 8, 1, 0, 0, 0, 4][..], &LABELS];
    let format = Idx {
        images: published(&dir, "images", &images.concat()),
        labels: published(&dir, "labels", &labels.concat()),
    };
    assert_eq!(read(&dir, &format), contents(&IMAGES, &LABELS));
}

#[test]
fn cifar_batches_are_read_one_after_the_other() {
    let dir = TempDir::new().unwrap();
    let record = |sample: usize| [&[LABELS[sample]][..], &IMAGES[sample]].concat();
    let format = CifarBinary {
        batches: Box::leak(Box::new([
            published(&dir, "first", &[record(0), record(1)].concat()),
            published(&dir, "second", &[record(2), record(3)].concat()),
        ])),
    };
    assert_eq!(read(&dir, &format), contents(&IMAGES, &LABELS));
}

#[test]
fn rows_are_read_as_training_and_test_set() {
    let row = |(image, label): (&[u8; 6], &u8)| {
        let pixels: Vec<_> = image.iter().map(ToString::to_string).collect();
        format!("{},{label}\n", pixels.join(","))
    };
    let rows: String = IMAGES.iter().zip(&LABELS).map(row).collect();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(rows.as_bytes()).unwrap();
    let csv = Csv {
        file: PublishedFile {
            name: "toy.csv",
            sha256: file::sha256(rows.as_bytes()).leak(),
        },
        gzip: encoder.finish().unwrap().leak(),
    };
    let expected = [
        contents(&IMAGES[..2], &LABELS[..2]),
        contents(&IMAGES[2..], &LABELS[2..]),
    ];
    assert_eq!(csv.read(Name::Digits, &TOY).unwrap(), expected);

    let damaged = |from: &str, to: &str| {
        let rows = rows.replacen(from, to, 1);
        let result = csv::parse(Path::new("file"), rows.as_bytes(), &TOY);
        result.unwrap_err().to_string()
    };
    assert_eq!(
        damaged("7,8,", "7,31,"),
        "file: row 1 is `7,31,9,10,11,12,0`, expected 6 pixels in 0..=30 and a label in 0..=2"
    );
    assert!(damaged("6,2\n", "6,3\n").starts_with("file: row 0 is"));
    assert_eq!(
        damaged("1,2,3,4,5,6,2\n", ""),
        "file: the number of rows is `3`, expected 4"
    );
}
