//! Splits the digits over ten workers, and prints how many samples of each class each worker has.
//!
//! `cargo run --example partition -- 0.1` takes another α than 0.5.

use data::Name;
use data::partition::{Dirichlet, Partition, class_counts};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let alpha = std::env::args().nth(1).unwrap_or("0.5".to_owned());
    let partition = Partition::from(Dirichlet {
        alpha: alpha.parse()?,
        min_samples: None,
    });
    let digits = data::load(Name::Digits, None)?;
    let labels = digits.train.labels();
    let workers = partition.split_seeded(labels, digits.classes, 10, 1)?;
    println!("{partition}: samples per worker (row) and class (column)");
    for counts in class_counts(&workers, labels, digits.classes) {
        let row: Vec<_> = counts.iter().map(|count| format!("{count:4}")).collect();
        println!("{}", row.concat());
    }
    Ok(())
}
