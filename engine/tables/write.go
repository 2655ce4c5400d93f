package tables

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/store"
)

const (
	// maxPartitions is how many partitions one statement may write.
	maxPartitions = 100
	// partBytes is how long a part may get, about, before the next one begins.
	partBytes = 256 << 20
)

// encoder writes rows to a file of this machine and reads them back.
type encoder interface {
	add(query.Row) error
	finish() (rows int64, err error)
}

// part is an object that has been encoded, or is being.
type part struct {
	folder string   // below the table's prefix, with a slash at its end unless empty
	values []string // of the partition, as texts
	number int
	file   *os.File
	encoder
	written lake.Written
}

// writing is the rows of one statement on their way into the lake.
type writing struct {
	store  store.Store
	plan   *dialect.Plan
	id     string // names the objects: no other statement has it
	dir    string // of this machine, for the parts
	prefix string // of the table in the lake
	open   map[string]*part
	parts  []*part
	rows   int64
}

// newID names a statement.
func newID() (string, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("naming the statement: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

func newWriting(st store.Store, plan *dialect.Plan, temp, id, prefix string) (*writing, error) {
	dir, err := os.MkdirTemp(temp, "acme-write-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for what is to be written: %w", err)
	}
	return &writing{store: st, plan: plan, id: id, dir: dir, prefix: prefix, open: map[string]*part{}}, nil
}

// drop removes the files of this machine.
func (w *writing) drop() {
	for _, p := range w.parts {
		p.file.Close()
	}
	_ = os.RemoveAll(w.dir) // a folder of this statement alone
}

// take encodes all rows of a result.
func (w *writing) take(ctx context.Context, rows query.Rows) error {
	for {
		batch, err := rows.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for _, row := range batch {
			if err := w.add(row); err != nil {
				return err
			}
		}
	}
}

func (w *writing) add(row query.Row) error {
	data := w.plan.Table.Columns
	folder, err := folderOf(w.plan.Table.Partitions, row[len(data):])
	if err != nil {
		return err
	}
	p := w.open[folder]
	if p == nil {
		if len(w.open) == maxPartitions {
			return &query.Error{
				Name: "HIVE_TOO_MANY_OPEN_PARTITIONS", Message: fmt.Sprintf("Exceeded limit of %d open writers for partitions", maxPartitions),
				Hint: "write fewer partitions with one statement: a WHERE over the partition columns, and INSERT INTO for the rest",
			}
		}
		if p, err = w.begin(folder, textsOf(w.plan.Table.Partitions, row[len(data):]), 0); err != nil {
			return err
		}
	}
	if err := p.add(row[:len(data)]); err != nil {
		var bad *unfit
		if errors.As(err, &bad) {
			return &query.Error{Name: "HIVE_WRITER_DATA_ERROR", Message: err.Error(), Hint: "choose another field_delimiter, or format = 'PARQUET'"}
		}
		return err
	}
	w.rows++
	return w.roll(p)
}

// roll begins a part's next where it has got long.
func (w *writing) roll(p *part) error {
	if w.rows%10_000 != 0 {
		return nil
	}
	at, err := p.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return fmt.Errorf("writing a part: %w", err)
	}
	if at > partBytes {
		_, err = w.begin(p.folder, p.values, p.number+1)
	}
	return err
}

func (w *writing) begin(folder string, values []string, number int) (*part, error) {
	if err := w.placed(folder, values); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(w.dir, fmt.Sprintf("part-%d", len(w.parts))))
	if err != nil {
		return nil, fmt.Errorf("making a file for what is to be written: %w", err)
	}
	p := &part{folder: folder, values: values, number: number, file: f}
	format := w.plan.Format
	if format.Format == "PARQUET" {
		p.encoder = newParquetFile(f, w.plan.Table.Columns, format.Compression)
	} else {
		p.encoder = newLinesFile(f, w.plan.Table.Columns, format)
	}
	w.open[folder] = p
	w.parts = append(w.parts, p)
	return p, nil
}

// placed refuses rows of a partition that lies elsewhere than below its table, where they
// would not be seen.
func (w *writing) placed(folder string, values []string) error {
	t := w.plan.Table
	own := strings.Trim(strings.TrimSuffix(t.Location, "/")+"/"+folder, "/")
	for _, p := range t.Added {
		if p.Location == "" || !slices.Equal(p.Values, values) || strings.Trim(p.Location, "/") == own {
			continue
		}
		return &query.Error{
			Name: "NOT_SUPPORTED", Message: fmt.Sprintf("INSERT into the partition %s of %s.%s, which lies at %s, is not supported by the local engine", strings.Trim(folder, "/"), t.Database, t.Name, p.Location),
			Hint: "give a table of its own that location, or add the partition without one",
		}
	}
	return nil
}

