#!/usr/bin/env python3
"""Writes boosting.json: what scikit-learn's HistGradientBoostingClassifier gives for training rows and for rows it has
not seen. Usage: make_boosting.py > boosting.json. Needs: scikit-learn 1.9.1.
Between two values that training rows of a node have, every threshold is equally good, and its rounding (gradients are
single precision there) decides among them. So columns have few values, of which every node that is split has all: then
there is one best threshold, and rows left out must come to the same leaves."""
import json
import numpy as np, sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss

out = {"script": "crates/tabular/tests/data/make_boosting.py", "versions": {"scikit-learn": sklearn.__version__}, "cases": []}
for seed, n, p, levels, settings in (
        (1, 400, 5, 12, {"trees": 60, "max_leaves": 2, "min_leaf": 20, "learning_rate": 0.3, "l2": 0.0}),
        (2, 600, 6, 4, {"trees": 50, "max_leaves": 4, "min_leaf": 20, "learning_rate": 0.1, "l2": 0.0}),
        (3, 800, 8, 3, {"trees": 40, "max_leaves": 6, "min_leaf": 25, "learning_rate": 0.2, "l2": 1.5}),
        (4, 800, 6, 4, {"trees": 40, "max_leaves": 31, "min_leaf": 30, "learning_rate": 0.1, "l2": 0.5, "max_depth": 2})):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, levels, (n, p)).astype(float)
    odds = (x[:, 0] - x[:, 1] + (x[:, 2] > 1) * (x[:, 0] - 1)) * 3 / levels + 0.3 * x[:, 3] / levels
    y = (odds + rng.logistic(size=n) > np.median(odds)).astype(int)
    train = np.arange(n) % 3 != 0
    s = settings
    m = HistGradientBoostingClassifier(max_iter=s["trees"], max_leaf_nodes=s["max_leaves"], min_samples_leaf=s["min_leaf"],
        learning_rate=s["learning_rate"], l2_regularization=s["l2"], max_depth=s.get("max_depth"), early_stopping=False).fit(x[train], y[train])
    loss = [log_loss(y[train], q) for q in m.staged_predict_proba(x[train])]
    out["cases"].append({"settings": s, "x": ["".join(format(int(v), "x") for v in c) for c in x.T], "y": "".join(map(str, y)),
                         "train": m.decision_function(x[train]).tolist(), "held_out": m.decision_function(x[~train]).tolist(), "loss": loss})
head = json.dumps({k: v for k, v in out.items() if k != "cases"})
print(head[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(c) for c in out["cases"]) + "\n]}")
