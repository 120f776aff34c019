#!/usr/bin/env bash
# Ten requests for the same cold image at once against one: the job is shared and every blob fetched once.
# shellcheck source=bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

requests=${REQUESTS:-10}

pull_many_with_gateway() { at_once pull_with_gateway; }
pull_many_with_ctr() { at_once pull_with_ctr; }

at_once() { # command that takes the image
  local number processes=()
  for ((number = 0; number < requests; number++)); do
    "$1" "$image" &
    processes+=($!)
  done
  for number in "${processes[@]}"; do wait "$number"; done
}

# Blobs that the registry's log says were asked for more than once since the log was emptied.
fetched_twice() {
  grep -oE 'GET /v2/[^ ]+/blobs/sha256:[0-9a-f]{64}' "$bench_home/registry/log" | sort | uniq -d | wc -l
}

timed() { # command...
  milliseconds "$@"
  clean_node
}

measure() {
  local version round one one_ms many many_ms twice ctr_one ctr_many
  for version in $versions; do
    start_node_and_gateway "$version"
    ensure_workload bench/a-41-layers 41 "${KIB_A:-7560}"
    one=() many=() twice=0
    pull_with_gateway "$image" && clean_node
    for ((round = 0; round < rounds; round++)); do
      one_ms=$(timed pull_with_gateway "$image")
      : >"$bench_home/registry/log"
      many_ms=$(timed pull_many_with_gateway)
      one+=("$one_ms") many+=("$many_ms")
      twice=$((twice + $(fetched_twice)))
      say "$containerd_version, round $((round + 1)): one $one_ms ms, $requests at once $many_ms ms"
    done
    # What a user would do instead, once, as a background to the ratio.
    ctr_one=$(timed pull_with_ctr "$image")
    ctr_many=$(timed pull_many_with_ctr)
    jq -cn --arg containerd "$containerd_version" --argjson requests "$requests" --argjson one "$(json_array "${one[@]}")" \
      --argjson many "$(json_array "${many[@]}")" --argjson twice "$twice" --argjson ctrOne "$ctr_one" --argjson ctrMany "$ctr_many" "$median"'
      {$containerd, $requests, limit: 1.2, oneMs: $one, manyMs: $many, blobsFetchedTwice: $twice, ctrOneMs: $ctrOne, ctrManyMs: $ctrMany}
      | .oneMedianMs = (.oneMs | median) | .manyMedianMs = (.manyMs | median)
      | .ratio = (.manyMedianMs / .oneMedianMs * 1000 | round / 1000) | .ctrRatio = ($ctrMany / $ctrOne * 10 | round / 10)'
  done
}

prepare
measure | report same-image '| containerd | requests | one, s | at once, s | ratio | at most | blobs fetched twice | the same with ctr |' \
  '.containerd, .requests, (.oneMedianMs | seconds), (.manyMedianMs | seconds), .ratio, .limit, .blobsFetchedTwice, .ctrRatio'
