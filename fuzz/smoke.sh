#!/bin/sh
# Builds every fuzz target on stable Rust and runs each for a few seconds: fuzz/smoke.sh [seconds]
#
# cargo-fuzz and nightly are not needed: the coverage that libFuzzer reads comes from the same LLVM pass that
# cargo-fuzz asks for. For long runs with sanitizers use `cargo +nightly fuzz run TARGET`.
# FUZZ_TARGET_DIR: where to build (fuzz/target). FUZZ_SEED: where chance begins (1, so that two runs of the same code try
# the same inputs; 0 for a new place each time). A crash leaves its input in fuzz/artifacts and fails the run.
set -u
seconds=${1:-5}
cd "$(dirname "$0")" || exit 1
target=${FUZZ_TARGET_DIR:-$PWD/target}

if ! command -v c++ >/dev/null; then
    echo "fuzz: skipped: no C++ compiler (libFuzzer is built from source)"
    exit 0
fi
host=$(rustc -vV | sed -n 's/^host: //p')
# With --target, build scripts and macros stay uninstrumented.
RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1" \
    ${CARGO:-cargo} build --bins --target "$host" --target-dir "$target" || exit 1

passed=0 failed=0
for source in fuzz_targets/*.rs; do
    name=$(basename "$source" .rs)
    mkdir -p "corpus/$name" "artifacts/$name"
    log=artifacts/$name/smoke.log
    if "$target/$host/debug/$name" "corpus/$name" "seeds/$name" -seed="${FUZZ_SEED:-1}" -max_total_time="$seconds" -timeout=10 \
        -rss_limit_mb=2048 -artifact_prefix="artifacts/$name/" -print_final_stats=1 >"$log" 2>&1
    then
        passed=$((passed + 1))
        echo "fuzz $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, no law broken"
    else
        failed=$((failed + 1))
        echo "fuzz $name: FAILED, input in fuzz/artifacts/$name: $(grep -m1 -E 'panicked|ERROR|timeout|out-of-memory' "$log")"
        grep -A1 -m1 'panicked at' "$log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
