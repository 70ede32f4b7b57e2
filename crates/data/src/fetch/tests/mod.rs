//! Against a server on 127.0.0.1.

mod server;

use flate2::{Compression, GzBuilder};
use tempfile::TempDir;

use self::server::{Answer, Request, Server, down};
use super::*;

fn files(server: &Server) -> Mirror {
    Mirror::Files(server.url.clone().into())
}

fn tarball(server: &Server) -> Mirror {
    Mirror::Archive(format!("{}d.tar.gz", server.url).into())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    named_gzip("", bytes)
}

/// With a name in its header, as `gzip FILE` makes it.
fn named_gzip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzBuilder::new()
        .filename(name)
        .write(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar_gz(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, contents) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(contents.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, *contents).unwrap();
    }
    gzip(&tar.into_inner().unwrap())
}

/// Contents that gzip can't shorten much: 100,000 bytes from a small linear congruential generator.
fn contents(seed: u32) -> Vec<u8> {
    let mut state = seed;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(100_000)
    .collect()
}

/// A dataset of two files.
struct Fixture {
    dir: TempDir,
    published: Vec<PublishedFile>,
    progress: Vec<(String, u64, Option<u64>)>,
}

impl Fixture {
    fn new() -> Self {
        let published =
            [("images", contents(1)), ("labels", contents(2))].map(|(name, contents)| {
                PublishedFile {
                    name,
                    sha256: file::sha256(&contents).leak(),
                }
            });
        Self {
            dir: TempDir::new().unwrap(),
            published: published.to_vec(),
            progress: Vec::new(),
        }
    }

    /// The files as a mirror has them.
    fn files() -> Vec<(String, Vec<u8>)> {
        vec![
            ("images.gz".to_owned(), gzip(&contents(1))),
            ("labels.gz".to_owned(), gzip(&contents(2))),
        ]
    }

    fn fetch(&mut self, mirrors: &[Mirror]) -> Result<(), Error> {
        let progress = &mut self.progress;
        let dir = self.dir.path();
        fetch_files(
            Name::Mnist,
            &self.published,
            dir,
            mirrors,
            &mut |Progress { file, done, total }| {
                progress.push((file.to_owned(), done, total));
            },
        )
    }

    fn failures(&mut self, mirrors: &[Mirror]) -> Vec<String> {
        match self.fetch(mirrors).unwrap_err() {
            Error::NoMirror { failures, .. } => failures.into_iter().map(|(_, why)| why).collect(),
            error => panic!("{error}"),
        }
    }

    /// The files in the folder, sorted.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.dir.path().join(name), bytes).unwrap();
    }

    /// Checks that both files are there, and nothing else.
    fn assert_complete(&self) {
        assert_eq!(self.names(), ["images.gz", "labels.gz"]);
        assert!(
            missing(Name::Mnist, &self.published, self.dir.path())
                .unwrap()
                .is_empty()
        );
    }
}

fn request(path: &str, start: Option<usize>) -> Request {
    (path.to_owned(), start)
}

#[test]
fn success_with_progress() {
    let server = Server::start(Fixture::files(), Answer::File);
    let mut fixture = Fixture::new();
    fixture.fetch(&[files(&server)]).unwrap();
    fixture.assert_complete();
    assert_eq!(
        server.requests(),
        [request("/images.gz", None), request("/labels.gz", None)]
    );

    let len = Fixture::files()[0].1.len() as u64;
    let (file, done, total) = fixture.progress.first().unwrap();
    assert_eq!((file.as_str(), *done, *total), ("images.gz", 0, Some(len)));
    assert!(
        fixture
            .progress
            .contains(&("images.gz".to_owned(), len, Some(len)))
    );
    assert_eq!(fixture.progress.last().unwrap().0, "labels.gz");

    // All is there: no mirror is needed.
    fixture.fetch(&[]).unwrap();
}

#[test]
fn mirrors_that_are_down_or_fail_are_passed_over() {
    let failing = Server::start(vec![], Answer::Failure);
    let without_files = Server::start(vec![], Answer::File);
    let server = Server::start(Fixture::files(), Answer::File);
    let mirrors = [
        down(),
        files(&failing),
        files(&without_files),
        files(&server),
    ];
    let mut fixture = Fixture::new();
    let failures = fixture.failures(&mirrors[..3]);
    assert!(failures[0].starts_with("images.gz: "), "{failures:?}");
    assert_eq!(
        failures[1],
        "images.gz: HTTP status 500 Internal Server Error"
    );
    assert_eq!(failures[2], "images.gz: HTTP status 404 Not Found");
    assert_eq!(fixture.names(), [""; 0]);
    fixture.fetch(&mirrors).unwrap();
    fixture.assert_complete();
}

