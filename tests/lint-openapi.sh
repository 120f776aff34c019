#!/usr/bin/env bash
# Lints openapi.yaml with a pinned redocly.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$repository/tests/openapi"
[[ node_modules/.package-lock.json -nt package-lock.json ]] || npm ci --silent --no-audit --no-fund
REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true node_modules/.bin/redocly lint --config ../../redocly.yaml "${1:-../../openapi.yaml}" --max-problems 50
