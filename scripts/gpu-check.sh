#!/usr/bin/env bash
# All checks of the CUDA engine that need a card. Build where there is a toolchain, run where there is a card: the second
# machine needs the NVIDIA driver and nothing else.
#
#   scripts/gpu-check.sh build [FOLDER]    builds and packs binary and this script into FOLDER (target/gpu-check)
#   FOLDER/gpu-check.sh [run]              parity on random volumes, times at 1 and 16 million voxels, compute-sanitizer
#
# The log is printed and kept in gpu-check.log beside the binary. Exit status 0 only if all that was run is right.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

build() {
    cd "$here/.."
    local folder=${1:-target/gpu-check}
    cargo build --release -p radiomics-voxelmaps --example gpu_check
    mkdir -p "$folder"
    cp target/release/examples/gpu_check scripts/gpu-check.sh "$folder/"
    strip "$folder/gpu_check" 2>/dev/null || true
    du -h "$folder/gpu_check"
}

run() {
    local failed=0 check=$here/gpu_check
    nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit --format=csv || true
    "$check" parity || failed=1
    "$check" times 1 16 || failed=1
    # Again, with the driver's compiled kernels in its cache: what the second program of the day sees.
    "$check" times 1 || failed=1
    local sanitizer
    sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda*/bin/compute-sanitizer 2>/dev/null | tail -1 || true)
    if [ -n "$sanitizer" ]; then
        for tool in memcheck racecheck initcheck synccheck; do
            "$sanitizer" --tool "$tool" --error-exitcode 9 "$check" small || failed=1
        done
    else
        echo "compute-sanitizer is not here: skipped"
    fi
    [ "$failed" = 0 ] && echo "gpu-check: all right" || echo "gpu-check: FAILED"
    return "$failed"
}

case ${1:-run} in
    build) build "${@:2}" ;;
    run) run 2>&1 | tee "$here/gpu-check.log" ;;
    *) sed -n '2,9p' "$0"; exit 2 ;;
esac
