//! The idx format of MNIST: two zero bytes, a type byte (0x08 = unsigned bytes), the number of
//! dimensions, each dimension as a big-endian u32, then the values, last dimension fastest.

use std::path::Path;

use super::{Contents, Expected, Folder, Format, check_labels, wrong_length};
use crate::{Definition, Error, PublishedFile, file};

/// Grey images in one file, their labels in another.
#[derive(Debug)]
pub struct Idx {
    pub images: PublishedFile,
    pub labels: PublishedFile,
}

impl Format for Idx {
    fn files(&self) -> Vec<PublishedFile> {
        vec![self.images, self.labels]
    }

    fn expected(&self, definition: &Definition, samples: usize) -> Vec<Expected> {
        vec![
            expected(self.images, &of_images(definition, samples)),
            expected(self.labels, &[samples]),
        ]
    }

    fn read(&self, folder: &Folder<'_>, samples: usize) -> Result<Contents, Error> {
        let definition = folder.definition;
        let labels = values(folder, self.labels, &[samples], |path, labels| {
            check_labels(path, labels.iter().copied(), definition.classes)
        })?;
        let dimensions = of_images(definition, samples);
        let pixels = values(folder, self.images, &dimensions, |_, _| Ok(()))?;
        Ok(Contents { pixels, labels })
    }
}

/// The dimensions of the images.
fn of_images(definition: &Definition, samples: usize) -> [usize; 3] {
    [samples, definition.shape.height, definition.shape.width]
}

/// A file of these dimensions.
fn expected(file: PublishedFile, dimensions: &[usize]) -> Expected {
    Expected {
        file,
        len: header_len(dimensions.len()) + dimensions.iter().product::<usize>(),
        may_be_pickled: false,
    }
}

/// The values of a file of these dimensions that pass `check`.
fn values(
    folder: &Folder<'_>,
    file: PublishedFile,
    dimensions: &[usize],
    check: impl Fn(&Path, &[u8]) -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    let mut bytes = folder.read(expected(file, dimensions), |path, bytes| {
        check(path, body(path, bytes, dimensions)?)
    })?;
    bytes.drain(..header_len(dimensions.len()));
    Ok(bytes)
}

/// Length of the header of a file with so many dimensions.
pub fn header_len(dimensions: usize) -> usize {
    4 + 4 * dimensions
}

/// What follows the header in a file of unsigned bytes that must have exactly these dimensions.
pub fn body<'a>(path: &Path, bytes: &'a [u8], dimensions: &[usize]) -> Result<&'a [u8], Error> {
    let wrong = |what: &str, found: String, expected: String| {
        Err(Error::Format {
            path: path.to_owned(),
            what: what.to_owned(),
            found,
            expected,
        })
    };
    let header_len = header_len(dimensions.len());
    let Some((header, values)) = bytes.split_at_checked(header_len) else {
        let found = format!("{} bytes long", bytes.len());
        let expected = format!("an idx header of {header_len} bytes");
        return wrong("the file", found, expected);
    };
    let (magic, sizes) = header.split_at(4);
    let expected_magic = [0, 0, 8, dimensions.len() as u8];
    if magic != expected_magic {
        return wrong("the magic number", hex(magic), hex(&expected_magic));
    }
    let sizes: Vec<usize> = sizes
        .chunks_exact(4)
        .map(|size| {
            size.iter()
                .fold(0, |value, &byte| (value << 8) | usize::from(byte))
        })
        .collect();
    if sizes != dimensions {
        return wrong("the shape", format!("{sizes:?}"), format!("{dimensions:?}"));
    }
    let (found, expected) = (values.len(), dimensions.iter().product());
    if found != expected {
        let what = "the number of bytes after the header";
        return Err(wrong_length(path, what, found, expected, ""));
    }
    Ok(values)
}

fn hex(magic: &[u8]) -> String {
    format!("0x{}", file::hex(magic))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::Name;

    /// Two images of 2×3 pixels.
    const IMAGES: [u8; 28] = [
        0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, // header
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ];

    fn load(bytes: &[u8], sha256: &'static str) -> Result<Vec<u8>, String> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("images"), bytes).unwrap();
        let folder = Folder {
            name: Name::Mnist,
            definition: Name::Mnist.definition(),
            paths: &[("images", dir.path().join("images"))].into(),
        };
        let file = PublishedFile {
            name: "images",
            sha256,
        };
        values(&folder, file, &[2, 2, 3], |_, _| Ok(())).map_err(|error| {
            let message = error.to_string();
            message.split_once("images: ").unwrap().1.to_owned()
        })
    }

    #[test]
    fn images() {
        let sha256 = "f7169b91c01c82a1c0c44aee0f6db5b5a609be8d0ba16e2ded674fe748c45dfe";
        assert_eq!(
            load(&IMAGES, sha256).unwrap(),
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
        );
        for len in 0..IMAGES.len() {
            let error = load(&IMAGES[..len], sha256).unwrap_err();
            let expected = if len < 16 {
                "an idx header of 16 bytes"
            } else {
                "expected 12"
            };
            assert!(error.ends_with(expected), "{error}");
        }
        let mut labels = IMAGES;
        labels[3] = 1;
        let error = load(&labels, sha256).unwrap_err();
        assert_eq!(error, "the magic number is 0x00000801, expected 0x00000803");
        let mut wide = IMAGES;
        wide[15] = 4;
        assert_eq!(
            load(&wide, sha256).unwrap_err(),
            "the shape is [2, 2, 4], expected [2, 2, 3]"
        );
        let mut changed = IMAGES;
        changed[27] = 13;
        assert!(
            load(&changed, sha256)
                .unwrap_err()
                .ends_with(&format!("expected {sha256} (mnist)"))
        );
    }
}
