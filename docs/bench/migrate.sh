#!/usr/bin/env bash
# Migrates the same gzip JSON by acme migrate and by DuckDB's COPY, in turns, on this machine.
#
#     bash docs/bench/migrate.sh [SCENARIO_HOURS]
#
# Needs Go, a C compiler, GNU time, and Python 3 with pip install duckdb==1.5.6 (PYTHON
# names another python3). On a machine with other work compare the processors' time:
# user and system time of the whole process for acme, of the statement alone for DuckDB.
set -euo pipefail
cd "$(dirname "$0")/../.."
hours=${1:-24}
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
acme=${ACME:-$work/acme}
[ -x "$acme" ] || go build -o "$acme" ./cmd/acme
export XDG_CACHE_HOME=$work/cache GOMAXPROCS=2

"$acme" generate -q --lake "$work/lake" --scenario streaming --from 2025-08-11 --for "${hours}h"
echo "gzip JSON: $(find "$work/lake/telemetry" -name '*.gz' | wc -l) objects, $(du -sb --apparent-size "$work/lake/telemetry" | cut -f1) bytes"
for turn in 1 2 3; do
  rm -rf "$work/lake/telemetry_parquet" "$work/lake/_acme/migrations" "$work/lake/_acme/manifests/telemetry_parquet" "$work/hand.parquet"
  /usr/bin/time -f '%e s, processor %U + %S s, peak memory %M KB' -o "$work/time" "$acme" migrate -q --lake "$work/lake" >"$work/sql"
  echo "acme migrate, verified:  $(cat "$work/time"), $(find "$work/lake/telemetry_parquet" -name '*.parquet' -printf '%s\n' | awk '{n+=$1} END {print n}') bytes"
  echo "DuckDB COPY, not:        $("$python" docs/bench/migrate_by_hand.py "$work/lake" "$work/hand.parquet"), $(stat -c %s "$work/hand.parquet") bytes"
done
grep -c '^-- telemetry_parquet/' "$work/sql" | sed 's/$/ parts/'
