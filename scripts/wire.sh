#!/usr/bin/env bash
# Drives a running `millrace dev` with curl over HTTP/1.1 and HTTP/2 and with Python's grpcio, as any
# client would: what works, and what must be refused with a problem document of RFC 9457. At the
# end every operation of api/openapi.json is called, and its answers are held against it.
set -euo pipefail
cd "$(dirname "$0")/.."

bin="$("${SWIFT:-swift}" build --show-bin-path)/millrace"
work=$(mktemp -d)
export XDG_CONFIG_HOME="$work/config"
"$bin" dev --port 0 >"$work/dev.out" 2>"$work/dev.err" &
dev=$!
trap 'kill -KILL "$dev" 2>/dev/null || true; rm -rf "$work"' EXIT

for _ in $(seq 1 300); do
  grep -q '^ *API' "$work/dev.out" && break
  kill -0 "$dev" 2>/dev/null || { cat "$work/dev.err" >&2; exit 1; }
  sleep 0.1
done

file="$XDG_CONFIG_HOME/millrace/dev.json"
[ "$(stat -c %a "$file")" = 600 ] || { echo "wire: the token file is not for its owner alone" >&2; exit 1; }
url=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["url"])' "$file")
token=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["token"])' "$file")
passed=0

# expect STATUS NAME CURL-ARGUMENTS…: the body is left in $work/body.
expect() {
  local wanted=$1 name=$2 status
  shift 2
  status=$(curl -sS --max-time 30 -o "$work/body" -D "$work/head" -w '%{http_code}' "$@") || status="curl $?"
  if [ "$status" != "$wanted" ]; then
    echo "wire: $name: $status instead of $wanted" >&2
    cat "$work/body" >&2
    exit 1
  fi
  if [ "${wanted:0:1}" = 4 ] && [ "$wanted" != 431 ]; then
    grep -qi '^content-type: application/problem+json' "$work/head" || {
      echo "wire: $name: no problem document" >&2
      exit 1
    }
  fi
  passed=$((passed + 1))
}

# field NAME: a member of the last body.
field() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/body" "$1"; }

# same NAME ACTUAL EXPECTED
same() {
  [ "$2" = "$3" ] || { echo "wire: $1: '$2' instead of '$3'" >&2; exit 1; }
  passed=$((passed + 1))
}

auth=(-H "Authorization: Bearer $token")
json=(-H 'Content-Type: application/json')
yaml=(-H 'Content-Type: application/yaml')

# Who may come in.
expect 200 'health needs nobody' "$url/healthz"
for route in /v1/runs /v1/workflows /v1/jobs /v1/nothing; do
  expect 401 "no token at $route" "$url$route"
  expect 401 "a wrong token at $route" -H 'Authorization: Bearer nothing' "$url$route"
done
grep -qi '^www-authenticate: Bearer' "$work/head" || { echo "wire: no challenge" >&2; exit 1; }
expect 401 'two credentials' "${auth[@]}" "${auth[@]}" "$url/v1/runs"
expect 404 'an unknown path' "${auth[@]}" "$url/v1/nothing"
expect 405 'a wrong method' "${auth[@]}" -X PUT "$url/v1/runs"
expect 400 'a path with dots' --path-as-is "${auth[@]}" "$url/v1/../v1/runs"
expect 400 'an encoded slash' "${auth[@]}" "$url/v1/runs%2f"

# Definitions.
cat >"$work/good.yaml" <<'YAML'
version: 1
id: wire
inputs: {who: {type: string, pattern: "[a-z]+"}}
tasks:
  say: {run: [echo, "hello ${{ inputs.who }}"]}
YAML
expect 201 'apply' "${auth[@]}" "${yaml[@]}" --data-binary "@$work/good.yaml" "$url/v1/workflows"
version=$(field version)
expect 200 'apply the same' "${auth[@]}" "${yaml[@]}" --data-binary "@$work/good.yaml" "$url/v1/workflows"
same 'the same version' "$(field version)" "$version"
printf 'version: 1\nid: wire\ntasks: {a: {run: x, needs: [b]}, b: {run: x, needs: [a]}}\n' >"$work/cycle.yaml"
expect 422 'a cycle' "${auth[@]}" "${yaml[@]}" --data-binary "@$work/cycle.yaml" "$url/v1/workflows"
expect 415 'a wrong content type' "${auth[@]}" -H 'Content-Type: text/plain' --data x "$url/v1/workflows"
head -c 5000000 /dev/zero | tr '\0' '#' >"$work/large.yaml"
expect 413 'a definition that is too large' "${auth[@]}" "${yaml[@]}" -H 'Expect:' \
  --data-binary "@$work/large.yaml" "$url/v1/workflows"
{ cat "$work/good.yaml"; echo 'description: changed'; } >"$work/changed.yaml"
expect 304 'what the client has' "${auth[@]}" -H "If-None-Match: \"$version\"" \
  "$url/v1/workflows/default/wire"
