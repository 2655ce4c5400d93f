package lake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"

	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// failer is what a testing.T and a rapid.T have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

const migrateHour = "telemetry/year=2025/month=08/day=11/hour=17/"

// putObject puts an object into a store of a test.
func putObject(t testing.TB, st store.Store, key string, body []byte) {
	t.Helper()
	if _, err := st.Put(context.Background(), key, bytes.NewReader(body)); err != nil {
		t.Fatal(err)
	}
}

// rowsOf gives the rows of all Parquet objects below a prefix as texts that tell NULL,
// types and values apart, sorted. They are read by the row reader of parquet-go, which
// the migration does not use.
func rowsOf(t failer, st store.Store, prefix string) []string {
	t.Helper()
	var out []string
	for info, err := range st.List(context.Background(), prefix) {
		if err != nil {
			t.Fatalf("%v", err)
		}
		key := info.Key
		object, _, err := st.Get(context.Background(), key)
		if err != nil {
			t.Fatalf("%v", err)
		}
		body, err := io.ReadAll(object)
		if err = errors.Join(err, object.Close()); err != nil {
			t.Fatalf("%v", err)
		}
		f, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		for _, g := range f.RowGroups() {
			err := eachRow(g, func(row parquet.Row) {
				var cells []string
				for _, v := range row {
					switch {
					case v.IsNull():
						cells = append(cells, "NULL")
					case v.Kind() == parquet.Double:
						cells = append(cells, fmt.Sprintf("%x", math.Float64bits(v.Double())))
					case v.Kind() == parquet.Int32:
						cells = append(cells, strconv.Itoa(int(v.Int32())))
					default:
						cells = append(cells, strconv.Quote(string(v.ByteArray())))
					}
				}
				out = append(out, strings.Join(cells, " "))
			})
			if err != nil {
				t.Fatalf("%s: %v", key, err)
			}
		}
	}
	slices.Sort(out)
	return out
}

// wanted gives records as rowsOf gives rows, read by encoding/json.
func wanted(t failer, records []string) []string {
	t.Helper()
	var out []string
	for _, r := range records {
		d := json.NewDecoder(strings.NewReader(r))
		d.UseNumber()
		var values map[string]any
		if err := d.Decode(&values); err != nil {
			t.Fatalf("%s: %v", r, err)
		}
		var cells []string
		for _, c := range schema.Events().Columns {
			switch v := values[c.Name].(type) {
			case nil:
				cells = append(cells, "NULL")
			case json.Number:
				if c.Type == schema.Int {
					cells = append(cells, v.String())
					continue
				}
				f, err := v.Float64()
				if err != nil {
					t.Fatalf("%v", err)
				}
				cells = append(cells, fmt.Sprintf("%x", math.Float64bits(f)))
			default:
				cells = append(cells, strconv.Quote(v.(string)))
			}
		}
		out = append(out, strings.Join(cells, " "))
	}
	slices.Sort(out)
	return out
}

// anyRecord draws a record: values that are there, NULL, missing or empty, the
// extremes of their types, text that has to be escaped and text of three bytes a
// character; keys in the table's order or not.
func anyRecord(t *rapid.T) string {
	var members []string
	for _, c := range schema.Events().Columns {
		value := ""
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			continue
		case 1:
			value = "null"
		default:
			value = anyValue(t, c)
		}
		name, err := json.Marshal(c.Name)
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, string(name)+":"+value)
	}
	if rapid.IntRange(0, 3).Draw(t, "shuffled") == 0 {
		members = rapid.Permutation(members).Draw(t, "order")
	}
	comma := rapid.SampledFrom([]string{",", ", "}).Draw(t, "comma")
	return "{" + strings.Join(members, comma) + "}"
}

