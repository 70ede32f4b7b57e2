//! Reads an experiment file: its text, the profile's settings over it, the command line's over
//! both.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::schema::{Experiment, Origin, Profile, Source};
use super::yaml::{self, Key, Mapping, Problem, Value};
use crate::error::{Error, Located};

/// A setting of the experiment file that the command line overrides: its key, and its value.
#[derive(Debug, Clone)]
pub struct Setting {
    key: Key,
    value: Value,
    /// As given on the command line.
    argument: String,
}

impl Setting {
    /// `--seeds 1,2`.
    pub fn seeds(seeds: &[u64]) -> Self {
        let list: Vec<_> = seeds.iter().map(ToString::to_string).collect();
        Self {
            key: Key::parse("seeds"),
            value: seeds.iter().map(|&seed| Value::from(seed)).collect(),
            argument: format!("--seeds {}", list.join(",")),
        }
    }
}

/// `--set KEY=VALUE`, with dots in the key for nested settings, and YAML as the value.
impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text
            .split_once('=')
            .ok_or("expected KEY=VALUE, such as steps=100 or optimiser.batch=10")?;
        Ok(Self {
            key: Key::parse(key),
            value: yaml::parse(value)?,
            argument: format!("--set {text}"),
        })
    }
}

/// An experiment file at one profile, all of its keys checked.
#[derive(Debug)]
pub struct File {
    source: Layers,
    /// Its settings.
    pub experiment: Experiment,
}

/// Where settings come from: later layers win, the file, its profile, the command line.
#[derive(Debug)]
struct Layers {
    path: PathBuf,
    text: String,
    profile: Profile,
    settings: Vec<Setting>,
}

impl File {
    /// Reads the file and applies the profile and then the settings, checking after each layer.
    ///
    /// # Errors
    /// If the file can't be read; all that is wrong in it, each with its line and key.
    pub fn load(path: &Path, profile: Profile, settings: &[Setting]) -> Result<Self, Error> {
        let text = read(path)?;
        let mut layers = yaml::parse(&text).map_err(|problem| Located {
            place: path.display().to_string(),
            problem,
        })?;
        let mut source = Layers {
            path: path.to_owned(),
            text,
            profile: Profile::Paper,
            settings: Vec::new(),
        };
        let experiment = source.check(&layers)?;
        let stem = source.path.file_stem().and_then(|stem| stem.to_str());
        if stem != Some(&experiment.id.to_string()) {
            let problem = format!("`{}` must be the file's name without .yaml", experiment.id);
            return Err(source.located("id", problem).into());
        }

        let profiles = profiles(&experiment);
        if !profiles.contains(&profile) {
            let names: Vec<_> = profiles.iter().map(ToString::to_string).collect();
            let problem = format!("no profile `{profile}`; it has {}", names.join(", "));
            return Err(source.located("profiles", problem).into());
        }
        source.profile = profile;
        source.settings = settings.to_vec();
        if let Some(overrides) = experiment.profiles.get(&profile) {
            let overrides = Value::Mapping(overrides.clone());
            merge(&mut layers, overrides.clone());
            own_up(&mut layers, &overrides, &format!("profile {profile}"));
            let names = overrides.as_mapping().into_iter().flatten();
            source.refuse_fixed(names.filter_map(|(name, _)| name.as_str()))?;
            source.check(&layers)?;
        }
        let names = source
            .settings
            .iter()
            .filter_map(|setting| setting.key.names().next());
        source.refuse_fixed(names)?;
        for setting in &source.settings {
            let names: Vec<&str> = setting.key.names().collect();
            let nested = names
                .iter()
                .rev()
                .fold(setting.value.clone(), |value, &name| {
                    Value::Mapping(Mapping::from_iter([(name.into(), value)]))
                });
            merge(&mut layers, nested.clone());
            own_up(&mut layers, &nested, &setting.argument);
        }
        let experiment = source.check(&layers)?;
        Ok(Self { source, experiment })
    }

    /// How much of the experiment it is.
    pub fn profile(&self) -> Profile {
        self.source.profile
    }

    /// The profiles that the file has; the paper's is the file as it stands.
    pub fn profiles(&self) -> Vec<Profile> {
        profiles(&self.experiment)
    }

    /// The arguments of the command line that change settings.
    pub fn changes(&self) -> Vec<String> {
        let arguments = self.source.settings.iter();
        arguments.map(|setting| setting.argument.clone()).collect()
    }

    /// A problem of this setting, with where it stands: the last layer that has it.
    pub fn located(&self, key: &str, problem: impl Into<String>) -> Located {
        self.source.located(key, problem.into())
    }
}

