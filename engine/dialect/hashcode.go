package dialect

import (
	"fmt"
	"strings"
)

// hashText gives the DuckDB text of the hash that Trino's type t has for a value:
// a BIGINT, NULL for NULL.
func (a *analyser) hashText(t Type, code string) string {
	call := func(name, arg string) string { return "acme_hash_" + name + "(" + arg + ")" }
	switch t.Kind {
	case BigInt, Integer, SmallInt, TinyInt, IntervalDay, IntervalYear, Boolean:
		return call("bigint", "CAST("+code+" AS BIGINT)")
	case Date:
		return call("bigint", "CAST("+code+" - DATE '1970-01-01' AS BIGINT)")
	case Time:
		return call("bigint", dayPicos(code, t))
	case Timestamp:
		if t.fine() {
			return call("pair", microsOf(code, t)+", "+restOf(code, t))
		}
		return call("bigint", "epoch_us("+code+")")
	case TimestampTZ:
		if t.Precision <= 3 {
			return call("bigint", "epoch_ms("+code+")")
		}
		us := microsOf(code, t)
		return call("pair", fmt.Sprintf("trino.floor_to(%s, 1000) // 1000, 1000000 * (%s - trino.floor_to(%s, 1000)) + %s", us, us, us, restOf(code, t)))
	case Real:
		return call("real", code)
	case Double:
		return call("double", code)
	case Decimal:
		digits := "CAST(replace(CAST(" + code + " AS VARCHAR), '.', '') AS HUGEINT)"
		if t.Precision <= 18 {
			return call("bigint", "CAST("+digits+" AS BIGINT)")
		}
		return call("wide", digits)
	case Varchar, JSON:
		return call("text", code)
	case Char:
		return call("text", "rtrim("+code+", ' ')")
	case Varbinary, IPAddress:
		return call("bytes", code)
	case UUID:
		return call("uuid", "unhex(replace(CAST("+code+" AS VARCHAR), '-', ''))")
	case Unknown:
		return "CAST(NULL AS BIGINT)"
	}
	return a.hashNested(t, code)
}

// hashNested is hashText of an array, map or row.
func (a *analyser) hashNested(t Type, code string) string {
	each := func(list string, e Type) string {
		v := a.lambdaVar()
		return "list_transform(" + list + ", lambda " + v + ": " + a.hashText(e, v) + ")"
	}
	switch t.Kind {
	case Array:
		return "acme_hash_array(" + each(code, t.elem()) + ")"
	case Map:
		return "acme_hash_map(" + each("map_keys("+code+")", t.elem()) + ", " + each("map_values("+code+")", t.value()) + ")"
	case Row:
		parts := make([]string, len(t.Elem))
		for i, f := range t.Elem {
			parts[i] = a.hashText(f.Type, fmt.Sprintf("(%s).f%d", code, i))
		}
		return "(CASE WHEN " + code + " IS NOT NULL THEN acme_hash_row([" + strings.Join(parts, ", ") + "]) END)"
	}
	panic(a.cannot("a hash of %s", t))
}
