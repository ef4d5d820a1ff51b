#!/usr/bin/env python3
"""Writes references.json: what neuroCombat, mrmr_selection and scikit-learn give for tables of the reference
collection. Usage: make_references.py SHARED/oracles/stats/data > references.json
Needs: neuroCombat 0.2.12, mrmr_selection 0.2.8, scikit-learn 1.9.1.
neuroCombat ends its iteration at a relative change of 1e-4, and of negative shifts it looks at the sign only; here
it is made to go on to 1e-13 of the absolute change, so that its limit is compared and not where it stopped."""
import contextlib, importlib, io, json, sys
import numpy as np, pandas as pd
np.int = int  # neuroCombat was written for numpy 1
nc = importlib.import_module("neuroCombat.neuroCombat")
from mrmr import mrmr_classif
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import MinMaxScaler, RobustScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

D = sys.argv[1]
out = {"script": "crates/tabular/tests/data/make_references.py",
       "versions": {"neuroCombat": "0.2.12", "mrmr_selection": "0.2.8", "scikit-learn": "1.9.1"}, "cases": []}

def add(method, data, params, expected, atol=1e-9, rtol=1e-9):
    out["cases"].append({"method": method, "data": data, "params": params, "expected": expected, "atol": atol, "rtol": rtol})

def tab(name):
    t = pd.read_csv(f"{D}/{name}.csv")
    if name == "wdbc": y = (t["benign"] == 1).to_numpy(); x = t.drop(columns=["benign"])
    else: y = (t["y"] == 1).to_numpy(); x = t[[c for c in t if c.startswith("f")]]
    return x.select_dtypes("number"), y

def z(x): return (x - x.mean()) / x.std(ddof=0)

def exact(X, Y, C, new):
    """libsvm keeps the kernel in single precision: with large C its decisions are off by 1e-5 and more. Its sets of
    free and bounded patients are right; on them the conditions of the optimum are linear, solved and checked here."""
    m = SVC(kernel="linear", C=C, tol=1e-9).fit(X, Y > 0)
    a = np.zeros(len(Y)); a[m.support_] = m.dual_coef_[0]
    top = abs(a) >= C * (1 - 1e-7); free = (a != 0) & ~top; K = X @ X.T; r = free.sum(); b = np.where(top, Y * C, 0.0)
    A = np.block([[K[np.ix_(free, free)], np.ones((r, 1))], [np.ones((1, r)), np.zeros((1, 1))]])
    s = np.linalg.solve(A, np.r_[Y[free] - (K @ b)[free], -b.sum()]); b[free] = s[:-1]
    f = Y * (K @ b + s[-1]); off = max((1 - f)[a == 0].max(), (f - 1)[top].max(initial=0), abs(f - 1)[free].max())
    assert off < 1e-8 and (b * Y)[free].min() > 0 and (b * Y)[free].max() < C, off
    return (new @ (X.T @ b) + s[-1]).tolist(), [int((b[Y < 0] != 0).sum()), int((b[Y > 0] != 0).sum())]

# ComBat. The centre of row i is i mod 3; centre 1 is shifted and scaled. Covariates are whole numbers: neuroCombat
# rounds them to single precision.
def it_sol(sdat, g_hat, d_hat, g_bar, t2, a, b, conv=1e-13):
    n = sdat.shape[1]; g, d = g_hat.copy(), d_hat.copy()
    for _ in range(100000):
        g2 = nc.postmean(g_hat, g_bar, n, d, t2)
        d2 = nc.postvar(((sdat - g2[:, None]) ** 2).sum(1), n, a, b)
        change = max(abs((g2 - g) / g).max(), abs((d2 - d) / d).max()); g, d = g2, d2
        if change <= conv: break
    return g, d
