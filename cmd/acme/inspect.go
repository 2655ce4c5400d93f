package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/query"
)

// inspectOptions is what `acme inspect` needs.
type inspectOptions struct {
	table  string
	asJSON bool
	all    bool
}

// findingsShown is how many findings of a kind a person is shown unless all are asked for.
const findingsShown = 5

func (p *program) newInspectCmd() *cobra.Command {
	o := &inspectOptions{}
	cmd := &cobra.Command{
		Use:   "inspect",
		Short: "Say what Athena will see in the objects, and what it will not",
		Long: `inspect reads every object of a table as Athena's SerDe does, believes no manifest,
and names what Athena passes over: records behind the first of their line,
malformed lines, rows in the wrong hour, objects that cannot be read.
Findings that lose rows or fail queries are exit 5.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.runInspect(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.table, "table", "", "table to inspect (default video_telemetry_json)")
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "as JSON")
	cmd.Flags().BoolVar(&o.all, "all", false, "print every finding, not the first few of each kind")
	return cmd
}

func (p *program) runInspect(ctx context.Context, o *inspectOptions) error {
	table, ok := tableNamed(o.table)
	if !ok {
		return usagef("--table %s: no such table", o.table)
	}
	st, err := p.openFilledLake(ctx)
	if err != nil {
		return err
	}
	bar := p.newProgress("inspect", "objects", nil)
	found, err := lake.Inspect(ctx, st, lake.InspectOptions{
		Table: table, Progress: func(done, _ int64) { bar.at(done) },
	})
	if err != nil {
		bar.finish(0, "failed")
		return err
	}
	bar.finish(found.Objects, "done")
	if o.asJSON {
		if err := json.NewEncoder(p.stdout).Encode(found); err != nil {
			return err
		}
	} else {
		p.sayInspected(found, o.all)
	}
	for _, f := range found.Findings {
		if f.Severity == lake.SeverityError {
			return silentExit{exitGate}
		}
	}
	return nil
}

func (p *program) sayInspected(found *lake.Inspection, all bool) {
	p.sayFindings("", found.Findings, all)
	fmt.Fprintf(p.stdout, "%s: Athena sees %d of %d records in %d objects, %.2f MB, %d partitions\n",
		found.Table, found.Rows, found.Records, found.Objects, float64(found.Bytes)/1e6, found.Partitions)
}

// sayFindings prints findings, the first few of each kind unless all are asked for. Where
// word is empty each begins with its severity.
func (p *program) sayFindings(word string, findings []lake.Finding, all bool) {
	shown := map[lake.FindingKind]int{}
	for _, f := range findings {
		shown[f.Kind]++
		if !all && shown[f.Kind] > findingsShown {
			continue
		}
		place := f.Key
		if f.Line > 0 {
			place = fmt.Sprintf("%s:%d", f.Key, f.Line)
		}
		begin := word
		if begin == "" {
			begin = string(f.Severity)
		}
		fmt.Fprintf(p.stdout, "%-5s  %s: %s\n", begin, query.Printable(place), query.Printable(f.Message))
	}
	for _, kind := range slices.Sorted(maps.Keys(shown)) {
		if n := shown[kind]; !all && n > findingsShown {
			fmt.Fprintf(p.stdout, "       and %d more of this kind: %s (--all shows them)\n", n-findingsShown, kind)
		}
	}
}
