#!/usr/bin/env bash
# Starts `millrace dev` and tests it with requests that schemathesis makes of api/openapi.json, as each
# role: thousands of them, always the same unless --seed N says otherwise. --short makes a few hundred.
set -euo pipefail
cd "$(dirname "$0")/.."

bin="$("${SWIFT:-swift}" build --show-bin-path)/millrace"
work=$(mktemp -d)
export XDG_CONFIG_HOME="$work/config"
"$bin" dev --port 0 >"$work/dev.out" 2>"$work/dev.err" &
dev=$!
trap 'kill -KILL "$dev" 2>/dev/null || true; rm -rf "$work"' EXIT

for _ in $(seq 1 300); do
  grep -q '^ *API' "$work/dev.out" && break
  kill -0 "$dev" 2>/dev/null || { cat "$work/dev.err" >&2; exit 1; }
  sleep 0.1
done

file="$XDG_CONFIG_HOME/millrace/dev.json"
url=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["url"])' "$file")
.venv/bin/python3 scripts/fuzz_api.py "$url" "$file" "$@"
# Whatever was answered: the server itself must not have met what it did not expect.
if grep '"level":"error"' "$work/dev.err" >&2; then
  echo "fuzz: the server logged errors" >&2
  exit 1
fi
kill -TERM "$dev"
wait "$dev" || { echo "fuzz: the server did not end well" >&2; exit 1; }
trap 'rm -rf "$work"' EXIT
