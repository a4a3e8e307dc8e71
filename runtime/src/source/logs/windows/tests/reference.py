"""Prints the records of an event log as XML and as JSON, one object a line, as the package `evtx` reads them."""

import json
import sys

from evtx import PyEvtxParser


def read(records):
    while True:
        try:
            yield next(records)["data"]
        except StopIteration:
            return
        except RuntimeError as error:
            yield error


for xml, tree in zip(read(iter(PyEvtxParser(sys.argv[1]).records())), read(iter(PyEvtxParser(sys.argv[1]).records_json()))):
    line = {"error": str(xml)} if isinstance(xml, RuntimeError) else {"xml": xml, "json": str(tree)}
    print(json.dumps(line))
