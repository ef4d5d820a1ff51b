//! Tables of the cases.

use radiomics_phantoms::reference::cases;
pub use radiomics_phantoms::reference::cases::{Case, Table, matrix, truth};

/// All cases of the collection.
pub fn all() -> Option<Vec<Case>> {
    let mut cases = cases::cases()?;
    // Lilliefors' cases test x followed by y, but y stands only in the other cases of the same x.
    for i in 0..cases.len() {
        if cases[i].method == "lilliefors" && !cases[i].params["y"].is_array() {
            let x = &cases[i].params["x"];
            let partner = cases.iter().find(|c| &c.params["x"] == x && c.params["y"].is_array());
            if let Some(y) = partner.map(|c| c.params["y"].clone()) {
                cases[i].params["y"] = y;
            }
        }
    }
    Some(cases)
}

/// What a case of statistics is about.
pub trait OfCase {
    /// The table with derived columns, without rows that miss a value in `used` or that the case leaves out.
    fn table(&self, used: &[&str]) -> Table;
}

impl OfCase for Case {
    fn table(&self, used: &[&str]) -> Table {
        let mut table = self.whole_table();
        table.derive_all(self.text("derived").unwrap_or(""));
        // Names that cases use without giving their rule.
        for (name, source, rule) in [
            ("malignant", "benign", "benign==0"),
            ("death", "status", "status==2"),
            ("d", "status", "status==2"),
        ] {
            if !table.has(name) && table.has(source) {
                table.derive(name, rule);
            }
        }
        table.retain_where(&self.rows);
        let mut needed: Vec<String> = used.iter().map(|u| (*u).to_owned()).collect();
        if let Some(more) = self.rows.strip_prefix("complete in ").filter(|m| !m.contains("used")) {
            needed.extend(more.split([',', ' ']).filter(|m| table.has(m)).map(str::to_owned));
        }
        if let Some(name) = self.rows.strip_suffix(" not missing") {
            needed.push(name.to_owned());
        }
        table.retain_complete(&needed);
        table
    }
}
