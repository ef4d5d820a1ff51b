//! The `radiomics` command.

fn main() {}
