#!/usr/bin/env bash
# Installs what the tests need, builds, checks and tests. The last line is "N passed, N failed, N skipped".
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: tests/run.sh [unit] [contract] [containerd] [--filter TEXT]

Without a name all three suites run, after the checks of format, scripts and API description.

  unit           pure logic and in-process HTTP; seconds
  contract       openapi.yaml against the code and against live answers
  containerd     real containerd daemons, real and misbehaving registries; needs root
  --filter TEXT  only tests whose full name (Namespace.Class.Method) holds TEXT; no checks

Exit code 0 only when something ran and nothing failed; with CI=true a skipped test is a failure too.
Results are left in artifacts/tests, one CTRF report for each suite.
TEXT
}

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$repository"
# shellcheck source=deploy/lib/shell.sh
. deploy/lib/shell.sh

results="$repository/artifacts/tests"
strict=${CI:-false}
filter=''
failed_checks=()

# Restores are locked and warnings are errors on every machine, not only in the continuous integration.
export CI=true DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1

main() {
  exec 2>&1 # one stream: a log of it is in order, and its last line is the result
  local suites=()
  while [[ $# -gt 0 ]]; do
    case $1 in
      unit) suites+=(Gateway.Tests) ;;
      contract) suites+=(Gateway.ContractTests) ;;
      containerd) suites+=(Gateway.ContainerdTests) ;;
      --filter)
        [[ -n ${2:-} ]] || die "--filter needs a text"
        filter=$2
        shift
        ;;
      --help | -h) usage && exit ;;
      *) usage >&2 && die "unknown argument: $1" ;;
    esac
    shift
  done
  local everything=''
  [[ ${#suites[@]} -gt 0 ]] || { everything=1 && suites=(Gateway.Tests Gateway.ContractTests Gateway.ContainerdTests); }

  need_sdk "$repository"
  install_missing jq:jq
  rm -rf "$results"
  mkdir -p "$results"
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/gateway-tests.XXXXXX")
  trap finish EXIT

  if [[ " ${suites[*]} " == *ContainerdTests* ]]; then
    need_root
    tests/install.sh
  fi
  build
  if [[ -n $everything && -z $filter ]]; then run_checks; fi
  local suite
  for suite in "${suites[@]}"; do run_suite "$suite"; done
  check "nothing is left behind" nothing_left
}

build() {
  say "restore and build"
  dotnet restore Gateway.sln --locked-mode --verbosity quiet --disable-build-servers
  dotnet build Gateway.sln --configuration Release --no-restore --verbosity quiet --disable-build-servers
  if [[ " ${suites[*]} " == *ContainerdTests* ]]; then
    say "build with failpoints"
    build_failpoints
  fi
}

# The gateway that the fault campaign kills: compiled ahead, as it is started some hundred times.
build_failpoints() {
  dotnet publish src/Gateway --configuration Release --use-current-runtime --output artifacts/failpoints -p:Failpoints=true \
    --nologo --verbosity quiet --disable-build-servers
}

run_checks() {
  check "format: whitespace" dotnet format whitespace Gateway.sln --verify-no-changes --no-restore
  check "format: style" dotnet format style Gateway.sln --verify-no-changes --no-restore
  check "scripts: shellcheck" lint_scripts
  if [[ -x tests/lint-openapi.sh ]]; then
    has npm || apt_install nodejs npm
    check "API description: lint" tests/lint-openapi.sh
  fi
}

check() { # name, command...
  local name=$1
  shift
  say "$name"
  "$@" || failed_checks+=("$name")
}

lint_scripts() {
  has shellcheck || apt_install shellcheck || { say "shellcheck is not to be had here; the scripts go unchecked" && return; }
  shellcheck --external-sources .ci/run deploy/*.sh deploy/lib/*.sh tests/*.sh bench/*.sh
}

# Everything that a test starts inherits TMPDIR, which tells afterwards what it left.
run_suite() { # test project
  local status=0 only=()
  if [[ -n $filter ]]; then only=(--filter-method "*$filter*"); fi
  say "tests: $1"
  TMPDIR=$scratch dotnet test --project "tests/$1" --configuration Release --no-build --no-progress --timeout "${TEST_TIMEOUT:-80m}" \
    --report-xunit-ctrf --report-xunit-ctrf-filename "$1.ctrf" --results-directory "$results" "${only[@]}" || status=$?
  if [[ $status -eq 8 && -n $filter ]]; then return; fi # 8: no test matched
  if [[ $status -ne 0 && $(count failed "$results/$1.ctrf") -eq 0 ]]; then
    failed_checks+=("$1 ended with exit code $status and no failed test: a crash, a time-out, or no tests")
  fi
}

nothing_left() {
  local tries left
  for ((tries = 0; tries < 50; tries++)); do # a shim takes a moment to follow its container
    left=$(processes_left)
    [[ -n $left ]] || break
    sleep 0.2
  done
  left+=$(mounts_left | sed 's/^/\nstill mounted: /')
  left+=$(files_left | sed 's/^/\nstill there: /')
  [[ -z $left ]] || { printf '%s\n' "$left" && return 1; }
}

processes_left() {
  local folder
  for folder in /proc/[0-9]*; do
    if cat "$folder/environ" "$folder/cmdline" 2>/dev/null | tr '\0' '\n' | grep -qF -- "$scratch"; then
      printf 'still running: %s %s\n' "${folder#/proc/}" "$(tr '\0' ' ' 2>/dev/null <"$folder/cmdline" | cut -c 1-150)"
    fi
  done
}

mounts_left() { awk -v under="$scratch/" 'index($5, under) == 1 { print $5 }' /proc/self/mountinfo | sort -r; }

# .NET's own diagnostic sockets and lock folders are not the tests'.
files_left() {
  find "$scratch" -mindepth 1 -maxdepth 1 ! -name 'dotnet-diagnostic-*' ! -name 'clr-debug-pipe-*' ! -name '.dotnet' \
    ! -name 'MSBuildTemp*' ! -name 'NuGetScratch*'
}

# Ends what was found by nothing_left, so that a failed run does not burden the next one.
sweep() {
  local pid mountpoint
  processes_left | awk '{ print $3 }' | while read -r pid; do kill -9 "$pid" 2>/dev/null || true; done
  mounts_left | while read -r mountpoint; do umount -l "$mountpoint" || true; done
  rm -rf --one-file-system "$scratch" || true
}

count() { # field of results.summary, reports...
  local field=$1
  shift
  cat "$@" 2>/dev/null | jq -s "map(.results.summary.$field) | add // 0"
}

print_failures() {
  local report
  for report in "$results"/*.ctrf; do
    jq -r '.results.tests[] | select(.status == "failed") | "FAILED \(.name)\n  \(.message // "" | gsub("\n"; "\n  "))"' "$report"
  done
  if [[ ${#failed_checks[@]} -gt 0 ]]; then printf 'FAILED %s\n' "${failed_checks[@]}"; fi
}

# A check that failed, or a step that ended the run, counts as one failure beside the tests' own.
finish() {
  local status=$? passed failed skipped
  sweep
  shopt -s nullglob
  local reports=("$results"/*.ctrf)
  passed=$(count passed "${reports[@]}" </dev/null)
  skipped=$(count skipped "${reports[@]}" </dev/null)
  failed=$(($(count failed "${reports[@]}" </dev/null) + ${#failed_checks[@]}))
  if [[ $status -ne 0 ]]; then
    echo "FAILED the run ended early, with exit code $status"
    failed=$((failed + 1))
  fi
  print_failures
  if [[ $passed -eq 0 && $failed -eq 0 ]]; then echo "no test ran"; fi
  echo "$passed passed, $failed failed, $skipped skipped"
  if [[ $failed -gt 0 || $passed -eq 0 ]]; then exit 1; fi
  if [[ $strict == true && $skipped -gt 0 ]]; then exit 1; fi
  exit 0
}

main "$@"
