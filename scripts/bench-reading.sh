#!/usr/bin/env bash
# Times reading a 512 x 512 x 400 int16 scan with SimpleITK and this toolkit in turn: as 400 DICOM files, as .nii.gz and
# as .nii, all from the page cache. Prints a table of seconds (the median of several runs) and ratios.
#
# Needs Python 3 with venv and a package index. Environment and files (about 750 MB) go to $BENCH_DIR (default
# ~/.cache/radiomics-bench), outside the repository. Run it on an idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."
work=${BENCH_DIR:-$HOME/.cache/radiomics-bench}
repeat=${REPEAT:-5}
mkdir -p "$work"

python=${BENCH_PYTHON:-$work/reading-venv/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv "$work/reading-venv"
    "$work/reading-venv/bin/pip" install -q SimpleITK==2.5.7 numpy
fi
cargo build --release -q -p radiomics-imaging --example time_reading
"$python" scripts/bench_reading.py target/release/examples/time_reading "$work/reading" "$repeat"
