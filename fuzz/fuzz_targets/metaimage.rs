#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| radiomics_fuzz::metaimage(data));