nc.it_sol = it_sol
x, y = tab("radsynth"); cols = list(x.columns[:12]); X = x[cols].to_numpy()[:90].copy()
batch = np.arange(90) % 3; X[batch == 1] = X[batch == 1] * 1.5 + 0.7
cov = pd.DataFrame({"batch": [f"c{b}" for b in batch], "age": 40 + np.arange(90) * 7 % 31, "sex": (np.arange(90) * 5 % 7 > 2).astype(int)})
for name, kw, covs in [("plain", {}, []), ("covariates", {}, ["age", "sex"]), ("no_eb", {"eb": False}, ["age", "sex"]),
                       ("mean_only", {"mean_only": True}, ["age"]), ("reference", {"ref_batch": "c2"}, ["age", "sex"])]:
    with contextlib.redirect_stdout(io.StringIO()):
        r = nc.neuroCombat(X.T.copy(), cov[["batch"] + covs], "batch", continuous_cols=covs, **kw)["data"]
    add("combat", "radsynth", {"variant": name, "x": cols, "rows": 90, "covariates": covs}, {"rows": r.T[::9].tolist()}, 1e-8, 1e-8)

# mRMR
for data in ("wdbc", "radsynth"):
    x, y = tab(data)
    k = mrmr_classif(x, pd.Series(y.astype(int)), K=12, show_progress=False, n_jobs=1)
    add("mrmr", data, {"count": 12, "relevance": "f", "combination": "quotient"}, {"kept": list(k)})
    lev = {c: (np.where(x[c] > x[c].mean() - x[c].std(ddof=0), 1, 0) + (x[c] > x[c].mean() + x[c].std(ddof=0))) for c in x}
    rel = {c: mutual_info_score(lev[c], y) for c in x}; kept = []; left = list(x.columns)
    while len(kept) < 8:
        s = [rel[c] - (np.mean([mutual_info_score(lev[c], lev[d]) for d in kept]) if kept else 0) for c in left]
        kept.append(left.pop(int(np.argmax(s))))
    add("mrmr", data, {"count": 8, "relevance": "mutual_information", "combination": "difference"}, {"kept": kept})

