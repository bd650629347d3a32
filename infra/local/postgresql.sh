#!/usr/bin/env bash
# A throw-away PostgreSQL on a free port of loopback, ready in a second. Nothing of it is durable.
#
#   infra/local/postgresql.sh start FOLDER    makes it, and prints how to connect
#   infra/local/postgresql.sh stop FOLDER     ends it and removes the folder
set -euo pipefail

fail() {
  echo "postgresql: $*" >&2
  exit 1
}

[ $# = 2 ] || fail "say start or stop, and a folder"
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

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() {
  mkdir -p "$folder"
  [ "$(id -u)" != 0 ] || chown postgres:postgres "$folder"
  as_owner "$programs/initdb" -D "$folder/data" -U millrace -A trust -N -E UTF8 --locale=C.UTF-8 \
    >"$folder.log" 2>&1 || fail "initdb failed; see $folder.log"
  local try port
  for try in 1 2 3; do
    port=$(free_port)
    if as_owner "$programs/pg_ctl" -D "$folder/data" -s -w -t 20 -l "$folder/log" -o "-p $port \
      -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c fsync=${FSYNC:-off} \
      -c synchronous_commit=${FSYNC:-off} -c full_page_writes=${FSYNC:-off} -c max_connections=400 \
      -c shared_buffers=128MB -c deadlock_timeout=200ms -c log_lock_waits=on" start; then
      rm -f "$folder.log"
      echo "postgresql://millrace@127.0.0.1:$port/postgres"
      return
    fi
    echo "postgresql: try $try on port $port failed" >&2
  done
  fail "the server did not start; see $folder/log"
}

stop() {
  [ -d "$folder/data" ] || return 0
  as_owner "$programs/pg_ctl" -D "$folder/data" -s -w -m immediate stop || true
  rm -rf "$folder"
}

case $1 in
  start) start ;;
  stop) stop ;;
  *) fail "there is no $1; say start or stop" ;;
esac