#[test]
fn without_a_mirror_the_error_says_where_to_put_which_files() {
    let mut fixture = Fixture::new();
    fixture.write("images", &contents(1));
    let mirror = down();
    let message = fixture
        .fetch(std::slice::from_ref(&mirror))
        .unwrap_err()
        .to_string();
    let lines: Vec<_> = message.lines().collect();
    assert_eq!(lines[0], "mnist could not be fetched");
    assert!(
        lines[1].starts_with(&format!("  {mirror}: labels.gz: ")),
        "{message}"
    );
    let dir = fixture.dir.path().display();
    assert_eq!(
        lines[2],
        format!(
            "Without a network, put labels, each as it is or as .gz, into {dir}. \
             What was downloaded is kept, and the same command continues it"
        )
    );
}

#[test]
fn an_interrupted_download_is_continued() {
    let interrupting = Server::start(Fixture::files(), Answer::HalfThenClose);
    let mut fixture = Fixture::new();
    let failures = fixture.failures(&[files(&interrupting)]);
    let len = Fixture::files()[0].1.len();
    let expected = format!("images.gz: interrupted after {} of {len} bytes", len / 2);
    assert!(failures[0].starts_with(&expected), "{failures:?}");
    assert_eq!(fixture.names(), ["images.gz.part"]);

    fixture.progress.clear();
    let server = Server::start(Fixture::files(), Answer::File);
    fixture.fetch(&[files(&server)]).unwrap();
    fixture.assert_complete();
    assert_eq!(server.requests()[0], request("/images.gz", Some(len / 2)));
    let (_, done, total) = fixture.progress[0];
    assert_eq!((done, total), (len as u64 / 2, Some(len as u64)));
}

#[test]
fn a_mirror_that_ignores_the_range_sends_all_again() {
    let server = Server::start(Fixture::files(), Answer::WholeFile);
    let mut fixture = Fixture::new();
    fixture.write("images.gz.part", &Fixture::files()[0].1[..1000]);
    fixture.fetch(&[files(&server)]).unwrap();
    fixture.assert_complete();
    assert_eq!(server.requests()[0], request("/images.gz", Some(1000)));
}

/// The part may come from a mirror whose gzip file differs, or be whole but not yet renamed, or be
/// damaged.
#[test]
fn parts_of_any_origin_end_in_the_right_file() {
    let file = &Fixture::files()[0].1;
    let foreign = named_gzip("images", &contents(1));
    let damaged = vec![7; file.len()];
    let cases: [(&[u8], usize); 4] = [
        (&foreign[..1000], 2),
        (file, 1),
        (&foreign, 1),
        (&damaged, 2),
    ];
    for (part, requests) in cases {
        let server = Server::start(Fixture::files(), Answer::File);
        let mut fixture = Fixture::new();
        fixture.write("images.gz.part", part);
        fixture.fetch(&[files(&server)]).unwrap();
        fixture.assert_complete();
        let mut expected = vec![request("/images.gz", Some(part.len()))];
        expected.extend((1..requests).map(|_| request("/images.gz", None)));
        assert_eq!(server.requests()[..requests], expected);
        assert_eq!(server.requests().len(), requests + 1);
    }
}

#[test]
fn a_wrong_file_is_not_kept() {
    let wrong = Server::start(Fixture::files(), Answer::OtherFile);
    let mut fixture = Fixture::new();
    let failures = fixture.failures(&[files(&wrong)]);
    let found = file::sha256(b"something else");
    let expected = fixture.published[0].sha256;
    assert_eq!(
        failures,
        [format!(
            "SHA-256 of images is {found}, expected {expected} (mnist)"
        )]
    );
    assert_eq!(fixture.names(), [""; 0]);
}

#[test]
fn redirects_are_followed_also_when_resuming() {
    let server = Server::start(Fixture::files(), Answer::Redirect);
    let mut fixture = Fixture::new();
    fixture.write("images.gz.part", &Fixture::files()[0].1[..1000]);
    fixture.fetch(&[files(&server)]).unwrap();
    fixture.assert_complete();
    let expected = [
        request("/images.gz", Some(1000)),
        request("/moved/images.gz", Some(1000)),
    ];
    assert_eq!(server.requests()[..2], expected);
}

