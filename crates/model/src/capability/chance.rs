//! Seeded chance for tests of random cases: the same cases each time.

/// `SplitMix64` (Steele, Lea and Flood, 2014).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn one_in(&mut self, count: u64) -> bool {
        self.next().is_multiple_of(count)
    }

    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let count = all.len() as u64;
        all[usize::try_from(self.next() % count).expect("it is below a length")]
    }
}
