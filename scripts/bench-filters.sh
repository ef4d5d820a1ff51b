#!/usr/bin/env bash
# Times each filter of IBSI 2 on a volume of 256 x 256 x 128 voxels of 1 mm, ours and MIRP's, and prints a table;
# Riesz transforms also on a cube of as many voxels, as MIRP's fail where the axes differ.
#
#   scripts/bench-filters.sh
#
# Needs Python 3 with venv. The environment and the synthetic case go to $BENCH_DIR (default
# ~/.cache/radiomics-bench); make_case.py is read from $RADIOMICS_SHARED (default ../shared). Run it on an idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${RADIOMICS_SHARED:-../shared}
work=${BENCH_DIR:-$HOME/.cache/radiomics-bench}
mkdir -p "$work"
python=${MIRP_PYTHON:-$work/mirp/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv "$work/mirp"
    "$work/mirp/bin/pip" install -q mirp==2.7.0
fi
[ -e "$work/synth/synth_roi1k.nii.gz" ] || "$python" "$shared/bench/make_case.py" "$work/synth" >/dev/null
[ -n "${NO_BUILD:-}" ] || cargo build --release -q -p radiomics-core --example time_filters
lines=$(mktemp) riesz=$(mktemp)
trap 'rm -f "$lines" "$riesz"' EXIT

# MIRP wants voxels of one length along all axes.
for file in image roi1k; do
    [ -e "$work/synth/cubic_$file.nii.gz" ] || "$python" - "$work/synth/synth_$file.nii.gz" "$work/synth/cubic_$file.nii.gz" <<'PY'
import sys, itk
image = itk.imread(sys.argv[1])
image.SetSpacing((1.0, 1.0, 1.0))
itk.imwrite(image, sys.argv[2], compression=True)
PY
done
[ -e "$work/synth/cube_roi1k.nii.gz" ] || "$python" - "$work/synth" <<'PY'
import sys, itk, numpy as np
for file, mode in (("image", "reflect"), ("roi1k", "constant")):
    voxels = itk.array_from_image(itk.imread(f"{sys.argv[1]}/cubic_{file}.nii.gz"))[:, :203, :203]
    cube = np.ascontiguousarray(np.pad(voxels, ((0, 203 - len(voxels)), (0, 0), (0, 0)), mode))
    itk.imwrite(itk.image_from_array(cube), f"{sys.argv[1]}/cube_{file}.nii.gz", compression=True)
PY
awk 'BEGIN { RS = "[[][[]filter[]][]]" } /"riesz_/ { printf "[[filter]]%s", $0 }' scripts/filters.toml >"$riesz"
of_cube() { sed -n 's/^{.*"filter": "/&cube: /p' >>"$lines"; }
for threads in 1 2; do
    target/release/examples/time_filters "$work/synth/cubic_image.nii.gz" scripts/filters.toml --threads $threads --repeat 3 >>"$lines"
    target/release/examples/time_filters "$work/synth/cube_image.nii.gz" "$riesz" --threads $threads --repeat 3 | of_cube
done
"$python" scripts/bench_filters_mirp.py "$work/synth/cubic_image.nii.gz" "$work/synth/cubic_roi1k.nii.gz" | grep "^{" >>"$lines"
"$python" scripts/bench_filters_mirp.py "$work/synth/cube_image.nii.gz" "$work/synth/cube_roi1k.nii.gz" riesz_log riesz_simoncelli | of_cube
"$python" - "$lines" <<'PY'
import collections, json, statistics, sys
rows = collections.defaultdict(dict)
for line in open(sys.argv[1]):
    r = json.loads(line)
    rows[r["filter"]]["mirp" if r.get("peer") == "mirp" else r["threads"]] = r
print("| filter | MIRP, s | ours, s | ratio | ours, 2 threads, s |")
print("|---|---:|---:|---:|---:|")
for name, row in rows.items():
    one, two = (statistics.median(row[n]["wall_s"]) for n in (1, 2))
    mirp = sum(row["mirp"]["wall_s"]) if "mirp" in row and row["mirp"]["wall_s"] else float("nan")
    print(f"| {name} | {mirp:.2f} | {one:.3f} | {mirp / one:.0f} | {two:.3f} |")
PY
