#!/usr/bin/env bash
# Installs what the tests against real daemons need: containerd, runc and docker-registry of this distribution, and containerd 1.7 and 2.x of
# later suites, unpacked into a cache and not installed. Does nothing where all of it is there.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/lib/shell.sh
. "$repository/deploy/lib/shell.sh"
cache=${GATEWAY_TEST_CACHE:-$repository/.cache}/containerd

main() {
  need_root
  install_missing containerd:containerd ctr:containerd runc:runc docker-registry:docker-registry zstd:zstd jq:jq curl:curl \
    igzip:isal getfattr:attr setpriv:util-linux mount:mount htpasswd:apache2-utils \
    skopeo:skopeo umoci:umoci dockerd:docker.io busybox:busybox-static mkfs.btrfs:btrfs-progs
  fetch 1.7 '1.7.*' trixie testing
  fetch 2 '2.*' sid testing
  say "containerd $(version_of containerd), $(version_of "$cache/1.7/usr/bin/containerd"), $(version_of "$cache/2/usr/bin/containerd");" \
    "$(runc --version | head -n 1); docker-registry $(version_of docker-registry)"
}

version_of() { "$1" --version | awk '{ print $3 }'; }

# Unpacks the first suite's package whose version fits.
fetch() { # folder, version pattern, suites...
  local folder=$1 pattern=$2 suite version
  shift 2
  if [[ -x $cache/$folder/usr/bin/containerd ]]; then return; fi
  for suite in "$@"; do
    private_apt "$suite"
    version=$("${apt_get[@]}" --print-uris download containerd 2>/dev/null | sed -n 's/.*containerd_\([^_]*\)_.*/\1/p' | head -n 1)
    # shellcheck disable=SC2053 # a pattern
    if [[ $version != $pattern ]]; then continue; fi
    say "containerd $version of $suite"
    rm -rf "$work"/containerd_*.deb "$cache/$folder.part" "${cache:?}/$folder"
    (cd "$work" && "${apt_get[@]}" -qq download containerd)
    dpkg-deb -x "$work"/containerd_*.deb "$cache/$folder.part"
    rm -f "$work"/containerd_*.deb
    # A later suite's binary needs no newer libc than this release has, or it is of no use here.
    version_of "$cache/$folder.part/usr/bin/ctr" >/dev/null || die "containerd $version of $suite does not run on this release"
    mv "$cache/$folder.part" "$cache/$folder"
    return
  done
  die "no suite of $* has containerd $pattern"
}

# apt with lists and sources of its own, for a suite of the mirror this machine already uses.
private_apt() { # suite
  work=$cache/apt/$1
  mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/etc"
  chmod 755 "$work"
  local mirror
  mirror=$(mirror_of_this_machine)
  if [[ -z $mirror ]]; then # images of containers come without lists
    apt-get update -qq >&2
    mirror=$(mirror_of_this_machine)
  fi
  [[ -n $mirror ]] || die "this machine's package sources hold no Debian archive; unpack containerd 1.7 and 2 into $cache yourself"
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$mirror" "$1" >"$work/etc/suite.sources"
  apt_get=(apt-get -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/etc" -o "Dir::State::lists=$work/lists"
    -o "Dir::Cache=$work" -o "Dir::Cache::archives=$work/archives" -o APT::Get::List-Cleanup=0 -o APT::Sandbox::User=root -o Acquire::Languages=none
    -o Dir::State::status=/dev/null)
  # Lists older than a day may name packages that the mirror has replaced.
  if [[ -z $(find "$work/ready" -mtime -1 2>/dev/null) ]]; then
    "${apt_get[@]}" -qq update
    touch "$work/ready"
  fi
}

# The archive that serves this release's main component; not the one of security updates.
mirror_of_this_machine() {
  # shellcheck disable=SC2016 # apt's own variables
  apt-get indextargets --format '$(REPO_URI) $(SUITE) $(COMPONENT) $(ORIGIN) $(IDENTIFIER)' |
    awk '$3 == "main" && $4 == "Debian" && $5 == "Packages" && $1 !~ /security/ { print $1; exit }'
}

main "$@"
