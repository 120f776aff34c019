#!/usr/bin/env bash
# From the start of the process to its first answers: one without containerd, one that asks containerd.
# shellcheck source=bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The polling's own step, 10 ms, is part of the figure. Until the port is open the shell itself asks and waits: a process every few
# milliseconds, be it a curl, a sleep or a subshell, would take one of two cores from what is measured.
wait_for() { # path
  local pid
  pid=$(gateway_pid)
  until { exec 3<>"/dev/tcp/127.0.0.1/$gateway_port"; } 2>/dev/null; do
    kill -0 "$pid" || die "the gateway ended; its log is $bench_home/gateway/log"
    read -rt 0.01 -u "$quiet" || true
  done
  exec 3>&-
  until api --output /dev/null --max-time 5 "$url$1" 2>/dev/null; do sleep 0.01; done
}

# Since the kernel made the process, to 10 ms: what the shell did before is not the gateway's.
age_ms() {
  local up stat
  read -r up _ </proc/uptime
  read -ra stat <"/proc/$(gateway_pid)/stat"
  echo $((10 * (10#${up/./} - stat[21])))
}

start_once() {
  local live
  launch_gateway "$bench_home/gateway" "$program" "$socket" "$gateway_port" "$management_port"
  wait_for /healthz/live
  live=$(age_ms)
  wait_for /v1/namespaces
  echo "$live $(age_ms)"
  stop_gateway "$bench_home/gateway" "$program"
}

measure() {
  local round figures live answered first_live first_answered
  first_live=() first_answered=()
  start_node "${versions%% *}"
  for ((round = 0; round < rounds; round++)); do
    figures=$(start_once) # waited for: the next round must not begin before this one's process is gone
    read -r live answered <<<"$figures"
    first_live+=("$live") first_answered+=("$answered")
    say "round $((round + 1)): live after $live ms, containerd's answer after $answered ms"
  done
  jq -cn --arg containerd "$containerd_version" --argjson live "$(json_array "${first_live[@]}")" \
    --argjson answered "$(json_array "${first_answered[@]}")" "$median"'
    {$containerd, limitMs: 1000, liveMs: $live, answeredMs: $answered}
    | .liveMedianMs = (.liveMs | median) | .answeredMedianMs = (.answeredMs | median)'
}

exec {quiet}<> <(:) # nothing ever comes
# As the image and the unit have it: with the runtime in it.
program="$bench_home/self-contained" publish_options=(--self-contained)
prepare
measure | report start '| containerd | live, ms | first answer of the API, ms | at most |' \
  '.containerd, .liveMedianMs, .answeredMedianMs, .limitMs'
