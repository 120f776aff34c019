# shellcheck shell=bash
# shellcheck disable=SC2034 # much of this is for the scripts that source it
# What the measurements share: the machine they run on, the images they pull, the table they leave. Sourced.
set -euo pipefail
shopt -s inherit_errexit

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/lib/shell.sh
. "$repository/deploy/lib/shell.sh"
# shellcheck source=deploy/lib/daemons.sh
. "$repository/deploy/lib/daemons.sh"
# shellcheck source=deploy/lib/image.sh
. "$repository/deploy/lib/image.sh"
# shellcheck source=deploy/lib/api.sh
. "$repository/deploy/lib/api.sh"

rounds=${ROUNDS:-5}
versions=${CONTAINERD_VERSIONS:-1.6 2}
bench_home=${BENCH_HOME:-/var/tmp/gateway-bench}
results="$repository/artifacts/bench"
program="$bench_home/app"
publish_options=()
header_file="$bench_home/gateway/header"
containerd_home="$bench_home/containerd"
socket="$containerd_home/containerd.sock"

# Installs and builds once, starts the registry; ends everything when the script ends.
prepare() {
  need_root
  need_sdk "$repository"
  [[ ! -x $repository/tests/install.sh ]] || "$repository/tests/install.sh"
  install_missing containerd:containerd runc:runc docker-registry:docker-registry curl:curl jq:jq
  mkdir -p "$bench_home/gateway" "$results"
  [[ -s $bench_home/gateway/key ]] || (umask 077 && new_bootstrap_key >"$bench_home/gateway/key")
  say "building the gateway"
  build_gateway "$repository" "$program" "$bench_home/build.log" "${publish_options[@]}"
  trap end_everything EXIT
  registry="127.0.0.1:$(free_port 5100)"
  start_registry "$bench_home/registry" "${registry#*:}"
}

end_everything() {
  stop_gateway "$bench_home/gateway" "$program"
  stop_containerd "$containerd_home"
  stop_registry "$bench_home/registry"
}

# "1.6" is the distribution's containerd, whatever its number; "2" is the one that tests/install.sh unpacked.
programs_of() { # version
  local folder="${GATEWAY_TEST_CACHE:-$repository/.cache}/containerd/$1/usr/bin"
  if [[ $1 == 1.6 ]]; then return; fi
  [[ -x $folder/containerd ]] || die "no containerd $1 in $folder; tests/install.sh unpacks it"
  echo "$folder"
}

# One caller alone sends more in a second than a tenant may.
export Limits__RequestsPerSecond=0 Limits__NamespaceRequestsPerSecond=0

# A daemon with nothing in it and a gateway on top, both fresh.
start_node() { # version
  stop_gateway "$bench_home/gateway" "$program"
  stop_containerd "$containerd_home"
  rm -rf --one-file-system "$containerd_home" "$bench_home/gateway/jobs.db"*
  programs=$(programs_of "$1")
  start_containerd "$containerd_home" "$programs"
  containerd_version=$(own_ctr version | awk '/^Server:/ { server = 1 } server && $1 == "Version:" { print $2 }')
  gateway_port=$(free_port 18080)
  management_port=$(free_port 19090)
  url="http://127.0.0.1:$gateway_port"
}

start_node_and_gateway() { # version
  start_node "$1"
  start_gateway "$bench_home/gateway" "$program" "$socket" "$gateway_port" "$management_port"
}

gateway_pid() { cat "$bench_home/gateway/pid"; }

# Memory of the gateway, in KiB.
status_kib() { awk -v field="$1:" '$1 == field { print $2 }' "/proc/$(gateway_pid)/status"; } # VmRSS or VmHWM

# Idle is after the first answers and some seconds of quiet; then the kernel's high-water mark starts anew.
idle_kib() {
  api --output /dev/null "$url/v1/namespaces"
  api --output /dev/null "$url/v1/namespaces/default/images"
  sleep 5
  echo 5 >"/proc/$(gateway_pid)/clear_refs"
  status_kib VmRSS
}

# ctr of the daemon's own version: from 2.0 on it pulls through the daemon's Transfer service.
own_ctr() { PATH="${programs:+$programs:}$PATH" ctr --address "$socket" --namespace default "$@"; }

