//! The written folder: complete, the same on each run, replaced as a whole, never over something else.

use std::{fs, path::Path};

use radiomics_report::{Error, Plot, Provenance, Report, Table, figure::Panels, report::Item};

#[test]
fn the_same_bytes_on_each_run() {
    let (first, second) =
        (crate::contents::report().expect("draws"), crate::contents::report().expect("draws"));
    assert_eq!(first.to_html().expect("encodes"), second.to_html().expect("encodes"));
    let (first, second) = (crate::all_figures(), crate::all_figures());
    // Pictures cost most of the time: one with clips, one with a scan under a heat map.
    for (a, b) in first
        .iter()
        .zip(&second)
        .filter(|f| f.0.name.starts_with("auc-") || f.0.name.starts_with("attention-"))
    {
        let (a, b) = (a.png(150.0).expect("encodes"), b.png(150.0).expect("encodes"));
        assert!(a == b && a.starts_with(b"\x89PNG"));
    }
}

#[test] // the folder of a small report holds each kind of file, twice the same
fn the_same_files_on_each_run() {
    let figure =
        crate::all_figures().into_iter().find(|f| f.name == "auc-over-time").expect("is in the gallery");
    let table = Table::new("Numbers", &["x"]).row([0.1]).expect("a row");
    let files = || {
        let mut report = Report::new("T", Provenance::of("test", "1"));
        report.add(figure.clone()).expect("adds").add(table.clone()).expect("adds");
        report.files().expect("encodes")
    };
    let expected = [
        "figures/auc-over-time.png",
        "figures/auc-over-time.svg",
        "index.html",
        "provenance.json",
        "tables/numbers.csv",
    ];
    assert_eq!(files().keys().map(String::as_str).collect::<Vec<_>>(), expected);
    assert!(files() == files());
}

#[test]
fn the_page_is_complete_in_itself() {
    let report = crate::contents::report().expect("draws");
    let page = report.to_html().expect("encodes");
    assert!(page.contains("Synthetic data."));
    for forbidden in ["<script", "src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    // Each anchor of the contents has its place, each identifier is there once.
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|p| p.split('"').next()).collect();
    for (i, id) in ids.iter().enumerate() {
        assert!(!ids[i + 1..].contains(id), "two elements are called {id}");
    }
    for target in page.split("href=\"#").skip(1).filter_map(|p| p.split('"').next()) {
        assert!(ids.contains(&target), "nothing is called {target}");
    }
    let mut files = vec!["provenance.json".to_string()];
    for item in report.sections().iter().flat_map(|s| &s.items) {
        match item {
            Item::Figure(f) => {
                files.extend([format!("figures/{}.svg", f.name), format!("figures/{}.png", f.name)])
            }
            Item::Table(t) => files.push(format!("tables/{}.csv", t.name)),
            Item::Text(_) => {}
        }
    }
    let targets = page.split("<a href=\"").skip(1).filter_map(|p| p.split('"').next());
    for target in targets.filter(|t| !t.starts_with('#')) {
        assert!(files.iter().any(|f| f == target), "no file {target}");
    }
}

#[test]
fn provenance_says_what_went_in_and_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("cohort.csv");
    fs::write(&input, "abc").expect("writes");
    let provenance = Provenance::of("test", "1.2.3")
        .seed(5)
        .settings(&serde_json::json!({ "folds": 5 }))
        .expect("settings")
        .input("cohort", &input)
        .expect("reads");
    let mut report = Report::new("T", provenance);
    let table = Table::new("A <table>", &["x"]).row([1.5]).expect("a row");
    report.add(table.clone()).expect("adds").add(table).expect("adds");
    let out = folder.path().join("out");
    report.write(&out).expect("writes");
    let bytes = fs::read(out.join("provenance.json")).expect("reads");
    let json: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(json["seed"], 5);
    assert_eq!(json["synthetic"], false);
    assert_eq!(json["settings"]["folds"], 5);
    assert_eq!(
        json["inputs"][0]["sha256"],
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(json["software"][0]["version"], "1.2.3");
    assert!(json["outputs"]["tables/a-table-2.csv"].is_string(), "{json}");
    assert!(!String::from_utf8_lossy(&bytes).contains(folder.path().to_string_lossy().as_ref()));
}

#[test]
fn a_report_is_replaced_and_nothing_else_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("report");
    let mut report = Report::new("T", Provenance::of("test", "1"));
    report.add("text").expect("adds");
    report.write(&out).expect("writes");
    fs::write(out.join("stale.txt"), "old").expect("writes");
    report.write(&out).expect("replaces");
    assert!(out.join("index.html").is_file() && !out.join("stale.txt").exists());
    let entries = |p: &Path| fs::read_dir(p).expect("a folder").count();
    assert_eq!(entries(folder.path()), 1, "temporary folders are gone");
    let other = folder.path().join("thesis");
    fs::create_dir(&other).expect("creates");
    fs::write(other.join("chapter.txt"), "years of work").expect("writes");
    assert!(matches!(report.write(&other), Err(Error::NotAReport(_))));
    assert!(other.join("chapter.txt").is_file());
}

#[test] // one bad figure is an error before anything is written
fn a_figure_that_fails_leaves_nothing() {
    let mut report = Report::new("T", Provenance::of("test", "1"));
    assert!(report.add(Panels::new("empty", 1)).is_err());
    assert!(Panels::new("empty", 1).draw().is_err());
    assert!(report.sections().is_empty());
}
