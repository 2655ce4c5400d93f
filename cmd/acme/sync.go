package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
	"acme/telemetry/engine/store"
)

// syncOptions is what `acme sync` needs.
type syncOptions struct {
	from, to string
	verify   bool
	dryRun   bool
	asJSON   bool
	workers  int
}

func (p *program) newSyncCmd() *cobra.Command {
	o := &syncOptions{}
	cmd := &cobra.Command{
		Use:   "sync SRC DST",
		Short: "Copy a lake, or some hours of it, into another: a bucket to a laptop, a second region",
		Long: `sync copies the objects of SRC that DST lacks, under the same keys. Both are lakes as
--lake takes them. Nothing is ever replaced: an object that DST has with other bytes
is named, left, and exit 5. Manifests go after what they speak of. A run that was cut
short goes on when it is started again. --verify reads every object on both sides.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.runSync(cmd.Context(), o, args[0], args[1])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "only hours from this time on, UTC: 2025-08-11 or 2025-08-11T17:00")
	f.StringVar(&o.to, "to", "", "only hours before this time")
	f.BoolVar(&o.verify, "verify", false, "compare size and SHA-256 of every object on both sides")
	f.IntVar(&o.workers, "parallel", 8, "objects copied at once")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "say what would be copied, and copy nothing")
	f.BoolVar(&o.asJSON, "json", false, "as JSON")
	return cmd
}

func (p *program) runSync(ctx context.Context, o *syncOptions, from, to string) error {
	span, err := parseRange(o.from, o.to)
	if err != nil {
		return err
	}
	if o.workers < 1 {
		return usagef("--parallel %d: must be at least 1", o.workers)
	}
	src, err := p.openStore(from)
	if err != nil {
		return openError("open "+from, err)
	}
	dst, err := p.openStore(to)
	if err != nil {
		return openError("open "+to, err)
	}
	if inside(src.URI(), dst.URI()) || inside(dst.URI(), src.URI()) {
		return usagef("sync %s %s: one lies in the other", from, to)
	}
	if filled, err := lakeIsFilled(ctx, src); err != nil {
		return err
	} else if !filled {
		return usagef("sync %s: there is nothing in it", from)
	}
	bar := p.newProgress("sync", "objects", nil)
	done, err := lake.Sync(ctx, src, dst, lake.SyncOptions{
		From: span.from, To: span.to, Verify: o.verify, Plan: o.dryRun, Workers: o.workers,
		Progress: func(objects, _ int64) { bar.at(objects) },
	})
	if err != nil {
		bar.finish(0, "failed")
		if done != nil && exitCode(err) != exitUsage {
			p.note("acme: %d objects were copied; the same command goes on", done.Copied)
		}
		return err
	}
	bar.finish(done.Copied+done.Compared, "done")
	return p.saySynced(done, o, dst)
}

// inside says whether a lake's URI lies in another's, or is it.
func inside(uri, in string) bool { return uri == in || strings.HasPrefix(uri, in+"/") }

func (p *program) saySynced(s *lake.Synced, o *syncOptions, dst store.Store) error {
	if o.asJSON {
		if err := json.NewEncoder(p.stdout).Encode(s); err != nil {
			return err
		}
	} else {
		for _, d := range s.Differ {
			fmt.Fprintf(p.stdout, "differs: %s: %s\n", query.Printable(d.Key), query.Printable(d.Reason))
		}
		verb := "copied"
		if o.dryRun {
			verb = "would copy"
		}
		compared := ""
		if o.verify && !o.dryRun {
			compared = fmt.Sprintf("; %d compared", s.Compared)
		}
		fmt.Fprintf(p.stdout, "%s %d of %d objects, %.2f of %.2f MB, to %s; %d were there%s; %d differ\n",
			verb, s.Copied, s.Objects, float64(s.Moved)/1e6, float64(s.Bytes)/1e6, query.Printable(dst.URI()), s.Present, compared, len(s.Differ))
		if o.dryRun && isBucket(dst.URI()) {
			prices := report.DefaultPrices()
			fmt.Fprintf(p.stdout, "on S3: $%.4f to put, $%.4f a month to keep (prices of %s)\n", prices.Put(s.Copied), prices.Keep(s.Moved), prices.AsOf)
		}
	}
	if len(s.Differ) > 0 {
		return silentExit{exitGate}
	}
	return nil
}
