package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/store"
)

// eraseOptions is what `acme erase` needs.
type eraseOptions struct {
	customers []string
	from      string
	resume    bool
	dryRun    bool
	workers   int
}

func (p *program) newEraseCmd() *cobra.Command {
	o := &eraseOptions{}
	cmd := &cobra.Command{
		Use:   "erase",
		Short: "Erase customers from the lake, for good, with a receipt",
		Long: `erase takes every record that names a customer out of the lake: events in JSON and
Parquet, the row in customers, error records (their base64 too), truth labels, and
tables that SQL has made. An object that names somebody is written anew under another
name, read back, and held against the old one: no other record is lost. Then the old
one is deleted, with every version that the bucket keeps of it.

Who was erased goes on the lake's suppression list first, by a token. From then on
generate, backfill, export, migrate and sync leave their records out: publishing or
exporting the same records again does not bring them back.

It can be killed and run again, and run twice at once; --resume finishes what was
begun, and takes out what writers that ran meanwhile have put. The receipt is JSON on
stdout and names nobody. It deletes for good, so it asks for --yes; -n says what would go.

Not reached: the topic, until its retention is over; other copies of the lake (erase
there too); caches of other machines; what SQL results and reports were kept.`,
		Example: `  acme erase --customer CUST_0a1b2c3d -n
  acme erase --customers-from ids.txt --yes > receipt.json
  acme erase --resume --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runErase(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.customers, "customer", nil, "customer_id of who is to be erased (may be given again; other users of this machine see it)")
	f.StringVar(&o.from, "customers-from", "", "a file of identifiers, one a line; - for stdin")
	f.BoolVar(&o.resume, "resume", false, "finish what was begun, and look again for everybody on the suppression list")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "say what would be erased, and write and delete nothing")
	f.IntVar(&o.workers, "parallel", 0, "objects at once (default: one a core)")
	return cmd
}

// identifiers gives those who are to be erased.
func (o *eraseOptions) identifiers(p *program) ([]string, error) {
	ids := o.customers
	if o.from != "" {
		in := p.stdin
		if o.from != "-" {
			f, err := os.Open(o.from)
			if err != nil {
				return nil, usagef("--customers-from: %w", err)
			}
			defer f.Close()
			in = f
		}
		lines := bufio.NewScanner(in)
		for lines.Scan() {
			if id := strings.TrimSpace(lines.Text()); id != "" {
				ids = append(ids, id)
			}
		}
		if err := lines.Err(); err != nil {
			return nil, fmt.Errorf("read %s: %w", o.from, err)
		}
	}
	switch {
	case o.resume && len(ids)+len(o.from) > 0:
		return nil, usagef("--resume: finishes what was begun, of everybody on the list; name nobody with it")
	case !o.resume && len(ids) == 0:
		return nil, usagef("erase: name who is to be erased, by --customer or --customers-from; --resume finishes what was begun")
	case o.workers < 0:
		return nil, usagef("--parallel %d: must not be negative", o.workers)
	}
	return ids, nil
}

// needsYes is the error of a deletion that nobody has agreed to.
func needsYes(doing string) error {
	return withHint(exitUsage, "-n says what would go; --yes does it", fmt.Errorf("%s: deletes for good", doing))
}

func (p *program) runErase(ctx context.Context, o *eraseOptions) error {
	ids, err := o.identifiers(p)
	if err != nil {
		return err
	}
	if !o.dryRun && !p.global.yes {
		return needsYes("erase")
	}
	st, err := p.openFilledLake(ctx)
	if err != nil {
		return err
	}
	salt := make([]byte, lake.KeyBytes)
	if _, err := io.ReadFull(rand.Reader, salt); err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	total := int64(0)
	bar := p.newProgress("erase", "objects", func() int64 { return total })
	opt := lake.EraseOptions{
		Customers: ids, Salt: salt, Plan: o.dryRun, Temp: p.spillFolder(), Workers: o.workers, Abandoned: p.abandoned(),
		Deleted:  p.forgetting(st),
		Progress: func(done, of int64) { total = of; bar.at(done) },
	}
	e, err := lake.Erase(ctx, st, opt)
	if err != nil {
		bar.finish(0, "failed")
		return explainEraseError(ctx, err)
	}
	bar.finish(e.Read, "done")
	if err := p.sayErased(e, o.dryRun); err != nil {
		return err
	}
	if len(e.Left) > 0 {
		return silentExit{exitPartial}
	}
	return nil
}

// abandoned gives since when what a writer of the lake has not ended is nobody's: of a
// folder it is known whether its process runs, of a bucket it is not.
func (p *program) abandoned() time.Time {
	if isBucket(p.lakeURI()) {
		return p.now().Add(-24 * time.Hour)
	}
	return p.now().Add(time.Hour)
}

// forgetting drops what this machine keeps of deleted objects of a bucket.
func (p *program) forgetting(st store.Store) func(store.Info) {
	if !isBucket(p.lakeURI()) {
		return nil
	}
	cache := store.NewCached(st, store.CacheConfig{Folder: p.cacheFolder(), Now: p.now})
	return func(info store.Info) {
		if err := cache.Forget(info); err != nil {
			p.note("acme: warning: %v", err)
		}
	}
}

// sayErased prints the receipt, or what would be done.
func (p *program) sayErased(e *lake.Erasure, dryRun bool) error {
	for _, d := range e.Left {
		p.note("acme: may still name somebody: %s: %s", d.Key, d.Reason)
	}
	if !dryRun {
		p.note("acme: erased %d records from %d objects of %s; read %d objects, deleted %d", e.Records, len(e.Objects), p.lakeName(), e.Read, e.Deleted)
		out := json.NewEncoder(p.stdout)
		out.SetIndent("", "  ")
		return out.Encode(e)
	}
	for _, o := range e.Objects {
		fmt.Fprintf(p.stdout, "%s: %d of %d records\n", query.Printable(o.Key), o.Erased, o.Records)
	}
	_, err := fmt.Fprintf(p.stdout, "would erase %d records from %d objects\n", e.Records, len(e.Objects))
	return err
}

// explainEraseError adds what to do next.
func explainEraseError(ctx context.Context, err error) error {
	var who *lake.CustomerError
	switch {
	case errors.As(err, &who):
		return withHint(exitUsage, "", err)
	case ctx.Err() != nil:
		return withHint(exitPartial, "what is done is done: run the same command again to go on", err)
	}
	return withHint(exitCode(err), "what is done is done: run the same command again to go on", err)
}
