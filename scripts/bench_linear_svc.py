#!/usr/bin/env python3
"""scikit-learn's LinearSVC, whose solver is liblinear's dual coordinate descent, beside our linear machines.

    BENCH_DIR=... bench_linear_svc.py data      20,000 patients, drawn as stats_bench.py draws its 2,000
    BENCH_DIR=... bench_linear_svc.py TASK      linear_svc_LOSS_PATIENTSx100: one line of JSON, median of three; of 20,000 one run
"""
import json, os, re, sys, time, warnings
import numpy as np

folder, what = os.environ["BENCH_DIR"], sys.argv[1]
if what == "data":
    rng = np.random.default_rng(6)
    x = rng.standard_normal((20000, 100))
    y = x[:, :10].sum(1) + 0.5 * (x[:, 10] ** 2 - 1) + 2.0 * rng.standard_normal(20000) > 0
    x.ravel("F").tofile(f"{folder}/linear_svm_X.bin")
    y.astype(float).tofile(f"{folder}/linear_svm_y.bin")
    sys.exit()
from sklearn.svm import LinearSVC

loss, n = re.fullmatch(r"linear_svc_(hinge|squared_hinge)_(\d+)x100", what).groups()
name = "svm" if n == "2000" else "linear_svm"
x = np.ascontiguousarray(np.fromfile(f"{folder}/{name}_X.bin").reshape((int(n), 100), order="F"))
y = np.fromfile(f"{folder}/{name}_y.bin")
warnings.simplefilter("ignore")  # 10,000 passes are what both may take
seconds, processor = [], []
for _ in range(3 if n == "2000" else 1):
    model = LinearSVC(loss=loss, dual=True, tol=1e-4, max_iter=10_000, random_state=0)
    start, cpu = time.perf_counter(), time.process_time()
    model.fit(x, y)
    seconds.append(time.perf_counter() - start)
    processor.append(time.process_time() - cpu)
short = np.maximum(0, 1 - np.where(y == 1, 1, -1) * model.decision_function(x))
objective = 0.5 * (model.coef_**2).sum() + 0.5 * model.intercept_[0] ** 2 + (short if loss == "hinge" else short**2).sum()
result = f"objective {objective:.4f}, {model.n_iter_} passes"
print(json.dumps({"task": what, "sec": np.median(seconds), "cpu": np.median(processor), "result": result}))
