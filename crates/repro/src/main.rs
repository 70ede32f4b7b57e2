//! The program: `repro --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    repro::commands::main()
}
