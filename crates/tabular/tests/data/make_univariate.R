#!/usr/bin/env Rscript
# Writes univariate.json: p-values of R's tests between levels and classes.
# Usage: make_univariate.R > univariate.json. Needs: R 4.2.2 (stats).
# `kept`: Fisher's p, adjusted by Benjamini and Hochberg, at most 0.05; without a test p = 1.
# `rare` has a level that three patients have, `sparse` counts of 0, `alone` one level only (no test: null), `binary`
# two; some values are missing.
set.seed(7, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
n <- 90
y <- rep(c(0, 1, 1), n / 3)
pick <- function(levels, p0, p1) ifelse(y == 1, sample(levels, n, TRUE, p1), sample(levels, n, TRUE, p0))
t <- data.frame(
  stage = pick(c("I", "II", "III", "IV"), c(.4, .3, .2, .1), c(.15, .25, .35, .25)),
  site = pick(c("colon", "rectum", "sigma"), c(1, 1, 1), c(1, 1, 1)),
  sex = pick(c("f", "m"), c(.6, .4), c(.35, .65)),
  binary = pick(c("0", "1"), c(.9, .1), c(.6, .4)),
  rare = c("x", "x", "x", pick(c("a", "b"), c(.5, .5), c(.5, .5))[-(1:3)]),
  sparse = ifelse(y == 1, "p", pick(c("p", "q", "r", "s"), c(.8, .1, .06, .04), c(1, 0, 0, 0))),
  alone = "same")
t$stage[seq(4, n, 13)] <- NA; t$sex[seq(2, n, 17)] <- NA; t$binary[5] <- NA
line <- function(name) {
  counts <- table(t[[name]], y)
  p <- function(test) if (nrow(counts) < 2) "null" else sprintf("%.17g", suppressWarnings(test(counts))$p.value)
  sprintf('  "%s": {"chi_squared": %s, "yates": %s, "fisher": %s, "least_expected": %.17g}', name,
          p(function(c) chisq.test(c, correct = FALSE)), p(chisq.test), p(function(c) fisher.test(c, workspace = 2e7)),
          min(outer(rowSums(counts), colSums(counts)) / sum(counts)))
}
fisher <- sapply(names(t), function(name) {
  counts <- table(t[[name]], y)
  if (nrow(counts) < 2) 1 else fisher.test(counts, workspace = 2e7)$p.value
})
kept <- names(t)[p.adjust(fisher, "BH") <= 0.05]
rows <- apply(cbind(seq_len(n), ifelse(is.na(as.matrix(t)), "", as.matrix(t)), y), 1, function(r) paste(trimws(r), collapse = ","))
csv <- paste(c(paste(c("patient", names(t), "y"), collapse = ","), rows), collapse = "\\n")
cat(sprintf('{"script": "crates/tabular/tests/data/make_univariate.R", "versions": {"R": "%s.%s"},\n"table": "%s\\n",\n"kept": [%s],\n"columns": {\n%s\n}}\n',
            R.version$major, R.version$minor, csv, paste0('"', kept, '"', collapse = ", "), paste(sapply(names(t), line), collapse = ",\n")))
