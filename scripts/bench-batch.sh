#!/usr/bin/env bash
# Times `radiomics batch` over 400 rows of the shared cases with one and two threads, and PyRadiomics' own command
# with --jobs 2 on rows of the same list; prints a table. Then, with `memory`, the memory of a batch over time.
#
#   scripts/bench-batch.sh [ROWS]           default 400; PyRadiomics gets PEER_ROWS of them (default 40)
#   scripts/bench-batch.sh memory [CASES]   default 10000: docs/batch-memory.csv and .svg
#
# Needs PyRadiomics: $PYRADIOMICS, else `pyradiomics` on the path. Images are read from $RADIOMICS_SHARED (default
# ../shared). Two lists: one whose rows share their files (a scan is read once for all masks of it), and one in which
# every row has its own files (links, so that the disk is not measured), as cohorts have. Run it on an idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."
shared=$(realpath "${RADIOMICS_SHARED:-../shared}")/data/pyradiomics
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -n "${OURS:-}" ] || ${CARGO:-cargo} build --release -q -p radiomics-cli
ours=${OURS:-$PWD/target/release/radiomics}
cases=(brain1 breast1 lung1)

# list NAME ROWS own|shared
list() {
    echo "ID,Image,Mask" >"$work/$1.csv"
    mkdir -p "$work/files"
    for ((i = 0; i < $2; i++)); do
        case=${cases[i % ${#cases[@]}]}
        image=$shared/${case}_image.nrrd mask=$shared/${case}_label.nrrd
        if [ "$3" = own ]; then
            ln -sf "$image" "$work/files/$i-image.nrrd"
            ln -sf "$mask" "$work/files/$i-mask.nrrd"
            image=$work/files/$i-image.nrrd mask=$work/files/$i-mask.nrrd
        fi
        echo "$i,$image,$mask" >>"$work/$1.csv"
    done
}

if [ "${1:-}" = memory ]; then
    number=${2:-10000}
    # One large scan and four middle ones in twenty cases, so that it ends within minutes.
    small=(breast1 breast1 breast1)
    cases=(lung1 "${small[@]}" brain1 "${small[@]}" brain1 "${small[@]}" brain1 "${small[@]}" brain1 "${small[@]}")
    list memory "$number" own
    "$ours" batch "$work/memory.csv" -o "$work/out.csv" --threads 2 --quiet &
    pid=$!
    echo "seconds,cases,batch_mb,workers_mb" >docs/batch-memory.csv
    start=$(date +%s.%N)
    while kill -0 $pid 2>/dev/null; do
        batch=$(awk '/VmRSS/ {print $2 / 1024}' /proc/$pid/status 2>/dev/null || true)
        workers=0
        for child in $(ps -o pid= --ppid $pid); do
            mb=$(awk '/VmRSS/ {print $2 / 1024}' "/proc/$child/status" 2>/dev/null || true)
            workers=$(awk "BEGIN {print $workers + ${mb:-0}}")
        done
        done=$(grep -c '^{"case"' "$work/out.csv.journal" 2>/dev/null || true)
        [ -z "$batch" ] || awk "BEGIN {printf \"%.1f,%d,%.1f,%.1f\n\", $(date +%s.%N) - $start, ${done:-0}, $batch, $workers}" >>docs/batch-memory.csv
        sleep "${EVERY:-1}"
    done
    wait $pid
    wc -l "$work/out.csv"
    scripts/plot-memory.py docs/batch-memory.csv docs/batch-memory.svg
    exit
fi

rows=${1:-400} peer_rows=${PEER_ROWS:-40}
list shared "$rows" shared
list own "$rows" own
head -n $((peer_rows + 1)) "$work/own.csv" >"$work/peer.csv"
export TIMEFORMAT=%R
time_of() { { time "$@" >/dev/null 2>"$work/log"; } 2>&1 || { cat "$work/log" >&2; exit 1; }; }

echo "| list | what | seconds | cases/s | against one thread |"
echo "|---|---|---:|---:|---:|"
for list in own shared; do
    one=
    for threads in 1 2; do
        best=
        for run in $(seq "${RUNS:-2}"); do
            s=$(time_of "$ours" batch "$work/$list.csv" -o "$work/out.csv" --force --threads $threads --quiet)
            best=$(awk "BEGIN {print (\"$best\" == \"\" || $s < ${best:-0}) ? $s : ${best:-0}}")
        done
        one=${one:-$best}
        awk "BEGIN {printf \"| %s, %d rows | radiomics, %d threads | %.2f | %.1f | %.2f |\n\", \"$list\", $rows, $threads, $best, $rows / $best, $one / $best}"
    done
done
s=$(time_of "${PYRADIOMICS:-pyradiomics}" "$work/peer.csv" -o "$work/peer-out.csv" -f csv --jobs 2 -s binWidth:25)
awk "BEGIN {printf \"| own, %d rows | PyRadiomics, --jobs 2 | %.2f | %.2f | |\n\", $peer_rows, $s, $peer_rows / $s}"
