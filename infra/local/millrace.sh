#!/usr/bin/env bash
# A whole installation on this machine: PostgreSQL, a broker, and every service as a process of its
# own, on free ports of loopback. What it keeps is thrown away.
#
#   infra/local/millrace.sh start FOLDER   starts it; FOLDER/env says how to use it
#   infra/local/millrace.sh stop FOLDER    ends it and removes the folder
#   infra/local/millrace.sh restart FOLDER NAME   starts one of its processes again
#
# SCHEDULERS and WORKERS say how many of each (1); BROKER which broker (noida); FSYNC=on lets the
# database keep what it has acknowledged; MILLRACE is the program.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=${MILLRACE:-$here/../../.build/debug/millrace}

fail() {
  echo "millrace: $*" >&2
  exit 1
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# A process by its name, such as scheduler-1: its command is kept, so that it can be started again.
launch() {
  local name=$1
  nohup "$folder/run/$name" >>"$folder/$name.log" 2>&1 </dev/null &
  echo $! >"$folder/run/$name.pid"
}

define() {
  local name=$1
  shift
  {
    echo '#!/usr/bin/env bash'
    printf 'exec'
    printf ' %q' "$program" serve "$@"
    echo
  } >"$folder/run/$name"
  chmod +x "$folder/run/$name"
}

wait_until_ready() {
  local name=$1 port=$2 try
  for try in $(seq 1 200); do
    if curl -sf -o /dev/null "http://127.0.0.1:$port/readyz"; then return; fi
    kill -0 "$(cat "$folder/run/$name.pid")" 2>/dev/null || break
    sleep 0.05
  done
  tail -n 5 "$folder/$name.log" >&2
  fail "$name does not start; see $folder/$name.log"
}

start() {
  mkdir -p "$folder/run" "$folder/data"
  chmod 755 "$folder"
  local database kafka
  database=$("$here/postgresql.sh" start "$folder/postgresql")
  kafka=$("$here/kafka.sh" start "${BROKER:-noida}" "$folder/kafka")
  (umask 077 && head -c 32 /dev/urandom >"$folder/service.key" &&
    head -c 32 /dev/urandom >"$folder/master.key")
  export MILLRACE_DATABASE=$database MILLRACE_KAFKA=$kafka
  "$program" admin migrate >"$folder/migrate.log" 2>&1 || fail "see $folder/migrate.log"
  "$program" admin topics apply --replication 1 >"$folder/topics.log" 2>&1 ||
    fail "see $folder/topics.log"

  # Every process knows every other one by its port.
  declare -A ports
  local names=(iam-0 workflow-0 metadata-0 notification-0 artifact-0) number name service
  for number in $(seq 0 $((${SCHEDULERS:-1} - 1))); do names+=("scheduler-$number"); done
  for number in $(seq 0 $((${WORKERS:-1} - 1))); do names+=("worker-$number"); done
  for name in "${names[@]}"; do ports[$name]=$(free_port); done
  local peers=()
  for service in iam workflow metadata artifact scheduler; do
    local addresses=""
    for name in "${names[@]}"; do
      [[ $name != "$service"-* ]] || addresses+="${addresses:+,}127.0.0.1:${ports[$name]}"
    done
    peers+=("$service=$addresses")
  done
  {
    echo "export MILLRACE_DATABASE='$database' MILLRACE_KAFKA='$kafka'"
    echo "export MILLRACE_PEERS='${peers[*]}'"
    echo "export MILLRACE_SERVICE_KEY_FILE='$folder/service.key'"
    echo "export MILLRACE_MASTER_KEY_FILE='$folder/master.key'"
    for name in "${names[@]}"; do
      service=${name%-*}
      echo "export $(tr a-z- A-Z_ <<<"$name")='http://127.0.0.1:${ports[$name]}'"
    done
  } >"$folder/env"
  # shellcheck source=/dev/null
  . "$folder/env"
  head -c 24 /dev/urandom | base64 | tr '+/' '-_' >/dev/null
  for name in "${names[@]}"; do
    service=${name%-*}
    define "$name" "$service" --name "${name#*-}" --port "${ports[$name]}" \
      --data "$folder/data/$name" --log "${LOG:-info}" --slots "${SLOTS:-4}" \
      --database-connections "${CONNECTIONS:-4}"
    launch "$name"
  done
  for name in "${names[@]}"; do wait_until_ready "$name" "${ports[$name]}"; done
}

restart() {
  # shellcheck source=/dev/null
  . "$folder/env"
  launch "$1"
}

stop() {
  [ -d "$folder" ] || return 0
  local file
  for file in "$folder"/run/*.pid; do kill -9 "$(cat "$file")" 2>/dev/null || true; done
  "$here/kafka.sh" stop "$folder/kafka"
  "$here/postgresql.sh" stop "$folder/postgresql"
  rm -rf "$folder"
}

[ $# -ge 2 ] || fail "say start, restart or stop, and a folder"
folder=$2
case $1 in
  start) start ;;
  restart) restart "$3" ;;
  stop) stop ;;
  *) fail "there is no $1; say start, restart or stop" ;;
esac
