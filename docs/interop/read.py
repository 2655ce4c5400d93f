"""Reads a lake in a bucket by clients that know nothing of acme: one line for each.

read.py s3://BUCKET/LAKE AWS-COMMAND; prints reader, format, rows, seconds watched and
buffering events, separated by tabs.
"""
import gzip
import json
import os
import subprocess
import sys
import tempfile
from urllib.parse import urlparse

lake, aws = sys.argv[1].rstrip("/"), sys.argv[2]
bucket, prefix = lake.removeprefix("s3://").split("/", 1)
endpoint, region = os.environ.get("AWS_ENDPOINT_URL"), os.environ.get("AWS_REGION", "us-east-1")
JSON, PARQUET = f"{prefix}/telemetry/", f"{prefix}/telemetry_parquet/"
WATCHED, BUFFERED = "watch_duration_seconds", "buffering_events"


def say(reader, form, rows, watched, buffered):
    print(reader, form, rows, int(watched), int(buffered), sep="\t", flush=True)


def count(lines):
    rows = watched = buffered = 0
    for line in lines:
        event = json.loads(line)
        rows += 1
        watched += event.get(WATCHED) or 0
        buffered += event.get(BUFFERED) or 0
    return rows, watched, buffered


def aws_cli():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([aws, "s3", "sync", "--only-show-errors", f"s3://{bucket}/{JSON}", folder], check=True)
        def lines():
            for where, _, names in os.walk(folder):
                for name in names:
                    with gzip.open(os.path.join(where, name)) as f:
                        yield from f
        say("AWS CLI s3 sync, gzip", "json", *count(lines()))


def boto():
    import boto3
    s3 = boto3.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=JSON)
    def lines():
        for page in pages:
            for entry in page.get("Contents", []):
                body = s3.get_object(Bucket=bucket, Key=entry["Key"], ChecksumMode="ENABLED")["Body"]
                yield from gzip.decompress(body.read()).splitlines()
    say("boto3 " + boto3.__version__, "json", *count(lines()))


def arrow():
    import pyarrow
    import pyarrow.compute as pc
    import pyarrow.dataset as ds
    import pyarrow.json as pj
    from pyarrow.fs import FileSelector, S3FileSystem
    url = urlparse(endpoint) if endpoint else None
    fs = S3FileSystem(region=region, **({"endpoint_override": url.netloc, "scheme": url.scheme} if url else {}))
    parquet = ds.dataset(f"{bucket}/{PARQUET}", filesystem=fs, format="parquet", partitioning="hive")
    texts = []
    for f in fs.get_file_info(FileSelector(f"{bucket}/{JSON}", recursive=True)):
        if f.is_file:
            with fs.open_input_stream(f.path, compression="gzip") as stream:
                texts.append(pj.read_json(stream).select([WATCHED, BUFFERED]))
    for form, table in (
        ("parquet", parquet.to_table(columns=[WATCHED, BUFFERED])),
        ("json", pyarrow.concat_tables(texts, promote_options="permissive")),
    ):
        say("pyarrow " + pyarrow.__version__, form, table.num_rows, pc.sum(table[WATCHED]).as_py(), pc.sum(table[BUFFERED]).as_py())


def frames():
    import polars as pl
    options = {"aws_region": region}
    if endpoint:
        options |= {"aws_endpoint_url": endpoint, "aws_allow_http": "true"}
    for form, scan in (
        ("parquet", lambda: pl.scan_parquet(f"s3://{bucket}/{PARQUET}**/*.parquet", storage_options=options)),
        ("json", lambda: pl.scan_ndjson(f"s3://{bucket}/{JSON}**/*.gz", storage_options=options, infer_schema_length=None)),
    ):
        rows, watched, buffered = scan().select(
            pl.len().alias("n"), pl.col(WATCHED).cast(pl.Int64).sum().alias("w"), pl.col(BUFFERED).cast(pl.Int64).sum().alias("b")).collect().row(0)
        say("polars " + pl.__version__, form, rows, watched, buffered)


def duck():
    import duckdb
    from duckdb_extensions import import_extension
    import_extension("httpfs")
    db = duckdb.connect()
    db.execute("LOAD httpfs")
    url = urlparse(endpoint) if endpoint else None
    where = f", ENDPOINT '{url.netloc}', URL_STYLE 'path', USE_SSL {str(url.scheme == 'https').lower()}" if url else ""
    db.execute(f"CREATE SECRET (TYPE s3, KEY_ID '{os.environ['AWS_ACCESS_KEY_ID']}', SECRET '{os.environ['AWS_SECRET_ACCESS_KEY']}', REGION '{region}'{where})")
    for form, source in (
        ("parquet", f"read_parquet('s3://{bucket}/{PARQUET}**/*.parquet', hive_partitioning=true)"),
        ("json", f"read_json('s3://{bucket}/{JSON}**/*.gz', format='newline_delimited')"),
    ):
        say("DuckDB " + duckdb.__version__, form, *db.execute(f"SELECT count(*), sum({WATCHED})::BIGINT, sum({BUFFERED})::BIGINT FROM {source}").fetchone())


for read in (aws_cli, boto, arrow, frames, duck):
    read()
