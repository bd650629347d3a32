#!/usr/bin/env bash
# Lets the programs that read the files of infra/ say whether they can: promtool the alerts and their
# tests, Envoy the gateway of compose.yml, podman-compose the compose files, Python everything that is
# YAML or JSON.
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
# Envoy reads the files that it is told of, certificates among them.
mkdir -p "$work/secrets" "$work/envoy/certificates"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=rules \
  -keyout "$work/secrets/gateway.key" -out "$work/secrets/gateway.pem" 2>/dev/null
cp "$work/secrets/gateway.pem" "$work/secrets/ca.pem"
echo proof >"$work/secrets/millrace-gateway-token"
for file in envoy.yaml certificates/services.yaml certificates/authority.yaml; do
  sed "s|/run/secrets|$work/secrets|g; s|/etc/envoy|$work/envoy|g" "infra/envoy/$file" \
    >"$work/envoy/$file"
done
envoy=$(echo .venv/lib/python3*/site-packages/envoy/_bin/envoy)
"$envoy" --mode validate --log-level error -c "$work/envoy/envoy.yaml" >"$work/validated" 2>&1 || {
  cat "$work/validated" >&2
  exit 1
}
echo "rules: the gateway of compose.yml is what Envoy takes"
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
