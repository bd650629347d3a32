#!/usr/bin/env bash
# The gateway (Envoy) in front of an installation on this machine, on free ports of loopback.
#
#   infra/local/gateway.sh start FOLDER   starts it, and prints the address that clients come in by
#   infra/local/gateway.sh stop FOLDER    ends it and removes the folder
#
# TLS names a folder with certificates as `millrace admin certs` makes them: of the gateway and of the
# authority that those of services come from. TRACES takes spans. PORT is that of clients (default: a
# free one). MILLRACE_PEERS says where services listen, MILLRACE_SERVICE_KEY_FILE holds the key that
# they know each other by, MILLRACE is the program. What it wrote of each request is in
# FOLDER/access.log; FOLDER/admin has the address at which it is looked into.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=${MILLRACE:-$here/../../.build/debug/millrace}
envoy=$(echo "$here"/../../.venv/lib/python3*/site-packages/envoy/_bin/envoy)

fail() {
  echo "gateway: $*" >&2
  exit 1
}

[ $# = 2 ] || fail "say start or stop, and a folder"
folder=$2

start() {
  local port admin try
  mkdir -p "$folder"
  port=${PORT:-$("$here/free_port.py")}
  admin=$("$here/free_port.py")
  local tls=()
  if [ -n "${TLS:-}" ]; then
    tls=(--tls-certificate "$TLS/gateway.pem" --tls-key "$TLS/gateway.key"
      --tls-authority "$TLS/ca.pem")
    "$program" admin gateway-certificates --to "$folder/certificates" "${tls[@]}" >/dev/null
    tls+=(--certificates "$folder/certificates")
  fi
  "$program" admin gateway-token --to "$folder/token"
  "$program" admin gateway --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$admin" \
    --proof-file "$folder/token" --requests-per-second "${REQUESTS_PER_SECOND:-100000}" \
    --sign-ins-per-second "${SIGN_INS_PER_SECOND:-1000}" \
    --authorization-ms "${AUTHORIZATION_MS:-5000}" ${TRACES:+--traces "$TRACES"} "${tls[@]}" \
    >"$folder/envoy.yaml"
  echo "127.0.0.1:$admin" >"$folder/admin"
  # This build of Envoy ends with the process that started it: one stays for that.
  nohup bash -c '"${@:2}" & echo $! >"$1"; wait' parent "$folder/pid" \
    "$envoy" -c "$folder/envoy.yaml" --concurrency 1 --use-dynamic-base-id --log-level warning \
    >"$folder/access.log" 2>"$folder/envoy.log" </dev/null &
  until [ -s "$folder/pid" ]; do sleep 0.01; done
  for try in $(seq 1 200); do
    if curl -sf -o /dev/null "http://127.0.0.1:$port/healthz"; then
      echo "http://127.0.0.1:$port"
      return
    fi
    kill -0 "$(cat "$folder/pid")" 2>/dev/null || break
    sleep 0.05
  done
  tail -n 5 "$folder/envoy.log" >&2
  fail "it does not start; see $folder/envoy.log"
}

stop() {
  [ ! -s "$folder/pid" ] || kill "$(cat "$folder/pid")" 2>/dev/null || true
  rm -rf "$folder"
}

case $1 in
  start) start ;;
  stop) stop ;;
  *) fail "say start or stop, not $1" ;;
esac
