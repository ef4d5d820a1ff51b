//! Lists that other programs make, and lists that are wrong.

use crate::{
    batch,
    common::{Run, rows},
    folder,
};

#[test]
fn lists_of_other_programs() {
    let folder = folder(2);
    batch(&folder, "-o plain.csv").fine();
    let plain = rows(&folder.read("plain.csv"));
    let list = folder.read("list.csv");
    for (at, text) in [
        format!("\u{feff}{}", list.replace('\n', "\r\n")),
        list.replace(',', ";"),
        list.replace(',', "\t"),
        list.replace('\n', ",,\n") + ",,,,,\n\n",
        list.to_lowercase().replace("id,", "ID,"),
    ]
    .iter()
    .enumerate()
    {
        folder.write("list.csv", text);
        let out = format!("out{at}.csv");
        batch(&folder, &format!("-o {out}")).fine();
        assert_eq!(rows(&folder.read(&out)), plain, "{text:?}");
    }
}

#[test]
fn wrong_lists_are_refused_before_any_work() {
    let folder = folder(2);
    let before = folder.names();
    for (text, expected) in [
        ("", "empty"),
        ("Image,Mask\n", "only a header"),
        ("Scan,Mask\ni0.nrrd,m.nrrd\n", "no column `Image`"),
        ("Image,Mask,ID,ID\ni0.nrrd,m.nrrd,1,2\n", "two columns `ID`"),
        ("Image,Mask\ni0.nrrd\n", "line 2 has 1 fields"),
        ("Image,Mask,Label\ni0.nrrd,m.nrrd,one\n", "`one`"),
        ("Image,Mask,original_glcm_Contrast\ni0.nrrd,m.nrrd,1\n", "also one of the result"),
        ("Image,Mask,diagnostics_Versions_Radiomics\ni0.nrrd,m.nrrd,1\n", "rename"),
    ] {
        folder.write("list.csv", text);
        batch(&folder, "-o out.csv").says(&["list.csv", expected]);
        assert_eq!(folder.names(), before, "{text:?}");
    }
    folder.run("batch absent.csv -o out.csv").says(&["absent.csv"]);
    folder.write("list.csv", "Image,Mask\ni0.nrrd,m.nrrd\n");
    batch(&folder, "-o out.csv -p absent.yaml").says(&["absent.yaml"]);
    batch(&folder, "-o out.csv -s binWidth:0.0000003").says(&["1 case"].map(|_| "failed"));
}

#[test]
fn wrong_usage_has_status_2() {
    let folder = folder(1);
    for (arguments, expected) in [
        ("list.csv", "--out"),
        ("list.csv -o out.csv --shard 0/2", "from 1 to N"),
        ("list.csv -o out.csv --resume --force", "cannot be used with"),
        ("list.csv -o out.csv --threads 0", "1..=1024"),
        ("list.csv -o out.csv --memory 0", "above 0"),
        ("list.csv -o out.csv -f xml", "csv"),
    ] {
        let run: Run = folder.run(&format!("batch {arguments}"));
        assert_eq!(run.code, Some(2), "{arguments}: {run:?}");
        assert!(run.err.contains(expected), "{arguments}: {run:?}");
    }
}