// extension names what a part is; readers unpack by it.
func (w *writing) extension() string {
	ext := map[string]string{"PARQUET": ".parquet", "JSON": ".json", "TEXTFILE": ".txt"}[w.plan.Format.Format]
	if w.plan.Format.Format != "PARQUET" && w.plan.Format.Compression != "NONE" {
		ext += ".gz"
	}
	return ext
}

// finish ends all parts and reads them back.
func (w *writing) finish() error {
	slices.SortStableFunc(w.parts, func(a, b *part) int {
		return cmp.Or(cmp.Compare(a.folder, b.folder), cmp.Compare(a.number, b.number))
	})
	total := int64(0)
	for i, p := range w.parts {
		rows, err := p.finish()
		if err != nil {
			return err
		}
		total += rows
		p.written = lake.Written{Name: fmt.Sprintf("part-%s-%05d%s", w.id, i, w.extension()), Rows: rows}
		if _, err := p.file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("reading a part back: %w", err)
		}
		h := sha256.New()
		if p.written.Bytes, err = io.Copy(h, p.file); err != nil {
			return fmt.Errorf("reading a part back: %w", err)
		}
		copy(p.written.SHA256[:], h.Sum(nil))
	}
	if total != w.rows {
		return fmt.Errorf("reading the parts back: %d rows went in and %d came out", w.rows, total)
	}
	return nil
}

// keys are those of the objects and of the manifests that speak of them.
func (w *writing) keys() []string {
	var out []string
	for _, p := range w.parts {
		out = append(out, w.prefix+p.folder+p.written.Name)
		if record := lake.RecordKey(w.prefix+p.folder, w.id); !slices.Contains(out, record) {
			out = append(out, record)
		}
	}
	return out
}

// publish puts the note, the objects and their manifests. The note stays: settle
// ends it. Where it fails nothing of the statement is left.
func (w *writing) publish(ctx context.Context, n note) error {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("writing down who writes: %w", err)
	}
	n.Version, n.Keys, n.Host, n.PID, n.Started = 1, w.keys(), host, os.Getpid(), time.Now().UTC()
	if err := putNote(ctx, w.store, w.id, n); err != nil {
		return err
	}
	if err := w.put(ctx); err != nil {
		// The cause counts; what cannot be removed now the next sweep removes.
		_ = w.retract(context.WithoutCancel(ctx))
		return err
	}
	return nil
}

func (w *writing) put(ctx context.Context) error {
	folders := map[string][]lake.Written{}
	for _, p := range w.parts {
		if _, err := p.file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("reading a part: %w", err)
		}
		key := w.prefix + p.folder + p.written.Name
		info, err := w.store.Put(ctx, key, p.file)
		if err != nil {
			return fmt.Errorf("writing %s: %w", key, err)
		}
		if info.Size != p.written.Bytes {
			return fmt.Errorf("writing %s: %d bytes were put and %d are there", key, p.written.Bytes, info.Size)
		}
		folders[w.prefix+p.folder] = append(folders[w.prefix+p.folder], p.written)
	}
	for folder, objects := range folders {
		if _, err := lake.Record(ctx, w.store, folder, w.id, objects); err != nil {
			return err
		}
	}
	return nil
}

// settle makes what was put visible.
func (w *writing) settle(ctx context.Context) error {
	return remove(ctx, w.store, []string{noteKey(w.id)})
}

// retract takes everything back.
func (w *writing) retract(ctx context.Context) error {
	if err := remove(ctx, w.store, w.keys()); err != nil {
		return err
	}
	return w.settle(ctx)
}

// textsOf gives the values of a row's partition as texts.
func textsOf(columns []dialect.Column, values []any) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = query.Format(values[i], c.Type.String())
	}
	return out
}

// partitions gives the values of the partitions that have been written.
func (w *writing) partitions() [][]string {
	out := make([][]string, len(w.parts))
	for i, p := range w.parts {
		out[i] = p.values
	}
	return out
}

// folderOf names the folder of a row's partition as Hive does; NULL has a name of
// its own.
func folderOf(columns []dialect.Column, values []any) (string, error) {
	var b strings.Builder
	for i, c := range columns {
		b.WriteString(strings.ToLower(c.Name))
		b.WriteByte('=')
		value := query.Format(values[i], c.Type.String())
		if values[i] == nil || value == "" {
			value = "__HIVE_DEFAULT_PARTITION__"
		} else {
			value = escapePart(value)
		}
		b.WriteString(value)
		b.WriteByte('/')
	}
	return b.String(), nil
}

// escapePart writes a partition's value so that it can name a folder.
func escapePart(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c < 0x20 || c == 0x7f || strings.IndexByte("\"#%'*/:=?\\{[]^", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
