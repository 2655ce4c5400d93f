package duckdb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/store"
)

// manifest is a ledger of the objects that a test wrote.
type manifest map[string][]byte

func (m manifest) Lookup(_ context.Context, key string) (int64, int64, [32]byte, bool, error) {
	body, ok := m[key]
	return int64(len(body)), 0, sha256.Sum256(body), ok, nil
}

var serial atomic.Int64 // of stores in memory

// opened makes an engine in this process over a table and a store.
func opened(t testing.TB, st store.Store, ledger Ledger, table *dialect.Table, cache int64) query.Engine {
	e, err := Open(Config{Spill: t.TempDir(), Cache: cache}, Deps{Store: st, Ledger: ledger, Catalog: noCatalog{}, Translate: standIn(table)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func memory(t testing.TB) store.Store {
	st, err := store.Open("mem://" + strings.ReplaceAll(t.Name(), "/", "-") + strconv.Itoa(int(serial.Add(1))))
	if err != nil {
		t.Fatal(err)
	}
	return st
}

const everything = "-- types: varchar varchar integer double\nSELECT event_id, customer_id, watch_duration_seconds, bandwidth_mbps FROM acme_scan_0 ORDER BY ALL"

// Every way to damage a small object by one bit or by cutting it off gives an
// error that names the object, or the answer of the whole object: never another
// answer, from the cache or streaming. ACME_FLIPS asks for so many flips instead
// of a few hundred.
func TestDamageIsNeverSilent(t *testing.T) {
	t.Parallel()
	flips := 100
	if n, err := strconv.Atoi(os.Getenv("ACME_FLIPS")); err == nil {
		flips = n
	}
	var plain bytes.Buffer
	for i := range 3 {
		event(&plain, i)
		plain.WriteByte('\n')
	}
	good := packed(plain.Bytes())
	st := memory(t)
	key := hour17 + "a.gz"
	engines := map[string]query.Engine{
		"cached": opened(t, st, nil, eventsTable(), 1<<20), "streamed": opened(t, st, nil, eventsTable(), -1),
	}
	answer := func(body []byte, e query.Engine) (string, error) {
		if _, err := st.Put(t.Context(), key, bytes.NewReader(body)); err != nil {
			t.Fatal(err)
		}
		defer st.Delete(t.Context(), key)
		rows, _, err := all(t.Context(), e, everything)
		return fmt.Sprint(rows), err
	}
	want, err := answer(good, engines["cached"])
	if err != nil {
		t.Fatal(err)
	}
	refused, same := 0, 0
	try := func(what string, body []byte) {
		for name, e := range engines {
			got, err := answer(body, e)
			switch {
			case err == nil && got != want:
				t.Errorf("%s, %s: another answer: %s", what, name, got)
			case err == nil:
				same++
			default:
				refused++
				if !strings.Contains(err.Error(), key) {
					t.Errorf("%s, %s: the error does not name the object: %v", what, name, err)
				}
			}
		}
	}
	bits := len(good) * 8
	for i := range min(flips, bits) {
		bit := i * bits / min(flips, bits)
		body := bytes.Clone(good)
		body[bit/8] ^= 1 << (bit % 8)
		try(fmt.Sprintf("bit %d", bit), body)
	}
	step := max(1, len(good)/flips)
	for n := 1; n < len(good); n += step { // of no byte at all, TestEmptyObjects tells
		try(fmt.Sprintf("%d bytes of %d", n, len(good)), good[:n])
	}
	t.Logf("%d refused, %d with the right answer", refused, same)
}

// A bit of a Parquet object that its manifest speaks of is flipped: it is refused by name,
// whichever bit it is. DuckDB itself answers something else for most of them. ACME_FLIPS
// asks for so many flips instead of a few dozen.
func TestParquetDamageIsRefused(t *testing.T) {
	t.Parallel()
	flips := 60
	if n, err := strconv.Atoi(os.Getenv("ACME_FLIPS")); err == nil {
		flips = n
	}
	good := []byte(parquetFile(t, 300, &parquet.Zstd))
	key := hour17 + "a.parquet"
	st := memory(t)
	e := opened(t, st, manifest{key: good}, parquetTable(), 1<<20)
	ask := func(body []byte) (string, error) {
		if _, err := st.Put(t.Context(), key, bytes.NewReader(body)); err != nil {
			t.Fatal(err)
		}
		defer st.Delete(t.Context(), key)
		rows, _, err := all(t.Context(), e, everything)
		return fmt.Sprint(rows), err
	}
	bits := len(good) * 8
	for i := range min(flips, bits) {
		bit := i * (bits / min(flips, bits))
		body := bytes.Clone(good)
		body[bit/8] ^= 1 << (bit % 8)
		var known *query.Error
		if rows, err := ask(body); !errors.As(err, &known) || known.Name != "HIVE_BAD_DATA" || !strings.Contains(known.Message, key) {
			t.Errorf("bit %d: %.80s, %v", bit, rows, err)
		}
	}
	if _, err := ask(good); err != nil {
		t.Error("as it was:", err)
	}
}

func TestDamagedObjects(t *testing.T) {
	t.Parallel()
	good := packed([]byte(lines(3, "\n")))
	other := packed([]byte(lines(3, "\n") + "\n"))
	tests := []struct {
		what     string
		body     []byte
		manifest []byte // nil: not in the manifest
		name     string // of the error; empty: no error
		text     string
	}{
		{"as the manifest says", good, good, "", ""},
		{"not in the manifest", good, nil, "", ""},
		{"another size", good, good[1:], "HIVE_BAD_DATA", "bytes and the manifest says"},
		{"another content", other, append([]byte{}, make([]byte, len(other))...), "HIVE_BAD_DATA", "its SHA-256 is not the manifest's"},
		{"plain text", []byte(lines(3, "\n")), nil, "HIVE_CANNOT_OPEN_SPLIT", "Not in GZIP format"},
		{"cut short", good[:len(good)-9], nil, "HIVE_CURSOR_ERROR", "unexpected EOF"},
		{"an object for an integer", packed([]byte(`{"watch_duration_seconds":{}}`)), nil, "HIVE_CURSOR_ERROR", "line 1: column watch_duration_seconds is int"},
		{"empty, where the manifest has bytes", nil, good, "HIVE_BAD_DATA", "it has 0 bytes and the manifest says"},
	}
	for _, c := range tests {
		for _, cache := range []int64{1 << 20, -1} {
			st, ledger := memory(t), manifest{}
			putAll(t, st, map[string]string{hour17 + "a.gz": string(c.body), "telemetry/year=2025/month=08/day=11/hour=18/b.gz": string(good)})
			if c.manifest != nil {
				ledger[hour17+"a.gz"] = c.manifest
			}
			e := opened(t, st, ledger, eventsTable(), cache)
			rows, _, err := all(t.Context(), e, everything)
			if c.name == "" {
				if err != nil || len(rows) != 6 {
					t.Errorf("%s: %d rows, %v", c.what, len(rows), err)
				}
				continue
			}
			var known *query.Error
			if !errors.As(err, &known) || known.Name != c.name || !strings.Contains(known.Message, c.text) || !strings.Contains(known.Message, hour17+"a.gz") {
				t.Errorf("%s (cache %d): %v, want %s with %q", c.what, cache, err, c.name, c.text)
			}
			// The damage is in another partition: it does no harm there.
			rows, stats, err := all(t.Context(), e, "-- types: bigint varchar\n-- filter: hour = 18\nSELECT count(*), max(event_id) FROM acme_scan_0 WHERE hour = 18")
			if err != nil || rows[0][0] != int64(3) || stats.Objects != 1 || stats.Pruned != 1 {
				t.Errorf("%s: the other partition: %v %+v %v", c.what, rows, stats, err)
			}
		}
	}
}

// An object without a byte has no rows, whatever its name: Trino's line reader
// gives an empty page before it looks for gzip.
func TestEmptyObjects(t *testing.T) {
	for _, cache := range []int64{1 << 20, -1} {
		st := memory(t)
		putAll(t, st, map[string]string{hour17 + "a.gz": "", hour17 + "b.gz": string(packed([]byte(lines(3, "\n")))), hour17 + "c.json": "", hour17 + "d.gz": ""})
		e := opened(t, st, manifest{hour17 + "d.gz": {}}, eventsTable(), cache)
		for range 2 {
			rows, stats, err := all(t.Context(), e, everything)
			if err != nil || len(rows) != 3 || stats.Objects != 4 {
				t.Errorf("cache %d: %d rows, %+v, %v", cache, len(rows), stats, err)
			}
		}
	}
}

// An integer column that no row can be read of does not trouble a statement
// that asks for others.
func TestOnlyColumnsAskedFor(t *testing.T) {
	st := memory(t)
	putAll(t, st, map[string]string{hour17 + "a.gz": string(packed([]byte(`{"watch_duration_seconds":{},"city":"Oslo"}` + "\n{broken")))})
	e := opened(t, st, nil, eventsTable(), 1<<20)
	for range 2 {
		rows, stats, err := all(t.Context(), e, "-- types: varchar\nSELECT city FROM acme_scan_0 ORDER BY ALL NULLS LAST")
		if err != nil || fmt.Sprint(rows) != "[[Oslo] [<nil>]]" || stats.Malformed != 1 {
			t.Error(rows, stats, err)
		}
		if rows, _, err := all(t.Context(), e, "-- types: bigint\nSELECT count(*) FROM acme_scan_0"); err != nil || fmt.Sprint(rows) != "[[2]]" {
			t.Error(rows, err)
		}
	}
}

// A column of a type that our reader does not read troubles only a statement that
// asks for it.
func TestUnreadableColumns(t *testing.T) {
	events := eventsTable()
	events.Columns = append([]dialect.Column{{Name: "who", Type: dialect.Type{Kind: dialect.UUID}}}, events.Columns...)
	table, columns, err := readable(&dialect.Scan{Table: events, Columns: []string{"city"}})
	if err != nil || len(columns) != len(events.Columns)-1 || len(table.Columns) != len(columns) || table.Columns[0].Name != columns[0].Name {
		t.Errorf("readable gives %d columns, %v; want all but the one", len(columns), err)
	}
	if _, _, err = readable(&dialect.Scan{Table: events, Columns: []string{"city", "who"}}); err == nil || !strings.Contains(err.Error(), "NOT_SUPPORTED: column who of") {
		t.Errorf("asked for it: %v", err)
	}
}

// That the system refused comes through the pipe, so that a caller can tell it
// from what is wrong with the statement.
func TestDeniedThroughThePipe(t *testing.T) {
	denied := fmt.Errorf("opening x.gz: %w", &fs.PathError{Op: "open", Path: "x.gz", Err: fs.ErrPermission})
	payload, err := json.Marshal(failed(denied, query.Stats{}, false))
	if err != nil {
		t.Fatal(err)
	}
	if got := (&childRows{}).failed(frame{payload: payload}); !errors.Is(got, fs.ErrPermission) || got.Error() != denied.Error() {
		t.Errorf("it comes as %v", got)
	}
}

func TestPruning(t *testing.T) {
	st := memory(t)
	objects := map[string]string{}
	for _, folder := range []string{"year=2025/month=08/day=11/hour=16", "year=2025/month=8/day=11/hour=17", "YEAR=2025/month=09/day=01/hour=00", "year=2024/month=12/day=31/hour=23"} {
		objects["telemetry/"+folder+"/a.gz"] = string(packed([]byte(lines(1, "\n"))))
	}
	putAll(t, st, objects)
	e := opened(t, st, nil, eventsTable(), 1<<20)
	for _, c := range []struct {
		filter string
		read   int64
	}{
		{"", 4}, {"year = 2025", 3}, {"year = 2025 AND month = 8", 2}, {"month = 8 AND hour = 17", 1}, {"hour < 0", 0},
		{"(year, month) IN ((2025, 9), (2024, 12))", 2}, {"month BETWEEN 9 AND 12", 2}, {"year IS NULL", 0}, {"NULL", 0},
		{"year = error('bad')::INTEGER", 4}, {"no_such_column = 1", 4}, {"year IN (SELECT 1)", 0}, {"read_text('/etc/passwd') IS NULL", 4},
		{"1 = (SELECT count(*) FROM read_text('/etc/passwd'))", 4},
	} {
		_, stats, err := all(t.Context(), e, "-- types: bigint\n-- filter: "+c.filter+"\nSELECT count(*) FROM acme_scan_0")
		if err != nil || stats.Objects != c.read || stats.Pruned != 4-c.read || stats.PartitionsOf != 4 || stats.Partitions != c.read {
			t.Errorf("%q: %+v %v, want %d objects", c.filter, stats, err, c.read)
		}
	}
}

func TestPartitionValues(t *testing.T) {
	text := dialect.Column{Name: "p", Type: standInTypes["varchar"]}
	for _, c := range []struct {
		column dialect.Column
		in     string
		want   any // nil: NULL; an error: refused
	}{
		{text, "plain", "plain"}, {text, "a%2Fb%20c%3D", "a/b c="}, {text, "__HIVE_DEFAULT_PARTITION__", nil}, {text, "100%", errors.New("")},
		{text, "%00", errors.New("")}, {text, "%ff", errors.New("")}, {text, "", ""},
		{dialect.Column{Name: "p", Type: standInTypes["integer"]}, "08", int32(8)}, {dialect.Column{Name: "p", Type: standInTypes["integer"]}, "x", errors.New("")},
		{dialect.Column{Name: "p", Type: standInTypes["integer"]}, "3000000000", errors.New("")}, {dialect.Column{Name: "p", Type: standInTypes["bigint"]}, "3000000000", int64(3000000000)},
		{dialect.Column{Name: "p", Type: standInTypes["date"]}, "1970-01-02", int32(1)}, {dialect.Column{Name: "p", Type: standInTypes["date"]}, "1970-02-30", errors.New("")},
		{dialect.Column{Name: "p", Type: standInTypes["double"]}, "1.5", 1.5}, {dialect.Column{Name: "p", Type: dialect.Type{Kind: dialect.UUID}}, "1", errors.New("")},
	} {
		got, err := partitionValue(c.column, c.in)
		if _, bad := c.want.(error); bad != (err != nil) || !bad && got != c.want {
			t.Errorf("%s %q = %v, %v; want %v", c.column.Type, c.in, got, err, c.want)
		}
	}
}

type parquetRow struct {
	EventID   string  `parquet:"event_id"`
	Customer  string  `parquet:"Customer_ID"`
	Watched   int32   `parquet:"watch_duration_seconds"`
	Bandwidth float64 `parquet:"bandwidth_mbps"`
}

func parquetFile(t *testing.T, rows int, codec compress.Codec) string {
	var out bytes.Buffer
	w := parquet.NewGenericWriter[parquetRow](&out, parquet.Compression(codec))
	for i := range rows {
		if _, err := w.Write([]parquetRow{{fmt.Sprint("EVENT_", i), fmt.Sprint("日本\x00語", i), int32(i), float64(i) / 4}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func parquetTable() *dialect.Table {
	t := eventsTable()
	t.Format, t.SerDe = "PARQUET", ""
	return t
}

func TestParquet(t *testing.T) {
	hour18 := "telemetry/year=2025/month=08/day=11/hour=18/"
	objects := map[string]string{
		hour17 + "a.parquet": parquetFile(t, 3, &parquet.Zstd), hour17 + "b.parquet": parquetFile(t, 2, &parquet.Snappy),
		hour18 + "c.parquet": parquetFile(t, 1, &parquet.Gzip), hour18 + "d.parquet": parquetFile(t, 1, &parquet.Uncompressed),
		"telemetry/year=2025/month=08/day=11/hour=19/bad.parquet": "PAR1 no footer",
	}
	uri, dir := lakeOf(t, objects)
	files, err := store.Open(uri)
	if err != nil {
		t.Fatal(err)
	}
	mem := memory(t)
	putAll(t, mem, objects)
	for name, st := range map[string]store.Store{"files": files, "memory": mem} {
		ledger := manifest{}
		e := opened(t, st, ledger, parquetTable(), 1<<20)
		sql := "-- types: integer varchar varchar varchar integer double\n-- filter: hour < 19\nSELECT hour, event_id, customer_id, city, watch_duration_seconds, bandwidth_mbps FROM acme_scan_0 WHERE hour < 19 ORDER BY ALL"
		rows, stats, err := all(t.Context(), e, sql)
		if err != nil || len(rows) != 7 || fmt.Sprintf("%v", rows[2]) != "[17 EVENT_1 日本\x00語1 <nil> 1 0.25]" {
			t.Fatalf("%s: %q %v", name, rows, err)
		}
		if stats.Objects != 4 || stats.Pruned != 1 || stats.Bytes == 0 {
			t.Errorf("%s: %+v", name, stats)
		}
		paths, narrow, err := all(t.Context(), e, "-- types: varchar bigint\n-- filter: hour = 18\nSELECT \"$path\", count(*) FROM acme_scan_0 WHERE hour = 18 GROUP BY 1 ORDER BY 1")
		if err != nil || fmt.Sprint(paths) != "[[s3://bucket/"+hour18+"c.parquet 1] [s3://bucket/"+hour18+"d.parquet 1]]" || narrow.Bytes >= stats.Bytes {
			t.Errorf("%s: %v %+v %v", name, paths, narrow, err)
		}
		if rows, _, err := all(t.Context(), e, "-- types: bigint\n-- filter: hour = 3\nSELECT count(*) FROM acme_scan_0 WHERE hour = 3"); err != nil || fmt.Sprint(rows) != "[[0]]" {
			t.Errorf("%s: no object: %v %v", name, rows, err)
		}
		refusedWith(t, e, strings.Replace(sql, "hour < 19\n", "hour < 20\n", 1), "hour=19/bad.parquet")
		for key, body := range objects { // every one is as the manifest says, but one
			ledger[key] = []byte(body)
		}
		ledger[hour17+"b.parquet"] = bytes.Repeat([]byte("x"), len(objects[hour17+"b.parquet"]))
		refusedWith(t, opened(t, st, ledger, parquetTable(), 1<<20), sql, "b.parquet is refused: its SHA-256")
	}
	if entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(hour17))); err != nil || len(entries) != 2 {
		t.Error("the lake was written to", entries, err)
	}
}

// A lake that is reached through a symbolic link is read like any other, by
// DuckDB itself too.
func TestLinkedLake(t *testing.T) {
	_, dir := lakeOf(t, map[string]string{hour17 + "a.parquet": parquetFile(t, 3, &parquet.Zstd)})
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	config := childConfig(t, link, "parquet")
	e, err := Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	rows, _, err := all(t.Context(), e, "-- types: bigint varchar\nSELECT count(*), max(event_id) FROM acme_scan_0")
	if err != nil || fmt.Sprint(rows) != "[[3 EVENT_2]]" {
		t.Error(rows, err)
	}
}

func refusedWith(t *testing.T, e query.Engine, sql, text string) {
	t.Helper()
	rows, _, err := all(t.Context(), e, sql)
	var known *query.Error
	if !errors.As(err, &known) || !strings.Contains(known.Message, text) {
		t.Errorf("rows %v, error %v; want one with %q", rows, err, text)
	}
}

// Codecs whose decoders are known to be attacked are refused from the footer.
func TestParquetCodecs(t *testing.T) {
	for codec, ok := range map[compress.Codec]bool{&parquet.Brotli: false, &parquet.Lz4Raw: false, &parquet.Zstd: true} {
		st := memory(t)
		putAll(t, st, map[string]string{hour17 + "a.parquet": parquetFile(t, 3, codec)})
		rows, _, err := all(t.Context(), opened(t, st, nil, parquetTable(), 1<<20), "-- types: bigint varchar\nSELECT count(*), max(event_id) FROM acme_scan_0")
		if ok != (err == nil) || !ok && !strings.Contains(err.Error(), "is compressed with "+codec.CompressionCodec().String()) {
			t.Errorf("%s: %v %v", codec, rows, err)
		}
	}
}

// A column that is of another type in the file than in the table is bad data in
// Athena, whatever a cast would make of it.
func TestParquetTypes(t *testing.T) {
	st := memory(t)
	putAll(t, st, map[string]string{hour17 + "a.parquet": parquetFile(t, 3, &parquet.Zstd)})
	table := parquetTable()
	for i, c := range table.Columns {
		if c.Name == "event_id" {
			table.Columns[i].Type = standInTypes["double"]
		}
	}
	refusedWith(t, opened(t, st, nil, table, 1<<20), "-- types: double\nSELECT event_id FROM acme_scan_0", "Field event_id's type")
	if _, _, err := all(t.Context(), opened(t, st, nil, table, 1<<20), "-- types: integer\nSELECT watch_duration_seconds FROM acme_scan_0"); err != nil {
		t.Error("a column that is not asked for:", err)
	}
}
