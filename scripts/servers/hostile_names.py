"""Names that lie, and every address there is, for tests of where webhooks may go.

    hostile_names.py LOG

Started in a mount and a network namespace of its own, where nobody else is. There every address of
IPv4 and IPv6 becomes one of this machine, and names are resolved by this program. Prints the port
of a server of HTTP on all those addresses, then appends one line of JSON to LOG for each connection
that somebody makes: the address that it was made to. Ends when its standard input does.

A name says what it resolves to. Each label like `a10-0-0-1` is an address of IPv4, each like
`x00000000000000000000000000000001` one of IPv6. They are given all at once, or, when the first
label begins with `turn`, one for each question in that order, the last one for ever. All answers
are good for no time at all.

The server takes whatever comes, and `/to?URL` points to that URL.
"""

import ctypes
import fcntl
import http.server
import ipaddress
import json
import os
import socket
import struct
import sys
import tempfile
import threading
import urllib.parse

NAME_SERVER = "127.0.0.153"


def use_own_names():
    """Has this mount namespace resolve names here."""
    libc = ctypes.CDLL(None, use_errno=True)
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write(f"nameserver {NAME_SERVER}\noptions timeout:1 attempts:1\n")
    private, bind = 0x44000, 0x1000
    mounts = [(b"none", b"/", private), (file.name.encode(), b"/etc/resolv.conf", bind)]
    for source, target, flags in mounts:
        if libc.mount(source, target, b"none", flags, None) != 0:
            raise OSError(ctypes.get_errno(), "mount")
    os.unlink(file.name)


def own_every_address():
    """Brings the loopback up and routes every address to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up_and_running = 0x41
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh22x", b"lo", up_and_running))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as link:
        for family in [socket.AF_INET, socket.AF_INET6]:
            # A route of type "local" for everything, in the table "local", over device 1.
            route = struct.pack("BBBBBBBBI", family, 0, 0, 0, 255, 3, 254, 2, 0)
            device = struct.pack("HHI", 8, 4, 1)
            new_route, ask_create_answer = 24, 0x405
            length = 16 + len(route) + len(device)
            head = struct.pack("IHHII", length, new_route, ask_create_answer, 1, 0)
            link.send(head + route + device)
            code = struct.unpack_from("i", link.recv(4096), 16)[0]
            if code != 0:
                raise OSError(-code, "route")


class Names:
    """Answers questions over UDP (RFC 1035)."""

    def __init__(self):
        self.asked = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((NAME_SERVER, 53))

    def serve(self):
        while True:
            question, asker = self.socket.recvfrom(4096)
            self.socket.sendto(self.answer(question), asker)

    def answer(self, question):
        labels, place = [], 12
        while question[place]:
            end = place + 1 + question[place]
            labels.append(question[place + 1:end].decode("ascii").lower())
            place = end
        kind = struct.unpack_from(">H", question, place + 1)[0]
        addresses = self.addresses(labels, kind)
        head = question[:2] + struct.pack(">HHHHH", 0x8180, 1, len(addresses), 0, 0)
        records = b"".join(
            b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(address)) + address
            for address in addresses)
        return head + question[12:place + 5] + records

    def addresses(self, labels, kind):
        found = []
        for label in labels:
            if kind == 1 and label.startswith("a") and label.count("-") == 3:
                found.append(ipaddress.IPv4Address(label[1:].replace("-", ".")).packed)
            if kind == 28 and label.startswith("x") and len(label) == 33:
                found.append(bytes.fromhex(label[1:]))
        if not found or not labels[0].startswith("turn"):
            return found
        count = self.asked.get((labels[0], kind), 0)
        self.asked[(labels[0], kind)] = count + 1
        return [found[min(count, len(found) - 1)]]


class Everywhere(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    daemon_threads = True
    request_queue_size = 512

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def get_request(self):
        connection, peer = super().get_request()
        with open(sys.argv[1], "a", encoding="utf-8") as log:
            log.write(json.dumps({"to": connection.getsockname()[0]}) + "\n")
        return connection, peer


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/to?"):
            self.send_response(307)
            self.send_header("Location", urllib.parse.unquote(self.path[4:]))
        else:
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def end_with_input():
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_input, daemon=True).start()
    use_own_names()
    own_every_address()
    threading.Thread(target=Names().serve, daemon=True).start()
    server = Everywhere(("::", 0), Receiver)
    print(server.server_address[1], flush=True)
    server.serve_forever()
