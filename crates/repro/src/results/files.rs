//! Files that are there completely or not at all, and that are no links to elsewhere.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// An error if this is a symbolic link. What isn't there is none.
///
/// # Errors
/// [`Error::Link`].
pub fn refuse_link(path: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_symlink() => Err(Error::Link(path.to_owned())),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::read(path)(error)),
    }
}

/// The contents of a file of ours; `None` if it isn't there.
///
/// # Errors
/// If it is there and can't be read.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    refuse_link(path)?;
    match fs::metadata(path) {
        // Reading a pipe would wait for ever.
        Ok(metadata) if !metadata.is_file() => {
            return Err(Error::read(path)(io::Error::other("is no file")));
        }
        _ => {}
    }
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::read(path)(error)),
    }
}

/// The folders in this one that can be read, by name, links left out.
pub fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let mut folders: Vec<_> = entries
        .filter(is_folder)
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    folders
}

/// Removes a file of ours, if it is there.
///
/// # Errors
/// If it is there and can't be removed.
pub fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::write(path)(error)),
        _ => Ok(()),
    }
}

/// Writes a file that is there completely or not at all, whatever happens meanwhile: to a temporary
/// file in the same folder, to the disk, and then under its name.
///
/// # Errors
/// If it can't be written.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_through(tempfile::Builder::new().suffix(".tmp"), path, bytes)
}

/// The same for a path that no other process writes: if this one dies, the next one finds what it
/// left, so that unfinished files never add up.
///
/// # Errors
/// If it can't be written.
pub fn write_alone(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let temporary = path.with_extension("tmp");
    remove(&temporary)?;
    let name = temporary.file_name().unwrap_or_default();
    write_through(
        tempfile::Builder::new().prefix(name).rand_bytes(0),
        path,
        bytes,
    )
}

fn write_through(
    temporary: &mut tempfile::Builder<'_, '_>,
    path: &Path,
    bytes: &[u8],
) -> Result<(), Error> {
    let write = || {
        let folder = folder(path);
        fs::create_dir_all(&folder)?;
        let mut file = temporary.tempfile_in(&folder)?;
        file.write_all(bytes)?;
        readable_by_all(file.as_file())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        sync_folder(&folder)
    };
    write().map_err(Error::write(path))
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Temporary files are private; results are not.
#[cfg(unix)]
fn readable_by_all(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &fs::File) -> io::Result<()> {
    Ok(())
}

/// A rename is on the disk once its folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
