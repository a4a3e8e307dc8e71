# Calls a Kestrel analytic: a function over pandas data frames. It runs in the user's interpreter, in a process of its own.
#
# job.json beside this file says what to call. input/N.json has the rows of table N: a line with the names of its columns, and a
# line for each row. output/N.json gets the same of what the function gives back, display/ what it shows.

import datetime
import json
import math
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def give_up(text):
    print(text, file=sys.stderr, flush=True)
    sys.exit(3)


def limit(memory, written):
    try:
        import resource
    except ImportError:
        return
    for which, most in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_FSIZE, written)):
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most, most))


def function_of(job):
    from importlib.util import module_from_spec, spec_from_file_location

    path = os.path.realpath(job["module"])
    folder = os.path.dirname(path)
    if not os.path.isfile(path):
        give_up(f"there is no module {path}")
    # Other modules, programs and data of its folder are found, as in Kestrel.
    sys.path.append(folder)
    os.chdir(folder)
    os.environ.update(job["arguments"])
    spec = spec_from_file_location("kestrel_analytic", path)
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as missing:
        give_up(f"the analytic needs the Python package {missing.name}, which {sys.executable} does not have")
    function = getattr(module, job["function"], None)
    if not callable(function):
        give_up(f"the module {path} has no function {job['function']}")
    return function


def frame(pandas, number):
    with open(os.path.join(HERE, "input", f"{number}.json"), encoding="utf-8") as file:
        columns, *rows = map(json.loads, file)
    return pandas.DataFrame([dict(zip(columns, row)) for row in rows], columns=columns)


def plain(pandas, value):
    """A value as JSON has it; null where a data frame has none."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(pandas, item) for item in value]
    if isinstance(value, dict):
        return json.dumps(value, default=str)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    if hasattr(value, "tolist") and getattr(value, "ndim", None) != 0:
        return [plain(pandas, item) for item in value.tolist()]
    if value is pandas.NaT or value is pandas.NA:
        return None
    if isinstance(value, (datetime.datetime, datetime.date)):
        if isinstance(value, datetime.datetime) and value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value.isoformat() + ("Z" if isinstance(value, datetime.datetime) else "")
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return value if math.isfinite(value) else str(value)
    return value if isinstance(value, (bool, int, str)) else str(value)


def write(pandas, number, table):
    names = [str(name) for name in table.columns]
    with open(os.path.join(HERE, "output", f"{number}.json"), "w", encoding="utf-8") as file:
        print(json.dumps(names), file=file)
        for row in table.itertuples(index=False, name=None):
            print(json.dumps([plain(pandas, value) for value in row], allow_nan=False), file=file)


def show(number, shown):
    place = os.path.join(HERE, "display", str(number))
    if isinstance(shown, str):
        with open(place + ".html", "w", encoding="utf-8") as file:
            file.write(shown)
        return True
    if hasattr(shown, "savefig"):
        shown.savefig(place + ".png")
        return True
    # A plot of pandas is a part of its figure.
    if hasattr(getattr(shown, "figure", None), "savefig"):
        shown.figure.savefig(place + ".png")
        return True
    if hasattr(shown, "to_html"):
        return show(number, shown.to_html())
    return False


def main():
    with open(os.path.join(HERE, "job.json"), encoding="utf-8") as file:
        job = json.load(file)
    limit(job["memory"], job["written"])
    # Modules beside this file are none of the analytic's.
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != HERE]
    os.environ.setdefault("MPLBACKEND", "Agg")
    try:
        import pandas
    except ImportError:
        give_up(f"{sys.executable} does not have the Python package pandas")
    function = function_of(job)
    frames = [frame(pandas, number) for number in range(job["tables"])]
    import inspect

    try:
        inspect.signature(function).bind(*frames)
    except TypeError:
        give_up(f"the function {job['function']} does not take {len(frames)} tables")
    except ValueError:
        pass
    given = function(*frames)
    given = given if isinstance(given, tuple) else (given,)
    tables = [part for part in given if isinstance(part, pandas.DataFrame)]
    if tables and len(tables) != len(frames):
        give_up(f"the function gave back {len(tables)} tables and got {len(frames)}")
    for number, table in enumerate(tables):
        write(pandas, number, table)
    for number, shown in enumerate(part for part in given if part is not None and not isinstance(part, pandas.DataFrame)):
        if not show(number, shown):
            give_up(f"the function gave back a {type(shown).__name__}, which is no table and nothing to show")


main()
