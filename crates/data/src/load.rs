//! Finding a dataset's files and reading them.

use std::{
    env,
    panic::resume_unwind,
    path::{Path, PathBuf},
    thread,
};

use crate::{
    Dataset, Definition, Error, Name, Samples,
    definition::{Files, Source},
    file,
    formats::{Contents, Folder},
};

/// Loads a dataset from the folder that [`locate`] finds.
///
/// Each file is checked: its layout, its labels, and the SHA-256 sum of its (uncompressed) contents.
///
/// ```
/// let digits = data::load(data::Name::Digits, None)?;
/// assert_eq!((digits.train.len(), digits.test.len()), (1437, 360));
/// # Ok::<(), data::Error>(())
/// ```
///
/// # Errors
/// [`Error::Missing`], [`Error::Read`], [`Error::Gzip`], [`Error::Format`], [`Error::Checksum`]; each names the
/// file, what was found and what was expected.
pub fn load(name: Name, dir: Option<&Path>) -> Result<Dataset, Error> {
    let definition = name.definition();
    let [train, test] = match &definition.source {
        Source::Embedded(csv) => csv.read(name, definition)?,
        Source::Files(files) => {
            let path = &find(name, files, dir)?;
            read(
                files,
                Folder {
                    name,
                    definition,
                    path,
                },
            )?
        }
    };
    let samples = |Contents { pixels, labels }| {
        Samples::new(definition.shape, &definition.normalisation, pixels, labels)
    };
    Ok(Dataset {
        name,
        train: samples(train),
        test: samples(test),
        shape: definition.shape,
        classes: definition.classes,
        checksum: file::checksum(&definition.files()),
    })
}

/// The training and the test set, one beside the other.
fn read(files: &Files, folder: Folder<'_>) -> Result<[Contents; 2], Error> {
    let Definition { train, test, .. } = *folder.definition;
    thread::scope(|scope| {
        let test = scope.spawn(|| files.test.read(&folder, test));
        let train = files.train.read(&folder, train);
        let test = test.join().unwrap_or_else(|panic| resume_unwind(panic));
        Ok([train?, test?])
    })
}

/// The folder that holds the files of a dataset, compressed (`.gz`) or not; none for an embedded one.
///
/// With `DIR` the folder `explicit`, else the environment variable `ROBUST_DATA_DIR`, else `data`, these are
/// looked in, in this order:
/// - `DIR/NAME`, for instance `data/mnist`;
/// - a folder in `DIR` with the name that the dataset's archive gives it, for instance `data/cifar-10-batches-bin`;
/// - `DIR` itself;
/// - the folder into which a package of the system puts the files, for instance
///   `/usr/share/datasets/fashion-mnist` with Debian's `dataset-fashion-mnist`.
///
/// # Errors
/// [`Error::Missing`] if none of them holds all files.
pub fn locate(name: Name, explicit: Option<&Path>) -> Result<Option<PathBuf>, Error> {
    match &name.definition().source {
        Source::Embedded(_) => Ok(None),
        Source::Files(files) => find(name, files, explicit).map(Some),
    }
}

fn find(name: Name, files: &Files, explicit: Option<&Path>) -> Result<PathBuf, Error> {
    let dir = data_dir(explicit);
    let mut looked_in = vec![dir.join(name.as_str())];
    looked_in.extend(files.subfolders.iter().map(|folder| dir.join(folder)));
    looked_in.push(dir);
    looked_in.extend(files.system_folders.iter().map(PathBuf::from));
    let all = files.all();
    let complete = |dir: &&PathBuf| {
        all.iter()
            .all(|file| file::existing(dir, file.name).is_some())
    };
    match looked_in.iter().find(complete) {
        Some(dir) => Ok(dir.clone()),
        None => Err(Error::Missing {
            dataset: name,
            looked_in,
        }),
    }
}

/// The folder `explicit`, else the environment variable `ROBUST_DATA_DIR`, else `data`.
pub(crate) fn data_dir(explicit: Option<&Path>) -> PathBuf {
    match (explicit, env::var_os("ROBUST_DATA_DIR")) {
        (Some(dir), _) => dir.to_owned(),
        (None, Some(dir)) => PathBuf::from(dir),
        (None, None) => PathBuf::from("data"),
    }
}
