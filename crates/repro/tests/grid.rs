//! A grid from its file to its table: the same bytes whatever happens on the way.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use assert_cmd::assert::OutputAssertExt;
use common::{csv_file, repro, tiny};
use predicates::str::{contains, is_empty};

/// Long enough for a kill in the middle, still short.
const STEPS: &str = "--set=steps=1000";
const RUNS: usize = 10;

fn table(folder: &Path) -> Vec<u8> {
    repro(folder)
        .args(["table", "tiny.yaml", STEPS])
        .assert()
        .success();
    fs::read(csv_file(folder, "table")).unwrap()
}

/// Name and contents of each finished run.
fn results(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder.join("results/tiny/paper")) else {
        return BTreeMap::new();
    };
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, _)| name.ends_with(".json"))
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .collect()
}

fn start(folder: &Path) -> Command {
    let mut command = repro(folder);
    command.args(["run", "tiny.yaml", STEPS]);
    command
}

/// Starts the grid, and waits until two runs are kept.
fn running(folder: &Path) -> std::process::Child {
    let mut command = start(folder);
    command
        .args(["--jobs", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    while results(folder).len() < 2 {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it was killed"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

#[test]
fn the_table_is_the_same_bytes_for_any_number_of_jobs_and_threads() {
    let tables: Vec<_> = [("1", "1"), ("2", "1"), ("1", "2"), ("2", "2")]
        .into_iter()
        .map(|(jobs, threads)| {
            let folder = tempfile::tempdir().unwrap();
            tiny(folder.path(), "", "");
            let mut run = start(folder.path());
            run.args(["--jobs", jobs])
                .env("RAYON_NUM_THREADS", threads)
                .assert()
                .success();
            table(folder.path())
        })
        .collect();
    assert_eq!(
        tables[0].iter().filter(|&&byte| byte == b'\n').count(),
        1 + RUNS
    );
    assert!(tables.iter().all(|table| *table == tables[0]));
}

#[test]
fn after_a_kill_only_what_is_missing_is_computed_and_the_table_is_the_same() {
    let undisturbed = tempfile::tempdir().unwrap();
    tiny(undisturbed.path(), "", "");
    start(undisturbed.path())
        .assert()
        .success()
        .stdout(contains("computed 10 runs, 0 were there"));

    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    let mut child = running(folder.path());
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = results(folder.path());
    assert!(
        (2..RUNS).contains(&kept.len()),
        "{} runs were kept",
        kept.len()
    );
    repro(folder.path())
        .args(["table", "tiny.yaml", STEPS])
        .assert()
        .code(1)
        .stderr(contains(format!(
            "{} of 10 runs are not computed yet",
            RUNS - kept.len()
        )));

    let counts = format!(
        "computed {} runs, {} were there",
        RUNS - kept.len(),
        kept.len()
    );
    start(folder.path())
        .assert()
        .success()
        .stdout(contains(counts));
    let all = results(folder.path());
    assert_eq!(all.len(), RUNS);
    assert!(
        kept.iter().all(|(name, contents)| all[name] == *contents),
        "kept files stay as they are"
    );
    assert_eq!(table(folder.path()), table(undisturbed.path()));
    start(folder.path())
        .assert()
        .success()
        .stdout(contains("all 10 runs are there"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_is_done_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    let child = running(folder.path());
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .assert()
        .success();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let message = String::from_utf8(output.stderr).unwrap();
    let kept = results(folder.path()).len();
    let expected = format!("stopped; {kept} runs are done and kept. The same command goes on");
    assert!(message.contains(&expected), "{message}");
    start(folder.path())
        .assert()
        .success()
        .stdout(contains(format!("{kept} were there")));
    let undisturbed = tempfile::tempdir().unwrap();
    tiny(undisturbed.path(), "", "");
    start(undisturbed.path()).assert().success();
    assert_eq!(table(folder.path()), table(undisturbed.path()));
}

#[test]
fn damaged_results_are_computed_again() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    start(folder.path()).assert().success();
    let before = table(folder.path());
    let name = results(folder.path()).into_keys().next().unwrap();
    let path = folder.path().join("results/tiny/paper").join(name);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    start(folder.path())
        .assert()
        .success()
        .stdout(contains("computed 1 runs, 9 were there"))
        .stderr(contains("counts as not computed"));
    assert_eq!(table(folder.path()), before);
}

#[test]
fn shards_split_the_grid_and_share_its_table() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    for (shard, runs) in [("1/3", 4), ("2/3", 3), ("3/3", 3)] {
        start(folder.path())
            .args(["--shard", shard])
            .assert()
            .success()
            .stdout(contains(format!("computed {runs} runs, 0 were there")));
    }
    start(folder.path())
        .assert()
        .success()
        .stdout(contains("all 10 runs are there"));
    start(folder.path())
        .args(["--shard", "4/3"])
        .assert()
        .code(2)
        .stderr(contains("1 ≤ I ≤ N"));
}

#[test]
fn a_stored_table_is_checked_cell_by_cell() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    repro(folder.path())
        .args(["run", "tiny.yaml"])
        .assert()
        .success();
    let check = || {
        let mut check = repro(folder.path());
        check.args(["check", "tiny.yaml", "--expected", "expected"]);
        check
    };
    check().assert().code(2).stderr(contains("tiny-paper.csv"));
    check().arg("--update").assert().success();
    check().assert().success().stdout(contains(
        "10 cells; 0 values moved within their tolerance, 0 beyond",
    ));
    let facts = fs::read_to_string(folder.path().join("expected/tiny-paper.yaml")).unwrap();
    for fact in ["seeds:", "core_hours:", "digits, SHA-256 "] {
        assert!(facts.contains(fact), "{facts}");
    }

    let path = folder.path().join("expected/tiny-paper.csv");
    let stored = fs::read_to_string(&path).unwrap();
    let line = stored.lines().nth(1).unwrap();
    let mut fields: Vec<_> = line.split(',').collect();
    let mean = fields.len() - 3;
    fields[mean] = "0.99";
    fs::write(&path, stored.replace(line, &fields.join(","))).unwrap();
    check()
        .assert()
        .code(1)
        .stdout(contains("pipeline mean, attack none"))
        .stdout(contains("mean 0.9900 → "))
        .stderr(contains("1 values moved beyond their tolerance"));
    let output = check().args(["--format", "json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["experiment"], &report["profile"], &report["holds"]),
        (&"tiny".into(), &"paper".into(), &false.into())
    );
    let beyond = report["beyond"].as_array().unwrap();
    assert_eq!(beyond.len(), 1);
    assert_eq!(
        (
            &beyond[0]["what"],
            &beyond[0]["column"],
            &beyond[0]["stored"]
        ),
        (&"number".into(), &"mean".into(), &0.99.into())
    );

    check()
        .arg("--update")
        .assert()
        .success()
        .stdout(contains("mean 0.9900 → "));
    check().assert().success();
}

#[test]
fn a_dry_run_prints_the_grid_and_computes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    start(folder.path())
        .arg("--dry-run")
        .assert()
        .success()
        .stdout(contains(
            "missing extreme, 5 honest + 1 Byzantine, arc,nnm,cwtm, attack lf, seed 2",
        ))
        .stdout(contains("10 runs, 10 missing: about"))
        .stderr(is_empty());
    assert!(!folder.path().join("results").exists());

    start(folder.path()).assert().success();
    start(folder.path())
        .arg("--dry-run")
        .assert()
        .success()
        .stdout(contains("10 runs, 0 missing: about 0 s of one core, 0 s"));
}

#[test]
fn figures_and_lists_come_from_the_results() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    for profile in ["paper", "smoke"] {
        let selection = ["tiny.yaml", "--profile", profile];
        repro(folder.path())
            .arg("run")
            .args(selection)
            .assert()
            .success();
        repro(folder.path())
            .arg("plot")
            .args(selection)
            .assert()
            .success();
    }
    let figure = |name: &str| fs::read(folder.path().join("figures").join(name)).unwrap();
    assert!(
        String::from_utf8(figure("tiny.svg"))
            .unwrap()
            .contains("sign flipping")
    );
    assert!(figure("tiny-smoke.png").starts_with(b"\x89PNG"));
    repro(folder.path())
        .args(["list", "."])
        .assert()
        .success()
        .stdout(contains("tiny: A grid that takes no time"))
        .stdout(contains("settings: 15 ours"))
        .stdout(contains("smoke: 10 of 10 runs computed"));
}

#[test]
fn the_report_is_one_page_with_everything_inside_and_all_text_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "A <script>alert(1)</script> & \"grid\"";
    tiny(
        folder.path(),
        "title: A grid that takes no time",
        &format!("title: '{hostile}'"),
    );
    let file = folder.path().join("tiny.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        text.replace("label: ARC", "label: '<b>ARC</b> & co'"),
    )
    .unwrap();
    let report = || {
        let mut report = repro(folder.path());
        report.args([
            "report",
            ".",
            "--output",
            "report.html",
            "--expected",
            "expected",
        ]);
        report
    };
    let run = |profile: &str| {
        repro(folder.path())
            .args(["run", "tiny.yaml", "--profile", profile])
            .assert()
            .success();
    };
    run("paper");
    repro(folder.path())
        .args(["check", "tiny.yaml", "--expected", "expected", "--update"])
        .assert()
        .success();
    report()
        .assert()
        .success()
        .stdout(contains("report.html: 1 of 2 figures and tables"));
    let page = || fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page().contains("tiny-smoke: 0 of 10 runs"));
    assert!(page().contains("10 cells; 0 values moved within their tolerance, 0 beyond."));

    run("smoke");
    report()
        .assert()
        .success()
        .stdout(contains("report.html: 2 of 2 figures and tables"));
    let page = page();
    let count = |text: &str| page.matches(text).count();
    assert!(page.starts_with("<!DOCTYPE html>"));
    for (text, times) in [
        ("<svg", 2),
        ("</svg>", 2),
        ("<section id=\"tiny-", 2),
        ("href=\"#tiny-", 2),
        ("No stored table.", 1),
        ("<td>learning rate", 0),
        ("<td>ours</td><td>small</td>", 28),
        // The smoke profile replaces two settings.
        ("<td>ours</td><td>steps of profile smoke</td>", 1),
        ("<td>ours</td><td>batch of profile smoke</td>", 1),
        ("Seeds</b></dt><dd>1, 2</dd>", 2),
        ("core-hours", 2),
        // Nothing is fetched from anywhere, and nothing runs.
        ("<script", 0),
        ("src=", 0),
        ("<link", 0),
        ("url(", 0),
        ("<b>ARC", 0),
    ] {
        assert_eq!(count(text), times, "{text}");
    }
    assert!(count("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;grid&quot;") >= 2);
    assert!(count("&lt;b&gt;ARC&lt;/b&gt; &amp; co") >= 2);
    for tag in [
        "section", "figure", "table", "tr", "td", "dl", "details", "ul", "li", "div",
    ] {
        let open = count(&format!("<{tag}>")) + count(&format!("<{tag} "));
        assert_eq!(open, count(&format!("</{tag}>")), "{tag}");
    }
}
