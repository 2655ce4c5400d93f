package lake

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"

	"acme/telemetry/engine/store"
)

// coverage is what the manifests of a lake say of the topics in it: which offsets
// are in which cut.
type coverage struct {
	cuts map[cutName]coveredCut
}

// cutName names a cut: its manifests have one name in all folders.
type cutName struct{ topic, id, name string }

type coveredCut struct {
	key    string // of the manifest that was read first
	ranges []manifestRange
}

// add takes a manifest. It says what is wrong with it, or "".
func (c *coverage) add(key string, m *Manifest) string {
	if m.Topic == "" {
		return ""
	}
	name := cutName{m.Topic, m.TopicID, path.Base(key)}
	before, ok := c.cuts[name]
	if ok && !slices.Equal(before.ranges, m.Ranges) {
		return fmt.Sprintf("it has other ranges of the topic %s than %s, which is of the same cut", m.Topic, before.key)
	}
	if !ok {
		if c.cuts == nil {
			c.cuts = map[cutName]coveredCut{}
		}
		c.cuts[name] = coveredCut{key, m.Ranges}
	}
	return ""
}

// readCoverage reads the manifests of a lake.
func readCoverage(ctx context.Context, st store.Store) (*coverage, error) {
	c := &coverage{}
	for info, err := range st.List(ctx, manifestsPrefix) {
		if err != nil {
			return nil, err
		}
		var m Manifest
		if err := getJSON(ctx, st, info.Key, &m); err != nil {
			return nil, err
		}
		if why := c.add(info.Key, &m); why != "" {
			return nil, fmt.Errorf("%s: %s", info.Key, why)
		}
	}
	return c, nil
}

// end gives the offset behind the last that is in a cut, 0 where none is.
func (c *coverage) end(topic string, id [16]byte, partition int32) (to int64) {
	for name, cut := range c.cuts {
		if name.topic != topic || name.id != hex.EncodeToString(id[:]) {
			continue
		}
		for _, r := range cut.ranges {
			if r.Partition == partition {
				to = max(to, r.To)
			}
		}
	}
	return to
}

// check says where the ranges of a partition overlap, so that records are there
// twice, or leave some out that retention had not deleted. The damage's key is that
// of the manifest whose range begins there.
func (c *coverage) check(damaged func(key, why string)) {
	type partition struct {
		topic, id string
		partition int32
	}
	type covered struct {
		manifestRange
		key string
	}
	all := map[partition][]covered{}
	for _, name := range slices.SortedFunc(maps.Keys(c.cuts), func(a, b cutName) int { return cmp.Compare(a.name, b.name) }) {
		for _, r := range c.cuts[name].ranges {
			p := partition{name.topic, name.id, r.Partition}
			all[p] = append(all[p], covered{r, c.cuts[name].key})
		}
	}
	for p, ranges := range all {
		slices.SortStableFunc(ranges, func(a, b covered) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
		end := ranges[0].To
		for _, r := range ranges[1:] {
			switch {
			case r.From < end:
				damaged(r.key, fmt.Sprintf("the offsets %d to %d of %s, partition %d, are in the objects of another cut too", r.From, min(end, r.To)-1, p.topic, p.partition))
			case r.From-r.Missing > end:
				damaged(r.key, fmt.Sprintf("the offsets %d to %d of %s, partition %d, are in no object", end, r.From-r.Missing-1, p.topic, p.partition))
			}
			end = max(end, r.To)
		}
	}
}
