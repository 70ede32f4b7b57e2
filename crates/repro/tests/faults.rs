//! Kills, full disks and other processes: nothing is lost, computed twice, or different.

#![cfg(unix)]

mod common;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};
use std::{fs, thread};

use assert_cmd::assert::OutputAssertExt;
use common::{csv_file, repro, tiny};
use predicates::str::contains;

/// Forty runs of a few milliseconds, so that most kills meet a file being written.
const GRID: [&str; 2] = ["--set=steps=60", "--seeds=1,2,3,4,5,6,7,8"];
const RUNS: usize = 40;

fn command(folder: &Path, name: &str) -> Command {
    let mut command = repro(folder);
    command.args([name, "tiny.yaml"]).args(GRID);
    command
}

fn start(folder: &Path, jobs: &str) -> Child {
    let mut run = command(folder, "run");
    run.args(["--jobs", jobs])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn table(folder: &Path) -> Vec<u8> {
    command(folder, "table").assert().success();
    fs::read(csv_file(folder, "table")).unwrap()
}

/// What is in the folder of the results, without the times that runs took.
fn files(folder: &Path) -> BTreeMap<String, serde_json::Value> {
    let Ok(entries) = fs::read_dir(folder.join("results/tiny/paper")) else {
        return BTreeMap::new();
    };
    let files = entries.map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut contents =
            serde_json::from_slice(&fs::read(&path).unwrap()).unwrap_or(serde_json::Value::Null);
        if let Some(evaluations) = contents["evaluations"].as_array_mut() {
            evaluations.iter_mut().for_each(|evaluation| {
                evaluation["seconds"] = 0.into();
                evaluation["spent"] = 0.into();
            });
        }
        (name, contents)
    });
    files.collect()
}

/// The grid in a folder of its own, computed by one undisturbed process.
fn undisturbed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    command(folder.path(), "run").assert().success();
    folder
}

/// The last line on standard output: runs computed, there, failed.
fn counts(child: Child) -> [usize; 3] {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let numbers = text
        .split(|letter: char| !letter.is_ascii_digit())
        .filter_map(|number| number.parse().ok());
    numbers.collect::<Vec<_>>().try_into().unwrap()
}

fn signal(child: &Child, signal: &str) {
    Command::new("kill")
        .args([signal, &child.id().to_string()])
        .assert()
        .success();
}

#[test]
fn a_hundred_kills_at_random_times_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    // Any numbers do: the moments depend on the machine anyway.
    let mut state = 1_u64;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    };
    let mut kills = 0;
    while kills < 100 {
        let mut child = start(folder.path(), "2");
        thread::sleep(Duration::from_micros(random(60_000)));
        if kills % 3 == 0 {
            // So that it is killed while it writes a checkpoint.
            signal(&child, "-INT");
            thread::sleep(Duration::from_micros(random(2_000)));
        }
        child.kill().unwrap();
        if child.wait().unwrap().signal() == Some(9) {
            kills += 1;
        }
        // Deleting any file only means that this run is computed again.
        let names: Vec<_> = files(folder.path()).into_keys().collect();
        let results = names.iter().filter(|name| name.ends_with(".json"));
        if results.clone().count() > RUNS / 2 {
            for name in results.step_by(2) {
                fs::remove_file(folder.path().join("results/tiny/paper").join(name)).unwrap();
            }
        }
    }
    command(folder.path(), "run").assert().success();
    let undisturbed = undisturbed();
    assert_eq!(files(folder.path()), files(undisturbed.path()));
    assert_eq!(table(folder.path()), table(undisturbed.path()));
}

/// Results in the folder.
fn results(folder: &Path) -> usize {
    let names = fs::read_dir(folder.join("results/tiny/paper"));
    let names = names.into_iter().flatten().flatten();
    names
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "json"))
        .count()
}