expect 412 'a stale version' "${auth[@]}" "${yaml[@]}" -H 'If-Match: "other"' \
  --data-binary "@$work/changed.yaml" "$url/v1/workflows"

# Runs.
start='{"workflow":"wire","inputs":{"who":"world"}}'
expect 202 'start and wait' "${auth[@]}" "${json[@]}" --data "$start" "$url/v1/runs?wait=20s"
run=$(field id)
same 'the run succeeded' "$(field state)" succeeded
expect 202 'start with a key' "${auth[@]}" "${json[@]}" -H 'Idempotency-Key: one' --data "$start" "$url/v1/runs"
first=$(field id)
expect 202 'the same key again' "${auth[@]}" "${json[@]}" -H 'Idempotency-Key: one' --data "$start" "$url/v1/runs"
same 'the same run' "$(field id)" "$first"
expect 409 'the key for another request' "${auth[@]}" "${json[@]}" -H 'Idempotency-Key: one' \
  --data '{"workflow":"wire","inputs":{"who":"moon"}}' "$url/v1/runs"
expect 422 'an input that does not match' "${auth[@]}" "${json[@]}" \
  --data '{"workflow":"wire","inputs":{"who":"7"}}' "$url/v1/runs"
expect 400 'an unknown member' "${auth[@]}" "${json[@]}" --data '{"workflow":"wire","x":1}' "$url/v1/runs"
expect 400 'a duplicate member' "${auth[@]}" "${json[@]}" \
  --data '{"workflow":"wire","workflow":"x"}' "$url/v1/runs"
expect 400 'broken JSON' "${auth[@]}" "${json[@]}" --data '{"workflow"' "$url/v1/runs"
expect 404 'an unknown workflow' "${auth[@]}" "${json[@]}" --data '{"workflow":"none"}' "$url/v1/runs"
expect 404 'an unknown run' "${auth[@]}" "$url/v1/runs/run_00000000000000000000000000"
expect 409 'cancel what has ended' "${auth[@]}" -X POST "$url/v1/runs/$run/cancel"
expect 400 'an unknown parameter' "${auth[@]}" "$url/v1/runs?colour=red"
expect 400 'a limit out of bounds' "${auth[@]}" "$url/v1/runs?limit=201"
expect 400 'a cursor that was made up' "${auth[@]}" "$url/v1/runs?cursor=00-00"
expect 200 'a page of runs' "${auth[@]}" "$url/v1/runs?limit=1"
cursor=$(field nextCursor)
expect 200 'the next page' "${auth[@]}" "$url/v1/runs?limit=1&cursor=$cursor"

# Logs and events.
expect 200 'the log as text' "${auth[@]}" "$url/v1/runs/$run/tasks/say/logs"
same 'what the task said' "$(cat "$work/body")" 'hello world'
expect 200 'the log as documents' "${auth[@]}" -H 'Accept: application/x-ndjson' \
  "$url/v1/runs/$run/tasks/say/attempts/1/logs"
same 'the first line' "$(field text)" 'hello world'
expect 200 'the log as events' "${auth[@]}" -H 'Accept: text/event-stream' "$url/v1/runs/$run/tasks/say/logs?follow=true"
grep -q '^event: end' "$work/body" || { echo "wire: the stream has no end" >&2; exit 1; }
expect 406 'a form that logs do not have' "${auth[@]}" -H 'Accept: image/png' "$url/v1/runs/$run/tasks/say/logs"
expect 200 'the events of a run' "${auth[@]}" "$url/v1/runs/$run/events"
grep -q '"state":"succeeded"' "$work/body" || { echo "wire: no final state" >&2; exit 1; }
expect 200 'why it is so' "${auth[@]}" "$url/v1/runs/$run/explain"

