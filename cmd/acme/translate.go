package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query/duckdb"
	"acme/telemetry/engine/tables"
)

func (p *program) newTranslateCmd() *cobra.Command {
	var file string
	var check bool
	sql := &sqlFlags{}
	cmd := &cobra.Command{
		Use:   "translate [SQL | -]",
		Short: "Show the DuckDB SQL that Athena SQL becomes, or Athena's error; run nothing",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := sql.check(); err != nil {
				return err
			}
			text, err := p.readStatement(file, args)
			if err != nil {
				return err
			}
			p.sql = text
			plan, err := p.understand(cmd.Context(), text, sql)
			if err != nil || check {
				return err
			}
			if plan.Effect {
				p.note("acme: %s changes tables; acme query runs it", plan.What)
			}
			if plan.Rows == nil {
				return nil
			}
			_, err = fmt.Fprintln(p.stdout, plan.Rows.SQL)
			return err
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "read the statement from a file")
	sql.add(cmd.Flags())
	cmd.Flags().BoolVar(&check, "check", false, "only say whether Athena would accept it")
	return cmd
}

// understand says what a statement means over the lake's catalog, with Athena's error
// as a *query.Error.
func (p *program) understand(ctx context.Context, text string, o *sqlFlags) (*dialect.Plan, error) {
	base, err := p.catalog(o)
	if err != nil {
		return nil, err
	}
	st, err := p.openToAsk()
	if err != nil {
		return nil, err
	}
	now, err := tables.NewCatalog(st, base).Now(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := dialect.Understand(text, o.options(now))
	var e *dialect.Error
	if errors.As(err, &e) {
		return nil, duckdb.QueryError(e)
	}
	return plan, err
}
