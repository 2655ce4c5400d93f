#!/usr/bin/env bash
# Publishes the same events to a real Kafka with acme's producer and with Kafka's own
# producer-perf tool, by the same settings, in turns, and says events a second and CPU time
# of whole processes.
#
#     ACME_KAFKA=127.0.0.1:9092 bash docs/bench/publish_peer.sh
#
# Needs Go, a C compiler, a JDK of 17 or newer, Maven, GNU time, and a broker that listens
# in plaintext. EVENTS, 500000, is how many are published; ROUNDS, 3, how often by each;
# LIMIT, 120, how many seconds one may take: what takes longer is ended, and how far it came
# is said instead.
# The tool sends no keys, and so fills a batch at a time; ours are keyed by customer, in
# transactions of 2 s with the run's position.
set -euo pipefail
cd "$(dirname "$0")/../.."
broker=${ACME_KAFKA:?where a broker listens}
events=${EVENTS:-500000}
limit=${LIMIT:-120}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
late=
go build -o "$work/acme" ./cmd/acme
go test -c -o "$work/stream.test" ./engine/stream
cat >"$work/pom.xml" <<'P'
<project><modelVersion>4.0.0</modelVersion>
<groupId>acme.bench</groupId><artifactId>publish-peer</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>4.3.1</version></dependency></dependencies>
</project>
P
mvn -q -B -f "$work/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$work/lib"
"$work/acme" generate -q --to - --scenario streaming --from 2026-11-29 --for 2h >"$work/events.jsonl"

perf() { # FLAGS...: the tool, into a topic of its own that is as ours
  local topic=acme-bench-java-$RANDOM$RANDOM
  timeout "$limit" java -cp "$work/lib/*" org.apache.kafka.tools.TopicCommand --bootstrap-server "$broker" --create --topic "$topic" --partitions 20 \
    --config compression.type=gzip >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
  /usr/bin/time -o "$work/time" -f '%e %U %S' timeout -k 5 "$limit" java -Xmx512M -cp "$work/lib/*" org.apache.kafka.tools.ProducerPerformance --topic "$topic" \
    --num-records "$events" --throughput -1 --payload-file "$work/events.jsonl" \
    --producer-props bootstrap.servers="$broker" acks=all enable.idempotence=true compression.type=gzip \
    compression.gzip.level=1 linger.ms=20 batch.size=1000000 buffer.memory=33554432 --reporting-interval 5000 "$@" >"$work/said" 2>&1 || unfinished $?
  rate=$(sed -n 's/.* \([0-9.]*\) records\/sec.*/\1/p' "$work/said" | tail -1)
}
ours() {
  ACME_KAFKA=$broker ACME_PAYLOAD=$work/events.jsonl /usr/bin/time -o "$work/time" -f '%e %U %S' \
    timeout -k 5 "$limit" "$work/stream.test" -test.run '^$' -test.bench 'Publish$' -test.benchtime "${events}x" >"$work/said" 2>&1 || unfinished $?
  rate=$(sed -n 's/.*[[:space:]]\([0-9.]*\) records\/s.*/\1/p' "$work/said" | tail -1)
}
unfinished() { # STATUS: what was ended is said, and what failed ends all
  [ "$1" = 124 ] || [ "$1" = 137 ] || { cat "$work/said" >&2; exit 1; }
  late=$(awk '/ records sent,/ { n += $1 } END { printf "%d", n }' "$work/said")
}
told() { # WHAT
  local wall user system
  if [ -n "$late" ]; then
    printf '%-26s not done after %s s: %s of %s events  load %s\n' "$1" "$limit" "$late" "$events" "$(cut -d' ' -f1 /proc/loadavg)"
    late=
    return
  fi
  read -r wall user system <"$work/time"
  printf '%-26s %8.0f events/s  %6.2f s of the process  %6.2f s CPU  load %s\n' "$1" "$rate" "$wall" "$(echo "$user + $system" | bc -l)" "$(cut -d' ' -f1 /proc/loadavg)"
}
for _ in $(seq "${ROUNDS:-3}"); do
  ours
  told 'acme'
  perf
  told 'Java, idempotent'
  perf --transactional-id "bench-$RANDOM" --transaction-duration-ms 2000
  told 'Java, transactions of 2 s'
done
