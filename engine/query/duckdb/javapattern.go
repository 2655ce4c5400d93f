package duckdb

import (
	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/serde"
)

// javaPattern compiles a pattern that matches whole lines, for tables whose SerDe
// has one that only Java's engine takes.
func javaPattern(pattern string, foldCase bool) (serde.Groups, error) {
	return dialect.CompileLine(pattern, foldCase)
}
