package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// PartitionFacts is what a partition's objects hold.
type PartitionFacts struct {
	Partition Partition
	Objects   int64
	Bytes     int64 // as stored
	Records   int64 // in the objects, wherever they stand; rows for Parquet
	Rows      int64 // that Athena sees
	Unseen    int64 // Records behind the first of their line
	Malformed int64 // of Rows: rows of NULLs
	// Delimiter is what stands between the records of every object; empty where
	// objects differ, or hold too little to tell.
	Delimiter Delimiter
	// FromManifest says that every object's figures come from manifests.
	FromManifest bool
	// Damaged are the objects that cannot be read; their records are not counted.
	Damaged []Damage
}

// Damage is an object that is not as it should be.
type Damage struct{ Key, Reason string }

// objectFacts is one object's part of PartitionFacts.
type objectFacts struct {
	records, rows, unseen, malformed int64
	delimiter                        Delimiter
	listed                           bool
	damage                           string
}

// Facts counts what a table's partitions hold. Figures of an object come from a
// manifest if there is one that speaks of it with its present size, and from
// reading the object otherwise.
func Facts(ctx context.Context, st store.Store, t schema.Table) ([]PartitionFacts, error) {
	partitions, err := Partitions(ctx, st, t.Prefix)
	if err != nil {
		return nil, err
	}
	out := make([]PartitionFacts, len(partitions))
	m := newManifests(st)
	folders := make([]string, len(partitions))
	for i, p := range partitions {
		folders[i] = p.Folder
	}
	if err := m.prepare(ctx, folders); err != nil {
		return nil, fmt.Errorf("counting what %s holds: %w", t.Prefix, err)
	}
	readers := sync.Pool{New: func() any { return newCounterOf(t) }}
	err = inParallel(ctx, runtime.GOMAXPROCS(0), len(partitions), func(ctx context.Context, i int) error {
		out[i] = PartitionFacts{Partition: partitions[i], FromManifest: len(partitions[i].Objects) > 0}
		entries, err := m.of(ctx, partitions[i].Folder)
		if err != nil {
			return err
		}
		for j, info := range partitions[i].Objects {
			_, name := split(info.Key)
			f := factsOf(entries[name], info)
			if !f.listed {
				r := readers.Get().(*serde.Reader)
				f, err = readFacts(ctx, st, t, r, info)
				readers.Put(r)
				if err != nil {
					return err
				}
			}
			out[i].add(info, f, j == 0)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("counting what %s holds: %w", t.Prefix, err)
	}
	return out, nil
}

func (p *PartitionFacts) add(info store.Info, f objectFacts, first bool) {
	p.Objects++
	p.Bytes += info.Size
	p.Records += f.records
	p.Rows += f.rows
	p.Unseen += f.unseen
	p.Malformed += f.malformed
	p.FromManifest = p.FromManifest && f.listed
	if first {
		p.Delimiter = f.delimiter
	} else if p.Delimiter != f.delimiter {
		p.Delimiter = ""
	}
	if f.damage != "" {
		p.Damaged = append(p.Damaged, Damage{info.Key, f.damage})
	}
}

// factsOf takes an object's figures from its manifest, if it is still the
// object that the manifest speaks of.
func factsOf(e manifestEntry, info store.Info) objectFacts {
	if e.Name == "" || e.Bytes != info.Size || e.Malformed < 0 {
		return objectFacts{}
	}
	return objectFacts{
		records: e.Records, rows: e.Rows, unseen: max(0, e.Records-e.Rows), malformed: e.Malformed,
		delimiter: Delimiter(e.Delimiter), listed: true,
	}
}

// readFacts reads an object. What is wrong with its bytes is a fact; an error
// is what keeps it from being read at all.
func readFacts(ctx context.Context, st store.Store, t schema.Table, r *serde.Reader, info store.Info) (f objectFacts, err error) {
	body, _, err := st.Get(ctx, info.Key)
	if err != nil {
		if errors.Is(err, store.ErrKey) {
			return objectFacts{damage: err.Error()}, nil
		}
		return f, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	if t.Parquet {
		rows, damage, err := parquetRows(body)
		return objectFacts{records: rows, rows: rows, damage: damage}, err
	}
	stats, err := drain(r, info.Key, body)
	if err != nil {
		return objectFacts{damage: reason(err)}, ctx.Err()
	}
	f = objectFacts{records: stats.Records, rows: stats.Lines, unseen: stats.Unseen, malformed: stats.Malformed}
	switch {
	case stats.Unseen > 0:
		f.delimiter = None
	case stats.Lines > 1:
		f.delimiter = Newline
	}
	return f, nil
}

// reason is what a reading error says, without the object's name before it.
func reason(err error) string {
	var e *serde.Error
	if errors.As(err, &e) {
		if e.Line > 0 {
			return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
		}
		return e.Reason
	}
	return err.Error()
}

// maxParquet bounds the Parquet file that is read into memory.
const maxParquet = 1 << 30

// parquetRows reads a Parquet file and all its values.
func parquetRows(body io.Reader) (rows int64, damage string, err error) {
	data, err := io.ReadAll(io.LimitReader(body, maxParquet+1))
	if err != nil {
		return 0, "", err
	}
	if len(data) > maxParquet {
		return 0, fmt.Sprintf("it is larger than %d bytes and is not read", maxParquet), nil
	}
	rows, _, err = readParquet(data, 0)
	if err != nil {
		return 0, "not a whole Parquet file: " + err.Error(), nil
	}
	return rows, "", nil
}
