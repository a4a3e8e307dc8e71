#!/usr/bin/env python3
"""Makes record_fields.csv: the fields of records that hunts may name, with their index type and where each is defined.

Takes facts only (names, types, which module), no descriptions, from three public repositories, of which it needs clones:

    elastic/ecs               the Elastic Common Schema: generated/ecs/ecs_flat.yml, and of older versions their tags
    elastic/endpoint-package  the fields of Elastic Endpoint
    elastic/detection-rules   detection_rules/etc/beats_schemas: all fields.yml of Beats, gathered for each release

    make-record-fields.py ECS ENDPOINT DETECTION-RULES > record_fields.csv

Needs Python 3 with PyYAML, and git.
"""

import gzip
import json
import subprocess
import sys

import yaml

ECS_NOW = "v9.4.0"
# Newest first: a name that a later version has dropped comes from the newest version that had it.
ECS_BEFORE = ["v9.0.0", "v8.17.0", "v8.11.0", "v8.0.0", "v1.12.2", "v1.8.0", "v1.4.0", "v1.0.1"]
BEATS = "v9.5.0"
# Folders of the Beats whose fields hunters meet; None: what is common to the Beat.
MODULES = {
    "winlogbeat": [None, "powershell", "security", "sysmon"],
    "auditbeat": [None, "auditd", "file_integrity", "system"],
    "filebeat": [None, "auditd", "system", "zeek", "suricata", "osquery", "microsoft", "santa", "iptables", "cisco", "panw",
                 "fortinet", "checkpoint", "o365", "azure", "aws", "gcp", "okta", "google_workspace", "crowdstrike"],
    "packetbeat": [None],
    "osquerybeat": [None],
    "libbeat": [None],
}
# Data streams of Elastic Endpoint that say what happened on a host.
STREAMS = ["process", "file", "library", "network", "registry", "security", "device", "api", "alerts"]
# Names of ECS that were given up for another one.
RENAMED = {
    "dns.question.etld_plus_one": "dns.question.registered_domain",
    "log.original": "event.original",
    "process.ppid": "process.parent.pid",
}
INTEGERS = {"long", "integer", "short", "byte", "unsigned_long"}
FLOATS = {"double", "float", "half_float", "scaled_float"}
TEXTS = {"text", "match_only_text"}
# Types without values that a hunt could compare.
NOT_COMPARED = {"geo_point", "geo_shape", "nested", "object", "histogram", "binary"}


def index_type(name, ty):
    """The table's word for an index type."""
    if ty in ("keyword", "constant_keyword", "version"):
        return "keyword"
    if ty in TEXTS:
        return "text"
    if ty in INTEGERS:
        return "long"
    if ty in FLOATS:
        return "float"
    if ty in ("date", "date_nanos"):
        return "date"
    if ty in ("wildcard", "ip", "boolean") or ty in NOT_COMPARED:
        return ty
    raise SystemExit(f"{name}: type {ty} is new to this script")


class Table:
    """Rows by name; the first to say something of a name is believed."""

    def __init__(self):
        self.rows = {}
        # Objects of which nothing says what they hold.
        self.vague = {}

    def add(self, name, ty, source, now="", many=True):
        # A name without a dot that ECS does not have would be taken for a column's.
        if "." not in name and source != "ecs" or "*" in name.removesuffix(".*"):
            return
        if ty not in NOT_COMPARED and all(c.isascii() and (c.isalnum() or c in "@._-*") for c in name):
            self.rows.setdefault(name, (ty, source, now, many))

    def write(self, out):
        parents = {name[:at] for name in self.rows for at, c in enumerate(name) if c == "."}
        for name, source in self.vague.items():
            if name not in parents:
                self.add(f"{name}.*", "keyword", source)
        for name in sorted(self.rows, key=lambda n: n.encode()):
            ty, source, now, many = self.rows[name]
            if not now or now in self.rows:
                ty = self.rows[now][0] if ty == "alias" else ty
                flags = " ".join(["many"] * many + identifier(name, ty))
                out.write(f"{name},{ty},{flags},{source},{now}\n")


def show(repository, revision, path):
    return subprocess.run(["git", "-C", repository, "show", f"{revision}:{path}"], check=True, capture_output=True).stdout


def ecs(table, repository, tag, now):
    for path in ("generated/ecs/ecs_flat.yml", "generated/ecs/fields_flat.yml"):
        try:
            fields = yaml.load(show(repository, tag, path), Loader=yaml.CSafeLoader)
            break
        except subprocess.CalledProcessError:
            continue
    else:
        raise SystemExit(f"{repository}: {tag} has no flat list")
    sets = {name.split(".")[0] for name in table.rows}
    source = "ecs" if now else f"ecs/{tag[1:]}"
    for name, field in fields.items():
        ty = field["type"]
        many = "array" in (field.get("normalize") or [])
        if not now and (ty == "object" or name.split(".")[0] not in sets):
            continue
        if ty == "flattened" or (ty == "object" and (field.get("object_type") or name == "labels")):
            table.add(f"{name}.*", index_type(name, field.get("object_type") or "keyword"), source, many=many)
        elif ty == "object":
            table.vague.setdefault(name, source)
        else:
            table.add(name, index_type(name, ty), source, "" if now else RENAMED.get(name, ""), many)


