//! Whether `repro check` notices a broken rule. No broken rule is in the program: a mutant trains
//! with other settings than asked for, which give what the bug would give, and its results are
//! taken for those of the settings asked for.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use robust_core::{Parameters, Pipeline};
use training::{Checkpoint, Device, Evaluation, Observer, RunSpec, TrainError, ValidRun};

use crate::experiment::{File, Grid, Profile};
use crate::results::aggregate;
use crate::results::check::{self, Comparison};
use crate::results::store::{Circumstances, Store};
use crate::results::table::Table;
use crate::runner::{Executor, Progress, Scheduler, Trainer};

#[derive(Debug)]
struct Mutant {
    trainer: Trainer,
    bug: fn(&mut RunSpec),
}

impl Executor for Mutant {
    fn execute(
        &self,
        run: &ValidRun,
        from: Option<Checkpoint>,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Evaluation>, TrainError> {
        let mut spec = run.spec().clone();
        (self.bug)(&mut spec);
        self.trainer.execute(&ValidRun::new(spec)?, from, observer)
    }
}

/// What `repro check` finds on the quick profile of the demo.
fn check(bug: fn(&mut RunSpec)) -> Comparison {
    let experiments = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    let file = File::load(&experiments.join("demo.yaml"), Profile::Quick, &[]).unwrap();
    let grid = Grid::expand(file, Device::Flex).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &grid).unwrap();
    let dataset = data::load(data::Name::Digits, None).unwrap();
    let scheduler = Scheduler {
        store: &store,
        made: &Circumstances::here(&grid, &dataset),
        executor: &Mutant {
            trainer: Trainer { dataset },
            bug,
        },
        progress: &Progress::new(&grid.runs),
        stop: &AtomicBool::new(false),
    };
    assert_eq!(scheduler.run(&grid.runs, 2).done, grid.runs.len());
    let records = store.load_all(&grid).unwrap();
    let evaluations = aggregate::evaluations(&grid, &records).unwrap();
    let table = grid.experiment.view.table(&evaluations).unwrap();
    let stored = Table::read(&experiments.join("expected/demo-quick.csv")).unwrap();
    check::compare(
        &stored,
        &Table::from_frame(&table).unwrap(),
        &grid.experiment.tolerance,
        false,
    )
}

/// The cells with a mean beyond its tolerance, one at least.
fn caught(bug: fn(&mut RunSpec)) -> Vec<String> {
    let beyond = check(bug).beyond;
    let means = beyond.iter().map(ToString::to_string);
    let means: Vec<_> = means.filter(|moved| moved.contains(": mean ")).collect();
    assert!(!means.is_empty(), "{beyond:?}");
    means
}

#[test]
fn the_rules_as_they_are_hold() {
    let comparison = check(|_| ());
    assert!(comparison.holds(), "{comparison:#?}");
}

#[test]
fn arc_that_clips_f_vectors_instead_of_k_is_caught() {
    let cells = caught(|spec| {
        let stages = spec.pipeline.name();
        if stages.starts_with("arc,") {
            let k = Parameters::from_iter([("arc.k", spec.f.to_string())]);
            spec.pipeline = Pipeline::parse(&stages, &k).unwrap();
        }
    });
    assert!(
        cells
            .iter()
            .all(|cell| cell.contains("pipeline arc,nnm,cwtm")),
        "{cells:#?}"
    );
}

#[test]
fn a_worker_without_momentum_is_caught() {
    caught(|spec| spec.momentum = 0.0);
}

/// Fall of empires with τ = −1 sends +μ.
#[test]
fn an_attack_with_the_wrong_sign_is_caught() {
    let cells = caught(|spec| {
        if spec.attack_name() == "sf" {
            let tau = Parameters::from_iter([("tau", "-1")]);
            spec.attack = Some(attacks::parse("foe", &tau).unwrap());
        }
    });
    assert!(
        cells.iter().all(|cell| cell.contains("attack sf")),
        "{cells:#?}"
    );
}