/// Waits for more results than `before`; returns how many there are.
fn wait_for_more(folder: &Path, before: usize) -> usize {
    loop {
        let found = results(folder);
        if found > before {
            return found;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn processes_on_one_folder_share_the_runs_and_outlive_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    tiny(path, "", "");
    let mut killed = start(path, "1");
    wait_for_more(path, 0);
    killed.kill().unwrap();
    killed.wait().unwrap();
    // The second process goes on while the first one stands still in the middle of a run.
    let one = start(path, "1");
    wait_for_more(path, results(path));
    signal(&one, "-STOP");
    let two = start(path, "1");
    wait_for_more(path, results(path));
    signal(&one, "-CONT");
    let [one, two] = [one, two].map(counts);
    for [computed, there, failed] in [one, two] {
        assert!(computed > 0, "each makes progress");
        assert_eq!((computed + there, failed), (RUNS, 0));
    }
    assert!(
        one[0] + two[0] < RUNS,
        "{one:?} {two:?}: nothing is computed twice, and the killed one's results count"
    );
    let undisturbed = undisturbed();
    assert_eq!(files(path), files(undisturbed.path()));
    assert_eq!(table(path), table(undisturbed.path()));
}

#[test]
fn nothing_depends_on_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    let mut child = start(folder.path(), "2");
    let results = folder.path().join("results/tiny/paper");
    while fs::read_dir(&results).map_or(0, Iterator::count) < 8 {
        thread::sleep(Duration::from_millis(1));
    }
    signal(&child, "-INT");
    child.wait().unwrap();
    let kept = files(folder.path());
    let days = |days: u64| Duration::from_secs(days * 86_400);
    for (index, name) in kept.keys().enumerate() {
        let file = fs::File::options()
            .write(true)
            .open(results.join(name))
            .unwrap();
        let time = match index % 2 {
            0 => SystemTime::UNIX_EPOCH,
            _ => SystemTime::now() + days(10_000),
        };
        file.set_modified(time).unwrap();
    }
    command(folder.path(), "run").assert().success();
    let all = files(folder.path());
    let kept = kept.iter().filter(|(name, _)| name.ends_with(".json"));
    for (name, contents) in kept {
        assert_eq!(all[name], *contents);
    }
    assert_eq!(all, files(undisturbed().path()));
}

/// A file system of its own in memory; unmounted when dropped.
struct Tmpfs<'a>(&'a Path);

impl<'a> Tmpfs<'a> {
    fn mount(at: &'a Path, options: &str) -> Self {
        fs::create_dir_all(at).unwrap();
        assert!(Self::call(at, options), "the right to mount a tmpfs");
        Self(at)
    }

    fn remount(&self, options: &str) {
        assert!(Self::call(self.0, &format!("remount,{options}")));
    }

    fn call(at: &Path, options: &str) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at);
        mount.output().is_ok_and(|output| output.status.success())
    }
}

impl Drop for Tmpfs<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

mod needs {
    mod mount {
        use super::super::*;

        #[test]
        #[ignore = "needs the right to mount a tmpfs"]
        fn a_full_disk_ends_the_grid_and_loses_nothing() {
            let folder = tempfile::tempdir().unwrap();
            tiny(folder.path(), "", "");
            let results = folder.path().join("results");
            let disk = Tmpfs::mount(&results, "size=256k");
            command(folder.path(), "run")
                .assert()
                .code(1)
                .stderr(contains("No space left on device"))
                .stderr(contains("results/tiny/paper"));
            let kept = files(folder.path());
            let kept: Vec<_> = kept
                .iter()
                .filter(|(name, _)| name.ends_with(".json"))
                .collect();
            assert!((1..RUNS).contains(&kept.len()), "{} fit", kept.len());

            disk.remount("size=16m");
            command(folder.path(), "run")
                .assert()
                .success()
                .stdout(contains(format!("{} were there", kept.len())));
            let undisturbed = undisturbed();
            assert_eq!(files(folder.path()), files(undisturbed.path()));
            assert_eq!(table(folder.path()), table(undisturbed.path()));
        }

        #[test]
        #[ignore = "needs the right to mount a tmpfs"]
        fn a_read_only_figures_folder_costs_the_figure_alone() {
            let folder = undisturbed();
            let figures = folder.path().join("figures");
            let disk = Tmpfs::mount(&figures, "ro");
            command(folder.path(), "plot")
                .assert()
                .code(1)
                .stderr(contains("Read-only file system"))
                .stderr(contains("figures/tiny-"));
            disk.remount("rw");
            command(folder.path(), "plot").assert().success();
        }
    }
}

