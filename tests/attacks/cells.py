"""Fails where a CSV file has a cell that a spreadsheet takes for a formula, wherever it may split cells: at `,`, `;` or TAB."""
import csv
import re
import sys

SIGNS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"
NUMBER = re.compile(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?\Z")

csv.field_size_limit(1 << 30)
for path in sys.argv[1:]:
    text = open(path, encoding="utf-8-sig", newline="").read()
    for separator in ",;\t":
        for row in csv.reader(text.splitlines(keepends=True), delimiter=separator):
            for cell in row:
                begin = cell.lstrip(" \u00a0\ufeff\n\"")
                if begin[:1] and begin[0] in SIGNS and not NUMBER.match(begin):
                    sys.exit(f"{path}, cells split at {separator!r}: {cell!r}")
