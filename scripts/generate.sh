#!/usr/bin/env bash
# Writes the Swift of proto/ into Sources/Ports/Contracts/Generated, and that of the codec's test
# messages into Tests/Support/Wire/Generated.
# With --check it writes elsewhere and fails when the committed files differ.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
scripts/build.sh --product protogen >&2
protogen=$PWD/.build/debug/protogen

# generate ROOT TARGET CATALOGUE: every .proto below ROOT becomes a Swift file in TARGET, and one
# more lists every message.
generate() {
  local root=$1 target=$2 catalogue=$3 out="$work/out"
  find "$root" -name '*.proto' -printf '%P\n' | LC_ALL=C sort | (cd "$root" && xargs protoc \
    --include_imports --include_source_info --descriptor_set_out="$work/set" -I .)
  rm -rf "$out"
  "$protogen" --descriptor "$work/set" --output "$out" --catalogue "$catalogue"
  "${SWIFT:-swift}" format --in-place --recursive "$out"
  if [ "${check:-}" = yes ]; then
    diff -ru "$target" "$out" || {
      echo "$target does not fit $root: run make generate and commit the result" >&2
      exit 1
    }
  else
    rm -rf "$target"
    mkdir -p "$(dirname "$target")"
    cp -r "$out" "$target"
  fi
}

[ "${1:-}" != --check ] || check=yes
generate proto Sources/Ports/Contracts/Generated ContractCatalogue
generate Tests/Ports/Wire/Vectors/proto Tests/Support/Wire/Generated CodecCatalogue