func anyValue(t *rapid.T, c schema.Column) string {
	switch {
	case c.Type == schema.Int:
		return strconv.Itoa(rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(math.MinInt32, math.MaxInt32), rapid.SampledFrom([]int{0, math.MinInt32, math.MaxInt32})).Draw(t, "int"))
	case c.Type == schema.Double:
		f := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64, 0.1, 12.34})).Draw(t, "double")
		text := strconv.FormatFloat(f, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return text
	case c.Name == "event_timestamp" && rapid.IntRange(0, 9).Draw(t, "odd time") > 0:
		return fmt.Sprintf(`"2025-08-11T17:%02d:%02d.%06dZ"`, rapid.IntRange(0, 59).Draw(t, "minute"), rapid.IntRange(0, 2).Draw(t, "second"), rapid.IntRange(0, 999999).Draw(t, "micro"))
	}
	s := rapid.OneOf(
		rapid.SampledFrom([]string{"", "mobile", "tv", "日本語", "東京", "\"quoted\\\n", "\x00", "é\u2028", strings.Repeat("long ", 40)}),
		rapid.StringN(0, 12, 40), rapid.StringMatching("EVENT_[0-9a-f]{14}"),
	).Draw(t, "text")
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Whatever records a lake holds, the rows of the Parquet are they: none more, none
// less, none other. ACME_DATASETS asks for so many data sets.
func TestMigrateAnything(t *testing.T) {
	sets := 40 / scale
	if testing.Short() {
		sets = 10
	}
	if n, err := strconv.Atoi(os.Getenv("ACME_DATASETS")); err == nil {
		sets = n
	}
	seen, rows := 0, 0
	for seen < sets {
		rapid.Check(t, func(t *rapid.T) {
			if seen++; seen > sets {
				return
			}
			rows += migrateAnything(t)
		})
	}
	t.Logf("%d data sets, %d records", seen, rows)
}

func migrateAnything(t *rapid.T) int {
	st := store.NewMemory("anything")
	var all []string
	common := make([]string, rapid.IntRange(1, 8).Draw(t, "kinds"))
	for i := range common {
		common[i] = anyRecord(t)
	}
	for o := range rapid.IntRange(1, 4).Draw(t, "objects") {
		between := rapid.SampledFrom([]string{"\n", "", "\r\n", " "}).Draw(t, "between")
		var text strings.Builder
		for range rapid.IntRange(0, 60).Draw(t, "records") {
			r := rapid.SampledFrom(common).Draw(t, "record")
			all = append(all, r)
			text.WriteString(r + between)
		}
		key := fmt.Sprintf("%s%d", migrateHour, o)
		body := []byte(text.String())
		if rapid.Bool().Draw(t, "packed") {
			body, key = []byte(zipped(text.String())), key+".gz"
		}
		if _, err := st.Put(context.Background(), key, bytes.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
	into := rapid.SampledFrom([]schema.Table{schema.EventsMigrated(), schema.EventsByDay()}).Draw(t, "into")
	m, err := Migrate(context.Background(), st, MigrateOptions{
		Into: into, Codec: rapid.SampledFrom([]string{"zstd", "snappy", "gzip"}).Draw(t, "codec"),
		groupRows: rapid.IntRange(1, 100).Draw(t, "group"), pageRows: rapid.IntRange(1, 30).Draw(t, "page"), runRows: rapid.IntRange(1, 50).Draw(t, "run"),
	})
	if err != nil || len(m.Failed) > 0 {
		t.Fatalf("%v %v", err, m.Failed)
	}
	if got, want := rowsOf(t, st, into.Prefix), wanted(t, all); !slices.Equal(got, want) {
		t.Fatalf("%d rows of %d records are not they:\n%s", len(got), len(want), firstDifference(got, want))
	}
	return len(all)
}

func firstDifference(got, want []string) string {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			return fmt.Sprintf("got  %q\nwant %q", got[i:min(i+1, len(got))], want[i:min(i+1, len(want))])
		}
	}
	return ""
}

// samples fills an hour with so many objects of sample records, from a number on.
func samples(t testing.TB, st store.Store, from, objects, records int, between string) {
	t.Helper()
	all := sampleRecords(records)
	for o := range objects {
		var text bytes.Buffer
		for i := o; i < len(all); i += objects {
			text.Write(all[i].Value)
			text.WriteString(between)
		}
		putObject(t, st, fmt.Sprintf("%sobject-%d.gz", migrateHour, from+o), []byte(zipped(text.String())))
	}
}

func migrated(t testing.TB, st store.Store) *Migration {
	t.Helper()
	m, err := Migrate(context.Background(), st, MigrateOptions{Into: schema.EventsMigrated(), groupRows: 300, pageRows: 70, runRows: 100})
	if err != nil || len(m.Failed) > 0 {
		t.Fatal(err, m)
	}
	return m
}

