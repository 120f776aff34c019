# shellcheck shell=bash
# Calls the gateway's API with curl. Sourced after shell.sh; who sources it sets these two.

url=''         # the API's address
header_file='' # where curl finds the Authorization header

api() { local_curl --fail-with-body --header "@$header_file" "$@"; } # curl's arguments

# What the API said went wrong, in a line: a problem (RFC 9457) from a request or a failed job.
problem_text() { jq -r '"\(.code // "error"): \(.detail // .title // "no detail given")"' 2>/dev/null || echo "no answer"; }

# Asks for a pull into the namespace "default"; prints the job's id.
request_pull() { # reference
  local answer
  answer=$(api --header 'Content-Type: application/json' --data "$(jq -cn --arg reference "$1" '{reference: $reference}')" \
    "$url/v1/namespaces/default/images/pull") || die "the pull was not accepted: $(problem_text <<<"$answer")"
  jq -r .id <<<"$answer"
}

# Waits until the job has ended, however long it takes; dies with the reason unless it succeeded.
await_job() { # job id
  local answer
  while true; do
    answer=$(api "$url/v1/jobs/$1?wait=30s") || die "the job cannot be read: $(problem_text <<<"$answer")"
    case $(jq -r .state <<<"$answer") in
      succeeded) return ;;
      failed | canceled) die "the job did not succeed: $(jq -c '.error // {}' <<<"$answer" | problem_text)" ;;
    esac
  done
}
