# shellcheck shell=bash
# Starts a private containerd, a registry on loopback, and the gateway. Sourced after shell.sh.
# Each lives in a folder of its own, which holds its configuration, its data, its log and its pid file.

containerd_answers() { [[ -S $1 ]] && ctr --address "$1" --connect-timeout 1s --timeout 3s version; }

# overlayfs cannot stand on overlayfs, so inside a container without a volume it is not there.
has_overlayfs() { ctr --address "$1" plugins ls | awk '$2 == "overlayfs" && $NF == "ok" { found = 1 } END { exit !found }'; }

# CRI and NRI are off: no kubelet asks this daemon for anything, and NRI's socket would be the host's.
write_containerd_config() { # folder
  cat >"$1/config.toml" <<TOML
version = 2
root = "$1/root"
state = "$1/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.nri.v1.nri"]

[grpc]
  address = "$1/containerd.sock"

[plugins."io.containerd.internal.v1.opt"]
  path = "$1/opt"

# A namespace sees only the content that it brought itself; knowing a digest is not enough.
[plugins."io.containerd.metadata.v1.bolt"]
  content_sharing_policy = "isolated"
TOML
}

start_containerd() { # folder, folder of its programs (default: the system's)
  local home=$1 programs=${2:-}
  is_running "$home/pid" "$home/config.toml" && return
  mkdir -p "$home"
  write_containerd_config "$home"
  PATH="${programs:+$programs:}$PATH" start_in_background "$home/pid" "$home/log" \
    containerd --config "$home/config.toml"
  wait_until 30 "$home/pid" containerd_answers "$home/containerd.sock" || {
    tail -n 20 "$home/log" >&2
    die "containerd did not start; its log is $home/log"
  }
}

# Ends the containers first: their shims outlive the daemon.
stop_containerd() { # folder
  local home=$1 socket="$1/containerd.sock" namespace task mountpoint
  if is_running "$home/pid" "$home/config.toml"; then
    for namespace in $(ctr --address "$socket" namespaces ls -q); do
      for task in $(ctr --address "$socket" -n "$namespace" tasks ls -q); do
        ctr --address "$socket" -n "$namespace" tasks rm -f "$task" >/dev/null 2>&1 || true
      done
    done
    stop_process "$home/pid" "$home/config.toml"
  fi
  while read -r mountpoint; do
    umount -l "$mountpoint"
  done < <(awk -v under="$home/" 'index($5, under) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
}

start_registry() { # folder, port
  local home=$1 port=$2
  mkdir -p "$home"
  cat >"$home/config.yml" <<YAML
version: 0.1
log: { level: warn }
storage: { filesystem: { rootdirectory: "$home/data" } }
http: { addr: "127.0.0.1:$port" }
YAML
  OTEL_TRACES_EXPORTER=none start_in_background "$home/pid" "$home/log" docker-registry serve "$home/config.yml"
  wait_until 20 "$home/pid" local_curl --fail "http://127.0.0.1:$port/v2/" || {
    tail -n 20 "$home/log" >&2
    die "the registry did not start; its log is $home/log"
  }
}

stop_registry() { stop_process "$1/pid" "$1/config.yml"; }

# An admin key in the gateway's own format: 256 bits, base64url.
new_bootstrap_key() { printf 'gwk_bootstrap_%s\n' "$(head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '=')"; }

# The folder must hold the key file. The header file is for curl, so that no process list shows the key.
# The program's folder is the working directory because appsettings.json is read from there.
launch_gateway() { # folder, folder of the published program, containerd's socket, API port, management port
  local home=$1 program=$2 snapshotter=overlayfs start=(dotnet "$2/Gateway.dll")
  [[ ! -e $program/libcoreclr.so ]] || start=("$program/Gateway") # the runtime is in it
  has_overlayfs "$3" || snapshotter=native
  (umask 077 && printf 'Authorization: Bearer %s\n' "$(cat "$home/key")" >"$home/header")
  GATEWAY_BOOTSTRAP_KEY=$(cat "$home/key") \
    ASPNETCORE_URLS="http://127.0.0.1:$4" Management__Urls="http://127.0.0.1:$5" \
    Containerd__Address="$3" Containerd__DefaultSnapshotter="$snapshotter" Jobs__Database="$home/jobs.db" \
    start_in_background "$home/pid" "$home/log" env --chdir "$program" "${start[@]}"
}

start_gateway() { # as launch_gateway
  launch_gateway "$@"
  wait_until 60 "$1/pid" local_curl --fail "http://127.0.0.1:$4/healthz/ready" || {
    tail -n 20 "$1/log" >&2
    die "the gateway did not get ready; its log is $1/log"
  }
}

stop_gateway() { stop_process "$1/pid" "$2/Gateway"; } # folder, folder of the published program

build_gateway() { # the repository, folder for the program, log file, more options of publish
  dotnet publish "$1/src/Gateway" --configuration Release --use-current-runtime --output "$2" --nologo --verbosity quiet "${@:4}" >"$3" 2>&1 || {
    tail -n 20 "$3" >&2
    die "the build failed; its log is $3"
  }
}