// Objects that come later are a part of their own; what is migrated stays as it is;
// a run with nothing to do does nothing.
func TestMigrateLateObjects(t *testing.T) {
	st := store.NewMemory("late")
	samples(t, st, 0, 3, 1000, "")
	first := migrated(t, st)
	if len(first.Parts) != 1 || first.Parts[0].Records != 1000 || first.Parts[0].Unseen != 997 {
		t.Fatalf("%+v", first.Parts)
	}
	before := tree(t, st)
	if again := migrated(t, st); len(again.Parts) != 0 || again.Done != 3 || len(tree(t, st)) != len(before) {
		t.Errorf("a second run made %+v", again)
	}
	samples(t, st, 3, 2, 500, "\n")
	late := migrated(t, st)
	if len(late.Parts) != 1 || late.Parts[0].Objects != 2 || late.Parts[0].Records != 500 || late.Done != 3 {
		t.Errorf("%+v", late)
	}
	after := tree(t, st)
	for key, body := range before {
		if after[key] != body {
			t.Errorf("%s was changed", key)
		}
	}
	if n := len(rowsOf(t, st, "telemetry_parquet/")); n != 1500 {
		t.Errorf("%d rows", n)
	}
	v, err := Verify(t.Context(), st, VerifyOptions{})
	if err != nil || len(v.Damaged) > 0 {
		t.Errorf("%+v %v", v, err)
	}
}

// Several that migrate at once make each part once.
func TestMigrateAtOnce(t *testing.T) {
	st := store.NewMemory("at once")
	samples(t, st, 0, 4, 2000, "\n")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if i == 3 {
				samples(t, st, 10, 3, 900, "\n")
			}
			m, err := Migrate(context.Background(), st, MigrateOptions{Into: schema.EventsMigrated()})
			if err != nil || len(m.Failed) > 0 {
				t.Error(err, m)
			}
		})
	}
	wg.Wait()
	if n := len(rowsOf(t, st, "telemetry_parquet/")); n != 2900 {
		t.Errorf("%d rows", n)
	}
}

// A run that was killed behind its plan is finished as the plan says, though objects
// have come since; where it was killed behind the part, too.
func TestMigrateGoesOn(t *testing.T) {
	for _, left := range []string{"plan", "part"} {
		st := store.NewMemory("goes on")
		samples(t, st, 0, 3, 1000, "\n")
		migrated(t, st)
		whole := tree(t, st)
		for key := range whole {
			if strings.HasPrefix(key, manifestsPrefix) || left == "plan" && strings.HasPrefix(key, "telemetry_parquet/") {
				if err := st.Delete(t.Context(), key); err != nil {
					t.Fatal(err)
				}
			}
		}
		samples(t, st, 3, 2, 500, "\n")
		if m := migrated(t, st); len(m.Parts) != 2 {
			t.Errorf("behind the %s: %+v", left, m)
		}
		after := tree(t, st)
		for key, body := range whole {
			if after[key] != body {
				t.Errorf("behind the %s: %s is not as it was", left, key)
			}
		}
		if n := len(rowsOf(t, st, "telemetry_parquet/")); n != 1500 {
			t.Errorf("behind the %s: %d rows", left, n)
		}
	}
}

// What is not to be migrated is refused by name, and the rest is migrated.
func TestMigrateRefuses(t *testing.T) {
	other := "telemetry/year=2025/month=08/day=11/hour=18/"
	for _, c := range []struct {
		what  string
		spoil func(st store.Store)
		say   string
	}{
		{"Parquet that generate wrote", func(st store.Store) {
			putObject(t, st, "telemetry_parquet/year=2025/month=08/day=11/hour=18/x.parquet", []byte("x"))
		}, "hour=18/x.parquet is there, and no migration put it"},
		{"a cut object", func(st store.Store) {
			putObject(t, st, other+"cut.gz", []byte(zipped(strings.Repeat("{}\n", 999)))[:25])
		}, "hour=18/cut.gz: gzip"},
		{"another sum than the manifest's", func(st store.Store) {
			putObject(t, st, other+"b.gz", []byte(zipped("{}\n")))
			if _, err := Record(t.Context(), st, other, "m", []Written{{Name: "b.gz", Bytes: 24}}); err != nil {
				t.Fatal(err)
			}
		}, "its SHA-256 is not its manifest's"},
	} {
		st := store.NewMemory("refuses")
		samples(t, st, 0, 1, 100, "\n")
		putObject(t, st, other+"a.gz", []byte(zipped("{}\n")))
		c.spoil(st)
		m, err := Migrate(t.Context(), st, MigrateOptions{Into: schema.EventsMigrated()})
		if err != nil || len(m.Parts) != 1 || len(m.Failed) != 1 || !strings.Contains(m.Failed[0].Reason, c.say) {
			t.Errorf("%s: %v %+v", c.what, err, m)
		}
	}
}

