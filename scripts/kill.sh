#!/usr/bin/env bash
# Kills `millrace dev --data` with SIGKILL in the middle of runs of 200 tasks, starts it again, and sees
# every run finish: every task with exactly one accepted outcome, no run stuck, no process left behind.
#
# Environment: ROUNDS (20), SEED (a number; printed, so that a failing series can be run again).
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-20}
seed=${SEED:-$(date +%s)}
bin="$("${SWIFT:-swift}" build --show-bin-path)/millrace"
work=$(mktemp -d)
export XDG_CONFIG_HOME="$work/config"
RANDOM=$((seed % 32768))
dev=""

stop() {
  [ -z "$dev" ] || kill -KILL "$dev" 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

fail() {
  echo "kill: $*" >&2
  echo "kill: seed $seed; the last words of the server:" >&2
  tail -n 20 "$work/dev.err" >&2 || true
  exit 1
}

start() {
  rm -f "$work/dev.out"
  "$bin" dev --data "$work/data" --port 0 --slots 8 >"$work/dev.out" 2>>"$work/dev.err" &
  dev=$!
  for _ in $(seq 1 300); do
    grep -q '^ *API' "$work/dev.out" 2>/dev/null && return
    kill -0 "$dev" 2>/dev/null || fail "the server did not start"
    sleep 0.1
  done
  fail "the server was not ready within 30 s"
}

# A task that a process ran carries the mark of this series in its arguments.
mark="millrace-kill-test-$$"
cat >"$work/kill.yaml" <<YAML
version: 1
id: kill-test
tasks:
  fan:
    forEach: "\${{ range(196) }}"
    run: [sh, -c, "sleep 0.0\$((RANDOM % 5)); echo $mark"]
    retry: {rules: [{on: lost, attempts: 20}]}
  first: {run: [sh, -c, "exec sleep 0.2 # $mark"], retry: {rules: [{on: lost, attempts: 20}]}}
  second: {needs: [first], run: ["true"], retry: {rules: [{on: lost, attempts: 20}]}}
  last: {needs: [fan, second], run: [echo, done], retry: {rules: [{on: lost, attempts: 20}]}}
YAML

survivors() { pgrep -f "$mark" | grep -v -x -e "$$" || true; }

echo "kill: $rounds rounds, seed $seed"
start
for round in $(seq 1 "$rounds"); do
  run=$("$bin" run start "$work/kill.yaml" -o name -q)
  delay=$((RANDOM % 1500))
  sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
  kill -KILL "$dev"
  wait "$dev" 2>/dev/null || true
  # The kernel ends what the server had started; give it a moment to do so.
  for _ in $(seq 1 50); do
    [ -z "$(survivors)" ] && break
    sleep 0.1
  done
  [ -z "$(survivors)" ] || fail "round $round: processes outlived the server: $(survivors)"
  start
  "$bin" run watch "$run" -q --timeout 120s || fail "round $round: run $run did not succeed"
  "$bin" run get "$run" -o json >"$work/run.json"
  python3 - "$work/run.json" <<'PY' || fail "round $round: run $run has a wrong outcome"
import json, sys
run = json.load(open(sys.argv[1]))
tasks = run["taskList"]
instances = [t for t in tasks if t["task"].startswith("fan[")]
assert run["state"] == "succeeded", run["state"]
assert len(instances) == 196, len(instances)
assert len({t["task"] for t in tasks}) == len(tasks) == 200, len(tasks)
for task in tasks:
    assert task["state"] == "succeeded", task
    accepted = [a for a in task.get("attempts", []) if a["state"] == "succeeded"]
    assert len(accepted) == (0 if task["task"] == "fan" else 1), task
PY
  echo "kill: round $round of $rounds: killed after $delay ms, run finished"
done
kill -TERM "$dev"
wait "$dev" || fail "the server did not end well on SIGTERM"
dev=""
[ -z "$(survivors)" ] || fail "processes are left: $(survivors)"
echo "kill: $rounds rounds passed"
