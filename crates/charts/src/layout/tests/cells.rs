//! Where the cells of heatmaps and their numbers are.

use super::*;
use crate::series::{Cell, ColorScale};
use crate::theme::{MEDIUM, PAPER};

/// The rectangles in colours of cells, and the colours.
fn fills(scene: &Scene) -> Vec<(Rect, Color)> {
    let fill = |shape: &Shape| match shape {
        Shape::Polygon { points, color, .. } if *color != PAPER => Some((
            Rect {
                left: points[0].0,
                top: points[0].1,
                right: points[2].0,
                bottom: points[2].1,
            },
            *color,
        )),
        _ => None,
    };
    scene.shapes.iter().filter_map(fill).collect()
}

#[test]
fn numbers_stand_in_their_cells_and_no_text_touches_another() {
    for figure in heatmaps() {
        let page = Page::new(&figure, &font()).unwrap();
        let scene = page.scene();
        let paper = Rect {
            left: 0.0,
            top: 0.0,
            right: scene.width,
            bottom: scene.height,
        };
        let boxes = text_boxes(&scene);
        for (i, (text, room)) in boxes.iter().enumerate() {
            let lies_in = |outer: &Rect| {
                outer.contains((room.left, room.top)) && outer.contains((room.right, room.bottom))
            };
            assert!(lies_in(&paper), "{text} leaves the page");
            for (other, taken) in &boxes[..i] {
                assert!(!overlap(room, taken), "`{text}` touches `{other}`");
            }
            // What touches a cell or a swatch lies inside it.
            for (cell, _) in fills(&scene) {
                assert!(!overlap(room, &cell) || lies_in(&cell), "{text}");
            }
        }
        for (_, area) in &page.panels {
            assert!(!overlap(&legend(&page), area));
        }
    }
}

#[test]
fn cells_fill_the_plotting_area() {
    let figure = heatmap(2, (6, 8));
    let page = Page::new(&figure, &font()).unwrap();
    let scene = page.scene();
    for (_, area) in &page.panels {
        let cells = fills(&scene);
        let cells = cells.iter().filter(|(cell, _)| overlap(cell, area));
        let filled: f64 = cells.map(|(cell, _)| cell.width() * cell.height()).sum();
        let share = filled / (area.width() * area.height());
        // The rest is a narrow edge; the middle of the diverging scale is as white as the paper.
        assert!((0.9..=1.0).contains(&share), "{share}");
    }
}

#[test]
fn equal_values_on_equal_scales_have_equal_colours_in_all_panels() {
    let mut figure = Figure {
        title: None,
        columns: 2,
        panels: vec![],
    };
    for values in [[10.0, 20.0], [-40.0, 10.0]] {
        let cells = [0, 1].map(|x| Cell {
            x,
            y: 0,
            value: values[x],
        });
        let series = Series::cells("difference", ColorScale::Diverging, 0, cells.into());
        figure.panels.push(cell_panel(2, 1, series));
    }
    let page = Page::new(&figure, &font()).unwrap();
    let scene = page.scene();
    let shown: Vec<Vec<Color>> = page
        .panels
        .iter()
        .map(|(_, area)| {
            let cells = fills(&scene).into_iter();
            let cells = cells.filter(|(cell, _)| overlap(cell, area));
            cells.map(|(_, color)| color).collect()
        })
        .collect();
    assert_eq!(shown[0][0], shown[1][1]);
    assert_eq!(shown[1][0], Color::BLUE, "the largest of the figure");
    let [_, _, blue] = shown[0][1].0;
    assert!(blue > 100, "half the largest is half as strong");
}

#[test]
fn numbers_shrink_to_the_smallest_size_and_are_left_out_below() {
    let sizes = |columns: usize| {
        let series = Series::cells("accuracy (%)", PERCENT, 1, cells(columns, 2));
        let figure = Figure {
            title: None,
            columns: 1,
            panels: vec![cell_panel(columns, 2, series)],
        };
        let page = Page::new(&figure, &font()).unwrap();
        let (_, area) = page.panels[0];
        let scene = page.scene();
        let inside = scene.shapes.iter().filter_map(|shape| match shape {
            Shape::Text(text) if area.contains(text.at) => Some(text.size),
            _ => None,
        });
        inside.collect::<Vec<f64>>()
    };
    let size = |columns| {
        let sizes = sizes(columns);
        assert_eq!(sizes.len(), 2 * columns);
        assert!(sizes.iter().all(|size| (size - sizes[0]).abs() < 1e-9));
        sizes[0]
    };
    assert!((size(4) - MEDIUM).abs() < 1e-9);
    assert!((SMALL..MEDIUM).contains(&size(9)), "{}", size(9));
    // One digit less, or a dash, still has room.
    assert!(sizes(12).len() < 24 && !sizes(12).is_empty());
    assert!(sizes(100).is_empty());
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => any::<f64>(),
        8 => -1000.0..1000.0,
        2 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_values_of_cells_give_a_figure(
        values in prop::collection::vec(any_value(), 1..12),
        diverging in any::<bool>(),
        ends in any::<(f64, f64)>(),
        decimals in any::<u8>(),
    ) {
        let (low, high) = ends;
        let scale = if diverging {
            ColorScale::Diverging
        } else {
            ColorScale::Sequential { low, high }
        };
        let cell = |(x, &value)| Cell { x, y: 0, value };
        let given = values.iter().enumerate().map(cell).collect();
        let panel = cell_panel(values.len(), 1, Series::cells("s", scale, decimals, given));
        let figure = Figure { title: None, columns: 1, panels: vec![panel] };
        match crate::svg(&figure) {
            Ok(document) => prop_assert!(!document.contains("NaN") && !document.contains("inf")),
            Err(Error::CellValue { value, .. }) => prop_assert!(value.is_infinite()),
            Err(error) => prop_assert!(!diverging && matches!(error, Error::Range { .. }), "{}", error),
        }
    }
}
