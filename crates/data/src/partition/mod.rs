//! Splitting the training set over the workers, from identical to disjoint distributions.
//!
//! A scheme is a type in a file of its own. A further one is a file in this folder and a line in
//! the list of `mod.rs`; configurations, help, the JSON Schema and the tests then know it.

mod cuts;
mod serial;
#[cfg(test)]
mod tests;

use std::fmt::{self, Debug};

use rand::Rng;
use serde::{Deserialize, Deserializer, Serialize};

use crate::Error;
use crate::rng::{Purpose, stream};

/// `FILE: TYPE` a line. A scheme's name is its file's.
macro_rules! schemes {
    ($($module:ident: $Scheme:ident,)*) => {
        $(
            mod $module;
            pub use $module::$Scheme;
        )*

        /// A way of splitting a labelled training set over workers. Each sample goes to exactly one
        /// worker.
        ///
        /// Parts "of equal size" differ by one sample at most, the larger ones first.
        ///
        /// In a configuration a partition is written as `{scheme: dirichlet, alpha: 0.1}`. A
        /// parameter that is unknown or out of its range is refused.
        ///
        /// ```
        /// use data::partition::{Dirichlet, Partition};
        ///
        /// let partition = Partition::from(Dirichlet { alpha: 0.1, min_samples: None });
        /// assert_eq!(partition.to_string(), "dirichlet(alpha=0.1)");
        /// ```
        #[derive(Clone, Copy, PartialEq, Debug, Serialize)]
        #[serde(tag = "scheme", rename_all = "kebab-case")]
        pub enum Partition {
            $(
                #[doc = concat!("See [`struct@", stringify!($Scheme), "`].")]
                $Scheme($Scheme),
            )*
        }

        impl Partition {
            /// What each scheme is called, does and takes.
            pub const SCHEMES: &[&Description] = &[$(&$module::DESCRIPTION),*];

            /// What this partition's scheme is called, does and takes.
            pub fn description(&self) -> &'static Description {
                match self {
                    $(Self::$Scheme(_) => &$module::DESCRIPTION,)*
                }
            }

            fn scheme(&self) -> &dyn Scheme {
                match self {
                    $(Self::$Scheme(scheme) => scheme,)*
                }
            }
        }

        $(
            impl From<$Scheme> for Partition {
                fn from(scheme: $Scheme) -> Self {
                    Self::$Scheme(scheme)
                }
            }
        )*

        /// The value of the key `scheme`.
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum Tag {
            $($Scheme,)*
        }

        impl Tag {
            /// The partition of this scheme whose parameters come from `rest`.
            fn read<'de, D: Deserializer<'de>>(self, rest: D) -> Result<Partition, D::Error> {
                match self {
                    $(Self::$Scheme => $Scheme::deserialize(rest).map(Partition::from),)*
                }
            }
        }

        /// A way of splitting a labelled training set over workers. Each sample goes to exactly one
        /// worker.
        #[derive(Deserialize)]
        #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
        #[serde(tag = "scheme", rename_all = "kebab-case")]
        enum InAnyOrder {
            $($Scheme($Scheme),)*
        }

        impl From<InAnyOrder> for Partition {
            fn from(partition: InAnyOrder) -> Self {
                match partition {
                    $(InAnyOrder::$Scheme(scheme) => scheme.into(),)*
                }
            }
        }

        #[cfg(test)]
        const MODULES: &[&str] = &[$(stringify!($module)),*];

        /// Any partition, with parameters in their ranges.
        #[cfg(test)]
        fn any_partition() -> impl proptest::strategy::Strategy<Value = Partition> {
            use proptest::strategy::{Strategy, Union};

            Union::new([$(<$Scheme as tests::Lawful>::any().prop_map(Partition::from).boxed()),*])
        }

        /// By how many samples the parts of this partition may differ; none for any number.
        #[cfg(test)]
        fn imbalance(partition: &Partition) -> Option<usize> {
            match partition {
                $(Partition::$Scheme(scheme) => tests::Lawful::imbalance(scheme),)*
            }
        }
    };
}

