#![doc = include_str!("../README.md")]

mod attack;
mod attacks;
mod description;
mod error;
mod moments;
mod search;

pub use attack::{Attack, Forged, View};
pub use attacks::*;
pub use description::Description;
pub use error::Error;
pub use search::{Factor, Search};
