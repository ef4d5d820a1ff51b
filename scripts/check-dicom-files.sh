#!/usr/bin/env bash
# Reads the DICOM files of other makers and prints, as a Markdown table, what works: values equal to pydicom's, differing,
# or refused and why. docs/dicom-files.md holds the table of one such run.
#
# Files: those that come with the Python packages pydicom and highdicom, and objects written by highdicom. Needs Python 3
# with venv and a package index. The environment goes to $BENCH_DIR (default ~/.cache/radiomics-bench), outside the
# repository; CHECK_PYTHON names another one that has the packages. Not part of the gate.
# Usage: scripts/check-dicom-files.sh [more DICOM files]
set -euo pipefail
cd "$(dirname "$0")/.."

python=${CHECK_PYTHON:-${BENCH_DIR:-$HOME/.cache/radiomics-bench}/dicom-venv/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv "$(dirname "$(dirname "$python")")"
    "$python" -m pip install --quiet pydicom==3.0.2 highdicom==0.28.2 \
        pylibjpeg-libjpeg==2.5.0 pylibjpeg-openjpeg==2.6.0 pyjpegls==1.5.1 pylibjpeg-rle==2.2.0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo build --quiet --release -p radiomics-imaging --example dicom_values
target=$(cargo metadata --format-version 1 --no-deps | python3 -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])')
"$python" scripts/check_dicom_files.py "$target/release/examples/dicom_values" "$work" "$@"
