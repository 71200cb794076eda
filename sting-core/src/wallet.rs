//! Addresses of cryptocurrencies, by their checksums.
//!
//! ```
//! use sting_core::wallet;
//! assert!(wallet::bitcoin(b"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"));
//! assert!(!wallet::bitcoin(b"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"));
//! assert!(wallet::ethereum(b"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"));
//! ```

mod digest;

use digest::{keccak256, sha256};

/// Whether this is a Bitcoin address: Base58Check (it begins with 1 or 3) or Bech32 (BIP 173, BIP 350).
pub fn bitcoin(address: &[u8]) -> bool {
    if address.len() > 3 && address[..3].eq_ignore_ascii_case(b"bc1") {
        bech32(address)
    } else {
        base58check(address)
    }
}

/// Whether this is an Ethereum address: `0x` and forty hexadecimal digits, which in mixed case carry the checksum of EIP-55.
pub fn ethereum(address: &[u8]) -> bool {
    let Some(digits) =
        address.strip_prefix(b"0x").filter(|a| a.len() == 40 && a.iter().all(u8::is_ascii_hexdigit))
    else {
        return false;
    };
    let plain = !digits.iter().any(u8::is_ascii_uppercase) || !digits.iter().any(u8::is_ascii_lowercase);
    if plain {
        return true;
    }
    let hash = keccak256(&digits.to_ascii_lowercase());
    digits.iter().enumerate().all(|(i, b)| {
        let nibble = hash[i / 2] >> (4 * (1 - i % 2)) & 15;
        !b.is_ascii_alphabetic() || b.is_ascii_uppercase() == (nibble >= 8)
    })
}

/// Whether this is a Monero address: blocks of eleven symbols hold eight bytes each, the last seven hold five; the last four bytes
/// are a checksum of the others.
pub fn monero(address: &[u8]) -> bool {
    let mut bytes = [0_u8; 69];
    if address.len() != 95 {
        return false;
    }
    for (symbols, bytes) in address.chunks(11).zip(bytes.chunks_mut(8)) {
        let block = match bytes.len() {
            8 => base58::<8>(symbols).map(Vec::from),
            _ => base58::<5>(symbols).map(Vec::from),
        };
        match block {
            Some(block) => bytes.copy_from_slice(&block),
            None => return false,
        }
    }
    keccak256(&bytes[..65])[..4] == bytes[65..]
}

/// The number that base 58 writes, in `N` bytes, if it fits.
fn base58<const N: usize>(symbols: &[u8]) -> Option<[u8; N]> {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = [0_u8; N];
    for symbol in symbols {
        let mut carry = ALPHABET.iter().position(|s| s == symbol)?;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 0xFF) as u8;
            carry >>= 8;
        }
        if carry != 0 {
            return None;
        }
    }
    Some(bytes)
}

fn base58check(address: &[u8]) -> bool {
    if !(26..=35).contains(&address.len()) {
        return false;
    }
    let Some(bytes) = base58::<25>(address) else { return false };
    let (payload, check) = bytes.split_at(21);
    sha256(&sha256(payload))[..4] == *check
}

fn bech32(address: &[u8]) -> bool {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATORS: [u32; 5] = [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3];
    let mixed = address.iter().any(u8::is_ascii_uppercase) && address.iter().any(u8::is_ascii_lowercase);
    if mixed || !(14..=90).contains(&address.len()) {
        return false;
    }
    let step = |sum: u32, digit: u32| {
        let top = sum >> 25;
        let sum = (sum & 0x01FF_FFFF) << 5 ^ digit;
        (0..5).filter(|bit| top >> bit & 1 == 1).fold(sum, |sum, bit| sum ^ GENERATORS[bit])
    };
    // The human-readable part `bc`, spread out.
    let mut sum = [3, 3, 0, 2, 3].into_iter().fold(1, step);
    for symbol in &address[3..] {
        let Some(digit) = ALPHABET.iter().position(|s| *s == symbol.to_ascii_lowercase()) else {
            return false;
        };
        sum = step(sum, digit as u32);
    }
    matches!(sum, 1 | 0x2BC8_30A3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(address: &str) -> impl Iterator<Item = Vec<u8>> {
        (3..address.len()).map(|at| {
            let mut bytes = address.as_bytes().to_vec();
            bytes[at] = match bytes[at] {
                b'q' => b'p',
                b'9' => b'8',
                byte if byte.is_ascii_digit() => byte + 1,
                byte if byte.is_ascii_uppercase() => byte.to_ascii_lowercase(),
                _ => b'q',
            };
            bytes
        })
    }

    /// The examples of BIP 173, BIP 350 and EIP-55, the first address of Bitcoin and one of its scripts.
    #[test]
    fn a_changed_symbol_breaks_the_checksum() {
        for address in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        ] {
            assert!(bitcoin(address.as_bytes()), "{address}");
            assert!(changed(address).all(|other| !bitcoin(&other)), "{address}");
        }
        let address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        assert!(ethereum(address.as_bytes()) && ethereum(address.to_lowercase().as_bytes()));
        assert!(!ethereum(address.replace("BeAed", "Beaed").as_bytes()));
        assert!(!ethereum(&address.as_bytes()[..41]));
        assert!(!bitcoin(b"1") && !bitcoin(b"") && !bitcoin(b"bc1"));
    }
}
