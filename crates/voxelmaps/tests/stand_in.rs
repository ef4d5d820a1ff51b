//! The host side of the CUDA engine without a GPU: against a stand-in for the driver, in a child process whose
//! LD_LIBRARY_PATH finds it. What the engine does when something fails is tested in the same way.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::result_large_err)] // helpers of tests may fail loudly
#![cfg(all(feature = "cuda", feature = "emu", target_os = "linux"))]

mod support;

use std::{env, process::Command};

use radiomics_voxelmaps::{
    Backend, Engine, Error, Task, Values,
    engine::{gpu::cuda::Cuda, gpu::emulated::Emulated, plain::Plain},
};
use support::{Look, assert_close, evaluate, task};

/// Says which part of this test a child process is to run.
const PART: &str = "VOXELMAPS_PART";

/// Runs a part with settings of the stand-in; returns what it printed.
fn child(part: &str, settings: &[(&str, &str)]) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "in_a_child", "--nocapture", "--test-threads=1"]).env(PART, part);
    command.env("LD_LIBRARY_PATH", env!("VOXELMAPS_STAND_IN")).env("STAND_IN_LEDGER", "1");
    let output = command.envs(settings.iter().copied()).output().unwrap();
    let text =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{part} {settings:?}:\n{text}");
    text
}

/// Whatever happens, all that was taken from the driver is given back.
fn all_given_back(text: &str) -> bool {
    text.contains("0 allocations, 0 of the host, 0 streams, 0 events, 0 modules left")
}

fn some() -> Task {
    task(Look { shape: [9, 18, 20], levels: 20, smooth: true, ..Look::default() })
}

#[test]
fn in_a_child() {
    let Some(part) = env::var_os(PART) else { return };
    let task = some();
    match part.to_str().unwrap() {
        "same" => {
            let engine = Cuda::open(None).unwrap();
            let expected = evaluate(&Emulated { seed: 0 }, &task);
            let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert!(bits(&evaluate(&engine, &task)) == bits(&expected));
            // In single precision, some centres, twice.
            let mut run = engine.start(&task).unwrap();
            let (n, count) = (1100, task.centres.len());
            for first in [3, 700] {
                let mut out = Values::F32(vec![0.0; n * task.features.len()]);
                run.evaluate(first, &mut out, &()).unwrap();
                let same =
                    |(k, x): (usize, f64)| x.to_bits() == expected[k / n * count + first + k % n].to_bits();
                assert!(out.iter().enumerate().all(same));
            }
            println!("engine {}", engine.name());
        }
        "error" => match Cuda::open(None).and_then(|engine| {
            let mut out = Values::F64(vec![0.0; task.centres.len() * task.features.len()]);
            engine.start(&task)?.evaluate(0, &mut out, &())
        }) {
            Ok(()) => println!("no error"),
            Err(Error::Device { device, message }) => println!("error of {device}: {message}"),
            Err(other) => panic!("{other}"),
        },
        "auto" => {
            let engine = Backend::Auto.engine().unwrap();
            let found = evaluate(engine.as_ref(), &task);
            assert_close(&found, &evaluate(&Plain, &task), &task, "auto");
            println!("engine {}, notes {:?}", engine.name(), engine.notes());
        }
        "mixed" => {
            // GLDM with a tolerance has no kernel; the rest has.
            let mut task = task;
            task.settings.gldm_a = 1.0;
            let engine = Backend::Cuda(None).engine().unwrap();
            let found = evaluate(engine.as_ref(), &task);
            assert_close(&found, &evaluate(&Plain, &task), &task, "mixed");
            println!("notes {:?}", engine.notes());
            // With radius 2 the processor does all.
            task.settings.kernel_radius = 2;
            engine.start(&task).unwrap();
            println!("notes {:?}", engine.notes());
        }
        "number" => println!("{:?}", Cuda::open(Some(7)).map(|engine| engine.name())),
        part => panic!("no part {part}"),
    }
}

