#!/usr/bin/env bash
# A stack of the version before this one, under load: every process is replaced by one of this version
# and then by one of the version before again. No run may be lost.
#
#   scripts/upgrade_check.sh [REVISION]    the version before (default: infra/previous-version)
#
# That version is built in .build/previous/REVISION, where it stays.
set -euo pipefail
cd "$(dirname "$0")/.."

revision=$(git rev-parse --verify "${1:-$(cat infra/previous-version)}^{commit}")
old=$PWD/.build/previous/$revision
if [ ! -x "$old/.build/debug/millrace" ]; then
  echo "upgrade: building $(git log -1 --format='%h %s' "$revision")"
  mkdir -p "$old"
  git archive "$revision" | tar -x -C "$old"
  (cd "$old" && scripts/build.sh --product millrace >/dev/null)
fi
scripts/build.sh --product millrace >/dev/null

folder=$(mktemp -d "${TMPDIR:-/tmp}/millrace-stack.XXXXXX")/stack
# The database runs as somebody else.
chmod 755 "$(dirname "$folder")"
trap '.venv/bin/python3 scripts/stack_run.py down "$folder"; rm -rf "$(dirname "$folder")"' EXIT
export MILLRACE=$old/.build/debug/millrace
.venv/bin/python3 scripts/stack_run.py up "$folder"
.venv/bin/python3 scripts/stack_check.py "$folder" --upgrade --next "$PWD/.build/debug/millrace"
