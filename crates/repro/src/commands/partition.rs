//! `repro partition`

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgMatches, Command, FromArgMatches};
use data::partition::{Description, Parameter, Partition, class_counts};

use crate::{Error, figures};

/// Options of `repro partition`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The dataset, such as mnist.
    #[arg(long)]
    dataset: data::Name,
    #[command(flatten)]
    scheme: Scheme,
    /// Number of honest workers.
    #[arg(long)]
    honest: usize,
    /// The run's seed.
    #[arg(long)]
    seed: u64,
    /// Where datasets are.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Also draws the counts as discs, class against worker: a .svg or .png file.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

/// `--scheme`, and an option for each parameter that a scheme has.
#[derive(Debug, Clone)]
struct Scheme {
    description: &'static Description,
    /// Parameters as given, with their texts.
    given: Vec<(&'static Parameter, String)>,
}

/// The schemes' parameters, each key once.
fn parameters() -> Vec<&'static Parameter> {
    let mut all: Vec<&Parameter> = Vec::new();
    for parameter in Partition::SCHEMES
        .iter()
        .flat_map(|scheme| scheme.parameters)
    {
        if all.iter().all(|other| other.key != parameter.key) {
            all.push(parameter);
        }
    }
    all
}

fn option(parameter: &Parameter) -> String {
    format!("--{}", parameter.key.replace('_', "-"))
}

impl clap::Args for Scheme {
    fn augment_args(command: Command) -> Command {
        let schemes = Partition::SCHEMES.iter();
        let schemes = schemes.map(|scheme| PossibleValue::new(scheme.name).help(scheme.purpose));
        let scheme = Arg::new("scheme")
            .long("scheme")
            .required(true)
            .value_parser(PossibleValuesParser::new(schemes))
            .help("How to split its training set");
        let parameters = parameters().into_iter().map(|parameter| {
            let Parameter { purpose, range, .. } = parameter;
            Arg::new(parameter.key)
                .long(parameter.key.replace('_', "-"))
                .value_name("NUMBER")
                .allow_negative_numbers(true)
                .help(format!("{purpose} ({range})"))
        });
        command.arg(scheme).args(parameters)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Scheme {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let name = matches.get_one::<String>("scheme");
        let mut schemes = Partition::SCHEMES.iter();
        let description = schemes.find(|scheme| name.is_some_and(|name| name == scheme.name));
        let given = parameters().into_iter().filter_map(|parameter| {
            let text = matches.get_one::<String>(parameter.key)?;
            Some((parameter, text.clone()))
        });
        Ok(Self {
            description: description
                .ok_or_else(|| clap::Error::new(clap::error::ErrorKind::MissingRequiredArgument))?,
            given: given.collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Scheme {
    fn partition(&self) -> Result<Partition, Error> {
        let Description {
            name, parameters, ..
        } = self.description;
        let takes = || {
            let options: Vec<_> = parameters.iter().map(option).collect();
            if options.is_empty() {
                return format!("{name} takes no parameter");
            }
            format!("{name} takes {}", options.join(" and "))
        };
        let mut settings = serde_json::Map::from_iter([("scheme".to_owned(), (*name).into())]);
        for (parameter, text) in &self.given {
            let error = |problem| Error::Argument {
                argument: option(parameter),
                problem,
            };
            if parameters.iter().all(|known| known.key != parameter.key) {
                return Err(error(takes()));
            }
            let number: serde_json::Number = text.trim().parse().map_err(|_| {
                error(format!(
                    "`{text}` is no number; expected {}",
                    parameter.range
                ))
            })?;
            settings.insert(parameter.key.to_owned(), number.into());
        }
        for parameter in parameters
            .iter()
            .filter(|parameter| parameter.default.is_none())
        {
            if !settings.contains_key(parameter.key) {
                return Err(Error::Argument {
                    argument: "--scheme".to_owned(),
                    problem: takes(),
                });
            }
        }
        serde_json::from_value(settings.into()).map_err(|error| Error::Argument {
            argument: "--scheme".to_owned(),
            problem: error.to_string(),
        })
    }
}

/// Prints `worker,class,count`: the split that a run with this seed trains on.
pub fn execute(args: &Args, out: &mut dyn Write) -> Result<()> {
    let partition = args.scheme.partition()?;
    let dataset = super::load(args.dataset, args.data.as_deref())?;
    let labels = dataset.train.labels();
    let workers = partition.split_seeded(labels, dataset.classes, args.honest, args.seed)?;
    let counts = class_counts(&workers, labels, dataset.classes);
    writeln!(out, "worker,class,count")?;
    for (worker, counts) in counts.iter().enumerate() {
        for (class, count) in counts.iter().enumerate() {
            writeln!(out, "{worker},{class},{count}")?;
        }
    }
    if let Some(path) = &args.plot {
        figures::save(&figures::partition(&counts), path)?;
    }
    Ok(())
}
