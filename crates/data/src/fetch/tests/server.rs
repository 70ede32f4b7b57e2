//! A server that answers in all the ways in which mirrors do.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::gzip;
use crate::Mirror;

/// How the server answers.
#[derive(Clone, Copy, PartialEq)]
pub enum Answer {
    /// The file, or the range that is asked for.
    File,
    /// The whole file, whatever is asked for.
    WholeFile,
    /// Half of what is left of the file, though the header promises all.
    HalfThenClose,
    /// `/FILE` is at `/moved/FILE`.
    Redirect,
    /// Another file.
    OtherFile,
    /// Status 500.
    Failure,
}

/// Path, and first byte if a range is asked for.
pub type Request = (String, Option<usize>);

/// A server of files, and the requests that it got.
pub struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub fn start(files: Vec<(String, Vec<u8>)>, answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that closes early is not the server's concern.
                let _ = respond(&mut stream.unwrap(), &files, answer, &log);
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn respond(
    stream: &mut TcpStream,
    files: &[(String, Vec<u8>)],
    answer: Answer,
    log: &Mutex<Vec<Request>>,
) -> io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().unwrap()?;
    let path = request.split(' ').nth(1).unwrap().to_owned();
    let mut start = None;
    for line in lines {
        let line = line?.to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.strip_prefix("range: bytes=") {
            start = Some(range.trim_end_matches('-').parse().unwrap());
        }
    }
    log.lock().unwrap().push((path.clone(), start));

    if answer == Answer::Failure {
        return write!(
            stream,
            "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    }
    if answer == Answer::Redirect && !path.starts_with("/moved") {
        return write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: /moved{path}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    }
    let name = path.rsplit('/').next().unwrap();
    let Some((_, file)) = files.iter().find(|(file, _)| file == name) else {
        return write!(
            stream,
            "HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    };
    let other = gzip(b"something else");
    let file = if answer == Answer::OtherFile {
        &other
    } else {
        file
    };
    let start = start.filter(|_| answer != Answer::WholeFile);
    let (status, range, body) = match start {
        None => ("200 OK", String::new(), &file[..]),
        Some(start) if start < file.len() => {
            let (last, len) = (file.len() - 1, file.len());
            let range = format!("Content-Range: bytes {start}-{last}/{len}\r\n");
            ("206 Partial Content", range, &file[start..])
        }
        Some(_) => ("416 Range Not Satisfiable", String::new(), &[][..]),
    };
    let sent = if answer == Answer::HalfThenClose {
        &body[..body.len() / 2]
    } else {
        body
    };
    let len = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{range}Content-Length: {len}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(sent)
}

/// A mirror of which nothing listens any more.
pub fn down() -> Mirror {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    Mirror::Files(format!("http://{}/", listener.local_addr().unwrap()).into())
}
