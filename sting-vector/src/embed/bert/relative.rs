//! Relative positions, as MPNet (Song et al., 2020) takes them from T5 (Raffel et al., 2020).

/// Distances from here on share the last bucket.
const MAX_DISTANCE: f64 = 128.0;

/// The bucket of a key as seen from a query: one for each small distance, logarithmically wider
/// ones beyond, the upper half of them for keys that follow.
pub(super) fn bucket(query: usize, key: usize, buckets: usize) -> usize {
    let half = buckets / 2;
    let exact = half / 2;
    let side = if key > query { half } else { 0 };
    let distance = query.abs_diff(key);
    if distance < exact || exact == 0 {
        return side + distance.min(half.saturating_sub(1));
    }
    let wide = (distance as f64 / exact as f64).ln() / (MAX_DISTANCE / exact as f64).ln();
    side + (exact + (wide * (half - exact) as f64) as usize).min(half - 1)
}

#[cfg(test)]
mod tests {
    use super::bucket;

    /// From `transformers`' `MPNetEncoder.relative_position_bucket`.
    #[test]
    fn buckets_are_those_of_transformers() {
        let after: Vec<usize> = [0, 1, 7, 8, 11, 12, 16, 23, 32, 64, 91, 127, 128, 500]
            .iter()
            .map(|&distance| bucket(0, distance, 32))
            .collect();
        assert_eq!(after, [0, 17, 23, 24, 24, 25, 26, 27, 28, 30, 31, 31, 31, 31]);
        assert_eq!((bucket(9, 0, 32), bucket(500, 0, 32)), (8, 15));
    }
}
