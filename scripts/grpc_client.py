#!/usr/bin/env python3
"""Calls a running server with Python's grpcio: every kind of call, what must be refused, health and
reflection.

usage: grpc_client.py wire ADDRESS            the service of `bench serve`
       grpc_client.py dev ADDRESS TOKEN-FILE  the services of `millrace dev`
"""
import json
import sys
import threading
import time

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

SERVICE = "millrace.test.Wire"
passed = 0


def same(name, actual, expected):
    global passed
    if actual != expected:
        sys.exit(f"grpc: {name}: {actual!r} instead of {expected!r}")
    passed += 1


def code_of(name, expected, call):
    try:
        call()
    except grpc.RpcError as error:
        same(name, error.code(), expected)
        return error
    sys.exit(f"grpc: {name}: answered instead of {expected}")


def method(channel, kind, name, service=SERVICE):
    return getattr(channel, kind)(
        f"/{service}/{name}", request_serializer=bytes, response_deserializer=bytes
    )


def calls(channel):
    unary = method(channel, "unary_unary", "Unary")
    for size in (0, 1, 1000, 65536, 3_000_000):
        same(f"unary of {size} bytes", unary(b"x" * size, timeout=20), b"x" * size)
    down = method(channel, "unary_stream", "Down")
    same("server streaming", [m[-1] for m in down(bytes([200]), timeout=20)], list(range(200)))
    up = method(channel, "stream_unary", "Up")
    same("client streaming", up(iter([b"x" * n for n in range(100)]), timeout=20), b"4950")
    talk = method(channel, "stream_stream", "Talk")
    sent = [bytes([n]) * 1000 for n in range(100)]
    same("both ways", list(talk(iter(sent), timeout=20)), sent)
    turns = turn_by_turn(talk)
    same("turn by turn", turns, [b"0", b"1", b"2", b"3"])
    many(unary)


def turn_by_turn(talk):
    heard = []
    ready = threading.Semaphore(1)

    def speak():
        for n in range(4):
            ready.acquire()
            yield str(n).encode()

    for message in talk(speak(), timeout=20):
        heard.append(message)
        ready.release()
    return heard


def many(unary):
    futures = [unary.future(str(n).encode(), timeout=60) for n in range(2000)]
    same("two thousand at once", [f.result() for f in futures], [str(n).encode() for n in range(2000)])


def endings(channel):
    sleep = method(channel, "unary_unary", "Sleep")
    begin = time.monotonic()
    code_of("deadline", grpc.StatusCode.DEADLINE_EXCEEDED, lambda: sleep(b"", timeout=0.3))
    same("deadline in time", 0.25 < time.monotonic() - begin < 5, True)
    waiting = sleep.future(b"", timeout=60)
    waiting.cancel()
    same("cancelled", waiting.cancelled(), True)
    for status in grpc.StatusCode:
        number, _ = status.value
        if number == 0:
            continue
        fail = method(channel, "unary_unary", f"Fail{number}")
        error = code_of(f"status {number}", status, lambda: fail(b"", timeout=20))
        same(f"message of {number}", error.details(), "100 % wrong: ä\n")
        same(
            f"details of {number}",
            any(k == "grpc-status-details-bin" for k, _ in error.trailing_metadata()),
            True,
        )
    unknown = method(channel, "unary_unary", "Nothing")
    code_of("unknown method", grpc.StatusCode.UNIMPLEMENTED, lambda: unknown(b"", timeout=20))
    other = method(channel, "unary_unary", "Unary", "millrace.test.Other")
    code_of("unknown service", grpc.StatusCode.UNIMPLEMENTED, lambda: other(b"", timeout=20))
    unary = method(channel, "unary_unary", "Unary")
    code_of(
        "a message too large",
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        lambda: unary(b"x" * 4_194_305, timeout=20),
    )
    code_of(
        "compression",
        grpc.StatusCode.UNIMPLEMENTED,
        lambda: unary(b"x" * 10000, timeout=20, compression=grpc.Compression.Gzip),
    )
    same("alive after all that", unary(b"y", timeout=20), b"y")


def metadata(channel):
    tell = method(channel, "unary_unary", "Metadata")
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    sent = (("traceparent", trace), ("x-many", "1"), ("x-many", "2"), ("x-bin", b"\x00\xff"))
    same("traceparent", tell(b"traceparent", metadata=sent, timeout=20), trace.encode())
    same("repeated metadata", tell(b"x-many", metadata=sent, timeout=20), b"1|2")
    same("binary metadata", tell(b"x-bin", metadata=sent, timeout=20).rstrip(b"="), b"AP8")
    code_of(
        "too much metadata",
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        lambda: tell(b"x", metadata=(("x-long", "x" * 20000),), timeout=20),
    )


def health(channel, service):
    stub = health_pb2_grpc.HealthStub(channel)
    check = lambda name: stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=20).status
    same("health of all", check(""), health_pb2.HealthCheckResponse.SERVING)
    same(f"health of {service}", check(service), health_pb2.HealthCheckResponse.SERVING)
    code_of("health of nothing", grpc.StatusCode.NOT_FOUND, lambda: check("nothing"))
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=service), timeout=20)
    same("health watched", next(watch).status, health_pb2.HealthCheckResponse.SERVING)
    watch.cancel()


def dev(channel, token):
    scheduler = "millrace.rpc.v1.Scheduler"
    health(channel, scheduler)
    get = method(channel, "unary_unary", "GetRuns", scheduler)
    code_of("no token", grpc.StatusCode.UNAUTHENTICATED, lambda: get(b"", timeout=20))
    wrong = (("authorization", "Bearer nothing"),)
    code_of(
        "a wrong token", grpc.StatusCode.UNAUTHENTICATED, lambda: get(b"", metadata=wrong, timeout=20)
    )
    right = (("authorization", f"Bearer {token}"),)
    same("no runs asked for", get(b"", metadata=right, timeout=20), b"")
    intercepted = grpc.intercept_channel(channel, Token(token))
    database = ProtoReflectionDescriptorDatabase(intercepted)
    services = set(database.get_services())
    for name in (scheduler, "millrace.rpc.v1.WorkerGateway", "grpc.health.v1.Health"):
        same(f"reflection names {name}", name in services, True)
    pool = descriptor_pool.DescriptorPool(database)
    described = pool.FindServiceByName(scheduler).methods_by_name["GetRun"]
    request = message_factory.GetMessageClass(described.input_type)()
    request.run = "run_00000000000000000000000000"
    code_of(
        "an unknown run, by reflection alone",
        grpc.StatusCode.NOT_FOUND,
        lambda: method(channel, "unary_unary", "GetRun", scheduler)(
            request.SerializeToString(), metadata=right, timeout=20
        ),
    )


class Token(grpc.StreamStreamClientInterceptor):
    def __init__(self, token):
        self.token = token

    def intercept_stream_stream(self, continuation, details, requests):
        with_token = details._replace(metadata=[("authorization", f"Bearer {self.token}")])
        return continuation(with_token, requests)


def main():
    what, address = sys.argv[1:3]
    options = [("grpc.max_receive_message_length", 8 << 20), ("grpc.enable_retries", 0)]
    with grpc.insecure_channel(address, options=options) as channel:
        if what == "wire":
            calls(channel)
            endings(channel)
            metadata(channel)
            health(channel, SERVICE)
        else:
            with open(sys.argv[3], encoding="utf-8") as file:
                dev(channel, json.load(file)["token"])
    print(f"grpc: {passed} passed, 0 failed")


main()
