#!/usr/bin/env bash
# One blob of 1 GB in and out: the gateway against "ctr content ingest" and "ctr content get" on the same containerd, round by
# round; and the gateway's memory meanwhile, above what it holds when idle.
# shellcheck source=bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

blob="$bench_home/blob"

# Random bytes: nothing on the way can shrink them.
ensure_blob() { # bytes
  [[ -e $blob && $(stat -c %s "$blob") == "$1" ]] || head -c "$1" /dev/urandom >"$blob"
  digest="sha256:$(sha256sum "$blob" | cut -d ' ' -f 1)"
}

put_with_gateway() { api --output /dev/null --upload-file "$blob" "$url/v1/namespaces/default/content/$digest"; }
put_with_ctr() { own_ctr content ingest bench <"$blob"; }
get_with_gateway() { api --output /dev/null "$url/v1/namespaces/default/content/$digest"; }
get_with_ctr() { own_ctr content get "$digest" >/dev/null; }

# What ctr has put is held by nothing, what the gateway has put by a lease.
clean_blob() {
  own_ctr content rm "$digest" >/dev/null
  clean_node
}

timed() { # put or get, gateway or ctr
  milliseconds "$1_with_$2"
  [[ $1 == get ]] || clean_blob
}

compare() { # put or get
  local round gateway_ms ctr_ms gateway=() ctr=()
  timed "$1" gateway >/dev/null
  timed "$1" ctr >/dev/null
  for ((round = 0; round < rounds; round++)); do
    if ((round % 2 == 0)); then gateway_ms=$(timed "$1" gateway); fi
    ctr_ms=$(timed "$1" ctr)
    if ((round % 2 == 1)); then gateway_ms=$(timed "$1" gateway); fi
    gateway+=("$gateway_ms") ctr+=("$ctr_ms")
    say "$containerd_version, $1, round $((round + 1)): gateway $gateway_ms ms, ctr $ctr_ms ms"
  done
  jq -cn --arg containerd "$containerd_version" --arg work "$1" --argjson bytes "$(stat -c %s "$blob")" --argjson above "$above_kib" \
    --argjson gateway "$(json_array "${gateway[@]}")" --argjson ctr "$(json_array "${ctr[@]}")" "$median"'
    {$containerd, $work, $bytes, limit: 1.1, gatewayMs: $gateway, ctrMs: $ctr, aboveIdleMiB: ($above / 1024 | round), limitMiB: 64}
    | .gatewayMedianMs = (.gatewayMs | median) | .ctrMedianMs = (.ctrMs | median)
    | .ratio = (.gatewayMedianMs / .ctrMedianMs * 1000 | round / 1000)'
}

measure() {
  local version idle
  ensure_blob "${BLOB_BYTES:-1000000000}"
  for version in $versions; do
    start_node_and_gateway "$version"
    idle=$(idle_kib)
    put_with_gateway
    get_with_gateway
    above_kib=$(($(status_kib VmHWM) - idle))
    clean_blob
    compare put
    put_with_gateway
    compare get
  done
}

prepare
measure | report content '| containerd | work | MB | gateway, s | ctr, s | ratio | at most | above idle, MiB | at most |' \
  '.containerd, .work, (.bytes / 1e6 | round), (.gatewayMedianMs | seconds), (.ctrMedianMs | seconds), .ratio, .limit, .aboveIdleMiB, .limitMiB'
