//! With the feature `emu`: compiles the CUDA kernels for the processor, and a stand-in for the NVIDIA driver that runs
//! them. Without it: nothing.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "emu")]
    emulation::build();
}

#[cfg(feature = "emu")]
mod emulation {
    use std::{
        env,
        path::{Path, PathBuf},
    };

    const KERNELS: [&str; 4] = ["pairs_runs", "zones", "first_order", "mcc"];
    const LIBRARY: &str = "voxelmaps_kernels";

    pub fn build() {
        println!("cargo:rerun-if-changed=kernels");
        println!("cargo:rerun-if-env-changed=VOXELMAPS_SANITIZE");
        let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
        let sanitize = env::var_os("VOXELMAPS_SANITIZE").is_some();
        let mut build = cc::Build::new();
        build.cpp(true).std("c++17").cargo_metadata(false).warnings(true).extra_warnings(true);
        // As on the device: no multiplication is fused with an addition. `#pragma unroll` is the device's.
        build.flag("-ffp-contract=off").flag("-Wno-unknown-pragmas");
        build.flag_if_supported("-Wno-clobbered"); // of getcontext(), which returns once here
        build.define("VM_HOST_SHIM", None).include("kernels");
        if sanitize {
            build.flag("-fsanitize=address,undefined").flag("-fno-sanitize-recover=undefined").flag("-g");
        }
        build.flag("-xc++").files(["kernels/shim/shim.cpp", "kernels/shim/examples.cu"]);
        build.files(KERNELS.map(|name| format!("kernels/{name}.cu")));
        build.compile(LIBRARY);
        println!("cargo:rustc-link-search=native={}", out.display());
        // Kernels register themselves: nothing refers to them.
        println!("cargo:rustc-link-lib=static:+whole-archive={LIBRARY}");
        let apple = env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple");
        println!("cargo:rustc-link-lib={}", if apple { "c++" } else { "stdc++" });
        if sanitize {
            println!("cargo:rustc-link-lib=asan");
            println!("cargo:rustc-link-lib=ubsan");
        }
        if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
            stand_in(&build, &out);
        }
    }

    /// A library of the driver's name in a folder of its own.
    fn stand_in(build: &cc::Build, out: &Path) {
        let folder = out.join("stand-in");
        let made = std::fs::create_dir_all(&folder).is_ok_and(|()| {
            let mut command = build.get_compiler().to_command();
            command.args(["-shared", "-Wl,-soname,libcuda.so.1", "kernels/shim/driver.cpp", "-xnone"]);
            command.arg("-Wl,--whole-archive").arg(out.join(format!("lib{LIBRARY}.a")));
            command.arg("-Wl,--no-whole-archive").arg("-o").arg(folder.join("libcuda.so.1"));
            command.status().is_ok_and(|status| status.success())
        });
        assert!(made, "the stand-in for the driver was not built");
        println!("cargo:rustc-env=VOXELMAPS_STAND_IN={}", folder.display());
    }
}
