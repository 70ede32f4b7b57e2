//! Reading a dataset's files.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use crate::definition::{Files, Source};
use crate::formats::{Contents, Folder};
use crate::search::{Seeker, common_folder};
use crate::{Dataset, Definition, Error, Name, Samples, file};

/// Loads a dataset from the files that [`locate`] finds.
///
/// Each file is checked: its layout, its labels, and the SHA-256 sum of its (uncompressed)
/// contents. If one that has the right name is wrong, the right ones are looked for under other
/// names and in other folders.
///
/// ```
/// let digits = data::load(data::Name::Digits, None)?;
/// assert_eq!((digits.train.len(), digits.test.len()), (1437, 360));
/// # Ok::<(), data::Error>(())
/// ```
///
/// # Errors
/// [`Error::Missing`], [`Error::Read`], [`Error::Gzip`], [`Error::Format`], [`Error::Checksum`];
/// each names the file, what was found and what was expected.
pub fn load(name: Name, dir: Option<&Path>) -> Result<Dataset, Error> {
    let definition = name.definition();
    let [train, test] = match &definition.source {
        Source::Embedded(csv) => csv.read(name, definition)?,
        Source::Files(files) => seek(files, &Seeker::new(name, files, dir))?,
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

fn seek(files: &Files, seeker: &Seeker<'_>) -> Result<[Contents; 2], Error> {
    let Some(paths) = seeker.by_name() else {
        let found = seeker.by_content()?;
        return read(files, seeker.folder(&found.paths));
    };
    read(files, seeker.folder(&paths)).or_else(|error| match seeker.by_content() {
        Ok(found) if found.right => read(files, seeker.folder(&found.paths)),
        _ => Err(error),
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

/// The folder that holds the files of a dataset, or the folders that do; none for an embedded one.
///
/// With `DIR` the folder `explicit`, else the environment variable `ROBUST_DATA_DIR`, else `data`,
/// these are looked in, in this order:
/// - `DIR/NAME`, for instance `data/mnist`;
/// - folders in `DIR` that archives and other tools make, for instance `data/cifar-10-batches-bin`, or `data/MNIST/raw`
///   with torchvision;
/// - `DIR` itself;
/// - the folder into which a package of the system puts the files, for instance
///   `/usr/share/datasets/fashion-mnist` with Debian's `dataset-fashion-mnist`.
///
/// If one of them has all files by their names, it is that folder, and nothing is read. Else files
/// are looked for in and below all of them, up to four folders deep, and told by their SHA-256
/// sums, whatever they are called.
///
/// # Errors
/// [`Error::Missing`] names the files that are nowhere.
pub fn locate(name: Name, explicit: Option<&Path>) -> Result<Option<PathBuf>, Error> {
    match &name.definition().source {
        Source::Embedded(_) => Ok(None),
        Source::Files(files) => {
            let seeker = Seeker::new(name, files, explicit);
            let paths = match seeker.by_name() {
                Some(paths) => paths,
                None => seeker.by_content()?.paths,
            };
            Ok(common_folder(&paths))
        }
    }
}
