# shellcheck shell=bash
# Small pieces that the scripts of deploy/, tests/ and bench/ share. Sourced, never run.

say() { printf '%s\n' "==> $*" >&2; }

die() {
  printf '%s\n' "error: $*" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

need_root() { [[ $EUID -eq 0 ]] || die "run this as root: it starts daemons and mounts file systems"; }

need_sdk() { # the repository's folder, whose global.json says which SDK
  has dotnet || die "the .NET SDK 10 is not installed: https://dotnet.microsoft.com/download"
  (cd "$1" && dotnet --version >/dev/null) || die "this repository needs the .NET SDK that global.json names"
}

# Installs packages from the machine's own sources. Their services are not started: what these scripts
# run, they start themselves, on sockets and ports of their own.
apt_install() (
  has apt-get || die "cannot install $*: this is no Debian or Ubuntu; install them and run this again"
  local policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 0755 "$policy"
  fi
  say "installing $*"
  apt-get update -qq >&2 || say "apt-get update complained; trying with the lists at hand"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
)

# Takes command:package pairs and installs the packages whose command is not there.
install_missing() {
  local pair missing=()
  for pair in "$@"; do
    has "${pair%%:*}" || missing+=("${pair#*:}")
  done
  [[ ${#missing[@]} -eq 0 ]] || apt_install "${missing[@]}"
}

port_is_busy() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# First port from $1 on, within 50, on which nobody listens on loopback.
free_port() {
  local port
  for ((port = $1; port < $1 + 50; port++)); do
    port_is_busy "$port" || {
      echo "$port"
      return
    }
  done
  die "no free port from $1 to $((port - 1))"
}

# Runs a command in a session of its own, so that it outlives this script; its process id goes to a file.
start_in_background() { # pid file, log file, command...
  local pid_file=$1 log=$2
  shift 2
  setsid "$@" </dev/null >>"$log" 2>&1 &
  echo $! >"$pid_file"
}

# True while the process of a pid file runs and still is the one that was started: its command line holds $2.
is_running() {
  local pid
  pid=$(cat "$1" 2>/dev/null) && [[ -r /proc/$pid/cmdline ]] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$2"
}

stop_process() { # pid file, a part of its command line
  local pid tries
  if is_running "$1" "$2"; then
    pid=$(cat "$1")
    kill "$pid" 2>/dev/null || true
    for ((tries = 0; tries < 300; tries++)); do
      is_running "$1" "$2" || break
      sleep 0.1
    done
    if is_running "$1" "$2"; then kill -9 "$pid"; fi
  fi
  rm -f "$1"
}

# Waits until a command succeeds; gives up at once when the process of the pid file is gone.
wait_until() { # seconds, pid file, command...
  local deadline=$((SECONDS + $1)) pid
  pid=$(cat "$2")
  shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || return 1
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# A proxy of the environment must not stand between these scripts and the machine they run on.
local_curl() { curl --silent --show-error --noproxy '*' "$@"; }
