"""Takes connections by TLS on a port of 127.0.0.1 and hands on what they say, in the clear, to a
server on another one.

    tls_front.py LOG PORT SERVER_PORT CERTIFICATE KEY

Prints its port once it listens, then appends one line of JSON to LOG for each connection whose
client has agreed to the certificate. Ends when its standard input does.
"""

import argparse
import asyncio
import json
import os
import ssl
import sys
import threading


async def pump(reader, writer):
    """Hands on what comes until either side is gone."""
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


def note(log, connection):
    protocol, cipher = connection.version(), connection.cipher()[0]
    with open(log, "a", encoding="utf-8") as file:
        file.write(json.dumps({"protocol": protocol, "cipher": cipher}) + "\n")


async def serve(options):
    async def take(reader, writer):
        note(options.log, writer.get_extra_info("ssl_object"))
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", options.server_port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, to_server), pump(from_server, writer))

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)
    server = await asyncio.start_server(take, "127.0.0.1", options.port, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def end_with_input():
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("log")
    parser.add_argument("port", type=int)
    parser.add_argument("server_port", type=int)
    parser.add_argument("certificate")
    parser.add_argument("key")
    threading.Thread(target=end_with_input, daemon=True).start()
    asyncio.run(serve(parser.parse_args()))
