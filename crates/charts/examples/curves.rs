//! Writes a figure of two panels, `curves.svg` in the folder given, or the current one.

use std::path::PathBuf;

use charts::{At, Axis, Figure, Panel, Point, Reference, Series, Style, svg};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));

    let mut training = Panel::new(Axis::linear("step"), Axis::log("loss"));
    training.title = Some("training".into());
    for (i, rate) in [0.004, 0.01, 0.02].into_iter().enumerate() {
        let loss = |step: i32| 2.3 * (-rate * f64::from(step)).exp() + 0.02;
        let points = (0..=500).step_by(10);
        let points =
            points.map(|step| Point::new(step.into(), loss(step)).spread(0.2 * loss(step)));
        let label = format!("learning rate {rate}");
        let line = Series::line(label, Style::nth(i), points.collect());
        training.series.push(line);
    }
    training.references.push(Reference {
        label: "least possible loss".into(),
        at: At::Y(0.02),
    });

    let datasets = Axis::categories("dataset", ["digits", "letters", "faces"]);
    let accuracy = Axis::linear("test accuracy (%)").within(0.0, 100.0);
    let mut test = Panel::new(datasets, accuracy);
    test.title = Some("test".into());
    for (i, best) in [71.0, 85.0, 93.0].into_iter().enumerate() {
        let points = [0.0, 1.0, 2.0].map(|x| Point::new(x, best - 9.0 * x).spread(3.0));
        let label = training.series[i].label.clone();
        test.series
            .push(Series::bars(label, Style::nth(i), points.into()));
    }

    let figure = Figure {
        title: None,
        columns: 2,
        panels: vec![training, test],
    };
    let path = folder.join("curves.svg");
    std::fs::write(&path, svg(&figure)?)?;
    println!("{}", path.display());
    Ok(())
}
