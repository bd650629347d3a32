"""Compares our protobuf codec with Python's, and writes the golden vectors of its tests.

    conformance.py compare --wirecheck PROGRAM [--messages N] [--seed N]
    conformance.py vectors [--check] FILE

`compare` makes N random messages of every type in proto/ and of the codec's test messages, lets
the Swift program `wirecheck` read and write each, and expects the very bytes that Python writes.
It does the same with as many mutants of them: both must refuse, or read the same message.
"""

import argparse
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, unknown_fields
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import DecodeError

from golden_vectors import tag, varint, vectors

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROTO_ROOTS = ["proto", "Tests/Ports/Wire/Vectors/proto"]


def load():
    """The message classes of every .proto file, by full name."""
    pool = descriptor_pool.DescriptorPool()
    names = []
    for root in PROTO_ROOTS:
        files = []
        for folder, _, entries in os.walk(os.path.join(ROOT, root)):
            files += [os.path.join(folder, entry) for entry in entries if entry.endswith(".proto")]
        with tempfile.NamedTemporaryFile() as out:
            subprocess.run(
                ["protoc", "-I", os.path.join(ROOT, root), "--include_imports",
                 "--descriptor_set_out", out.name, *sorted(files)], check=True)
            loaded = descriptor_pb2.FileDescriptorSet.FromString(out.read())
        for file in loaded.file:
            pool.Add(file)
            for message in file.message_type:
                names += nested(message, file.package)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in names
    }


def nested(message, scope):
    if message.options.map_entry:
        return []
    name = f"{scope}.{message.name}"
    return [name] + [inner for child in message.nested_type for inner in nested(child, name)]


# Random messages


class Maker:
    """Random messages that like the edges of every type."""

    TEXTS = ["", "a", "run_01", "häuß", "日本", "🙂", "a\0b", "x" * 127, "x" * 128, "ü" * 300]
    INTEGERS = {
        32: [0, 1, -1, 127, 128, 2**31 - 1, -(2**31)],
        64: [0, 1, -1, 127, 128, 16384, 2**31, 2**63 - 1, -(2**63), 2**53 + 1],
    }

    def __init__(self, randomness):
        self.random = randomness

    def message(self, cls, depth=0):
        message = cls()
        share = self.random.choice([0.1, 0.5, 0.9]) / (1 + depth)
        for field in cls.DESCRIPTOR.fields:
            if self.random.random() > share:
                continue
            if self.is_message(field) and depth >= 4:
                continue
            self.fill(message, field, depth)
        return message

    @staticmethod
    def is_message(field):
        return field.type == Field.TYPE_MESSAGE

    def fill(self, message, field, depth):
        target = getattr(message, field.name)
        if is_map(field):
            self.fill_map(target, field.message_type, depth)
        elif field.is_repeated:
            for _ in range(self.random.choice([1, 2, 3, 20])):
                if self.is_message(field):
                    target.add().CopyFrom(self.message(self.class_of(field), depth + 1))
                else:
                    target.append(self.scalar(field))
        elif self.is_message(field):
            target.CopyFrom(self.message(self.class_of(field), depth + 1))
            target.SetInParent()
        else:
            setattr(message, field.name, self.scalar(field))

    def fill_map(self, target, entry, depth):
        key = entry.fields_by_name["key"]
        value = entry.fields_by_name["value"]
        for _ in range(self.random.choice([1, 2, 5])):
            if not self.is_message(value):
                target[self.scalar(key)] = self.scalar(value)
            elif depth < 4:
                made = self.message(self.class_of(value), depth + 1)
                target[self.scalar(key)].CopyFrom(made)

    @staticmethod
    def class_of(field):
        return message_factory.GetMessageClass(field.message_type)

    def scalar(self, field):
        pick = self.random
        kind = field.type
        if kind == Field.TYPE_BOOL:
            return pick.random() < 0.5
        if kind == Field.TYPE_STRING:
            if pick.random() < 0.5:
                return pick.choice(self.TEXTS)
            return "".join(pick.choice("abcxyz09-_./ é€𝄞") for _ in range(pick.randrange(12)))
        if kind == Field.TYPE_BYTES:
            return pick.randbytes(pick.choice([0, 1, 5, 127, 128, 200]))
        if kind == Field.TYPE_ENUM:
            known = [value.number for value in field.enum_type.values]
            return pick.choice(known + [0, 77, -77, 2**31 - 1, -(2**31)])
        if kind in (Field.TYPE_DOUBLE, Field.TYPE_FLOAT):
            number = pick.choice([0.0, -0.0, 1.5, -1.0, math.inf, -math.inf, pick.gauss(0, 1e9)])
            if kind == Field.TYPE_FLOAT:
                number = struct.unpack("<f", struct.pack("<f", number))[0]
            return number
        bits = 32 if "32" in self.kind_name(kind) else 64
        is_unsigned = self.kind_name(kind) in ("uint32", "uint64", "fixed32", "fixed64")
        number = (pick.choice(self.INTEGERS[bits]) if pick.random() < 0.5
                  else pick.getrandbits(bits) - 2 ** (bits - 1))
        return number % 2**bits if is_unsigned else number

    @staticmethod
    def kind_name(kind):
        return descriptor_pb2.FieldDescriptorProto.Type.Name(kind).removeprefix("TYPE_").lower()

    def unknown_fields(self, cls):
        """Fields with numbers that the message does not have, of every wire type."""
        known = set(cls.DESCRIPTOR.fields_by_number)
        out = b""
        for _ in range(self.random.choice([1, 1, 3])):
            number = self.random.choice([500, 19999, 2**29 - 2])
            assert number not in known
            out += self.random.choice([
                tag(number, 0) + varint(self.random.getrandbits(64)),
                tag(number, 1) + self.random.randbytes(8),
                tag(number, 2) + varint(3) + self.random.randbytes(3),
                tag(number, 3) + tag(1, 0) + varint(5) + tag(number, 4),
                tag(number, 5) + self.random.randbytes(4),
            ])
        return out

    def mutant(self, data):
        data = bytearray(data)
        for _ in range(self.random.choice([1, 1, 2, 4])):
            place = self.random.randrange(len(data) + 1)
            action = self.random.randrange(4)
            if action == 0 and place < len(data):
                data[place] = self.random.randrange(256)
            elif action == 1:
                data.insert(place, self.random.randrange(256))
            elif action == 2:
                del data[place:place + self.random.choice([1, 2, 8])]
            elif place < len(data):
                data[place] ^= 1 << self.random.randrange(8)
        return bytes(data)


