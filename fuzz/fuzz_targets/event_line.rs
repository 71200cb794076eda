#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sting_fuzz::event_line(data));
