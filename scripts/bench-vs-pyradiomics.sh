#!/usr/bin/env bash
# Times PyRadiomics and this toolkit in turn on the same files and prints a table of ratios.
#
#   scripts/bench-vs-pyradiomics.sh [CASE ...]      cases: brain1 lung1 synth200k synth1m (default: all)
#   scripts/bench-vs-pyradiomics.sh maps [CASE ...] feature maps: see bench-maps.sh
#   WHAT=full1316 scripts/bench-vs-pyradiomics.sh   only some of: features full1316 process (default: all)
#
# features: the defaults. full1316: 1 mm voxels, the original, LoG of 1 to 5 mm and coif1 wavelets. Both with
# files already read. process: the defaults from the start of the program to a table on disk.
#
# Needs Python 3 with venv and a C compiler (PyRadiomics is built from source). The environment and the
# synthetic case go to $BENCH_DIR (default ~/.cache/radiomics-bench), outside the repository.
# Scripts and images are read from $RADIOMICS_SHARED (default ../shared). Run it on an idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "${1:-}" != maps ] || exec scripts/bench-maps.sh "${@:2}"
shared=${RADIOMICS_SHARED:-../shared}
work=${BENCH_DIR:-$HOME/.cache/radiomics-bench}
repeat=${REPEAT:-7}
cases=("$@")
wanted=" ${WHAT:-features full1316 process} "
[ ${#cases[@]} -gt 0 ] || cases=(brain1 lung1 synth200k synth1m)
mkdir -p "$work"

python=$work/venv/bin/python
if [ ! -x "$python" ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install -q pyradiomics-cuda==1.0.4 numpy SimpleITK PyWavelets pykwalify
fi
[ -e "$work/synth/synth_roi1m.nii.gz" ] || "$python" "$shared/bench/make_case.py" "$work/synth" >/dev/null

cargo build --release -q -p radiomics-cli
cargo build --release -q -p radiomics-core --example time_extraction
ours=target/release/examples/time_extraction
lines=$(mktemp)
trap 'rm -f "$lines" "$lines.csv"' EXIT

for case in "${cases[@]}"; do
    case $case in
    synth*) image=$work/synth/synth_image.nii.gz mask=$work/synth/synth_roi${case#synth}.nii.gz ;;
    *) image=$shared/data/pyradiomics/${case}_image.nrrd mask=$shared/data/pyradiomics/${case}_label.nrrd ;;
    esac
    # Files already read, one thread each; then ours with two; then whole processes, start to finish.
    for what in features full1316; do
        [[ $wanted == *" $what "* ]] || continue
        config=default options=()
        [ $what = features ] || { config=full1316; options=(--params scripts/full1316.yaml); }
        PYRAD_PRELOAD=1 "$python" "$shared/bench/bench_pyradiomics.py" "$image" "$mask" $config --threads 1 --repeat "$repeat" |
            sed "s/^{/{\"case\": \"$case\", \"what\": \"$what\", /" >>"$lines"
        for threads in 1 2; do
            "$ours" "$image" "$mask" "${options[@]}" --threads "$threads" --repeat $((repeat * 3)) |
                sed "s/^{/{\"case\": \"$case\", \"what\": \"$what\", /" >>"$lines"
        done
    done
    [[ $wanted == *" process "* ]] || continue
    for run in $(seq "$repeat"); do
        for peer in pyradiomics radiomics; do
            if [ $peer = pyradiomics ]; then
                command=("$work/venv/bin/pyradiomics" "$image" "$mask" -s binWidth:25 -f csv -o "$lines.csv" --logging-level NOTSET -v 1)
            else
                command=(target/release/radiomics extract "$image" "$mask" -s binWidth:25 -f csv -o "$lines.csv" --threads 1 --quiet)
            fi
            rm -f "$lines.csv"
            "$python" - "$case" $peer "${command[@]}" >>"$lines" <<'PY'
import json, os, resource, subprocess, sys, time
case, peer, command = sys.argv[1], sys.argv[2], sys.argv[3:]
os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})
start = time.perf_counter()
subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps(dict(case=case, what="process", peer=peer, threads=1, wall_s=[wall],
                      cpu_median=used.ru_utime + used.ru_stime, peak_mb=used.ru_maxrss / 1024)))
PY
        done
    done
done

"$python" - "$lines" <<'PY'
import collections, json, statistics, sys
rows = collections.defaultdict(lambda: dict(wall=[], mb=0))
for line in open(sys.argv[1]):
    r = json.loads(line)
    peer = "ours" if r["peer"].startswith("radiomics") else "peer"
    row = rows[r["case"], r["what"], peer, r["threads"]]
    row["wall"] += r["wall_s"]
    row["mb"] = max(row["mb"], r["peak_mb"])
med = lambda *key: statistics.median(rows[key]["wall"]) if key in rows else float("nan")
print("| case | what | PyRadiomics, ms | ours, ms | ratio | ours, 2 threads, ms | 2 threads against 1 | peak MB (PyRadiomics, ours) |")
print("|---|---|---:|---:|---:|---:|---:|---|")
for case, what in dict.fromkeys((k[0], k[1]) for k in rows):
    peer, one, two = (med(case, what, *k) for k in (("peer", 1), ("ours", 1), ("ours", 2)))
    mb = [rows[case, what, p, 1]["mb"] for p in ("peer", "ours")]
    both = [f"{two * 1e3:.1f}", f"{one / two:.2f}"] if what != "process" else ["", ""]
    print(f"| {case} | {what} | {peer * 1e3:.1f} | {one * 1e3:.2f} | {peer / one:.1f} | {both[0]} | {both[1]} | {mb[0]:.0f}, {mb[1]:.0f} |")
PY
