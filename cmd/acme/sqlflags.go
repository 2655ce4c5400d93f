package main

import (
	"github.com/spf13/pflag"

	"acme/telemetry/engine/dialect"
)

// The Trino releases that the dialect knows.
const (
	oldestLevel = 401
	newestLevel = 483
)

// sqlFlags say how statements are read, for every verb that takes some.
type sqlFlags struct {
	ddl      string
	database string
	level    int
	decimals string
	unnested string
	params   []string
}

// add gives a verb the flags.
func (o *sqlFlags) add(f *pflag.FlagSet) {
	f.StringVar(&o.ddl, "ddl", "", "take the tables from a file of Hive DDL instead of the lake's own")
	f.StringVar(&o.database, "database", defaultDatabase, "the database of names without one")
	f.IntVar(&o.level, "trino-level", oldestLevel, "answer as this Trino release, 401 to 483; Athena's is not published and near 401")
	f.StringVar(&o.decimals, "decimal-literals", "decimal", "what 1.5 is: decimal, or double as in Trino's parse-decimal-literals-as-double")
	f.StringVar(&o.unnested, "unnest-rows", "fields", "what UNNEST makes of an array of rows: a column of each field, as Trino does, or whole: one column of rows, as in Athena's documentation")
	f.StringArrayVar(&o.params, "param", nil, "a value for the next ? of the statement, as a literal: 17, or 'Canada' with its quotes (may be repeated)")
}

// check refuses values that no statement could be read by.
func (o *sqlFlags) check() error {
	switch {
	case o.level < oldestLevel || o.level > newestLevel:
		return usagef("--trino-level %d: must be %d to %d", o.level, oldestLevel, newestLevel)
	case o.decimals != "decimal" && o.decimals != "double":
		return usagef("--decimal-literals %s: must be decimal or double", o.decimals)
	case o.unnested != "fields" && o.unnested != "whole":
		return usagef("--unnest-rows %s: must be fields or whole", o.unnested)
	case o.database == "":
		return usagef("--database: must not be empty")
	}
	return nil
}

// defaultSQL is how statements of the program's own are read.
func defaultSQL() *sqlFlags {
	return &sqlFlags{database: defaultDatabase, level: oldestLevel, decimals: "decimal", unnested: "fields"}
}

// options gives the dialect's options for them over a catalog.
func (o *sqlFlags) options(c dialect.Catalog) dialect.Options {
	return dialect.Options{Database: o.database, Catalog: c, Level: o.level, Doubles: o.decimals == "double", WholeRows: o.unnested == "whole", Params: o.params}
}
