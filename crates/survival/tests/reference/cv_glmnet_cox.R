# Cross-validated lasso and elastic net of Cox models by R's glmnet: writes cv_glmnet_cox.json beside this script.
#
#     Rscript cv_glmnet_cox.R
library(glmnet)
library(survival)
name <- function() sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
set.seed(11)
n <- 120; p <- 8
x <- matrix(rnorm(n * p), n, p); x[, 8] <- x[, 1] + 0.3 * rnorm(n)
risk <- 0.9 * x[, 1] - 0.7 * x[, 2] + 0.4 * x[, 3]
time <- ceiling(20 * rexp(n) / exp(risk)); status <- as.integer(runif(n) < 0.7)
fold <- rep_len(1:5, n)
numbers <- function(v) paste0("[", paste(formatC(as.numeric(v), digits = 17, format = "g"), collapse = ", "), "]")
case <- function(alpha) {
  # A tighter tolerance than its own, so that digits can be compared.
  fit <- cv.glmnet(x, Surv(time, status), family = "cox", alpha = alpha, foldid = fold, thresh = 1e-16, maxit = 1e7)
  at <- function(s) numbers(coef(fit, s = s))
  sprintf('{"alpha": %s, "lambda": %s, "cvm": %s, "cvsd": %s, "lambda_min": %.17g, "lambda_1se": %.17g, "min": %s, "one_se": %s}',
          alpha, numbers(fit$lambda), numbers(fit$cvm), numbers(fit$cvsd), fit$lambda.min, fit$lambda.1se,
          at("lambda.min"), at("lambda.1se"))
}
columns <- paste(apply(x, 2, numbers), collapse = ", ")
cat(sprintf('{"source": "R %s, glmnet %s, survival %s", "x": [%s], "time": %s, "status": %s, "fold": %s, "cases": [%s]}\n',
            getRversion(), packageVersion("glmnet"), packageVersion("survival"), columns, numbers(time), numbers(status),
            numbers(fold - 1), paste(sapply(c(1, 0.4), case), collapse = ", ")),
    file = file.path(dirname(normalizePath(name())), "cv_glmnet_cox.json"))