# History.
expect 200 'a filter' "${auth[@]}" -G "$url/v1/jobs" --data-urlencode 'filter=workflow = wire AND created > -1h'
grep -q '"workflow":"wire"' "$work/body" || { echo "wire: the filter finds nothing" >&2; exit 1; }
expect 400 'a filter that is none' "${auth[@]}" -G "$url/v1/jobs" --data-urlencode 'filter=sate = failed'
grep -q '"column":1' "$work/body" || { echo "wire: the fault has no column" >&2; exit 1; }

# Artifacts.
printf 'some bytes of a file' >"$work/file"
sum=$(sha256sum "$work/file" | cut -d' ' -f1)
repr="sha-256=:$(openssl dgst -sha256 -binary "$work/file" | base64 -w0):"
expect 411 'an upload of unknown size' "${auth[@]}" -T - -H 'Transfer-Encoding: chunked' "$url/v1/runs/$run/artifacts/a.txt" <"$work/file"
expect 201 'an upload' "${auth[@]}" -H "Repr-Digest: $repr" -H 'Content-Type: text/plain' -T "$work/file" "$url/v1/runs/$run/artifacts/a.txt"
artifact=$(field id)
same 'its checksum' "$(field sha256)" "$sum"
expect 200 'the same again' "${auth[@]}" -T "$work/file" "$url/v1/runs/$run/artifacts/a.txt"
same 'the same artifact' "$(field id)" "$artifact"
expect 409 'another content' "${auth[@]}" --upload-file "$file" "$url/v1/runs/$run/artifacts/a.txt"
expect 422 'a wrong digest' "${auth[@]}" -H "Content-Digest: $repr" -T "$file" "$url/v1/runs/$run/artifacts/b.txt"
expect 422 'a name of a device' "${auth[@]}" -T "$work/file" "$url/v1/runs/$run/artifacts/con"
expect 400 'a path in a name' "${auth[@]}" --path-as-is -T "$work/file" "$url/v1/runs/$run/artifacts/..%2fb"
expect 200 'the content' "${auth[@]}" "$url/v1/artifacts/$artifact/content"
same 'the bytes' "$(cat "$work/body")" 'some bytes of a file'
grep -qi '^content-disposition: attachment; filename="a.txt"' "$work/head" || { echo "wire: no disposition" >&2; exit 1; }
grep -qi "^repr-digest: $(printf '%s' "$repr" | sed 's/[+/]/\\&/g')" "$work/head" || { echo "wire: no digest" >&2; exit 1; }
expect 206 'a range' "${auth[@]}" -r 5-9 "$url/v1/artifacts/$artifact/content"
same 'the bytes of it' "$(cat "$work/body")" 'bytes'
expect 206 'the last bytes' "${auth[@]}" -r -4 "$url/v1/artifacts/$artifact/content"
same 'the bytes of them' "$(cat "$work/body")" 'file'
expect 416 'a range behind the end' "${auth[@]}" -r 20- "$url/v1/artifacts/$artifact/content"
expect 200 'a head' "${auth[@]}" -I "$url/v1/artifacts/$artifact/content"
expect 304 'what is known' "${auth[@]}" -H "If-None-Match: \"sha256-$sum\"" "$url/v1/artifacts/$artifact/content"
expect 201 'a link' "${auth[@]}" "${json[@]}" --data '{"expiresIn":"60s"}' "$url/v1/artifacts/$artifact/download-link"
link=$(field url)
expect 200 'what the link leads to' "$link"
same 'the bytes behind it' "$(cat "$work/body")" 'some bytes of a file'
expect 403 'a link that was changed' "${link%?}"
expect 403 'another method' -T "$work/file" "$link"
expect 401 'no link and no token' "$url/v1/artifacts/$artifact/content"
head -c 20000000 /dev/urandom >"$work/large"
large=$("$bin" artifact put "$work/large" --run "$run" -o name)
"$bin" artifact get "$large" --to "$work/again" --quiet
cmp "$work/large" "$work/again" || { echo "wire: a large file came back changed" >&2; exit 1; }
same 'a large file is whole' "$("$bin" artifact verify "$large")" "$large: ok"
same 'the files of the run' "$("$bin" artifact ls "$run" -o name | sort | tr '\n' ' ')" "$(printf '%s\n' "$artifact" "$large" | sort | tr '\n' ' ')"
expect 200 'what the verb links to' "$("$bin" artifact url "$artifact" --expires 60s)"
expect 204 'a deletion' "${auth[@]}" -X DELETE "$url/v1/artifacts/$large"
expect 404 'what was deleted' "${auth[@]}" "$url/v1/artifacts/$large"

