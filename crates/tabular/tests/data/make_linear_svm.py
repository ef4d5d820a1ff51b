#!/usr/bin/env python3
"""Writes linear_svm.json: weights and intercepts of scikit-learn's LinearSVC, whose solver is liblinear's dual coordinate
descent. Usage: make_linear_svm.py > linear_svm.json. Needs: scikit-learn 1.9.1.
liblinear leaves coordinates alone whose gradient is below 1e-12, so that a tolerance below twice that would never be met.
The optimum is unique; what another order of coordinates ends at must be the same, and the gradient of the squared
hinge must vanish, or nothing is written."""
import itertools, json, warnings
import numpy as np, sklearn
from sklearn.svm import LinearSVC

warnings.simplefilter("error")
out = {"script": "crates/tabular/tests/data/make_linear_svm.py", "versions": {"scikit-learn": sklearn.__version__}, "data": [], "cases": []}

def fit(x, y, seed, s):
    w = s["class_weight"]
    m = LinearSVC(C=s["c"], loss=s["loss"], class_weight={False: w[0], True: w[1]} if isinstance(w, list) else w, dual=True, tol=1e-11,
                  max_iter=20_000_000, random_state=seed, fit_intercept=s["intercept_scaling"] > 0, intercept_scaling=s["intercept_scaling"] or 1.0)
    m.fit(x, y)
    return np.r_[m.coef_[0], float(np.ravel(m.intercept_)[0])]

for name, seed, n, p in (("overlapping", 1, 90, 5), ("separable", 2, 60, 4), ("more columns than patients", 3, 24, 40)):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p)).round(2) + (0.4 if name == "overlapping" else 0.0)
    f = x[:, 0] - 0.7 * x[:, 1] + (rng.standard_normal(n) if name == "overlapping" else 0.3 * x[:, 2])
    y = f > np.quantile(f, 0.6)
    if name == "separable": x[:, 0] = (x[:, 0] + np.where(y, 0.3, -0.3)).round(2)
    out["data"].append({"name": name, "x": x.T.round(2).tolist(), "y": y.astype(int).tolist()})
    x = np.array(out["data"][-1]["x"]).T
    for loss, c, weight, scaling in itertools.product(("hinge", "squared_hinge"), (0.02, 1.0, 30.0), (None, "balanced", [1.0, 3.0]), (0.0, 1.0, 10.0)):
        if c != 1.0 and weight == [1.0, 3.0]: continue
        s = {"c": c, "loss": loss, "class_weight": weight, "intercept_scaling": scaling}
        w = fit(x, y, 0, s); off = abs(w - fit(x, y, 1, s)).max()
        if loss == "squared_hinge":
            v = w.copy(); v[-1] /= scaling or 1.0; z = np.c_[x, np.full(n, scaling)] * np.where(y, 1, -1)[:, None]
            k = {"None": np.ones(2), "balanced": n / 2 / np.bincount(y)}.get(str(weight), np.array(weight))
            off = max(off, abs(v - 2 * c * z.T @ (k[y.astype(int)] * np.maximum(0, 1 - z @ v))).max())
        assert off < 1e-7 * max(1, abs(w).max()), (name, s, off)
        out["cases"].append({"data": name, "settings": s, "weights": w[:-1].tolist(), "intercept": w[-1]})

head = json.dumps({k: v for k, v in out.items() if k not in ("data", "cases")})
lines = lambda key: f'"{key}": [\n' + ",\n".join(json.dumps(c) for c in out[key]) + "\n]"
print(head[:-1] + ", " + lines("data") + ", " + lines("cases") + "}")
