"""The report's statements as one would run them by hand: DuckDB alone, for scale.

    pip install duckdb==1.5.6
    python3 docs/bench/by_hand.py LAKE json|parquet

Each statement of sql/report, sql/samples and the quality checks, over read_json or
read_parquet of the same objects, with DuckDB's spelling where Athena's differs. The
answers are DuckDB's and in places not Athena's; only the time is of interest.
"""

import glob
import sys
from pathlib import Path

import duckdb

NUMBERS = {
    "watch_duration_seconds": "INTEGER", "position_seconds": "INTEGER", "completion_percentage": "DOUBLE",
    "bandwidth_mbps": "DOUBLE", "buffering_events": "INTEGER", "buffering_duration_seconds": "INTEGER",
    "error_count": "INTEGER",
}
TEXTS = [
    "event_id", "customer_id", "title_id", "session_id", "event_type", "event_timestamp", "device_type", "device_id",
    "device_os", "app_version", "quality", "ip_address", "country", "state", "city", "isp", "connection_type",
]
SPELLING = {"approx_percentile": "approx_quantile", "regexp_like": "regexp_matches", "acme_telemetry.": ""}


def source(lake, kind):
    if kind == "parquet":
        return f"read_parquet('{lake}/telemetry_parquet/*/*/*/*/*.parquet', hive_partitioning = true, filename = '$path')"
    columns = ", ".join(f"{name}: '{NUMBERS.get(name, 'VARCHAR')}'" for name in [*TEXTS, *NUMBERS])
    return (
        f"read_json('{lake}/telemetry/*/*/*/*/*.gz', format = 'newline_delimited', hive_partitioning = true, "
        f"filename = '$path', columns = {{{columns}}})"
    )


def main():
    lake, kind = sys.argv[1:]
    sql = Path(__file__).resolve().parents[2] / "sql"
    db = duckdb.connect()
    db.execute("SET preserve_insertion_order = false")
    db.execute(f"CREATE VIEW video_telemetry_json AS SELECT * FROM {source(lake, kind)}")
    db.execute("CREATE SCHEMA acme_streaming_data")
    db.execute(f"CREATE VIEW acme_streaming_data.titles AS SELECT * FROM read_json('{lake}/dimensions/titles/*.gz')")
    files = [*glob.glob(f"{sql}/report/*.sql"), *glob.glob(f"{sql}/samples/*.sql"),
             f"{sql}/quality/all.sql", f"{sql}/quality/position_within_runtime.sql"]
    for file in sorted(files):
        text = Path(file).read_text().strip().rstrip(";")
        if "PERCENTILE_CONT(" in text:
            continue  # Athena refuses it, so the report does not run it
        for athena, duck in SPELLING.items():
            text = text.replace(athena, duck)
        db.execute(text).fetchall()


main()
