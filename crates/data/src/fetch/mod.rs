//! Getting a dataset's files from public mirrors.
//!
//! A mirror is trusted with nothing: a file is moved to its place, by renaming, only after the
//! SHA-256 sum of its uncompressed contents was found to be the published one. What was downloaded
//! before an interruption is kept as `FILE.part`, and the next call, or the next mirror, continues
//! it.
//!
//! This module is behind the cargo feature `fetch`, since HTTP with TLS brings 17 crates, which
//! nobody needs who has the files.

mod download;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::MultiGzDecoder;

use crate::definition::Source;
use crate::search::{Seeker, common_folder, data_dir};
use crate::{Mirror, Name, PublishedFile, file};

/// How far one download is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress<'a> {
    /// The name of the file that is being downloaded.
    pub file: &'a str,
    /// Bytes that are there, including those of an earlier, interrupted download.
    pub done: u64,
    /// Bytes of the whole file, if the mirror says so.
    pub total: Option<u64>,
}

/// Why a dataset could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The digits have no files.
    #[error("{0} is embedded in the program: there is nothing to fetch")]
    Embedded(Name),

    /// A file in the dataset's folder is not what it should be. It is left as it is.
    #[error("{0}; move this file away, then fetch again")]
    Damaged(#[source] crate::Error),

    /// A file can't be written.
    #[error("{}: {source}", path.display())]
    Write {
        /// The file or the folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },

    /// Each mirror failed.
    #[error(
        "{dataset} could not be fetched{}\nWithout a network, put {}, each as it is or as .gz, into {}{}",
        failures.iter().map(|(mirror, why)| format!("\n  {mirror}: {why}")).collect::<String>(),
        files.join(", "),
        dir.display(),
        dataset.definition().how_to_make().filter(|_| failures.is_empty()).map_or(
            ". What was downloaded is kept, and the same command continues it".to_owned(),
            |how| format!(" (no mirror has them; {how})")
        )
    )]
    NoMirror {
        /// The dataset.
        dataset: Name,
        /// Each mirror, and why it failed.
        failures: Vec<(String, String)>,
        /// The files that are still missing.
        files: Vec<&'static str>,
        /// The folder into which they belong.
        dir: PathBuf,
    },
}

