use std::borrow::Cow;
use std::fmt;

use crate::formats::{Csv, Expected, Format};
use crate::{Augmentation, Shape};

/// All that is known of a dataset before its files are read; see
/// [`Name::definition`](crate::Name::definition).
#[derive(Debug)]
#[non_exhaustive]
pub struct Definition {
    /// The name in files and on the command line, such as `fashion-mnist`.
    pub name: &'static str,
    /// The name in papers, such as Fashion-MNIST.
    pub title: &'static str,
    /// What the samples are, and how they are normalised.
    pub description: &'static str,
    /// The dataset in whose place this one stands, if it is a stand-in: its numbers are not those
    /// of that dataset.
    pub stand_in_for: Option<&'static str>,
    /// The shape of one sample.
    pub shape: Shape,
    /// The number of classes; labels are less than it.
    pub classes: usize,
    /// The number of training samples.
    pub train: usize,
    /// The number of test samples.
    pub test: usize,
    /// How bytes become the values that a model sees.
    pub normalisation: Normalisation,
    /// What the paper's experiments change at random in training images.
    pub augmentation: Augmentation,
    pub(crate) source: Source,
}

impl Definition {
    /// The files, those of the training set first.
    pub fn files(&self) -> Vec<PublishedFile> {
        match &self.source {
            Source::Embedded(csv) => vec![csv.file],
            Source::Files(files) => files.all(),
        }
    }

    /// Whether the samples are part of the program, so that no file is read.
    pub fn is_embedded(&self) -> bool {
        match self.source {
            Source::Embedded(_) => true,
            Source::Files(_) => false,
        }
    }

    /// Public mirrors of the files, in the order in which they are tried; none where there is
    /// nothing to fetch or nobody to fetch it from.
    pub fn mirrors(&self) -> &'static [Mirror] {
        match &self.source {
            Source::Embedded(_) => &[],
            Source::Files(files) => match files.origin {
                Origin::Mirrors(mirrors) => mirrors,
                Origin::Made { .. } => &[],
            },
        }
    }

    /// How the files are made, if no mirror has them.
    pub(crate) fn how_to_make(&self) -> Option<&'static str> {
        match &self.source {
            Source::Embedded(_) => None,
            Source::Files(files) => match files.origin {
                Origin::Mirrors(_) => None,
                Origin::Made { how } => Some(how),
            },
        }
    }
}

/// Where the samples are.
#[derive(Debug)]
pub(crate) enum Source {
    /// In the program.
    Embedded(Csv),
    /// In a folder.
    Files(Files),
}

/// A dataset's files, and where to find them.
#[derive(Debug)]
pub(crate) struct Files {
    pub train: &'static dyn Format,
    pub test: &'static dyn Format,
    /// Folders inside the data directory that archives and other tools make; looked in besides the
    /// one with the dataset's name.
    pub subfolders: &'static [&'static str],
    /// Folders into which a package of the system puts the files.
    pub system_folders: &'static [&'static str],
    pub origin: Origin,
}

impl Files {
    /// The files, those of the training set first.
    pub fn all(&self) -> Vec<PublishedFile> {
        [self.train.files(), self.test.files()].concat()
    }

    /// What is known of them before they are read, in the same order.
    pub fn expected(&self, definition: &Definition) -> Vec<Expected> {
        let train = self.train.expected(definition, definition.train);
        let test = self.test.expected(definition, definition.test);
        [train, test].concat()
    }
}

/// How to get the files.
#[derive(Debug)]
pub(crate) enum Origin {
    Mirrors(&'static [Mirror]),
    /// No mirror has them.
    Made {
        how: &'static str,
    },
}

/// One file of a dataset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PublishedFile {
    /// Its name where it is published; it may also be there compressed, or under another name.
    pub name: &'static str,
    /// SHA-256 of the uncompressed contents.
    pub sha256: &'static str,
}

/// How bytes become the values that a model sees: `(byte / max − mean) / std`, per channel.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Normalisation {
    /// The largest byte.
    pub max: u8,
    /// Mean and standard deviation of each channel, after the division by `max`.
    pub mean_std: &'static [(f32, f32)],
}

/// A place from which all files of a dataset can be had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mirror {
    /// A URL that gives each file when `FILE.gz` is appended to it.
    Files(Cow<'static, str>),
    /// The URL of a `.tar.gz` archive that holds the files, in any folder.
    Archive(Cow<'static, str>),
    /// A Debian package that holds each `FILE.gz` in `folder`, fetched by `apt-get download` and
    /// unpacked by `dpkg-deb`: no root, but only where these commands are.
    Debian {
        /// The package.
        package: Cow<'static, str>,
        /// The folder in it, without a leading `/`.
        folder: Cow<'static, str>,
    },
}

impl fmt::Display for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(url) | Self::Archive(url) => f.write_str(url),
            Self::Debian { package, .. } => write!(f, "Debian package {package}"),
        }
    }
}
