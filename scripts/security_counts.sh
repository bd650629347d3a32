#!/usr/bin/env bash
# Shows what the tests of security have counted in a whole run of the tests, whose output is in the
# file named; fails when one of them has said nothing. See docs/security-tests.md.
set -euo pipefail

status=0
for name in T-INJ T-S3 T-SSRF T-WH T-SANDBOX T-CANARY; do
  lines=$(grep -aE "^$name: [0-9]" "$1" | sort -u || true)
  if [ -z "$lines" ]; then
    echo "test: $name has counted nothing" >&2
    status=1
  else
    echo "$lines"
  fi
done
exit "$status"