def identifier(name, ty):
    """What identifiers a field holds, whose spelling says nothing."""
    parts = name.split(".")
    if ty != "keyword" or name.startswith("winlog.event_data."):
        return []
    if parts[-1] == "entity_id":
        return ["entity-id"]
    if parts[-1] == "mac":
        return ["mac"]
    hashes = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512_224", "sha512_256")
    return ["id"] if parts[-1] in ("imphash", "import_hash", "pehash") or parts[-1] in hashes and "hash" in parts else []


def several(name):
    """Whether a field of a Beat may hold several values. The Windows Event Log has one text for each name; of all others
    nobody says it."""
    return not f"{name}.".startswith("winlog.event_data.")


def yml(table, fields, source, prefix=""):
    for field in fields:
        name = field.get("name")
        path = ".".join(p for p in (prefix, name) if p)
        ty = field.get("type") or ("group" if "fields" in field else "keyword")
        if ty == "group" or (ty in ("nested", "object") and "fields" in field):
            yml(table, field.get("fields") or [], source, path)
        elif name is None or ty == "array" or (ty == "object" and field.get("enabled") is False):
            continue
        elif ty == "alias":
            table.add(path, "alias", source, field["path"])
        elif ty == "flattened" or field.get("object_type"):
            inner = field.get("object_type") or "keyword"
            inner = "keyword" if inner in ("object", "flattened", "histogram") else inner
            table.add(path if path.endswith(".*") else f"{path}.*", index_type(path, inner), source, many=several(path))
        elif ty == "object":
            table.vague.setdefault(path.removesuffix(".*"), source)
        else:
            table.add(path, index_type(path, ty), source, many=several(path))


def parts(table, content, source):
    """Reads the parts of a fields.yml; answers the name of the last group."""
    group = ""
    for part in content or []:
        fields = part.get("fields") or []
        yml(table, fields, source)
        groups = [f for f in fields if f.get("type") == "group"]
        group = groups[-1]["name"] if groups else group
    return group


def main():
    ecs_repository, endpoint, rules = sys.argv[1:]
    table = Table()
    ecs(table, ecs_repository, ECS_NOW, True)
    beats = json.loads(gzip.decompress(show(rules, "HEAD", f"detection_rules/etc/beats_schemas/{BEATS}.json.gz")))
    for beat, modules in MODULES.items():
        folders = beats[beat]["folders"]
        for module in modules:
            source = beat + (f"/{module}" if module else "")
            if module is None:
                for content in folders["_meta"]["files"].values():
                    parts(table, content, source)
                continue
            # The fields of a part of a module stand in the module's last group.
            inner = folders["module"]["folders"][module]["folders"]
            group = ""
            for content in inner["_meta"]["files"].values():
                group = parts(table, content, source)
            for name, part in inner.items():
                if name != "_meta":
                    for content in (c for f in part["folders"].values() for c in f["files"].values()):
                        for field in content or []:
                            yml(table, [field], source, group)
    listing = subprocess.run(["git", "-C", endpoint, "ls-tree", "-r", "--name-only", "HEAD", "package/endpoint/data_stream"],
                             check=True, capture_output=True, text=True).stdout.split()
    for path in listing:
        if path.endswith("fields.yml"):
            stream = path.split("/")[3]
            if stream not in STREAMS:
                continue
            yml(table, yaml.load(show(endpoint, "HEAD", path), Loader=yaml.CSafeLoader), f"endpoint/{stream}")
    for tag in ECS_BEFORE:
        ecs(table, ecs_repository, tag, False)
    table.add("stix.*", "keyword", "stix")
    print("# Fields of records, sorted by name: made by make-record-fields.py, not edited. `NAME.*`: a group whose keys nobody lists.")
    print("# `type`: that of the index. Flag `many`: a record may have several values (ECS says so, or nobody says that there is one);")
    print("# `id`, `entity-id` and `mac`: identifiers, as attributes of these types.")
    print(f"# `source`: ecs is {ECS_NOW} (or the last version that had the field), the names of Beats are those of {BEATS},")
    print("# endpoint is the package's 9.6, stix is what bundles say beside ECS. `now`: the newer name of the field, under which records have it today.")
    print("field,type,flags,source,now")
    table.write(sys.stdout)


main()
