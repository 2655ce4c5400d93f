#!/usr/bin/env bash
# Exports the same topic of a real Kafka with acme and with Flink (KafkaSource to FileSink,
# docs/bench/export_peer), a cold process each, in turns, and says records a second, CPU
# time and the most memory of each.
#
#     ACME_KAFKA=127.0.0.1:9092 bash docs/bench/export_peer.sh
#
# Needs Go, a C compiler, a JDK of 17 or newer, Maven, GNU time, and a broker that listens
# in plaintext. HOURS of the scenario streaming, 20 (1,958,632 records; 96 are 10,067,623), are
# published to a topic of its own first; TOPIC takes one that an earlier run has filled. ROUNDS, 3, is how
# often each exports. OUT is where the exports go, a temporary folder. acme is built for
# this machine's kind and by the profile of an export, as the deployment guide's image is,
# since a JVM compiles for the very machine and by what it sees; WHO="acme default flink"
# has it as "go build" alone makes it too. Both end at the topic's end and wait for no more.
set -euo pipefail
cd "$(dirname "$0")/../.."
brokers=${ACME_KAFKA:?where a broker listens}
work=$(mktemp -d)
out=${OUT:-$work}
trap 'rm -rf "$work"' EXIT
contest=${WHO:-acme flink}
GOAMD64=${GOAMD64:-v3} go build -pgo=cmd/acme/export.pgo -o "$work/acme" ./cmd/acme
case " $contest " in *" default "*) go build -o "$work/default" ./cmd/acme ;; esac
mvn -q -B -f docs/bench/export_peer/pom.xml dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$work/lib"
javac -cp "$work/lib/*" -d "$work/peer" docs/bench/export_peer/src/main/java/Peer.java
cat >"$work/log4j2.properties" <<'L'
rootLogger.level = WARN
rootLogger.appenderRef.a.ref = A
appender.a.type = Console
appender.a.name = A
appender.a.target = SYSTEM_ERR
appender.a.layout.type = PatternLayout
L

topic=${TOPIC:-}
if [ -z "$topic" ]; then
  topic=acme-bench-$$
  "$work/acme" generate -q --to kafka --create-topic --timestamp now --brokers "$brokers" --topic "$topic" \
    --scenario streaming --from 2025-08-11 --for "${HOURS:-20}h"
  echo "topic $topic"
fi

# Settings of Flink's that its own launcher would make; a heap that it runs well with.
opens=(--add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.time=ALL-UNNAMED)
run() { # WHO ROUND: exports, and prints what it took
  local who=$1 folder="$out/$1-$2" wall user system kib records
  rm -rf "$folder"
  case $who in
  acme | default) set -- "$work/$1" export -q --brokers "$brokers" --topic "$topic" --group "bench-$$-$1-$2" --lake "$folder" --until-idle 1ms ;;
  flink) set -- java -Xmx1G "${opens[@]}" -Dlog4j2.configurationFile="$work/log4j2.properties" -cp "$work/peer:$work/lib/*" Peer "$brokers" "$topic" "$folder" ;;
  esac
  sync # what was written before is no longer on its way to the disk
  /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
  read -r wall user system kib <"$work/time"
  records=$(find "$folder" -name '*.gz' -exec gzip -dc {} + | wc -l)
  printf '%-7s %9d records  %6.2f s  %8.0f records/s  %6.2f s CPU  %5.0f MiB  load %s\n' "$who" "$records" "$wall" \
    "$(echo "$records / $wall" | bc -l)" "$(echo "$user + $system" | bc -l)" "$(echo "$kib / 1024" | bc -l)" "$(cut -d' ' -f1 /proc/loadavg)"
  rm -rf "$folder"
}
for round in $(seq "${ROUNDS:-3}"); do
  for who in $contest; do
    run "$who" "$round"
  done
done
