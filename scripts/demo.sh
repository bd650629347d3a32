#!/usr/bin/env bash
# Starts the platform on a free port with a folder of its own, a mail server and a receiver of
# webhooks; signs a user in, runs the examples to success, shows what they did and who was told,
# checks it with Python, and stops everything again.
#
# Needs what `make build` has built. Leaves nothing behind: no process, no file, no setting.
set -euo pipefail
cd "$(dirname "$0")/.."

ready_max=30 # seconds
stop_max=20  # seconds
delivery_max=20 # seconds
run_max=5m

swift=${SWIFT:-swift}
millrace=${MILLRACE_BINARY:-"$("$swift" build --show-bin-path)/millrace"}
[ -x "$millrace" ] || {
  echo "demo: $millrace is not built; run: make build" >&2
  exit 1
}

python=.venv/bin/python3
[ -x "$python" ] || {
  echo "demo: the Python environment is missing; run: make setup" >&2
  exit 1
}

scratch=$(mktemp -d "${TMPDIR:-/tmp}/millrace-demo.XXXXXX")
server=
receivers=
# The user's own settings and server stay out of it.
export XDG_CONFIG_HOME="$scratch/config"
unset MILLRACE_URL MILLRACE_TOKEN MILLRACE_OUTPUT

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' plain=$'\e[0m'
else
  bold='' plain=''
fi

heading() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }

# Shows a command as a user would type it, and runs it.
show() {
  printf '\n%s$ millrace %s%s\n' "$bold" "$*" "$plain"
  "$millrace" "$@"
}

# The same for a command that has to end with another exit code than 0.
show_ending() {
  local wanted=$1 code=0
  shift
  show "$@" || code=$?
  [ "$code" = "$wanted" ] || fail "exit code $code instead of $wanted"
  echo "exit code $code"
}

# Compares what the last run did with what Python says.
check() {
  printf '\n%s$ millrace run get @last --output json | examples/%s/check.py%s\n' \
    "$bold" "$1" "$plain"
  "$millrace" run get @last --output json >"$scratch/run.json"
  python3 "examples/$1/check.py" <"$scratch/run.json"
}

fail() {
  echo "demo: $*" >&2
  exit 1
}

is_running() { kill -0 "$1" 2>/dev/null; }

