#!/usr/bin/env bash
# The long form of the fault campaign. Its figures go to artifacts/faults, those of the reads to the output.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: tests/faults.sh [rounds]

Kills the gateway at every place of every kind of work on every containerd, once a round (default 3), does a share of errors, full disks,
cancels and kills of containerd in each, and asks 100,000 reads beside writers; hours.
The short form is part of tests/run.sh. Needs root.
TEXT
}

if [[ ${1:-} == --help || ${1:-} == -h ]]; then usage && exit; fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p artifacts/faults
export FAULTS=long TEST_TIMEOUT=12h FAULT_ROUNDS=${1:-3} FAULTS_REPORT="$PWD/artifacts/faults/report.jsonl"
rm -f "$FAULTS_REPORT"
status=0
for filter in .Survival. .FreshReadsTests.; do
  tests/run.sh containerd --filter "$filter" || status=$?
done
jq -rs '"| fault | containerd | trials | deaths of the gateway | of containerd | violations |", "|---|---|---|---|---|---|",
  (.[] | "| \(.fault) | \(.containerd) | \(.trials) | \(.gatewayDeaths) | \(.containerdDeaths) | \(.violations) |")' "$FAULTS_REPORT" | tee artifacts/faults/report.md
exit "$status"
