//! What Byzantine workers send: one file per attack, and one line in the list.

use std::sync::Arc;

use rand::Rng;
use robust_core::{Parameter, ParameterError, Parameters, Reader, Scalar};

use crate::attack::{Attack, Forged, View, first_to_each_row};
use crate::description::Description;
use crate::error::Error;
use crate::search::Factor;

/// An attack of the list: what it is, and how it is made from its parameters.
struct Entry<T: Scalar> {
    description: &'static Description,
    read: Read<T>,
}

type Read<T> = fn(&Parameters) -> Result<Arc<dyn Attack<T>>, ParameterError>;

macro_rules! attacks {
    ($($module:ident: $attack:ident;)*) => {
        $(
            mod $module;
            pub use $module::$attack;
        )*

        static DESCRIPTIONS: &[&Description] = &[$(&$module::DESCRIPTION),*];

        impl<T: Scalar> Entry<T> {
            const LIST: &[Self] = &[$(Self {
                description: &$module::DESCRIPTION,
                read: |given| Ok(Arc::new($attack::read(given)?)),
            }),*];
        }
    };
}

// The file, which has the attack's name, and the attack's type. New attacks go to the end.
attacks! {
    sf: SignFlipping;
    foe: FallOfEmpires;
    alie: LittleIsEnough;
    lf: LabelFlipping;
    mimic: Mimic;
    gaussian: Gaussian;
    inf: Infinity;
    min_max: MinMax;
}

/// All attacks.
///
/// ```
/// for attack in attacks::descriptions() {
///     println!("{}: {}, {}", attack.name, attack.title, attack.formula);
/// }
/// ```
pub fn descriptions() -> impl ExactSizeIterator<Item = &'static Description> {
    DESCRIPTIONS.iter().copied()
}

/// The attack of this name with these parameters.
///
/// ```
/// use robust_core::Parameters;
/// let optimal = Parameters::from_iter([("tau", "optimal")]);
/// let foe = attacks::parse::<f32>("foe", &optimal)?;
/// assert_eq!(foe.parameters(), optimal);
///
/// let error = attacks::parse::<f32>("sf", &optimal).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "attack `sf`: unknown parameter `tau` for this attack; it takes: none"
/// );
/// # Ok::<(), attacks::Error>(())
/// ```
///
/// # Errors
/// [`Error::Unknown`] for a name that no attack has; [`Error::Parameter`] for a parameter that the
/// attack doesn't take, or whose value is out of range.
pub fn parse<T: Scalar>(name: &str, given: &Parameters) -> Result<Arc<dyn Attack<T>>, Error> {
    let mut list = Entry::<T>::LIST.iter();
    let Some(entry) = list.find(|entry| entry.description.name == name) else {
        let names: Vec<&str> = descriptions().map(|attack| attack.name).collect();
        return Err(Error::Unknown {
            name: name.into(),
            known: names.join(" "),
        });
    };
    (entry.read)(given).map_err(|error| Error::Parameter {
        attack: entry.description.name,
        error,
    })
}

/// The parameters of an attack that takes any of them together.
fn reader<'a>(
    description: &Description,
    given: &'a Parameters,
) -> Result<Reader<'a>, ParameterError> {
    Reader::new("this attack", description.parameters, given)
}
