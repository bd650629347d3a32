#!/usr/bin/env bash
# Builds everything and says how far it is: one line every few seconds, and every error.
# Arguments go to `swift build`. The full output is in .build/log/build.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .build/log

"${SWIFT:-swift}" build "$@" 2>&1 | tee .build/log/build.txt | awk '
  BEGIN { next_time = systime() + 5 }
  /error:|warning:/ && !seen[$0]++ { print; fflush(); next }
  /^\[[0-9]+\/[0-9]+\]/ && systime() >= next_time {
    print "  " $1 " " $2 " " $3; fflush(); next_time = systime() + 5
  }
  /^(Build complete|Build of product)/ { print "  " $0; fflush() }
'
