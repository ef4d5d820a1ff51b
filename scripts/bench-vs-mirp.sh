#!/usr/bin/env bash
# Times MIRP, the reference implementation of IBSI, and this toolkit in turn on the same files, one thread each, and prints a
# table of ratios. default: all families of IBSI 1 in space, bins of 25 from a lower bound. full1316: the original, LoG of 1 to
# 5 mm and coif1 wavelets on voxels of 1 mm, in MIRP as near as it comes (1,266 features).
#
#   scripts/bench-vs-mirp.sh [CASE ...]      cases: brain1 phantom synth200k synth1m (default: brain1 phantom)
#
# Needs Python 3 with venv. The environment and the synthetic case go to $BENCH_DIR (default ~/.cache/radiomics-bench);
# MIRP_PYTHON names another interpreter. Scripts and images are read from $RADIOMICS_SHARED (default ../shared). MIRP
# reads its files inside the clock, which takes well under a hundredth of its time. Run it on an idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${RADIOMICS_SHARED:-../shared}
work=${BENCH_DIR:-$HOME/.cache/radiomics-bench}
mkdir -p "$work"
python=${MIRP_PYTHON:-$work/mirp/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv "$work/mirp"
    "$work/mirp/bin/pip" install -q mirp==2.7.0 SimpleITK
fi
cases=("$@")
[ ${#cases[@]} -gt 0 ] || cases=(brain1 phantom)
[ -n "${NO_BUILD:-}" ] || cargo build --release -q -p radiomics-core --example time_extraction
lines=$(mktemp)
trap 'rm -f "$lines" "$lines.toml"' EXIT
for case in "${cases[@]}"; do
    case $case in
    phantom) image=$shared/data/ibsi1_ct_phantom/nifti/image.nii.gz mask=$shared/data/ibsi1_ct_phantom/nifti/mask.nii.gz ;;
    synth*) image=$work/synth/synth_image.nii.gz mask=$work/synth/synth_roi${case#synth}.nii.gz ;;
    *) image=$shared/data/pyradiomics/${case}_image.nrrd mask=$shared/data/pyradiomics/${case}_label.nrrd ;;
    esac
    # The lower bound that bench_mirp.py takes: the edge of a bin at or below the smallest intensity of the region.
    "$python" - "$image" "$mask" >"$lines.toml" <<'PY'
import sys, itk, numpy as np
image, mask = (itk.array_view_from_image(itk.imread(path)) for path in sys.argv[1:])
print(f"[ibsi]\nbin_size = 25.0\nrange = [{float(np.floor(image[mask == 1].min() / 25) * 25)}, inf]")
PY
    for what in ${WHAT:-default full1316}; do
        options=(--ibsi --params "$lines.toml")
        [ $what = default ] || options=(--params scripts/full1316.yaml)
        # Ours before and after MIRP, which takes minutes: the machine's speed is not always the same.
        for turn in ours mirp ours; do
            if [ $turn = mirp ]; then
                "$python" "$shared/bench/bench_mirp.py" "$image" "$mask" $what --threads 1 --repeat "${REPEAT:-1}" | grep "^{"
            else
                for threads in 1 2; do
                    target/release/examples/time_extraction "$image" "$mask" "${options[@]}" --threads $threads --repeat 9
                done
            fi | sed "s/^{/{\"case\": \"$case\", \"what\": \"$what\", /" >>"$lines"
        done
    done
done
"$python" - "$lines" <<'PY'
import collections, json, statistics, sys
rows = collections.defaultdict(dict)
for line in open(sys.argv[1]):
    r = json.loads(line)
    row, key = rows[r["case"], r["what"]], "mirp" if r["peer"] == "mirp" else r["threads"]
    row[key] = dict(r, wall_s=row.get(key, dict(wall_s=[]))["wall_s"] + r["wall_s"])
print("| case | what | MIRP, s (features) | ours, s (features) | ratio | ours, 2 threads, s | peak MB (MIRP, ours) |")
print("|---|---|---:|---:|---:|---:|---|")
for (case, what), row in rows.items():
    mirp, one, two = (statistics.median(row[k]["wall_s"]) for k in ("mirp", 1, 2))
    count = lambda k: row[k].get("features", row[k].get("n_features", "?"))
    print(f"| {case} | {what} | {mirp:.1f} ({count('mirp')}) | {one:.4f} ({count(1)}) | {mirp / one:.0f} | {two:.4f} | "
          f"{row['mirp']['peak_mb']:.0f}, {row[1]['peak_mb']:.0f} |")
PY
