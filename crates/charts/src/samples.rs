//! Figures for the tests.

use crate::axis::Axis;
use crate::figure::{At, Figure, Panel, Reference};
use crate::series::{Bubble, Cell, ColorScale, Point, Series};
use crate::style::{Color, Dashes, Family, Inside, Side, Style};

/// Labels that need a font with ∘.
pub(crate) const METHODS: [&str; 4] = ["mean", "F∘mixing", "F∘mixing∘fixed", "F∘mixing∘adaptive"];

/// Colours, dashes and insides that differ.
fn method(index: usize) -> Style {
    let (color, dashes, inside) = match index {
        0 => (Color::BLACK, Dashes::DASH_DOTTED, Inside::Half(Side::Left)),
        1 => (Color::VERMILION, Dashes::DASHED, Inside::Hollow),
        2 => (Color::BLUISH_GREEN, Dashes::DOTTED, Inside::Dot),
        _ => (Color::BLUE, Dashes::SOLID, Inside::Filled),
    };
    let family = Family {
        color,
        dashes,
        inside,
    };
    family.member(index).unwrap()
}

/// A made-up curve.
pub(crate) fn curve(top: f64, spread: f64) -> Vec<Point> {
    let y = |i: i32| top * (1.0 - (-0.3 * f64::from(i)).exp()) + f64::from(i * 7 % 5);
    (0..=20)
        .map(|i| Point::new(f64::from(50 * i), y(i)).spread(spread))
        .collect()
}

pub(crate) fn accuracy() -> Axis {
    Axis::linear("test accuracy (%)").within(0.0, 100.0)
}

pub(crate) fn learning_curves(columns: usize) -> Figure {
    let panel = |attack: &str| {
        let mut panel = Panel::new(Axis::linear("step"), accuracy());
        panel.title = Some(attack.to_owned());
        for (i, name) in METHODS.iter().enumerate() {
            let points = curve(30.0 * i as f64, 25.0);
            panel.series.push(Series::line(*name, method(i), points));
        }
        panel
    };
    Figure {
        title: Some("Learning curves at extreme heterogeneity, under two attacks".to_owned()),
        columns,
        panels: vec![panel("sign flipping"), panel("label flipping")],
    }
}

pub(crate) fn worst_cases(columns: usize, names: [&str; 4]) -> Figure {
    let panel = |title: String| {
        let mut panel = Panel::new(Axis::categories("heterogeneity", names), accuracy());
        panel.title = Some(title);
        for (i, name) in METHODS.iter().enumerate() {
            let y = |x: usize| 95.0 - (x * x * (i + 1)) as f64;
            let points = (0..4)
                .map(|x| Point::new(x as f64, y(x)).spread(4.0))
                .collect();
            panel.series.push(Series::joined(*name, method(i), points));
        }
        panel
    };
    Figure {
        title: None,
        columns,
        panels: (0..6).map(|f| panel(format!("f = {f}"))).collect(),
    }
}

pub(crate) fn theory() -> Figure {
    let mut left = Panel::new(Axis::linear("f / n"), Axis::log("robustness coefficient κ"));
    let points = (1..20)
        .map(|i| Point::new(f64::from(i) / 40.0, 0.01 * 1.5_f64.powi(i)))
        .collect();
    left.series.push(Series::line("F", Style::nth(0), points));
    left.references.push(Reference {
        label: "lower bound ε₀".to_owned(),
        at: At::Y(0.02),
    });
    left.references.push(Reference {
        label: "breakdown point".to_owned(),
        at: At::X(0.4),
    });
    left.references.push(Reference {
        label: "published κ".to_owned(),
        at: At::Curve(
            (1..9)
                .map(|i| (0.05 * f64::from(i), f64::from(i)))
                .collect(),
        ),
    });
    let mut right = Panel::new(Axis::log("B"), Axis::log("‖∇L(θ)‖² / ε₀"));
    let points = (1..9)
        .map(|i| Point::new(10_f64.powi(i), 10_f64.powi(-i)).spread(0.01))
        .collect();
    right
        .series
        .push(Series::scatter("measured", Style::nth(1), points));
    right.references.push(Reference {
        label: "lower bound ε₀".to_owned(),
        at: At::Y(1.0),
    });
    Figure {
        title: None,
        columns: 2,
        panels: vec![left, right],
    }
}