/// The text of a file, without the mark that some editors begin files with.
fn read(path: &Path) -> Result<String, Error> {
    /// No experiment file is as long.
    const LONGEST: u64 = 1 << 20;
    let metadata = std::fs::metadata(path).map_err(Error::read(path))?;
    let problem = |problem: String| Located {
        place: path.display().to_string(),
        problem,
    };
    if !metadata.is_file() {
        return Err(problem("is no file".to_owned()).into());
    }
    if metadata.len() > LONGEST {
        let text = format!("has {} bytes; at most {LONGEST} are read", metadata.len());
        return Err(problem(text).into());
    }
    let bytes = std::fs::read(path).map_err(Error::read(path))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let (text, _) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
        let line = 1 + text.iter().filter(|&&byte| byte == b'\n').count();
        problem(format!("line {line} is not UTF-8 text"))
    })?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

fn profiles(experiment: &Experiment) -> Vec<Profile> {
    let mut profiles: Vec<_> = experiment.profiles.keys().copied().collect();
    if !profiles.contains(&Profile::Paper) {
        profiles.push(Profile::Paper);
    }
    profiles
}

impl Layers {
    fn check(&self, layers: &Value) -> Result<Experiment, Error> {
        yaml::read(layers).map_err(|_: Problem| {
            let example = yaml::parse(include_str!("example.yaml")).unwrap_or_default();
            let problems = yaml::problems::<Experiment>(layers, &example);
            let located = problems
                .into_iter()
                .map(|Problem { key, text }| self.locate(&key, text));
            Error::Experiment(located.collect())
        })
    }

    /// An experiment's name and its profiles are the file's.
    fn refuse_fixed<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> Result<(), Error> {
        match names.find(|name| ["id", "profiles"].contains(name)) {
            Some(name) => {
                let problem = format!("`{name}` is the file's, and can't be replaced");
                Err(self.located(name, problem).into())
            }
            None => Ok(()),
        }
    }

    fn located(&self, key: &str, problem: String) -> Located {
        self.locate(&Key::parse(key), problem)
    }

    fn locate(&self, key: &Key, problem: String) -> Located {
        let first = key.names().next();
        let mut settings = self.settings.iter().rev();
        let given = settings.find(|setting| setting.key.names().next() == first);
        let profile = self.profile.to_string();
        let in_profile = yaml::line(&self.text, &key.within(&["profiles", &profile]));
        // At least the profile has the setting's first name.
        let in_profile = in_profile.filter(|(_, found)| *found >= 3);
        let file = self.path.display();
        let place = match (given, in_profile.or(yaml::line(&self.text, key))) {
            (Some(setting), _) => format!("{file}, {}", setting.argument),
            (None, Some((line, _))) => format!("{file}, line {line}, `{key}`"),
            (None, None) => file.to_string(),
        };
        Located { place, problem }
    }
}

/// Mappings are merged key by key; everything else is replaced, also a mapping of another `kind`,
/// whose keys are others.
fn merge(under: &mut Value, over: Value) {
    let same_kind = |under: &Mapping, over: &Mapping| {
        over.get("kind")
            .is_none_or(|kind| under.get("kind") == Some(kind))
    };
    match (under, over) {
        (Value::Mapping(under), Value::Mapping(over)) if same_kind(under, &over) => {
            for (key, value) in over {
                match under.get_mut(&key) {
                    Some(place) => merge(place, value),
                    None => {
                        under.insert(key, value);
                    }
                }
            }
        }
        (under, over) => *under = over,
    }
}

/// What a profile or the command line replaces is ours, unless it says where it is from.
fn own_up(layers: &mut Value, over: &Value, by: &str) {
    let Some(Value::Mapping(provenance)) = layers.get_mut("provenance") else {
        return;
    };
    let replaced = over.as_mapping().into_iter().flatten();
    let nested = over.get("optimiser").and_then(Value::as_mapping);
    let names = replaced
        .chain(nested.into_iter().flatten())
        .map(|(name, _)| name);
    for name in names.filter_map(Value::as_str) {
        let setting = match name {
            "train_samples" | "test_samples" | "augmentation" => "dataset",
            "milestones" | "factor" => "learning_rate",
            "weight_decay_at" => "weight_decay",
            same => same,
        };
        let says = over
            .get("provenance")
            .is_some_and(|from| from.get(setting).is_some());
        if !says && let Some(origin) = provenance.get_mut(setting) {
            let ours = Origin {
                source: Source::Ours,
                note: format!("{name} of {by}"),
            };
            *origin = yaml::value(&ours);
        }
    }
}
