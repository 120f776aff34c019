#!/usr/bin/env bash
# Memory of the gateway while it pulls 1 GB, above what it holds when idle. A fresh process each round.
# shellcheck source=bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

measure() {
  local version round before highest idle peak
  for version in $versions; do
    idle=() peak=()
    for ((round = 0; round < rounds; round++)); do
      start_node_and_gateway "$version"
      ensure_workload bench/c-1-gb 8 "${KIB_C:-190000}"
      before=$(idle_kib)
      pull_with_gateway "$image"
      highest=$(status_kib VmHWM)
      idle+=("$before") peak+=("$highest")
      say "$containerd_version, round $((round + 1)): idle $before KiB, peak $highest KiB"
    done
    jq -cn --arg containerd "$containerd_version" --argjson bytes "$image_bytes" --argjson idle "$(json_array "${idle[@]}")" \
      --argjson peak "$(json_array "${peak[@]}")" "$median"'
      {$containerd, $bytes, limitMiB: 64, idleKiB: $idle, peakKiB: $peak}
      | .idleMiB = (.idleKiB | median / 1024 | round) | .peakMiB = (.peakKiB | median / 1024 | round)
      | .aboveIdleMiB = ([.peakKiB, .idleKiB] | transpose | map(.[0] - .[1]) | median / 1024 | round)'
  done
}

prepare
measure | report memory '| containerd | MB pulled | idle, MiB | peak, MiB | above idle, MiB | at most |' \
  '.containerd, (.bytes / 1e6 | round), .idleMiB, .peakMiB, .aboveIdleMiB, .limitMiB'
