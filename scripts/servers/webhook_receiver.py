"""A receiver of webhooks for tests and demos, on a free port of 127.0.0.1.

    webhook_receiver.py LOG [DIRECTORY]

Prints its port, then appends one line of JSON to LOG for each message that it takes, before it
answers. With a DIRECTORY it speaks TLS with a certificate for `localhost` that it makes there. Ends
when its standard input does.

The path decides: `/takes/STATUS` takes the message, `/answers/STATUS/SECONDS` refuses it (seconds
for Retry-After, 0 for none), `/redirects` points to /takes/200, `/silent` never answers, `/cuts`
ends the connection, `/keeps` takes the message and ends the connection within its answer, `/endless` takes it and answers without end, `/garbage` answers with no HTTP,
`/head` with fields without end, `/slow` with one byte a second, `/interim` with 103 for ever,
`/short` with less than it promised, `/echoes` with method and body of any request,
`/cuthead` with half a head.
"""

import base64
import http.server
import json
import os
import socket
import sys
import threading
import time

from certificate import certificate


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = self.path.split("?")[0].strip("/").split("/")
        if parts[0] in ("takes", "endless", "short", "keeps"):
            self.note(body)
        self.said = body
        self.close_connection = True
        getattr(self, "act_" + parts[0], self.act_lost)(*parts[1:])

    do_GET = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_POST

    def act_takes(self, status="200"):
        self.answer(int(status))

    def act_answers(self, status, seconds):
        self.answer(int(status), {"Retry-After": seconds} if seconds != "0" else {})

    def act_redirects(self):
        port = self.server.server_address[1]
        self.answer(302, {"Location": f"http://127.0.0.1:{port}/takes/200"})

    def act_silent(self):
        time.sleep(3600)

    def act_cuts(self):
        self.connection.shutdown(socket.SHUT_RDWR)

    def act_keeps(self):
        self.wfile.write(b"HTTP/1.1 200")
        self.act_cuts()

    def act_endless(self):
        self.pour(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536)

    def act_garbage(self):
        self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n" * 10)

    def act_head(self):
        self.pour(b"HTTP/1.1 200 OK\r\n", b"X-Filler: " + b"x" * 1000 + b"\r\n")

    def act_slow(self):
        for byte in b"HTTP/1.1 200 OK\r\n" * 100:
            self.wfile.write(bytes([byte]))
            time.sleep(1)

    def act_interim(self):
        self.pour(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n")

    def act_short(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    def act_echoes(self):
        body = f"{self.command} {self.path}\n".encode() + self.said
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def act_cuthead(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")

    def act_lost(self, *_):
        self.answer(404)

    def answer(self, status, fields={}):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def pour(self, first, then):
        try:
            self.wfile.write(first)
            while True:
                self.wfile.write(then)
        except OSError:
            pass

    def note(self, body):
        record = {
            "path": self.path,
            "fields": list(self.headers.items()),
            "body": base64.b64encode(body).decode(),
        }
        with lock, open(sys.argv[1], "a", encoding="utf-8") as log:
            log.write(json.dumps(record) + "\n")

    def log_message(self, *_):
        pass


def end_with_input():
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    lock = threading.Lock()
    threading.Thread(target=end_with_input, daemon=True).start()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    server.request_queue_size = 128
    if len(sys.argv) > 2:
        server.socket = certificate(sys.argv[2]).wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()
