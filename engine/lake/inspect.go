package lake

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"

	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// FindingKind is a kind of thing that Athena does with objects and that its
// users rarely expect.
type FindingKind string

// Kinds of findings, with what Athena does.
const (
	// Undelimited records stand on one line: Athena reads the first and drops
	// the others without a word.
	Undelimited FindingKind = "undelimited"
	// Malformed lines are rows of NULLs.
	Malformed FindingKind = "malformed"
	// WrongHour rows happened in another hour than their partition's.
	WrongHour FindingKind = "wrong-hour"
	// SmallFiles make a query open many objects for few bytes.
	SmallFiles FindingKind = "small-files"
	// UpperCaseExtension is gzip named .GZ: Athena reads it as text.
	UpperCaseExtension FindingKind = "upper-case-extension"
	// PlainNamedGzip is text named .gz: the query fails.
	PlainNamedGzip FindingKind = "plain-named-gz"
	// GzipNamedPlain is gzip not named .gz: Athena reads it as text, and gives
	// rows of NULLs.
	GzipNamedPlain FindingKind = "gzip-not-named-gz"
	// ZeroBytes objects hold nothing.
	ZeroBytes FindingKind = "zero-bytes"
	// HiddenObject is passed by: its name begins with _ or a dot.
	HiddenObject FindingKind = "hidden"
	// WrongFolder is not a partition of the table: its objects are in no query.
	WrongFolder FindingKind = "wrong-folder"
	// Unreadable objects fail the query that reads them.
	Unreadable FindingKind = "unreadable"
	// Truncated objects end before their gzip stream does; BadChecksum objects unpack to
	// other bytes than were packed. A query that reads one fails, or, in an engine that
	// does not check, answers something else.
	Truncated   FindingKind = "truncated"
	BadChecksum FindingKind = "bad-checksum"
	// WrongType values do not fit their column and are NULL.
	WrongType FindingKind = "wrong-type"
	// DuplicateKey records have a key twice, perhaps in two cases: a query that reads
	// one may fail on it, and else shows the last.
	DuplicateKey FindingKind = "duplicate-key"
	// UnknownKeys are of no column: no query shows their values.
	UnknownKeys FindingKind = "unknown-keys"
	// MixedSchemas are objects that lack columns which others have.
	MixedSchemas FindingKind = "mixed-schemas"
	// Brotli is not unpacked: rows of NULLs from JSON, a failing query from Parquet.
	Brotli FindingKind = "brotli"
	// FineTimestamps are finer than the milliseconds that Athena reads.
	FineTimestamps FindingKind = "fine-timestamps"
)

// Severity says how much a finding matters.
type Severity string

// Severities: SeverityError loses rows or fails queries, SeverityWarn gives other rows than
// one would think or costs money, SeverityInfo is worth knowing.
const (
	SeverityError Severity = "error"
	SeverityWarn  Severity = "warn"
	SeverityInfo  Severity = "info"
)

// Finding is one thing found.
type Finding struct {
	Kind     FindingKind `json:"kind"`
	Severity Severity    `json:"severity"`
	Key      string      `json:"key"` // the object, or the folder
	Line     int64       `json:"line,omitempty"`
	Count    int64       `json:"count"` // what it concerns: records, rows, objects
	Message  string      `json:"message"`
}

// Inspection is what Athena will see in a table's objects and what it will not.
type Inspection struct {
	Table      string    `json:"table"`
	Prefix     string    `json:"prefix"`
	Partitions int64     `json:"partitions"`
	Objects    int64     `json:"objects"`
	Bytes      int64     `json:"bytes"`   // as stored
	Records    int64     `json:"records"` // in the objects, wherever they stand
	Rows       int64     `json:"rows"`    // that Athena sees
	Unseen     int64     `json:"unseen"`  // Records behind the first of their line
	Malformed  int64     `json:"malformed"`
	WrongHour  int64     `json:"wrong_hour"`
	Mistyped   int64     `json:"mistyped"` // values that are NULL as they do not fit
	Unknown    int64     `json:"unknown"`  // values of keys that are no column
	Findings   []Finding `json:"findings"` // by key and line
}

