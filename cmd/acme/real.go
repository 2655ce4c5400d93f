package main

import (
	"strings"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
)

// narrower gives what makes reals of the reals in a column's values, which rows carry
// as doubles: 0.1 is 0.1 on the wire, and not the double nearest to it.
func narrower(c query.Column) func(any) any {
	same := func(v any) any { return v }
	if !strings.Contains(c.Type, "real") {
		return same
	}
	t, err := dialect.ParseType(c.Type)
	if err != nil {
		return same // an engine's own spelling
	}
	return func(v any) any { return narrow(v, t) }
}

func narrow(v any, t dialect.Type) any {
	switch x := v.(type) {
	case float64:
		if t.Kind == dialect.Real {
			return float32(x)
		}
	case []any:
		out := make([]any, len(x))
		for i := range x {
			part := 0
			if t.Kind == dialect.Row {
				part = i
			}
			out[i] = narrow(x[i], t.Elem[part].Type)
		}
		return out
	case query.Map:
		out := make(query.Map, len(x))
		for i, e := range x {
			out[i] = query.Entry{Key: narrow(e.Key, t.Elem[0].Type), Value: narrow(e.Value, t.Elem[1].Type)}
		}
		return out
	}
	return v
}
