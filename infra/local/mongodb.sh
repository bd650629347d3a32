#!/usr/bin/env bash
# A throw-away server that speaks MongoDB's protocol, on a free port of loopback.
#
#   infra/local/mongodb.sh start FOLDER   starts it, with the data that its folder has
#   infra/local/mongodb.sh halt FOLDER    kills it and keeps what it has stored
#   infra/local/mongodb.sh stop FOLDER    ends it and removes the folder
#
# `start` prints its connection string. It is SecantusDB, started so that tests can make it fail; what
# it does unlike MongoDB: docs/conformance.md. MONGODB_OPTIONS are more options of secantusd-py, as
# `--tls-cert-file FILE`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=$here/../../.venv/bin/python3

fail() {
  echo "mongodb: $*" >&2
  exit 1
}

start() {
  mkdir -p "$folder"
  # One that is started again keeps its port.
  local port try
  port=$(cat "$folder/port" 2>/dev/null || "$here/free_port.py")
  echo "$port" >"$folder/port"
  : >"$folder/settings"
  # shellcheck disable=SC2086
  nohup "$(dirname "$python")/secantusd-py" --config "$folder/settings" --host 127.0.0.1 \
    --port "$port" --storage-path "$folder/data" --enable-test-commands --sync-on-commit \
    ${MONGODB_OPTIONS:-} >>"$folder/log" 2>&1 </dev/null &
  echo $! >"$folder/pid"
  for try in $(seq 1 400); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "mongodb://127.0.0.1:$port/?directConnection=true"
      return
    fi
    kill -0 "$(cat "$folder/pid")" 2>/dev/null || break
    sleep 0.05
  done
  tail -n 5 "$folder/log" >&2
  fail "nothing listens at 127.0.0.1:$port; see $folder/log"
}

halt() { kill -9 "$(cat "$folder/pid")" 2>/dev/null || true; }

stop() {
  [ -d "$folder" ] || return 0
  halt
  rm -rf "$folder"
}

case ${1:-}:$# in
  start:2 | halt:2 | stop:2)
    folder=$2
    [ -x "$python" ] || fail "there is no .venv; run scripts/setup.sh"
    "$1"
    ;;
  *) fail "say start, halt or stop, and a folder" ;;
esac
