#!/usr/bin/env bash
# A stack in a folder of its own: started, used, its processes killed once each, ended.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d "${TMPDIR:-/tmp}/millrace-stack.XXXXXX")/stack
# The database runs as somebody else.
chmod 755 "$(dirname "$folder")"
trap '.venv/bin/python3 scripts/stack_run.py down "$folder"; rm -rf "$(dirname "$folder")"' EXIT

begun=$SECONDS
.venv/bin/python3 scripts/stack_run.py up "$folder"
echo "stack-check: it is up after $((SECONDS - begun)) s"
.venv/bin/python3 scripts/stack_check.py "$folder"
