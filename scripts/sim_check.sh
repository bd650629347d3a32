#!/usr/bin/env bash
# A thousand worlds, scenarios, and what shows that the simulator can be believed: a canary that must
# be noticed, the same way in two processes and in two builds, planted bugs that must be found.
#
# Environment: SEED (1), SEEDS (1000), EACH (20, worlds of each scenario), RESTORES (54), JOBS (2),
# MUTANTS (names; empty for none).
set -euo pipefail
cd "$(dirname "$0")/.."

sim=.build/sim/release/sim
debug="$("${SWIFT:-swift}" build --show-bin-path)/sim"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "sim-check: $*" >&2
  exit 1
}

# expect CODE WORDS…: runs `sim`, which must end with CODE.
expect() {
  local wanted=$1 code=0
  shift
  "$sim" "$@" >"$work/out" 2>"$work/err" || code=$?
  [ "$code" = "$wanted" ] || {
    tail -n 5 "$work/out" "$work/err" >&2
    fail "\`sim $*\` ended with $code, not $wanted"
  }
}

# What a world came to does not matter here, only how it went.
trace() { { "$@" 2>/dev/null || true; } | tail -n 1; }

echo "sim-check: what is wrong is said"
expect 2 run --profile nothing
expect 2 fly
expect 66 run --scenario no-such-scenario
printf 'scenario: x\ndoes: y\nwolrd: {}\n' >"$work/x.yaml"
expect 66 run --scenario "$work/x.yaml"
grep -q "$work/x.yaml:3:1: there is no key" "$work/err" || fail "the place is not said"
printf '{"version":2,"seed":"1"' >"$work/cut.json"
expect 66 replay "$work/cut.json"

echo "sim-check: a world that is made to fail is noticed, kept, and explained"
expect 17 run --from 10 --seeds 1 --profile quiet --canary --failures "$work/failures"
expect 17 run --from 10 --seeds 12 --canary --failures "$work/failures"
grep -q '2 × canary' "$work/out" || fail "not two canaries in twelve worlds"
expect 0 replay "$work"/failures/canary/quiet-10.json --until 0
expect 14 run --from 1 --seeds 1000 --time-limit 1 --failures "$work/failures"

echo "sim-check: one seed goes one way: twice, in debug and release, with any hashing"
seed=${SEED:-1}
for profile in swarm zombie unknown-outcome; do
  seed=$((seed + 100))
  first=$(trace "$sim" replay "$seed" --profile "$profile" --until 0)
  [[ $first == trace* ]] || fail "$profile $seed has no trace"
  [ "$(trace "$sim" replay "$seed" --profile "$profile" --until 0)" = "$first" ] ||
    fail "$profile $seed goes two ways"
  [ "$(SWIFT_DETERMINISTIC_HASHING=1 trace "$sim" replay "$seed" --profile "$profile" --until 0)" = "$first" ] ||
    fail "$profile $seed depends on hashing"
  [ "$(trace "$debug" replay "$seed" --profile "$profile" --until 0)" = "$first" ] ||
    fail "$profile $seed goes another way in a debug build"
done

echo "sim-check: ${SEEDS:-1000} worlds of all profiles, ${EACH:-20} of each scenario"
"$sim" run --from "${SEED:-1}" --seeds "${SEEDS:-1000}" --jobs "${JOBS:-2}"
"$sim" run --scenario scenarios --from "${SEED:-1}" --seeds "$((${EACH:-20} * $(find scenarios -name '*.yaml' | wc -l)))" --jobs "${JOBS:-2}"

echo "sim-check: disasters, and stores from three moments"
"$sim" restore --from "${SEED:-1}" --seeds "${RESTORES:-54}"

# Those that the first worlds find.
sample="acknowledged-first claims-of-others claims-unguarded ends-overwritten epochs-stay finally-at-once
  history-committed-first one-budget one-slot-more paused-offers permits-kept store-drops-guards
  strangers-let-in unknown-delivered voids-skipped"
if [ -n "${MUTANTS=$sample}" ]; then
  echo "sim-check: a sample of the mutants"
  # shellcheck disable=SC2086
  .venv/bin/python3 scripts/mutants.py $MUTANTS --seconds 120
fi