/// Why one mirror failed, or why no other would help.
enum Failure {
    Mirror(String),
    Final(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// Fetches the missing files of a dataset into `DIR/NAME`, where `DIR` is found as in
/// [`crate::locate`], trying the mirrors in turn, and returns this folder. Files that are there
/// already are checked and not fetched; if all are there for [`crate::load`], in whatever folder,
/// nothing is fetched and that folder is returned.
///
/// ```no_run
/// use data::{Name, fetch};
///
/// let name = Name::Mnist;
/// let dir = fetch::fetch(name, None, name.definition().mirrors(), &mut |progress| {
///     eprint!("\r{}: {} of {:?} bytes", progress.file, progress.done, progress.total);
/// })?;
/// println!("{name} is in {}", dir.display());
/// # Ok::<(), fetch::Error>(())
/// ```
///
/// # Errors
/// See [`Error`].
pub fn fetch(
    name: Name,
    dir: Option<&Path>,
    mirrors: &[Mirror],
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<PathBuf, Error> {
    let definition = name.definition();
    let Source::Files(files) = &definition.source else {
        return Err(Error::Embedded(name));
    };
    // Whatever the layout.
    if let Ok(found) = Seeker::new(name, files, dir).by_content()
        && found.right
        && let Some(folder) = common_folder(&found.paths)
    {
        return Ok(folder);
    }
    let dir = data_dir(dir).join(name.as_str());
    fetch_files(name, &definition.files(), &dir, mirrors, progress)?;
    Ok(dir)
}

fn fetch_files(
    name: Name,
    files: &[PublishedFile],
    dir: &Path,
    mirrors: &[Mirror],
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(), Error> {
    fs::create_dir_all(dir).map_err(write_error(dir))?;
    let mut missing = missing(name, files, dir)?;
    let mut failures = Vec::new();
    for mirror in mirrors {
        if missing.is_empty() {
            break;
        }
        let result = match mirror {
            Mirror::Files(base) => from_files(name, &missing, dir, base, progress),
            Mirror::Archive(url) => from_archive(name, &missing, dir, url, progress),
            Mirror::Debian { package, folder } => from_debian(name, &missing, dir, package, folder),
        };
        match result {
            Ok(()) => {}
            Err(Failure::Mirror(why)) => failures.push((mirror.to_string(), why)),
            Err(Failure::Final(error)) => return Err(error),
        }
        missing = self::missing(name, files, dir)?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    let files = missing.iter().map(|published| published.name).collect();
    Err(Error::NoMirror {
        dataset: name,
        failures,
        files,
        dir: dir.to_owned(),
    })
}

/// The files that are not in `dir`; an error if one is there but wrong.
fn missing(name: Name, files: &[PublishedFile], dir: &Path) -> Result<Vec<PublishedFile>, Error> {
    let mut missing = Vec::new();
    for &published in files {
        match file::existing(dir, published.name) {
            None => missing.push(published),
            Some(path) => file::read(&path, file::LONGEST, false)
                .and_then(|unpacked| file::verify(&path, &unpacked, name, published))
                .map_err(Error::Damaged)?,
        }
    }
    Ok(missing)
}

fn from_files(
    name: Name,
    missing: &[PublishedFile],
    dir: &Path,
    base: &str,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(), Failure> {
    for &published in missing {
        let file = format!("{}.gz", published.name);
        let partial = dir.join(format!("{file}.part"));
        let check = |path: &Path| {
            let file = File::open(path).map_err(|error| error.to_string())?;
            verified(name, published, MultiGzDecoder::new(file)).map(drop)
        };
        download::download(&format!("{base}{file}"), &file, &partial, &check, progress)?;
        rename(&partial, &dir.join(file))?;
    }
    Ok(())
}

fn from_archive(
    name: Name,
    missing: &[PublishedFile],
    dir: &Path,
    url: &str,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(), Failure> {
    let file = url.rsplit('/').next().unwrap_or(url);
    let partial = dir.join(format!("{file}.part"));
    let check = |path: &Path| unpack(name, missing, path).map(drop);
    download::download(url, file, &partial, &check, progress)?;
    for (published, bytes) in unpack(name, missing, &partial).map_err(Failure::Mirror)? {
        place(&dir.join(published.name), &bytes)?;
    }
    Ok(fs::remove_file(&partial).map_err(write_error(&partial))?)
}

/// The contents of the missing files in a `.tar.gz` archive; an error if one is wrong or not there.
fn unpack(
    name: Name,
    missing: &[PublishedFile],
    archive: &Path,
) -> Result<Vec<(PublishedFile, Vec<u8>)>, String> {
    let file = File::open(archive).map_err(|error| error.to_string())?;
    let mut archive = tar::Archive::new(MultiGzDecoder::new(file));
    let mut found = Vec::new();
    for entry in archive.entries().map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        let path = entry
            .path()
            .map_err(|error| error.to_string())?
            .into_owned();
        if let Some(&published) = missing
            .iter()
            .find(|published| path.file_name() == Some(published.name.as_ref()))
        {
            found.push((published, verified(name, published, entry)?));
        }
    }
    match missing
        .iter()
        .find(|published| found.iter().all(|(other, _)| other.name != published.name))
    {
        None => Ok(found),
        Some(published) => Err(format!("the archive has no {}", published.name)),
    }
}

fn from_debian(
    name: Name,
    missing: &[PublishedFile],
    dir: &Path,
    package: &str,
    folder: &str,
) -> Result<(), Failure> {
    let scratch = dir.join("debian.part");
    // Of an earlier call that was killed.
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir(&scratch).map_err(write_error(&scratch))?;
    let result = download_debian(package, &scratch)
        .and_then(|()| take_files(name, missing, &scratch.join(folder), dir));
    fs::remove_dir_all(&scratch).map_err(write_error(&scratch))?;
    result
}

/// Downloads a package into a folder, and unpacks it there.
fn download_debian(package: &str, scratch: &Path) -> Result<(), Failure> {
    run(Command::new("apt-get")
        .args(["download", "--quiet", package])
        .current_dir(scratch))?;
    let mut downloaded = fs::read_dir(scratch).map_err(write_error(scratch))?;
    let Some(Ok(deb)) = downloaded.next() else {
        return Err(Failure::Mirror("apt-get downloaded nothing".to_owned()));
    };
    run(Command::new("dpkg-deb")
        .arg("--extract")
        .arg(deb.path())
        .arg(scratch))
}

/// Moves the missing files from one folder to the other, if they are the published ones.
fn take_files(
    name: Name,
    missing: &[PublishedFile],
    from: &Path,
    to: &Path,
) -> Result<(), Failure> {
    for &published in missing {
        let file = format!("{}.gz", published.name);
        let path = from.join(&file);
        let contents = File::open(&path)
            .map_err(|error| Failure::Mirror(format!("{file} in the package: {error}")))?;
        verified(name, published, MultiGzDecoder::new(contents)).map_err(Failure::Mirror)?;
        rename(&path, &to.join(file))?;
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Err(error) => Err(Failure::Mirror(format!("{program}: {error}"))),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr);
            let line = text.lines().last().unwrap_or_default().trim();
            Err(Failure::Mirror(format!(
                "{program}: {line} ({})",
                output.status
            )))
        }
    }
}

/// The contents of a file, if they are the published ones.
fn verified(name: Name, published: PublishedFile, contents: impl Read) -> Result<Vec<u8>, String> {
    let bytes = file::read_limited(contents, file::LONGEST)
        .map_err(|error| format!("{} is damaged: {error}", published.name))?;
    match file::sha256(&bytes) {
        found if found == published.sha256 => Ok(bytes),
        found => Err(format!(
            "SHA-256 of {} is {found}, expected {} ({name})",
            published.name, published.sha256
        )),
    }
}

/// Writes a file under another name first, so that it is there whole or not at all.
fn place(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let partial = path.with_added_extension("part");
    File::create(&partial)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(write_error(&partial))?;
    rename(&partial, path)
}

fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    fs::rename(from, to).map_err(write_error(to))
}

fn write_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    |source| Error::Write { path, source }
}