# Waits until a process that is ours has ended; false when it takes too long.
await_end() {
  local deadline=$((SECONDS + stop_max))
  while is_running "$1"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

on_exit() {
  local code=$?
  trap - EXIT INT TERM
  if [ -n "$server" ]; then
    kill -TERM "$server" 2>/dev/null || true
    await_end "$server" || kill -KILL "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  if [ "$code" != 0 ]; then
    echo "demo: failed with exit code $code; the last lines of the server:" >&2
    tail -n 30 "$scratch/server.txt" >&2 2>/dev/null || true
  fi
  rm -rf "$scratch"
  exit "$code"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# What mail and webhooks are delivered to; both end with this script, when the pipe closes.
start_receivers() {
  mkfifo "$scratch/pipe"
  exec 8<>"$scratch/pipe"
  "$python" scripts/servers/mail_server.py "$scratch/mails" "$scratch" \
    <"$scratch/pipe" >"$scratch/mail.port" 2>"$scratch/mail.err" 8>&- &
  receivers=$!
  "$python" scripts/servers/webhook_receiver.py "$scratch/hooks" \
    <"$scratch/pipe" >"$scratch/hook.port" 2>"$scratch/hook.err" 8>&- &
  receivers="$receivers $!"
  local deadline=$((SECONDS + ready_max))
  until [ -s "$scratch/mail.port" ] && [ -s "$scratch/hook.port" ]; do
    [ "$SECONDS" -lt "$deadline" ] || fail "no receivers: $(cat "$scratch"/*.err)"
    sleep 0.1
  done
  mail=$(cat "$scratch/mail.port") hook=$(cat "$scratch/hook.port")
}

# Waits until FILE has COUNT lines.
await_lines() {
  local deadline=$((SECONDS + delivery_max))
  until [ "$(wc -l 2>/dev/null <"$1")" -ge "$2" ]; do
    [ "$SECONDS" -lt "$deadline" ] || fail "$1 has no $2 lines after $delivery_max s"
    sleep 0.1
  done 2>/dev/null
}

start_server() {
  echo "$ millrace dev --port 0 --data DIR --mail smtp://127.0.0.1:$mail"
  "$millrace" dev --port 0 --data "$scratch/data" --mail "smtp://127.0.0.1:$mail" \
    >"$scratch/server.txt" 2>&1 8>&- &
  server=$!
  local deadline=$((SECONDS + ready_max)) settings="$XDG_CONFIG_HOME/millrace/dev.json" url=
  until [ -n "$url" ] && curl -fsS -m 2 -o /dev/null "$url/healthz" 2>/dev/null; do
    is_running "$server" || fail "the server has ended"
    [ "$SECONDS" -lt "$deadline" ] || fail "the server was not ready within $ready_max s"
    sleep 0.1
    [ ! -s "$settings" ] || url=$(python3 -c 'import json,sys; print(json.load(sys.stdin)["url"])' \
      <"$settings" 2>/dev/null) || url=
  done
  cat "$scratch/server.txt"
}

stop_server() {
  local stopped=$server code=0
  kill -TERM "$stopped"
  await_end "$stopped" || fail "the server did not stop within $stop_max s of SIGTERM"
  server=
  wait "$stopped" || code=$?
  [ "$code" = 0 ] || fail "the server exited with $code after SIGTERM"
  exec 8>&-
  # shellcheck disable=SC2086 # two numbers
  wait $receivers || true
  # Whatever it started has the folder of its data on the command line, or works in it.
  local left
  left=$(processes_in "$scratch")
  [ -z "$left" ] || fail "processes were left behind: $left"
  echo "stopped with exit code 0; no process is left"
}

# The ids of processes that run in a folder or were started with its name.
processes_in() {
  local folder pid
  for folder in /proc/[0-9]*; do
    pid=${folder#/proc/}
    [ "$pid" != "$$" ] || continue
    if [[ "$(readlink "$folder/cwd" 2>/dev/null)" == "$1"* ]] ||
      tr '\0' ' ' <"$folder/cmdline" 2>/dev/null | grep -qF -- "$1"; then
      echo -n "$pid "
    fi
  done
}

begin=$SECONDS

heading "Start the platform in one process"
start_receivers
start_server

heading "Who may do what: make a user, give a role, sign in"
(umask 077 && echo 'seven rivers run east' >"$scratch/password")
show auth register ann --password-file "$scratch/password"
show role grant ann author
show auth login ann --password-file "$scratch/password"
show auth whoami
show_ending 4 user list

heading "Check the examples before anything runs"
show validate examples/ci/ci.yaml examples/data/subdivisions.yaml
show graph examples/ci/ci.yaml

heading "CI: compile and test a C project in a matrix, retry a flaky step"
# Swift brings its own clang: the folder where it lies is searched as well.
path="$(dirname "$(readlink -f "$(command -v "$swift")")"):/usr/local/bin:/usr/bin:/bin"
show run start examples/ci/ci.yaml -i source="$PWD/examples/ci/project" -i path="$path" \
  --watch --timeout "$run_max"
show run get @last
show task logs @last soak --attempt 1
show task logs @last soak --attempt 2
show task logs @last summary
show run explain @last
check ci

heading "Data: split, count side by side, put together"
show run start examples/data/subdivisions.yaml --watch --timeout "$run_max"
show run get @last
show run logs @last
show run explain @last
check data

heading "Release: files go from task to task, people are told, a part runs again"
show notify subscribe deploy-bot --webhook "http://127.0.0.1:$hook/takes/200" -e finished \
  -w release | sed 's/whsec_.*/whsec_…/'
show_ending 1 run start examples/release/release.yaml -i source="$PWD/examples/ci/project" \
  -i target="$scratch/releases" -i path="$path" --watch --timeout "$run_max"
show run explain @last
show artifact list @last
report=$("$millrace" artifact list @last -o json | python3 -c \
  'import json,sys; print(next(a["id"] for a in json.load(sys.stdin) if a["name"] == "junit"))')
show artifact get "$report" --to "$scratch/junit.xml"
cat "$scratch/junit.xml" && echo
mkdir "$scratch/releases"
show run rerun @last --reason 'the folder is there now' --watch --timeout "$run_max"
show run get @last
show artifact verify "$report"
check release
await_lines "$scratch/mails" 2
await_lines "$scratch/hooks" 2
printf '\nWhat the mail server took:\n'
python3 -c 'import json,sys
for mail in map(json.loads, sys.stdin): print("  to", *mail["to"], "-", mail["subject"])' \
  <"$scratch/mails"
printf '\nWhat the webhook receiver took:\n'
python3 -c 'import base64,json,sys
for call in map(json.loads, sys.stdin):
    event = json.loads(base64.b64decode(call["body"]))
    print("  ", dict(call["fields"])["webhook-id"], event["type"], event["subject"])' \
  <"$scratch/hooks"
show notify history

heading "What ran"
show run list

heading "Stop the platform"
stop_server

heading "All examples succeeded, in $((SECONDS - begin)) s"
