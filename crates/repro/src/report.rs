//! One page with all that is computed. It is HTML with everything inside: no scripts, no links to
//! elsewhere. All text is escaped by the template.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::experiment::{Experiment, Grid, Origin};
use crate::results::check::{self, Comparison};
use crate::results::facts::Facts;
use crate::results::store::Record;
use crate::results::table::Table;

/// One experiment at one profile, all of its runs done.
#[derive(Debug)]
pub struct Computed {
    /// The experiment.
    pub grid: Grid,
    /// What is kept of its runs, in the order of the grid.
    pub records: Vec<Record>,
    /// Its table.
    pub table: Table,
    /// The stored table, if there is one.
    pub stored: Option<Table>,
    /// Whether it must be the stored one to the last digit.
    pub exact: bool,
    /// The figure as SVG.
    pub figure: String,
}

/// One that isn't all done.
#[derive(Debug)]
pub struct Pending {
    /// The experiment and its profile.
    pub name: String,
    /// How many of its runs are computed.
    pub computed: usize,
    /// How many there are.
    pub runs: usize,
    /// Runs that failed when they were last tried, and why.
    pub failures: Vec<(String, String)>,
}

const STYLE: &str = "\
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; \
color: #222; background: #fff }
section { border-top: 1px solid #ccc; margin-top: 3rem }
figure { margin: 1rem 0 } figure svg { max-width: 100%; height: auto }
figcaption, .facts { color: #444 }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: 0.15rem 0.7rem 0.15rem 0; border-bottom: 1px solid #eee }
.number { text-align: right } .moved { color: #b00020; font-weight: bold }
.scroll { overflow-x: auto } summary { cursor: pointer; margin: 0.7rem 0 }";

/// The page.
pub fn page(computed: &[Computed], pending: &[Pending]) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Adaptive robust clipping: results" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Adaptive robust clipping: results" }
                p {
                    "Each number is the mean over the seeds, ± their standard deviation. Settings say "
                    "where they come from: P published text, G the authors’ public code, R "
                    "reconstructed, not confirmed, ours chosen by this project."
                }
                nav {
                    ul {
                        @for section in computed {
                            li { a href={ "#" (anchor(section)) } { (heading(section)) } }
                        }
                    }
                }
                @if !pending.is_empty() { (unfinished(pending)) }
                @for computed in computed { (section(computed)) }
            }
        }
    };
    page.into_string()
}

fn anchor(computed: &Computed) -> String {
    format!("{}-{}", computed.grid.experiment.id, computed.grid.profile)
}

fn heading(computed: &Computed) -> String {
    let Grid {
        experiment,
        profile,
        ..
    } = &computed.grid;
    format!("{} ({profile}): {}", experiment.id, experiment.title)
}

