package lake

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// Partition is a folder of a table with the objects in it.
type Partition struct {
	Folder string // from the lake's root, with a slash at its end
	// Values are the NAME=VALUE parts of the folder below the table's prefix, in
	// their order; a part of another form has an empty name.
	Values  []Value
	Objects []store.Info // that Athena reads, in the order of their keys
	Hidden  []store.Info // that it passes by: _ or . begins a part of the key
}

// Value is one partition column's value as the path has it.
type Value struct{ Name, Value string }

// Bytes gives the sum of the sizes of the partition's objects.
func (p *Partition) Bytes() (n int64) {
	for _, o := range p.Objects {
		n += o.Size
	}
	return n
}

// Partitions lists a table's folders by its prefix, in the order of their keys.
// A folder that holds nothing is not there.
func Partitions(ctx context.Context, st store.Store, prefix string) ([]Partition, error) {
	var out []Partition
	place := map[string]int{}
	for info, err := range st.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("listing the objects of %s: %w", prefix, err)
		}
		folder, _ := split(info.Key)
		i, ok := place[folder]
		if !ok {
			i = len(out)
			place[folder] = i
			out = append(out, Partition{Folder: folder, Values: partitionValues(folder, prefix)})
		}
		if hidden(info.Key) {
			out[i].Hidden = append(out[i].Hidden, info)
		} else {
			out[i].Objects = append(out[i].Objects, info)
		}
	}
	return out, nil
}

// Numbers gives the values of the partition's columns, as Athena reads them: below the
// table's prefix the folder names each column in its order, in any case, and each value,
// with its percent escapes undone, is an integer, with zeros before it or without. ok is
// false where it is no partition of such a table.
func (p *Partition) Numbers(t schema.Table) (n []int, ok bool) {
	if len(p.Values) != len(t.Partitions) {
		return nil, false
	}
	for i, v := range p.Values {
		number, ok := v.number()
		if !ok || !strings.EqualFold(v.Name, t.Partitions[i].Name) {
			return nil, false
		}
		n = append(n, number)
	}
	return n, true
}

// number gives the value as the integer that it is.
func (v Value) number() (int, bool) {
	text, err := url.PathUnescape(v.Value)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 32)
	return int(n), err == nil
}

func partitionValues(folder, prefix string) []Value {
	below := strings.TrimSuffix(strings.TrimPrefix(folder, prefix), "/")
	if below == "" {
		return nil
	}
	values := []Value{}
	for part := range strings.SplitSeq(below, "/") {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			name, value = "", part
		}
		values = append(values, Value{name, value})
	}
	return values
}

// inParallel calls f for each of n items, on so many goroutines, until one fails
// or ctx ends.
func inParallel(ctx context.Context, workers, n int, f func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			for i := range next {
				if err := f(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}
