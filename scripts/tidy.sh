#!/usr/bin/env bash
# Builds tidy, optimised because it reads the whole tree, and runs it with the package's manifest.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .build/tidy .build/log
manifest=.build/tidy/manifest.json

"${SWIFT:-swift}" build -c release --product tidy >.build/log/tidy.txt 2>&1 || {
  cat .build/log/tidy.txt >&2
  exit 1
}
if [ ! -s "$manifest" ] || [ Package.swift -nt "$manifest" ]; then
  "${SWIFT:-swift}" package dump-package >"$manifest.new"
  mv "$manifest.new" "$manifest"
fi
exec .build/release/tidy --manifest "$manifest" "$@"