// InspectOptions say what to inspect.
type InspectOptions struct {
	Table schema.Table
	// Bad is how many malformed lines of one object are named; 3 where 0. All
	// are counted.
	Bad int
	// Small is the mean size, in bytes, below which a partition of several
	// objects has small files; 1 MiB where 0.
	Small    int64
	Progress func(done, of int64)
}

// Inspect reads every object of a table as Athena does and says what Athena does
// not show. It needs no manifest and believes none.
func Inspect(ctx context.Context, st store.Store, o InspectOptions) (*Inspection, error) {
	set(&o.Bad, 3)
	set(&o.Small, 1<<20)
	partitions, err := Partitions(ctx, st, o.Table.Prefix)
	if err != nil {
		return nil, err
	}
	var parts []inspected
	for i := range partitions {
		for _, info := range partitions[i].Objects {
			parts = append(parts, inspected{&partitions[i], info})
		}
	}
	found := make([]objectFinding, len(parts))
	var done atomic.Int64
	err = inParallel(ctx, runtime.GOMAXPROCS(0), len(parts), func(ctx context.Context, i int) error {
		var err error
		found[i], err = o.object(ctx, st, parts[i].partition, parts[i].info)
		if o.Progress != nil {
			o.Progress(done.Add(1), int64(len(parts)))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("inspecting %s: %w", o.Table.Prefix, err)
	}
	out := &Inspection{Table: o.Table.Database + "." + o.Table.Name, Prefix: o.Table.Prefix, Findings: []Finding{}}
	for i := range partitions {
		out.partition(&partitions[i], o)
	}
	for _, f := range found {
		out.object(f)
	}
	out.mixed(o.Table, parts, found)
	slices.SortStableFunc(out.Findings, func(a, b Finding) int {
		if c := strings.Compare(a.Key, b.Key); c != 0 {
			return c
		}
		return int(a.Line - b.Line)
	})
	return out, nil
}

type inspected struct {
	partition *Partition
	info      store.Info
}

// objectFinding is what one object held.
type objectFinding struct {
	stats     serde.Stats
	wrongHour int64
	filled    []int64 // values by column
	findings  []Finding
}

func (out *Inspection) object(f objectFinding) {
	out.Records += f.stats.Records
	out.Rows += f.stats.Lines
	out.Unseen += f.stats.Unseen
	out.Malformed += f.stats.Malformed
	out.WrongHour += f.wrongHour
	out.Mistyped += f.stats.Mistyped
	out.Unknown += f.stats.Extra
	out.Findings = append(out.Findings, f.findings...)
}

// mixed finds objects that have no value at all in columns which others fill.
func (out *Inspection) mixed(t schema.Table, parts []inspected, found []objectFinding) {
	filled := make([]bool, len(t.Columns))
	for _, f := range found {
		for c, n := range f.filled {
			filled[c] = filled[c] || n > 0
		}
	}
	for i, f := range found {
		var lacks []string
		for c, n := range f.filled {
			if n == 0 && filled[c] {
				lacks = append(lacks, t.Columns[c].Name)
			}
		}
		if rows := f.stats.Lines - f.stats.Malformed; rows > 0 && len(lacks) > 0 {
			out.Findings = append(out.Findings, Finding{MixedSchemas, SeverityInfo, parts[i].info.Key, 0, rows, "no row has a value in " + strings.Join(lacks, ", ") + ", which other objects have"})
		}
	}
}

// partition finds what concerns a folder as a whole.
func (out *Inspection) partition(p *Partition, o InspectOptions) {
	out.Partitions++
	out.Objects += int64(len(p.Objects))
	out.Bytes += p.Bytes()
	if why := wrongFolder(p, o.Table); why != "" {
		out.Findings = append(out.Findings, Finding{WrongFolder, SeverityError, p.Folder, 0, int64(len(p.Objects)), why})
	}
	for _, info := range p.Hidden {
		out.Findings = append(out.Findings, Finding{HiddenObject, SeverityInfo, info.Key, 0, 1, "a name that begins with _ or . is passed by"})
	}
	if n := int64(len(p.Objects)); n > 1 && p.Bytes()/n < o.Small {
		out.Findings = append(out.Findings, Finding{SmallFiles, SeverityWarn, p.Folder, 0, n, fmt.Sprintf("%d objects of %d bytes on average: queries open many objects for little", n, p.Bytes()/n)})
	}
}

// wrongFolder says why a folder is not a partition of the table, or "".
func wrongFolder(p *Partition, t schema.Table) string {
	want := []string{}
	for _, c := range t.Partitions {
		want = append(want, c.Name+"=")
	}
	shape := strings.Join(want, "/")
	if len(p.Values) != len(t.Partitions) {
		return fmt.Sprintf("%d levels below the table, not %d (%s): it is in no partition", len(p.Values), len(t.Partitions), shape)
	}
	for i, c := range t.Partitions {
		v := p.Values[i]
		switch {
		case v.Name == "":
			return fmt.Sprintf("%q is not NAME=VALUE (%s): it is in no partition", v.Value, shape)
		case !strings.EqualFold(v.Name, c.Name):
			return fmt.Sprintf("%s= stands where %s= belongs (%s): it is in no partition", v.Name, c.Name, shape)
		}
		if n, ok := v.number(); c.Type == schema.Int && (!ok || int64(n) < c.Min || int64(n) > c.Max) {
			return fmt.Sprintf("%s=%s is no %s from %d to %d", v.Name, v.Value, c.Type, c.Min, c.Max)
		}
	}
	return ""
}

// object inspects one object.
func (o InspectOptions) object(ctx context.Context, st store.Store, p *Partition, info store.Info) (f objectFinding, err error) {
	find := func(kind FindingKind, s Severity, line, count int64, format string, args ...any) {
		f.findings = append(f.findings, Finding{kind, s, info.Key, line, count, fmt.Sprintf(format, args...)})
	}
	if info.Size == 0 {
		find(ZeroBytes, SeverityWarn, 0, 1, "an object without a byte: no rows")
		return f, nil
	}
	body, _, err := st.Get(ctx, info.Key)
	if errors.Is(err, store.ErrKey) {
		find(Unreadable, SeverityError, 0, 1, "%v", err)
		return f, nil
	}
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, body.Close(), ctx.Err()) }()
	if o.Table.Parquet {
		return f, o.parquet(&f, body, find)
	}
	buffered := bufio.NewReader(body)
	magic, _ := buffered.Peek(2) // a shorter object has no magic
	zipped := bytes.Equal(magic, []byte{0x1f, 0x8b})
	switch named := serde.Gzip(info.Key); {
	case named && !zipped:
		find(PlainNamedGzip, SeverityError, 0, 1, "named .gz and not gzip: a query that reads it fails")
		return f, nil
	case zipped && !named && strings.HasSuffix(strings.ToLower(info.Key), ".gz"):
		find(UpperCaseExtension, SeverityError, 0, 1, "gzip by content, but the extension is not in lower case: it is read as text, rows of NULLs")
	case !zipped && isBrotli(buffered):
		find(Brotli, SeverityError, 0, 1, "packed with Brotli, which is not unpacked: it is read as text, rows of NULLs")
		return f, nil
	case zipped && !named:
		find(GzipNamedPlain, SeverityError, 0, 1, "gzip by content, but not named .gz: it is read as text, rows of NULLs")
	}
	o.read(&f, p, info.Key, buffered, find)
	return f, nil
}

