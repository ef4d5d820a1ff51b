#!/usr/bin/env bash
# Times feature maps of PyRadiomics and this toolkit in turn on the same files and prints a table of ratios.
#
#   scripts/bench-vs-pyradiomics.sh maps [CASE ...]   cases: brain1 synth1k synth5k synth20k synth200k synth1m
#                                                     (default: brain1 synth5k synth20k synth200k)
#   RADII="1 2" PEER_MOST=20000 ...                   radii of the windows; PyRadiomics is left out above so many voxels
#
# Files already read, no diagnostics, default settings, all 93 features and all but MCC; one thread against one thread, then ours
# with two. Environment and folders are those of bench-vs-pyradiomics.sh; $PYTHON may name a Python that has PyRadiomics.
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${RADIOMICS_SHARED:-../shared}
work=${BENCH_DIR:-$HOME/.cache/radiomics-bench}
repeat=${REPEAT:-5}
cases=("$@")
[ ${#cases[@]} -gt 0 ] || cases=(brain1 synth5k synth20k synth200k)
mkdir -p "$work"
python=${PYTHON:-$work/venv/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install -q pyradiomics-cuda==1.0.4 numpy SimpleITK PyWavelets pykwalify
fi
[ -e "$work/synth/synth_roi20k.nii.gz" ] || "$python" "$shared/bench/make_case.py" "$work/synth" >/dev/null
[ -n "${NO_BUILD:-}" ] || cargo build --release -q -p radiomics-voxelmaps --example time_maps
ours=target/release/examples/time_maps
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

for case in "${cases[@]}"; do
    case $case in
    synth*) image=$work/synth/synth_image.nii.gz mask=$work/synth/synth_roi${case#synth}.nii.gz ;;
    *) image=$shared/data/pyradiomics/${case}_image.nrrd mask=$shared/data/pyradiomics/${case}_label.nrrd ;;
    esac
    for radius in ${RADII:-1}; do
        for without in "" --without-mcc; do
            name=$([ -n "$without" ] && echo "all but MCC" || echo all)
            for threads in 1 2; do
                "$ours" "$image" "$mask" --radius "$radius" $without --threads $threads --repeat "$repeat" --stream |
                    sed "s/^{/{\"case\": \"$case\", \"radius\": $radius, \"what\": \"$name\", /" | tee -a "$lines" >"$lines.last"
            done
            voxels=$(sed 's/.*"voxels": \([0-9]*\).*/\1/' "$lines.last")
            rm -f "$lines.last"
            [ "$voxels" -le "${PEER_MOST:-30000}" ] || continue
            "$python" scripts/bench_maps_pyradiomics.py "$image" "$mask" --radius "$radius" $without |
                sed "s/^{/{\"case\": \"$case\", \"radius\": $radius, \"what\": \"$name\", /" >>"$lines"
        done
    done
done

"$python" - "$lines" <<'PY'
import json, statistics, sys
rows = {}
for line in open(sys.argv[1]):
    r = json.loads(line)
    key = r["case"], r["radius"], r["what"]
    rows.setdefault(key, dict(voxels=r["voxels"]))[r["peer"], r["threads"]] = statistics.median(r["wall_s"]), r["peak_mb"]
print("| case | voxels | radius | features | PyRadiomics, s | ours, s | ratio | ours, voxels/s | 2 threads, voxels/s | peak MB (PyRadiomics, ours) |")
print("|---|---:|---:|---|---:|---:|---:|---:|---:|---|")
for (case, radius, what), r in rows.items():
    one, two, n = r["radiomics", 1], r["radiomics", 2], r["voxels"]
    peer = r.get(("pyradiomics", 1))
    seconds, ratio, mb = (f"{peer[0]:.1f}", f"{peer[0] / one[0]:.0f}", f"{peer[1]:.0f}, ") if peer else ("", "", "")
    print(f"| {case} | {n} | {radius} | {what} | {seconds} | {one[0]:.4f} | {ratio} | {n / one[0]:,.0f} | {n / two[0]:,.0f} | {mb}{one[1]:.0f} |")
PY
