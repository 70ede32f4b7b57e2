//! What files hold, and what is refused.

use crate::samples::*;
use crate::*;

#[test]
fn a_figure_is_one_or_two_columns_wide() {
    let document = svg(&learning_curves(1)).unwrap();
    assert!(document.contains(r#"width="3.3000in""#));
    let document = svg(&learning_curves(2)).unwrap();
    assert!(document.contains(r#"width="7.0000in""#));
}

#[test]
fn the_svg_holds_each_name_once_as_escaped_text() {
    let mut figure = learning_curves(2);
    for panel in &mut figure.panels {
        panel.series[0].label = r#"a < b & "c""#.to_owned();
    }
    let document = svg(&figure).unwrap();
    for name in [
        "a &lt; b &amp; &quot;c&quot;",
        METHODS[1],
        METHODS[2],
        METHODS[3],
    ] {
        assert_eq!(
            document.matches(&format!("\n{name}\n</text>")).count(),
            1,
            "{name}"
        );
    }
    assert!(!document.contains("a < b"));
    assert!(
        document.contains(r#"font-family="Arimo, Liberation Sans, Arial, Helvetica, sans-serif""#)
    );
    assert!(document.starts_with("<svg ") && document.trim_end().ends_with("</svg>"));
    assert_eq!(
        document.matches("<text ").count(),
        document.matches("</text>").count()
    );
}

#[cfg(feature = "png")]
#[test]
fn the_same_figure_gives_the_same_bytes() {
    let (first, second) = (learning_curves(2), learning_curves(2));
    assert_eq!(svg(&first).unwrap(), svg(&second).unwrap());
    assert_eq!(png(&first).unwrap(), png(&second).unwrap());
}

#[cfg(feature = "png")]
#[test]
fn the_png_has_300_pixels_per_inch_and_says_so() {
    let bytes = png(&bars()).unwrap();
    let reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    assert_eq!(reader.info().width, 990);
    let density = reader.info().pixel_dims.unwrap();
    assert_eq!((density.xppu, density.unit), (11811, png::Unit::Meter));
}

#[test]
fn numbers_of_panels_and_columns_are_bounded() {
    let figure = |columns, panels| Figure {
        title: None,
        columns,
        panels: vec![Panel::new(Axis::linear("x"), Axis::linear("y")); panels],
    };
    assert!(matches!(
        svg(&figure(1, 0)),
        Err(Error::Panels { panels: 0, .. })
    ));
    assert!(matches!(
        svg(&figure(1, MAX_PANELS + 1)),
        Err(Error::Panels { .. })
    ));
    assert!(matches!(
        svg(&figure(0, 1)),
        Err(Error::Columns { columns: 0, .. })
    ));
    assert!(matches!(
        svg(&figure(MAX_COLUMNS + 1, 1)),
        Err(Error::Columns { .. })
    ));
    assert!(svg(&figure(MAX_COLUMNS, MAX_PANELS)).is_ok());
}

#[test]
fn what_fits_on_no_page_is_refused() {
    let names = Axis::categories("y", (0..10_000).map(|i| i.to_string()));
    let figure = one_line(Axis::linear("x"), names, vec![]);
    let error = svg(&figure).unwrap_err();
    assert!(
        matches!(error, Error::Height { height, .. } if height > 1000.0),
        "{error}"
    );
}

/// A panel of two columns and three rows with these cells.
fn cells(cells: &[(usize, usize, f64)]) -> Panel {
    let cells = cells.iter().map(|&(x, y, value)| Cell { x, y, value });
    cell_panel(2, 3, Series::cells("accuracy", PERCENT, 0, cells.collect()))
}

fn refused(panel: Panel) -> Error {
    let figure = Figure {
        title: None,
        columns: 1,
        panels: vec![panel],
    };
    svg(&figure).unwrap_err()
}

#[test]
fn cells_show_their_numbers_on_their_colours() {
    let document = svg(&heatmap(2, (2, 2))).unwrap();
    let count = |text: &str| document.matches(text).count();
    // 0, 38.9, none and 16.6 in both panels; the legend has 0 as well.
    for text in ["0.0", "38.9", "16.6"] {
        assert_eq!(count(&format!("\n{text}\n")), 2, "{text}");
    }
    assert_eq!(count("\n–\n"), 4, "two cells, and two differences");
    assert_eq!(count("\n7.8\n") + count("\n−3.3\n"), 2);
    assert_eq!(count("\naccuracy (%)\n"), 1);
    // Two empty cells and their differences.
    assert_eq!(count("fill=\"#D0D0D0\""), 4);
    // The darkest colour, under white: in two panels and the legend.
    assert_eq!(count("fill=\"#440154\""), 3);
    assert!(count("fill=\"#FFFFFF\"") > 3 && count("fill=\"#000000\"") > 3);
    #[cfg(feature = "png")]
    assert!(png(&heatmap(2, (2, 2))).is_ok());
}

#[test]
fn cells_need_categories_on_both_axes() {
    for upright in [false, true] {
        let mut panel = cells(&[(0, 0, 1.0)]);
        let axis = if upright { &mut panel.y } else { &mut panel.x };
        *axis = Axis::linear("step");
        assert_eq!(
            refused(panel).to_string(),
            "the cells of `accuracy` need categories on both axes, and axis `step` has none"
        );
    }
}

#[test]
fn cells_lie_within_the_axes() {
    for (x, y) in [(2, 2), (1, 3), (usize::MAX, 0)] {
        assert_eq!(
            refused(cells(&[(1, 2, 1.0), (x, y, 1.0)])).to_string(),
            format!(
                "`accuracy` has a cell at ({x}, {y}): the axes have 2 × 3 places, counted from 0"
            )
        );
    }
}

#[test]
fn two_cells_of_a_panel_have_two_places() {
    let text = "`accuracy` has a cell at (1, 0), where the panel already has one";
    let twice = cells(&[(1, 0, 1.0), (0, 1, 1.0), (1, 0, f64::NAN)]);
    assert_eq!(refused(twice).to_string(), text);
    let mut two_series = cells(&[(1, 0, 1.0)]);
    two_series.series.push(two_series.series[0].clone());
    assert_eq!(refused(two_series).to_string(), text);
}

#[test]
fn cells_are_finite_or_empty() {
    for (value, shown) in [(f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        assert_eq!(
            refused(cells(&[(0, 0, f64::NAN), (1, 1, value)])).to_string(),
            format!(
                "cell (1, 1) of `accuracy` is {shown}: finite numbers have colours, and NaN is none"
            )
        );
    }
}

#[test]
fn a_colour_scale_has_finite_ends_in_order() {
    for (low, high) in [
        (1.0, 1.0),
        (1.0, 0.0),
        (f64::NAN, 1.0),
        (0.0, f64::NAN),
        (0.0, f64::INFINITY),
        (-f64::MAX, f64::MAX),
        (0.0, 5e-324),
    ] {
        let scale = ColorScale::Sequential { low, high };
        let error = svg(&one_cell(scale, 1, 0.5)).unwrap_err();
        assert!(
            matches!(&error, Error::Range { axis, .. } if axis == "accuracy (%)"),
            "{error}"
        );
    }
}

#[test]
fn a_panel_without_values_says_so() {
    let nothing = one_line(
        Axis::linear("x"),
        accuracy(),
        vec![Point::new(f64::NAN, 1.0); 2],
    );
    assert!(svg(&nothing).unwrap().contains("\nno data\n"));
    let no_names = Axis::categories("x", [""; 0]);
    assert!(
        svg(&one_line(no_names, accuracy(), vec![]))
            .unwrap()
            .contains("\nno data\n")
    );
    let mut no_cells = heatmap(2, (2, 2));
    for panel in &mut no_cells.panels {
        panel.series[0] = Series::cells("accuracy", PERCENT, 0, vec![]);
    }
    assert_eq!(svg(&no_cells).unwrap().matches("\nno data\n").count(), 3);
}

#[test]
fn labels_without_room_are_refused_by_name() {
    let name = "long".repeat(100);
    let mut figure = learning_curves(1);
    figure.panels[0].series[0].label = name.clone();
    assert!(matches!(svg(&figure), Err(Error::Room { text, .. }) if text == name));
    let axis = Axis::categories("y", [name.clone()]);
    let figure = one_line(Axis::linear("x"), axis, vec![Point::new(0.0, 0.0)]);
    assert!(matches!(svg(&figure), Err(Error::Room { text, .. }) if text == name));
}
