"""Holds the report over migrated Parquet against the one over the JSON it was made of.

    acme generate --lake L && acme migrate --lake L
    python3 docs/bench/same_report.py acme L

Every figure must be the same. Averages are sums of doubles in another order, since the
rows of the Parquet are sorted: they may differ in the last digits, by 1 in 10^12. What
speaks of the objects themselves (how many, how large, which table, what a query scans)
differs, and is printed where it is of interest.
"""

import json
import math
import subprocess
import sys

OBJECTS = {"executive_summary", "pipeline", "volume", "partitions", "data_quality", "technical", "cost"}


def report(acme, lake, table):
    out = subprocess.run([acme, "report", "--lake", lake, "--table", table, "--format", "json"], check=True, capture_output=True)
    return json.loads(out.stdout)


def same(a, b):
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, float) or isinstance(b, float):
        return a is not None and b is not None and math.isclose(a, b, rel_tol=1e-12)
    return a == b


def main():
    acme, lake = sys.argv[1:]
    lines, columns = report(acme, lake, "video_telemetry_json"), report(acme, lake, "video_telemetry_parquet")
    sections = {s["id"]: s for s in columns["sections"]}
    values = differ = 0
    for s in lines["sections"]:
        if s["id"] in OBJECTS:
            continue
        rows = sections[s["id"]]["rows"]
        for a, b in zip(s["rows"], rows):
            values += len(a)
            if not same(a, b):
                differ += 1
                print("%s: %s is %s" % (s["id"], a, b))
        if len(s["rows"]) != len(rows):
            differ += 1
            print("%s: %d rows are %d" % (s["id"], len(s["rows"]), len(rows)))
    for name, r in (("JSON", lines), ("Parquet", columns)):
        total = next(s for s in r["sections"] if s["id"] == "cost")["rows"][-1]
        print("%s: %d objects, %.2f MB; the whole report scans %.2f MB" % (name, r["report"]["seen"]["objects"], r["report"]["seen"]["bytes"] / 1e6, total[3] / 1e6))
    print("%d values compared, %d rows differ" % (values, differ))
    sys.exit(1 if differ else 0)


main()
