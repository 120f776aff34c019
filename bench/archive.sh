#!/usr/bin/env bash
# Import and export of an archive: the gateway against "ctr images import" and "ctr images export" on the same containerd, round by round; and the
# gateway's memory above what it holds when idle.
# shellcheck source=bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

limit=1.2
memory_limit_mib=64

import_with_gateway() {
  local answer
  answer=$(api --header 'Content-Type: application/x-tar' --request POST --upload-file "$archive" \
    "$url/v1/namespaces/default/images/import") || die "the archive was not accepted: $(problem_text <<<"$answer")"
  await_job "$(jq -r .id <<<"$answer")"
}

import_with_ctr() { own_ctr images import "$archive" >/dev/null; }
export_with_gateway() { api --output /dev/null --get --data-urlencode "reference=$image" "$url/v1/namespaces/default/images/export"; }
export_with_ctr() { own_ctr images export /dev/null "$image" >/dev/null; }

timed_import() { # gateway or ctr
  clean_node
  milliseconds "import_with_$1"
}

timed_export() { milliseconds "export_with_$1"; } # gateway or ctr

# One of each that is not counted warms the page cache and the gateway; then the order changes every round.
compare() { # import or export
  local round gateway_ms ctr_ms gateway=() ctr=() idle peak
  idle=$(idle_kib)
  "timed_$1" ctr >/dev/null
  "timed_$1" gateway >/dev/null
  for ((round = 0; round < rounds; round++)); do
    if ((round % 2 == 0)); then gateway_ms=$("timed_$1" gateway); fi
    ctr_ms=$("timed_$1" ctr)
    if ((round % 2 == 1)); then gateway_ms=$("timed_$1" gateway); fi
    gateway+=("$gateway_ms") ctr+=("$ctr_ms")
    say "$containerd_version, $1, round $((round + 1)): gateway $gateway_ms ms, ctr $ctr_ms ms"
  done
  peak=$(status_kib VmHWM)
  jq -cn --arg containerd "$containerd_version" --arg what "$1" --argjson bytes "$(stat --format %s "$archive")" \
    --argjson limit "$limit" --argjson memoryLimitMiB "$memory_limit_mib" --argjson idle "$idle" --argjson peak "$peak" \
    --argjson gateway "$(json_array "${gateway[@]}")" --argjson ctr "$(json_array "${ctr[@]}")" "$median"'
    {$containerd, $what, $bytes, $limit, $memoryLimitMiB, gatewayMs: $gateway, ctrMs: $ctr, aboveIdleMiB: (($peak - $idle) / 1024 | round)}
    | .gatewayMedianMs = (.gatewayMs | median) | .ctrMedianMs = (.ctrMs | median)
    | .ratio = (.gatewayMedianMs / .ctrMedianMs * 1000 | round / 1000)'
}

measure() {
  local version
  archive=$bench_home/image.tar
  for version in $versions; do
    start_node_and_gateway "$version"
    ensure_workload bench/b-4-layers 4 "${KIB_B:-292800}"
    pull_with_ctr "$image"
    own_ctr images export "$archive" "$image"
    compare export
    compare import
  done
  rm -f "$archive"
}

prepare
measure | report archive '| containerd | what | MB | gateway, s | ctr, s | ratio | at most | above idle, MiB | at most |' \
  '.containerd, .what, (.bytes / 1e6 | round), (.gatewayMedianMs | seconds), (.ctrMedianMs | seconds), .ratio, .limit, .aboveIdleMiB, .memoryLimitMiB'
