//! What the tests of the program share.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The program, in a folder of its own.
pub fn repro(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_repro"));
    command.current_dir(folder);
    command
}

/// Writes `tests/tiny.yaml` into the folder, with this text replaced.
#[allow(dead_code, reason = "not every test binary uses it")]
pub fn tiny(folder: &Path, from: &str, to: &str) -> PathBuf {
    let text = include_str!("../tiny.yaml");
    assert!(text.contains(from));
    let path = folder.join("tiny.yaml");
    std::fs::write(&path, text.replace(from, to)).unwrap();
    path
}

/// The one CSV file among the results of `tiny.yaml` whose name begins so: what follows stands for
/// the settings.
#[allow(dead_code, reason = "not every test binary uses it")]
pub fn csv_file(folder: &Path, name: &str) -> PathBuf {
    let entries = std::fs::read_dir(folder.join("results/tiny/paper")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut found = paths.filter(|path| {
        let file = path.file_name().unwrap().to_str().unwrap();
        file.starts_with(name) && file.ends_with(".csv")
    });
    let path = found.next().expect("it was written");
    assert!(found.next().is_none(), "there are two");
    path
}
