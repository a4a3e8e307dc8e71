//! SHA-256, for the examples whose key lists are given by their digest.

const ROUNDS: [u32; 64] = constants();

/// The fractional parts of the cube roots of the first 64 primes, by whole-number arithmetic.
const fn constants() -> [u32; 64] {
    let mut out = [0; 64];
    let (mut found, mut n) = (0, 2u128);
    while found < 64 {
        let (mut prime, mut d) = (true, 2);
        while d * d <= n {
            if n % d == 0 {
                prime = false;
            }
            d += 1;
        }
        if prime {
            out[found] = root(n << 96, 3) as u32;
            found += 1;
        }
        n += 1;
    }
    out
}

/// The whole part of the n-th root (n is 2 or 3).
const fn root(value: u128, n: u32) -> u128 {
    let (mut low, mut high) = (0u128, 1u128 << 42);
    while low + 1 < high {
        let middle = u128::midpoint(low, high);
        let fits = if n == 3 { middle * middle <= value / middle } else { middle <= value / middle };
        if fits {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The digest of some bytes, in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let primes: [u128; 8] = [2, 3, 5, 7, 11, 13, 17, 19];
    let mut state = primes.map(|p| root(p << 64, 2) as u32);
    let mut data = bytes.to_vec();
    data.push(0x80);
    while data.len() % 64 != 56 {
        data.push(0);
    }
    data.extend((bytes.len() as u64 * 8).to_be_bytes());
    for block in data.chunks(64) {
        let mut w = [0u32; 64];
        for (i, word) in block.chunks(4).enumerate() {
            w[i] = u32::from_be_bytes([word[0], word[1], word[2], word[3]]);
        }
        for i in 16..64 {
            let s0 = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ (w[i - 15] >> 3);
            let s1 = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ (w[i - 2] >> 10);
            w[i] = w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1);
        }
        let mut v = state;
        for i in 0..64 {
            let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let one = v[7].wrapping_add(s1).wrapping_add(choice).wrapping_add(ROUNDS[i]).wrapping_add(w[i]);
            let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            v = [one.wrapping_add(s0.wrapping_add(majority)), v[0], v[1], v[2], v[3].wrapping_add(one), v[4], v[5], v[6]];
        }
        for (s, v) in state.iter_mut().zip(v) {
            *s = s.wrapping_add(v);
        }
    }
    state.iter().fold(String::new(), |text, word| text + &format!("{word:08x}"))
}

#[test]
fn digests_are_those_of_the_standard() {
    assert_eq!(hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(hex(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