// What is no record is filed with its place, and what stands around it is migrated.
func TestMigrateBrokenRecords(t *testing.T) {
	st := store.NewMemory("broken")
	good := `{"event_id":"EVENT_1","watch_duration_seconds":1}`
	putObject(t, st, migrateHour+"a.gz", []byte(zipped(strings.Join([]string{
		good + `{"event_id":"EVENT_2","watch_duration_seconds"}` + good, // closed
		good + `{"event_id":"EVENT_3` + good,                            // not closed
		"", "text", `{"event_id":"EVENT_4","watch_duration_seconds":"x","Event_Id":"EVENT_5","other":1}`,
		good + `{"event_id":"EVENT_6`,
	}, "\n"))))
	m := migrated(t, st)
	p := m.Parts[0]
	if p.Records != 6 || p.Broken != 3 || p.Unseen != 2 || p.Mistyped != 1 || p.Twice != 1 || p.Extra != 1 {
		t.Errorf("%+v", p)
	}
	filed := tree(t, st)["errors/format-conversion-failed/year=2025/month=08/day=11/"+strings.TrimSuffix(p.Key[strings.LastIndex(p.Key, "/")+1:], ".parquet")]
	for _, part := range []string{"a.gz, line 1, byte 49", "a.gz, line 2, byte 195", "a.gz, line 4", "a.gz, line 6"} {
		if !strings.Contains(filed, part) {
			t.Errorf("%s is not filed: %s", part, filed)
		}
	}
	if v, err := Verify(t.Context(), st, VerifyOptions{}); err != nil || len(v.Damaged) > 0 {
		t.Errorf("%+v %v", v, err)
	}
}

// Every bit of a part that is flipped is found by verify. ACME_FLIPS asks for so many.
func TestVerifySeesDamagedParts(t *testing.T) {
	flips := 40
	if n, err := strconv.Atoi(os.Getenv("ACME_FLIPS")); err == nil {
		flips = n
	}
	st := store.NewMemory("damaged part")
	samples(t, st, 0, 1, 300, "\n")
	key := migrated(t, st).Parts[0].Key
	good := readObject(t, st, key)
	for i := range flips {
		bit := i * (len(good) * 8 / flips)
		body := []byte(good)
		body[bit/8] ^= 1 << (bit % 8)
		replace(t, st, key, string(body))
		v, err := Verify(t.Context(), st, VerifyOptions{Prefix: "telemetry_parquet/"})
		if err != nil || len(v.Damaged) != 1 || v.Damaged[0].Key != key {
			t.Errorf("bit %d: %+v %v", bit, v, err)
		}
	}
}

