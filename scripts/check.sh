#!/usr/bin/env bash
# Runs the named make targets one after the other, says how long each took, stops at the first that
# fails.
set -euo pipefail
cd "$(dirname "$0")/.."

start=$SECONDS
for step in "$@"; do
  echo "== make $step"
  step_start=$SECONDS
  "${MAKE:-make}" "$step" || {
    echo "== make $step failed after $((SECONDS - step_start)) s" >&2
    exit 1
  }
  echo "== make $step: $((SECONDS - step_start)) s"
done
echo "== check: $# steps in $((SECONDS - start)) s"
