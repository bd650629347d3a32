"""Takes traces and logs by OTLP over gRPC, by the protocol's own messages, and writes each span and
each line of a log as one line of JSON: what a collector would hand on.

usage: telemetry_receiver.py FOLDER    FOLDER/spans.jsonl, FOLDER/logs.jsonl

Prints its port. Ends with its standard input.
"""

import concurrent.futures
import json
import sys
import threading

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1 import trace_pb2


def plain(value):
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind else None


def attributes(found):
    return {attribute.key: plain(attribute.value) for attribute in found}


class Lines:
    """One file of lines; several calls write to it at once."""

    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8")
        self.lock = threading.Lock()

    def write(self, entries):
        with self.lock:
            for entry in entries:
                self.file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self.file.flush()


class Traces(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self, lines):
        self.lines = lines

    def Export(self, request, context):
        self.lines.write(
            {
                "resource": attributes(group.resource.attributes),
                "trace": span.trace_id.hex(),
                "span": span.span_id.hex(),
                "parent": span.parent_span_id.hex(),
                "name": span.name,
                "kind": trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
                "from": span.start_time_unix_nano,
                "to": span.end_time_unix_nano,
                "error": span.status.message if span.status.code == 2 else None,
                "attributes": attributes(span.attributes),
            }
            for group in request.resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        )
        return trace_service_pb2.ExportTraceServiceResponse()


class Logs(logs_service_pb2_grpc.LogsServiceServicer):
    def __init__(self, lines):
        self.lines = lines

    def Export(self, request, context):
        self.lines.write(
            {
                "resource": attributes(group.resource.attributes),
                "at": line.time_unix_nano,
                "level": line.severity_text,
                "number": line.severity_number,
                "event": line.body.string_value,
                "trace": line.trace_id.hex(),
                "span": line.span_id.hex(),
                "attributes": attributes(line.attributes),
            }
            for group in request.resource_logs
            for scope in group.scope_logs
            for line in scope.log_records
        )
        return logs_service_pb2.ExportLogsServiceResponse()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = sys.argv[1]
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=8))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(
        Traces(Lines(f"{folder}/spans.jsonl")), server
    )
    logs_service_pb2_grpc.add_LogsServiceServicer_to_server(
        Logs(Lines(f"{folder}/logs.jsonl")), server
    )
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    sys.stdin.read()
    server.stop(0)


if __name__ == "__main__":
    main()
