#!/usr/bin/env bash
# Times statistics, survival, models and explanations beside R and Python on the same inputs, in turn, one thread each, and
# prints a table of ratios.
#
#   scripts/bench-statistics.sh [AREA ...]      areas: stats survival cox models explain (default: all)
#   LIMIT=200 scripts/bench-statistics.sh       seconds that a peer may take for a task (default 300)
#
# Needs R with survival, pROC, psych, glmnet and maxstat, and Python 3 with venv. What a peer lacks is left out of the
# table. The environment and the inputs, 200 MB, go to $BENCH_DIR (default ~/.cache/radiomics-bench), outside the repository;
# $BENCH_PYTHON and $BENCH_INPUTS name others that are there already. The peers' scripts are read from $RADIOMICS_SHARED
# (default ../shared). Run it on an idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${RADIOMICS_SHARED:-../shared}
work=${BENCH_DIR:-$HOME/.cache/radiomics-bench}
limit=${LIMIT:-300}
python=${BENCH_PYTHON:-$work/venv-statistics/bin/python}
# The peers and the examples look for their inputs here.
export BENCH_DIR=${BENCH_INPUTS:-$work/statistics}
export RAYON_NUM_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
areas=" $* "
[ $# -gt 0 ] || areas=" stats survival cox models explain "
mkdir -p "$BENCH_DIR"

if [ ! -x "$python" ]; then
    python3 -m venv "$work/venv-statistics"
    python=$work/venv-statistics/bin/python
    "$python" -m pip install -q shap==0.51.0 scikit-learn==1.9.1 lifelines==0.30.3 survival==2.0.0
fi
[ -e "$BENCH_DIR/icc.bin" ] || "$python" "$shared/bench/stats_bench.py" data
[ -e "$BENCH_DIR/linear_svm_X.bin" ] || "$python" scripts/bench_linear_svc.py data
# The Gaussian machine of the SHAP task, as scikit-learn fits it there.
[ -e "$BENCH_DIR/svm_rbf.bin" ] || "$python" - "$BENCH_DIR" <<'PY'
import sys, numpy as np
from sklearn.svm import SVC
folder = sys.argv[1]
x = np.fromfile(f"{folder}/svm_X.bin").reshape((2000, 100), order="F")[:252, :20]
m = SVC(kernel="rbf").fit(x, np.fromfile(f"{folder}/svm_y.bin")[:252])
parts = [[m._gamma, m.intercept_[0], len(m.support_)], m.dual_coef_[0], m.support_vectors_.ravel()]
np.concatenate(parts).tofile(f"{folder}/svm_rbf.bin")
PY

# area | our task, as the example anchors_* of the area's crate names it | the peers' tasks
tasks='
stats|AUC and DeLong CI, n = 1e5|auc_delong_ci_pROC_n1e5
stats|DeLong paired test, n = 1e5|auc_delong_paired_pROC_n1e5
stats|AUC bootstrap 2000, n = 1000|auc_bootstrap2000_pROC_n1000
stats|ICC 1316 x 50 x 2, six forms, CI|icc_psych_1316x50x2
stats|LASSO CV gaussian 500 x 1316|lassocv_gaussian_glmnet_500x1316_10fold
stats|LASSO CV binomial 500 x 1316|lassocv_binomial_glmnet_500x1316_10fold
survival|Kaplan-Meier, n = 1000000, distinct times|km_R_n1e6_cont km_lifelines_n1e6_cont km_rustsurvival_n1e6_cont
survival|Kaplan-Meier, n = 1000000, whole days|km_R_n1e6_days km_lifelines_n1e6_days km_rustsurvival_n1e6_days
survival|log-rank, n = 1000000, distinct times|logrank_R_n1e6_cont logrank_rustsurvival_n1e6_cont
survival|log-rank, n = 1000000, whole days|logrank_R_n1e6_days logrank_rustsurvival_n1e6_days
survival|concordance and se, n = 1000000, distinct times|cindex_R_n1e6_cont cindex_rustsurvival_n1e6_cont
survival|time ROC, 3 times, se, n = 500|timeROC_iid_n500_3times
survival|time ROC, 3 times, se, n = 2000|timeROC_iid_n2000_3times
survival|maximally selected statistic, n = 2000|maxstat_n2000
cox|Cox Efron, n = 100000, p = 10, distinct times|coxfit_efron_R_n1e5_cont
cox|Cox Efron, n = 100000, p = 10, whole days|coxfit_efron_R_n1e5_days
cox|Cox Efron, n = 1000000, p = 10, distinct times|coxfit_efron_R_n1e6_cont
cox|Cox Efron, n = 1000000, p = 10, whole days|coxfit_efron_R_n1e6_days
models|SVM linear 2000 x 100, C = 1|svm_linear_sklearn_2000x100
models|SVM linear with probabilities|svm_linear_proba_sklearn_2000x100
models|SVM rbf 2000 x 100, C = 1|svm_rbf_sklearn_2000x100
models|linear SVM, hinge, 2000 x 100|linear_svc_hinge_2000x100
models|linear SVM, squared hinge, 2000 x 100|linear_svc_squared_hinge_2000x100
models|linear SVM, hinge, 20000 x 100|linear_svc_hinge_20000x100
models|linear SVM, squared hinge, 20000 x 100|linear_svc_squared_hinge_20000x100
models|grid of six C, five folds, linear SVM|svm_grid_linear_6C_5fold_2000x100
models|RFECV linear SVM 500 x 100, five folds|rfecv_linearsvc_step1_5fold_2000x100
explain|Kernel SHAP 100 x 20, background 100|kernelshap_100x20_bg100_linear
explain|the same, Gaussian SVM|kernelshap_100x20_bg100_svmrbf
explain|Permutation SHAP, 10 orders|shap_permutation_100x20_bg100_linear'

crate() { case $1 in stats) echo stats ;; survival | cox) echo survival ;; models) echo tabular ;; explain) echo explain ;; esac; }
example() { case $1 in models) echo anchors_tabular ;; *) echo "anchors_$1" ;; esac; }
for area in $areas; do
    [ -n "$(crate "$area")" ] || { echo "no area $area: stats, survival, cox, models or explain expected" >&2; exit 2; }
    cargo build --release -q -p "radiomics-$(crate "$area")" --example "$(example "$area")"
