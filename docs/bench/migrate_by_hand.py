"""The migration as one would do it by hand: DuckDB's COPY, which verifies nothing.

    pip install duckdb==1.5.6
    python3 docs/bench/migrate_by_hand.py LAKE OUT.parquet
"""

import resource
import sys
import time

import duckdb

NUMBERS = {
    "watch_duration_seconds": "INTEGER", "position_seconds": "INTEGER", "completion_percentage": "DOUBLE",
    "bandwidth_mbps": "DOUBLE", "buffering_events": "INTEGER", "buffering_duration_seconds": "INTEGER",
    "error_count": "INTEGER",
}
COLUMNS = (
    "event_id customer_id title_id session_id event_type event_timestamp watch_duration_seconds position_seconds "
    "completion_percentage device_type device_id device_os app_version quality bandwidth_mbps buffering_events "
    "buffering_duration_seconds error_count ip_address country state city isp connection_type"
).split()


def main():
    lake, out = sys.argv[1:]
    columns = ", ".join(f"{name}: '{NUMBERS.get(name, 'VARCHAR')}'" for name in COLUMNS)
    db = duckdb.connect()
    db.execute("SET enable_progress_bar = false")
    began = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF)
    db.execute(
        f"COPY (SELECT * FROM read_json('{lake}/telemetry/*/*/*/*/*.gz', format = 'newline_delimited', "
        f"hive_partitioning = false, columns = {{{columns}}})) TO '{out}' (FORMAT parquet, COMPRESSION zstd)"
    )
    after = resource.getrusage(resource.RUSAGE_SELF)
    print("%.2f s, processor %.2f s, peak memory %d MB" % (
        time.perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss // 1024))


main()
