#!/usr/bin/env bash
# A cold pull with unpacking: the gateway against "ctr images pull" on the same containerd, round by round.
# shellcheck source=bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Highest allowed ratio of the medians. From 2.0 on ctr only asks the daemon, which pulls by itself.
limit_for() { if [[ $1 == 1.* ]]; then echo 0.8; else echo 1.1; fi; }

# One pull of each that is not counted warms the page cache and the gateway; then the order changes every round.
compare() { # name of the workload
  local round gateway_ms ctr_ms gateway=() ctr=()
  pull_with_gateway "$image" && clean_node
  pull_with_ctr "$image" && clean_node
  for ((round = 0; round < rounds; round++)); do
    if ((round % 2 == 0)); then gateway_ms=$(timed_pull gateway); fi
    ctr_ms=$(timed_pull ctr)
    if ((round % 2 == 1)); then gateway_ms=$(timed_pull gateway); fi
    gateway+=("$gateway_ms") ctr+=("$ctr_ms")
    say "$containerd_version, $1, round $((round + 1)): gateway $gateway_ms ms, ctr $ctr_ms ms"
  done
  jq -cn --arg containerd "$containerd_version" --arg workload "$1" --argjson bytes "$image_bytes" \
    --argjson limit "$(limit_for "$containerd_version")" \
    --argjson gateway "$(json_array "${gateway[@]}")" --argjson ctr "$(json_array "${ctr[@]}")" "$median"'
    {$containerd, $workload, $bytes, $limit, gatewayMs: $gateway, ctrMs: $ctr}
    | .gatewayMedianMs = (.gatewayMs | median) | .ctrMedianMs = (.ctrMs | median)
    | .ratio = (.gatewayMedianMs / .ctrMedianMs * 1000 | round / 1000)'
}

timed_pull() { # gateway or ctr
  milliseconds "pull_with_$1" "$image"
  clean_node
}

measure() {
  local version
  for version in $versions; do
    start_node_and_gateway "$version"
    ensure_workload bench/a-41-layers 41 "${KIB_A:-7560}"
    compare "41 layers"
    ensure_workload bench/b-4-layers 4 "${KIB_B:-292800}"
    compare "4 layers"
  done
}

prepare
measure | report pull '| containerd | workload | MB | gateway, s | ctr, s | ratio | at most |' \
  '.containerd, .workload, (.bytes / 1e6 | round), (.gatewayMedianMs | seconds), (.ctrMedianMs | seconds), .ratio, .limit'
