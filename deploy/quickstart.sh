#!/usr/bin/env bash
# From a fresh machine to a pulled image: installs what is missing, starts containerd when none answers,
# builds and starts the gateway, and pulls an image through its REST API.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: deploy/quickstart.sh [--image REFERENCE]
       deploy/quickstart.sh --stop [--purge]

Run as root on Debian or Ubuntu with the .NET SDK 10. No systemd and no internet needed beyond the
distribution's packages and NuGet. Run again, it uses what still runs.

  --image REFERENCE  pull this image instead of a small one that the script makes itself
  --stop             end what the script started (gateway, private containerd and its containers)
  --purge            with --stop: remove its data as well
  --help             this text

  CONTAINERD_ADDRESS       socket of the containerd to use   (/run/containerd/containerd.sock)
  GATEWAY_HOME             folder for data, logs and the key (/var/lib/gateway-quickstart)
  GATEWAY_PORT             port of the API                   (8080)
  GATEWAY_MANAGEMENT_PORT  port of the metrics               (9090)
TEXT
}

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/lib/shell.sh
. "$repository/deploy/lib/shell.sh"
# shellcheck source=deploy/lib/daemons.sh
. "$repository/deploy/lib/daemons.sh"
# shellcheck source=deploy/lib/image.sh
. "$repository/deploy/lib/image.sh"
# shellcheck source=deploy/lib/api.sh
. "$repository/deploy/lib/api.sh"

home=${GATEWAY_HOME:-/var/lib/gateway-quickstart}
port=${GATEWAY_PORT:-8080}
management_port=${GATEWAY_MANAGEMENT_PORT:-9090}
program="$home/app"
header_file="$home/gateway/header"

main() {
  exec 2>&1 # one stream, so that a log of it is in order
  local image='' stop='' purge=''
  while [[ $# -gt 0 ]]; do
    case $1 in
      --image)
        [[ -n ${2:-} ]] || die "--image needs a reference, for example docker.io/library/alpine:3.20"
        image=$2
        shift
        ;;
      --stop) stop=1 ;;
      --purge) purge=1 ;;
      --help | -h) usage && exit ;;
      *) usage >&2 && die "unknown argument: $1" ;;
    esac
    shift
  done
  [[ -z $purge || -n $stop ]] || die "--purge goes with --stop"
  need_root
  if [[ -n $stop ]]; then
    stop_all "$purge"
    exit
  fi

  need_sdk "$repository"
  install_programs "$image"
  prepare_home
  check_ports
  choose_containerd
  run_gateway
  if [[ -z $image ]]; then serve_sample; fi
  pull "${image:-$sample}"
  show_images
  show_next_steps "${image:-$sample}"
}

install_programs() { # the image asked for; without one the sample's programs are needed too
  install_missing containerd:containerd runc:runc curl:curl jq:jq
  [[ -e /etc/ssl/certs/ca-certificates.crt ]] || apt_install ca-certificates
  [[ -n $1 ]] || install_missing docker-registry:docker-registry
  # containerd 2 unpacks with igzip when it finds it, a third faster; nothing needs it.
  has igzip || apt_install isal || say "isal is not to be had here; going on without it"
}

