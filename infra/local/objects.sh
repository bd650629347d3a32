#!/usr/bin/env bash
# A throw-away object store that speaks S3 (SeaweedFS), on free ports of loopback.
#
#   infra/local/objects.sh start FOLDER    starts it, with what FOLDER/data has if that is there, and
#                                          prints how to reach its bucket
#   infra/local/objects.sh secure FOLDER   prints how to reach it by TLS
#   infra/local/objects.sh crash FOLDER    kills it and starts it again with what it has
#   infra/local/objects.sh stop FOLDER     ends it and removes the folder
#
# What it does unlike Amazon's S3: docs/conformance.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$here/../../.venv/bin/weed
bucket=millrace
# Of a server that is thrown away.
key=millrace-test
secret=millrace-test-secret

fail() {
  echo "objects: $*" >&2
  exit 1
}

[ $# = 2 ] || fail "say start, secure, crash or stop, and a folder"
folder=$2

# Every port that it has; those of gRPC would else lie beyond the ports that are free.
ports=(master.port master.port.grpc volume.port volume.port.grpc filer.port filer.port.grpc s3.port
  s3.port.grpc s3.port.https admin.port admin.port.grpc)

choose_ports() {
  local name port
  for name in "${ports[@]}"; do
    port=$("$here/free_port.py")
    while grep -q "=$port\$" "$folder/ports"; do port=$("$here/free_port.py"); done
    echo "-$name=$port" >>"$folder/ports"
  done
}

port_of() { sed -n "s/^-$1=//p" "$folder/ports"; }

is_ready() {
  curl -s -o /dev/null --max-time 2 --fail --aws-sigv4 aws:amz:us-east-1:s3 --user "$key:$secret" \
    "http://127.0.0.1:$(port_of s3.port)/$bucket"
}

# For TLS, of names that stand for this machine.
make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext "subjectAltName=DNS:localhost,DNS:$bucket.localhost,IP:127.0.0.1" \
    -out "$folder/certificate.pem" -keyout "$folder/key.pem" 2>/dev/null
}

# It makes a socket and a profile by its ports in the folder for temporary files.
launch() {
  mapfile -t chosen <"$folder/ports"
  mkdir -p "$folder/tmp" "$folder/data"
  AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret TMPDIR=$folder/tmp HOME=$folder/tmp \
    nohup "$program" mini -dir="$folder/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 "${chosen[@]}" \
    -bucket="$bucket" -webdav=false -admin.ui=false -s3.port.iceberg=0 -s3.port.lance=0 \
    -s3.domainName=localhost -s3.cert.file="$folder/certificate.pem" -s3.key.file="$folder/key.pem" \
    -s3.autoCreateBucket=false -s3.localSocket="$folder/s3.sock" \
    -filer.localSocket="$folder/filer.sock" -master.telemetry=false >>"$folder/log" 2>&1 \
    </dev/null &
  echo $! >"$folder/pid"
  local try
  for try in $(seq 1 400); do
    if is_ready; then return 0; fi
    kill -0 "$(cat "$folder/pid")" 2>/dev/null || return 1
    sleep 0.05
  done
  return 1
}

end() {
  local process
  process=$(cat "$folder/pid" 2>/dev/null) || return 0
  kill -9 "$process" 2>/dev/null || return 0
  while kill -0 "$process" 2>/dev/null; do sleep 0.02; done
}

start() {
  [ -x "$program" ] || fail "there is no $program; run scripts/setup.sh"
  mkdir -p "$folder"
  make_certificate
  local try is_new=1
  [ ! -e "$folder/data" ] || is_new=
  for try in 1 2 3; do
    : >"$folder/ports"
    choose_ports
    if launch; then
      echo "http://$key:$secret@127.0.0.1:$(port_of s3.port)/$bucket"
      return
    fi
    end
    [ -z "$is_new" ] || rm -rf "$folder/data"
    echo "objects: try $try failed" >&2
  done
  fail "the server did not start; see $folder/log"
}

case $1 in
  start) start ;;
  secure)
    echo "https://$key:$secret@127.0.0.1:$(port_of s3.port.https)/$bucket?ca=$folder/certificate.pem"
    ;;
  crash)
    end
    launch || fail "the server did not start again; see $folder/log"
    ;;
  stop)
    end
    rm -rf "$folder"
    ;;
  *) fail "there is no $1; say start, secure, crash or stop" ;;
esac
