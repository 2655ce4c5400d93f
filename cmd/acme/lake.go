package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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
	st, err := p.openStore(p.lakeURI())
	if err != nil {
		return nil, openError("open the lake", err)
	}
	if isBucket(p.lakeURI()) {
		return st, nil
	}
	if info, err := os.Stat(strings.TrimPrefix(p.lakeURI(), "file://")); err == nil && !info.IsDir() {
		return nil, usagef("open the lake %s: it is no folder", p.lakeName())
	}
	return st, nil
}

// openFilledLake opens a lake that is to be looked at. One with nothing at all in
// it is more likely a typing error than a lake that is in order.
func (p *program) openFilledLake(ctx context.Context) (store.Store, error) {
	st, err := p.openLake()
	if err != nil {
		return nil, err
	}
	filled, err := lakeIsFilled(ctx, st)
	if err == nil && !filled {
		err = p.nothingThere()
	}
	return st, err
}

// lakeIsFilled says whether there is an object in the lake, of whatever kind.
func lakeIsFilled(ctx context.Context, st store.Store) (bool, error) { return holds(ctx, st, "") }

// holds says whether there is an object under one of the prefixes.
func holds(ctx context.Context, st store.Store, prefixes ...string) (bool, error) {
	for _, prefix := range prefixes {
		for _, err := range st.List(ctx, prefix) {
			if err != nil {
				return false, fmt.Errorf("look into the lake: %w", err)
			}
			return true, nil
		}
	}
	return false, nil
}

// nothingThere is the error of a lake without an object.
func (p *program) nothingThere() error {
	return withHint(exitUsage, p.howToFill(), fmt.Errorf("open the lake %s: there is nothing in it", p.lakeName()))
}

func (p *program) howToFill() string {
	if p.global.lake != "" {
		return "acme generate --lake " + p.lakeName() + " fills it"
	}
	return "acme generate fills it"
}

// lakeIsEmpty says whether no table of the lake has an object: nothing at all lies
// there, or only the books of a run that published nothing.
func lakeIsEmpty(ctx context.Context, st store.Store) (bool, error) {
	var prefixes []string
	for _, t := range schema.Tables() {
		prefixes = append(prefixes, t.Prefix)
	}
	filled, err := holds(ctx, st, prefixes...)
	return err == nil && !filled, err
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
		return false, p.nothingThere()
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
			bar = p.newProgress("generate "+defaultScenario, "events", func() int64 { return total })
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
	return reportFacts(t, parts), nil
}

// reportFacts gives a table's partitions as the report knows them: one for each
// hour, ascending, and apart from them what lies in no partition.
func reportFacts(t schema.Table, parts []lake.PartitionFacts) report.LakeFacts {
	facts := report.LakeFacts{Known: true, Manifest: len(parts) > 0}
	hours := map[[4]int]report.PartitionFacts{}
	for _, f := range parts {
		hour, ok := hourOf(t, f.Partition)
		if !ok {
			facts.Outside += f.Objects
			continue
		}
		sum := hours[hour] // two folders may be one hour: hour=5 and hour=05
		sum.Year, sum.Month, sum.Day, sum.Hour = hour[0], hour[1], hour[2], hour[3]
		sum.Objects += f.Objects
		sum.Bytes += f.Bytes
		sum.Records += f.Records
		sum.Rows += f.Rows
		sum.Unseen += f.Unseen
		sum.Malformed += f.Malformed
		sum.Damaged += int64(len(f.Damaged))
		hours[hour] = sum
		facts.Manifest = facts.Manifest && f.FromManifest
	}
	for _, hour := range slices.SortedFunc(maps.Keys(hours), func(a, b [4]int) int { return slices.Compare(a[:], b[:]) }) {
		facts.Partitions = append(facts.Partitions, hours[hour])
	}
	return facts
}

// hourOf reads year, month, day and hour from a partition's folder. A folder that
// does not name the table's columns in their order is no partition to Athena.
func hourOf(t schema.Table, p lake.Partition) (hour [4]int, ok bool) {
	n, ok := p.Numbers(t)
	if !ok || len(n) != len(hour) {
		return hour, false // acme inspect names it
	}
	return [4]int(n), true
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
