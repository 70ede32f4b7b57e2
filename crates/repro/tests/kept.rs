//! The runs kept in `experiments/runs` are those that the stored tables were made from.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::assert::OutputAssertExt;
use common::repro;
use predicates::str::contains;

#[test]
fn stored_tables_come_out_of_the_kept_runs() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let runs = repository.join("experiments/runs");
    let mut tables = 0;
    for entry in fs::read_dir(&runs).unwrap() {
        let archive = entry.unwrap().path();
        let name = archive.file_name().unwrap().to_str().unwrap();
        let Some(name) = name.strip_suffix(".tar.gz") else {
            continue;
        };
        if !repository
            .join(format!("experiments/expected/{name}.csv"))
            .exists()
        {
            continue; // A grid that isn't whole yet.
        }
        let (id, profile) = name.rsplit_once('-').unwrap();
        let results = tempfile::tempdir().unwrap();
        let mut unpack = Command::new("tar");
        unpack
            .arg("-xzf")
            .arg(&archive)
            .arg("-C")
            .arg(results.path());
        unpack.assert().success();
        repro(&repository)
            .arg("check")
            .arg(format!("experiments/{id}.yaml"))
            .args(["--profile", profile, "--results"])
            .arg(results.path())
            .assert()
            .success()
            .stdout(contains(
                " cells; 0 values moved within their tolerance, 0 beyond",
            ));
        tables += 1;
    }
    assert!(tables > 0, "{} keeps nothing", runs.display());
}