schemes! {
    iid: Iid,
    extreme: Extreme,
    dirichlet: Dirichlet,
    similarity: Similarity,
}

/// More classes than this have no labels.
const CLASSES: usize = u8::MAX as usize + 1;

/// What a scheme is called, does and takes.
#[derive(Debug)]
pub struct Description {
    /// The name in a configuration.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub purpose: &'static str,
    /// The parameters, in the order in which they are written.
    pub parameters: &'static [Parameter],
}

/// A number that a scheme takes.
#[derive(Debug)]
pub struct Parameter {
    /// The name in a configuration.
    pub key: &'static str,
    /// The symbol in papers, if it has one.
    pub symbol: Option<&'static str>,
    /// What stands for a value that is left out; none if the parameter is required.
    pub default: Option<&'static str>,
    /// The legal values.
    pub range: &'static str,
    /// What it does, in a line.
    pub purpose: &'static str,
}

/// What every scheme does. There are no defaults, so that none is forgotten.
trait Scheme: Debug {
    /// Checks what can be known without data.
    fn check(&self) -> Result<(), Error>;

    /// The parameters that are set, in the order of the description.
    fn parameters(&self) -> Vec<(&'static str, f64)>;

    /// The number of samples that each worker must get.
    fn least(&self) -> usize;

    /// Splits samples whose labels were checked over one to as many workers as samples;
    /// [`Partition::split`] checks that each gets [`Scheme::least`] samples.
    fn parts(
        &self,
        labels: &[u8],
        classes: usize,
        workers: usize,
        rng: &mut dyn Rng,
    ) -> Result<Vec<Vec<usize>>, Error>;

    /// What to do when one of so many workers gets too few samples, if the classes have so many:
    /// only what can help.
    fn remedy(&self, workers: usize, classes: &[usize]) -> String;
}

impl Partition {
    /// The scheme's name, as in a configuration.
    pub fn name(&self) -> &'static str {
        self.description().name
    }

    /// The parameters that are set, by the keys of the [description](Self::description) and in its
    /// order.
    ///
    /// ```
    /// use data::partition::{Dirichlet, Partition};
    ///
    /// let partition = Partition::from(Dirichlet { alpha: 0.1, min_samples: Some(2) });
    /// assert_eq!(partition.parameters(), [("alpha", 0.1), ("min_samples", 2.0)]);
    /// ```
    pub fn parameters(&self) -> Vec<(&'static str, f64)> {
        self.scheme().parameters()
    }

    /// Checks what can be known without data: that each parameter is in its range.
    /// [`Partition::split`] and deserialisation check it too.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the parameter, its value and its range.
    pub fn check(&self) -> Result<(), Error> {
        self.scheme().check()
    }