#[test]
fn a_damaged_file_is_left_to_its_owner() {
    let mut fixture = Fixture::new();
    fixture.write("images", b"mine");
    let error = fixture.fetch(&[down()]).unwrap_err();
    assert!(
        matches!(error, Error::Damaged(crate::Error::Checksum { .. })),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .ends_with("move this file away, then fetch again"),
        "{error}"
    );
    assert_eq!(fixture.names(), ["images"]);
}

#[test]
fn archives_are_unpacked() {
    let (images, labels) = (contents(1), contents(2));
    let whole = tar_gz(&[
        ("a/readme", b"x"),
        ("a/images", &images),
        ("a/b/labels", &labels),
    ]);
    let half = whole[..whole.len() / 2].to_vec();
    let files = vec![("d.tar.gz".to_owned(), whole)];
    let server = Server::start(files, Answer::File);
    let mut fixture = Fixture::new();
    fixture.write("d.tar.gz.part", &half);
    fixture.fetch(&[tarball(&server)]).unwrap();
    assert_eq!(server.requests(), [request("/d.tar.gz", Some(half.len()))]);
    assert_eq!(fixture.names(), ["images", "labels"]);
    assert!(
        missing(Name::Mnist, &fixture.published, fixture.dir.path())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn archives_that_are_wrong_leave_nothing() {
    let (images, labels) = (contents(1), contents(2));
    let cases = [
        (tar_gz(&[("images", &images)]), "the archive has no labels"),
        (
            tar_gz(&[("images", &images), ("labels", &images)]),
            "SHA-256 of labels is ",
        ),
        (gzip(b"no tar"), ""),
        (b"no gzip".to_vec(), ""),
        // A member that leads out of the folder is taken by its name alone, and only if its sum is
        // right.
        (
            tar_gz(&[("images", &images), ("x/labels", &labels[1..])]),
            "SHA-256 of labels is ",
        ),
    ];
    for (archive, why) in cases {
        let server = Server::start(vec![("d.tar.gz".to_owned(), archive)], Answer::File);
        let mut fixture = Fixture::new();
        let failures = fixture.failures(&[tarball(&server)]);
        assert!(failures[0].starts_with(why), "{failures:?}");
        assert_eq!(fixture.names(), [""; 0]);
    }
}

proptest::proptest! {
    #[test]
    fn unpacking_anything_is_an_error(bytes: Vec<u8>, header in "[a-z/.0-9 ]{0,600}") {
        let fixture = Fixture::new();
        let archives = [bytes.clone(), gzip(&bytes), gzip(header.as_bytes()), {
            // A tar file of which a byte was changed.
            let mut tar = tar_gz(&[("images", b"x"), ("labels", b"x")]);
            let at = bytes.len() % tar.len();
            tar[at] ^= 1 | bytes.first().copied().unwrap_or(0);
            tar
        }];
        for archive in archives {
            fixture.write("archive", &archive);
            let path = fixture.dir.path().join("archive");
            proptest::prop_assert!(unpack(Name::Mnist, &fixture.published, &path).is_err());
        }
    }
}

/// Without `apt-get` it fails otherwise, but it fails as well.
#[test]
fn a_debian_package_that_does_not_exist_is_passed_over() {
    let server = Server::start(Fixture::files(), Answer::File);
    let package = Mirror::Debian {
        package: "no-such-package-1".into(),
        folder: "usr".into(),
    };
    let mut fixture = Fixture::new();
    assert!(fixture.failures(std::slice::from_ref(&package))[0].starts_with("apt-get: "));
    assert_eq!(fixture.names(), [""; 0]);
    fixture.fetch(&[package, files(&server)]).unwrap();
    fixture.assert_complete();
}

#[test]
fn what_has_no_mirror() {
    for name in Name::ALL {
        let definition = name.definition();
        if !definition.mirrors().is_empty() {
            continue;
        }
        let dir = TempDir::new().unwrap();
        let error = fetch(name, Some(dir.path()), &[], &mut |_| ()).unwrap_err();
        let message = error.to_string();
        match error {
            Error::Embedded(embedded) => assert!(definition.is_embedded() && embedded == name),
            Error::NoMirror { files, .. } => {
                assert_eq!(files.len(), definition.files().len());
                let how = definition.how_to_make().unwrap();
                let expected = format!(" (no mirror has them; {how})");
                assert!(message.ends_with(&expected), "{message}");
            }
            error => panic!("{error}"),
        }
    }
}
