package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/store"
)

// repairOptions is what `acme repair` needs.
type repairOptions struct {
	into      string
	unchecked bool
	asJSON    bool
	all       bool
}

func (p *program) newRepairCmd() *cobra.Command {
	o := &repairOptions{}
	cmd := &cobra.Command{
		Use:   "repair --into URI",
		Short: "Write the JSON objects anew into another lake, every record on a line of its own",
		Long: `repair reads every record of the JSON table's objects, whatever inspect finds wrong
with them, and writes sound objects into another lake: gzip that is named so, a
record a line, every key once. Nothing is changed in place. Sound objects are
copied as they are.

What cannot be recovered is named with object, line and reason, and filed under
errors/processing-failed/ of the new lake: exit 5. Of an object that was cut short
the records before the cut are kept; of one whose checksum is wrong none is, unless
--unchecked.`,
		Example: `  acme inspect --lake bucket
  acme repair --lake bucket --into sound && acme migrate --lake sound`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.runRepair(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.into, "into", "", "the lake that gets the objects: a folder, file:// or s3://")
	f.BoolVar(&o.unchecked, "unchecked", false, "keep what can be read of objects whose checksum is wrong")
	f.BoolVar(&o.asJSON, "json", false, "as JSON")
	f.BoolVar(&o.all, "all", false, "print everything that is lost, not the first few of each kind")
	return cmd
}

func (p *program) runRepair(ctx context.Context, o *repairOptions) error {
	if o.into == "" {
		return usagef("repair: name the lake that gets the objects: --into URI")
	}
	from, err := p.openFilledLake(ctx)
	if err != nil {
		return err
	}
	into, err := p.openStore(o.into)
	if errors.Is(err, store.ErrURI) {
		return usagef("open the lake %s: %w", o.into, err)
	}
	if err != nil {
		return fmt.Errorf("open the lake %s: %w", o.into, err)
	}
	if from.URI() == into.URI() {
		return usagef("--into %s: is the lake itself; nothing is repaired in place", o.into)
	}
	total := int64(0)
	bar := p.newProgress("repair", "objects", func() int64 { return total })
	r, err := lake.Repair(ctx, from, into, lake.RepairOptions{Unchecked: o.unchecked, Progress: func(done, of int64) {
		total = of
		bar.at(done)
	}})
	if err != nil {
		bar.finish(0, "failed")
		return err
	}
	bar.finish(r.Objects, "done")
	if o.asJSON {
		err = json.NewEncoder(p.stdout).Encode(r)
	} else {
		p.sayRepaired(r, o.all)
	}
	if err == nil && len(r.Lost) > 0 {
		err = silentExit{exitGate}
	}
	return err
}

func (p *program) sayRepaired(r *lake.Repaired, all bool) {
	for _, m := range r.Mended {
		fmt.Fprintf(p.stdout, "mended %s: %d records, %d of them new to Athena", query.Printable(m.From), m.Records, m.New)
		if m.Twice > 0 {
			fmt.Fprintf(p.stdout, ", %d keys that stood twice", m.Twice)
		}
		if m.Moved {
			fmt.Fprintf(p.stdout, ", now %s", query.Printable(m.Key))
		}
		fmt.Fprintln(p.stdout)
	}
	p.sayFindings("lost", r.Lost, all)
	fmt.Fprintf(p.stdout, "%d objects: %d sound, %d mended, %d records of which Athena had not seen %d; %d losses\n",
		r.Objects, r.Sound, len(r.Mended), r.Records, r.New, len(r.Lost))
}
