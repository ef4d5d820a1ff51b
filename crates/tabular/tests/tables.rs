//! Tables as hospitals send them.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

use radiomics_tabular::prepare::{EncoderSettings, Impute, Transform};
use radiomics_tabular::{ColumnSettings, Error, Join, Kind, ReadSettings, Study, Table};

fn parse(text: &str) -> Result<Table, Error> {
    Table::parse_csv(text, "cohort.csv", &ReadSettings::default())
}

fn error(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn odd_headers_marks_quotes_and_delimiters() {
    let table = parse("\u{feff}\"id\";\"Tumour size (mm), largest\";  Größe ;;note\r\n7;1.5;2;x;\"a; \"\"b\"\"\"\r\n8;NA;3;;\"two\nlines\"\r\n\r\n9;n/a;4;y;c\r\n").unwrap();
    assert_eq!(table.patients(), ["7", "8", "9"]);
    let names: Vec<&str> = table.columns().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["Tumour size (mm), largest", "Größe", "column 4", "note"]);
    assert_eq!(table.column("Größe").unwrap().values, [2.0, 3.0, 4.0]);
    assert!(table.column("Tumour size (mm), largest").unwrap().values[1].is_nan());
    assert_eq!(table.column("note").unwrap().text(0).unwrap(), "a; \"b\"");
    assert_eq!(table.column("column 4").unwrap().kind, Kind::Binary);
}

#[test]
fn errors_name_file_row_column_and_value() {
    assert_eq!(
        error("patient,age\nA,1\nB,2\nA,3\n"),
        "cohort.csv, row 4, column `patient`: patient `A` has a row already, row 2"
    );
    assert_eq!(error("patient,age,age\nA,1,2\n"), "cohort.csv: two columns are named `age`");
    assert_eq!(error("patient,age\nA,1,2\n"), "cohort.csv, line 2: 3 fields, the header has 2");
    assert_eq!(
        error("patient;v\nA;1.5\nB;\"3,25\"\n"),
        "cohort.csv, row 3, column `v`: `3,25` found, a decimal point (set `decimal_comma` if the file has decimal commas) expected"
    );
    assert_eq!(
        error("patient,age\n ,1\n"),
        "cohort.csv, row 2, column `patient`: `` found, a patient expected"
    );
    assert_eq!(error(""), "cohort.csv, line 1: the file is empty, a header is expected");
    assert_eq!(error("patient,age\n"), "cohort.csv, line 2: no patient follows the header");
    let table = parse("patient,response,os\nA,0,1\nB,1,-2\nC,2,3\n").unwrap();
    assert_eq!(
        table.outcome("response", None).unwrap_err().to_string(),
        "cohort.csv, row 4, column `response`: `2` found, one of two values, `0` or `1`, expected"
    );
    assert_eq!(
        table.times("os").unwrap_err().to_string(),
        "cohort.csv, row 3, column `os`: `-2` found, a time of 0 or more expected"
    );
    assert_eq!(
        table.column("respnse").unwrap_err().to_string(),
        "cohort.csv: no column is named `respnse`; near it are `response`"
    );
}

#[test]
fn kinds_levels_commas_and_codes_for_missing_values() {
    let column = |kind, levels: &[&str], missing: &[&str], transform| ColumnSettings {
        kind,
        levels: levels.iter().map(|l| (*l).to_owned()).collect(),
        missing: missing.iter().map(|m| (*m).to_owned()).collect(),
        transform,
        unit: None,
    };
    let settings = ReadSettings {
        decimal_comma: true,
        columns: [
            ("stage".to_owned(), column(Some(Kind::Ordinal), &["I", "II", "III"], &[], None)),
            ("afp".to_owned(), column(Some(Kind::Continuous), &[], &["-9"], Some(Transform::Log1p))),
        ]
        .into(),
        ..ReadSettings::default()
    };
    let text = "patient;stage;afp;size\nA;II;-9;1,5\nB;I;0;2\nC;;99;3,25\n";
    let table = Table::parse_csv(text, "t.csv", &settings).unwrap();
    assert_eq!(table.column("size").unwrap().values, [1.5, 2.0, 3.25]);
    let afp = &table.column("afp").unwrap().values;
    assert!(afp[0].is_nan() && afp[1] == 0.0 && (afp[2] - 100f64.ln()).abs() < 1e-14);
    let stage = &table.column("stage").unwrap().values;
    assert!(stage[0] == 1.0 && stage[1] == 0.0 && stage[2].is_nan());
    let wrong = Table::parse_csv("patient;stage;afp\nA;IV;1\n", "t.csv", &settings).unwrap_err().to_string();
    assert_eq!(wrong, "t.csv, row 2, column `stage`: `IV` found, one of I, II, III expected");
    let wrong = Table::parse_csv("patient;stage;afp\nA;I;-2\n", "t.csv", &settings).unwrap_err().to_string();
    assert_eq!(wrong, "t.csv, row 2, column `afp`: `-2` found, a value that Log1p accepts expected");
    let wrong = Table::parse_csv("patient;stage\nA;I\n", "t.csv", &settings).unwrap_err();
    assert!(matches!(wrong, Error::UnknownColumn { .. }), "{wrong}");
}

