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