for data in ("wdbc", "radsynth"):
    x, y = tab(data); n = 240 if data == "wdbc" else 120
    x = x.iloc[:n, :10]; y = y[:n]; x32 = x.to_numpy().astype(np.float32).astype(float)
    train = np.arange(n) % 3 != 0; test = ~train; p0 = {"x": list(x.columns), "rows": n}
    # Boosting: gradients are single precision there. Between two training values thresholds are equally good, and
    # rounding decides which is taken; so training rows are compared.
    # With small leaves many splits are equally good, and rounding there decides among them; leaves here are larger.
    for kw in ({"trees": 20, "max_leaves": 8, "min_leaf": 20, "learning_rate": 0.1, "l2": 0.0},
               {"trees": 40, "max_leaves": 4, "min_leaf": 10, "learning_rate": 0.3, "l2": 1.0},
               {"trees": 15, "max_leaves": 31, "min_leaf": 20, "learning_rate": 0.05, "l2": 0.5, "max_depth": 2}):
        m = HistGradientBoostingClassifier(max_iter=kw["trees"], max_leaf_nodes=kw["max_leaves"], min_samples_leaf=kw["min_leaf"],
            learning_rate=kw["learning_rate"], l2_regularization=kw["l2"], max_depth=kw.get("max_depth"), early_stopping=False).fit(x[train], y[train])
        add("boosting", data, p0 | {"settings": kw}, {"raw": m.decision_function(x[train]).tolist()}, 1e-4, 1e-4)
    for kw in ({}, {"max_depth": 3}, {"min_leaf": 5}, {"max_depth": 4, "min_split": 20, "class_weight": "balanced"}):
        m = DecisionTreeClassifier(max_depth=kw.get("max_depth"), min_samples_leaf=kw.get("min_leaf", 1), min_samples_split=kw.get("min_split", 2),
            class_weight=kw.get("class_weight"), random_state=0).fit(x32[train], y[train])
        t = m.tree_; inner = t.children_left >= 0
        add("tree", data, p0 | {"settings": kw}, {"nodes": int(t.node_count), "leaves": int((~inner).sum()), "thresholds": sorted(t.threshold[inner][:1].tolist()),
            "root": int(t.feature[0]), "train_gini": float((t.weighted_n_node_samples[~inner] * t.impurity[~inner]).sum())}, 1e-9, 1e-9)
    zx = z(x)
    for k in (1, 5, 8):
        add("neighbours", data, p0 | {"k": k}, {"p": KNeighborsClassifier(k).fit(zx[train], y[train]).predict_proba(zx[test])[:, 1].tolist()})
    add("naive_bayes", data, p0, {"p": GaussianNB().fit(x[train], y[train]).predict_proba(x[test])[:, 1].tolist()}, 1e-8, 1e-7)
    for kw in ({"kernel": "sigmoid", "gamma": 0.02, "coef0": -0.5, "C": 2.0}, {"kernel": "rbf", "gamma": "scale", "C": 3.0},
               {"kernel": "rbf", "gamma": "auto", "C": 1.0, "class_weight": "balanced"}, {"kernel": "poly", "degree": 2, "gamma": 0.2, "coef0": 0.5, "C": 0.5},
               {"kernel": "linear", "C": 0.5, "class_weight": {False: 1.0, True: 3.0}}):
        m = SVC(tol=1e-9, **kw).fit(zx[train], y[train]); q = dict(kw)
        if isinstance(q.get("class_weight"), dict): q["class_weight"] = [1.0, 3.0]
        add("svm", data, p0 | {"settings": q}, {"decision": m.decision_function(zx[test]).tolist(), "n_support": m.n_support_.tolist()}, 2e-5, 2e-5)
    for c in (10.0, 100.0):
        d, n = exact(zx[train].to_numpy(), np.where(y[train], 1.0, -1.0), c, zx[test].to_numpy())
        add("svm", data, p0 | {"settings": {"kernel": "linear", "C": c}}, {"decision": d, "n_support": n}, 1e-7, 1e-7)
    for kw in ({"C": 0.3, "class_weight": "balanced"}, {"C": 10.0}):
        m = LogisticRegression(tol=1e-12, max_iter=10000, **kw).fit(zx[train], y[train])
        add("logistic", data, p0 | {"settings": kw}, {"coef": m.coef_[0].tolist(), "intercept": float(m.intercept_[0])}, 1e-6, 1e-6)
    m = LogisticRegression(C=0.5, l1_ratio=0.3, solver="saga", tol=1e-12, max_iter=500000).fit(zx[train], y[train])
    add("logistic", data, p0 | {"settings": {"C": 0.5, "ratio": 0.3}}, {"coef": m.coef_[0].tolist(), "intercept": float(m.intercept_[0])}, 1e-6, 1e-6)
    # Calibration on given folds.
    fold = np.arange(train.sum()) % 4; base = SVC(kernel="linear", C=0.1, tol=1e-9)
    dec = cross_val_predict(base, zx[train], y[train], cv=PredefinedSplit(fold), method="decision_function")
    iso = IsotonicRegression(out_of_bounds="clip").fit(dec, y[train])
    new = base.fit(zx[train], y[train]).decision_function(zx[test])
    add("isotonic", data, p0, {"out_of_fold": dec.tolist(), "p": iso.predict(new).tolist()}, 1e-6, 1e-6)
    add("scale", data, p0, {"robust": RobustScaler().fit(x[train]).transform(x[test])[:5].tolist(), "min_max": MinMaxScaler().fit(x[train]).transform(x[test])[:5].tolist()})

# More distinct values than bins. With more leaves it goes on to split leaves of one class, where gains are rounding.
x, y = tab("wdbc"); x = x.iloc[:, :10]; train = np.arange(569) % 3 != 0
m = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=6, min_samples_leaf=20, learning_rate=0.1, early_stopping=False).fit(x[train], y[train])
add("boosting", "wdbc", {"x": list(x.columns), "rows": 569, "settings": {"trees": 30, "max_leaves": 6, "min_leaf": 20, "learning_rate": 0.1}},
    {"raw": m.decision_function(x[train]).tolist()}, 1e-4, 1e-4)

# One case, one line.
head = json.dumps({k: v for k, v in out.items() if k != "cases"})
print(head[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(c) for c in out["cases"]) + "\n]}")
