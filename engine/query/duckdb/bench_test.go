package duckdb

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/query/querytest"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// event writes one event as a producer does.
func event(out *bytes.Buffer, i int) {
	h := uint64(i+1) * 0x9E3779B97F4A7C15
	fmt.Fprintf(out, `{"event_id":"EVENT_%016x%016x","customer_id":"CUST_%08x","title_id":"TITLE_%08x","session_id":"SESSION_%016x",`+
		`"event_type":"%s","event_timestamp":"2025-08-11T17:%02d:%02d.%06dZ","watch_duration_seconds":%d,"position_seconds":%d,`+
		`"completion_percentage":%d.%02d,"device_type":"%s","device_id":"DEVICE_%016x","device_os":"Android","app_version":"5.%d.0",`+
		`"quality":"HD","bandwidth_mbps":%d.%02d,"buffering_events":%d,"buffering_duration_seconds":0,"error_count":0,`+
		`"ip_address":"192.0.2.%d","country":"United Kingdom","state":"","city":"Manchester","isp":"Virgin Media","connection_type":"fiber"}`,
		h, h*31, h>>50, h>>52, h>>45, [...]string{"start", "stop", "pause"}[i%3], i%60, i*7%60, h%1000000, h%7200, h%5000,
		h%100, h%97, [...]string{"mobile", "tv"}[i%2], h*5, h%10, h%30, h%89, h%3, h%250)
}

func packed(plain []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(plain)
	w.Close()
	return out.Bytes()
}

// hourLake writes objects of events into a store, as Firehose names them.
func hourLake(tb testing.TB, st store.Store, objects, events int, between string) {
	tb.Helper()
	n := 0
	for o := range objects {
		var plain bytes.Buffer
		for range events {
			event(&plain, n)
			plain.WriteString(between)
			n++
		}
		key := fmt.Sprintf("telemetry/year=2025/month=08/day=11/hour=17/part-%03d.gz", o)
		if _, err := st.Put(tb.Context(), key, bytes.NewReader(packed(plain.Bytes()))); err != nil {
			tb.Fatal(err)
		}
	}
}

// eventsTable is the events' table as the catalog would have it.
func eventsTable() *dialect.Table {
	t := &dialect.Table{
		Database: schema.TelemetryDatabase, Name: schema.EventsJSON, Format: "JSON", SerDe: "org.openx.data.jsonserde.JsonSerDe",
		SerDeProperties: map[string]string{"ignore.malformed.json": "true"}, Location: "s3://bucket/telemetry/",
	}
	kinds := map[schema.Type]dialect.Type{
		schema.String: {Kind: dialect.Varchar, Precision: dialect.Unbounded}, schema.Int: {Kind: dialect.Integer},
		schema.Double: {Kind: dialect.Double}, schema.BigInt: {Kind: dialect.BigInt}, schema.Boolean: {Kind: dialect.Boolean}, schema.Date: {Kind: dialect.Date},
	}
	for _, c := range schema.Events().Columns {
		t.Columns = append(t.Columns, dialect.Column{Name: c.Name, Type: kinds[c.Type]})
	}
	for _, c := range schema.Events().Partitions {
		t.Partitions = append(t.Partitions, dialect.Column{Name: c.Name, Type: kinds[c.Type]})
	}
	return t
}

// standIn translates nothing: the statement is DuckDB SQL over acme_scan_0, all
// columns of the events are needed, and a line "-- types: ..." in front says what
// the columns are. "-- filter: ..." is the scan's filter.
func standIn(t *dialect.Table) func(string, dialect.Options) (*dialect.Translation, error) {
	return func(sql string, _ dialect.Options) (*dialect.Translation, error) {
		tr := &dialect.Translation{}
		scan := dialect.Scan{Relation: "acme_scan_0", Table: t, Path: strings.Contains(sql, "$path")}
		for {
			line, rest, ok := strings.Cut(sql, "\n")
			if kinds, is := strings.CutPrefix(line, "-- types: "); is && ok {
				for i, name := range strings.Fields(kinds) {
					tr.Columns = append(tr.Columns, dialect.OutputColumn{Name: fmt.Sprintf("c%d", i), Type: standInTypes[name]})
				}
			} else if f, is := strings.CutPrefix(line, "-- filter: "); is && ok {
				scan.Filter = f
			} else {
				break
			}
			sql = rest
		}
		tr.SQL = sql
		for _, c := range t.Columns {
			if strings.Contains(sql, c.Name) || strings.Contains(sql, "*") && !strings.Contains(sql, "count(*)") {
				scan.Columns = append(scan.Columns, c.Name)
			}
		}
		if strings.Contains(sql, "acme_scan_0") {
			tr.Scans = []dialect.Scan{scan}
		}
		return tr, nil
	}
}

