#!/usr/bin/env bash
# Builds `sim` for speed: optimized across modules and in one piece, apart from other builds.
# Arguments go to `swift build`; SCRATCH is where it builds.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh -c release --product sim --scratch-path "${SCRATCH:-.build/sim}" \
  --static-swift-stdlib -Xswiftc -cross-module-optimization "$@"
