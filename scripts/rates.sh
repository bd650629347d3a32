#!/usr/bin/env bash
# Measures what the wire itself costs: requests a second on one loop, with all limits on, over HTTP/1.1,
# HTTP/2 and gRPC. One line of JSON for each workload. Server and load share the machine.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh -c release --product bench >&2
work=$(mktemp -d)
.build/release/bench serve >"$work/address" &
server=$!
trap 'kill -TERM "$server" 2>/dev/null || true; wait "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 1 100); do [ -s "$work/address" ] && break; sleep 0.1; done
address=$(head -n 1 "$work/address")
seconds=${1:-5}

# measure NAME PATH H2LOAD-ARGUMENTS…
measure() {
  local name=$1 path=$2
  shift 2
  h2load -t 1 -D "$seconds" --warm-up-time 1 "$@" "http://$address$path" >"$work/load"
  awk -v name="$name" '
    /^finished in/ { sub(/,.*/, "", $4); rate = $4 }
    /^status codes:/ { good = $3; bad = $5 + $7 + $9 }
    END { printf "{\"peer\":\"millrace\",\"workload\":\"wire-%s\",\"requests_per_s\":%d,\"ok\":%d,\"failed\":%d}\n", name, rate, good, bad }
  ' "$work/load"
}

printf '\0\0\0\0\005hello' >"$work/message"
measure h1-hello /hello --h1 -c 64
measure h1-json /json --h1 -c 64
measure h2-hello /hello -c 16 -m 32
measure h2-json /json -c 16 -m 32
measure grpc-unary /millrace.test.Wire/Unary -c 16 -m 32 -d "$work/message" \
  -H 'content-type: application/grpc' -H 'te: trailers'
