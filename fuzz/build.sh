#!/usr/bin/env bash
# Builds all targets with the instrumentation of libFuzzer, on stable Rust; a nightly `cargo fuzz` works, too.
set -euo pipefail
cd "$(dirname "$0")"
cargo=${CARGO:-cargo}
flags="--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 -Cllvm-args=-sanitizer-coverage-level=4"
flags+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags+=" -Cllvm-args=-sanitizer-coverage-trace-compares"
RUSTFLAGS="$flags" $cargo build --release --target "$(rustc -vV | sed -n 's/^host: //p')" --bins "$@"
