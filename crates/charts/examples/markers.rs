//! Writes all markers and insides, `markers.svg` in the folder given, or the current one.

use std::path::PathBuf;

use charts::{
    Axis, Color, Dashes, Family, Figure, Inside, Marker, Panel, Point, Series, Side, svg,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let insides = [
        Inside::Filled,
        Inside::Hollow,
        Inside::Dot,
        Inside::Half(Side::Left),
        Inside::Half(Side::Top),
        Inside::Half(Side::Right),
        Inside::Half(Side::Bottom),
    ];
    let half = Marker::COUNT / 2;
    let panel = |first: usize| -> Result<Panel, charts::Error> {
        let (low, high) = (first as f64 - 1.0, (first + half) as f64);
        let x = Axis::linear("index of the marker").within(low, high);
        let y = Axis::categories("inside", insides.map(|inside| format!("{inside:?}")));
        let mut panel = Panel::new(x, y);
        for (row, inside) in insides.into_iter().enumerate() {
            let family = Family {
                color: Color::spaced(row),
                dashes: Dashes::SOLID,
                inside,
            };
            for index in first..first + half {
                let point = Point::new(index as f64, row as f64);
                let (label, style) = (format!("{inside:?}"), family.member(index)?);
                panel
                    .series
                    .push(Series::scatter(label, style, vec![point]));
            }
        }
        Ok(panel)
    };
    let figure = Figure {
        title: None,
        columns: 2,
        panels: vec![panel(0)?, panel(half)?],
    };
    let path = folder.join("markers.svg");
    std::fs::write(&path, svg(&figure)?)?;
    println!("{}", path.display());
    Ok(())
}
