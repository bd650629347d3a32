#!/usr/bin/env bash
# Checks (--check) or rewrites (--fix) the format of all Swift files but generated ones.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
  --check) action=(lint --strict) ;;
  --fix) action=(format --in-place) ;;
  *)
    echo "usage: scripts/format.sh --check | --fix" >&2
    exit 2
    ;;
esac

mapfile -d '' -t files < <(
  find Package.swift Sources Simulation Tests -name '*.swift' -not -path '*/Generated/*' -print0
)
"${SWIFT:-swift}" format "${action[@]}" --parallel "${files[@]}" || {
  echo "format: run make format-fix, then mend by hand what is left" >&2
  exit 1
}
echo "format: ${#files[@]} files"