# Makes and uploads an image unless the registry has it: layers of half random, half compressible files. The size is
# that of the files; the layers, compressed, are what the results count.
ensure_workload() { # repository, layers, KiB of files in a layer
  local name=$1 count=$2 kib=$3 number work files=()
  image="$registry/$name:1"
  if ! manifest_of "$name" >/dev/null 2>&1; then
    say "making $name: $count layers of $kib KiB"
    work=$(mktemp -d "$bench_home/work.XXXXXX")
    for ((number = 0; number < count; number++)); do
      mkdir -p "$work/files/$name/$number"
      write_layer_files "$work/files/$name/$number" "$kib"
      pack_layer "$work/files" "$work/$number.tar.gz"
      files+=("$work/$number.tar.gz")
      rm -rf "$work/files"
    done
    upload_image "$registry" "$name" 1 "$work" "${files[@]}"
    rm -rf "$work"
  fi
  image_bytes=$(manifest_of "$name" | jq '[.layers[].size] | add')
}

manifest_of() { # repository
  local_curl --fail --header 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$registry/v2/$1/manifests/1"
}

# Eight files a layer, as a compromise between one big file and a distribution's thousands.
write_layer_files() { # folder, KiB
  local number
  for number in 1 2 3 4 5 6 7 8; do write_mixed_file "$1/$number" "$(($2 / 8))"; done
}

# Removes every image, waits for the garbage collection, and makes sure that the next pull is a cold one.
# The page cache is left alone: both sides find the registry's files in it.
clean_node() {
  local name
  for name in $(own_ctr images ls -q); do own_ctr images rm --sync "$name" >/dev/null; done
  for name in $(own_ctr leases ls -q); do own_ctr leases rm --sync "$name" >/dev/null; done
  [[ -z $(own_ctr content ls -q) ]] || die "content is left after the cleaning: the next pull would not be cold"
  [[ -z $(own_ctr snapshots ls | tail -n +2) ]] || die "snapshots are left after the cleaning"
  sync
}

# In one call, as a program would: the answer comes with the job's end, up to a minute; a longer job is waited for.
pull_with_gateway() { # reference
  local job
  job=$(api --header 'Content-Type: application/json' --header 'Prefer: wait=60' --data "{\"reference\": \"$1\"}" \
    "$url/v1/namespaces/default/images/pull") || die "the pull was not accepted: $(problem_text <<<"$job")"
  [[ $job == *'"state":"succeeded"'* ]] || await_job "$(jq -r .id <<<"$job")"
}
pull_with_ctr() { own_ctr images pull --plain-http "$1" >/dev/null; }

milliseconds() { # command...
  local begin=${EPOCHREALTIME/./}
  "$@"
  echo "$(((${EPOCHREALTIME/./} - begin) / 1000))"
}

# Figures as arguments or on standard input's lines to a JSON array.
json_array() { printf '%s\n' "$@" | jq -cs .; }

median='def seconds: . / 10 | round / 100; def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;'

# Writes NAME.json (rows with the machine and the time) and NAME.md, and shows the table.
report() { # name, heading line of the table, jq program that makes a row of cells, rows of JSON on standard input
  jq -s --arg cpu "$(awk -F ': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)" --argjson cores "$(nproc)" \
    --arg kernel "$(uname -r)" --arg at "$(date -u +%FT%TZ)" --arg commit "$(git -C "$repository" rev-parse --short HEAD 2>/dev/null || true)" \
    '{at: $at, commit: $commit, cpu: $cpu, cores: $cores, kernel: $kernel, rows: .}' >"$results/$1.json"
  {
    printf '%s\n' "$2"
    sed -E 's/[^|]+/---/g' <<<"$2"
    jq -r "$median .rows[] | [$3] | map(tostring) | \"| \" + join(\" | \") + \" |\"" "$results/$1.json"
  } | tee "$results/$1.md"
}

load="$bench_home/read-load/ReadLoad"
load_seconds=${LOAD_SECONDS:-2}

build_load() {
  dotnet publish "$repository/bench/ReadLoad" --configuration Release --output "$bench_home/read-load" --nologo --verbosity quiet >"$bench_home/load.log" 2>&1 || {
    tail -n 20 "$bench_home/load.log" >&2
    die "the load program does not build"
  }
}

rate() { "$load" "$@" | jq .perSecond; } # arguments of the load program

gateway_rate() { # port, path below the namespace, clients
  rate http "127.0.0.1:$1" "/v1/namespaces/default/$2" "$3" "$load_seconds" "$(cat "$header_file")"
}
