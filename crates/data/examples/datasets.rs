//! Prints what is known of each dataset, and where its files are.

use data::{Name, locate};

fn main() {
    for name in Name::ALL {
        let definition = name.definition();
        println!("{name}: {}", definition.description);
        match locate(name, None) {
            Ok(None) => println!("  embedded"),
            Ok(Some(folder)) => println!("  in {}", folder.display()),
            Err(error) => println!("  {error}"),
        }
    }
}