pub(crate) fn partition(workers: usize) -> Figure {
    let names = |n: usize| (0..n).map(|i| i.to_string());
    let x = Axis::categories("worker", names(workers));
    let mut panel = Panel::new(x, Axis::categories("class", names(10)));
    let bubble = |i: usize| Bubble {
        x: (i / 10) as f64,
        y: (i % 10) as f64,
        count: (i * 37 % 600) as f64,
    };
    let bubbles = (0..10 * workers).map(bubble).collect();
    panel
        .series
        .push(Series::bubbles("images", Style::nth(0), bubbles));
    Figure {
        title: None,
        columns: 1,
        panels: vec![panel],
    }
}

pub(crate) fn bars() -> Figure {
    let names = ["α = 1", "α = 0.1", "extreme"];
    let mut panel = Panel::new(Axis::categories("heterogeneity", names), accuracy());
    for (i, name) in METHODS[1..].iter().enumerate() {
        let points = (0..3)
            .map(|x| Point::new(f64::from(x), 80.0).spread(30.0))
            .collect();
        panel.series.push(Series::bars(*name, method(i), points));
    }
    Figure {
        title: None,
        columns: 1,
        panels: vec![panel],
    }
}

/// Made-up accuracies in per cent, one of them missing.
pub(crate) fn cells(columns: usize, rows: usize) -> Vec<Cell> {
    let cell = |i: usize| Cell {
        x: i % columns,
        y: i / columns,
        value: match i {
            2 => f64::NAN,
            _ => (i * 389 % 1001) as f64 / 10.0,
        },
    };
    (0..columns * rows).map(cell).collect()
}

/// A panel with a cell for each pair of names.
pub(crate) fn cell_panel(columns: usize, rows: usize, series: Series) -> Panel {
    let names = |of: &str, n: usize| (1..=n).map(|i| format!("{of} {i}")).collect::<Vec<_>>();
    let mut panel = Panel::new(
        Axis::categories("attack", names("attack", columns)),
        Axis::categories("rule", names("rule", rows)),
    );
    panel.series.push(series);
    panel
}

pub(crate) const PERCENT: ColorScale = ColorScale::Sequential {
    low: 0.0,
    high: 100.0,
};

/// Accuracies, and how far they are from those in a second panel.
pub(crate) fn heatmap(columns: usize, (across, down): (usize, usize)) -> Figure {
    let accuracies = |title: &str, cells| {
        let series = Series::cells("accuracy (%)", PERCENT, 1, cells);
        let mut panel = cell_panel(across, down, series);
        panel.title = Some(title.to_owned());
        panel
    };
    let before = cells(across, down);
    let (mut after, mut difference) = (before.clone(), before.clone());
    for (i, cell) in before.iter().enumerate() {
        after[i].value = before[(i + 1) % before.len()].value;
        difference[i].value = 0.2 * (after[i].value - cell.value);
    }
    let series = Series::cells("difference", ColorScale::Diverging, 1, difference);
    let mut last = cell_panel(across, down, series);
    last.title = Some("difference".to_owned());
    Figure {
        title: None,
        columns,
        panels: vec![
            accuracies("before", before),
            accuracies("after", after),
            last,
        ],
    }
}

/// One cell of this value.
pub(crate) fn one_cell(scale: ColorScale, decimals: u8, value: f64) -> Figure {
    let cell = Cell { x: 0, y: 0, value };
    let series = Series::cells("accuracy (%)", scale, decimals, vec![cell]);
    Figure {
        title: None,
        columns: 1,
        panels: vec![cell_panel(1, 1, series)],
    }
}

/// Figures with text inside their plotting areas.
pub(crate) fn heatmaps() -> Vec<Figure> {
    vec![
        heatmap(1, (5, 4)),
        heatmap(2, (6, 8)),
        heatmap(3, (5, 3)),
        heatmap(4, (9, 30)),
        one_cell(PERCENT, 1, 42.0),
        one_cell(ColorScale::Diverging, 1, 0.0),
        one_cell(ColorScale::Diverging, 3, f64::NAN),
    ]
}

pub(crate) fn figures() -> Vec<Figure> {
    let levels = ["α = 1", "α = 0.5", "α = 0.1", "extreme"];
    let stages = [
        "coordinate-wise trimmed mean",
        "nearest neighbours",
        "none",
        "geometric median",
    ];
    vec![
        learning_curves(1),
        learning_curves(2),
        worst_cases(2, levels),
        worst_cases(3, levels),
        worst_cases(4, stages),
        theory(),
        partition(10),
        partition(50),
        bars(),
    ]
}

/// A panel with one line through the given values.
pub(crate) fn one_line(x: Axis, y: Axis, points: Vec<Point>) -> Figure {
    let mut panel = Panel::new(x, y);
    panel
        .series
        .push(Series::line("line", Style::nth(0), points));
    Figure {
        title: None,
        columns: 1,
        panels: vec![panel],
    }
}
