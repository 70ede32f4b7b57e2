use proptest::prelude::*;

use super::geometry::Rect;
use super::layout::scene;
use super::scene::{Anchor, Scene, Shape, font, text_width};
use super::*;

/// A made-up curve.
fn curve(top: f64, spread: f64) -> Vec<Point> {
    let y = |i: i32| top * (1.0 - (-0.3 * f64::from(i)).exp()) + f64::from(i * 7 % 5);
    (0..=20)
        .map(|i| Point::new(f64::from(50 * i), y(i)).spread(spread))
        .collect()
}

fn accuracy() -> Axis {
    Axis::linear("test accuracy (%)").within(0.0, 100.0)
}

fn learning_curves(columns: usize) -> Figure {
    let panel = |attack: &str| {
        let mut panel = Panel::new(Axis::linear("step"), accuracy());
        panel.title = Some(attack.to_owned());
        for (i, name) in ["dsgd", "nnm,cwtm", "clip,nnm,cwtm", "arc,nnm,cwtm"]
            .iter()
            .enumerate()
        {
            let points = curve(30.0 * i as f64, 25.0);
            panel.series.push(Series::line(
                pipeline_label(name),
                Style::of_pipeline(name),
                points,
            ));
        }
        panel
    };
    Figure {
        title: Some("Learning curves at extreme heterogeneity, under two attacks".to_owned()),
        columns,
        panels: vec![panel("sign flipping"), panel("label flipping")],
    }
}

fn worst_cases(columns: usize, names: [&str; 4]) -> Figure {
    let panel = |title: String| {
        let mut panel = Panel::new(Axis::categories("heterogeneity", names), accuracy());
        panel.title = Some(title);
        for (i, name) in ["arc,nnm,cwtm", "arc,nnm,gm", "nnm,cwtm", "nnm,gm"]
            .iter()
            .enumerate()
        {
            let y = |x: usize| 95.0 - (x * x * (i + 1)) as f64;
            let points = (0..4)
                .map(|x| Point::new(x as f64, y(x)).spread(4.0))
                .collect();
            panel.series.push(Series::joined(
                pipeline_label(name),
                Style::of_pipeline(name),
                points,
            ));
        }
        panel
    };
    Figure {
        title: None,
        columns,
        panels: (0..6).map(|f| panel(format!("f = {f}"))).collect(),
    }
}

