#!/usr/bin/env bash
# A throw-away PostgreSQL on a free port of loopback, ready in a second. Nothing of it is durable.
#
#   infra/local/postgresql.sh start FOLDER    makes it, and prints how to connect
#   infra/local/postgresql.sh crash FOLDER    ends it at once and starts it again on its port
#   infra/local/postgresql.sh stop FOLDER     ends it and removes the folder
#
# FSYNC=on keeps what was acknowledged; POSTGRESQL_OPTIONS are more settings, as `-c name=value`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

fail() {
  echo "postgresql: $*" >&2
  exit 1
}

[ $# = 2 ] || fail "say start, crash or stop, and a folder"
folder=$2
programs=${POSTGRESQL_PROGRAMS:-$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)}
[ -x "$programs/initdb" ] || fail "there is no server; run scripts/setup.sh"

# The server refuses to run as root.
as_owner() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid postgres --regid postgres --clear-groups env HOME="$folder" "$@"
  else
    "$@"
  fi
}

launch() {
  as_owner "$programs/pg_ctl" -D "$folder/data" -s -w -t 20 -l "$folder/log" -o "-p $1 \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c fsync=${FSYNC:-off} \
    -c synchronous_commit=on -c full_page_writes=${FSYNC:-off} -c max_connections=400 \
    -c shared_buffers=128MB -c deadlock_timeout=200ms -c log_lock_waits=on ${POSTGRESQL_OPTIONS:-}" start
}

start() {
  mkdir -p "$folder"
  [ "$(id -u)" != 0 ] || chown postgres:postgres "$folder"
  as_owner "$programs/initdb" -D "$folder/data" -U millrace -A trust -N -E UTF8 --locale=C.UTF-8 \
    >"$folder.log" 2>&1 || fail "initdb failed; see $folder.log"
  local try port
  for try in 1 2 3; do
    port=$("$here/free_port.py")
    if launch "$port"; then
      rm -f "$folder.log"
      echo "$port" >"$folder/port"
      echo "postgresql://millrace@127.0.0.1:$port/postgres"
      return
    fi
    echo "postgresql: try $try on port $port failed" >&2
  done
  fail "the server did not start; see $folder/log"
}

# What it has acknowledged is with the system then, if not on the disk: it survives.
crash() {
  as_owner "$programs/pg_ctl" -D "$folder/data" -s -w -m immediate stop
  launch "$(cat "$folder/port")"
}

stop() {
  [ -d "$folder/data" ] || return 0
  as_owner "$programs/pg_ctl" -D "$folder/data" -s -w -m immediate stop || true
  rm -rf "$folder"
}

case $1 in
  start) start ;;
  crash) crash ;;
  stop) stop ;;
  *) fail "there is no $1; say start, crash or stop" ;;
esac