done

in_r=$(Rscript "$shared/bench/stats_bench.R" 2>/dev/null) || echo "no R with survival: its tasks are left out" >&2
peer() { # one line of JSON
    local command=("$python" "$shared/bench/stats_bench.py")
    ! grep -qx "$1" <<<"$in_r" || command=(Rscript "$shared/bench/stats_bench.R")
    [[ $1 != linear_svc_* ]] || command=("$python" scripts/bench_linear_svc.py)
    local status=0
    timeout "$limit" "${command[@]}" "$1" 2>/dev/null || status=$?
    [ $status = 0 ] || echo "{\"task\": \"$1\", \"status\": $status}"
}

echo "| task | peer | its result | peer, ms (of the processor) | ours, ms | ratio | our result |"
echo "|---|---|---|---:|---:|---:|---|"
while IFS='|' read -r area task peers; do
    [[ -n $task && $areas == *" $area "* ]] || continue
    ours=$("target/release/examples/$(example "$area")" "=$task")
    for name in $peers; do
        "$python" - "$task" "$ours" "$limit" "$(peer "$name")" <<'PY'
import json, re, sys
task, ours, limit, peer = sys.argv[1:]
line = re.search(rf"^{re.escape(task)} +([\d.]+) ms +(.*)$", ours, re.M)
if line is None:
    sys.exit(f"the example does not print the task `{task}`")
ours, result = line.groups()
peer = json.loads(peer)
took = f"not done in {limit} s" if peer.get("status") == 124 else "not there"
theirs = ratio = ""
if "sec" in peer:
    took = f"{1e3 * peer['sec']:.4g} ({1e3 * peer['cpu']:.4g})"
    ratio, theirs = f"{1e3 * peer['sec'] / float(ours):.3g}", str(peer["result"])
print(f"| {task.strip()} | {peer['task']} | {theirs[:40]} | {took} | {float(ours):.4g} | {ratio} | {result[:40]} |", flush=True)
PY
    done
done <<<"$tasks"