#[test]
fn a_diverged_run_is_a_result_at_chance() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    let diverging = ["--set=optimiser.learning_rate=1e30", "--set=dsgd=true"];
    repro(folder.path())
        .args(["run", "tiny.yaml"])
        .args(diverging)
        .assert()
        .success()
        .stderr(contains(", diverged, "));
    repro(folder.path())
        .args(["table", "tiny.yaml"])
        .args(diverging)
        .assert()
        .success();
    let evaluations = csv_file(folder.path(), "evaluations");
    let mut evaluations = csv::Reader::from_path(evaluations).unwrap();
    let header = evaluations.headers().unwrap().clone();
    let column = |name| header.iter().position(|header| header == name).unwrap();
    let (step, loss, accuracy) = (column("step"), column("test_loss"), column("test_accuracy"));
    let mut diverged = 0;
    for row in evaluations.records().map(Result::unwrap) {
        if &row[step] == "6" && row[loss].is_empty() {
            // What a constant prediction reaches on these fifty samples.
            assert!(row[accuracy].parse::<f64>().unwrap() <= 0.2, "{row:?}");
            diverged += 1;
        }
    }
    assert!(diverged > 0);
}

/// Lines that nobody reads, or that a full disk refuses, cost no run and no verdict.
#[cfg(target_os = "linux")]
#[test]
fn lines_that_cannot_be_written_cost_nothing() {
    let shell = |folder: &Path, script: &str| {
        let mut shell = Command::new("sh");
        let program = assert_cmd::cargo::cargo_bin!("repro");
        shell
            .arg("-c")
            .arg(script)
            .env("REPRO", program)
            .current_dir(folder);
        shell.output().unwrap()
    };
    let runs = |folder: &Path| {
        let entries = fs::read_dir(folder.join("results/tiny/paper")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".json")).count()
    };
    for (script, status) in [
        (
            "{ $REPRO run tiny.yaml 2>&1; echo $? > status; } | true",
            "0",
        ),
        ("$REPRO run tiny.yaml 2> /dev/full; echo $? > status", "0"),
        // The runs are done, but the summary is lost.
        ("$REPRO run tiny.yaml > /dev/full; echo $? > status", "1"),
        // A closed pipe doesn't turn a failed check into one that holds.
        (
            "$REPRO run tiny.yaml; $REPRO check tiny.yaml --update --expected e; \
             sed -i 's/0[.]/0.9/g' e/tiny-paper.csv; \
             { $REPRO check tiny.yaml --expected e; echo $? > status; } | true",
            "1",
        ),
        (
            "$REPRO run tiny.yaml; { $REPRO plot tiny.yaml; echo $? > status; } | true; \
             test -s figures/tiny.png || echo none > status",
            "0",
        ),
        (
            "$REPRO list nowhere 2> /dev/full; echo $? > status; $REPRO run tiny.yaml",
            "2",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        tiny(folder.path(), "", "");
        let output = shell(folder.path(), script);
        let found = fs::read_to_string(folder.path().join("status")).unwrap();
        assert_eq!(found.trim(), status, "{script}: {output:?}");
        assert_eq!(runs(folder.path()), 10, "{script}");
    }
}

