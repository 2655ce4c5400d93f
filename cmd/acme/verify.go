package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/query"
)

// verifyOptions is what `acme verify` needs.
type verifyOptions struct {
	sample string
	prefix string
	asJSON bool
}

func (p *program) newVerifyCmd() *cobra.Command {
	o := &verifyOptions{}
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Hold every object against its manifest: presence, size, SHA-256, rows",
		Long: `verify reads every object of the lake, unpacks it to its last checksum, and holds
it against its manifest. Damage is exit 5, a run that was cut short exit 6. A lake
without manifests, as a real bucket is, has its objects unpacked and is told that
nothing vouches for them.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.runVerify(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.sample, "sample", "", "read group n of t only, as 1/10; presence and size are checked of all")
	cmd.Flags().StringVar(&o.prefix, "prefix", "", "only objects whose keys begin with this")
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "as JSON")
	return cmd
}

func (p *program) runVerify(ctx context.Context, o *verifyOptions) error {
	opt := lake.VerifyOptions{Prefix: o.prefix}
	if o.sample != "" {
		n, t, ok := strings.Cut(o.sample, "/")
		var err1, err2 error
		opt.Sample, err1 = strconv.Atoi(n)
		opt.Of, err2 = strconv.Atoi(t)
		if !ok || err1 != nil || err2 != nil || opt.Sample < 1 || opt.Sample > opt.Of {
			return usagef("--sample %s: write group/groups, as 1/10", o.sample)
		}
	}
	st, err := p.openFilledLake(ctx)
	if err != nil {
		return err
	}
	bar := p.newProgress("verify", "objects", nil)
	opt.Progress = func(done, _ int64) { bar.at(done) }
	v, err := lake.Verify(ctx, st, opt)
	if err != nil {
		bar.finish(0, "failed")
		return err
	}
	bar.finish(v.Checked, "done")
	if o.asJSON {
		if err := json.NewEncoder(p.stdout).Encode(v); err != nil {
			return err
		}
	} else {
		p.sayVerified(v)
	}
	switch {
	case len(v.Damaged) > 0:
		return silentExit{exitGate}
	case len(v.Unfinished) > 0:
		return silentExit{exitPartial}
	}
	return nil
}

func (p *program) sayVerified(v *lake.Verification) {
	for _, d := range v.Damaged {
		fmt.Fprintf(p.stdout, "damaged: %s: %s\n", query.Printable(d.Key), query.Printable(d.Reason))
	}
	for _, u := range v.Unfinished {
		fmt.Fprintf(p.stdout, "unfinished run: %s (run its generate again)\n", query.Printable(u))
	}
	for _, table := range slices.Sorted(maps.Keys(v.Addresses)) {
		fmt.Fprintf(p.stdout, "addresses in %s are by %s: not what the producer wrote, and not held against it\n", table, v.Addresses[table])
	}
	if v.Unlisted > 0 {
		fmt.Fprintf(p.stdout, "no manifest: %d of %d objects; they unpack, and nothing says what they should hold\n", v.Unlisted, v.Objects)
	}
	fmt.Fprintf(p.stdout, "checked %d of %d objects, %d rows, %.2f MB: %d damaged\n",
		v.Checked, v.Objects, v.Rows, float64(v.Bytes)/1e6, len(v.Damaged))
}
