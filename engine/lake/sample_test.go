package lake

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

const (
	sampleFrom = accidentStart            // 2025-08-11T17:00:00Z
	sampleTo   = accidentStart + 3600_000 // an hour later
)

func sampleRun() Run {
	return Run{Scenario: "sample", Digest: "d1", Seed: 42, Version: "test", From: sampleFrom, To: sampleTo}
}

// sampleRecords gives n records of the hour after 2025-08-11T17:00Z, of whole
// sessions, in the order of their arrival.
func sampleRecords(n int) []schema.Record {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	types := []string{"start", "pause", "resume", "stop", "complete"}
	places := [][3]string{{"United States", "Washington", "Seattle"}, {"United Kingdom", "England", "London"}, {"Canada", "Ontario", "Toronto"}}
	sessions := make([]string, max(1, n/6))
	for i := range sessions {
		p := places[rng.IntN(3)]
		sessions[i] = fmt.Sprintf(`"device_type":"tv","device_id":"DEVICE_%016x","device_os":"Fire TV","app_version":"%d.%d.%d","quality":"HD","bandwidth_mbps":%%d.%%02d,"buffering_events":%%d,"buffering_duration_seconds":%%d,"error_count":0,"ip_address":"192.0.2.%d","country":"%s","state":"%s","city":"%s","isp":"Cox","connection_type":"wifi"}`,
			rng.Uint64(), rng.IntN(6), rng.IntN(10), rng.IntN(10), rng.IntN(256), p[0], p[1], p[2])
	}
	out := make([]schema.Record, n)
	for i := range out {
		at := int64(sampleFrom) + int64(i)*(sampleTo-sampleFrom)/int64(n)
		s := rng.IntN(len(sessions))
		event := at - int64(rng.IntN(2000))
		position := rng.IntN(7200)
		key := fmt.Sprintf("CUST_%08x", s*2654435761&0xffffffff)
		head := fmt.Sprintf(`{"event_id":"EVENT_%016x%016x","customer_id":"%s","title_id":"TITLE_%08x","session_id":"SESSION_%016x","event_type":"%s","event_timestamp":"%s","watch_duration_seconds":%d,"position_seconds":%d,"completion_percentage":%d.%02d,`,
			rng.Uint64(), rng.Uint64(), key, rng.IntN(500)*40503, uint64(s)*0x9e3779b97f4a7c15, types[rng.IntN(5)],
			strings.Replace(instant(event), "Z", fmt.Sprintf("%03dZ", rng.IntN(1000)), 1), position, position, rng.IntN(100), rng.IntN(100))
		tail := fmt.Sprintf(sessions[s], rng.IntN(30), rng.IntN(100), rng.IntN(2), rng.IntN(9))
		out[i] = schema.Record{Arrival: at, Event: event, Key: []byte(key), Value: []byte(head + tail)}
	}
	return out
}

// tryWrite runs a whole run in batches.
func tryWrite(ctx context.Context, c Config, records []schema.Record, batch int) (Summary, error) {
	w, err := NewWriter(ctx, c)
	if err != nil {
		return Summary{}, err
	}
	defer w.Abort()
	if w.State() == Complete {
		return w.Close()
	}
	for len(records) > 0 {
		n := min(batch, len(records))
		if err := w.Write(records[:n]); err != nil {
			return w.Progress(), err
		}
		records = records[n:]
	}
	return w.Close()
}

// tree gives everything in a store, by key.
func tree(t testing.TB, st store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for info, err := range st.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		out[info.Key] = readObject(t, st, info.Key)
	}
	return out
}

func readObject(t testing.TB, st store.Store, key string) string {
	t.Helper()
	r, _, err := st.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