# The marker is what --purge asks for before it removes a folder.
prepare_home() {
  [[ $home == /* ]] || die "GATEWAY_HOME must be an absolute path"
  if [[ -d $home && ! -e $home/.quickstart && -n $(ls -A "$home") ]]; then
    die "$home is not empty and not made by this script; set GATEWAY_HOME to another folder"
  fi
  install -d -m 0700 "$home" "$home/gateway"
  touch "$home/.quickstart"
  [[ -s $home/gateway/key ]] || (umask 077 && new_bootstrap_key >"$home/gateway/key")
}

gateway_runs() { is_running "$home/gateway/pid" "$program/Gateway.dll"; }

check_ports() {
  if gateway_runs; then return; fi
  if port_is_busy "$port"; then die "port $port is in use by another program: set GATEWAY_PORT to a free one"; fi
  if port_is_busy "$management_port"; then
    die "port $management_port is in use by another program: set GATEWAY_MANAGEMENT_PORT to a free one"
  fi
}

choose_containerd() {
  containerd=${CONTAINERD_ADDRESS:-/run/containerd/containerd.sock}
  if containerd_answers "$containerd" >/dev/null 2>&1; then
    say "using the containerd at $containerd"
    return
  fi
  say "no containerd answers at $containerd: using a private one in $home/containerd"
  containerd="$home/containerd/containerd.sock"
  start_containerd "$home/containerd"
}

run_gateway() {
  if gateway_runs; then
    url=$(cat "$home/gateway/url")
    containerd=$(cat "$home/gateway/containerd")
    say "the gateway is running already, at $url"
    return
  fi
  say "building the gateway (a minute, the first time)"
  build_gateway "$repository" "$program" "$home/build.log"
  url="http://127.0.0.1:$port"
  echo "$url" >"$home/gateway/url"
  echo "$containerd" >"$home/gateway/containerd"
  start_gateway "$home/gateway" "$program" "$containerd" "$port" "$management_port"
  say "the gateway serves at $url, log in $home/gateway/log"
}

# A registry on loopback with one small image. It is needed for the pull only and ends with this script.
serve_sample() {
  local registry_port layers
  registry_port=$(free_port 5000)
  trap 'stop_registry "$home/registry"' EXIT
  start_registry "$home/registry" "$registry_port"
  sample="127.0.0.1:$registry_port/sample/hello:1"
  if [[ ! -e $home/sample/done ]]; then
    say "making the sample image"
    make_sample_layers "$home/sample"
    touch "$home/sample/done"
  fi
  layers=("$home"/sample/*.tar.gz)
  upload_image "127.0.0.1:$registry_port" sample/hello 1 "$home/sample" "${layers[@]}"
}

# busybox where a static one is to be had, so that the image runs, and some megabytes to watch arriving.
make_sample_layers() { # folder
  local work=$1 busybox number
  rm -rf "$work"
  mkdir -p "$work/rootfs/bin"
  if busybox=$(static_busybox "$work/package"); then
    cp "$busybox" "$work/rootfs/bin/busybox"
    for number in sh echo ls cat uname sleep; do ln -s busybox "$work/rootfs/bin/$number"; done
  fi
  echo "Pulled over REST." >"$work/rootfs/hello.txt"
  pack_layer "$work/rootfs" "$work/0.tar.gz"
  for number in 1 2 3 4; do
    rm -rf "$work/rootfs"
    mkdir -p "$work/rootfs/data"
    write_mixed_file "$work/rootfs/data/$number" 16384
    pack_layer "$work/rootfs" "$work/$number.tar.gz"
  done
  rm -rf "$work/rootfs" "$work/package"
}

# The package is unpacked, not installed: it would replace a busybox that the machine has.
static_busybox() { # folder to unpack in
  local own
  own=$(command -v busybox) && ! ldd "$own" >/dev/null 2>&1 && echo "$own" && return
  mkdir -p "$1"
  (cd "$1" && apt-get download -qq busybox-static && dpkg-deb -x busybox-static*.deb .) >/dev/null 2>&1 || return 1
  find "$1" -name busybox -type f -perm -u+x -print -quit | grep .
}

pull() { # reference
  local id
  say "pulling $1 through POST $url/v1/namespaces/default/images/pull"
  id=$(request_pull "$1")
  # The stream draws the bars and ends with the job; should it break, the job goes on and is waited for.
  api --no-buffer --header 'Accept: text/plain' "$url/v1/jobs/$id/events" || true
  await_job "$id"
}

show_images() {
  say "images, as the gateway lists them"
  api "$url/v1/namespaces/default/images" | jq -r '.items[] | "\(.name)  \(.target.digest)"'
  say "images, as containerd itself lists them"
  ctr --address "$containerd" --namespace default images ls
}

# Whether containerd parts the content of namespaces is found out beside the gateway's start; by the end of a pull it is known.
tenancy() { api "$url/v1/node" | jq -r '.tenancy | "\(.mode), content of namespaces is \(.contentSharing)"'; }

show_next_steps() { # reference
  cat <<TEXT

The gateway is running.   URL  $url   API description  $url/swagger
                          tenancy  $(tenancy)
                          key  $(cat "$home/gateway/key")   (kept in $home/gateway/key)

  KEY=\$(cat $home/gateway/key)
  curl -H "Authorization: Bearer \$KEY" $url/v1/node
  curl -H "Authorization: Bearer \$KEY" $url/v1/namespaces/default/images
  curl -H "Authorization: Bearer \$KEY" -H 'Content-Type: application/json' \\
    -d '{"reference": "docker.io/library/alpine:3.20"}' $url/v1/namespaces/default/images/pull

Run a container from the image:
  ctr --address $containerd run --rm $1 hello /bin/cat /hello.txt

End it all:  deploy/quickstart.sh --stop          and with its data:  deploy/quickstart.sh --stop --purge
TEXT
}

stop_all() { # anything: remove the data too
  if [[ ! -e $home/.quickstart ]]; then
    say "nothing was started in $home"
    return
  fi
  stop_gateway "$home/gateway" "$program"
  stop_registry "$home/registry"
  stop_containerd "$home/containerd"
  say "stopped; images in a containerd that was there before stay in it"
  if [[ -n $1 ]]; then
    rm -rf --one-file-system "$home"
    say "removed $home"
  fi
}

main "$@"