// read reads an object's rows as Athena does and counts what is odd.
func (o InspectOptions) read(f *objectFinding, p *Partition, key string, body io.Reader, find func(FindingKind, Severity, int64, int64, string, ...any)) {
	column, hour := hourOf(p, o.Table)
	options := lenient
	options.Bad, options.Salvage = o.Bad, true // where it breaks is a line too
	all := make([]int, len(o.Table.Columns))
	for i := range all {
		all[i] = i
	}
	f.filled = make([]int64, len(all))
	wrongAt := int64(0) // the first row of another hour
	r := newSerDe(o.Table, all, options)
	r.Open(key, body)
	for {
		b, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			var e *serde.Error
			errors.As(err, &e)
			find(Unreadable, SeverityError, e.Line, 1, "a query that reads it fails: %s", reason(err))
			break
		}
		if hour != "" {
			n, first := otherHours(&b.Columns[column], b.Rows, hour)
			if f.wrongHour == 0 && n > 0 {
				wrongAt = r.Stats().Lines - int64(b.Rows) + int64(first) + 1
			}
			f.wrongHour += n
		}
		for c := range b.Columns {
			f.filled[c] += filledIn(&b.Columns[c], b.Rows)
		}
	}
	if err := r.Stats().Broken; err != nil {
		kind, line := broken(err, r.Stats().Lines)
		find(kind, SeverityError, line, 1, "a query that reads it fails: %s", err)
		f.filled = nil
		return
	}
	f.stats = r.Stats()
	o.odd(f, find)
	if n := f.stats.Unseen; n > 0 {
		find(Undelimited, SeverityError, f.stats.UnseenAt, n, "%d records, Athena sees %d: the others stand behind the first of their line", f.stats.Records, f.stats.Lines)
	}
	for _, bad := range f.stats.Bad {
		find(Malformed, SeverityWarn, bad.Line, 1, "a row of NULLs: %s", bad.Why)
	}
	if more := f.stats.Malformed - int64(len(f.stats.Bad)); more > 0 {
		find(Malformed, SeverityWarn, 0, more, "%d more lines are rows of NULLs", more)
	}
	if f.wrongHour > 0 {
		find(WrongHour, SeverityInfo, wrongAt, f.wrongHour, "%d of %d rows happened in another hour than %s: partitions go by arrival", f.wrongHour, f.stats.Lines, hour)
	}
}

