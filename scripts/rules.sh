#!/usr/bin/env bash
# Lets the programs that read the files of infra/ say whether they can: promtool the alerts and their
# tests, podman-compose the compose files, Python everything that is YAML or JSON.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

scripts/stack.py check
promtool check rules infra/prometheus/rules/*.yaml
promtool test rules infra/prometheus/tests/*.yaml
# Secrets are there only in an installation.
sed 's|/run/secrets/[a-z.-]*|/dev/null|' infra/prometheus/prometheus.yaml >"$work/prometheus.yaml"
cp -r infra/prometheus/rules "$work/rules"
promtool check config --syntax-only "$work/prometheus.yaml"
# It wants to see an engine, also when it only reads.
command -v podman >/dev/null || {
  mkdir "$work/bin"
  printf '#!/bin/sh\necho podman version 4.3.1\n' >"$work/bin/podman"
  chmod +x "$work/bin/podman"
  PATH=$work/bin:$PATH
}
for file in compose.yml infra/compose.host.yml; do
  AT_KAFKA=a AT_MAIL=b SECRETS=/dev/null .venv/bin/podman-compose -f "$file" --profile full config \
    >"$work/config"
  echo "rules: $file has $(grep -c '^  [a-z0-9-]*:$' "$work/config") entries"
done
.venv/bin/python3 scripts/infra_files.py
