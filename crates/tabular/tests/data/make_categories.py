#!/usr/bin/env python3
"""Writes categories.json: scikit-learn's pipelines of encoding, imputation and logistic regression on a table of mixed
columns. Usage: make_categories.py > categories.json. Needs: scikit-learn 1.9.1, pandas.
Levels that only new rows have (site `anus`) are ignored; missing ones are NaN in all columns and then imputed, which
`OneHotEncoder` does not do by itself: it makes a level of them. So their columns are set to NaN here by hand."""
import json, warnings
import numpy as np, pandas as pd, sklearn
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

rng = np.random.default_rng(20)
n = 120
t = pd.DataFrame({"age": rng.integers(40, 80, n).astype(float), "sex": rng.choice(["f", "m"], n),
                  "stage": rng.choice(["I", "II", "III", "IV"], n, p=[.3, .3, .25, .15]),
                  "site": rng.choice(["rectum", "colon", "sigma"], n)}, dtype=object)
t["age"] = t["age"].astype(float)
odds = 0.05 * (t["age"] - 60) + 0.8 * (t["stage"].isin(["III", "IV"])) + 0.9 * (t["site"] == "colon") - 0.6 * (t["sex"] == "f")
t["y"] = (odds + rng.logistic(size=n) > 0.4).astype(int)
new = np.arange(n) % 4 == 0
for column, step in (("age", 11), ("sex", 13), ("stage", 17), ("site", 7)):
    t.loc[np.arange(n) % step == 5, column] = None
t.loc[np.arange(n) % 12 == 8, "site"] = "anus"  # rows of the new part alone

def encode(drop):
    def hot(fit, rows):
        m = OneHotEncoder(handle_unknown="ignore", drop=drop, sparse_output=False).fit(fit[["site"]].dropna())
        out = m.transform(rows[["site"]].fillna("none")); out[rows["site"].isna()] = np.nan
        return out
    def order(fit, rows):
        m = OrdinalEncoder(categories=[["f", "m"], ["I", "II", "III", "IV"]]).fit(fit[["sex", "stage"]].dropna())
        out = m.transform(rows[["sex", "stage"]].fillna({"sex": "f", "stage": "I"}))
        out[rows[["sex", "stage"]].isna()] = np.nan
        return out
    return lambda fit, rows: np.hstack([rows[["age"]].to_numpy(float), order(fit, rows), hot(fit, rows)])

train = t[~new]
out = {"script": "crates/tabular/tests/data/make_categories.py", "versions": {"scikit-learn": sklearn.__version__},
       "table": t.to_csv(index_label="patient"), "cases": []}
warnings.simplefilter("ignore")  # it warns that unknown levels are 0
for drop in (None, "first"):
    x, z = encode(drop)(train, train), encode(drop)(train, t[new])
    imputer = SimpleImputer(strategy="median").fit(x)
    m = LogisticRegression(C=2.0, solver="newton-cholesky", tol=1e-14, max_iter=1000).fit(imputer.transform(x), train["y"])
    out["cases"].append({"nominal": "one_hot" if drop is None else "one_hot_drop_first",
                         "encoded": [[None if np.isnan(v) else v for v in row] for row in z],
                         "p": m.predict_proba(imputer.transform(z))[:, 1].tolist()})
print(json.dumps(out, indent=1))