#[test]
fn joins_by_patient_whatever_the_order() {
    let clinical = parse("patient,age\nA,50\nB,60\nC,70\n").unwrap();
    let features =
        Table::parse_csv("patient,age\nC,3\nA,1\n", "features.csv", &ReadSettings::default()).unwrap();
    let inner = clinical.join(&features, "ct_", Join::Inner).unwrap();
    assert_eq!(inner.patients(), ["A", "C"]);
    assert_eq!(inner.column("ct_age").unwrap().values, [1.0, 3.0]);
    let left = clinical.join(&features, "ct_", Join::Left).unwrap();
    assert!(left.rows() == 3 && left.column("ct_age").unwrap().values[1].is_nan());
    assert_eq!(
        clinical.join(&features, "ct_", Join::Same).unwrap_err().to_string(),
        "cohort.csv, row 3, column `patient`: `B` found, a patient of features.csv expected"
    );
    assert!(matches!(clinical.join(&features, "", Join::Inner), Err(Error::DuplicateColumn { .. })));
    let strangers = parse("patient,x\nZ,1\n").unwrap();
    assert!(matches!(clinical.join(&strangers, "", Join::Inner), Err(Error::Empty { .. })));
}

#[test]
fn a_study_reads_its_table_and_checks_its_roles() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("cohort.csv", "id,age,response,os,dead,site\nA,61,CR,12,1,x\nB,,PD,3.5,1,y\nC,70,CR,20,0,x\n");
    let toml = "table = \"cohort.csv\"\n[roles]\npatient = \"id\"\noutcome = \"response\"\npositive = \"CR\"\ncentre = \"site\"\nclinical = [\"age\"]\nsurvival.os = { time = \"os\", event = \"dead\", unit = \"months\" }\n";
    write("study.toml", toml);
    let (study, table) = Study::read(&folder.path().join("study.toml")).unwrap();
    assert_eq!(study.centres(&table).unwrap(), ["x", "y", "x"]);
    assert_eq!(table.outcome("response", Some("CR")).unwrap(), [Some(true), Some(false), Some(true)]);
    let x = table.matrix(&["age", "site"]).unwrap();
    let x = EncoderSettings::default().fit(&x.subset(&[0, 1])).unwrap().apply(&x).unwrap();
    let imputer = Impute::Median.fit(&x.subset(&[0, 2])).unwrap();
    assert_eq!(imputer.apply(&x).unwrap().column(0), [61.0, 65.5, 70.0]);
    let wrong = Study::parse(&toml.replace("outcome", "outcom"), "study.toml").unwrap_err().to_string();
    assert!(wrong.starts_with("study.toml, line 4: unknown field `outcom`"), "{wrong}");
    write("study.toml", &toml.replace("\"os\"", "\"oss\""));
    let wrong = Study::read(&folder.path().join("study.toml")).unwrap_err().to_string();
    assert!(wrong.ends_with("cohort.csv: no column is named `oss`; near it are `os`"), "{wrong}");
}

#[test]
fn tables_come_back_from_disk_as_they_were() {
    let table = parse("patient,age,stage,sex\nA,61.25,T2,f\nB,,T3,m\nC,1e-300,T1,\n").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    table.write_csv(&path).unwrap();
    let again = Table::read_csv(&path, &ReadSettings::default()).unwrap();
    for (a, b) in table.columns().iter().zip(again.columns()) {
        assert_eq!((&a.name, a.kind, &a.levels), (&b.name, b.kind, &b.levels));
        assert!(a.values.iter().zip(&b.values).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())));
    }
    #[cfg(feature = "parquet")]
    {
        let path = folder.path().join("t.parquet");
        table.write_parquet(&path).unwrap();
        let again = Table::read_parquet(&path, &ReadSettings::default()).unwrap();
        assert_eq!(again.patients(), table.patients());
        for (a, b) in table.columns().iter().zip(again.columns()) {
            assert_eq!((&a.name, a.kind, &a.levels), (&b.name, b.kind, &b.levels));
            assert!(a.values.iter().zip(&b.values).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())));
        }
        std::fs::write(&path, b"PAR1 and nothing more").unwrap();
        assert!(matches!(Table::read_parquet(&path, &ReadSettings::default()), Err(Error::Format { .. })));
    }
}

#[test]
fn parquet_is_read_or_the_error_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let table = parse("patient,age,response\nA,61.25,0\nB,,1\nC,58,1\n").unwrap();
    let study =
        Study::parse("table = \"t.parquet\"\n[roles]\noutcome = \"response\"\n", "study.toml").unwrap();
    for name in ["t.parquet", "t.PARQUET"] {
        let path = folder.path().join(name);
        #[cfg(feature = "parquet")]
        {
            table.write_parquet(&path).unwrap();
            let again = study.load(&path).unwrap();
            assert_eq!(again.patients(), table.patients());
            assert_eq!(again.column("age").unwrap().values[0], 61.25);
        }
        #[cfg(not(feature = "parquet"))]
        {
            std::fs::write(&path, b"PAR1\xff\xfe").unwrap();
            let e = study.load(&path).unwrap_err();
            assert!(matches!(&e, Error::Parquet { path: p, .. } if *p == path), "{e}");
            let text = e.to_string();
            assert!(text.contains("Apache Parquet") && text.contains("built without it"), "{text}");
            assert_eq!(table.rows(), 3);
        }
    }
    // Under another name the first bytes tell.
    let path = folder.path().join("t.csv");
    std::fs::write(&path, b"PAR1\xff\xfe").unwrap();
    let e = Table::read(&path, &ReadSettings::default()).unwrap_err();
    assert!(matches!(&e, Error::Parquet { .. }), "{e}");
    assert!(e.to_string().ends_with("an Apache Parquet table, not CSV; name it `.parquet`"), "{e}");
}
