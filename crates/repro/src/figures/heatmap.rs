//! Worst-case maximal accuracy over two settings of the grid.

use charts::{Cell as Tile, ColorScale, Panel, Series};
use polars::prelude::DataFrame;
use schemars::JsonSchema;
use serde::Deserialize;

use super::axis::Axis;
use super::{PERCENT, Show, points, worst_cells};
use crate::error::Error;
use crate::experiment::{Cell, Experiment, Grid, PipelineSpec};
use crate::results::aggregate;

/// Worst-case maximal accuracy over two settings, a number in each cell, one panel per pipeline.
/// Where a pipeline is another one with one more pre-aggregator, a further panel has the
/// difference.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Heatmap {
    /// The setting on the horizontal axis.
    x: Axis,
    /// The setting on the vertical axis.
    y: Axis,
}

impl Show for Heatmap {
    fn check(&self, experiment: &Experiment) -> Result<(), String> {
        if self.x == self.y {
            return Err("x and y are the same setting".to_owned());
        }
        for axis in [Axis::Partition, Axis::F, Axis::InitScale] {
            if ![&self.x, &self.y].contains(&&axis) && axis.values(experiment).len() > 1 {
                let label = axis.label();
                return Err(format!(
                    "a heatmap has two axes, but the grid also spans {label}"
                ));
            }
        }
        self.x.check(experiment)?;
        self.y.check(experiment)
    }

    fn table(&self, evaluations: &DataFrame) -> Result<DataFrame, Error> {
        aggregate::worst_case(evaluations)
    }

    fn panels(&self, grid: &Grid, evaluations: &DataFrame) -> Result<Vec<Panel>, Error> {
        let points = points(&aggregate::worst_case(evaluations)?, PERCENT)?;
        let cells: Vec<(&Cell, f64)> = worst_cells(grid)
            .into_iter()
            .zip(points)
            .map(|(cell, point)| (cell, point.y))
            .collect();
        let pipelines = &grid.experiment.pipelines;
        let tiles = |pipeline| self.tiles(pipeline, &cells, &grid.experiment);
        let mut panels = Vec::new();
        for pipeline in pipelines {
            // It is drawn beside the one that it extends.
            if pipelines.iter().any(|other| extends(pipeline, other)) {
                continue;
            }
            let plain = tiles(pipeline);
            panels.push(self.panel(&pipeline.label, accuracies(plain.clone()), grid));
            for longer in pipelines.iter().filter(|longer| extends(longer, pipeline)) {
                let extended = tiles(longer);
                let pairs = extended.iter().zip(&plain);
                let differences = pairs.map(|(with, without)| Tile {
                    value: with.value - without.value,
                    ..*with
                });
                let differences = differences.collect();
                panels.push(self.panel(&longer.label, accuracies(extended), grid));
                let title = format!("{} − {}", longer.label, pipeline.label);
                let unit = "difference (points)";
                let series = Series::cells(unit, ColorScale::Diverging, DECIMALS, differences);
                panels.push(self.panel(&title, series, grid));
            }
        }
        Ok(panels)
    }
}

const DECIMALS: u8 = 1;

fn accuracies(tiles: Vec<Tile>) -> Series {
    let scale = ColorScale::Sequential {
        low: 0.0,
        high: PERCENT,
    };
    Series::cells("worst-case maximal accuracy (%)", scale, DECIMALS, tiles)
}

/// Whether a pipeline is another one with one more pre-aggregator.
fn extends(longer: &PipelineSpec, shorter: &PipelineSpec) -> bool {
    let names = [longer, shorter].map(|pipeline| pipeline.pipeline.name());
    let [longer_names, shorter_names] = names
        .each_ref()
        .map(|name| name.split(',').collect::<Vec<_>>());
    let without = |at: usize| {
        let mut names = longer_names.clone();
        names.remove(at);
        names == shorter_names
    };
    longer_names.len() == shorter_names.len() + 1 && (0..longer_names.len()).any(without)
}

impl Heatmap {
    /// A number for each place; not a number where the grid has none.
    fn tiles(
        &self,
        pipeline: &PipelineSpec,
        cells: &[(&Cell, f64)],
        experiment: &Experiment,
    ) -> Vec<Tile> {
        let (columns, rows) = (self.x.values(experiment), self.y.values(experiment));
        let mut tiles = Vec::new();
        for (x, column) in columns.iter().enumerate() {
            for (y, row) in rows.iter().enumerate() {
                let mut cells = cells.iter();
                let found = cells.find(|(cell, _)| {
                    cell.pipeline == *pipeline
                        && self.x.includes(column, cell)
                        && self.y.includes(row, cell)
                });
                let value = found.map_or(f64::NAN, |(_, accuracy)| *accuracy);
                tiles.push(Tile { x, y, value });
            }
        }
        tiles
    }

    fn panel(&self, title: &str, series: Series, grid: &Grid) -> Panel {
        let axis =
            |axis: &Axis| charts::Axis::categories(axis.label(), axis.values(&grid.experiment));
        let mut panel = Panel::new(axis(&self.x), axis(&self.y));
        panel.title = Some(title.to_owned());
        panel.series.push(series);
        panel
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::tiny;

    #[test]
    fn a_pipeline_extends_another_one_by_one_stage() {
        let grid = tiny(&["pipelines=['cwtm', 'arc,cwtm', 'arc,nnm,cwtm', 'nnm,cwtm', 'nnm,gm']"]);
        let pipelines = grid.unwrap().experiment.pipelines;
        let [cwtm, arc, arc_nnm, nnm, gm] = pipelines.as_slice() else {
            panic!("{pipelines:?}")
        };
        assert!(extends(arc, cwtm) && extends(nnm, cwtm));
        assert!(extends(arc_nnm, nnm) && extends(arc_nnm, arc));
        assert!(
            !extends(arc_nnm, cwtm)
                && !extends(cwtm, arc)
                && !extends(nnm, gm)
                && !extends(gm, cwtm)
        );
        assert!(!extends(arc, arc));
    }

    #[test]
    fn axes_that_leave_the_grid_ambiguous_are_refused() {
        let refused = |settings: &[&str]| tiny(settings).unwrap_err().to_string();
        let message = refused(&["view={kind: heatmap, x: f, y: f}"]);
        assert!(
            message.contains("x and y are the same setting"),
            "{message}"
        );
        let message = refused(&[
            "view={kind: heatmap, x: f, y: partition}",
            "init_scale=[1, 2]",
        ]);
        let expected = "also spans scale of the initial parameters";
        assert!(message.contains(expected), "{message}");
        tiny(&[
            "view={kind: heatmap, x: f, y: init_scale}",
            "init_scale=[1, 2]",
        ])
        .unwrap();
    }
}
