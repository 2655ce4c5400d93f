#!/usr/bin/env bash
# run.sh s3://BUCKET/LAKE [WORK]: do others read a lake of ours?
#
# Fills the lake with an hour of events, as gzip JSON and as Parquet, and has it counted
# and summed by acme, AWS CLI, boto3, pyarrow, polars and DuckDB, each through its own S3
# client. Prints a line for each and fails where two differ. The server and the keys come
# from AWS_ENDPOINT_URL_S3 and the other variables of the AWS SDK. Needs acme (in $ACME,
# else in PATH), python3 and PyPI; WORK keeps the Python environment.
set -euo pipefail
lake=${1:?usage: run.sh s3://BUCKET/LAKE [WORK]}
work=${2:-${TMPDIR:-/tmp}/acme-interop}
acme=${ACME:-acme}
here=$(cd "$(dirname "$0")" && pwd)
venv=$work/venv
if [ ! -e "$venv/ready" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q -r "$here/requirements.txt"
  touch "$venv/ready"
fi
export AWS_ENDPOINT_URL=${AWS_ENDPOINT_URL_S3:-${AWS_ENDPOINT_URL:-}}
[ -n "$AWS_ENDPOINT_URL" ] || unset AWS_ENDPOINT_URL
"$acme" generate -q --lake "$lake" --file-format both
ask() {
  "$acme" query --lake "$lake" --format tsv \
    "SELECT count(*), sum(CAST(watch_duration_seconds AS bigint)), sum(CAST(buffering_events AS bigint)) FROM $1" | tail -n 1
}
{
  printf 'acme, Athena SQL\tjson\t%s\n' "$(ask video_telemetry_json)"
  printf 'acme, Athena SQL\tparquet\t%s\n' "$(ask video_telemetry_parquet)"
  "$venv/bin/python" "$here/read.py" "$lake" "$venv/bin/aws"
} | tee "$work/answers.tsv" | column -t -s "$(printf '\t')" -N reader,format,rows,watched,buffered
if [ "$(cut -f3- "$work/answers.tsv" | sort -u | wc -l)" = 1 ]; then
  echo "all $(wc -l <"$work/answers.tsv") readers agree"
else
  echo 'readers differ' >&2
  exit 1
fi
