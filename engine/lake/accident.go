package lake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"acme/telemetry/engine/store"
)

// Accident is an hour as the deployment wrote it on 2025-08-11: one object a
// head, each a head followed by other records. Without a delimiter Athena sees
// of each object the head alone; with one it sees all of them.
type Accident struct {
	Heads     [][]byte // records that objects begin with
	Records   int      // of all objects together, heads included
	Delimiter Delimiter
	// Next gives the record that is the nth of those that are no head, n from 0;
	// copies of the heads under other identifiers where nil.
	Next func(n int) []byte
	// Arrival is when the hour's first object was opened, in milliseconds; the
	// objects follow each other by 90 seconds. 2025-08-11 17:00 UTC where zero.
	Arrival int64
}

// accidentStart is 2025-08-11T17:00:00Z.
const accidentStart = 1754931600000

// Write makes the objects, as a bucket has them: with the deployment's names and
// without a manifest.
func (a Accident) Write(ctx context.Context, st store.Store) error {
	if len(a.Heads) == 0 || a.Records < len(a.Heads) {
		return fmt.Errorf("writing an hour: %d records do not make %d objects", a.Records, len(a.Heads))
	}
	set(&a.Arrival, accidentStart)
	if a.Next == nil {
		a.Next = variants(a.Heads)
	}
	l := DefaultLayout()
	names, _, err := l.names()
	if err != nil {
		return err
	}
	pool, err := newCompressors(1, l.Level, 3)
	if err != nil {
		return err
	}
	defer pool.stop()
	n, objects, others := 0, len(a.Heads), a.Records-len(a.Heads)
	for i, head := range a.Heads {
		at := a.Arrival + int64(i)*90_000
		id := objectID(l.Stream, "accident", "json", 0, i)
		s := pool.newStream(form{delimited: a.Delimiter == Newline})
		published := make(chan error, 1)
		go func() {
			_, err := s.publish(ctx, st, names.Prefix(at, "")+names.Object(at, id, l.Extension))
			published <- err
		}()
		until := others * (i + 1) / objects
		if err := a.fill(ctx, s, head, n, until); err != nil {
			return err
		}
		n = until
		if err := <-published; err != nil {
			return err
		}
	}
	return nil
}

// fill sends a head and the records from n until another on their way.
func (a Accident) fill(ctx context.Context, s *stream, head []byte, n, until int) error {
	behind := []byte(nil)
	if a.Delimiter == Newline {
		behind = []byte{'\n'}
	}
	err := s.add(ctx, head, behind)
	for ; n < until && err == nil; n++ {
		err = s.add(ctx, a.Next(n), behind)
	}
	if err != nil {
		close(s.queue)
		return err
	}
	return s.finish(ctx)
}

// variants gives records like the heads under other identifiers.
func variants(heads [][]byte) func(n int) []byte {
	var buf []byte
	return func(n int) []byte {
		buf = append(buf[:0], heads[n%len(heads)]...)
		sum := sha256.Sum256(fmt.Append(nil, n))
		digits := hex.EncodeToString(sum[:])
		for _, prefix := range []string{`"EVENT_`, `"CUST_`, `"SESSION_`, `"DEVICE_`} {
			_, after, found := bytes.Cut(buf, []byte(prefix))
			if end := bytes.IndexByte(after, '"'); found && end > 0 {
				copy(after[:end], digits)
			}
		}
		return buf
	}
}
