#!/usr/bin/env bash
# Builds the images of infra/docker/Dockerfile and runs what is in them: every service under podman, as
# nobody, with a root that cannot be written to, beside the servers of infra/local (infra/compose.host.yml).
#
# No image can be pulled here, so the base is a stand-in made by debootstrap, and the program is built by
# the toolchain of this machine instead of in the first stage. Everything behind that stage is built as it
# stands. The containers share the host's network; conditions and limits are those of compose.host.yml.
#
# Needs podman, buildah, runc and debootstrap, and root. CONFIGURATION=debug takes the debug build.
set -euo pipefail
cd "$(dirname "$0")/.."

configuration=${CONFIGURATION:-debug}
base=docker.io/library/debian:bookworm-slim
services=(iam workflow metadata notification artifact scheduler worker)
work=$(mktemp -d "${TMPDIR:-/tmp}/millrace-images.XXXXXX")
export CONTAINERS_CONF=$PWD/infra/docker/containers.conf
podman=(podman --runtime runc)

finish() {
  "${compose[@]}" down -t 5 >>"$work/down.log" 2>&1 || true
  [ ! -d "$work/stack" ] || .venv/bin/python3 scripts/stack_run.py down "$work/stack" || true
  rm -rf "$work"
}
compose=(true)
trap finish EXIT

fail() {
  echo "images: $*" >&2
  exit 1
}

for program in podman buildah debootstrap runc; do
  command -v "$program" >/dev/null || fail "$program is missing; run scripts/setup.sh"
done

stand_in() {
  "${podman[@]}" image exists "$base" && return
  local mirror
  mirror=$(apt-get indextargets --format '$(SITE)' | grep -v security | sort -u | head -n 1)
  echo "images: making a stand-in for $base"
  debootstrap --variant=minbase bookworm "$work/root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
    fail "debootstrap: $(tail -n 1 "$work/debootstrap.log")"
  cp /etc/apt/sources.list "$work/root/etc/apt/sources.list" 2>/dev/null || true
  tar -C "$work/root" -c . | "${podman[@]}" import -q - "$base" >/dev/null
  rm -rf "$work/root"
}

# The stage that compiles is replaced by the program that is there already; the rest stays.
build() {
  "${SWIFT:-swift}" build --scratch-path .build/static -c "$configuration" --product millrace --static-swift-stdlib >"$work/build.log" 2>&1 ||
    fail "$(tail -n 3 "$work/build.log")"
  mkdir -p "$work/context/infra"
  cp -r infra/docker "$work/context/infra/docker"
  install -s "$("${SWIFT:-swift}" build --scratch-path .build/static -c "$configuration" --show-bin-path)/millrace" "$work/context/millrace"
  awk '/^FROM .* AS build$/ { print "FROM scratch AS build\nCOPY millrace /out/millrace"; skip = 1; next }
    /^FROM / { skip = 0 } !skip' infra/docker/Dockerfile >"$work/context/Dockerfile"
  local service
  for service in "${services[@]}"; do
    buildah bud --isolation chroot --pull-never --layers --target "$service" \
      --build-arg "REVISION=$(git rev-parse --short HEAD)" -t "millrace-$service:dev" \
      -f "$work/context/Dockerfile" "$work/context" >"$work/$service.log" 2>&1 ||
      fail "$service: $(tail -n 3 "$work/$service.log")"
    echo "images: millrace-$service: $("${podman[@]}" image inspect "millrace-$service:dev" \
      --format '{{.Size}} bytes, user {{.Config.User}}')"
  done
}

# What is in an image is told by itself, and every library that the program asks for is there.
look() {
  local service
  for service in "${services[@]}"; do
    "${podman[@]}" run --rm --read-only --network host --entrypoint /bin/sh "millrace-$service:dev" -c '
      set -e
      [ "$(id -u)" = 10001 ] || { echo "it runs as $(id -u)"; exit 1; }
      ! touch /usr/local/bin/x 2>/dev/null || { echo "its root can be written to"; exit 1; }
      ! ldd /usr/local/bin/millrace | grep "not found"
      [ -x /usr/bin/tini ]
      grep -q "\"name\":\"millrace\"" /usr/share/millrace/sbom.spdx.json' ||
      fail "$service is not as it should be"
    "${podman[@]}" run --rm --entrypoint cat "millrace-$service:dev" /usr/share/millrace/sbom.spdx.json |
      python3 -c 'import json, sys; found = json.load(sys.stdin)["packages"]; assert len(found) > 20' ||
      fail "$service has no list of what is in it"
  done
  # Only who speaks to MongoDB has its library.
  for service in "${services[@]}"; do
    if "${podman[@]}" run --rm --entrypoint /bin/sh "millrace-$service:dev" -c 'ls /usr/lib/*/libmongoc-1.0.so.0' \
      >/dev/null 2>&1; then
      [ "$service" = metadata ] || fail "$service has the library of MongoDB"
    else
      [ "$service" != metadata ] || fail "metadata lacks the library of MongoDB"
    fi
  done
}

stand_in
build
look
chmod 755 "$work"
.venv/bin/python3 scripts/stack_run.py servers "$work/stack"
# Secrets are for the user of the images alone.
chown -R 10001 "$work/stack/secrets"
chmod 755 "$work/stack"
compose=(env SECRETS="$work/stack/secrets" $(cat "$work/stack/at.env") .venv/bin/podman-compose
  --podman-run-args "--runtime runc" -f infra/compose.host.yml -p millrace-images)
"${compose[@]}" up -d >"$work/up.log" 2>&1 || fail "$(tail -n 5 "$work/up.log")"
.venv/bin/python3 scripts/stack_run.py await "$work/stack" ||
  fail "$("${podman[@]}" ps -a --format '{{.Names}} {{.Status}}' | tr '\n' ';')"
echo "images: every service is ready in its container"
