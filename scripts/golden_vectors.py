"""The golden vectors of the codec's tests; written and checked by conformance.py."""

import math

from google.protobuf.message import DecodeError

SAMPLE = "millrace.test.v1.CodecSample"


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def tag(number, wire_type):
    return varint(number << 3 | wire_type)


def vectors(classes):
    """Named cases: bytes to read, and what has to be written again (None: must be refused)."""
    sample = classes[SAMPLE]
    cases = []

    def add(name, data, type_name=SAMPLE, is_refused=False, ordered=None):
        """`ordered` is what we write where Python orders the keys of maps in its own way."""
        cls = classes[type_name]
        again = None
        try:
            message = cls.FromString(data)
            assert ordered is None or cls.FromString(ordered) == message
            again = (ordered or message.SerializeToString(deterministic=True)).hex()
        except DecodeError:
            pass
        if is_refused:
            again = None
        cases.append({"name": name, "type": type_name, "bytes": data.hex(), "again": again})

    def built(name, **fields):
        add(name, sample(**fields).SerializeToString(deterministic=True))

    built("an empty message")
    built("defaults are left out", an_int32=0, a_string="", a_bool=False, a_bytes=b"", colour=0)
    built("optional fields keep their defaults", maybe_int32=0, maybe_bool=False, maybe_string="",
          maybe_bytes=b"", maybe_colour=0, maybe_double=0.0)
    built("negative zero is no default", a_double=-0.0, a_float=-0.0)
    built("the smallest numbers", an_int32=-2**31, an_int64=-2**63, a_sint32=-2**31,
          a_sint64=-2**63, a_sfixed32=-2**31, a_sfixed64=-2**63)
    built("the largest numbers", an_int32=2**31 - 1, an_int64=2**63 - 1, a_uint32=2**32 - 1,
          a_uint64=2**64 - 1, a_sint32=2**31 - 1, a_sint64=2**63 - 1, a_fixed32=2**32 - 1,
          a_fixed64=2**64 - 1, a_sfixed32=2**31 - 1, a_sfixed64=2**63 - 1)
    built("infinite numbers", a_double=math.inf, a_float=-math.inf, doubles=[1.5, -math.inf])
    built("minus one in every packing", int32s=[-1, 0, 1], sint32s=[-1, 0, 1], sint64s=[-1],
          int64s=[-1], sfixed64s=[-1], bools=[True, False])
    built("unpacked on request", loose_int32s=[1, -1, 300], loose_colours=[1, 0, 2])
    built("texts beyond ASCII", a_string="häuß 日本 🙂", strings=["", "é", "\0"])
    parts = [sample(**{name: {key: value}}).SerializeToString() for name, key, value in [
        ("texts", "", "x"), ("texts", "a", ""), ("texts", "aa", "y"), ("texts", "b", "2"),
        ("numbers", -1, 1), ("numbers", 0, -9), ("numbers", 5, 0),
        ("blobs_by_number", -7, b"\xff"), ("blobs_by_number", 7, b""),
        ("colours_by_number", 1, 0), ("colours_by_number", 9, 2),
        ("points_by_number", 1, {}), ("points_by_number", 2**63, {"x": -1})]]
    add("maps in the order of their keys", b"".join(reversed(parts)), ordered=b"".join(parts))
    built("an enum number nobody knows", colour=99, colours=[1, 99, -3])
    built("a chosen default is written", chosen_int32=0)
    built("a field with the largest number", chosen_bool=True)
    built("a chosen message that is empty", chosen_point={})
    built("a message inside itself", next={"next": {"next": {"an_int32": 3}}},
          chosen_sample={"chosen_sample": {"a_string": "deep"}})
    add("two messages that hold each other",
        classes["millrace.test.v1.CodecHen"](egg={"chick": {"age": 1, "egg": {}}})
        .SerializeToString(), "millrace.test.v1.CodecHen")

    add("the last scalar wins", tag(3, 0) + varint(1) + tag(3, 0) + varint(2))
    add("the last choice wins", tag(81, 0) + varint(1) + tag(82, 2) + varint(1) + b"x")
    add("a choice of the same message merges",
        tag(83, 2) + varint(2) + tag(1, 0) + varint(2) + tag(83, 2) + varint(2) + tag(2, 0)
        + varint(4))
    add("a message that comes twice merges",
        tag(17, 2) + varint(2) + tag(1, 0) + varint(2) + tag(17, 2) + varint(2) + tag(2, 0)
        + varint(4))
    add("packed and unpacked mixed",
        tag(33, 0) + varint(1) + tag(33, 2) + varint(2) + varint(2) + varint(3) + tag(33, 0)
        + varint(4) + tag(45, 2) + varint(2) + varint(5) + varint(6))
    add("an empty packed field", tag(33, 2) + varint(0))
    add("a packed number cut off", tag(33, 2) + varint(2) + varint(1) + b"\x80")
    add("a packed fixed number cut off", tag(39, 2) + varint(5) + b"\0" * 5)
    add("the last of equal keys wins",
        2 * (tag(62, 2) + varint(4) + tag(1, 0) + varint(7) + tag(2, 0) + varint(1))
        + tag(62, 2) + varint(4) + tag(1, 0) + varint(7) + tag(2, 0) + varint(9))
    add("a map entry without key and value", tag(62, 2) + varint(0) + tag(65, 2) + varint(0))
    add("a map entry with its value first",
        tag(62, 2) + varint(4) + tag(2, 0) + varint(3) + tag(1, 0) + varint(8))
    add("fields in any order", tag(14, 2) + varint(1) + b"a" + tag(3, 0) + varint(1))
    add("unknown fields of every wire type",
        tag(500, 0) + varint(2**64 - 1) + tag(501, 1) + b"12345678" + tag(502, 2) + varint(3)
        + b"abc" + tag(503, 5) + b"1234" + tag(3, 0) + varint(1))
    add("an unknown group is kept", tag(500, 3) + tag(1, 2) + varint(1) + b"x" + tag(2, 3)
        + tag(2, 4) + tag(500, 4))
    add("a group without its end", tag(500, 3) + tag(1, 0) + varint(1))
    add("a group with another's end", tag(500, 3) + tag(501, 4))
    add("an end without a group", tag(500, 4))
    add("a known field in another wire type", tag(3, 2) + varint(1) + b"x" + tag(14, 0) + varint(4))
    add("what an older program keeps",
        sample(an_int32=1, a_string="x", point={"x": 1, "y": 2}, texts={"a": "b"})
        .SerializeToString(), "millrace.test.v1.CodecOlder")
    add("a number of 32 bits with more", tag(3, 0) + varint(2**40 + 5) + tag(13, 0) + varint(2**40))
    add("a padded number", tag(3, 0) + b"\x85\x80\x80\x00")
    add("a padded length", tag(14, 2) + b"\x81\x00" + b"x")
    add("a number of ten bytes", tag(6, 0) + b"\xff" * 9 + b"\x01")
    add("a number of more than 64 bits", tag(6, 0) + b"\xff" * 9 + b"\x02", is_refused=True)
    add("a number of eleven bytes", tag(6, 0) + b"\x80" * 10 + b"\x01")
    add("a number cut off", tag(6, 0) + b"\x80")
    add("a tag cut off", b"\x80")
    add("field number zero", b"\x00\x01")
    add("a field number beyond the largest", varint(2**32 << 3) + b"\x01")
    add("wire type six", tag(3, 6) + b"\x01")
    add("wire type seven", tag(3, 7) + b"\x01")
    add("a length beyond the end", tag(14, 2) + varint(2) + b"x")
    add("a length of 64 bits", tag(14, 2) + varint(2**64 - 1) + b"x")
    add("a length of 31 bits", tag(14, 2) + varint(2**31 - 1) + b"x")
    add("a message beyond the one around it",
        tag(101, 2) + varint(3) + tag(17, 2) + varint(9) + b"123456789")
    add("a fixed number cut off", tag(9, 5) + b"123")
    add("a text that is no UTF-8", tag(14, 2) + varint(1) + b"\xff")
    add("a text with a surrogate", tag(14, 2) + varint(3) + b"\xed\xa0\x80")
    add("a text in overlong UTF-8", tag(14, 2) + varint(2) + b"\xc0\x80")
    add("a key that is no UTF-8", tag(61, 2) + varint(3) + tag(1, 2) + varint(1) + b"\xff")
    add("bytes may be anything", tag(15, 2) + varint(2) + b"\xff\xc0")
    return cases
