#!/usr/bin/env bash
# Compares our protobuf codec with Python's protobuf, in both directions, over random messages of
# every type and their mutants, and checks that the golden vectors are what Python says.
# Environment: PYTHON, one that has the protobuf package (default: .venv/bin/python); MESSAGES and SEED.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-.venv/bin/python}
"$python" -c 'import google.protobuf' 2>/dev/null || {
  echo "$python has no protobuf package: run make setup, or set PYTHON" >&2
  exit 1
}
scripts/build.sh --product wirecheck >&2
wirecheck=$PWD/.build/debug/wirecheck

"$python" scripts/conformance.py vectors --check Tests/Ports/Wire/Vectors/golden.json
"$python" scripts/conformance.py compare --wirecheck "$wirecheck" \
  --messages "${MESSAGES:-500}" --seed "${SEED:-1}"
