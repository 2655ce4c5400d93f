"""The rows of seed-replica as a plain Python program would make them: for scale.

    python3 docs/bench/rows.py 118600 > /dev/null

One core, standard library only. Prints events per second on stderr.
"""

import json
import random
import sys
import time
from datetime import datetime, timedelta, timezone

PLACES = [
    ("United States", "New York", "New York"), ("United States", "California", "Los Angeles"),
    ("United Kingdom", "England", "London"), ("United Kingdom", "Scotland", "Glasgow"),
    ("Canada", "Ontario", "Toronto"), ("Canada", "Quebec", "Montreal"),
]
SYSTEMS = {
    "mobile": ["iOS", "Android"], "tablet": ["iOS", "Android"],
    "web": ["Windows", "macOS", "Linux", "ChromeOS"],
    "tv": ["Roku OS", "Fire TV", "Apple TV", "Android TV", "Smart TV OS"],
}
BANDWIDTH = {"SD": (1.5, 5), "HD": (5, 15), "4K": (15, 30)}


def row(draw, start):
    kind = draw.choices(["start", "stop", "pause", "resume", "complete"], [15, 35, 15, 15, 20])[0]
    device = draw.choices(["mobile", "web", "tv", "tablet"], [35, 25, 30, 10])[0]
    quality = draw.choices(["SD", "HD", "4K"], [25, 60, 15])[0]
    runtime = draw.randint(300, 7200)
    position = {"start": 0, "complete": runtime}.get(kind, draw.randint(0, runtime))
    country, state, city = draw.choice(PLACES)
    stalls = draw.randint(1, 5) if draw.random() < 0.15 else 0
    at = start + timedelta(microseconds=draw.randint(0, 3_600_000_000))
    return {
        "event_id": "EVENT_%032x" % draw.getrandbits(128),
        "customer_id": "CUST_%08x" % draw.getrandbits(32),
        "title_id": "TITLE_%08x" % draw.getrandbits(8),
        "session_id": "SESSION_%016x" % draw.getrandbits(64),
        "event_type": kind,
        "event_timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "watch_duration_seconds": position,
        "position_seconds": position,
        "completion_percentage": round(100 * position / runtime, 2),
        "device_type": device,
        "device_id": "DEVICE_%016x" % draw.getrandbits(64),
        "device_os": draw.choice(SYSTEMS[device]),
        "app_version": "%d.%d.%d" % (draw.randint(3, 6), draw.randint(0, 9), draw.randint(0, 9)),
        "quality": quality,
        "bandwidth_mbps": round(draw.uniform(*BANDWIDTH[quality]), 2),
        "buffering_events": stalls,
        "buffering_duration_seconds": stalls * draw.randint(1, 20),
        "error_count": 1 if draw.random() < 0.02 else 0,
        "ip_address": "192.0.2.%d" % draw.randint(1, 254),
        "country": country,
        "state": state,
        "city": city,
        "isp": draw.choice(["Comcast", "AT&T", "Verizon", "Spectrum", "Cox"]),
        "connection_type": draw.choice(["wifi", "mobile", "fiber", "cable", "dsl", "satellite"]),
    }


def main():
    count = int(sys.argv[1])
    draw = random.Random(42)
    start = datetime(2025, 8, 11, 17, tzinfo=timezone.utc)
    began = time.perf_counter()
    for _ in range(count):
        sys.stdout.write(json.dumps(row(draw, start), separators=(",", ":")) + "\n")
    seconds = time.perf_counter() - began
    print("%d events, %.2f s, %.0f events/s" % (count, seconds, count / seconds), file=sys.stderr)


main()
