#!/usr/bin/env bash
# A whole installation on this machine: PostgreSQL, a broker, MongoDB, an object store, and every
# service as a process of its own, on free ports of loopback. What it keeps is thrown away.
#
#   infra/local/millrace.sh start FOLDER   starts it; FOLDER/env says how to use it
#   infra/local/millrace.sh stop FOLDER    ends it and removes the folder
#   infra/local/millrace.sh restart FOLDER NAME   starts one of its processes again
#   infra/local/millrace.sh lose-broker FOLDER    kills the broker, and starts one that knows nothing
#
# PROCESSES says what there is: a word for each process, the services of one joined by +. BROKER says
# which broker (noida); ARCHIVE=file keeps history in a file and OBJECTS=folder artifacts in a folder; FSYNC=on lets the
# database keep what it has acknowledged; GATEWAY=on puts a gateway in front and lets clients in by
# that alone; MILLRACE is the program. The administrator's token is in
# FOLDER/token.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=${MILLRACE:-$here/../../.build/debug/millrace}

fail() {
  echo "millrace: $*" >&2
  exit 1
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
  unset MILLRACE_MONGODB
  if [ "${ARCHIVE:-mongodb}" = mongodb ]; then
    MILLRACE_MONGODB=$("$here/mongodb.sh" start "$folder/mongodb")
    export MILLRACE_MONGODB
  fi
  unset MILLRACE_S3
  if [ "${OBJECTS:-s3}" = s3 ]; then
    MILLRACE_S3=$("$here/objects.sh" start "$folder/objects")
    export MILLRACE_S3
  fi
  "$program" admin migrate >"$folder/migrate.log" 2>&1 || fail "see $folder/migrate.log"
  "$program" admin topics apply --replication 1 >"$folder/topics.log" 2>&1 ||
    fail "see $folder/topics.log"

  (umask 077 && "$program" admin first-admin-token >"$folder/first-admin")

  # Every process knows every other one by its port.
  declare -A ports peers counts
  local names=() name service services word
  local -A serves
  for word in ${PROCESSES:-iam workflow metadata notification artifact scheduler worker}; do
    service=${word%%+*}
    name=$service-${counts[$service]:-0}
    counts[$service]=$((${counts[$service]:-0} + 1))
    names+=("$name")
    serves[$name]=${word//+/ }
    ports[$name]=$("$here/free_port.py")
    for service in ${serves[$name]}; do
      peers[$service]+="${peers[$service]:+,}127.0.0.1:${ports[$name]}"
    done
  done
  {
    echo "export MILLRACE_DATABASE='$database' MILLRACE_KAFKA='$kafka'"
    [ -z "${MILLRACE_S3:-}" ] || echo "export MILLRACE_S3='$MILLRACE_S3'"
    [ -z "${MILLRACE_MONGODB:-}" ] || echo "export MILLRACE_MONGODB='$MILLRACE_MONGODB'"
    echo "export MILLRACE_SERVICE_KEY_FILE='$folder/service.key'"
    echo "export MILLRACE_MASTER_KEY_FILE='$folder/master.key'"
    printf "export MILLRACE_PEERS='"
    for service in "${!peers[@]}"; do printf '%s=%s ' "$service" "${peers[$service]}"; done
    echo "'"
    # What answers requests of clients, by service.
    for service in "${!peers[@]}"; do
      echo "export $(tr a-z A-Z <<<"$service")_URL='http://${peers[$service]%%,*}'"
    done
  } >"$folder/env"
  # shellcheck source=/dev/null
  . "$folder/env"
  for name in "${names[@]}"; do
    read -r -a services <<<"${serves[$name]}"
    define "$name" "${services[@]}" --name "${name#*-}" --port "${ports[$name]}" \
      --data "$folder/data/$name" --log "${LOG:-info}" --slots "${SLOTS:-4}" \
      --database-connections "${CONNECTIONS:-4}" --first-admin-token "$folder/first-admin" \
      ${GATEWAY:+--behind-gateway}
    launch "$name"
  done
  for name in "${names[@]}"; do wait_until_ready "$name" "${ports[$name]}"; done
  if [ -n "${GATEWAY:-}" ]; then
    local gateway
    gateway=$(MILLRACE=$program "$here/gateway.sh" start "$folder/gateway")
    for service in "${!peers[@]}"; do
      echo "export $(tr a-z A-Z <<<"$service")_URL='$gateway'" >>"$folder/env"
    done
    # shellcheck source=/dev/null
    . "$folder/env"
  fi
  sign_in
}

# Makes the first administrator, and a token for programs.
sign_in() {
  local password session try
  password=$(head -c 18 /dev/urandom | base64)
  for try in $(seq 1 100); do
    curl -sf -o /dev/null "$IAM_URL/v1/auth/register" -H 'Content-Type: application/json' \
      -d "{\"name\": \"admin\", \"password\": \"$password\", \"firstAdminToken\": \"$(cat "$folder/first-admin")\"}" &&
      break
    sleep 0.1
  done
  session=$(curl -sf "$IAM_URL/v1/auth/login" -H 'Content-Type: application/json' \
    -d "{\"name\": \"admin\", \"password\": \"$password\"}" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["accessToken"])')
  (umask 077 && curl -sf "$IAM_URL/v1/auth/tokens" -H 'Content-Type: application/json' \
    -H "Authorization: Bearer $session" -d '{"label": "local"}' |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])' >"$folder/token")
  echo "export MILLRACE_TOKEN='$(cat "$folder/token")' MILLRACE_URL='$WORKFLOW_URL'" >>"$folder/env"
}

restart() {
  # shellcheck source=/dev/null
  . "$folder/env"
  launch "$1"
}

# Topics are made again by hand, as an operator would.
lose_broker() {
  # shellcheck source=/dev/null
  . "$folder/env"
  "$here/kafka.sh" lose "$folder/kafka"
  "$program" admin topics apply --replication 1 >>"$folder/topics.log" 2>&1 ||
    fail "see $folder/topics.log"
}

stop() {
  [ -d "$folder" ] || return 0
  local file
  for file in "$folder"/run/*.pid; do kill -9 "$(cat "$file")" 2>/dev/null || true; done
  "$here/gateway.sh" stop "$folder/gateway"
  "$here/kafka.sh" stop "$folder/kafka"
  "$here/postgresql.sh" stop "$folder/postgresql"
  "$here/mongodb.sh" stop "$folder/mongodb"
  "$here/objects.sh" stop "$folder/objects"
  rm -rf "$folder"
}

[ $# -ge 2 ] || fail "say start, restart, lose-broker or stop, and a folder"
folder=$2
case $1 in
  start) start ;;
  restart) restart "$3" ;;
  lose-broker) lose_broker ;;
  stop) stop ;;
  *) fail "there is no $1; say start, restart, lose-broker or stop" ;;
esac
