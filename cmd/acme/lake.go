package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/report"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// defaultScenario is what a new lake is filled with.
const defaultScenario = "seed-hour"

func cores() int { return runtime.GOMAXPROCS(0) }

// lakeURI gives the lake's URI, from the flag, the environment, or the default.
func (p *program) lakeURI() string {
	if p.global.lake != "" {
		return p.global.lake
	}
	return filepath.Join(p.userFolder("XDG_DATA_HOME", filepath.Join(".local", "share")), "acme-lake")
}

// lakeName gives the lake as a person would write it.
func (p *program) lakeName() string {
	uri := p.lakeURI()
	if home := p.env["HOME"]; home != "" && strings.HasPrefix(uri, home+string(os.PathSeparator)) {
		return "~" + uri[len(home):]
	}
	return uri
}

// openLake opens the lake's store. A folder that is not there is an empty lake.
func (p *program) openLake() (store.Store, error) {
	st, err := store.Open(p.lakeURI())
	if errors.Is(err, store.ErrURI) {
		return nil, usagef("open the lake: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("open the lake: %w", err)
	}
	return st, nil
}

// lakeIsEmpty says whether nothing at all lies in the lake, or only a run that
// never finished into it.
func lakeIsEmpty(ctx context.Context, st store.Store) (bool, error) {
	for _, t := range schema.Tables() {
		for _, err := range st.List(ctx, t.Prefix) {
			if err != nil {
				return false, fmt.Errorf("look into the lake: %w", err)
			}
			return false, nil
		}
	}
	return true, nil
}

// needsDefaultLake says whether the default lake is to be made, or its making to
// be finished. A lake that was named and is empty is more likely a typing error:
// that is an error here.
func (p *program) needsDefaultLake(ctx context.Context, st store.Store) (bool, error) {
	empty, err := lakeIsEmpty(ctx, st)
	switch {
	case err != nil:
		return false, err
	case p.global.lake != "" && empty:
		return false, withHint(exitUsage, "acme generate --lake "+p.lakeName()+" fills it",
			fmt.Errorf("open the lake %s: there is nothing in it", p.lakeName()))
	case p.global.lake != "" || empty:
		return empty, nil
	}
	g, err := p.defaultGeneration()
	if err != nil {
		return false, err
	}
	state, err := lake.Look(ctx, g.config(st))
	var conflict *lake.ConflictError
	if errors.As(err, &conflict) {
		return false, nil // somebody's own runs: leave them alone
	}
	return state == lake.Interrupted, err
}

// requireLake makes the default lake if it is not there, with a progress bar.
func (p *program) requireLake(ctx context.Context, st store.Store) error {
	needed, err := p.needsDefaultLake(ctx, st)
	if err != nil || !needed {
		return err
	}
	p.note("acme: no lake yet: generating %s into %s", defaultScenario, p.lakeName())
	var bar *progress
	done := int64(0)
	err = p.makeDefaultLake(ctx, st, func(events, total int64) {
		if bar == nil {
			bar = p.newProgress("generate "+defaultScenario, "events", total)
		}
		done = events
		bar.at(events)
	})
	if bar != nil {
		bar.finish(done, "done")
	}
	return err
}

func (p *program) defaultGeneration() (*generation, error) {
	return p.planGeneration(&generateOptions{scenario: defaultScenario, shard: "1/1", format: "json", partitionBy: "arrival"})
}

// makeDefaultLake generates the default scenario into an empty lake.
func (p *program) makeDefaultLake(ctx context.Context, st store.Store, tell func(events, total int64)) error {
	g, err := p.defaultGeneration()
	if err != nil {
		return err
	}
	total := expectedEvents(g)
	_, err = g.into(ctx, st, func(events int64) { tell(events, total) })
	return err
}

// lakeFacts counts what the objects of a table hold, for the report.
func (p *program) lakeFacts(ctx context.Context, st store.Store, table string, span timeRange) (report.LakeFacts, error) {
	t, ok := tableNamed(table)
	if !ok {
		return report.LakeFacts{}, nil
	}
	parts, err := lake.Facts(ctx, st, t)
	if err != nil {
		return report.LakeFacts{}, err
	}
	facts := report.LakeFacts{Known: true, Manifest: len(parts) > 0}
	for _, f := range parts {
		row := report.PartitionFacts{
			Objects: f.Objects, Bytes: f.Bytes, Records: f.Records, Rows: f.Rows,
			Unseen: f.Unseen, Malformed: f.Malformed, Damaged: int64(len(f.Damaged)),
		}
		for _, v := range f.Partition.Values {
			n, err := strconv.Atoi(v.Value)
			if err != nil {
				continue // not a folder of this table; acme inspect names it
			}
			switch v.Name {
			case "year":
				row.Year = n
			case "month":
				row.Month = n
			case "day":
				row.Day = n
			case "hour":
				row.Hour = n
			}
		}
		facts.Manifest = facts.Manifest && f.FromManifest
		facts.Partitions = append(facts.Partitions, row)
	}
	return facts, nil
}

// tableNamed gives a table of the catalog by its name, with or without database.
func tableNamed(name string) (schema.Table, bool) {
	if name == "" {
		return schema.Events(), true
	}
	for _, t := range schema.Tables() {
		if name == t.Name || name == t.Database+"."+t.Name {
			return t, true
		}
	}
	return schema.Table{}, false
}
