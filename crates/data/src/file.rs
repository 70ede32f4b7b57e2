//! Reading a file, compressed or not, and its SHA-256 sum.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::{Error, Name, PublishedFile};

/// More bytes than any (uncompressed) file of a dataset has.
#[cfg(feature = "fetch")]
pub const LONGEST: usize = 1 << 26;

/// The path of `name` or `name.gz` in `dir`, whichever is there.
pub fn existing(dir: &Path, name: &str) -> Option<PathBuf> {
    [dir.join(name), dir.join(format!("{name}.gz"))]
        .into_iter()
        .find(|path| path.is_file())
}

/// The uncompressed contents of `name` in `dir`, but at most `limit` bytes and one more, which tells a
/// longer file from one that ends there.
pub fn read(dir: &Path, name: &str, limit: usize) -> Result<(PathBuf, Vec<u8>), Error> {
    let path = existing(dir, name).unwrap_or_else(|| dir.join(name));
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(source) => return Err(Error::Read { path, source }),
    };
    let bytes = if path.extension().is_some_and(|extension| extension == "gz") {
        read_limited(MultiGzDecoder::new(file), limit).map_err(|source| Error::Gzip {
            path: path.clone(),
            source,
        })?
    } else {
        read_limited(file, limit).map_err(|source| Error::Read {
            path: path.clone(),
            source,
        })?
    };
    Ok((path, bytes))
}

pub fn read_limited(source: impl Read, limit: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// SHA-256 in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks that `bytes`, read from `path`, are the published contents of `file`.
pub fn verify(path: &Path, bytes: &[u8], dataset: Name, file: PublishedFile) -> Result<(), Error> {
    let found = sha256(bytes);
    if found == file.sha256 {
        return Ok(());
    }
    let is = Name::ALL.into_iter().find(|name| {
        let files = name.definition().files();
        files.iter().any(|file| file.sha256 == found)
    });
    Err(Error::Checksum {
        path: path.to_owned(),
        dataset,
        found,
        expected: file.sha256,
        is,
    })
}

/// The checksum of a dataset: see [`crate::Dataset::checksum`].
pub fn checksum(files: &[PublishedFile]) -> String {
    let list: String = files
        .iter()
        .map(|file| format!("{}  {}\n", file.sha256, file.name))
        .collect();
    sha256(list.as_bytes())
}
