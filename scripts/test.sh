#!/usr/bin/env bash
# Builds and runs the tests. An argument filters them by name.
#
# Passing is judged by the closing line of the run, not by the exit code alone: a run that finds
# no test, or that dies on the way, fails. The full output is in .build/log/test.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .build/log
log=.build/log/test.txt
seconds_max=${TEST_SECONDS_MAX:-1500}

scripts/build.sh --build-tests

# The servers that adapters are tested on, with data that nobody keeps.
servers=$(mktemp -d)
chmod 755 "$servers"
stop_servers() {
  infra/local/postgresql.sh stop "$servers/postgresql"
  infra/local/kafka.sh stop "$servers/noida"
  infra/local/kafka.sh stop "$servers/tansu"
  infra/local/mongodb.sh stop "$servers/mongodb"
  infra/local/objects.sh stop "$servers/objects"
  rm -rf "$servers"
}
trap stop_servers EXIT
MILLRACE_POSTGRESQL=$(infra/local/postgresql.sh start "$servers/postgresql")
MILLRACE_KAFKA_NOIDA=$(infra/local/kafka.sh start noida "$servers/noida")
MILLRACE_KAFKA_TANSU=$(infra/local/kafka.sh start tansu "$servers/tansu")
MILLRACE_MONGODB=$(infra/local/mongodb.sh start "$servers/mongodb")
MILLRACE_S3=$(infra/local/objects.sh start "$servers/objects")
MILLRACE_S3_SECURE=$(infra/local/objects.sh secure "$servers/objects")
export MILLRACE_POSTGRESQL MILLRACE_KAFKA_NOIDA MILLRACE_KAFKA_TANSU MILLRACE_MONGODB MILLRACE_S3
export MILLRACE_S3_SECURE

arguments=(--skip-build --parallel --disable-xctest)
[ $# = 0 ] || arguments+=(--filter "$1")

status=0
timeout --kill-after=10 "$seconds_max" "${SWIFT:-swift}" test "${arguments[@]}" 2>&1 |
  tee "$log" | awk '
    BEGIN { next_time = systime() + 5 }
    /^✔ Test .* passed after/ && !/^✔ Test run/ { passed++ }
    passed && systime() >= next_time {
      print "  " passed " tests passed so far"; fflush(); next_time = systime() + 5
    }
    /✘|error:|Fatal error|[Pp]recondition failed|Program crashed|unexpected signal/ {
      print; fflush(); is_broken = 1; next
    }
    /^↳/ && is_broken { print; fflush(); next }
    { is_broken = 0 }
  ' || status=$?

closing=$(grep -aE '^[^ ]+ Test run with [0-9]+ tests? ' "$log" | tail -n 1 || true)
if [ "$status" = 124 ]; then
  echo "test: not done after $seconds_max s; see $log" >&2
  exit 1
elif [ -z "$closing" ]; then
  echo "test: the run died before its end; see $log" >&2
  exit 1
elif [[ $closing =~ with\ 0\ tests ]]; then
  echo "test: no test was run${1:+ by the name of $1}; see $log" >&2
  exit 1
elif [ "$status" != 0 ] || ! [[ $closing =~ \ passed\ after ]]; then
  echo "test: $closing; see $log" >&2
  exit 1
fi
# A whole run says what the tests of security have counted.
[ $# != 0 ] || scripts/security_counts.sh "$log"
echo "  ${closing#* }"
