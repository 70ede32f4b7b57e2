//! The embedded digits.

use data::{Name, load};

#[test]
fn digits_have_the_documented_split_and_normalisation() {
    let digits = load(Name::Digits, None).unwrap();
    assert_eq!(
        (digits.name, digits.classes, digits.shape.len()),
        (Name::Digits, 10, 64)
    );
    assert_eq!((digits.train.len(), digits.test.len()), (1437, 360));
    for (samples, least) in [(&digits.train, 141), (&digits.test, 33)] {
        let mut counts = [0; 10];
        samples
            .labels()
            .iter()
            .for_each(|&label| counts[usize::from(label)] += 1);
        assert_eq!(counts.into_iter().min(), Some(least));
    }
    assert_eq!(digits.train.labels()[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);

    let all: Vec<usize> = (0..digits.train.len()).collect();
    let mut pixels = vec![0.0; all.len() * 64];
    digits.train.fill(&all, &mut pixels);
    let count = pixels.len() as f64;
    let mean = pixels.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let variance = pixels.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / count - mean * mean;
    assert!(
        mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-5,
        "{mean} {variance}"
    );

    // The first row of the file starts 0,0,5,13; one value is (byte / 16 - mean) / std.
    let value = |byte: f32| (byte / 16.0 - 0.305_386_1) / 0.375_507_1;
    assert_eq!(
        pixels[..4],
        [value(0.0), value(0.0), value(5.0), value(13.0)]
    );
}

/// `zcat assets/digits.csv.gz | sha256sum`, with `digits.csv` as file name, `| sha256sum`.
#[test]
fn the_checksum_is_the_sum_of_the_list_of_sums() {
    let digits = load(Name::Digits, None).unwrap();
    assert_eq!(
        digits.checksum,
        "e34d9899136e13080fb109e32926b3834fe0fff9e83100089bb8e09c9e47ac94"
    );
}

#[test]
fn truncation_keeps_the_first_samples() {
    let digits = load(Name::Digits, None).unwrap();
    let (mut short, mut all) = (digits.train.clone(), digits.train.clone());
    short.truncate(5);
    all.truncate(usize::MAX);
    assert_eq!((short.len(), all.len()), (5, 1437));
    assert_eq!(short.labels(), &digits.train.labels()[..5]);
    let (mut a, mut b) = (vec![0.0; 64], vec![1.0; 64]);
    short.fill(&[4], &mut a);
    digits.train.fill(&[4], &mut b);
    assert_eq!(a, b);
    short.truncate(0);
    assert!(short.is_empty());
}
