#!/usr/bin/env bash
# The long form of the fuzzer: many requests made from the API's document and spoiled. Its figures go to artifacts/fuzz.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: tests/fuzz.sh [requests] [seed]

Sends so many requests (default 200000) to a gateway before a real containerd, four at a time, and says what broke; ten minutes or more.
The short form is part of tests/run.sh. Needs root.
TEXT
}

if [[ ${1:-} == --help || ${1:-} == -h ]]; then usage && exit; fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p artifacts/fuzz
export TEST_TIMEOUT=4h FUZZ_REQUESTS=${1:-200000} FUZZ_SEED=${2:-} FUZZ_REPORT="$PWD/artifacts/fuzz/report.jsonl"
rm -f "$FUZZ_REPORT"
status=0
tests/run.sh containerd --filter .Fuzzing. || status=$?
jq -rs '"| requests | seed | answers by status | slow again and again | faults |", "|---|---|---|---|---|",
  (.[] | "| \(.requests) | \(.seed) | \(.statuses | to_entries | map("\(.key): \(.value)") | join(", ")) | \(.slow | length) | \(.faults) |")' "$FUZZ_REPORT" | tee artifacts/fuzz/report.md
exit "$status"
