"""Answers EQL queries over NDJSON by the Python engine of the package `eql`: jobs in on standard input, answers out as JSON.

A job is {"data": path, "eql": text, "same": "records" or a field}; its answer lists line numbers (from 1), or the values of
the field in the events of the sequences. Times are handed over in the engine's unit, 100 nanoseconds since 1601.
"""
import datetime, functools, gzip, json, sys
import eql
from eql.parser import allow_negation, elasticsearch_syntax


@functools.lru_cache(maxsize=1)
def events(path):
    found = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            record = json.loads(line)
            instant = datetime.datetime.fromisoformat(record["@timestamp"].replace("Z", "+00:00"))
            ticks = int(instant.timestamp() * 1000) * 10_000 + 116_444_736_000_000_000
            record["_line"] = number
            found.append(eql.Event("generic", ticks, record))
    return found


def value(record, field):
    for part in field.split("."):
        record = record.get(part) if isinstance(record, dict) else None
    return record


def answer(job):
    with elasticsearch_syntax, allow_negation:
        query = eql.parse_query(job["eql"])
    matched = []
    engine = eql.PythonEngine({"case_sensitive": True})
    engine.add_output_hook(matched.append)
    engine.add_query(query)
    engine.stream_events(events(job["data"]))
    engine.finalize()
    field = "_line" if job["same"] == "records" else job["same"]
    found = {value(event.data, field) for output in matched for event in output.events}
    return sorted(found)


for job in sorted(json.load(sys.stdin), key=lambda job: job["data"]):
    try:
        job["answer"] = answer(job)
    except Exception as error:  # told beside the question, and the others go on
        job["error"] = f"{type(error).__name__}: {error}"
    print(json.dumps(job), flush=True)
