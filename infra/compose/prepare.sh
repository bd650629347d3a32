#!/usr/bin/env bash
# Makes the secrets that compose.yml reads, once: keys, passwords, certificates, addresses with
# passwords. Nothing that is there is made anew.
#
#   infra/compose/prepare.sh    into infra/compose/secrets, for the users of the images
#
# MILLRACE is the program; without it that of the image is taken. Give the files to the users of the
# containers afterwards, as it says.
set -euo pipefail
cd "$(dirname "$0")"

umask 077
mkdir -p secrets
program() {
  if [ -n "${MILLRACE:-}" ]; then
    "$MILLRACE" "$@"
  else
    docker run --rm --user "$(id -u)" -v "$PWD/secrets:/secrets" -w / millrace-iam:dev "$@"
  fi
}
where=$([ -n "${MILLRACE:-}" ] && echo "$PWD/secrets" || echo /secrets)

# once FILE COMMAND…: what the command prints, unless the file is there.
once() {
  local file=secrets/$1
  shift
  [ -s "$file" ] && return
  "$@" >"$file.new"
  mv "$file.new" "$file"
}

password() { head -c 24 /dev/urandom | base64 | tr -d '/+=\n'; }

once service-key head -c 32 /dev/urandom
once master-key head -c 32 /dev/urandom
once first-admin-token program admin first-admin-token
for name in postgresql mongodb minio grafana iam workflow scheduler notification artifact; do
  once "$name-password" password
done
once mongodb-keyfile bash -c 'head -c 48 /dev/urandom | base64 | tr -d "\n"'

address() { printf 'postgresql://%s:%s@postgresql:5432/millrace\n' "$1" "$(cat "secrets/$2-password")"; }
once database-owner address millrace postgresql
roles() {
  local name
  for name in iam workflow scheduler notification artifact; do
    printf "CREATE ROLE millrace_%s LOGIN PASSWORD '%s';\n" "$name" "$(cat "secrets/$name-password")"
  done
}
once postgresql-roles.sql roles
for name in iam workflow scheduler notification artifact; do
  once "database-$name" address "millrace_$name" "$name"
done
once mongodb printf 'mongodb://millrace:%s@mongodb:27017/millrace?replicaSet=rs0&authSource=admin\n' \
  "$(cat secrets/mongodb-password)"
once s3 printf 'http://millrace:%s@minio:9000/millrace?region=us-east-1\n' "$(cat secrets/minio-password)"

[ -s secrets/gateway.pem ] ||
  program admin certs --to "$where" gateway prometheus iam workflow metadata notification artifact \
    scheduler worker --host scheduler-0 --host scheduler-1 --host worker-0 --host worker-1 >/dev/null
[ -s secrets/gateway-token ] ||
  program admin gateway-token --service-key "$where/service-key" --to "$where/gateway-token"
# Made by hand once there is somebody: a token of an account without a role.
[ -e secrets/prometheus-token ] || : >secrets/prometheus-token

# Each file belongs to the user of the container that reads it; certificates are no secret.
owner() {
  case $1 in
    postgresql-* | mongodb-*) echo 999 ;;
    minio-password) echo 1000 ;;
    grafana-password) echo 472 ;;
    prometheus.key | prometheus-token) echo 65534 ;;
    *) echo 10001 ;;
  esac
}
chmod 755 secrets
chmod 644 secrets/*.pem
if [ "$(id -u)" = 0 ]; then
  for file in secrets/*; do chown "$(owner "${file#secrets/}")" "$file"; done
  echo "prepare: infra/compose/secrets is there"
else
  echo "prepare: infra/compose/secrets is there; run this again as root, so that each file belongs to the user that reads it"
fi
