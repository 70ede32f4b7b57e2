//! Where things are on a page.

mod cells;

use proptest::prelude::*;

use super::*;
use crate::axis::Axis;
use crate::figure::{At, Panel, Reference};
use crate::samples::*;
use crate::scene::{Anchor, Shape};
use crate::series::{Bubble, Point, Series};
use crate::style::{Color, Dashes, Family, Inside, Marker, Side, Style};
use crate::text::CAP_HEIGHT;

fn font() -> Font {
    Font::embedded().unwrap()
}

fn scene(figure: &Figure) -> Scene {
    Page::new(figure, &font()).unwrap().scene()
}

/// The strip of the legend.
fn legend(page: &Page<'_>) -> Rect {
    Rect {
        left: PAD,
        top: page.legend_top,
        right: page.width - PAD,
        bottom: page.legend_top + page.legend.height(),
    }
}

/// The room that each text takes, from its baseline to the height of its capitals.
fn text_boxes(scene: &Scene) -> Vec<(String, Rect)> {
    let (font, mut boxes) = (font(), Vec::new());
    for shape in &scene.shapes {
        let Shape::Text(text) = shape else { continue };
        let width = font.width(&text.text, text.size);
        let start = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -width / 2.0,
            Anchor::End => -width,
        };
        let ((x, y), height) = (text.at, text.size * CAP_HEIGHT);
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
        let page = Page::new(&figure, &font()).unwrap();
        let scene = page.scene();
        let areas: Vec<Rect> = page.panels.iter().map(|(_, area)| *area).collect();
        let paper = Rect {
            left: 0.0,
            top: 0.0,
            right: scene.width,
            bottom: scene.height,
        };
        let boxes = text_boxes(&scene);
        for (i, (text, room)) in boxes.iter().enumerate() {
            let corners = [(room.left, room.top), (room.right, room.bottom)];
            assert!(
                corners.into_iter().all(|corner| paper.contains(corner)),
                "{text} leaves the page"
            );
            for (other, taken) in &boxes[..i] {
                assert!(!overlap(room, taken), "`{text}` touches `{other}`");
            }
            for area in &areas {
                assert!(!overlap(room, area), "`{text}` lies in a plotting area");
            }
        }
    }
}

#[test]
fn the_legend_covers_no_data() {
    for figure in figures() {
        let page = Page::new(&figure, &font()).unwrap();
        let areas: Vec<Rect> = page.panels.iter().map(|(_, area)| *area).collect();
        assert_eq!(areas.len(), figure.panels.len());
        for (i, area) in areas.iter().enumerate() {
            assert!(area.width() > 0.0 && area.height() > 0.0);
            assert!(!overlap(&legend(&page), area));
            assert!(areas[..i].iter().all(|other| !overlap(other, area)));
        }
    }
}

/// The pixels of a PNG file that are not white, as fractions of width and height.
#[cfg(feature = "png")]
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

#[cfg(feature = "png")]
#[test]
fn the_png_shows_text_where_the_layout_has_it() {
    let figure = theory();
    let scene = scene(&figure);
    let ink = ink(crate::png(&figure).unwrap());
    for (text, room) in text_boxes(&scene) {
        let inside = ink
            .iter()
            .any(|&(x, y)| room.contains((x * scene.width, y * scene.height)));
        assert!(inside, "`{text}` is missing");
    }
}

#[test]
fn a_single_point_is_marked() {
    let figure = one_line(
        Axis::linear("x"),
        Axis::linear("y"),
        vec![Point::new(3.0, 5.0)],
    );
    let scene = scene(&figure);
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
        let scene = scene(&one_line(Axis::linear("x"), accuracy(), points));
        let lines = scene.shapes.iter().filter(
            |shape| matches!(shape, Shape::Line { color, .. } if *color == Style::nth(0).color),
        );
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
    let figure = one_line(Axis::linear("x").within(0.0, 1.0), accuracy(), points);
    let page = Page::new(&figure, &font()).unwrap();
    let (_, area) = page.panels[0];
    let color = Style::nth(0).color;
    let mut seen = 0;
    for shape in page.scene().shapes {
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
        if drawn == color && points[0].1 > legend(&page).bottom {
            seen += 1;
            assert!(points.iter().all(|&point| area.contains(point)));
        }
    }
    assert_eq!(seen, 2, "a line and a band");
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

fn any_inside() -> impl Strategy<Value = Inside> {
    const SIDES: [Side; 4] = [Side::Left, Side::Top, Side::Right, Side::Bottom];
    prop_oneof![
        Just(Inside::Filled),
        Just(Inside::Hollow),
        Just(Inside::Dot),
        prop::sample::select(&SIDES).prop_map(Inside::Half),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_numbers_give_a_finite_figure(
        x in any_scale(),
        y in any_scale(),
        kind in 0..5,
        marker in 0..Marker::COUNT,
        inside in any_inside(),
        values in prop::collection::vec(any::<[f64; 4]>(), 0..12),
    ) {
        let points: Vec<Point> =
            values.iter().map(|&[x, y, low, high]| Point { x, y, low, high }).collect();
        let family = Family {
            color: Color::ORANGE,
            dashes: Dashes::new(vec![1.2, 3.0]).unwrap(),
            inside,
        };
        let style = family.member(marker).unwrap();
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
        let scene = scene(&figure);
        let paper = Rect { left: 0.0, top: 0.0, right: scene.width, bottom: scene.height };
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
                prop_assert!(paper.contains(point), "{shape:?} leaves {paper:?}");
            }
        }
        let document = crate::svg(&figure).unwrap();
        prop_assert!(!document.contains("NaN") && !document.contains("inf"));
    }
}
