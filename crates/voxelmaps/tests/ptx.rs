//! The PTX that is embedded was made from the kernels that lie beside it. `scripts/kernels.py check` compiles them again; this
//! needs no tool.

use std::{fs, path::Path};

use sha1::{Digest, Sha1};

#[test]
fn ptx_is_that_of_the_sources() {
    let kernels = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels");
    let mut sources: Vec<_> = fs::read_dir(&kernels)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".cu") || name.ends_with(".cuh"))
        .collect();
    sources.sort();
    let mut digest = Sha1::new();
    for name in &sources {
        let text = fs::read(kernels.join(name)).unwrap();
        [name.as_bytes(), b"\0", text.as_slice(), b"\0"].into_iter().for_each(|part| digest.update(part));
    }
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    for name in sources.iter().filter_map(|name| name.strip_suffix(".cu")) {
        let ptx = fs::read_to_string(kernels.join("ptx").join(format!("{name}.ptx"))).unwrap();
        assert!(ptx.contains(&format!("// Sources {digest}\n")), "{name}: run scripts/kernels.py build");
        // What drivers from 550 and cards from Turing on accept.
        assert!(ptx.contains(".version 8.4\n.target sm_75\n"), "{name}");
    }
}