// A part that is not what was read is never put: what checks it sees each way to write a
// wrong one, a wrong bound and a wrong filter among them.
func TestCheckSeesWrongParts(t *testing.T) {
	table := schema.EventsMigrated()
	type spoil struct {
		rows func(c []column)
		run  func(r *rows)
		file func(p *partFile)
		// memory is how much of the part is kept there; the others are files.
		memory int
	}
	const city = 21 // of the last row it is NULL, and so is all but its first column
	first := func(p *partFile, column int) *format.Statistics {
		return &p.meta.RowGroups[0].Columns[column].MetaData.Statistics
	}
	flip := func(p *partFile) {
		at := p.chunks[0][6].pages[0]
		flipByte(t, &p.file, at.Offset+int64(at.CompressedPageSize)-3)
	}
	for what, c := range map[string]spoil{
		"a value":            {rows: func(c []column) { c[6].words[3]++ }},
		"a text":             {rows: func(c []column) { c[4].codes[5] = (c[4].codes[5] + 1) % uint32(c[4].dict.len()) }},
		"a row left out":     {run: func(r *rows) { r.n-- }},
		"a row twice":        {run: func(r *rows) { repeatRow(t, r, r.n) }},
		"a row for another":  {run: func(r *rows) { repeatRow(t, r, r.n-2) }},
		"an empty text":      {run: func(r *rows) { c := &r.columns[city]; c.valid[(r.n-1)/64] |= 1 << ((r.n - 1) % 64); c.nulls-- }},
		"a NULL":             {rows: func(c []column) { c[city].valid[0] &^= 1; c[city].nulls++ }},
		"two rows' values":   {rows: func(c []column) { w := c[6].words; w[1], w[2] = w[2], w[1] }},
		"a column's place":   {rows: func(c []column) { c[15], c[16] = c[16], c[15] }},
		"a bound":            {file: func(p *partFile) { p.chunks[0][6].bounds.MaxValues[0] = []byte{0, 0, 0, 0} }},
		"a group's bound":    {file: func(p *partFile) { first(p, 0).MaxValue = []byte("EVENT_") }},
		"a count of NULLs":   {file: func(p *partFile) { first(p, 3).NullCount++ }},
		"a bloom filter":     {file: func(p *partFile) { b := p.chunks[0][1].bloom; clear(b[len(b)-32:]) }},
		"a byte":             {file: flip},
		"a byte in memory":   {file: flip, memory: inSpool},
		"the number of rows": {file: func(p *partFile) { p.meta.NumRows++ }},
		"nothing":            {},
	} {
		st := store.NewMemory("wrong")
		var text strings.Builder
		for _, r := range sampleRecords(300) {
			text.Write(r.Value)
			text.WriteString("\n")
		}
		text.WriteString(`{"event_id":"EVENT_alone"}`)
		putObject(t, st, migrateHour+"object-0", []byte(text.String()))
		var inputs []store.Info
		for info, err := range st.List(t.Context(), "telemetry/") {
			if err != nil {
				t.Fatal(err)
			}
			inputs = append(inputs, info)
		}
		var objects []migratedObject
		for _, in := range inputs {
			objects = append(objects, migratedObject{Info: in})
		}
		r := readInputs(t.Context(), st, table, objects, nil, 1, 1000)
		var runs []*rows
		in := <-r.queue
		for run := range in.runs {
			runs = append(runs, run)
		}
		with, err := newPress(table, "zstd")
		if err != nil || in.err != nil {
			t.Fatal(err, in.err)
		}
		p, err := newPartFile(table, partLayout{group: 1000, page: 1000, memory: c.memory}, with)
		if err != nil {
			t.Fatal(err)
		}
		held := runs[0].set.fingerprint(table)
		if c.rows != nil {
			c.rows(runs[0].columns)
		}
		if c.run != nil {
			c.run(runs[0])
		}
		if err := p.group(runs); err != nil {
			t.Fatal(err)
		}
		if c.file != nil {
			c.file(p)
		}
		if err := p.finish(); err != nil {
			t.Fatal(err)
		}
		got, err := checkPart(&p.file, p.at, table)
		if seen := err != nil || held.difference(got) != ""; seen != (what != "nothing") {
			t.Errorf("%s: seen %v, %v %s", what, seen, err, held.difference(got))
		}
		if err := p.drop(); err != nil {
			t.Error(err)
		}
		r.close()
	}
}

// repeatRow puts the first of some rows, which has no NULL, in the place of another, or
// behind the last.
func repeatRow(t *testing.T, r *rows, to int) {
	t.Helper()
	for i := range r.columns {
		c := &r.columns[i]
		switch {
		case c.kind != serde.String:
			c.words = append(c.words, c.words[0])
			c.words[to] = c.words[0]
		case c.plain:
			first := bytes.Clone(c.bytes(0))
			c.text = append(c.text, first...)
			c.ends = append(c.ends, uint32(len(c.text)))
			if copy(c.bytes(to), first) != len(c.bytes(to)) {
				t.Fatal("two texts of one column are not of one length")
			}
		default:
			c.codes = append(c.codes, c.codes[0])
			c.codes[to] = c.codes[0]
		}
		if to == r.n && c.valid != nil {
			c.valid = append(c.valid, 0)
			c.valid[to/64] |= 1 << (to % 64)
		}
	}
	r.n = max(r.n, to+1)
}

// flipByte changes a byte of a spool.
func flipByte(t *testing.T, s *spool, at int64) {
	t.Helper()
	if s.file == nil {
		s.memory[at] ^= 1
		return
	}
	var b [1]byte
	_, err := s.file.ReadAt(b[:], at)
	if err == nil {
		b[0] ^= 1
		_, err = s.file.WriteAt(b[:], at)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Differences of 32-bit integers that overflow 32 bits come round: a reader takes no more.
func TestMigrateExtremes(t *testing.T) {
	st := store.NewMemory("extremes")
	var text strings.Builder
	var records []string
	for i := range 300 {
		n := math.MinInt32 + i*7
		if i%2 == 1 {
			n = math.MaxInt32 - i*5
		}
		records = append(records, fmt.Sprintf(`{"event_id":"EVENT_%d","watch_duration_seconds":%d}`, i, n))
		text.WriteString(records[i] + "\n")
	}
	putObject(t, st, migrateHour+"a", []byte(text.String()))
	migrated(t, st)
	if got, want := rowsOf(t, st, "telemetry_parquet/"), wanted(t, records); !slices.Equal(got, want) {
		t.Error(firstDifference(got, want))
	}
}
