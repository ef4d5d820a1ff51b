#!/usr/bin/env python3
"""Writes references.json: partial dependence as scikit-learn has it, Kernel SHAP with a selection and linear SHAP of
correlated features as shap has them.
Usage: make_references.py > references.json
Needs: scikit-learn 1.9.1, shap 0.51.0.
Selection is compared where all sets of features are taken, so that nothing is drawn. shap weighs AIC and BIC with the
variance of the residuals of the whole regression, we with that of each point of the path: the models compared are ones
for which both choose the same features, which is the point. LinearExplainer takes the mean over random orders of the
features: here it is handed every order once, so that its own formula gives the exact mean."""
import itertools, json, warnings
from unittest import mock
import numpy as np, shap, sklearn
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import partial_dependence
from sklearn.linear_model import LogisticRegression
warnings.filterwarnings("ignore")

rng = np.random.default_rng(7)
cut = lambda a, digits=4: np.round(a, digits)
out = {"script": "crates/explain/tests/data/make_references.py",
       "versions": {"scikit-learn": sklearn.__version__, "shap": shap.__version__}}

# Column 3 has few values, column 2 is skewed.
x = cut(rng.normal(size=(47, 4))); x[:, 2] = cut(np.exp(x[:, 2])); x[:, 3] = rng.integers(0, 5, 47)
y = x[:, 0] - 0.5 * x[:, 1] + 0.3 * x[:, 3] + rng.normal(size=47) > 0.5
logistic = LogisticRegression(C=2.0, tol=1e-10).fit(x, y)

class Curved(RegressorMixin, BaseEstimator):
    """x0 x1 + x2² − x2 x3 + 0.5 x3."""
    def fit(self, x, y): self.fitted_ = True; return self
    def predict(self, x): return x[:, 0] * x[:, 1] + x[:, 2] ** 2 - x[:, 2] * x[:, 3] + 0.5 * x[:, 3]

dependence = {"x": x.tolist(), "coef": logistic.coef_[0].tolist(), "intercept": float(logistic.intercept_[0]), "cases": []}
for name, model in (("logistic", logistic), ("curved", Curved().fit(x, y))):
    kw = dict(method="brute", response_method="predict_proba" if name == "logistic" else "auto")
    for feature, points in ((0, 20), (1, 47), (2, 9), (3, 5), (3, 12), (3, 3)):
        p = partial_dependence(model, x, [feature], kind="both", grid_resolution=points, **kw)
        dependence["cases"].append({"model": name, "features": [feature], "points": points, "grid": [p["grid_values"][0].tolist()],
                                    "average": p["average"][0].tolist(), "individual": p["individual"][0].tolist()})
    for features, points in (((0, 1), 7), ((3, 2), 6)):
        p = partial_dependence(model, x, [features], kind="average", grid_resolution=points, **kw)
        dependence["cases"].append({"model": name, "features": list(features), "points": points, "grid": [g.tolist() for g in p["grid_values"]],
                                    "average": p["average"][0].tolist()})
out["dependence"] = dependence

# Nine features of which some act; all 510 sets.
background, rows = cut(rng.normal(size=(6, 9))), cut(rng.normal(size=(5, 9)))
models = {"5 x0 + 2 x3 - x6": lambda z: 5 * z[:, 0] + 2 * z[:, 3] - z[:, 6],
          "5 x0 + 2 x3 - x6 + x0 x3 x6": lambda z: 5 * z[:, 0] + 2 * z[:, 3] - z[:, 6] + z[:, 0] * z[:, 3] * z[:, 6],
          "x0 x1 + 3 x4 + 0.1 x8": lambda z: z[:, 0] * z[:, 1] + 3 * z[:, 4] + 0.1 * z[:, 8]}
selection = {"background": background.tolist(), "rows": rows.tolist(), "cases": []}
for name, model in models.items():
    explainer = shap.KernelExplainer(model, background)
    for l1 in ("aic", "bic", "num_features(3)", "num_features(2)", 0.0005, 0.001, 0.002):
        values = explainer.shap_values(rows, nsamples=510, l1_reg=l1, silent=True)
        selection["cases"].append({"model": name, "l1_reg": l1, "values": values.tolist()})
out["selection"] = selection

# Linear models of correlated features: plain, of very different scales, with a constant among them.
def correlated(name, x, coef, intercept):
    x = cut(x)
    every = list(itertools.permutations(range(int((x.std(0) > 0).sum()))))
    steps = iter(every)
    def in_turn(inds): inds[:] = next(steps)
    with mock.patch("numpy.random.shuffle", in_turn):
        explainer = shap.LinearExplainer((np.array(coef), intercept), shap.maskers.Impute(x), nsamples=len(every))
    assert next(steps, None) is None, "not every order was taken"
    rows = x[:6] + cut(0.1 * rng.normal(size=(6, 1))) * (x.std(0) > 0)
    return {"name": name, "background": x.tolist(), "coef": coef, "intercept": intercept, "rows": rows.tolist(),
            "base": float(explainer.expected_value), "values": explainer.shap_values(rows).tolist()}
hidden = rng.normal(size=(40, 2))
mixed = hidden @ rng.normal(size=(2, 6)) + 0.6 * rng.normal(size=(40, 6))
out["correlated"] = {"cases": [
    correlated("plain", mixed[:, :5], [1.0, -0.5, 0.0, 2.0, 0.3], 0.7),
    correlated("scales", mixed * [1, 0.1, 100, 10, 1, 1000], [1.0, -4.0, 0.02, 0.0, -0.7, 0.001], -1.0),
    correlated("constant", np.column_stack([mixed[:, :2], np.full(40, 5.0), mixed[:, 3]]), [1.0, 2.0, 3.0, -0.5], 0.0)]}

# One case, one line.
def lines(part):
    head = json.dumps({k: v for k, v in part.items() if k != "cases"})
    return (head[:-1] + ', ' if len(head) > 2 else "{") + '"cases": [\n' + ",\n".join(json.dumps(c) for c in part["cases"]) + "\n]}"
print(json.dumps({k: out[k] for k in ("script", "versions")})[:-1] + ',\n"dependence": ' + lines(dependence) + ',\n"selection": ' + lines(selection) + ',\n"correlated": ' + lines(out["correlated"]) + "}")
