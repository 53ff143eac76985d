#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| server::media::fuzz::red(bytes));
