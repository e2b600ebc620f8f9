//! `sluice serve`, as far as it refuses to.

use crate::place::{APPROVAL, Place};

#[test]
fn tokens_are_not_taken_in_the_clear_from_other_machines() {
    let place = Place::with(APPROVAL);
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let ran = place.run(&["serve", "--listen", address]).ends_with(2);
        assert!(ran.stderr.contains("tokens would go to it in the clear"), "{}", ran.stderr);
        assert!(ran.stderr.contains("--tls-certificates"), "{}", ran.stderr);
        assert!(ran.stderr.contains("--behind-proxy"), "{}", ran.stderr);
    }
}
