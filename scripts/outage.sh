#!/usr/bin/env bash
# A receiver of webhooks that is down for a real minute: each message is taken exactly once after it is
# back. The same test runs in `make test` with an outage as short as its conditions allow.
#
# Environment: OUTAGE_SECONDS (60).
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh --build-tests
MILLRACE_OUTAGE_SECONDS=${OUTAGE_SECONDS:-60} "${SWIFT:-swift}" test --skip-build --disable-xctest \
  --filter ReceiverOutageTests
