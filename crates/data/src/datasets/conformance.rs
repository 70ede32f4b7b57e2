//! What every dataset must satisfy.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{MODULES, Name};
use crate::{Dataset, Mirror, Samples, load};

#[test]
fn names_are_those_of_the_files_and_round_trip() {
    for (name, module) in Name::ALL.into_iter().zip(MODULES) {
        assert_eq!(name.as_str(), module.replace('_', "-"));
        assert_eq!(name.to_string().parse::<Name>().unwrap(), name);
        let json = format!("\"{name}\"");
        assert_eq!(serde_json::to_string(&name).unwrap(), json);
        assert_eq!(serde_json::from_str::<Name>(&json).unwrap(), name);
    }
}

#[test]
fn an_unknown_name_is_an_error_that_lists_the_names() {
    let names = Name::ALL.map(Name::as_str).join(", ");
    let expected = &format!("unknown dataset `MNIST`: expected one of {names}");
    assert_eq!(&"MNIST".parse::<Name>().unwrap_err().to_string(), expected);
    let error = serde_json::from_str::<Name>("\"MNIST\"").unwrap_err();
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[test]
fn definitions_are_consistent() {
    for name in Name::ALL {
        let definition = name.definition();
        assert!(!definition.title.is_empty() && !definition.description.is_empty());
        assert!(definition.shape.len() > 0 && definition.train > 0 && definition.test > 0);
        assert!((2..=256).contains(&definition.classes));
        let normalisation = definition.normalisation;
        assert!(normalisation.max > 0);
        assert_eq!(normalisation.mean_std.len(), definition.shape.channels);
        assert!(
            normalisation
                .mean_std
                .iter()
                .all(|(mean, std)| mean.is_finite() && *std > 0.0)
        );
    }
}

/// So that a file of another dataset is recognised by its sum.
#[test]
fn files_have_names_of_their_own_in_a_dataset_and_sums_of_their_own_in_all() {
    let mut sums = BTreeSet::new();
    for name in Name::ALL {
        let files = name.definition().files();
        let names: BTreeSet<_> = files.iter().map(|file| file.name).collect();
        assert_eq!(names.len(), files.len(), "{name}");
        for file in files {
            let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            assert!(file.sha256.len() == 64 && file.sha256.bytes().all(digit));
            assert!(sums.insert(file.sha256), "{name}: {}", file.name);
        }
    }
}

#[test]
fn files_come_from_several_mirrors_or_with_instructions() {
    for name in Name::ALL {
        let definition = name.definition();
        let mirrors = definition.mirrors();
        let made = definition.how_to_make().is_some();
        match (definition.is_embedded(), mirrors.len()) {
            (true, 0) => assert!(!made),
            (false, 0) => assert!(made, "{name}"),
            (false, 3..) => assert!(!made),
            (_, mirrors) => panic!("{name} has {mirrors} mirrors"),
        }
        for mirror in mirrors {
            match mirror {
                Mirror::Files(url) => assert!(url.ends_with('/'), "{url}"),
                Mirror::Archive(url) => assert!(url.ends_with(".tar.gz"), "{url}"),
                Mirror::Debian { package, folder } => {
                    assert!(
                        !package.contains('/') && !folder.starts_with('/'),
                        "{folder}"
                    );
                }
            }
        }
    }
}

#[test]
fn embedded_datasets_are_as_defined() {
    for name in Name::ALL {
        if name.definition().is_embedded() {
            check(&load(name, None).unwrap());
        }
    }
}

/// The repository's data directory, if `ROBUST_DATA_DIR` names no other.
pub fn data_dir() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    std::env::var_os("ROBUST_DATA_DIR")
        .is_none()
        .then_some(repository)
}

/// Loads the dataset from `ROBUST_DATA_DIR`, or from the repository's data directory.
pub fn check_files(name: Name) {
    let dataset = load(name, data_dir().as_deref()).unwrap_or_else(|error| panic!("{error}"));
    check(&dataset);
}

fn check(dataset: &Dataset) {
    let definition = dataset.name.definition();
    assert_eq!(
        (dataset.shape, dataset.classes),
        (definition.shape, definition.classes)
    );
    for (samples, len) in [
        (&dataset.train, definition.train),
        (&dataset.test, definition.test),
    ] {
        assert_eq!((samples.len(), samples.shape()), (len, definition.shape));
        let classes: BTreeSet<_> = samples.labels().iter().copied().map(usize::from).collect();
        assert!(classes.into_iter().eq(0..definition.classes));
        let largest = (0..len).flat_map(|sample| bytes(samples, sample)).max();
        assert_eq!(largest, Some(definition.normalisation.max));
    }
}

fn bytes(samples: &Samples, sample: usize) -> impl Iterator<Item = u8> {
    samples
        .planes(sample)
        .flat_map(|(plane, _)| plane.iter().copied())
}

#[cfg(feature = "schemars")]
#[test]
fn the_schema_has_every_name_with_its_description() {
    let schema = schemars::schema_for!(Name).to_value();
    let names = schema["oneOf"].as_array().unwrap();
    assert_eq!(names.len(), Name::ALL.len());
    for (schema, name) in names.iter().zip(Name::ALL) {
        assert_eq!(schema["const"], name.as_str());
        assert_eq!(schema["description"], name.definition().description);
    }
}
