//! Runs many runs at once, each on one thread, and keeps going when one fails.

mod cost;
mod executor;
mod progress;
mod scheduler;
pub mod stop;

pub use cost::{seconds, work};
pub use executor::{Executor, Trainer};
pub use progress::Progress;
pub use scheduler::{Scheduler, Summary};

#[cfg(test)]
mod tests;
