# shellcheck shell=bash
# Makes OCI images with tar, gzip and sha256sum, and uploads them with curl. Sourced after shell.sh.

sha256_of() { sha256sum "$1" | cut -d ' ' -f 1; }

# Packs a folder as a gzip layer: FILE, and FILE.diffid beside it, the digest of the uncompressed tar.
pack_layer() { # folder, file
  local folder=$1 file=$2 zip=gzip
  if has pigz; then zip=pigz; fi
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$folder" -cf "$file.tar" .
  printf 'sha256:%s\n' "$(sha256_of "$file.tar")" >"$file.diffid"
  "$zip" -1 -n -c "$file.tar" >"$file"
  rm "$file.tar"
}

# A file of which half is random and half is lines of numbers, so that it compresses about as images do.
write_mixed_file() { # file, KiB
  {
    head -c "$(($2 / 2))K" /dev/urandom
    seq "$((SRANDOM % 1000000))" 999999999 2>/dev/null | head -c "$(($2 / 2))K" || true
  } >"$1"
}

descriptor() { # media type, file
  jq -cn --arg type "$1" --arg digest "sha256:$(sha256_of "$2")" --argjson size "$(stat -c %s "$2")" \
    '{mediaType: $type, digest: $digest, size: $size}'
}

upload_blob() { # registry, repository, file
  local digest upload
  digest="sha256:$(sha256_of "$3")"
  if local_curl --head --fail -o /dev/null "http://$1/v2/$2/blobs/$digest" 2>/dev/null; then return; fi
  upload=$(local_curl --fail --request POST --output /dev/null --dump-header - "http://$1/v2/$2/blobs/uploads/" |
    tr -d '\r' | awk 'tolower($1) == "location:" { print $2 }')
  [[ $upload == http* ]] || upload="http://$1$upload"
  local separator='?'
  if [[ $upload == *\?* ]]; then separator='&'; fi
  local_curl --fail --upload-file "$3" --header 'Content-Type: application/octet-stream' --output /dev/null \
    "$upload${separator}digest=$digest"
}

# Uploads layers made by pack_layer as one image.
upload_image() { # registry, repository, tag, work folder, layer files...
  local registry=$1 repository=$2 tag=$3 work=$4 layer layers=()
  shift 4
  for layer in "$@"; do
    upload_blob "$registry" "$repository" "$layer"
    layers+=("$(descriptor application/vnd.oci.image.layer.v1.tar+gzip "$layer")")
  done

  jq -cn --arg arch "$(oci_architecture)" --arg diffIds "$(cat "${@/%/.diffid}")" '{
    architecture: $arch, os: "linux", config: {Env: ["PATH=/bin"], Cmd: ["/bin/sh"]},
    rootfs: {type: "layers", diff_ids: ($diffIds | split("\n"))}}' >"$work/config.json"
  upload_blob "$registry" "$repository" "$work/config.json"

  printf '%s\n' "${layers[@]}" | jq -cs --argjson config "$(descriptor application/vnd.oci.image.config.v1+json "$work/config.json")" '{
    schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: $config, layers: .}' >"$work/manifest.json"
  local_curl --fail --request PUT --data-binary "@$work/manifest.json" --output /dev/null \
    --header 'Content-Type: application/vnd.oci.image.manifest.v1+json' "http://$registry/v2/$repository/manifests/$tag"
}

oci_architecture() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
  esac
}
