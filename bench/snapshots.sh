#!/usr/bin/env bash
# Snapshots: the first page of many, against containerd's own stream read up to the same page; and what a big layer changed, against
# "ctr snapshots diff" of the same two snapshots, with the gateway's memory meanwhile.
# shellcheck source=bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

snapshots=${SNAPSHOTS:-10000}
changed=${FILES:-100000}

page() { # clients
  local gateway grpc
  gateway=$(gateway_rate "$gateway_port" "snapshotters/overlayfs/snapshots" "$1")
  grpc=$(rate page "$socket" default overlayfs "$1" "$load_seconds")
  say "$containerd_version, first of $snapshots snapshots, $1 clients: gateway $gateway/s, gRPC $grpc/s"
  jq -cn --arg containerd "$containerd_version" --arg work "first page of $snapshots, $1 clients" --argjson gateway "$gateway" --argjson other "$grpc" '
    {$containerd, $work, gatewayMs: (1000 / $gateway), otherMs: (1000 / $other), limit: 2}'
}

# An active snapshot with so many files, a hundred a folder.
make_layer() {
  local mounted
  mounted=$(mktemp -d "$bench_home/mnt.XXXXXX")
  own_ctr snapshots prepare big
  sh -ec "$(own_ctr snapshots mounts "$mounted" big)"
  (cd "$mounted" && seq 0 $((changed / 100 - 1)) | xargs mkdir && for ((number = 0; number < changed / 100; number++)); do (cd $number && seq 1 100 | xargs touch); done)
  umount "$mounted"
  rmdir "$mounted"
}

changes_with_gateway() {
  api --output "$bench_home/changes" --header 'Accept: application/x-ndjson' "$url/v1/namespaces/default/snapshotters/overlayfs/snapshots/big/changes"
}
changes_with_ctr() { own_ctr snapshots diff big >/dev/null; }

changes() {
  local round idle above gateway ctr gateway_all=() ctr_all=()
  make_layer
  idle=$(idle_kib)
  changes_with_gateway
  above=$(($(status_kib VmHWM) - idle))
  (($(wc -l <"$bench_home/changes") >= changed)) || die "not all files are among the changes"
  for ((round = 0; round < rounds; round++)); do
    gateway=$(milliseconds changes_with_gateway)
    ctr=$(milliseconds changes_with_ctr)
    gateway_all+=("$gateway") ctr_all+=("$ctr")
    say "$containerd_version, changes of $changed files, round $((round + 1)): gateway $gateway ms, ctr snapshots diff $ctr ms"
  done
  jq -cn --arg containerd "$containerd_version" --arg work "changes of $changed files" --argjson above "$above" \
    --argjson gateway "$(json_array "${gateway_all[@]}")" --argjson other "$(json_array "${ctr_all[@]}")" "$median"'
    {$containerd, $work, gatewayMs: ($gateway | median), otherMs: ($other | median), limit: "-", aboveIdleMiB: ($above / 1024 | round)}'
}

measure() {
  local version
  for version in $versions; do
    start_node_and_gateway "$version"
    changes
    "$load" prepare "$socket" default overlayfs "$snapshots"
    page 1
    page 32
  done
}

prepare
build_load
measure | report snapshots '| containerd | work | gateway, ms | containerd, ms | ratio | at most | above idle, MiB |' \
  '.containerd, .work, (.gatewayMs * 100 | round / 100), (.otherMs * 100 | round / 100), (.gatewayMs / .otherMs * 100 | round / 100), .limit, (.aboveIdleMiB // "-")'
