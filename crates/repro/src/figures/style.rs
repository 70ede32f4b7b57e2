//! How each method looks: the same colour, dashes and marker in every figure.
//!
//! The look comes from the places of a pipeline's rules in their lists. The marker says which rule
//! aggregates. Colour, dashes and what is inside the marker say what is done before, so that
//! nothing depends on colour alone:
//!
//! | clipping | then NNM | not | dashes | marker |
//! |---|---|---|---|---|
//! | none | vermilion | orange | dashed | hollow |
//! | ARC | blue | sky blue | solid | filled |
//! | fixed C | bluish green | reddish purple | dotted | dot inside |
//!
//! Whatever else is done before has a colour of its own, half-filled markers, and dashes that spell
//! the stages: a stroke for each, the longer the later its rule stands in the list.
//!
//! Within a colour, rules also differ by a lighter or darker shade. DSGD without Byzantine workers
//! is black.

use charts::{Color, Dashes, Family, Inside, Marker, Side, Style};

use super::places::Places;
use crate::error::Error;
use crate::experiment::PipelineSpec;

/// The baseline DSGD: no Byzantine worker, plain mean.
pub fn baseline() -> Style {
    Style {
        color: Color::BLACK,
        dashes: Dashes::DASH_DOTTED,
        marker: Marker::Cross,
        inside: Inside::Filled,
    }
}

/// The method with these stages, as in `arc,nnm,cwtm`.
///
/// # Errors
/// If a stage is no rule; if there are more rules than looks.
pub fn method(stages: &str) -> Result<Style, Error> {
    variant(stages, 0)
}

/// The same method once more, with another marker and shade. The variant 0 is the method itself.
///
/// # Errors
/// If a stage is no rule; if there are more rules than looks.
pub fn variant(stages: &str, index: usize) -> Result<Style, Error> {
    Ok(look(&Places::parse(stages)?, index)?)
}

/// A pipeline among those of an experiment. The same stages with other parameters
/// are variants: they have other markers and shades, which no other pipeline of the experiment has.
///
/// # Errors
/// If it is no pipeline of the experiment; if there are more rules than looks.
pub fn pipeline(wanted: &PipelineSpec, pipelines: &[PipelineSpec]) -> Result<Style, Error> {
    let places = pipelines
        .iter()
        .map(|pipeline| Places::parse(&pipeline.pipeline.name()));
    let places: Vec<Places> = places.collect::<Result<_, _>>()?;
    let mut taken = Vec::new();
    for place in &places {
        taken.push(look(place, 0)?);
    }
    for (i, (pipeline, place)) in pipelines.iter().zip(&places).enumerate() {
        let mut found = look(place, 0)?;
        if places[..i].contains(place) {
            let mut variant = 0;
            while taken.contains(&found) {
                variant += 1;
                found = look(place, variant)?;
            }
            taken.push(found.clone());
        }
        if pipeline.pipeline == wanted.pipeline {
            return Ok(found);
        }
    }
    Err(Error::Argument {
        argument: wanted.name(),
        problem: "is no pipeline of the experiment".to_owned(),
    })
}

/// The `variant`-th look of a method; the first is its own.
fn look(places: &Places, variant: usize) -> Result<Style, charts::Error> {
    let style = family(&places.preaggregators)?.member(places.aggregator)?;
    Ok(Style {
        color: style.color.shade(variant),
        marker: Marker::nth(places.aggregator + variant)?,
        ..style
    })
}

/// What is common to all rules after the pre-aggregators in these places.
fn family(preaggregators: &[usize]) -> Result<Family, charts::Error> {
    const NNM: usize = 0;
    const ARC: usize = 1;
    const CLIP: usize = 2;
    let (color, dashes, inside) = match preaggregators {
        [] => (Color::ORANGE, Dashes::DASHED, Inside::Hollow),
        [NNM] => (Color::VERMILION, Dashes::DASHED, Inside::Hollow),
        [ARC] => (Color::SKY_BLUE, Dashes::SOLID, Inside::Filled),
        [ARC, NNM] => (Color::BLUE, Dashes::SOLID, Inside::Filled),
        [CLIP] => (Color::REDDISH_PURPLE, Dashes::DOTTED, Inside::Dot),
        [CLIP, NNM] => (Color::BLUISH_GREEN, Dashes::DOTTED, Inside::Dot),
        others => {
            let number = number(others);
            let sides = [Side::Left, Side::Top, Side::Right];
            let side = sides[number % sides.len()];
            (Color::spaced(number), spelled(others)?, Inside::Half(side))
        }
    };
    Ok(Family {
        color,
        dashes,
        inside,
    })
}

/// A number for a sequence of places: the binary digits 1, and then as many zeros as the place, for
/// each of them in turn. Up to some 60 digits no two sequences have the same.
fn number(places: &[usize]) -> usize {
    places.iter().fold(0, |number: usize, &place| {
        let zeros = u32::try_from(place).unwrap_or(u32::MAX);
        number
            .wrapping_mul(2)
            .wrapping_add(1)
            .wrapping_mul(2_usize.wrapping_pow(zeros))
    })
}

/// A stroke for each place, and a wider gap after the last: different for all sequences.
fn spelled(places: &[usize]) -> Result<Dashes, charts::Error> {
    const SHORTEST: f64 = 1.2;
    const LONGER: f64 = 1.6;
    const GAP: f64 = 1.3;
    const LAST_GAP: f64 = 3.5;
    let strokes = places.iter().map(|&place| SHORTEST + LONGER * place as f64);
    let mut lengths: Vec<f64> = strokes.flat_map(|stroke| [stroke, GAP]).collect();
    if let Some(last) = lengths.last_mut() {
        *last = LAST_GAP;
    }
    Dashes::new(lengths)
}

#[cfg(test)]
mod tests;
