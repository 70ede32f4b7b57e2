use robust_core::{Parameter, Parameters};

/// An attack's names, formula, source and parameters.
///
/// In formulas μ is the mean of the honest vectors and σ their coordinate-wise standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    /// Its name in settings, such as `foe`.
    pub name: &'static str,
    /// Its short name in figures and tables, such as `FOE`.
    pub label: &'static str,
    /// Its full name, such as `fall of empires`.
    pub title: &'static str,
    /// What [ByzFL](https://byzfl.epfl.ch) calls it, if it has it.
    pub byzfl: Option<&'static str>,
    /// What a Byzantine worker sends, in one line.
    pub formula: &'static str,
    /// Where it is published.
    pub source: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// The parameters that papers use with it, where these aren't the defaults: titles leave them
    /// out, and whatever tries every attack tries it with these too.
    pub usual: &'static [(&'static str, &'static str)],
}

impl Description {
    /// The full name, and the parameters unless they are the usual ones.
    ///
    /// ```
    /// use robust_core::Parameters;
    /// let foe = attacks::descriptions().find(|attack| attack.name == "foe").unwrap();
    /// let title = |tau| foe.title_with(&Parameters::from_iter([("tau", tau)]));
    /// assert_eq!(title("optimal"), "fall of empires");
    /// assert_eq!(title("0.5"), "fall of empires (tau=0.5)");
    /// ```
    #[must_use]
    pub fn title_with(&self, parameters: &Parameters) -> String {
        if parameters.iter().eq(self.usual.iter().copied()) || parameters.is_empty() {
            self.title.to_owned()
        } else {
            format!("{} ({parameters})", self.title)
        }
    }
}
