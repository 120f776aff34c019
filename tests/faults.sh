#!/usr/bin/env bash
# The long form of the fault campaign: every place on every containerd, several times. Its figures go to artifacts/faults.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: tests/faults.sh [rounds]

Kills, errors, full disks and cancels at every place of every kind of work, on every containerd, so many times each (default 3), and
100,000 reads beside writers; hours.
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