// hourOf gives the column of the event's time and the partition's hour as such a
// time begins, "2025-08-11T17"; or the first column and "" where there is none.
func hourOf(p *Partition, t schema.Table) (column int, hour string) {
	column = slices.IndexFunc(t.Columns, func(c schema.Column) bool { return c.Name == "event_timestamp" })
	n, ok := p.Numbers(t)
	if column < 0 || !ok || len(n) != 4 || wrongFolder(p, t) != "" {
		return 0, ""
	}
	return column, fmt.Sprintf("%04d-%02d-%02dT%02d", n[0], n[1], n[2], n[3])
}

// otherHours counts the rows whose time does not begin with hour, and gives the first.
func otherHours(v *serde.Vector, rows int, hour string) (n int64, first int) {
	for i := range rows {
		if text := v.Bytes(i); len(text) >= len(hour) && string(text[:len(hour)]) != hour {
			if n++; n == 1 {
				first = i
			}
		}
	}
	return n, first
}

// broken says which kind of damage ended an object, and at which line. last is the last
// that was read.
func broken(err error, last int64) (FindingKind, int64) {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return Truncated, max(1, last)
	case errors.Is(err, gzip.ErrChecksum):
		return BadChecksum, 0 // which line is another than it was cannot be known
	}
	return Unreadable, last
}

func filledIn(v *serde.Vector, rows int) (n int64) {
	if v.Nulls == 0 {
		return int64(rows)
	}
	for i := range rows {
		if !v.IsNull(i) {
			n++
		}
	}
	return n
}

// odd finds what rows do not show of their records.
func (o InspectOptions) odd(f *objectFinding, find func(FindingKind, Severity, int64, int64, string, ...any)) {
	named := map[FindingKind]int64{}
	for _, at := range f.stats.Odd {
		kind := WrongType
		if strings.HasPrefix(at.Why, "the key ") {
			kind = DuplicateKey
		}
		named[kind]++
		find(kind, SeverityWarn, at.Line, 1, "%s", at.Why)
	}
	if more := f.stats.Mistyped - named[WrongType]; more > 0 {
		find(WrongType, SeverityWarn, 0, more, "%d more values do not fit their column: NULL", more)
	}
	if more := f.stats.Twice - named[DuplicateKey]; more > 0 {
		find(DuplicateKey, SeverityWarn, 0, more, "%d more keys stand twice in their record", more)
	}
	if n := f.stats.Extra; n > 0 {
		find(UnknownKeys, SeverityInfo, 0, n, "%d values have keys that are no column: no query shows them", n)
	}
}

// isBrotli says whether bytes are JSON packed with Brotli, which has no mark of its own.
func isBrotli(r *bufio.Reader) bool {
	head, _ := r.Peek(4096) // a shorter object has less
	if len(head) == 0 || head[0] == '{' || head[0] == '[' {
		return false
	}
	var text [16]byte
	n, _ := io.ReadFull(brotli.NewReader(bytes.NewReader(head)), text[:]) // what is cut off fails later
	unpacked := bytes.TrimLeft(text[:n], " \t\r\n")
	return n == len(text) && len(unpacked) > 0 && unpacked[0] == '{' && utf8.Valid(text[:n])
}
