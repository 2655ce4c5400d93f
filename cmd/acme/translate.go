package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query/duckdb"
)

func (p *program) newTranslateCmd() *cobra.Command {
	var file, ddl string
	var check bool
	cmd := &cobra.Command{
		Use:   "translate [SQL | -]",
		Short: "Show the DuckDB SQL that Athena SQL becomes, or Athena's error; run nothing",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			sql, err := p.readStatement(file, args)
			if err != nil {
				return err
			}
			p.sql = sql
			tr, err := p.translate(sql, ddl)
			if err != nil || check {
				return err
			}
			_, err = fmt.Fprintln(p.stdout, tr.SQL)
			return err
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "read the statement from a file")
	cmd.Flags().StringVar(&ddl, "ddl", "", "take the tables from a file of Hive DDL instead of the lake's own")
	cmd.Flags().BoolVar(&check, "check", false, "only say whether Athena would accept it")
	return cmd
}

// translate gives the DuckDB form of sql, with Athena's error as a *query.Error.
func (p *program) translate(sql, ddl string) (*dialect.Translation, error) {
	catalog, err := p.catalog(ddl)
	if err != nil {
		return nil, err
	}
	tr, err := dialect.Translate(sql, dialect.Options{Database: defaultDatabase, Catalog: catalog})
	var e *dialect.Error
	if errors.As(err, &e) {
		return nil, duckdb.QueryError(e)
	}
	return tr, err
}
