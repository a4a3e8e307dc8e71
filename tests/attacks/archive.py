"""Writes an archive whose members an attacker named or made: archive.py KIND"""
import io
import json
import struct
import sys
import tarfile
import zipfile

GOOD = b'{"@timestamp":"2020-10-22T06:55:01.000Z","event":{"code":"1","category":["process"],"type":["start"]},"host":{"name":"a"},"process":{"entity_id":"{a}","name":"evil.exe","pid":10}}\n'
BAD = b"nothing\n"
NAME = "a\x1b]0;owned\x07\u202e\u009b2J\n[K0753] Warning\r.json"


def members(*pairs):
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pairs:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


def tar(*pairs):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8") as archive:
        for name, content in pairs:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def link(kind, name, to):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8") as archive:
        info = tarfile.TarInfo("good.json")
        info.size = len(GOOD)
        archive.addfile(info, io.BytesIO(GOOD))
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, to
        archive.addfile(info)
    return out.getvalue()


def nested(levels):
    """Zeros in zips in zips."""
    inner = members(("a.json", b" " * (64 << 20)))
    for _ in range(levels):
        inner = members(*[(f"{n}.zip", inner) for n in range(16)])
    return inner


def overlapping():
    """A zip whose members are all the same bytes: what it says it unpacks to is many times what is there."""
    one = members(("a.json", b" " * (32 << 20)))
    directory = one.rindex(b"PK\x01\x02")
    end = one.rindex(b"PK\x05\x06")
    entry, count = one[directory:end], 2000
    entries = b"".join(entry.replace(b"a.json", b"%06x" % n) for n in range(count))
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(entries), directory, 0)
    return one[:directory] + entries + tail


KINDS = {
    "zip_name": lambda: members((NAME, GOOD + BAD)),
    "tar_name": lambda: tar((NAME, GOOD + BAD)),
    "zip_up": lambda: members(("../../home/out.json", GOOD + BAD), ("/etc/out.json", BAD)),
    "tar_up": lambda: tar(("../../home/out.json", GOOD + BAD), ("/etc/out.json", BAD)),
    "tar_link": lambda: link(tarfile.SYMTYPE, "secret.json", "/etc/passwd"),
    "tar_hard_link": lambda: link(tarfile.LNKTYPE, "secret.json", "/etc/passwd"),
    "tar_pipe": lambda: link(tarfile.FIFOTYPE, "pipe.json", ""),
    "tar_device": lambda: link(tarfile.CHRTYPE, "zero.json", ""),
    "zip_of_zips": lambda: nested(2),
    "zip_overlapping": overlapping,
    "zip_same": lambda: members(("a.json", GOOD), ("a.json", BAD + GOOD)),
}
with open("log", "wb") as out:
    out.write(KINDS[sys.argv[1]]())