# What is no HTTP.
expect 431 'too many header bytes' "${auth[@]}" -H "X-Long: $(head -c 40000 /dev/zero | tr '\0' a)" "$url/healthz"

# HTTP/2 at the same port, with prior knowledge.
h2=(--http2-prior-knowledge)
expect 200 'HTTP/2: health' "${h2[@]}" "$url/healthz"
same 'the version of the answer' "$(head -c 6 "$work/head")" 'HTTP/2'
expect 401 'HTTP/2: no token' "${h2[@]}" "$url/v1/runs"
expect 200 'HTTP/2: a page of runs' "${h2[@]}" "${auth[@]}" "$url/v1/runs?limit=1"
expect 404 'HTTP/2: an unknown path' "${h2[@]}" "${auth[@]}" "$url/v1/nothing"
expect 400 'HTTP/2: a path with dots' "${h2[@]}" --path-as-is "${auth[@]}" "$url/v1/../v1/runs"
expect 202 'HTTP/2: start and wait' "${h2[@]}" "${auth[@]}" "${json[@]}" --data "$start" "$url/v1/runs?wait=20s"
same 'HTTP/2: the run succeeded' "$(field state)" succeeded
expect 413 'HTTP/2: a definition that is too large' "${h2[@]}" "${auth[@]}" "${yaml[@]}" \
  --data-binary "@$work/large.yaml" "$url/v1/workflows"
expect 200 'HTTP/2: the events of a run' "${h2[@]}" "${auth[@]}" "$url/v1/runs/$run/events"
expect 431 'HTTP/2: too many header bytes' "${h2[@]}" "${auth[@]}" \
  -H "X-Long: $(head -c 40000 /dev/zero | tr '\0' a)" "$url/healthz"

# Remote calls at the same port, by a client that is not ours.
calls() {
  local counted
  counted=$(.venv/bin/python3 scripts/grpc_client.py "$@") || exit 1
  passed=$((passed + $(echo "$counted" | sed -n 's/^grpc: \([0-9]*\) passed.*/\1/p')))
}
calls dev "${url#http://}" "$file"

# Every operation with success, and a few hundred requests made of the description, as some roles.
fuzzed=$(.venv/bin/python3 scripts/fuzz_api.py "$url" "$file" --short) || exit 1
passed=$((passed + $(echo "$fuzzed" | sed -n 's/^scene: \([0-9]*\) passed.*/\1/p')))
passed=$((passed + $(echo "$fuzzed" | sed -n 's/^fuzz: \([0-9]*\) passed.*/\1/p')))

# Every kind of call, and many requests at once, on a server with nothing behind it.
"$(dirname "$bin")/bench" serve >"$work/wire.out" 2>"$work/wire.err" &
wire=$!
trap 'kill -KILL "$dev" "$wire" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 1 100); do
  [ -s "$work/wire.out" ] && break
  kill -0 "$wire" 2>/dev/null || { cat "$work/wire.err" >&2; exit 1; }
  sleep 0.1
done
wired=$(head -n 1 "$work/wire.out")
calls wire "$wired"
for load in '--h1 -c 8' '-c 4 -m 16'; do
  # shellcheck disable=SC2086
  h2load $load -n 4000 "http://$wired/json" >"$work/load" || { cat "$work/load" >&2; exit 1; }
  same "h2load $load" "$(sed -n 's/^status codes: \([0-9]*\) 2xx.*/\1/p' "$work/load")" 4000
done
kill -TERM "$wire"
wait "$wire" || { echo "wire: the bare server did not end well" >&2; exit 1; }
trap 'kill -KILL "$dev" 2>/dev/null || true; rm -rf "$work"' EXIT

kill -TERM "$dev"
wait "$dev" || { echo "wire: the server did not end well" >&2; exit 1; }
trap 'rm -rf "$work"' EXIT
echo "wire: $passed passed, 0 failed"
