#!/usr/bin/env python3
"""Writes mrmr.json: the first features that other programs take by minimum redundancy and maximum relevance, in their
order. Usage: make_mrmr.py, which writes into the working directory, as pymrmr prints
Needs: pymrmr 0.1.11 (the C++ program of Peng, Long and Ding; MID, MIQ), feature_engine 1.9.4 (FCD, FCQ; it says which
features it takes but not in which order, so that it is asked for 2, 3, ... of them), mrmr_selection 0.2.8 (FCQ),
scikit-learn 1.9.1. Features for pymrmr are cut at mean ± sd into -1, 0, 1, as its authors do."""
import importlib.metadata as meta, json
import numpy as np, pandas as pd
import pymrmr
from feature_engine.selection import MRMR
from mrmr import mrmr_classif

rng = np.random.default_rng(31)
COUNT = 10

def table(n, p, latent, noise):
    """Features in groups that repeat each other, some with the outcome, some skewed."""
    z = rng.normal(size=(n, latent)); y = (z @ np.linspace(1.2, -0.8, latent) + 1.2 * rng.normal(size=n) > 0.2).astype(int)
    w = rng.normal(size=(latent, p)) * (rng.random((latent, p)) < 0.4)
    x = z @ w + noise * rng.normal(size=(n, p)); x[:, ::4] = np.exp(0.5 * x[:, ::4])
    return pd.DataFrame(np.round(x, 3), columns=[f"f{j}" for j in range(p)]), pd.Series(y)

def engine(x, y, method):
    order, before = [], set()
    for k in range(2, COUNT + 1):
        m = MRMR(method=method, max_features=k).fit(x, y)
        now = set(x) - set(m.features_to_drop_); new = sorted(now - before)
        if k == 2: new.sort(key=lambda f: -m.relevance_[list(x).index(f)])
        order += new; before = now
    assert len(order) == COUNT
    return order

def levels(x):
    m, s = x.mean(), x.std(ddof=0)
    return (x > m + s).astype(int) - (x <= m - s).astype(int)

out = {"script": "crates/tabular/tests/data/make_mrmr.py",
       "versions": {p: meta.version(p) for p in ("pymrmr", "feature_engine", "mrmr_selection", "scikit-learn")}, "cases": []}
for n, p, latent, noise in ((80, 24, 4, 0.8), (150, 40, 6, 1.0), (300, 16, 5, 0.6)):
    x, y = table(n, p, latent, noise)
    own = pd.concat([y.rename("y"), levels(x)], axis=1)
    kept = {"mutual_information difference": pymrmr.mRMR(own, "MID", COUNT), "mutual_information quotient": pymrmr.mRMR(own, "MIQ", COUNT),
            "f difference": engine(x, y, "FCD"), "f quotient": engine(x, y, "FCQ")}
    assert kept["f quotient"] == mrmr_classif(x, y, K=COUNT, show_progress=False, n_jobs=1)
    out["cases"].append({"y": y.tolist(), "x": {c: x[c].tolist() for c in x}, "kept": kept})
head = json.dumps({k: v for k, v in out.items() if k != "cases"})
json_text = head[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(c) for c in out["cases"]) + "\n]}"
open("mrmr.json", "w").write(json_text + "\n")  # pymrmr prints to standard output
