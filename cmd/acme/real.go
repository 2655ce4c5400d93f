package main

import (
	"strings"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
)

// narrower gives what makes reals of the reals in a column's values, which rows carry
// as doubles: 0.1 is 0.1 on the wire, and not the double nearest to it. Where Java writes
// other digits than the fewest, as older ones do of large numbers, they are those.
func narrower(c query.Column) func(any) any {
	same := func(v any) any { return v }
	if !strings.Contains(c.Type, "real") {
		return same
	}
	t, err := dialect.ParseType(c.Type)
	if err != nil {
		return same // an engine's own spelling
	}
	return func(v any) any { return narrow(v, t, c.Real) }
}

func narrow(v any, t dialect.Type, real func(float64) any) any {
	switch x := v.(type) {
	case float64:
		if t.Kind == dialect.Real {
			return real(x)
		}
	case []any:
		out := make([]any, len(x))
		for i := range x {
			part := 0
			if t.Kind == dialect.Row {
				part = i
			}
			out[i] = narrow(x[i], t.Elem[part].Type, real)
		}
		return out
	case query.Map:
		out := make(query.Map, len(x))
		for i, e := range x {
			out[i] = query.Entry{Key: narrow(e.Key, t.Elem[0].Type, fewest), Value: narrow(e.Value, t.Elem[1].Type, real)}
		}
		return out
	}
	return v
}

// fewest is a real with the fewest digits, as the key of a map, which is written by
// Format, needs it.
func fewest(x float64) any { return float32(x) }
