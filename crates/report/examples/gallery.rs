//! t
use radiomics_report::figure::*;
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let c = RocCurve::new("Clinical", vec![0.0, 0.1, 0.3, 0.6, 1.0], vec![0.0, 0.3, 0.8, 0.9, 1.0])
        .auc(0.75, 0.66, 0.83)
        .mark("cut-off 0.52", 0.3, 0.8);
    let d =
        RocCurve::new("Clinical + radiomics", vec![0.0, 0.0, 0.1, 0.2, 1.0], vec![0.0, 0.5, 0.8, 0.9, 1.0])
            .auc(0.85, 0.76, 0.93);
    let f = Roc::new("Response").note("DeLong p = 0.01").curve(c).curve(d).draw()?;
    std::fs::write("/tmp/rep/roc.svg", f.svg()?)?;
    std::fs::write("/tmp/rep/roc.png", f.png(150.0)?)?;
    Ok(())
}