fn theory() -> Figure {
    let mut left = Panel::new(Axis::linear("f / n"), Axis::log("robustness coefficient κ"));
    let points = (1..20)
        .map(|i| Point::new(f64::from(i) / 40.0, 0.01 * 1.5_f64.powi(i)))
        .collect();
    left.series
        .push(Series::line("CWTM", Style::other(0), points));
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
        .push(Series::scatter("measured", Style::other(1), points));
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

fn partition(workers: usize) -> Figure {
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
        .push(Series::bubbles("images", Style::other(0), bubbles));
    Figure {
        title: None,
        columns: 1,
        panels: vec![panel],
    }
}

fn bars() -> Figure {
    let names = ["α = 1", "α = 0.1", "extreme"];
    let mut panel = Panel::new(Axis::categories("heterogeneity", names), accuracy());
    for name in ["arc,nnm,gm", "clip,nnm,gm", "nnm,gm"] {
        let points = (0..3)
            .map(|x| Point::new(f64::from(x), 80.0).spread(30.0))
            .collect();
        panel.series.push(Series::bars(
            pipeline_label(name),
            Style::of_pipeline(name),
            points,
        ));
    }
    Figure {
        title: None,
        columns: 1,
        panels: vec![panel],
    }
}

fn figures() -> Vec<Figure> {
    let levels = ["α = 1", "α = 0.5", "α = 0.1", "extreme"];
    let stages = [
        "coordinate-wise trimmed mean",
        "nearest neighbours",
        "ARC",
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
fn one_line(x: Axis, y: Axis, points: Vec<Point>) -> Figure {
    let mut panel = Panel::new(x, y);
    panel
        .series
        .push(Series::line("line", Style::other(0), points));
    Figure {
        title: None,
        columns: 1,
        panels: vec![panel],
    }
}

/// The room that each text takes, from its baseline to the height of its capitals.
fn text_boxes(scene: &Scene) -> Vec<(String, Rect)> {
    let mut boxes = Vec::new();
    for shape in &scene.shapes {
        let Shape::Text(text) = shape else { continue };
        let width = text_width(&text.text, text.size).unwrap();
        let start = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -width / 2.0,
            Anchor::End => -width,
        };
        let ((x, y), height) = (text.at, text.size * super::scene::CAP_HEIGHT);
        let room = if text.upwards {
            Rect {
                left: x - height,
                right: x,
                top: y - start - width,
                bottom: y - start,
            }
        } else {
            Rect {
                left: x + start,
                right: x + start + width,
                top: y - height,
                bottom: y,
            }
        };
        boxes.push((text.text.clone(), room));
    }
    boxes
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

#[test]
fn no_text_touches_another_or_a_plotting_area_or_leaves_the_page() {
    for figure in figures() {
        let scene = scene(&figure).unwrap();
        let page = Rect {
            left: 0.0,
            top: 0.0,
            right: scene.width,
            bottom: scene.height,
        };
        let boxes = text_boxes(&scene);
        for (i, (text, room)) in boxes.iter().enumerate() {
            let corners = [(room.left, room.top), (room.right, room.bottom)];
            assert!(
                corners.into_iter().all(|corner| page.contains(corner)),
                "{text} leaves the page"
            );
            for (other, taken) in &boxes[..i] {
                assert!(!overlap(room, taken), "`{text}` touches `{other}`");
            }
            for plot in &scene.plots {
                assert!(!overlap(room, plot), "`{text}` lies in a plotting area");
            }
        }
    }
}

#[test]
fn the_legend_covers_no_data() {
    for figure in figures() {
        let scene = scene(&figure).unwrap();
        let legend = scene.legend.unwrap();
        assert_eq!(scene.plots.len(), figure.panels.len());
        for (i, plot) in scene.plots.iter().enumerate() {
            assert!(plot.width() > 0.0 && plot.height() > 0.0);
            assert!(!overlap(&legend, plot));
            assert!(scene.plots[..i].iter().all(|other| !overlap(other, plot)));
        }
    }
}

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
        "CWTM∘NNM",
        "CWTM∘NNM∘Clip",
        "CWTM∘NNM∘ARC",
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

#[test]
fn the_same_figure_gives_the_same_bytes() {
    let (first, second) = (learning_curves(2), learning_curves(2));
    assert_eq!(svg(&first).unwrap(), svg(&second).unwrap());
    assert_eq!(png(&first).unwrap(), png(&second).unwrap());
}

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

/// The pixels of a PNG file that are not white, as fractions of width and height.
fn ink(bytes: Vec<u8>) -> Vec<(f64, f64)> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let (width, height) = (info.width as usize, f64::from(info.height));
    let dark = pixels.chunks(3).enumerate().filter(|(_, rgb)| rgb[1] < 128);
    dark.map(|(i, _)| {
        (
            (i % width) as f64 / width as f64,
            (i / width) as f64 / height,
        )
    })
    .collect()
}

#[test]
fn the_png_shows_text_where_the_layout_has_it() {
    let figure = theory();
    let scene = scene(&figure).unwrap();
    let ink = ink(png(&figure).unwrap());
    for (text, room) in text_boxes(&scene) {
        let inside = ink
            .iter()
            .any(|&(x, y)| room.contains((x * scene.width, y * scene.height)));
        assert!(inside, "`{text}` is missing");
    }
}

#[test]
fn the_font_has_what_labels_need() {
    use ab_glyph::Font;
    let font = font().unwrap();
    for sign in "azAZ09αβγδεζθκλμξρστφψΔΣ∘∇‖≤≥±−·×√∞→°²³⁰¹⁴⁵⁶⁷⁸⁹⁻₀₁₂…–".chars()
    {
        assert_ne!(font.glyph_id(sign).0, 0, "{sign}");
    }
}

#[test]
fn numbers_of_panels_and_columns_are_bounded() {
    let figure = |columns, panels| Figure {
        title: None,
        columns,
        panels: vec![Panel::new(Axis::linear("x"), Axis::linear("y")); panels],
    };
    assert!(matches!(svg(&figure(1, 0)), Err(Error::Panels(0))));
    assert!(matches!(
        svg(&figure(1, MAX_PANELS + 1)),
        Err(Error::Panels(_))
    ));
    assert!(matches!(svg(&figure(0, 1)), Err(Error::Columns(0))));
    assert!(matches!(
        svg(&figure(MAX_COLUMNS + 1, 1)),
        Err(Error::Columns(_))
    ));
    assert!(svg(&figure(MAX_COLUMNS, MAX_PANELS)).is_ok());
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
fn a_single_point_is_marked() {
    let figure = one_line(
        Axis::linear("x"),
        Axis::linear("y"),
        vec![Point::new(3.0, 5.0)],
    );
    let scene = scene(&figure).unwrap();
    let discs = scene
        .shapes
        .iter()
        .filter(|shape| matches!(shape, Shape::Disc { .. }));
    // One in the legend, one in the plot.
    assert_eq!(discs.count(), 2);
}

#[test]
fn lines_and_bands_break_at_gaps() {
    let parts = |points: Vec<Point>| {
        let scene = scene(&one_line(Axis::linear("x"), accuracy(), points)).unwrap();
        let [r, g, b] = Style::other(0).color;
        let lines = scene
            .shapes
            .iter()
            .filter(|shape| matches!(shape, Shape::Line { color, .. } if *color == [r, g, b]));
        let bands = scene
            .shapes
            .iter()
            .filter(|shape| matches!(shape, Shape::Polygon { opacity, .. } if *opacity < 1.0));
        // The legend has one of each.
        (lines.count() - 1, bands.count() - 1)
    };
    let mut points: Vec<Point> = (0..9)
        .map(|x| Point::new(f64::from(x), 50.0).spread(5.0))
        .collect();
    assert_eq!(parts(points.clone()), (1, 1));
    points[4].y = f64::INFINITY;
    assert_eq!(parts(points.clone()), (2, 2));
    points[4].y = 50.0;
    points[4].high = f64::NAN;
    assert_eq!(parts(points), (1, 2));
}

#[test]
fn what_leaves_the_axes_is_cut_off() {
    let points = vec![
        Point::new(0.0, -500.0).spread(50.0),
        Point::new(1.0, 600.0).spread(50.0),
    ];
    let scene = scene(&one_line(
        Axis::linear("x").within(0.0, 1.0),
        accuracy(),
        points,
    ))
    .unwrap();
    let plot = scene.plots[0];
    let color = Style::other(0).color;
    let mut seen = 0;
    for shape in &scene.shapes {
        let (Shape::Line {
            points,
            color: drawn,
            ..
        }
        | Shape::Polygon {
            points,
            color: drawn,
            ..
        }) = shape
        else {
            continue;
        };
        if *drawn == color && points[0].1 > scene.legend.unwrap().bottom {
            seen += 1;
            assert!(points.iter().all(|&point| plot.contains(point)));
        }
    }
    assert_eq!(seen, 2, "a line and a band");
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

fn any_scale() -> impl Strategy<Value = Axis> {
    prop_oneof![
        Just(Axis::linear("linear")),
        Just(Axis::log("log")),
        Just(Axis::categories("categories", ["a", "b", "c"])),
        Just(Axis::linear("within").within(-1.0, 2.0)),
        Just(Axis::log("log within").within(0.1, 1e5)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_numbers_give_a_finite_figure(
        x in any_scale(),
        y in any_scale(),
        kind in 0..5,
        values in prop::collection::vec(any::<[f64; 4]>(), 0..12),
    ) {
        let points: Vec<Point> =
            values.iter().map(|&[x, y, low, high]| Point { x, y, low, high }).collect();
        let style = Style::of_pipeline("clip,gm");
        let series = match kind {
            0 => Series::line("s", style, points),
            1 => Series::joined("s", style, points),
            2 => Series::scatter("s", style, points),
            3 => Series::bars("s", style, points),
            _ => Series::bubbles(
                "s",
                style,
                values.iter().map(|&[x, y, count, _]| Bubble { x, y, count }).collect(),
            ),
        };
        let mut panel = Panel::new(x, y);
        panel.series.push(series);
        panel.references.push(Reference {
            label: "r".to_owned(),
            at: At::X(values.first().map_or(f64::NAN, |value| value[0])),
        });
        panel.references.push(Reference {
            label: "curve".to_owned(),
            at: At::Curve(values.iter().map(|&[x, _, y, _]| (x, y)).collect()),
        });
        let figure = Figure { title: None, columns: 1, panels: vec![panel] };
        let scene = scene(&figure).unwrap();
        let page = Rect { left: 0.0, top: 0.0, right: scene.width, bottom: scene.height };
        for shape in &scene.shapes {
            let points = match shape {
                Shape::Line { points, .. } | Shape::Polygon { points, .. } => points.clone(),
                Shape::Disc { center, radius, .. } => {
                    prop_assert!(radius.is_finite());
                    vec![*center]
                }
                Shape::Text(text) => vec![text.at],
            };
            for point in points {
                prop_assert!(page.contains(point), "{shape:?} leaves {page:?}");
            }
        }
        let document = svg(&figure).unwrap();
        prop_assert!(!document.contains("NaN") && !document.contains("inf"));
    }
}
