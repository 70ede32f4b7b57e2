//! Results on disk, and what is made of them.

pub mod aggregate;
pub mod check;
pub mod claim;
pub mod facts;
pub mod files;
pub mod store;
pub mod table;

#[cfg(test)]
pub mod tests;
