//! K09: our own faults.

codes! {
    BUG "K0901" "internal-error" Error fixed "huntc has a fault";
}