    /// The indices of each worker's samples, for samples with these `labels`, which are less than
    /// `classes`.
    ///
    /// The result depends on nothing but the arguments: not on the platform's logarithm, nor on
    /// threads.
    ///
    /// # Errors
    /// - [`Error::Parameter`]: no worker, more workers than samples, more than 256 classes, or a parameter out of its
    ///   range. Nothing is allocated before.
    /// - [`Error::Label`]: a label that is not less than `classes`.
    /// - [`Error::TooFewSamples`]: a worker without samples, or with fewer than the scheme demands.
    ///
    /// ```
    /// use data::{partition::{Extreme, Partition}, rng};
    ///
    /// let rng = &mut rng::stream(1, rng::Purpose::Partition, 0, 0);
    /// let workers = Partition::from(Extreme {}).split(&[2, 0, 1, 0, 2, 1], 3, 3, rng)?;
    /// assert_eq!(workers, [[1, 3], [2, 5], [0, 4]]);
    /// # Ok::<(), data::Error>(())
    /// ```
    pub fn split(
        &self,
        labels: &[u8],
        classes: usize,
        workers: usize,
        rng: &mut impl Rng,
    ) -> Result<Vec<Vec<usize>>, Error> {
        self.check()?;
        let samples = labels.len();
        if workers == 0 || workers > samples {
            let expected = format!("at least 1, and at most the number of samples, {samples}");
            return Err(out_of_range("the number of workers", workers, expected));
        }
        if classes > CLASSES {
            let expected = format!("{CLASSES} at most: labels are bytes");
            return Err(out_of_range("the number of classes", classes, expected));
        }
        if let Some((sample, &label)) = labels
            .iter()
            .enumerate()
            .find(|&(_, &label)| usize::from(label) >= classes)
        {
            return Err(Error::Label {
                sample,
                label,
                classes,
            });
        }
        let scheme = self.scheme();
        let parts = scheme.parts(labels, classes, workers, rng)?;
        let least = scheme.least();
        match parts.iter().position(|part| part.len() < least) {
            None => Ok(parts),
            Some(worker) => {
                let mut sizes = vec![0; classes];
                for &label in labels {
                    sizes[usize::from(label)] += 1;
                }
                Err(Error::TooFewSamples {
                    worker,
                    workers,
                    found: parts[worker].len(),
                    samples,
                    expected: least,
                    partition: *self,
                    remedy: scheme.remedy(workers, &sizes),
                })
            }
        }
    }

    /// The split on which a run with this seed trains: [`Partition::split`] with the seed's own
    /// stream of draws.
    ///
    /// # Errors
    /// As [`Partition::split`].
    ///
    /// ```
    /// use data::{Name, partition::{Dirichlet, Partition, class_counts}};
    ///
    /// let digits = data::load(Name::Digits, None)?;
    /// let partition = Partition::from(Dirichlet { alpha: 0.1, min_samples: None });
    /// let workers = partition.split_seeded(digits.train.labels(), digits.classes, 10, 1)?;
    /// let counts = class_counts(&workers, digits.train.labels(), digits.classes);
    /// assert_eq!(counts[0].iter().sum::<usize>(), 29);
    /// # Ok::<(), data::Error>(())
    /// ```
    pub fn split_seeded(
        &self,
        labels: &[u8],
        classes: usize,
        workers: usize,
        seed: u64,
    ) -> Result<Vec<Vec<usize>>, Error> {
        let mut rng = stream(seed, Purpose::Partition, 0, 0);
        self.split(labels, classes, workers, &mut rng)
    }
}

/// The scheme, with the parameters that are set: `dirichlet(alpha=0.1, min_samples=2)`.
impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        for (index, (key, value)) in self.parameters().into_iter().enumerate() {
            let separator = if index == 0 { "(" } else { ", " };
            write!(f, "{separator}{key}={value}")?;
        }
        f.write_str(if self.parameters().is_empty() {
            ""
        } else {
            ")"
        })
    }
}

/// How many samples of each class each worker has: one row a worker, one column a class.
///
/// ```
/// use data::partition::class_counts;
///
/// let (workers, labels) = ([vec![0, 2], vec![1, 3, 4]], [1, 0, 1, 1, 0]);
/// assert_eq!(class_counts(&workers, &labels, 2), [[0, 2], [2, 1]]);
/// ```
///
/// # Panics
/// If an index is not less than the number of labels, or a label not less than `classes`.
pub fn class_counts(workers: &[Vec<usize>], labels: &[u8], classes: usize) -> Vec<Vec<usize>> {
    let count = |samples: &Vec<usize>| {
        let mut counts = vec![0; classes];
        for &sample in samples {
            counts[usize::from(labels[sample])] += 1;
        }
        counts
    };
    workers.iter().map(count).collect()
}

fn out_of_range(
    name: &'static str,
    value: impl fmt::Display,
    expected: impl fmt::Display,
) -> Error {
    Error::Parameter {
        name,
        value: value.to_string(),
        expected: expected.to_string(),
    }
}