#[test]
fn the_card_gives_what_the_emulation_gives() {
    let text = child("same", &[]);
    assert!(text.contains("engine cuda:0 stand-in 0") && all_given_back(&text), "{text}");
    let text = child("same", &[("STAND_IN_CARDS", "3")]);
    assert!(text.contains("engine cuda:0 stand-in 0, cuda:1 stand-in 1, cuda:2 stand-in 2"), "{text}");
    assert!(all_given_back(&text), "{text}");
}

#[test]
fn small_memory_makes_small_chunks() {
    // Room for 1,024 centres at one time, not for 2,048.
    let text = child("same", &[("STAND_IN_MEMORY", "1200000")]);
    assert!(all_given_back(&text), "{text}");
    let text = child("error", &[("STAND_IN_MEMORY", "700000")]);
    assert!(text.contains("error of cuda:0 stand-in 0: CUDA_ERROR_OUT_OF_MEMORY"), "{text}");
    assert!(all_given_back(&text), "{text}");
}

#[test]
fn errors_are_values() {
    for (settings, message) in [
        (("STAND_IN_CARDS", "0"), "error of cuda: the driver has 0 cards"),
        (
            ("STAND_IN_REFUSE", "1"),
            "error of cuda:0: the driver refuses the kernels of pairs_runs: CUDA_ERROR_INVALID_PTX",
        ),
        (("STAND_IN_FAIL_LAUNCH", "3"), "error of cuda:0 stand-in 0: CUDA_ERROR_LAUNCH_FAILED"),
        (("STAND_IN_NO_MEMORY_AT", "1"), "error of cuda:0 stand-in 0: CUDA_ERROR_OUT_OF_MEMORY"),
        (("STAND_IN_NO_MEMORY_AT", "3"), "error of cuda:0 stand-in 0: CUDA_ERROR_OUT_OF_MEMORY"),
        (("STAND_IN_NO_MEMORY_AT", "4"), "no error"), // smaller chunks
    ] {
        let text = child("error", &[settings]);
        assert!(text.contains(message) && all_given_back(&text), "{settings:?}: {text}");
    }
    let text = child("number", &[]);
    assert!(text.contains("cuda:7") && text.contains("the driver has 1 cards"), "{text}");
}

#[test]
fn auto_falls_back_and_says_why() {
    for (settings, message) in [
        (("STAND_IN_CARDS", "1"), "notes []"),
        (("STAND_IN_CARDS", "0"), "maps were made by the processor: cuda: the driver has 0 cards"),
        (("STAND_IN_REFUSE", "1"), "the driver refuses the kernels"),
        (("STAND_IN_NO_MEMORY_AT", "2"), "CUDA_ERROR_OUT_OF_MEMORY"),
        (("STAND_IN_FAIL_LAUNCH", "4"), "CUDA_ERROR_LAUNCH_FAILED"),
    ] {
        let text = child("auto", &[settings]);
        assert!(text.contains(message) && all_given_back(&text), "{settings:?}: {text}");
    }
}

#[test]
fn what_has_no_kernel_is_done_by_the_processor() {
    let text = child("mixed", &[]);
    assert!(text.contains("maps of gldm: ") && text.contains("windows of radius 2"), "{text}");
}

#[test]
fn without_a_driver_there_is_an_error() {
    // A file that is no library, where the driver would be found.
    let folder = env::temp_dir().join(format!("voxelmaps-no-driver-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("libcuda.so.1"), "not a library").unwrap();
    let path = folder.to_str().unwrap();
    let text = child("error", &[("LD_LIBRARY_PATH", path)]);
    assert!(text.contains("error of cuda: there is no NVIDIA driver"), "{text}");
    let text = child("auto", &[("LD_LIBRARY_PATH", path)]);
    assert!(text.contains("there is no NVIDIA driver"), "{text}");
    std::fs::remove_dir_all(&folder).unwrap();
}
