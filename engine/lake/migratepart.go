package lake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// making is a part on its way.
type making struct {
	st    store.Store
	table schema.Table
	file  *partFile
	check *checker
	plan  migrationPlan

	recycle func([]*rows)
	runs    []*rows
	size    int
	n       int
	refused []byte
	stats   serde.Stats
	erased  int64  // records that are left out
	name    string // of the part and its manifest: the plan's
}

// startPart starts the part of a folder.
func startPart(st store.Store, t schema.Table, folder string, l partLayout, with *press) (*making, error) {
	file, err := newPartFile(t, l, with)
	if err != nil {
		return nil, err
	}
	return &making{st: st, table: t, file: file, plan: migrationPlan{Version: 1, Folder: folder, Codec: with.codec}}, nil
}

// take takes the rows of one object.
func (m *making) take(in *inputRows, tell func(rows int)) error {
	for run := range in.runs {
		m.runs = append(m.runs, run)
		m.n += run.n
		m.size += run.size()
		tell(run.n)
		if m.n >= m.file.layout.group || m.size >= groupBytes {
			if err := m.flush(); err != nil {
				return err
			}
		}
	}
	if in.err != nil {
		return in.err
	}
	m.plan.Inputs = append(m.plan.Inputs, in.input)
	m.erased += in.input.Erased
	m.stats.Add(in.stats, shownPositions)
	m.refused = append(m.refused, in.refused...)
	return nil
}

// shownPositions is how many places of each kind are named.
const shownPositions = 16

// flush encodes what is held as a row group.
func (m *making) flush() error {
	if m.n == 0 {
		return nil
	}
	err := m.file.group(m.runs)
	m.recycle(m.runs)
	m.runs, m.n, m.size = nil, 0, 0
	return err
}

// finish ends the part.
func (m *making) finish() error {
	if err := m.flush(); err != nil {
		return err
	}
	m.plan.Holds = m.file.set.fingerprint(m.table)
	return m.file.finish()
}

// prove holds the part against what was read.
func (m *making) prove() error {
	held, err := m.check.part(&m.file.file, m.file.at)
	if err != nil {
		return fmt.Errorf("reading the part of %s back: %w", m.plan.Folder, err)
	}
	if what := m.plan.Holds.difference(held); what != "" {
		return fmt.Errorf("reading the part of %s back: %s is not what was read; nothing was put. This is a defect of this program: please report it", m.plan.Folder, what)
	}
	return nil
}

// publish puts the part and its manifest, whose plan is there.
func (m *making) publish(ctx context.Context) (Manifest, error) {
	name := m.name
	entry := manifestEntry{Name: name + ".parquet", Bytes: m.file.at, SHA256: hex.EncodeToString(m.file.sum.Sum(nil)), Records: m.plan.Holds.Rows, Rows: m.plan.Holds.Rows}
	manifest := Manifest{Version: manifestVersion, Folder: m.plan.Folder, IP: m.plan.IP, Inputs: m.plan.Inputs, Holds: &m.plan.Holds}
	for _, in := range m.plan.Inputs {
		entry.Raw += in.Raw
	}
	if m.plan.Holds.Rows > 0 {
		err := m.put(ctx, &entry)
		if err != nil && !errors.Is(err, errGone) {
			return manifest, err
		}
		if err == nil {
			manifest.add(entry)
		}
	}
	if err := m.putRefused(ctx, name); err != nil {
		return manifest, err
	}
	return manifest, putJSON(ctx, m.st, manifestsPrefix+m.plan.Folder+name+".json", &manifest)
}

// put puts the part, or finds it there: with the same bytes, or, written by another
// version of this program, with the same rows.
func (m *making) put(ctx context.Context, entry *manifestEntry) error {
	key := m.plan.Folder + entry.Name
	info, err := m.st.Put(ctx, key, m.file.reader())
	switch {
	case err == nil && info.Size != entry.Bytes:
		return fmt.Errorf("putting %s: %d bytes were put and %d are there", key, entry.Bytes, info.Size)
	case !errors.Is(err, store.ErrExists):
		return err
	}
	err = sameObject(ctx, m.st, key, entry.Bytes, [sha256.Size]byte(m.file.sum.Sum(nil)))
	if !errors.As(err, new(*DifferentError)) {
		return err
	}
	copied, bytes, sum, cerr := copyObject(ctx, m.st, key, m.file.layout.dir)
	if cerr != nil {
		return errors.Join(err, cerr)
	}
	defer func() { _ = discard(copied) }() // it was only read
	held, cerr := m.check.part(copied, bytes)
	if cerr != nil || m.plan.Holds.difference(held) != "" {
		return err
	}
	entry.Bytes, entry.SHA256 = bytes, hex.EncodeToString(sum[:])
	return nil
}

// copyObject copies an object into a file of this machine, in a folder of it.
func copyObject(ctx context.Context, st store.Store, key, dir string) (file *os.File, n int64, sum [sha256.Size]byte, err error) {
	body, _, err := st.Get(ctx, key)
	if err != nil {
		return nil, 0, sum, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	if file, err = scratch(dir); err != nil {
		return nil, 0, sum, err
	}
	h := sha256.New()
	n, err = io.Copy(file, io.TeeReader(body, h))
	h.Sum(sum[:0])
	return file, n, sum, err
}

// putRefused files what was no record, as Firehose files what its conversion fails on.
func (m *making) putRefused(ctx context.Context, name string) error {
	if len(m.refused) == 0 {
		return nil
	}
	day, _, _ := bytes.Cut([]byte(m.plan.Folder[len(m.table.Prefix):]), []byte("hour="))
	folder := "errors/" + string(FormatConversionFailed) + "/" + string(day)
	sum := sha256.Sum256(m.refused)
	_, err := m.st.Put(ctx, folder+name, bytes.NewReader(m.refused))
	if errors.Is(err, errGone) {
		return nil
	}
	if errors.Is(err, store.ErrExists) {
		err = sameObject(ctx, m.st, folder+name, int64(len(m.refused)), sum)
	}
	if err != nil {
		return err
	}
	_, err = Record(ctx, m.st, folder, name, []Written{{Name: name, Bytes: int64(len(m.refused)), SHA256: sum, Rows: int64(bytes.Count(m.refused, []byte{'\n'}))}})
	return err
}

// drop removes what the part has on this machine.
func (m *making) drop() error { return m.file.drop() }
