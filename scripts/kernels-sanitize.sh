#!/usr/bin/env bash
# The CUDA kernels, compiled for the processor with AddressSanitizer and UBSan, through their tests. Needs gcc with its
# sanitizers; a read or write beyond an array, of the host, of global or of shared memory, ends the run with the kernel's line.
set -euo pipefail
cd "$(dirname "$0")/.."

host=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
runtime=$(gcc -print-file-name=libasan.so)
export VOXELMAPS_SANITIZE=1
# Fibers switch stacks, which the sanitizer's own copies of the stack do not survive; Rust's tests keep some memory.
export "CARGO_TARGET_${host}_RUNNER=env LD_PRELOAD=$runtime ASAN_OPTIONS=detect_stack_use_after_return=0:detect_leaks=0"
# Of the whole workspace, as in .ci/run: so that dependencies are built once.
cargo test --workspace --features radiomics-voxelmaps/emu --test kernels "$@"
