//! Where an axis has ticks, and what they say.

use crate::axis::Scale;

/// A labelled position on an axis, in the coordinate of its scale.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub at: f64,
    pub label: String,
}

/// Labelled ticks between the `ends` of an axis, at most `most` of them where they can be thinned
/// out.
pub(crate) fn ticks(scale: &Scale, ends: (f64, f64), most: usize) -> Vec<Tick> {
    let most = most.max(2);
    match scale {
        Scale::Linear => linear(ends, most),
        Scale::Log => decades(ends, most),
        Scale::Categories(names) => names
            .iter()
            .enumerate()
            .map(|(i, name)| Tick {
                at: i as f64,
                label: name.clone(),
            })
            .collect(),
    }
}

/// Unlabelled ticks of a logarithmic axis: 2..9 within each of a few decades, or each of many
/// decades.
pub(crate) fn minor_ticks(scale: &Scale, (low, high): (f64, f64)) -> Vec<f64> {
    if !matches!(scale, Scale::Log) {
        return Vec::new();
    }
    let within = if high - low > 6.0 { 1..2 } else { 2..10 };
    (low.floor() as i32..=high.ceil() as i32)
        .flat_map(|decade| {
            within
                .clone()
                .map(move |m| f64::from(decade) + f64::from(m).log10())
        })
        .filter(|at| (low..=high).contains(at))
        .collect()
}

fn linear((low, high): (f64, f64), most: usize) -> Vec<Tick> {
    let rough = (high - low) / most as f64;
    let power = 10_f64.powf(rough.log10().floor());
    // Steps of 1, 2 and 5 times a power of ten, the smallest with few enough ticks.
    let count = |step: f64| (high / step + 1e-9).floor() - (low / step - 1e-9).ceil() + 1.0;
    let step = [1.0, 2.0, 5.0, 10.0, 20.0]
        .map(|m| m * power)
        .into_iter()
        .find(|&step| count(step) <= most as f64)
        .unwrap_or(50.0 * power);
    let first = (low / step - 1e-9).ceil();
    (0..count(step).max(0.0) as usize)
        .map(|i| (first + i as f64) * step)
        .map(|at| Tick {
            at,
            label: number(at, step),
        })
        .collect()
}

fn decades((low, high): (f64, f64), most: usize) -> Vec<Tick> {
    let (first, last) = ((low - 1e-9).ceil() as i32, (high + 1e-9).floor() as i32);
    if last <= first {
        // Within one decade powers of ten say nothing: label values at even steps instead.
        let values = (10_f64.powf(low), 10_f64.powf(high));
        return linear(values, most)
            .into_iter()
            .filter(|tick| tick.at > 0.0)
            .map(|tick| Tick {
                at: tick.at.log10(),
                label: tick.label,
            })
            .collect();
    }
    let step = (last - first) as usize / most + 1;
    (first..=last)
        .step_by(step)
        .map(|decade| Tick {
            at: f64::from(decade),
            label: format!("10{}", superscript(decade)),
        })
        .collect()
}

/// `value` with as many decimals as multiples of `step` need.
pub(crate) fn number(value: f64, step: f64) -> String {
    let power = step.abs().log10().floor();
    if value.abs() >= 1e6 || power < -5.0 {
        if value.abs() < step / 2.0 {
            return "0".to_owned();
        }
        let exponent = (value.abs().log10() + 1e-9).floor();
        let decimals = (exponent - power).clamp(0.0, 15.0) as usize;
        let mantissa = format!("{:.decimals$}", value / 10_f64.powf(exponent));
        return format!("{}·10{}", minus(&mantissa), superscript(exponent as i32));
    }
    rounded(value, (-power).max(0.0) as usize)
}

/// `value` with so many decimals. What rounds to zero has no sign.
pub(crate) fn rounded(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.contains(|c| matches!(c, '1'..='9')) {
        minus(&text)
    } else {
        text.replace('-', "")
    }
}

fn minus(text: &str) -> String {
    text.replace('-', "−")
}

fn superscript(exponent: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digit = |c: char| c.to_digit(10).map_or('⁻', |d| DIGITS[d as usize]);
    exponent.to_string().chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale, ends: (f64, f64), most: usize) -> Vec<String> {
        ticks(scale, ends, most)
            .into_iter()
            .map(|tick| tick.label)
            .collect()
    }

    #[test]
    fn linear_ticks_are_round_numbers() {
        assert_eq!(
            labels(&Scale::Linear, (0.0, 100.0), 6),
            ["0", "20", "40", "60", "80", "100"]
        );
        assert_eq!(
            labels(&Scale::Linear, (0.0, 1000.0), 5),
            ["0", "500", "1000"]
        );
        assert_eq!(
            labels(&Scale::Linear, (-0.11, 0.2), 4),
            ["−0.1", "0.0", "0.1", "0.2"]
        );
        assert_eq!(
            labels(&Scale::Linear, (0.0, 3e7), 4),
            ["0", "1·10⁷", "2·10⁷", "3·10⁷"]
        );
        assert_eq!(
            labels(&Scale::Linear, (0.0, 2e-7), 3),
            ["0", "1·10⁻⁷", "2·10⁻⁷"]
        );
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten() {
        assert_eq!(
            labels(&Scale::Log, (-3.0, 1.0), 8),
            ["10⁻³", "10⁻²", "10⁻¹", "10⁰", "10¹"]
        );
        assert_eq!(
            labels(&Scale::Log, (-12.0, 0.0), 4),
            ["10⁻¹²", "10⁻⁸", "10⁻⁴", "10⁰"]
        );
        assert_eq!(labels(&Scale::Log, (0.4, 0.8), 4), ["3", "4", "5", "6"]);
        assert_eq!(minor_ticks(&Scale::Log, (0.0, 1.0)).len(), 8);
    }

    #[test]
    fn what_rounds_to_zero_has_no_sign() {
        assert_eq!(rounded(-0.04, 1), "0.0");
        assert_eq!(rounded(-0.06, 1), "−0.1");
        assert_eq!(rounded(-2.0, 0), "−2");
        assert_eq!(number(-2.0, 5.0), "−2");
        assert_eq!(number(-0.0, 5.0), "0");
    }

    #[test]
    fn there_are_never_too_many_ticks() {
        for most in 2..12 {
            for span in [1e-9, 0.3, 1.0, 7.0, 19.9, 95.0, 1e4, 1e12] {
                for low in [-span / 3.0, 0.0, span * 10.0] {
                    assert!(ticks(&Scale::Linear, (low, low + span), most).len() <= most);
                }
            }
        }
    }
}
