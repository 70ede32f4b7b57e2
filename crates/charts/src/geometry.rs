//! Clipping to a rectangle, and cutting lines into dashes.

use crate::style::Side;

/// A position in points, x to the right and y down.
pub(crate) type Xy = (f64, f64);

/// An upright rectangle in points; `top < bottom`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// The square with sides `2 * radius` around `center`.
    pub fn around((x, y): Xy, radius: f64) -> Self {
        Self {
            left: x - radius,
            top: y - radius,
            right: x + radius,
            bottom: y + radius,
        }
    }

    pub fn middle(&self) -> Xy {
        (
            (self.left + self.right) / 2.0,
            (self.top + self.bottom) / 2.0,
        )
    }

    /// The rectangle whose sides are `by` farther inside.
    pub fn shrunk(self, by: f64) -> Self {
        Self {
            left: self.left + by,
            top: self.top + by,
            right: self.right - by,
            bottom: self.bottom - by,
        }
    }

    /// The half on one side.
    pub fn half(self, side: Side) -> Self {
        let (x, y) = self.middle();
        match side {
            Side::Left => Self { right: x, ..self },
            Side::Top => Self { bottom: y, ..self },
            Side::Right => Self { left: x, ..self },
            Side::Bottom => Self { top: y, ..self },
        }
    }

    /// What both rectangles hold, if that has an area.
    pub fn intersection(self, other: Self) -> Option<Self> {
        let both = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        (both.width() > 0.0 && both.height() > 0.0).then_some(both)
    }

    /// Whether the point lies inside, or outside by no more than a rounding error.
    pub fn contains(&self, (x, y): Xy) -> bool {
        const SLACK: f64 = 1e-6;
        (self.left - SLACK..=self.right + SLACK).contains(&x)
            && (self.top - SLACK..=self.bottom + SLACK).contains(&y)
    }

    /// The position, or the nearest inside: positions cut at the edge may be off by a rounding
    /// error, which is large where one end of what was cut lies far away.
    fn nearest(&self, (x, y): Xy) -> Xy {
        (
            x.clamp(self.left, self.right),
            y.clamp(self.top, self.bottom),
        )
    }

    /// The four half planes whose intersection is the rectangle: signed distances, positive inside.
    fn sides(self) -> [impl Fn(Xy) -> f64; 4] {
        let side = |a: f64, b: f64, c: f64| move |(x, y): Xy| a * x + b * y + c;
        [
            side(1.0, 0.0, -self.left),
            side(-1.0, 0.0, self.right),
            side(0.0, 1.0, -self.top),
            side(0.0, -1.0, self.bottom),
        ]
    }
}

fn between(a: Xy, b: Xy, t: f64) -> Xy {
    (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1))
}

/// The part of a polygon inside `frame` (Sutherland and Hodgman, 1974).
pub(crate) fn clip_polygon(polygon: &[Xy], frame: Rect) -> Vec<Xy> {
    let mut kept = polygon.to_vec();
    for side in frame.sides() {
        let corners = std::mem::take(&mut kept);
        for (i, &b) in corners.iter().enumerate() {
            let a = corners[(i + corners.len() - 1) % corners.len()];
            let (from, to) = (side(a), side(b));
            if (from < 0.0) != (to < 0.0) {
                kept.push(between(a, b, from / (from - to)));
            }
            if to >= 0.0 {
                kept.push(b);
            }
        }
    }
    kept.into_iter()
        .map(|corner| frame.nearest(corner))
        .collect()
}

/// The parts of a line inside `frame`, each with at least two positions.
pub(crate) fn clip_line(line: &[Xy], frame: Rect) -> Vec<Vec<Xy>> {
    let mut parts: Vec<Vec<Xy>> = Vec::new();
    for pair in line.windows(2) {
        let Some((a, b)) = clip_segment(pair[0], pair[1], frame) else {
            continue;
        };
        match parts.last_mut() {
            // A segment continues the part before it unless one of them was cut where they meet.
            Some(part) if part.last() == Some(&a) => part.push(b),
            _ => parts.push(vec![a, b]),
        }
    }
    parts
}

fn clip_segment(mut a: Xy, mut b: Xy, frame: Rect) -> Option<(Xy, Xy)> {
    for side in frame.sides() {
        let (from, to) = (side(a), side(b));
        if from < 0.0 && to < 0.0 {
            return None;
        }
        let cut = between(a, b, from / (from - to));
        if from < 0.0 {
            a = cut;
        } else if to < 0.0 {
            b = cut;
        }
    }
    Some((frame.nearest(a), frame.nearest(b)))
}

/// Cuts a line into its dashes: `pattern` holds lengths in points, drawn and left out in turn; an
/// empty one leaves the line whole.
pub(crate) fn dash(line: &[Xy], pattern: &[f64]) -> Vec<Vec<Xy>> {
    if pattern.is_empty() || line.is_empty() {
        return vec![line.to_vec()];
    }
    let mut dashes = vec![vec![line[0]]];
    let (mut phase, mut left) = (0, pattern[0]);
    for pair in line.windows(2) {
        let length = (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let cut = between(pair[0], pair[1], done / length);
            match dashes.last_mut() {
                Some(dash) if phase % 2 == 0 => dash.push(cut),
                _ => dashes.push(vec![cut]),
            }
            phase = (phase + 1) % pattern.len();
            left = pattern[phase];
        }
        left -= length - done;
        if let Some(dash) = dashes.last_mut().filter(|_| phase % 2 == 0) {
            dash.push(pair[1]);
        }
    }
    dashes.retain(|dash| dash.len() > 1);
    dashes
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Rect = Rect {
        left: 0.0,
        top: 0.0,
        right: 10.0,
        bottom: 10.0,
    };

    #[test]
    fn lines_are_cut_where_they_leave_the_frame() {
        let line = [
            (-5.0, 5.0),
            (5.0, 5.0),
            (5.0, 15.0),
            (8.0, 15.0),
            (8.0, 5.0),
        ];
        let parts = clip_line(&line, FRAME);
        assert_eq!(
            parts,
            [
                vec![(0.0, 5.0), (5.0, 5.0), (5.0, 10.0)],
                vec![(8.0, 10.0), (8.0, 5.0)]
            ]
        );
        assert!(clip_line(&[(-1.0, -1.0), (-1.0, 11.0)], FRAME).is_empty());
    }

    #[test]
    fn polygons_lose_what_is_outside() {
        let tent = [(0.0, 5.0), (5.0, -5.0), (10.0, 5.0)];
        let clipped = clip_polygon(&tent, FRAME);
        assert!(clipped.iter().all(|&corner| FRAME.contains(corner)));
        assert!(clipped.contains(&(2.5, 0.0)) && clipped.contains(&(7.5, 0.0)));
        assert!(clip_polygon(&[(20.0, 20.0), (30.0, 20.0), (30.0, 30.0)], FRAME).is_empty());
    }

    #[test]
    fn dashes_go_on_across_corners() {
        let dashes = dash(&[(0.0, 0.0), (3.0, 0.0), (3.0, 3.0)], &[2.0, 0.5]);
        assert_eq!(
            dashes,
            [
                vec![(0.0, 0.0), (2.0, 0.0)],
                vec![(2.5, 0.0), (3.0, 0.0), (3.0, 1.5)],
                vec![(3.0, 2.0), (3.0, 3.0)]
            ]
        );
        assert_eq!(
            dash(&[(0.0, 0.0), (1.0, 0.0)], &[]),
            [vec![(0.0, 0.0), (1.0, 0.0)]]
        );
    }
}
