//! The two digests that addresses use, for messages of less than a block: too little to be worth a dependency.

/// SHA-256 (FIPS 180-4) of at most 55 bytes.
pub(super) fn sha256(message: &[u8]) -> [u8; 32] {
    const START: [u32; 8] = fractions(2);
    const ROUNDS: [u32; 64] = fractions(3);
    debug_assert!(message.len() < 56);
    let mut block = [0_u8; 64];
    block[..message.len()].copy_from_slice(message);
    block[message.len()] = 0x80;
    block[56..].copy_from_slice(&(8 * message.len() as u64).to_be_bytes());
    let mut w = [0_u32; 64];
    for (word, bytes) in w.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    for t in 16..64 {
        let (a, b) = (w[t - 15], w[t - 2]);
        let s0 = a.rotate_right(7) ^ a.rotate_right(18) ^ a >> 3;
        let s1 = b.rotate_right(17) ^ b.rotate_right(19) ^ b >> 10;
        w[t] = w[t - 16].wrapping_add(s0).wrapping_add(w[t - 7]).wrapping_add(s1);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = START;
    for (k, w) in ROUNDS.into_iter().zip(w) {
        let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let t1 = h.wrapping_add(s1).wrapping_add(e & f ^ !e & g).wrapping_add(k).wrapping_add(w);
        let t2 = s0.wrapping_add(a & b ^ a & c ^ b & c);
        (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(t2));
    }
    let mut digest = [0; 32];
    for ((bytes, start), end) in
        digest.as_chunks_mut::<4>().0.iter_mut().zip(START).zip([a, b, c, d, e, f, g, h])
    {
        *bytes = start.wrapping_add(end).to_be_bytes();
    }
    digest
}

/// The first 32 bits behind the point of the square or cube roots of the first primes, which is what the standard's tables hold.
const fn fractions<const N: usize>(power: u32) -> [u32; N] {
    let (mut table, mut at, mut candidate) = ([0; N], 0, 2_u128);
    while at < N {
        let mut divisor = 2;
        while divisor * divisor <= candidate && !candidate.is_multiple_of(divisor) {
            divisor += 1;
        }
        if divisor * divisor > candidate {
            let (mut low, mut high) = (0_u128, 1 << 38);
            while high - low > 1 {
                let middle = low.midpoint(high);
                if middle.pow(power) <= candidate << (32 * power) { low = middle } else { high = middle }
            }
            table[at] = low as u32;
            at += 1;
        }
        candidate += 1;
    }
    table
}

/// Keccak with the padding that Ethereum uses, for messages of less than one block of 136 bytes.
pub(super) fn keccak256(message: &[u8]) -> [u8; 32] {
    debug_assert!(message.len() < 136);
    let mut block = [0_u8; 136];
    block[..message.len()].copy_from_slice(message);
    block[message.len()] = 1;
    block[135] |= 0x80;
    let mut state = [0_u64; 25];
    for (lane, bytes) in state.iter_mut().zip(block.as_chunks::<8>().0) {
        *lane = u64::from_le_bytes(*bytes);
    }
    keccak_f(&mut state);
    let mut hash = [0; 32];
    for (bytes, lane) in hash.as_chunks_mut::<8>().0.iter_mut().zip(state) {
        *bytes = lane.to_le_bytes();
    }
    hash
}

/// FIPS 202, section 3.3.
fn keccak_f(a: &mut [u64; 25]) {
    const ROTATIONS: [u32; 24] =
        [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];
    const LANES: [usize; 24] =
        [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];
    let mut lfsr = 1_u8;
    for _ in 0..24 {
        let mut column = [0; 5];
        for (i, lane) in a.iter().enumerate() {
            column[i % 5] ^= lane;
        }
        for (i, lane) in a.iter_mut().enumerate() {
            *lane ^= column[(i + 4) % 5] ^ column[(i + 1) % 5].rotate_left(1);
        }
        let mut moved = a[1];
        for (lane, rotation) in LANES.into_iter().zip(ROTATIONS) {
            moved = std::mem::replace(&mut a[lane], moved.rotate_left(rotation));
        }
        for row in a.as_chunks_mut::<5>().0 {
            let old = *row;
            for i in 0..5 {
                row[i] = old[i] ^ !old[(i + 1) % 5] & old[(i + 2) % 5];
            }
        }
        for bit in 0..7 {
            if lfsr & 1 == 1 {
                a[0] ^= 1 << ((1 << bit) - 1);
            }
            lfsr = lfsr << 1 ^ if lfsr & 0x80 == 0 { 0 } else { 0x71 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digests of nothing and of `abc`, as big numbers.
    #[test]
    fn known_digests() {
        let halves =
            |digest: [u8; 32]| [0, 16].map(|at| u128::from_be_bytes(digest[at..at + 16].try_into().unwrap()));
        assert_eq!(
            halves(sha256(b"abc")),
            [0xba78_16bf_8f01_cfea_4141_40de_5dae_2223, 0xb003_61a3_9617_7a9c_b410_ff61_f200_15ad]
        );
        assert_eq!(
            halves(sha256(b"")),
            [0xe3b0_c442_98fc_1c14_9afb_f4c8_996f_b924, 0x27ae_41e4_649b_934c_a495_991b_7852_b855]
        );
        assert_eq!(
            halves(keccak256(b"")),
            [0xc5d2_4601_86f7_233c_927e_7db2_dcc7_03c0, 0xe500_b653_ca82_273b_7bfa_d804_5d85_a470]
        );
    }
}