fn unfinished(pending: &[Pending]) -> Markup {
    html! {
        details {
            summary { "Not computed yet: " (pending.len()) }
            ul {
                @for Pending { name, computed, runs, failures } in pending {
                    li {
                        (name) ": " (computed) " of " (runs) " runs"
                        @if !failures.is_empty() {
                            ul {
                                @for (run, reason) in failures {
                                    li class="moved" { (run) ": " (reason) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn section(computed: &Computed) -> Markup {
    let experiment = &computed.grid.experiment;
    html! {
        section id=(anchor(computed)) {
            h2 { (heading(computed)) }
            p class="facts" { "In the paper: " (experiment.figure) }
            figure {
                (PreEscaped(&computed.figure))
                figcaption { (experiment.reading) }
            }
            (values(computed))
            (facts(computed))
            details {
                summary { "Settings, and where they come from" }
                div class="scroll" {
                    table {
                        tr { th { "setting" } th { "value" } th { "source" } th { "note" } }
                        @for (name, value, origin) in settings(experiment) {
                            tr {
                                td { (name) } td { (value) } td { (origin.source.to_string()) }
                                td { (origin.note) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The table, with the stored one beside it.
fn values(computed: &Computed) -> Markup {
    let table = &computed.table;
    let first = table.column("mean").unwrap_or(table.header.len());
    let shown: Vec<usize> = (0..first)
        .filter(|&column| table.rows.iter().any(|row| !row[column].is_empty()))
        .collect();
    let tolerance = &computed.grid.experiment.tolerance;
    let stored = computed.stored.as_ref();
    let comparison = stored.map(|stored| check::compare(stored, table, tolerance, computed.exact));
    let same = |row: &[String]| {
        let mut rows = stored.into_iter().flat_map(|stored| &stored.rows);
        rows.find(|stored| stored.get(..first) == row.get(..first))
    };
    html! {
        div class="scroll" {
            table {
                tr {
                    @for &column in &shown { th { (table.header[column]) } }
                    th class="number" { "computed" }
                    @if stored.is_some() { th class="number" { "stored" } }
                    @for name in &table.header[(first + 3).min(table.header.len())..] {
                        th { (name) }
                    }
                }
                @for row in &table.rows {
                    @let moved = comparison.as_ref().is_some_and(|all| has_moved(all, table, row));
                    tr class=[moved.then_some("moved")] {
                        @for &column in &shown { td { (row[column]) } }
                        td class="number" { (mean_and_std(row, first)) }
                        @if stored.is_some() {
                            td class="number" {
                                @if let Some(stored) = same(row) { (mean_and_std(stored, first)) }
                            }
                        }
                        @for value in &row[(first + 3).min(row.len())..] { td { (value) } }
                    }
                }
            }
        }
        @if let Some(Comparison { cells, within, beyond }) = &comparison {
            p class="facts" {
                "Stored table: " (cells) " cells; " (within.len())
                " values moved within their tolerance, " (beyond.len()) " beyond."
            }
            @if !beyond.is_empty() {
                ul { @for moved in beyond { li class="moved" { (moved.to_string()) } } }
            }
        } @else {
            p class="facts" { "No stored table." }
        }
    }
}

fn has_moved(comparison: &Comparison, table: &Table, row: &[String]) -> bool {
    let cell = check::cell(table, row);
    comparison.beyond.iter().any(|moved| moved.cell == cell)
}

/// `mean`, `std` and `seeds` follow each other.
fn mean_and_std(row: &[String], mean: usize) -> String {
    let number = |column: usize| row.get(column).and_then(|text| text.parse::<f64>().ok());
    match (number(mean), number(mean + 1)) {
        (Some(mean), Some(std)) => format!("{mean:.4} ± {std:.4}"),
        (Some(mean), None) => format!("{mean:.4}"),
        _ => String::new(),
    }
}

fn facts(computed: &Computed) -> Markup {
    let facts = Facts::new(&computed.grid, &computed.records);
    let facts = [
        ("Runs", facts.runs.to_string()),
        ("Seeds", list(&facts.seeds)),
        (
            "Time",
            format!(
                "{:.2} core-hours, the longest run {:.1} s",
                facts.core_hours, facts.longest_run_seconds
            ),
        ),
        ("Machine", facts.machine.join("; ")),
        ("Device", facts.device.join("; ")),
        ("Program", facts.program.join("; ")),
        ("Data", facts.data.join("; ")),
    ];
    html! {
        dl class="facts" {
            @for (name, value) in facts { dt { b { (name) } } dd { (value) } }
        }
    }
}

fn list<T: ToString>(values: &[T]) -> String {
    let values: Vec<_> = values.iter().map(ToString::to_string).collect();
    values.join(", ")
}

/// Each setting whose provenance the file gives, with its value.
fn settings(experiment: &Experiment) -> Vec<(&'static str, String, &Origin)> {
    let (optimiser, from) = (&experiment.optimiser, &experiment.provenance);
    let names = |mut names: Vec<String>| {
        if experiment.dsgd {
            names.push("DSGD".to_owned());
        }
        names.join("; ")
    };
    let pipelines = experiment.pipelines.iter();
    let pipelines = pipelines.map(|pipeline| pipeline.name()).collect();
    let attacks: Vec<_> = experiment
        .attacks
        .iter()
        .map(|attack| attack.name())
        .collect();
    let decay = match optimiser.milestones.as_slice() {
        [] => String::new(),
        steps => format!(", × {} from steps {}", optimiser.factor, list(steps)),
    };
    vec![
        ("dataset", experiment.dataset.to_string(), &from.dataset),
        ("partitions", list(&experiment.partitions), &from.partitions),
        (
            "honest workers",
            experiment.honest.to_string(),
            &from.honest,
        ),
        ("f", list(&experiment.f.0), &from.f),
        ("pipelines", names(pipelines), &from.pipelines),
        ("attacks", attacks.join("; "), &from.attacks),
        ("model", experiment.model.to_string(), &from.model),
        (
            "scale of the initial parameters",
            list(&experiment.init_scale.0),
            &from.init_scale,
        ),
        ("batch", optimiser.batch.to_string(), &from.batch),
        (
            "step size",
            format!("{}{decay}", optimiser.learning_rate),
            &from.learning_rate,
        ),
        ("momentum", optimiser.momentum.to_string(), &from.momentum),
        ("ℓ2", optimiser.weight_decay.to_string(), &from.weight_decay),
        ("steps", experiment.steps.to_string(), &from.steps),
        (
            "evaluations",
            format!("every {} steps", experiment.evaluate_every),
            &from.evaluate_every,
        ),
        ("seeds", list(&experiment.seeds), &from.seeds),
    ]
}
