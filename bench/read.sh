#!/usr/bin/env bash
# Reads: one image and lists, from the gateway with and without its memory, dockerd, podman, and containerd itself over gRPC. The same images
# everywhere, one target under load at a time.
# shellcheck source=bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

counts=${COUNTS:-1 100 1000 10000}
# dockerd takes very long to load more, and podman minutes to list a thousand.
dockerd_up_to=${DOCKERD_UP_TO:-1000}
podman_up_to=${PODMAN_UP_TO:-100}
others="$bench_home/others"

# Plain http on loopback, no networks, nothing of the machine's own dockerd or podman.
start_others() {
  stop_others
  rm -rf --one-file-system "$others"
  mkdir -p "$others/dockerd" "$others/podman"
  docker_address="127.0.0.1:$(free_port 24750)" podman_address="127.0.0.1:$(free_port 24800)"
  start_in_background "$others/dockerd/pid" "$others/dockerd/log" dockerd --host "tcp://$docker_address" --data-root "$others/dockerd/data" \
    --exec-root "$others/dockerd/exec" --pidfile "$others/dockerd/own-pid" --iptables=false --bridge=none --ip-forward=false --ip-masq=false
  start_in_background "$others/podman/pid" "$others/podman/log" podman --root "$others/podman/data" --runroot "$others/podman/run" \
    system service --time 0 "tcp://$podman_address"
  wait_until 30 "$others/dockerd/pid" local_curl --fail "http://$docker_address/_ping" || die "dockerd did not start: $others/dockerd/log"
  wait_until 30 "$others/podman/pid" local_curl --fail "http://$podman_address/_ping" || die "podman did not start: $others/podman/log"
}

stop_others() {
  local mountpoint
  stop_process "$others/dockerd/pid" "$others/dockerd"
  stop_process "$others/podman/pid" "$others/podman"
  while read -r mountpoint; do
    umount -l "$mountpoint"
  done < <(awk -v under="$others/" 'index($5, under) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
}

end_all() {
  stop_gateway "$bench_home/uncached" "$program"
  stop_others
  end_everything
}

fill() { # number of images
  local archive="$bench_home/images-$1.tar"
  [[ -s $archive ]] || "$load" make "$1" "$archive"
  own_ctr images import "$archive" >/dev/null
  (($1 > dockerd_up_to)) && return
  start_others
  local_curl --fail --header 'Content-Type: application/x-tar' --upload-file "$archive" --request POST "http://$docker_address/images/load" >/dev/null
  (($1 > podman_up_to)) && return
  podman --root "$others/podman/data" --runroot "$others/podman/run" load --quiet --input "$archive" >/dev/null
}

start_uncached() {
  mkdir -p "$bench_home/uncached"
  cp "$bench_home/gateway/key" "$bench_home/uncached/key"
  rm -f "$bench_home/uncached/jobs.db"*
  uncached_port=$(free_port 18200)
  Containerd__Exclusive=false Containerd__ReadFromMemory=false start_gateway "$bench_home/uncached" "$program" "$socket" "$uncached_port" "$(free_port 19200)"
}

# null where the target was not filled with so many.
other_rate() { # most images, address, path, clients
  if ((images > $1)); then echo null; else rate http "$2" "$3" "$4" "$load_seconds"; fi
}

row() { # what, clients, path at the gateway, path at the others, gRPC call, name
  local cached uncached dockerd podman raw
  cached=$(gateway_rate "$gateway_port" "$3" "$2")
  uncached=$(gateway_rate "$uncached_port" "$3" "$2")
  dockerd=$(other_rate "$dockerd_up_to" "${docker_address:-}" "$4" "$2")
  podman=$(other_rate "$podman_up_to" "${podman_address:-}" "$4" "$2")
  raw=$(rate "$5" "$socket" default "$6" "$2" "$load_seconds")
  say "$containerd_version, $images images, $1, $2 clients: memory $cached/s, without $uncached/s, dockerd $dockerd/s, podman $podman/s, gRPC $raw/s"
  jq -cn --arg containerd "$containerd_version" --argjson images "$images" --arg what "$1" --argjson clients "$2" --argjson memory "$cached" \
    --argjson uncached "$uncached" --argjson dockerd "$dockerd" --argjson podman "$podman" --argjson grpc "$raw" '
    def times($other): if ($other // 0) == 0 then "-" else $memory / $other * 10 | round / 10 end;
    {$containerd, $images, $what, $clients, $memory, $uncached, $dockerd, $podman, $grpc}
    | .dockerdTimes = times($dockerd) | .podmanTimes = times($podman) | .grpcTimes = times($grpc)
    | .uncachedDockerdTimes = (if ($dockerd // 0) == 0 then "-" else $uncached / $dockerd * 10 | round / 10 end)'
}

measure() {
  local version clients name
  for version in $versions; do
    for images in $counts; do
      start_node_and_gateway "$version"
      say "loading $images images"
      fill "$images"
      start_uncached
      name=$(printf 'docker.io/bench/image-%05d:1' $((images / 2)))
      for clients in 1 32; do
        row inspect "$clients" "images/$name" "/images/$name/json" get "$name"
        row list "$clients" "images" "/images/json" list -
        row "full list" "$clients" "images?view=full" "/images/json" list -
      done
      stop_gateway "$bench_home/uncached" "$program"
      stop_others
    done
  done
}

install_missing dockerd:docker.io podman:podman
prepare
trap end_all EXIT
build_load
# Last: a page of these images takes so many times what one takes where there are a hundred.
measure | jq -cs '. as $all | .[] | . as $row | (first($all[] | select(.images == 100 and .containerd == $row.containerd and .what == $row.what and .clients == $row.clients)) // null) as $hundred
  | .timeOfHundred = (if $hundred then $hundred.memory / .memory * 100 | round / 100 else "-" end)' |
  report read '| containerd | images | what | clients | gateway, /s | without memory, /s | dockerd, /s | podman, /s | gRPC, /s | × dockerd | × podman | × gRPC | without memory × dockerd | × time of 100 |' \
  '.containerd, .images, .what, .clients, .memory, .uncached, (.dockerd // "-"), (.podman // "-"), .grpc, .dockerdTimes, .podmanTimes, .grpcTimes, .uncachedDockerdTimes, .timeOfHundred'
