use proptest::prelude::*;

use super::machine::MOST_VALUES;
use super::*;

/// Two images of six bytes and their labels, 2 and 0. Written by Python and NumPy, with byte
/// strings as those of Python 2, by the script next to it.
const GOLDEN: &[u8] = include_bytes!("../../../tests/golden/cifar_batch.pickle");
const GOLDEN_RECORDS: [u8; 14] = [2, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12];

/// A batch as the official files have it, instruction for instruction.
pub fn batch(labels: &[u8], data: &[u8], width: u16) -> Vec<u8> {
    let mut bytes = b"\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x15training batch 1 of 5q\x03U\x06labelsq\x04]q\x05".to_vec();
    for labels in labels.chunks(1000) {
        bytes.push(b'(');
        bytes.extend(labels.iter().flat_map(|&label| [b'K', label]));
        bytes.push(b'e');
    }
    bytes.extend(b"U\x04dataq\x06cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\x09");
    bytes.extend(b"(K\x01M");
    bytes.extend((labels.len() as u16).to_le_bytes());
    bytes.push(b'M');
    bytes.extend(width.to_le_bytes());
    bytes.extend(b"\x86cnumpy\ndtype\nq\nU\x02u1K\x00K\x01\x87Rq\x0b");
    bytes.extend(b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes.extend(b"tbU\tfilenamesq\x0c]q\r(U\x0ea_s_000004.pngq\x0eeu.");
    bytes
}

fn read(bytes: &[u8]) -> Result<Vec<u8>, String> {
    records(Path::new("batch"), bytes, 1000).map_err(|error| error.to_string())
}

#[test]
fn batches_are_read_as_records() {
    assert_eq!(read(GOLDEN).unwrap(), GOLDEN_RECORDS);
    let data: Vec<u8> = (1..=12).collect();
    assert_eq!(read(&batch(&[2, 0], &data, 6)).unwrap(), GOLDEN_RECORDS);
    // Appended to in several steps, as in files of 10,000.
    let labels: Vec<u8> = (0..2500).map(|index| (index % 10) as u8).collect();
    let many = batch(&labels, &vec![7; 2500 * 3], 3);
    let records = records(Path::new("batch"), &many, usize::MAX).unwrap();
    assert!(records.chunks_exact(4).map(|record| record[0]).eq(labels));
    // No more than tells that there is more.
    assert_eq!(read(&many).unwrap().len(), 1001);
}

#[test]
fn every_shorter_one_is_an_error_that_says_where() {
    for len in 0..GOLDEN.len() {
        let error = read(&GOLDEN[..len]).unwrap_err();
        assert!(error.starts_with("batch: "), "{error}");
    }
    let longer = [GOLDEN, b"."].concat();
    assert_eq!(
        read(&longer).unwrap_err(),
        "batch: the number of bytes after the pickle's end is 1, expected 0"
    );
}

#[test]
fn other_programs_are_refused() {
    for (program, message) in [
        (
            &b"\x80\x02cos\nsystem\nU\x02ls\x85R."[..],
            "the function, in the pickle at byte 18, is os.system, expected NumPy's _reconstruct or dtype",
        ),
        (
            b"\x80\x04.",
            "the protocol, in the pickle at byte 0, is 4, expected 2",
        ),
        (
            b"\x80\x02i",
            "the instruction, in the pickle at byte 2, is 0x69, expected one of those that CIFAR-10's batches have",
        ),
        (
            b"\x80\x02T\xff\xff\xff\xffx",
            "the number of bytes left, in the pickle at byte 2, is 1, expected 4294967295 at least",
        ),
        (
            b"\x80\x02]q\x01h\x01a.",
            "the pickle is a list, expected a dictionary",
        ),
        (b"\x80\x02}.", "the key labels is missing, expected there"),
        (
            b"\x80\x02h\x07.",
            "a kept value, in the pickle at byte 2, is 7, expected the number of one",
        ),
    ] {
        assert_eq!(read(program).unwrap_err(), format!("batch: {message}"));
    }
    let without_width = batch(&[2, 0], &[], 0);
    assert!(
        read(&without_width)
            .unwrap_err()
            .contains("an array's shape")
    );
    let too_few = batch(&[2, 0], &[0; 11], 6);
    assert!(
        read(&too_few)
            .unwrap_err()
            .ends_with("is 11, expected 2 × 6")
    );
}

/// Two bytes an instruction would otherwise make values of 32 bytes each.
#[test]
fn values_are_bounded() {
    let none = [&b"\x80\x02"[..], &[b'N'; MOST_VALUES + 1]].concat();
    assert!(read(&none).unwrap_err().contains("the number of values"));
    let again = [&b"\x80\x02Nq\x01"[..], &b"h\x01".repeat(MOST_VALUES + 1)].concat();
    assert!(
        read(&again)
            .unwrap_err()
            .contains("the number of values taken again")
    );
    let deep = [&b"\x80\x02"[..], &[b'('; 200]].concat();
    assert!(read(&deep).unwrap_err().contains("the depth"));
}

const INSTRUCTIONS: &[&[u8]] = &[
    b"(",
    b"N",
    b"\x89",
    b"K\x01",
    b"U\x01x",
    b"U\x06labels",
    b"U\x04data",
    b"]",
    b"}",
    b")",
    b"\x85",
    b"\x86",
    b"\x87",
    b"t",
    b"a",
    b"e",
    b"s",
    b"u",
    b"q\x01",
    b"h\x01",
    b"R",
    b"b",
    b"cnumpy\ndtype\n",
    b"cnumpy.core.multiarray\n_reconstruct\n",
    b"U\x02u1",
];

proptest! {
    #[test]
    fn anything_is_records_or_an_error(bytes: Vec<u8>) {
        let bytes = [&PROTOCOL_2[..], &bytes].concat();
        prop_assert!(read(&bytes).is_err());
    }

    /// Bytes of a batch changed, left out, and doubled.
    #[test]
    fn damaged_batches_are_records_or_an_error(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4), 1..6),
    ) {
        let mut bytes = GOLDEN.to_vec();
        for (at, byte, how) in changes {
            let at = at.index(bytes.len());
            match how {
                0 => { bytes.remove(at); }
                1 => bytes.insert(at, byte),
                2 => bytes.extend_from_within(at..),
                _ => bytes[at] = byte,
            }
        }
        if let Ok(records) = read(&bytes) {
            prop_assert!(records.len() <= 1001);
        }
    }

    /// Instructions in any order.
    #[test]
    fn programs_are_records_or_an_error(
        program in prop::collection::vec(
            prop::sample::select(INSTRUCTIONS),
            0..60,
        ),
    ) {
        let program = [b"\x80\x02", &program.concat()[..], b"."].concat();
        if let Ok(records) = read(&program) {
            prop_assert!(records.len() <= 1001);
        }
    }
}