# Comparison


def compare(classes, program, count, seed):
    questions = []
    for name, cls in classes.items():
        maker = Maker(random.Random(f"{seed} {name}"))
        for _ in range(count):
            data = maker.message(cls).SerializeToString(deterministic=True)
            if maker.random.random() < 0.2:
                data += maker.unknown_fields(cls)
            questions.append((name, data, False))
            questions.append((name, maker.mutant(data), True))
    asked = "".join(f"{name} {data.hex()}\n" for name, data, _ in questions)
    answered = subprocess.run([program], input=asked.encode(), stdout=subprocess.PIPE, check=True)
    answers = answered.stdout.decode().split("\n")[:-1]
    if len(answers) != len(questions):
        sys.exit(f"{len(questions)} questions, but {len(answers)} answers")
    counts = {"messages": 0, "mutants read": 0, "mutants refused": 0, "differences": 0}
    for (name, data, is_mutant), answer in zip(questions, answers):
        problem = difference(classes[name], data, answer, is_mutant, counts)
        if problem:
            counts["differences"] += 1
            if counts["differences"] <= 10:
                print(f"{name}: {problem}\n  asked    {data.hex()}\n  answered {answer[:400]}")
    print(f"{len(classes)} types: " + ", ".join(f"{value} {key}" for key, value in counts.items()))
    return counts["differences"] == 0


# Where we are stricter on purpose: Python drops bits that do not fit, and does not look at the
# numbers of fields inside unknown groups.
STRICTER = ["has more than 64 bits", "no field has the tag 0 "]


def difference(cls, data, answer, is_mutant, counts):
    """What is wrong with the answer, or None."""
    try:
        message = cls.FromString(data)
    except DecodeError:
        message = None
    is_refused = answer.startswith("refused")
    if message is None:
        counts["mutants refused"] += is_mutant
        return None if is_refused else "we read what Python refuses"
    if is_refused and is_mutant and any(reason in answer for reason in STRICTER):
        counts["mutants refused"] += 1
        return None
    if is_refused:
        return "we refuse what Python reads"
    counts["mutants read" if is_mutant else "messages"] += 1
    ours, theirs = bytes.fromhex(answer), message.SerializeToString(deterministic=True)
    if ours == theirs:
        return None
    # Python orders the keys of maps in a way of its own.
    if sorted(ours) == sorted(theirs) and cls.FromString(ours).SerializeToString(
            deterministic=True) == theirs:
        return None
    if is_mutant and sets_entries_aside(message):
        return None
    return "the bytes differ; Python writes " + theirs.hex()


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def sets_entries_aside(message):
    """Whether Python has made unknown fields of map entries that have unknown fields themselves.

    Its upb does so; we take key and value and drop the rest, as protobuf's C++ and Go do.
    """
    for unknown in unknown_fields.UnknownFieldSet(message):
        field = message.DESCRIPTOR.fields_by_number.get(unknown.field_number)
        if field is not None and is_map(field):
            return True
    for field, value in message.ListFields():
        if is_map(field):
            inner = [value[key] for key in value]
        else:
            inner = list(value) if field.is_repeated else [value]
        if any(hasattr(item, "DESCRIPTOR") and sets_entries_aside(item) for item in inner):
            return True
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    modes = parser.add_subparsers(dest="mode", required=True)
    comparing = modes.add_parser("compare")
    comparing.add_argument("--wirecheck", required=True)
    comparing.add_argument("--messages", type=int, default=500)
    comparing.add_argument("--seed", type=int, default=1)
    writing = modes.add_parser("vectors")
    writing.add_argument("file")
    writing.add_argument("--check", action="store_true")
    options = parser.parse_args()
    classes = load()
    if options.mode == "compare":
        sys.exit(not compare(classes, options.wirecheck, options.messages, options.seed))
    lines = [json.dumps(case, ensure_ascii=False) for case in vectors(classes)]
    text = "[\n  " + ",\n  ".join(lines) + "\n]\n"
    if options.check:
        if open(options.file).read() != text:
            sys.exit(f"{options.file} is not what Python's protobuf says")
    else:
        with open(options.file, "w") as file:
            file.write(text)


if __name__ == "__main__":
    main()
