//! The page of a report: one HTML file without scripts, with figures as SVG, the font and the style inside.

use crate::{
    Error, encode, font,
    provenance::Provenance,
    report::{Item, Section},
    svg::escape,
};

/// Style for screen and print. Widths leave two columns of a journal for figures.
const STYLE: &str = include_str!("page.css");

pub(crate) fn html(
    title: &str,
    sections: &[Section],
    provenance: &Provenance,
    figures: bool,
) -> Result<String, Error> {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>\n",
        escape(title)
    );
    for (bytes, weight) in [(font::REGULAR, "normal"), (font::BOLD, "bold")] {
        out += &format!(
            "@font-face{{font-family:'Radiomics Report Sans';font-weight:{weight};src:url(data:font/ttf;base64,{}) format('truetype')}}\n",
            encode::base64(bytes)
        );
    }
    out += STYLE;
    out += &format!(
        "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to content</a>\n<header>\n<h1>{}</h1>\n",
        escape(title)
    );
    if let Some(how) = &provenance.synthetic {
        out += &format!(
            "<p class=\"synthetic\" role=\"note\"><strong>Synthetic data.</strong> {} Nothing on this page describes patients.</p>\n",
            escape(&sentence(how))
        );
    }
    out += "</header>\n";
    out += &contents(sections);
    out += "<main id=\"main\">\n";
    let mut numbers = Numbers::default();
    for (i, section) in sections.iter().enumerate() {
        let id = format!("section-{}", i + 1);
        out += &format!("<section aria-labelledby=\"{id}\">\n");
        if !section.title.is_empty() {
            out += &format!("<h2 id=\"{id}\">{}</h2>\n", escape(&section.title));
        }
        for item in &section.items {
            out += &content(item, &mut numbers, figures)?;
        }
        out += "</section>\n";
    }
    out += "</main>\n";
    out += &origin(provenance);
    out += "</body>\n</html>\n";
    Ok(out)
}

#[derive(Default)]
struct Numbers {
    figures: usize,
    tables: usize,
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) || text.is_empty() { text.into() } else { format!("{text}.") }
}

fn contents(sections: &[Section]) -> String {
    let mut out = String::from("<nav aria-label=\"Contents\">\n<h2>Contents</h2>\n<ol>\n");
    let mut numbers = Numbers::default();
    for (i, section) in sections.iter().enumerate() {
        let title = if section.title.is_empty() { "Introduction" } else { &section.title };
        out += &format!("<li><a href=\"#section-{}\">{}</a>", i + 1, escape(title));
        let mut entries = String::new();
        for item in &section.items {
            match item {
                Item::Figure(f) => {
                    numbers.figures += 1;
                    entries += &format!(
                        "<li><a href=\"#{}\">Figure {}. {}</a></li>\n",
                        f.name,
                        numbers.figures,
                        escape(&f.title)
                    );
                }
                Item::Table(t) => {
                    numbers.tables += 1;
                    entries += &format!(
                        "<li><a href=\"#{}\">Table {}. {}</a></li>\n",
                        t.name,
                        numbers.tables,
                        escape(&t.title)
                    );
                }
                Item::Text(_) => {}
            }
        }
        if !entries.is_empty() {
            out += &format!("\n<ul>\n{entries}</ul>\n");
        }
        out += "</li>\n";
    }
    out + "</ol>\n</nav>\n"
}

fn content(item: &Item, numbers: &mut Numbers, pictures: bool) -> Result<String, Error> {
    Ok(match item {
        Item::Text(text) => text
            .split("\n\n")
            .filter(|p| !p.trim().is_empty())
            .map(|p| format!("<p>{}</p>\n", escape(p.trim())))
            .collect(),
        Item::Figure(f) => {
            numbers.figures += 1;
            let name = &f.name;
            let png =
                if pictures { format!(" · <a href=\"figures/{name}.png\">PNG</a>") } else { String::new() };
            format!(
                "<figure id=\"{name}\">\n<div class=\"draw\">{}</div>\n<figcaption><strong>Figure {}.</strong> {} {} \
                 <span class=\"files\"><a href=\"figures/{name}.svg\">SVG</a>{png}</span></figcaption>\n</figure>\n",
                f.svg()?,
                numbers.figures,
                escape(&sentence(&f.title)),
                escape(&f.caption),
            )
        }
        Item::Table(t) => {
            numbers.tables += 1;
            let caption = format!("Table {}. {}", numbers.tables, sentence(&t.title));
            format!(
                "<div class=\"table\" id=\"{0}\">\n{1}<p class=\"files\"><a href=\"tables/{0}.csv\">CSV</a></p>\n</div>\n",
                t.name,
                t.to_html(&caption)
            )
        }
    })
}

fn origin(provenance: &Provenance) -> String {
    let mut out = String::from("<footer>\n<h2 id=\"provenance\">Provenance</h2>\n<dl>\n");
    let mut entry = |term: &str, text: String| out += &format!("<dt>{term}</dt><dd>{}</dd>\n", escape(&text));
    entry(
        "Data",
        provenance.synthetic.as_ref().map_or("as named below".into(), |how| format!("synthetic: {how}")),
    );
    let software: Vec<String> =
        provenance.software.iter().map(|s| format!("{} {}", s.name, s.version)).collect();
    entry("Software", software.join(", "));
    if let Some(seed) = provenance.seed {
        entry("Seed", seed.to_string());
    }
    for input in &provenance.inputs {
        entry("Input", format!("{} ({} bytes, SHA-256 {})", input.name, input.bytes, input.sha256));
    }
    out += "</dl>\n<p>All of it, with the settings, in <a href=\"provenance.json\">provenance.json</a>. \
            Software for research; no medical device, no clinical claim.</p>\n</footer>\n";
    out
}
