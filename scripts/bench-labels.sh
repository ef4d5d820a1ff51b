#!/usr/bin/env bash
# What 20 labels of one scan cost against one label of as many voxels: with diagnostics, files already read.
#
#   scripts/bench-labels.sh
#
# Needs Python 3 with numpy and SimpleITK in $PYTHON (default: the environment of bench-vs-pyradiomics.sh).
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${RADIOMICS_SHARED:-../shared}
work=${BENCH_DIR:-$HOME/.cache/radiomics-bench}
python=${PYTHON:-$work/venv/bin/python}
[ -e "$work/synth/synth_roi200k.nii.gz" ] || "$python" "$shared/bench/make_case.py" "$work/synth" >/dev/null
cargo build --release -q -p radiomics-core --example time_extraction
[ -e "$work/synth/synth_20labels.nii.gz" ] || "$python" - "$work/synth" <<'PY'
import sys, numpy as np, SimpleITK as sitk
folder = sys.argv[1]
one = sitk.ReadImage(f"{folder}/synth_roi200k.nii.gz")
size = int(sitk.GetArrayFromImage(one).sum())
labels = np.zeros((128, 256, 256), np.uint8)
z, y, x = np.ogrid[:128, :256, :256]
radius = (3 * size / 20 / (4 * np.pi)) ** (1 / 3)
for label in range(20):
    # Five by four balls, in two layers.
    centre = (40 + 48 * (label % 2), 40 + 44 * (label // 4), 40 + 56 * (label % 4))
    distance = sum((a - c) ** 2 for a, c in zip((z, y, x), centre))
    labels[distance <= radius ** 2] = label + 1
print("20 labels:", int((labels > 0).sum()), "voxels; one label:", size, file=sys.stderr)
mask = sitk.GetImageFromArray(labels)
mask.CopyInformation(one)
sitk.WriteImage(mask, f"{folder}/synth_20labels.nii.gz", True)
PY
for options in "" "--params scripts/many-labels.yaml" "--params scripts/full1316.yaml" --ibsi; do
    for mask in roi200k 20labels; do
        echo "${options:-defaults} $mask:"
        # shellcheck disable=SC2086 # options are several words
        target/release/examples/time_extraction "$work/synth/synth_image.nii.gz" "$work/synth/synth_$mask.nii.gz" \
            --labels --diagnostics $options --repeat 7
    done
done
