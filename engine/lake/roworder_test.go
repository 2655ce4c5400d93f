package lake

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"acme/telemetry/engine/store"
)

// Instants have keys that stand to one another as their texts do, and a text that is none
// has no key.
func TestInstantKey(t *testing.T) {
	const form = "2006-01-02T15:04:05.000000Z"
	rng := rand.New(rand.NewPCG(5, 6))
	random := func() []byte {
		at := time.Date(rng.IntN(10000), 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rng.Int64N(365 * 24 * int64(time.Hour))))
		return []byte(at.Format(form))
	}
	for range 2000 {
		a, b := random(), random()
		if rng.IntN(2) == 0 { // of one hour, as most are
			copy(b, a[:14])
		}
		x, aok := instantKey(a)
		y, bok := instantKey(b)
		if !aok || !bok || cmp.Compare(x, y) != bytes.Compare(a, b) {
			t.Errorf("%s has the key %d, %v, and %s %d, %v", a, x, aok, b, y, bok)
		}
	}
	for i := range form {
		for c := range 256 {
			text := []byte("2025-08-11T17:33:47.123456Z")
			same := byte(c) == text[i]
			digit := '0' <= text[i] && text[i] <= '9' && '0' <= c && c <= '9'
			text[i] = byte(c)
			if _, ok := instantKey(text); ok != same && !digit {
				t.Errorf("%q: a key %v", text, ok)
			}
		}
	}
	for _, text := range []string{"", "2025-08-11T17:33:47.123Z", "2025-08-11T17:33:47.1234567Z", "2025-16-11T17:33:47.123456Z", "2025-08-11T17:64:47.123456Z"} {
		if _, ok := instantKey([]byte(text)); ok {
			t.Errorf("%q has a key", text)
		}
	}
}

// Instants centuries apart were out of order, since their keys did not fit 64 bits, and the
// part was refused.
func TestMigrateSortsCenturies(t *testing.T) {
	st := store.NewMemory("centuries")
	var records []string
	for i, year := range []string{"2025", "1799", "9999", "0001", "4000", "1844"} {
		records = append(records, fmt.Sprintf(`{"event_id":"EVENT_%d","event_timestamp":"%s-08-11T17:33:47.000001Z"}`, i, year))
	}
	putObject(t, st, migrateHour+"a", []byte(strings.Join(records, "\n")))
	migrated(t, st)
	if got, want := rowsOf(t, st, "telemetry_parquet/"), wanted(t, records); !slices.Equal(got, want) {
		t.Error(firstDifference(got, want))
	}
}