/// A hangup under `nohup` doesn't stop a run; two signals at once are one wish, and the state is
/// kept.
#[cfg(target_os = "linux")]
#[test]
fn signals_are_wishes() {
    let began = |folder: &Path| {
        let results = folder.join("results/tiny/paper");
        while fs::read_dir(&results).map_or(0, Iterator::count) == 0 {
            thread::sleep(Duration::from_millis(5));
        }
    };
    let long = |folder: &Path, before: &str| {
        tiny(folder, "steps: 6", "steps: 200000");
        let mut shell = Command::new("sh");
        let program = assert_cmd::cargo::cargo_bin!("repro");
        shell
            .arg("-c")
            .arg(format!("{before} exec \"$REPRO\" run tiny.yaml --jobs 1"))
            .env("REPRO", program)
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = shell.spawn().unwrap();
        began(folder);
        child
    };
    let checkpoint = |folder: &Path| {
        let entries = fs::read_dir(folder.join("results/tiny/paper")).unwrap();
        let mut names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.any(|name| name.ends_with(".checkpoint"))
    };
    for (signals, status) in [
        (["-TERM", "-HUP"], 143),
        (["-TERM", "-TERM"], 143),
        (["-INT", "-INT"], 130),
        (["-HUP", "-TERM"], 143),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = long(folder.path(), "");
        for name in signals {
            signal(&child, name);
        }
        assert_eq!(child.wait().unwrap().code(), Some(status), "{signals:?}");
        assert!(checkpoint(folder.path()), "{signals:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut child = long(folder.path(), "trap '' HUP;");
    signal(&child, "-HUP");
    thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "it ignores hangups");
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

/// What editors and archivers leave, and what can't be read, is passed over and said.
#[test]
fn one_bad_file_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    let path = |name: &str| folder.path().join(name);
    for name in [
        ".#tiny.yaml",
        "tiny (copy).yaml",
        "._tiny.yaml",
        "tiny~.yaml",
    ] {
        fs::write(path(name), "not: yaml: at all").unwrap();
    }
    fs::write(path("half.yaml"), "id: half\nsteps: [").unwrap();
    fs::write(path("latin.yaml"), b"id: caf\xe9").unwrap();
    fs::create_dir(path("folder.yaml")).unwrap();
    repro(folder.path())
        .args(["run", "tiny.yaml"])
        .assert()
        .success();
    let results = path("results/tiny/paper");
    let entries = fs::read_dir(&results).unwrap();
    let first = entries.map(|entry| entry.unwrap().path()).next().unwrap();
    fs::remove_file(&first).unwrap();
    fs::create_dir(&first).unwrap();
    repro(folder.path())
        .args(["list", "."])
        .assert()
        .success()
        .stdout(contains("paper: 9 of 10 runs computed"))
        .stderr(contains("tiny (copy).yaml: is no experiment file"))
        .stderr(contains("half.yaml is left out"))
        .stderr(contains("latin.yaml: line 1 is not UTF-8 text"));
    repro(folder.path())
        .args(["report", "."])
        .assert()
        .success()
        .stdout(contains("0 of 2 figures"));
    repro(folder.path())
        .args(["table", "tiny.yaml"])
        .assert()
        .code(1)
        .stderr(contains("is no file; counts as not computed"))
        .stderr(contains("missing: extreme, 5 honest"));
    repro(folder.path())
        .args(["table", "tiny.yaml", "--partial"])
        .assert()
        .success()
        .stdout(contains("with 1 of 10 runs missing"));
}

/// What is made with other settings than the file's never takes the names of what is made of the
/// file.
#[test]
fn other_settings_have_other_names() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    let path = |name: &str| folder.path().join(name);
    let act = |command: &str, settings: &[&str]| {
        let mut act = repro(folder.path());
        act.args([command, "tiny.yaml"]).args(settings);
        act.assert()
    };
    let names = |folder: &Path| {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.ends_with("json")).collect();
        names.sort();
        names
    };
    for command in ["run", "table", "plot"] {
        act(command, &[]).success();
    }
    let official = ["table.csv", "evaluations.csv"];
    let official = official.map(|name| fs::read(path("results/tiny/paper").join(name)).unwrap());
    let figure = fs::read(path("figures/tiny.svg")).unwrap();
    for settings in [
        ["--seeds=1"].as_slice(),
        &["--set", "view={kind: clipping}"],
        &["--set", "pipelines=[{label: other, stages: 'nnm,cwtm'}]"],
    ] {
        for command in ["run", "table", "plot"] {
            act(command, settings).success();
        }
        act("check", settings)
            .code(2)
            .stderr(contains("stored tables are of the files as they stand"));
    }
    let results = path("results/tiny/paper");
    for (name, before) in ["table.csv", "evaluations.csv"].iter().zip(official) {
        assert_eq!(fs::read(results.join(name)).unwrap(), before, "{name}");
    }
    assert_eq!(fs::read(path("figures/tiny.svg")).unwrap(), figure);
    assert_eq!(names(&results).len(), 2 * 4, "{:?}", names(&results));
    let others = names(&path("figures"));
    assert_eq!(others.len(), 2 * 4, "{others:?}");
    let other = others
        .iter()
        .find(|name| name.ends_with(".svg") && *name != "tiny.svg");
    let other = fs::read_to_string(path("figures").join(other.unwrap())).unwrap();
    assert!(other.contains("with --se"), "it says what it was made with");
    act("run", &["--set", "id=other"])
        .code(2)
        .stderr(contains("`id` is the file's"));
}
