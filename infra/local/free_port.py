#!/usr/bin/env python3
"""Prints a port of loopback that nobody listens on. It lies below the ports that the system gives to
connections: one of these could connect to itself while nobody listens."""

import random
import socket

while True:
    port = random.randrange(15000, 32000)
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break
