"""Lets clients with librdkafka 2.0.2 talk to Tansu: it trips over the tagged fields at the end of
the answer to ApiVersions, version 3, so they are taken away.

usage: tansu_proxy.py LISTEN_PORT BROKER_PORT
"""

import asyncio
import struct
import sys

API_VERSIONS = 18


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def without_tags(answer):
    """correlation (4), error (2), compact array of (key 2, min 2, max 2, tags), throttle (4), tags"""
    count, at = varint(answer, 6)
    for _ in range(count - 1):
        tags, at = varint(answer, at + 6)
        for _ in range(tags):
            _, at = varint(answer, at)
            length, at = varint(answer, at)
            at += length
    return answer[: at + 4] + b"\0"


async def frame(reader):
    header = await reader.readexactly(4)
    return await reader.readexactly(struct.unpack(">i", header)[0])


async def serve(port, reader, writer):
    broker_reader, broker_writer = await asyncio.open_connection("127.0.0.1", port)
    asked = set()

    async def requests():
        while True:
            data = await frame(reader)
            key, version, correlation = struct.unpack(">hhi", data[:8])
            if key == API_VERSIONS and version >= 3:
                asked.add(correlation)
            broker_writer.write(struct.pack(">i", len(data)) + data)
            await broker_writer.drain()

    async def answers():
        while True:
            data = await frame(broker_reader)
            (correlation,) = struct.unpack(">i", data[:4])
            if correlation in asked:
                asked.discard(correlation)
                data = without_tags(data)
            writer.write(struct.pack(">i", len(data)) + data)
            await writer.drain()

    tasks = [asyncio.create_task(requests()), asyncio.create_task(answers())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        broker_writer.close()
        writer.close()


async def main(listen, port):
    server = await asyncio.start_server(
        lambda reader, writer: serve(port, reader, writer), "127.0.0.1", listen, limit=1 << 22
    )
    await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