mod needs {
    mod cifar10_jpeg {
        use std::fs;

        use super::super::batch;
        use crate::datasets::conformance::data_dir;
        use crate::{Name, load, locate};

        /// Its files, as the Python version of CIFAR-10 would have them.
        #[test]
        #[ignore = "needs cifar10-jpeg in ROBUST_DATA_DIR"]
        fn the_python_version_is_the_binary_one() {
            let name = Name::Cifar10Jpeg;
            let dir = data_dir();
            let from = locate(name, dir.as_deref()).unwrap().unwrap();
            let binary = load(name, dir.as_deref()).unwrap();
            let place = tempfile::tempdir().unwrap();
            let folder = place.path().join("cifar-10-batches-py");
            fs::create_dir(&folder).unwrap();
            for file in name.definition().files() {
                let records = fs::read(from.join(file.name)).unwrap();
                let records = records.chunks_exact(3073);
                let labels: Vec<u8> = records.clone().map(|record| record[0]).collect();
                let data: Vec<u8> = records.flat_map(|record| &record[1..]).copied().collect();
                let name = file.name.strip_suffix(".bin").unwrap();
                fs::write(folder.join(name), batch(&labels, &data, 3072)).unwrap();
            }
            fs::write(folder.join("batches.meta"), b"\x80\x02}.").unwrap();
            let python = load(name, Some(place.path())).unwrap();
            assert_eq!(python.checksum, binary.checksum);
            for (python, binary) in [(&python.train, &binary.train), (&python.test, &binary.test)] {
                assert_eq!(python.labels(), binary.labels());
                assert!(
                    (0..binary.len()).all(|index| python.planes(index).eq(binary.planes(index)))
                );
            }
            // Under another name it is refused by its sum, as the binary version is.
            let error = load(Name::Cifar10, Some(place.path())).unwrap_err();
            let error = error.to_string();
            let of =
                "data_batch_1: SHA-256 of the samples, as the binary version has them, is 95bc40a9";
            assert!(error.contains(of), "{error}");
            assert!(error.ends_with("this is a file of cifar10-jpeg: ask for that name"));

            let last = folder.join("test_batch");
            let mut bytes = fs::read(&last).unwrap();
            *bytes.last_mut().unwrap() = b'x';
            fs::write(&last, &bytes).unwrap();
            let error = load(name, Some(place.path())).unwrap_err().to_string();
            assert!(
                error.contains("test_batch: the instruction, in the pickle at byte "),
                "{error}"
            );
        }
    }
}
