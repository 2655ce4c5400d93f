package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/store"
)

// gcOptions is what `acme gc` needs.
type gcOptions struct {
	age    time.Duration
	dryRun bool
}

func (p *program) newGCCmd() *cobra.Command {
	o := &gcOptions{}
	cmd := &cobra.Command{
		Use:   "gc",
		Short: "Drop what killed writers left unfinished: parts of objects that never came",
		Long: `gc finds what no listing shows and nobody will finish: in a bucket the parts of
uploads that were never completed, which cost as much as objects, in a folder the
temporary files of processes that are gone. It touches no object. A writer that still
runs may need what is younger than --older-than.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runGC(cmd.Context(), o) },
	}
	cmd.Flags().DurationVar(&o.age, "older-than", 24*time.Hour, "leave what was begun within this time")
	cmd.Flags().BoolVarP(&o.dryRun, "dry-run", "n", false, "say what would be dropped, and drop nothing")
	return cmd
}

func (p *program) runGC(ctx context.Context, o *gcOptions) error {
	if o.age < 0 {
		return usagef("--older-than %s: must not be negative", o.age)
	}
	st, err := p.openLake()
	if err != nil {
		return err
	}
	s, ok := st.(store.Sweeper)
	if !ok {
		return usagef("gc %s: nothing is left behind in such a lake", p.lakeName())
	}
	before := p.now().Add(-o.age)
	if o.age == 0 {
		before = before.Add(time.Hour) // the server's clock may be ahead of ours
	}
	found, err := s.Unfinished(ctx, before)
	if err != nil {
		return err
	}
	verb := "dropped"
	if o.dryRun {
		verb = "would drop"
	}
	var failures []error
	dropped := 0
	for _, u := range found {
		if !o.dryRun {
			if err := s.Drop(ctx, u); err != nil {
				failures = append(failures, err)
				continue
			}
		}
		dropped++
		p.detail("acme: %s %s, begun %s", verb, u.Key, u.Begun.UTC().Format(time.RFC3339))
	}
	if _, err := fmt.Fprintf(p.stdout, "%s %d unfinished objects in %s\n", verb, dropped, query.Printable(p.lakeName())); err != nil {
		return err
	}
	return errors.Join(failures...)
}
