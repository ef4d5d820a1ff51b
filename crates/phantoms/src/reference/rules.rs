//! The rules by which cases derive columns: `ln(bili)`, `2 if age>65 else 0.5`, `(status==2)`,
//! `round(1/(1+exp(1.2-0.15*pnodes)), 6)`.
// For tests only: a rule that cannot be read fails them.
#![allow(clippy::panic, clippy::unwrap_used)]

/// Value of a rule where `column` gives the numbers behind names.
pub(super) fn evaluate(rule: &str, column: &dyn Fn(&str) -> f64) -> f64 {
    let mut parser = Parser { rest: rule.trim(), column };
    let value = parser.choice();
    assert!(parser.rest.trim().is_empty(), "cannot read {:?} of the rule {rule:?}", parser.rest);
    value
}

/// The rules of a list, `death = (status==2), p = round(a, 6)`: name and rule of each.
pub(super) fn rules(list: &str) -> Vec<(&str, &str)> {
    let (mut depth, mut parts, mut start) = (0, Vec::new(), 0);
    for (at, sign) in list.char_indices() {
        match sign {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    parts.into_iter().filter_map(|p| p.split_once('=')).map(|(name, rule)| (name.trim(), rule)).collect()
}

struct Parser<'a> {
    rest: &'a str,
    column: &'a dyn Fn(&str) -> f64,
}

impl<'a> Parser<'a> {
    fn take(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// `value if condition else value`
    fn choice(&mut self) -> f64 {
        let value = self.comparison();
        if !self.take("if ") {
            return value;
        }
        let condition = self.comparison();
        assert!(self.take("else "), "no else before {:?}", self.rest);
        let other = self.choice();
        if condition == 0.0 { other } else { value }
    }

    fn comparison(&mut self) -> f64 {
        let left = self.sum();
        for op in ["==", "!=", ">=", "<=", ">", "<"] {
            if self.take(op) {
                let right = self.sum();
                let holds = match op {
                    "==" => left == right,
                    "!=" => left != right,
                    ">=" => left >= right,
                    "<=" => left <= right,
                    ">" => left > right,
                    _ => left < right,
                };
                return f64::from(u8::from(holds));
            }
        }
        left
    }

    fn sum(&mut self) -> f64 {
        let mut value = self.product();
        loop {
            if self.take("+") {
                value += self.product();
            } else if self.take("-") {
                value -= self.product();
            } else {
                return value;
            }
        }
    }

    fn product(&mut self) -> f64 {
        let mut value = self.power();
        loop {
            if self.take("*") {
                value *= self.power();
            } else if self.take("/") {
                value /= self.power();
            } else {
                return value;
            }
        }
    }

    fn power(&mut self) -> f64 {
        if self.take("-") {
            return -self.power();
        }
        let base = self.atom();
        if self.take("^") { base.powf(self.power()) } else { base }
    }

    fn atom(&mut self) -> f64 {
        if self.take("(") {
            let value = self.choice();
            assert!(self.take(")"), "no ) before {:?}", self.rest);
            return value;
        }
        let end = |s: &str, accept: fn(char) -> bool| s.find(|c| !accept(c)).unwrap_or(s.len());
        let number = end(self.rest, |c| c.is_ascii_digit() || c == '.');
        if number > 0 {
            let (text, rest) = self.rest.split_at(number);
            self.rest = rest;
            return text.parse().unwrap();
        }
        let (name, rest) = self.rest.split_at(end(self.rest, |c| c.is_alphanumeric() || c == '_'));
        assert!(!name.is_empty(), "cannot read {:?}", self.rest);
        self.rest = rest;
        if !self.take("(") {
            return (self.column)(name);
        }
        let mut arguments = vec![self.choice()];
        while self.take(",") {
            arguments.push(self.choice());
        }
        assert!(self.take(")"), "no ) before {:?}", self.rest);
        match (name, arguments.as_slice()) {
            ("ln" | "log", [x]) => x.ln(),
            ("exp", [x]) => x.exp(),
            ("sqrt", [x]) => x.sqrt(),
            ("round", [x, digits]) => format!("{x:.*}", *digits as usize).parse().unwrap(),
            _ => panic!("no function {name} of {} arguments", arguments.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_cases_are_read() {
        let column = |name: &str| if name == "age" { 70.0 } else { 1.0 };
        assert_eq!(evaluate("2 if age>65 else 0.5", &column), 2.0);
        assert_eq!(evaluate("0.01*(age-60)", &column), 0.1);
        assert_eq!(evaluate("(status==2)", &column), 0.0);
        assert_eq!(evaluate("round(1/(1+exp(1.2-0.15*pnodes)), 6)", &column), 0.259225);
    }

    #[test]
    fn rules_of_every_form_are_read() {
        let list =
            "race2=(race==2), death = (status==2), lbili = ln(bili), p = round(1/(1+exp(0.2-bili)), 6)";
        let read = rules(list);
        assert_eq!(read.iter().map(|r| r.0).collect::<Vec<_>>(), ["race2", "death", "lbili", "p"]);
        let column = |name: &str| if name == "bili" { 0.2 } else { 2.0 };
        let values: Vec<f64> = read.iter().map(|r| evaluate(r.1, &column)).collect();
        assert_eq!(values, [1.0, 1.0, 0.2_f64.ln(), 0.5]);
    }
}
