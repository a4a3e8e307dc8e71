"""Writes a log of a format in which one value of one record is an attacker's: record.py FORMAT VALUE [first]

Three records, `good.exe`, `evil.exe` and `last.exe`, or flows to the ports 1, 4444 and 2. The value is the evil one's, which stands
first with `first`.
"""
import json
import sys

FORMAT, VALUE = sys.argv[1:3]
FIRST = sys.argv[3:] == ["first"]

# As it stands in the file: a text of JSON with its quotes, a text of XML, a cell, or bytes of a line.
RAW = {
    "bytes": b"go \xff\xfe x",
    "control": b"go \x01\x1b[2J x",
    "long": b"go " + b"x" * 100000,
    "ustar": b"ustar" * 200,
    "blank": b"   ",
}
JSON = {
    **{name: b'"' + raw + b'"' for name, raw in RAW.items()},
    "surrogate": b'"go \\ud800 x"',
    "number": b"1e400",
    "deep": b"[" * 1000 + b"1" + b"]" * 1000,
    "deepish": b"[" * 150 + b"1" + b"]" * 150,
    "escapes": b'"go \\u001b]0;owned\\u0007\\u202e\\u009b2J x"',
    "lines": b'"go\\nEventID=9\\r\\n</Event><Event>\\r\\nUser: SYSTEM\\nImage: C:\\\\\\\\good.exe"',
}
XML = {
    **RAW,
    "zero": b"go &#0; x",
    "half": b"go &#xD800; x",
    "unknown": b"go &bogus; x",
    "ampersand": b"go & x",
    "escapes": b"go &#27;]0;owned&#7;&#x202e;&#x9b;2J x",
    "markup": b"go ]]&gt;&lt;/Data&gt;&lt;/EventData&gt;&lt;/Event&gt; x",
}
GO = b'"go"'


def sysmon(name, value, quoted):
    """The values of an event 1."""
    n = {"good.exe": 1, "evil.exe": 2, "last.exe": 3}[name]
    return {
        "UtcTime": f"2020-10-22 06:55:0{n}.000",
        "ProcessGuid": "{39e4a257-2d77-5f91-6a13-00000000070%d}" % n,
        "ProcessId": str(10 + n),
        "Image": "C:\\" + name,
        "CommandLine": quoted,
    }


def fill(document, value):
    """A line of JSON in which a value stands as it is."""
    return json.dumps(document).encode().replace(b'"VALUE"', value)


def line(name, value):
    n = {"good.exe": 1, "evil.exe": 2, "last.exe": 3}[name]
    port = {"good.exe": 1, "evil.exe": 4444, "last.exe": 2}[name]
    event = sysmon(name, value, "VALUE")
    provider, channel = "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational"
    iso, seconds = f"2020-10-22T06:55:0{n}.000Z", 1603349700 + n
    if FORMAT == "nxlog":
        return fill({"EventID": 1, "SourceName": provider, "Channel": channel, "Hostname": "a", "TimeCreated": iso, **event}, value)
    if FORMAT == "evtx_dump":
        system = {"Provider": {"#attributes": {"Name": provider}}, "EventID": 1, "TimeCreated": {"#attributes": {"SystemTime": iso}}, "Channel": channel, "Computer": "a"}
        return fill({"Event": {"System": system, "EventData": event}}, value)
    if FORMAT == "winlogbeat":
        return fill({"@timestamp": iso, "host": {"name": "a"}, "winlog": {"provider_name": provider, "event_id": "1", "channel": channel, "event_data": event}}, value)
    if FORMAT in ("xml", "splunk"):
        data = "".join(f"<Data Name='{key}'>{text}</Data>" for key, text in event.items())
        text = f"<Event><System><Provider Name='{provider}'/><EventID>1</EventID><TimeCreated SystemTime='{iso}'/><Channel>{channel}</Channel><Computer>a</Computer></System><EventData>{data}</EventData></Event>"
        if FORMAT == "splunk":
            return json.dumps({"result": {"_raw": text.replace("VALUE", value.decode())}}).encode()
        return text.encode().replace(b"VALUE", value)
    if FORMAT == "suricata":
        return fill({"timestamp": iso, "event_type": "http", "src_ip": "10.0.0.1", "src_port": 7, "dest_ip": "10.0.0.2", "dest_port": port, "proto": "TCP", "http": {"url": "VALUE"}}, value)
    if FORMAT == "zeek":
        return fill({"_path": "http", "ts": seconds, "uid": f"C{n}", "id.orig_h": "10.0.0.1", "id.orig_p": 7, "id.resp_h": "10.0.0.2", "id.resp_p": port, "proto": "tcp", "uri": "VALUE"}, value)
    if FORMAT == "zeek_table":
        return b"\t".join([b"%d.0" % seconds, b"C%d" % n, b"10.0.0.1", b"7", b"10.0.0.2", b"%d" % port, b"tcp", value])
    if FORMAT == "journald":
        return fill({"__REALTIME_TIMESTAMP": f"{seconds}000000", "_HOSTNAME": "a", "_PID": str(10 + n), "_COMM": name, "_EXE": "/bin/" + name, "MESSAGE": "VALUE"}, value)
    if FORMAT == "auditd":
        head = f'type=SYSCALL msg=audit({seconds}.000:{n}): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid={10 + n} uid=0 comm="{name}" exe="/bin/{name}" key="'
        return head.encode() + value + b'"'
    if FORMAT == "table":
        return b",".join([iso.encode(), b"a", name.encode(), b"%d" % (10 + n), value, b"process", b"{%d}" % n])
    raise SystemExit(FORMAT)


VALUES = XML if FORMAT in ("xml", "splunk") else RAW if FORMAT in ("zeek_table", "auditd", "table") else JSON
PLAIN = GO if VALUES is JSON else b"go"
names = ["evil.exe", "good.exe", "last.exe"] if FIRST else ["good.exe", "evil.exe", "last.exe"]
lines = [line(name, VALUES[VALUE] if name == "evil.exe" else PLAIN) for name in names]
if FORMAT == "zeek_table":
    fields = b"ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\turi"
    types = b"time\tstring\taddr\tport\taddr\tport\tenum\tstring"
    lines = [b"#separator \\x09", b"#path\thttp", b"#fields\t" + fields, b"#types\t" + types, *lines]
if FORMAT == "table":
    lines.insert(0, b"@timestamp,host.name,process.name,process.pid,process.command_line,event.category,process.entity_id")
with open("log", "wb") as out:
    out.write(b"\n".join(lines) + b"\n")
