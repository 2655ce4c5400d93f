package lake

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"acme/telemetry/schema"
)

// Gap is a window that a range still lacks: whole hours of one UTC day that the lake
// has nothing of, or the window of a run that began and did not finish.
type Gap struct {
	From, To int64 // ms since the epoch
	State    State // New or Interrupted
}

// Gaps is what a range of hours still lacks.
type Gaps struct {
	Windows []Gap // ascending
	There   int   // hours that runs of this source have finished
	Other   int   // hours that hold something else, and are left alone
	Over    int   // hours that retention has deleted, and that stay empty
}

const (
	hourMS = int64(time.Hour / time.Millisecond)
	dayMS  = 24 * hourMS
)

// FindGaps plans a backfill of the hours from c.Run.From to c.Run.To, whole hours both.
//
// What is there is left alone, whoever wrote it: a run of this source or of another,
// an exporter, or Firehose. What is missing is cut at the days of UTC, so that the
// windows of a plan do not depend on how much of it is done: a backfill that was
// killed goes on with the same runs, and two at once write the same objects, once.
// A run of this source that did not finish is finished, whatever its window was.
func FindGaps(ctx context.Context, c Config) (Gaps, error) {
	var g Gaps
	c = c.withDefaults()
	own, _, err := claimOf(c)
	if err != nil {
		return g, err
	}
	if own.from%hourMS != 0 || own.to%hourMS != 0 {
		return g, fmt.Errorf("planning a backfill of %s to %s: a backfill is of whole hours", stamp(own.from), stamp(own.to))
	}
	taken, err := takenHours(ctx, c, own, &g)
	if err != nil {
		return g, err
	}
	for from := own.from; from < own.to; {
		to := from
		for to < own.to && !taken[to] && (to == from || to%dayMS != 0) {
			to += hourMS
		}
		if to == from {
			from += hourMS
			continue
		}
		g.Windows = append(g.Windows, Gap{from, to, New})
		from = to
	}
	slices.SortFunc(g.Windows, func(a, b Gap) int { return cmp.Compare(a.From, b.From) })
	return g, nil
}

// takenHours gives the hours of own's range that are somebody's, and books them.
func takenHours(ctx context.Context, c Config, own claim, g *Gaps) (map[int64]bool, error) {
	log, err := readLog(ctx, c.Store)
	if err != nil {
		return nil, err
	}
	done := map[string]bool{}
	for info, err := range c.Store.List(ctx, donePrefix) {
		if err != nil {
			return nil, fmt.Errorf("looking for finished runs: %w", err)
		}
		done[info.Key] = true
	}
	taken := map[int64]bool{}
	take := func(from, to int64, count *int) {
		for h := max(from, own.from); h < min(to, own.to); h += hourMS {
			if !taken[h] && count != nil {
				*count++
			}
			taken[h] = true
		}
	}
	for _, r := range log.runs {
		from, to := r.claim.hours()
		if to <= own.from || from >= own.to {
			continue
		}
		switch same := r.claim.source == own.source && r.claim.shards == own.shards; {
		case !same:
			take(from, to, &g.Other)
		case r.claim.shard != own.shard: // another part of the same hours: no matter
		case done[r.claim.doneKey()]:
			take(r.claim.from/hourMS*hourMS, (r.claim.to+hourMS-1)/hourMS*hourMS, &g.There)
		default:
			take(r.claim.from/hourMS*hourMS, (r.claim.to+hourMS-1)/hourMS*hourMS, nil)
			g.Windows = append(g.Windows, Gap{r.claim.from, r.claim.to, Interrupted})
		}
	}
	if err := takeExpired(ctx, c, own, taken, g); err != nil {
		return nil, err
	}
	folders, err := objectHours(ctx, c)
	if err != nil {
		return nil, err
	}
	for h := own.from; h < own.to; h += hourMS {
		if !taken[h] && folders[h] {
			g.Other++
			taken[h] = true
		}
	}
	return taken, nil
}

// takeExpired takes the hours that retention has deleted whole, of every table that the
// layout writes.
func takeExpired(ctx context.Context, c Config, own claim, taken map[int64]bool, g *Gaps) error {
	tables, err := c.Layout.tables()
	if err != nil {
		return err
	}
	expired, err := expiredFolders(ctx, c.Store)
	if err != nil {
		return err
	}
	for h := own.from; h < own.to; h += hourMS {
		if _, over := expiredOf(tables, expired, h, h+hourMS); over > 0 && !taken[h] {
			g.Over++
			taken[h] = true
		}
	}
	return nil
}

// objectHours gives the hours whose folders hold objects, of the tables that the
// layout writes.
func objectHours(ctx context.Context, c Config) (map[int64]bool, error) {
	tables, err := c.Layout.tables()
	if err != nil {
		return nil, err
	}
	out := map[int64]bool{}
	for _, n := range tables {
		root, _, ok := strings.Cut(n.Prefix(c.Run.From, ""), "year=")
		if !ok { // a prefix of the user's own: ask hour by hour
			if err := askHours(ctx, c, n, out); err != nil {
				return nil, err
			}
			continue
		}
		parts, err := Partitions(ctx, c.Store, root)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			if h, ok := p.hour(); ok && len(p.Objects) > 0 {
				out[h] = true
			}
		}
	}
	return out, nil
}

// askHours lists the folder of each hour of the run.
func askHours(ctx context.Context, c Config, n *Names, out map[int64]bool) error {
	for h := c.Run.From; h < c.Run.To; h += hourMS {
		folder := n.folder(h)
		for info, err := range c.Store.List(ctx, strings.TrimPrefix(folder, "./")) {
			if err != nil {
				return fmt.Errorf("looking whether %s is free: %w", folder, err)
			}
			if !hidden(info.Key) {
				out[h] = true
				break
			}
		}
	}
	return nil
}

// hour gives the hour that the partition's folder names, in ms.
func (p *Partition) hour() (int64, bool) {
	n, ok := p.Numbers(schema.Events())
	if !ok {
		return 0, false
	}
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], 0, 0, 0, time.UTC).UnixMilli(), true
}
