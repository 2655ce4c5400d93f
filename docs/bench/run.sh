#!/usr/bin/env bash
# Measures what docs/BENCHMARKS.md says, on this machine, in one run.
#
#     bash docs/bench/run.sh
#
# Needs Go, a C compiler, and Python 3 for the comparison, with the package duckdb
# (pip install duckdb==1.5.6) for the one by hand; writes to a temporary folder. Quote medians and ratios: single times move with the machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
acme="$work/acme"
go build -o "$acme" ./cmd/acme

seconds() { # COMMAND...: wall seconds, its output thrown away
  local began ended
  began=$(date +%s.%N)
  "$@" >/dev/null 2>&1
  ended=$(date +%s.%N)
  echo "$ended - $began" | bc
}
median() { sort -n | awk '{a[NR]=$1} END {print a[int((NR+1)/2)]}'; }
five() { for _ in 1 2 3 4 5; do seconds "$@"; done | median; }
fresh() { rm -rf "$work/lake"; "$@"; }

echo "== simulator, one core: events/s to JSON bytes"
go test -run xxx -bench Generate -benchtime 2s -cpu 1 ./engine/sim | grep -E 'Benchmark|cpu:'
echo "== the same rows by plain Python, one core"
python3 docs/bench/rows.py 118600 2>&1 >/dev/null

echo "== whole program, an hour (118,616 events) with gzip, seconds (median of 5)"
five fresh "$acme" generate --lake "$work/lake"
echo "== whole program, a day with gzip"
rm -rf "$work/day"
began=$(date +%s.%N)
"$acme" generate --lake "$work/day" --scenario streaming --from 2025-08-11 --for 24h
echo "seconds: $(echo "$(date +%s.%N) - $began" | bc)"

echo "== peak memory of generate (seed-hour)"
if [ -x /usr/bin/time ]; then
  rm -rf "$work/lake"
  /usr/bin/time -f '%M KiB' "$acme" generate --lake "$work/lake"
fi

echo "== report --format json, lake there, seconds (median of 5)"
rm -rf "$work/lake"
"$acme" generate --lake "$work/lake" -q
five "$acme" report --lake "$work/lake" --format json
echo "== generate and report from nothing"
first() { rm -rf "$work/new"; "$acme" generate -q --lake "$work/new"; "$acme" report --lake "$work/new"; }
five first

if python3 -c 'import duckdb' 2>/dev/null; then
  rm -rf "$work/lake"
  "$acme" generate --lake "$work/lake" --file-format both -q
  for kind in json parquet; do
    echo "== whole program over $kind, seconds (median of 5): acme report, then DuckDB by hand"
    five "$acme" report --lake "$work/lake" --table "video_telemetry_$kind" --format json
    five python3 docs/bench/by_hand.py "$work/lake" "$kind"
  done
fi

echo "== report's statements: the engine in a child against DuckDB by hand, cold"
go test -run xxx -bench 'Report' -benchtime 5x ./engine/query/duckdb | grep Benchmark

echo "== exporter alone, a million records from a log in memory"
go test -run xxx -bench Export -benchtime 3x ./engine/lake | grep Benchmark
