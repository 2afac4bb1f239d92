//! Whether a point lies on its curve. Public values alone: nothing here takes the same time for all.

use jsonwebtoken::jwk::EllipticCurve;
use num_bigint::BigUint;

/// Whether a point of a short Weierstrass curve, `y^2 = x^3 - 3x + b`, is on it (FIPS 186-4, appendix D.1.2).
/// Coordinates have the whole length of the field (RFC 7518 section 6.2.1.2).
pub(super) fn holds(curve: &EllipticCurve, x: &[u8], y: &[u8]) -> bool {
    let (prime, b) = match curve {
        EllipticCurve::P256 => (
            "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
            "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
        ),
        EllipticCurve::P384 => (
            "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
            "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
        ),
        EllipticCurve::P521 | EllipticCurve::Ed25519 => return false,
    };
    let whole = prime.len() / 2;
    if x.len() != whole || y.len() != whole {
        return false;
    }
    let (prime, b) = (number(prime), number(b));
    let (x, y) = (BigUint::from_bytes_be(x), BigUint::from_bytes_be(y));
    if x >= prime || y >= prime {
        return false;
    }
    let three = BigUint::from(3_u8);
    // What is subtracted is added as its complement, so that nothing is below zero.
    let right = &x * &x * &x + (&prime - &three % &prime) * &x + b;
    (&y * &y) % &prime == right % &prime
}

/// Whether 32 bytes stand for a point of Ed25519: `x^2 = (y^2 - 1) / (d y^2 + 1)` has a root (RFC 8032
/// section 5.1.3).
pub(super) fn is_ed25519(point: &[u8]) -> bool {
    let Ok(mut bytes) = <[u8; 32]>::try_from(point) else {
        return false;
    };
    if let Some(last) = bytes.last_mut() {
        // The sign of x.
        *last &= 0x7f;
    }
    let prime = number("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
    let d = number("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");
    let y = BigUint::from_bytes_le(&bytes);
    if y >= prime {
        return false;
    }
    let one = BigUint::from(1_u8);
    let square = (&y * &y) % &prime;
    let over = (&square + &prime - &one) % &prime;
    let under = (&d * &square + &one) % &prime;
    // The quotient is a square if the product is: they differ by the square of `under`. Euler's criterion.
    let product = (over * under) % &prime;
    let half = (&prime - &one) / 2_u8;
    product == BigUint::ZERO || product.modpow(&half, &prime) == one
}

fn number(hexadecimal: &str) -> BigUint {
    BigUint::parse_bytes(hexadecimal.as_bytes(), 16)
        .expect("it is written above in hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    #[test]
    fn a_point_beside_the_curve_is_none() {
        // RFC 7515, appendix A.3.
        let x = bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
        let y = bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        assert!(holds(&EllipticCurve::P256, &x, &y));
        assert!(!holds(&EllipticCurve::P256, &y, &x));
        assert!(!holds(&EllipticCurve::P256, &x, &[&[0], &*y].concat()));
        assert!(!holds(&EllipticCurve::P384, &x, &y));
        // FIPS 186-4, appendix D.1.2.4: the base point.
        let hexadecimal = |text: &str| BigUint::parse_bytes(text.as_bytes(), 16).unwrap();
        let x = hexadecimal(
            "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
        );
        let y = hexadecimal(
            "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
        );
        let (x, y) = (x.to_bytes_be(), y.to_bytes_be());
        assert!(holds(&EllipticCurve::P384, &x, &y));
        assert!(!holds(&EllipticCurve::P384, &y, &x));
        let zeros = [0; 32];
        assert!(!holds(&EllipticCurve::P256, &zeros, &zeros));
    }

    #[test]
    fn half_of_all_texts_stand_for_a_point_of_ed25519() {
        // RFC 8037, appendix A.2.
        let mut point = bytes("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert!(is_ed25519(&point));
        let points = (0..=255_u8).filter(|byte| {
            point[0] = *byte;
            is_ed25519(&point)
        });
        let count = points.count();
        assert!((90..=166).contains(&count), "{count}");
        assert!(!is_ed25519(&[0xff; 32]), "not below the prime");
        assert!(!is_ed25519(&[1; 31]));
    }
}