var standInTypes = map[string]dialect.Type{
	"varchar": {Kind: dialect.Varchar, Precision: dialect.Unbounded}, "integer": {Kind: dialect.Integer}, "bigint": {Kind: dialect.BigInt},
	"double": {Kind: dialect.Double}, "boolean": {Kind: dialect.Boolean}, "date": {Kind: dialect.Date},
	"tinyint": {Kind: dialect.TinyInt}, "smallint": {Kind: dialect.SmallInt}, "real": {Kind: dialect.Real}, "varbinary": {Kind: dialect.Varbinary},
	"decimal(3,1)": {Kind: dialect.Decimal, Precision: 3, Scale: 1}, "decimal(9,4)": {Kind: dialect.Decimal, Precision: 9, Scale: 4},
	"decimal(18,0)": {Kind: dialect.Decimal, Precision: 18}, "decimal(21,1)": {Kind: dialect.Decimal, Precision: 21, Scale: 1}, "decimal(38,10)": {Kind: dialect.Decimal, Precision: 38, Scale: 10},
	"time(3)": {Kind: dialect.Time, Precision: 3}, "timetz": {Kind: dialect.TimeTZ, Precision: 3}, "timestamp(0)": {Kind: dialect.Timestamp}, "timestamp(3)": {Kind: dialect.Timestamp, Precision: 3},
	"timestamp(6)": {Kind: dialect.Timestamp, Precision: 6}, "timestamptz": {Kind: dialect.TimestampTZ, Precision: 3}, "days": {Kind: dialect.IntervalDay}, "months": {Kind: dialect.IntervalYear},
	"uuid": {Kind: dialect.UUID}, "json": {Kind: dialect.JSON}, "unknown": {},
	"array": {Kind: dialect.Array, Elem: []dialect.Field{{Type: dialect.Type{Kind: dialect.Integer}}}},
	"map": {Kind: dialect.Map, Elem: []dialect.Field{{Type: dialect.Type{Kind: dialect.Varchar, Precision: dialect.Unbounded}},
		{Type: dialect.Type{Kind: dialect.Array, Elem: []dialect.Field{{Type: dialect.Type{Kind: dialect.Double}}}}}}},
	"row": {Kind: dialect.Row, Elem: []dialect.Field{{Name: "a", Type: dialect.Type{Kind: dialect.BigInt}}, {Type: dialect.Type{Kind: dialect.Varchar, Precision: dialect.Unbounded}}}},
}

// all reads a result to its end.
func all(ctx context.Context, e query.Engine, sql string) ([]query.Row, query.Stats, error) {
	return querytest.All(ctx, e, query.Request{SQL: sql})
}

const overview = "-- types: bigint bigint bigint double varchar\nSELECT count(*), count(DISTINCT customer_id), count(DISTINCT session_id), avg(bandwidth_mbps), max(event_timestamp) FROM acme_scan_0"

// BenchmarkLoad reads an hour of 118,600 events in 40 objects into a new engine.
func BenchmarkLoad(b *testing.B) {
	dir := b.TempDir()
	st, err := store.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	hourLake(b, st, 40, 2965, "\n")
	for _, c := range []struct {
		name  string
		cache int64
	}{{"cached", 1 << 30}, {"streamed", -1}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(118600 * 708)
			for b.Loop() {
				e, err := Open(Config{Cache: c.cache, Memory: 2 << 30}, Deps{Store: st, Catalog: noCatalog{}, Translate: standIn(eventsTable())})
				if err != nil {
					b.Fatal(err)
				}
				rows, _, err := all(b.Context(), e, overview)
				if err != nil || len(rows) != 1 || rows[0][0] != int64(118600) {
					b.Fatal(rows, err)
				}
				e.Close()
			}
		})
	}
}

type noCatalog struct{}

func (noCatalog) Databases() []string              { return nil }
func (noCatalog) Tables(string) []string           { return nil }
func (noCatalog) Table(_, _ string) *dialect.Table { return nil }

var _ = os.Args
