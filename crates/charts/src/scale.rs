//! From values to the coordinates of an axis, and where an axis ends.

use crate::axis::{Axis, Scale};
use crate::error::Error;

/// What a value becomes on the axis: its decimal logarithm on a logarithmic one; NaN where it has
/// no place.
pub(crate) fn coordinate(scale: &Scale, value: f64) -> f64 {
    // Differences and quotients of what is kept must not overflow.
    const LARGEST: f64 = 1e300;
    if value.is_nan() || value.abs() > LARGEST {
        return f64::NAN;
    }
    let value = if value.abs() < LARGEST.recip() {
        0.0
    } else {
        value
    };
    match scale {
        Scale::Log if value > 0.0 => value.log10(),
        Scale::Log => f64::NAN,
        Scale::Linear | Scale::Categories(_) => value,
    }
}

/// The ends of an axis, in its coordinate: those asked for, or else ones that hold all of
/// `coordinates`.
pub(crate) fn ends(
    axis: &Axis,
    coordinates: impl Iterator<Item = f64>,
) -> Result<(f64, f64), Error> {
    if let Scale::Categories(names) = &axis.scale {
        return Ok((-0.5, names.len().max(1) as f64 - 0.5));
    }
    if let Some((low, high)) = axis.range {
        let ends = (coordinate(&axis.scale, low), coordinate(&axis.scale, high));
        let span = ends.1 - ends.0;
        if !(span.is_finite() && span > 0.0) {
            return Err(Error::Range {
                axis: axis.label.clone(),
                low,
                high,
            });
        }
        return Ok(ends);
    }
    let (low, high) = coordinates
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
            (low.min(x), high.max(x))
        });
    if low > high {
        return Ok((0.0, 1.0));
    }
    if matches!(axis.scale, Scale::Log) {
        // Whole decades, and never none.
        let low = low.floor();
        return Ok((low, high.ceil().max(low + 1.0)));
    }
    let span = high - low;
    let magnitude = low.abs().max(high.abs());
    if span <= 1e-9 * magnitude || span == 0.0 {
        let around = if magnitude > 0.0 {
            0.5 * magnitude
        } else {
            1.0
        };
        return Ok((low - around, high + around));
    }
    // An axis that nearly reaches zero starts there; elsewhere the data keep off the ends a little.
    let pad = 0.04 * span;
    let low = if low >= 0.0 && low < 0.25 * span {
        0.0
    } else {
        low - pad
    };
    Ok((low, high + pad))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_hold_the_data_and_refuse_nonsense() {
        let axis = Axis::linear("x");
        assert_eq!(ends(&axis, [f64::NAN].into_iter()).unwrap(), (0.0, 1.0));
        for values in [
            [0.0, 0.0],
            [-3.0, -3.0],
            [7.5, 7.5],
            [1e300, -1e300],
            [f64::MAX, 1.0],
            [1e-310, 0.0],
        ] {
            let places = values.map(|value| coordinate(&Scale::Linear, value));
            let (low, high) = ends(&axis, places.into_iter()).unwrap();
            assert!(
                low < high && (high - low).is_finite(),
                "{values:?}: {low}..{high}"
            );
        }
        assert_eq!(
            ends(&Axis::log("x"), [1.0_f64].into_iter()).unwrap(),
            (1.0, 2.0)
        );
        for bad in [
            (1.0, 1.0),
            (2.0, 1.0),
            (f64::NAN, 1.0),
            (0.0, f64::INFINITY),
        ] {
            assert!(matches!(
                ends(&Axis::linear("x").within(bad.0, bad.1), [].into_iter()),
                Err(Error::Range { .. })
            ));
        }
        assert!(ends(&Axis::log("x").within(0.0, 1.0), [].into_iter()).is_err());
    }
}
