package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	duck "github.com/duckdb/duckdb-go-bindings"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/serde"
)

const scanFunction = "acme_scan"

// scan is one reading of some objects of a JSON table: the columns it can give
// and the objects to read. DuckDB's threads take objects from it one by one.
type scan struct {
	ctx     context.Context
	objects []object
	table   []serde.Column // the table's data columns, in their order
	columns []scanColumn   // what the relation has
	options serde.Options
	threads int
	open    func(context.Context, object) (io.ReadCloser, error)
	note    func(key string)

	next atomic.Int64
	mu   sync.Mutex
	err  error         // the first failure, in our own words
	read []serde.Stats // by object
}

// scanColumn is a column of the relation: data of the table, a partition's
// value, the object's path or its number in the cache.
type scanColumn struct {
	name   string
	typ    dialect.Type
	data   int // place in table, or -1
	part   int // place among the partition columns, or -1
	hidden bool
}

// rowsAbout guesses how many rows there are, for DuckDB's planner.
func (s *scan) rowsAbout() int64 {
	var bytes int64
	for _, o := range s.objects {
		bytes += o.unpackedAbout()
	}
	return bytes/500 + 1
}

func (s *scan) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	return err
}

// failure gives what went wrong in reading, or nil.
func (s *scan) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// scanRun is a scan with the columns that a statement asks for.
type scanRun struct {
	*scan
	asked   []int // by vector of the output chunk: the column, or -1
	project []int // data columns, by place in table
	vector  []int // by project: the vector of the output chunk
}

func (s *scan) start(asked []int) *scanRun {
	r := &scanRun{scan: s, asked: asked}
	for i, c := range asked {
		if c >= 0 && s.columns[c].data >= 0 {
			r.project = append(r.project, s.columns[c].data)
			r.vector = append(r.vector, i)
		}
	}
	return r
}

// scanThread is what one of DuckDB's threads reads.
type scanThread struct {
	reader *serde.Reader
	body   io.ReadCloser
	at     int // the object being read
}

// fill gives the next chunk: some rows of one object, or none at the end.
func (r *scanRun) fill(t *scanThread, chunk duck.DataChunk) error {
	duck.DataChunkSetSize(chunk, 0)
	for {
		if err := r.ctx.Err(); err != nil {
			return r.fail(err)
		}
		if t.body == nil {
			if more, err := r.open1(t); err != nil || !more {
				return err
			}
		}
		batch, err := t.reader.Next()
		if err == io.EOF {
			r.done(t)
			continue
		}
		if err != nil {
			t.body.Close()
			t.body = nil
			return r.fail(err)
		}
		r.write(t, chunk, batch)
		return nil
	}
}

// open1 opens the next object; false where there is none. An object without a byte
// has no line: Trino passes over it too, and does not ask whether nothing is gzip.
func (r *scanRun) open1(t *scanThread) (bool, error) {
	n := int(r.next.Add(1)) - 1
	for n < len(r.objects) && r.objects[n].size == 0 {
		if err := r.checkEmpty(r.objects[n]); err != nil {
			return false, r.fail(err)
		}
		n = int(r.next.Add(1)) - 1
	}
	if n >= len(r.objects) {
		return false, nil
	}
	if t.reader == nil {
		var err error
		if t.reader, err = serde.New(r.table, r.project, r.options); err != nil {
			return false, r.fail(err)
		}
	}
	o := r.objects[n]
	if r.note != nil {
		r.note(o.key)
	}
	body, err := r.open(r.ctx, o)
	if err != nil {
		return false, r.fail(err)
	}
	t.body, t.at = body, n
	t.reader.Open(o.key, body)
	return true, nil
}

// checkEmpty holds an object that was listed without a byte to its manifest.
func (r *scanRun) checkEmpty(o object) error {
	body, err := r.open(r.ctx, o)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, body)
	return errors.Join(err, body.Close())
}

func (r *scanRun) done(t *scanThread) {
	t.body.Close()
	t.body = nil
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read[t.at] = t.reader.Stats()
}

// write fills the vectors of a chunk.
func (r *scanRun) write(t *scanThread, chunk duck.DataChunk, batch *serde.Batch) {
	for i, vector := range r.vector {
		fillColumn(duck.DataChunkGetVector(chunk, duck.IdxT(vector)), &batch.Columns[i], batch.Rows)
	}
	o := &r.objects[t.at]
	for i, c := range r.asked {
		if c < 0 || r.columns[c].data >= 0 {
			continue
		}
		vec := duck.DataChunkGetVector(chunk, duck.IdxT(i))
		switch c := r.columns[c]; {
		case c.part >= 0:
			fillConstant(vec, o.values[c.part], batch.Rows)
		case c.hidden:
			fillConstant(vec, o.hidden(c.name), batch.Rows)
		default:
			fillConstant(vec, o.id, batch.Rows)
		}
	}
	duck.DataChunkSetSize(chunk, duck.IdxT(batch.Rows))
}

// scanTable hands scans to the table function by number.
type scanTable struct {
	mu    sync.Mutex
	last  int64
	scans map[int64]*scan
}

func (t *scanTable) add(s *scan) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.read = make([]serde.Stats, len(s.objects))
	t.last++
	t.scans[t.last] = s
	return t.last
}

func (t *scanTable) drop(id int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.scans, id)
}

func (t *scanTable) find(id int64) (*scan, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.scans[id]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("there is no scan %d", id)
}
