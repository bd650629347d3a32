"""A receiver of webhooks that trusts nobody, on a free port of 127.0.0.1.

    webhook_verifier.py LOG SECRET

Prints its port. Each message is verified with the library of Standard Webhooks and once more by the
published rule alone; then every byte of its id, timestamp, body and signature is changed in every
bit, and so is every byte of the secret: all of that has to be refused. Appends one line of JSON to
LOG for each message: whether it was accepted, by which reader it was not, how many changes were
made, and those that were taken. Ends when its standard input does.
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import sys
import threading
import time

from standardwebhooks import Webhook

NAMES = ["webhook-id", "webhook-timestamp", "webhook-signature"]
TOLERANCE_SECONDS = 300


def accepts_by_library(secret, fields, body):
    try:
        Webhook(secret).verify(body, {name: value.decode() for name, value in fields.items()})
        return True
    except Exception:
        return False


def accepts_by_rule(secret, fields, body):
    """https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""
    identity, timestamp, signatures = (fields[name] for name in NAMES)
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = b".".join([identity, timestamp, body])
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    wanted = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    return any(hmac.compare_digest(wanted, given) for given in signatures.split(b" "))


READERS = [accepts_by_library, accepts_by_rule]


def changed(data):
    """The bytes with one bit changed, each bit once."""
    for place in range(len(data)):
        for bit in range(8):
            yield data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1:]


def is_same_signature(one, other):
    """The last digit of Base64 has bits that stand for nothing, which the library ignores."""
    try:
        return one[:3] == other[:3] and base64.b64decode(one[3:]) == base64.b64decode(other[3:])
    except ValueError:
        return False


def changed_signatures(secret, fields, body):
    """The signature that is good changed, those that are for other secrets as they are."""
    signatures = fields["webhook-signature"].split(b" ")
    for place, signature in enumerate(signatures):
        if accepts_by_rule(secret, fields | {"webhook-signature": signature}, body):
            for other in changed(signature):
                if not is_same_signature(other, signature):
                    yield b" ".join(signatures[:place] + [other] + signatures[place + 1:])


def changes(secret, fields, body):
    """Everything that must be refused, with a word for what was changed."""
    for value in changed_signatures(secret, fields, body):
        yield "webhook-signature", secret, fields | {"webhook-signature": value}, body
    for name in ["webhook-id", "webhook-timestamp"]:
        for value in changed(fields[name]):
            yield name, secret, fields | {name: value}, body
    for other in changed(body):
        yield "body", secret, fields, other
    for other in [body + b" ", body[:-1], b" " + body]:
        yield "length", secret, fields, other
    for key in changed(base64.b64decode(secret.removeprefix("whsec_"))):
        yield "secret", "whsec_" + base64.b64encode(key).decode(), fields, body
    for seconds in [-TOLERANCE_SECONDS - 60, TOLERANCE_SECONDS + 60]:
        moved = str(int(fields["webhook-timestamp"]) + seconds).encode()
        yield "time", secret, fields | {"webhook-timestamp": moved}, body


def verdict(secret, fields, body):
    refusing = [reader.__name__ for reader in READERS if not reader(secret, fields, body)]
    count, taken = 0, []
    for what, *changed_message in changes(secret, fields, body):
        for reader in READERS:
            count += 1
            if reader(*changed_message):
                taken.append(f"{what} by {reader.__name__}")
    return {"refusing": refusing, "changes": count, "taken": taken}


class Verifier(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fields = {name: self.headers.get(name, "").encode() for name in NAMES}
        record = verdict(sys.argv[2], fields, body)
        with open(sys.argv[1], "a", encoding="utf-8") as log:
            log.write(json.dumps(record) + "\n")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def end_with_input():
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_input, daemon=True).start()
    server = http.server.HTTPServer(("127.0.0.1", 0), Verifier)
    print(server.server_address[1], flush=True)
    server.serve_forever()
