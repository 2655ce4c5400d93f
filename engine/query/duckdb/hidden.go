package duckdb

import (
	"strings"

	"acme/telemetry/engine/dialect"
)

// hiddenColumn is a column that every table has and * does not give.
type hiddenColumn struct {
	name string
	typ  dialect.Type
}

// hiddenColumns gives those that a scan asks for, in the order of its relation.
func hiddenColumns(s *dialect.Scan) []hiddenColumn {
	var out []hiddenColumn
	if s.Path {
		out = append(out, hiddenColumn{"$path", dialect.HiddenType("$path")})
	}
	for _, name := range s.Hidden {
		out = append(out, hiddenColumn{name, dialect.HiddenType(name)})
	}
	return out
}

// allHidden are all that there are.
var allHidden = [...]string{"$path", "$file_size", "$file_modified_time", "$partition"}

// hidden gives the value of a hidden column: text, bytes, or microseconds.
func (o *object) hidden(name string) any {
	switch name {
	case "$path":
		return o.path
	case "$file_size":
		return o.size
	case "$file_modified_time":
		return o.modified.UnixMilli() * 1000
	}
	return o.folder
}

// hiddenDefinition and hiddenLiterals make the table of the hidden values of
// objects that are kept.
func hiddenDefinition() string {
	var out []string
	for _, name := range allHidden {
		out = append(out, quoteName(name)+" "+dialect.HiddenType(name).DuckDB())
	}
	return strings.Join(out, ", ")
}

func hiddenLiterals(o object) string {
	var out []string
	for _, name := range allHidden {
		out = append(out, literal(o.hidden(name), dialect.HiddenType(name)))
	}
	return strings.Join(out, ", ")
}
