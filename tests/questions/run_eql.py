"""Runs EQL queries over records: reads {"records": FILE, "queries": {name: text}} on its standard input, and answers
{name: [[[number of the record, its time], …], …]} on its standard output, or {name: "why not"}."""
import gzip, json, sys
from datetime import datetime, timezone
import eql
from eql import Event, PythonEngine, parse_query
from eql.parser import elasticsearch_syntax

EPOCH = datetime(1601, 1, 1, tzinfo=timezone.utc)

def ticks(text):
    seconds = (datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH)
    return (seconds.days * 86_400 + seconds.seconds) * 10_000_000 + seconds.microseconds * 10

def listed(value):
    return value if isinstance(value, list) else [value] if value is not None else []

def nested(record):
    """Names with dots, as servers have them, become objects."""
    out = {}
    for name, value in record.items():
        value = nested(value) if isinstance(value, dict) else value
        at = out
        *before, last = name.split(".")
        for part in before:
            at = at.setdefault(part, {})
        if isinstance(value, dict) and isinstance(at.get(last), dict):
            at[last].update(value)
        else:
            at[last] = value
    return out

def events(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            if line.strip():
                record = json.loads(line)
                record = nested(record.get("_source", record))
                kinds = listed(record.get("event", {}).get("category"))
                record["number"] = number
                yield Event(kinds[0] if kinds else "any", ticks(record["@timestamp"]), record)

def run(text, records):
    found = []
    with elasticsearch_syntax:
        query = parse_query(text)
    engine = PythonEngine({})
    engine.add_query(query)
    engine.add_output_hook(lambda match: found.append([[event.data["number"], event.data["@timestamp"]] for event in match.events]))
    engine.stream_events(records, finalize=True)
    return found

def main():
    asked = json.load(sys.stdin)
    records = sorted(events(asked["records"]), key=lambda event: event.time)
    answers = {}
    for name, text in asked["queries"].items():
        try:
            answers[name] = run(text, records)
        except eql.EqlError as error:
            answers[name] = str(error)
    json.dump(answers, sys.stdout)

main()
