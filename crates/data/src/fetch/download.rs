//! One file over HTTP, resumed and checked.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use ureq::Agent;
use ureq::http::StatusCode;

use super::{Failure, Progress, write_error};

/// No download is longer; a mirror that sends more is broken.
const LONGEST: u64 = 1 << 28;

static AGENT: LazyLock<Agent> = LazyLock::new(|| {
    Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(15)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .timeout_per_read(Some(Duration::from_secs(30)))
        .http_status_as_error(false)
        .accept_encoding("identity") // the sum is that of the file, not of a server's re-encoding
        .build()
        .into()
});

/// Downloads `url` to `path`, continuing what is there, until `check` accepts it. What is there may
/// come from another mirror, whose file differs (gzip is not unique), so if a continued file is
/// wrong, it is fetched again from its beginning. A wrong file is removed; an incomplete one stays,
/// to be continued.
pub fn download(
    url: &str,
    file: &str,
    path: &Path,
    check: &dyn Fn(&Path) -> Result<(), String>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(), Failure> {
    loop {
        let resumed = transfer(url, file, path, progress)?;
        let Err(why) = check(path) else { return Ok(()) };
        fs::remove_file(path).map_err(write_error(path))?;
        if !resumed {
            return Err(Failure::Mirror(why));
        }
    }
}

/// Appends to `path` what it lacks, or writes it anew; whether it began with what was there.
fn transfer(
    url: &str,
    file: &str,
    path: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<bool, Failure> {
    let failed = |why: String| Failure::Mirror(why);
    let there = fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut request = AGENT.get(url);
    if there > 0 {
        request = request.header("Range", format!("bytes={there}-"));
    }
    let response = request
        .call()
        .map_err(|error| failed(format!("{file}: {error}")))?;
    let header = |name: &str| response.headers().get(name)?.to_str().ok();
    let continues =
        header("Content-Range").is_some_and(|range| range.starts_with(&format!("bytes {there}-")));
    let resumed = match response.status() {
        StatusCode::OK => false,
        StatusCode::PARTIAL_CONTENT if continues => true,
        // Nothing is lacking, or what is there is not a part of this file: the check will tell.
        StatusCode::RANGE_NOT_SATISFIABLE if there > 0 => return Ok(true),
        status => return Err(failed(format!("{file}: HTTP status {status}"))),
    };
    let mut done = if resumed { there } else { 0 };
    let length: Option<u64> = header("Content-Length").and_then(|length| length.parse().ok());
    let total = length.map(|length| done.saturating_add(length));

    let mut out = OpenOptions::new()
        .create(true)
        .write(true)
        .append(resumed)
        .truncate(!resumed)
        .open(path)
        .map_err(write_error(path))?;
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        progress(Progress { file, done, total });
        let interrupted = |why: String| {
            let total = total.map_or(String::new(), |total| format!(" of {total}"));
            failed(format!(
                "{file}: interrupted after {done}{total} bytes: {why}"
            ))
        };
        let read = body
            .read(&mut buffer)
            .map_err(|error| interrupted(error.to_string()))?;
        if read == 0 && total.is_some_and(|total| done < total) {
            return Err(interrupted("the connection was closed".to_owned()));
        }
        if read == 0 {
            break;
        }
        out.write_all(&buffer[..read]).map_err(write_error(path))?;
        done += read as u64;
        if done > LONGEST {
            fs::remove_file(path).map_err(write_error(path))?;
            return Err(failed(format!("{file}: longer than {LONGEST} bytes")));
        }
    }
    File::sync_all(&out).map_err(write_error(path))?;
    Ok(resumed)
}
