//! Tables and outcomes of the cases.

pub use radiomics_phantoms::reference::cases::{Case, Table, numbers};
use radiomics_survival::Outcome;

/// What a case of survival is about.
pub trait OfCase {
    /// The table with derived columns, without the rows that the case leaves out and those that miss a value in a
    /// column that the parameters name.
    fn table(&self) -> Table;

    /// Time, event, entry, weights and strata as the parameters name them.
    fn outcome(&self, table: &Table) -> Outcome;
}

/// The columns that the parameters name: those that must be complete where the case asks for "the used columns".
fn used(case: &Case) -> Vec<String> {
    [
        "x", "time", "event", "status", "start", "strata", "weights", "cluster", "offset", "group", "arm",
        "risk",
    ]
    .iter()
    .chain(&["marker", "marker1", "marker2", "other_markers", "group_for_gray"])
    .flat_map(|key| case.names(key))
    .collect()
}

impl OfCase for Case {
    fn table(&self) -> Table {
        let mut table = self.whole_table();
        for key in ["derived", "p_rule"] {
            table.derive_all(self.text(key).unwrap_or(""));
        }
        for key in ["weights", "offset"] {
            if let (Some(name), Some(rule)) = (self.text(key), self.text(&format!("{key}_rule"))) {
                table.derive(name, rule);
            }
        }
        // Names that cases use without giving their rule.
        for (name, source, rule) in
            [("death", "status", "status==2"), ("d", "status", "status==2"), ("arm", "sex", "sex-1")]
        {
            if !table.has(name) && table.has(source) {
                table.derive(name, rule);
            }
        }
        table.retain_where(&self.rows);
        let used: Vec<String> = used(self).into_iter().filter(|name| table.has(name)).collect();
        table.retain_complete(&used);
        table
    }

    fn outcome(&self, table: &Table) -> Outcome {
        let event = self.text("event").or(self.text("status")).unwrap();
        // With a value given, that one is the event and all others are censored.
        let code = match self.number("event_value") {
            Some(value) => table.column(event).iter().map(|v| u8::from(*v == value)).collect(),
            None => table.codes(event).iter().map(|&c| u8::try_from(c).unwrap()).collect(),
        };
        let mut outcome = Outcome::with_causes(table.column(self.text("time").unwrap()), code).unwrap();
        if let Some(start) = self.text("start") {
            outcome = outcome.with_entry(table.column(start)).unwrap();
        }
        if let Some(weights) = self.text("weights") {
            outcome = outcome.with_weights(table.column(weights)).unwrap();
        }
        if let Some(strata) = self.text("strata") {
            outcome = outcome.with_strata(&table.codes(strata)).unwrap();
        }
        outcome
    }
}
