package dialect

import (
	"fmt"
	"strings"
)

// frameText checks a frame as Trino does and gives its text.
func (a *analyser) frameText(w *Window, key value, sc *scope) string {
	f := w.Frame
	end := f.End
	if end == nil {
		end = &Bound{at: f.at, Kind: "CURRENT ROW"}
	}
	wrong := func(message string) {
		panic(errorAt(f.pos, "INVALID_WINDOW_FRAME", "%s", message))
	}
	start := f.Start.Kind
	switch {
	case start == "UNBOUNDED FOLLOWING":
		wrong("Window frame start cannot be UNBOUNDED FOLLOWING")
	case end.Kind == "UNBOUNDED PRECEDING":
		wrong("Window frame end cannot be UNBOUNDED PRECEDING")
	case start == "CURRENT ROW" && end.Kind == "PRECEDING":
		wrong("Window frame starting from CURRENT ROW cannot end with PRECEDING")
	case start == "FOLLOWING" && end.Kind == "PRECEDING":
		wrong("Window frame starting from FOLLOWING cannot end with PRECEDING")
	case start == "FOLLOWING" && end.Kind == "CURRENT ROW":
		wrong("Window frame starting from FOLLOWING cannot end with CURRENT ROW")
	}
	offsets := f.Start.Value != nil || end.Value != nil
	if w.OrderBy == nil && offsets && f.Unit != "ROWS" {
		panic(errorAt(w.pos, "MISSING_ORDER_BY", "Window frame of type %s PRECEDING or FOLLOWING requires ORDER BY", f.Unit))
	}
	if f.Unit == "GROUPS" && w.OrderBy == nil {
		panic(errorAt(w.pos, "MISSING_ORDER_BY", "Window frame of type GROUPS requires ORDER BY"))
	}
	if f.Unit == "RANGE" && offsets && len(w.OrderBy) != 1 {
		panic(errorAt(w.OrderBy[0].pos, "INVALID_ORDER_BY", "Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER BY (actual: %d)", len(w.OrderBy)))
	}
	text := f.Unit + " "
	if f.End != nil {
		return text + "BETWEEN " + a.boundText(f.Start, f.Unit, key, sc) + " AND " + a.boundText(f.End, f.Unit, key, sc)
	}
	return text + a.boundText(f.Start, f.Unit, key, sc)
}

func (a *analyser) boundText(b *Bound, unit string, key value, sc *scope) string {
	if b.Value == nil {
		return b.Kind
	}
	v := a.expr(b.Value, sc)
	if unit != "RANGE" {
		if !v.typ.isInteger() {
			panic(errorAt(b.Value.Pos(), "TYPE_MISMATCH", "Window frame %s value type must be exact numeric type with scale 0 (actual %s)", unit, v.typ))
		}
		return a.offset(v, "CAST("+v.code+" AS BIGINT)") + " " + b.Kind
	}
	switch {
	case key.typ.isNumeric() && v.typ.isNumeric():
		t, _ := commonType(key.typ, v.typ)
		if !sameShape(t, key.typ) {
			panic(refuse(b.pos, "a RANGE offset wider than its sort key"))
		}
		return a.offset(v, a.coerce(v, t).code) + " " + b.Kind
	case (key.typ.Kind == Date || key.typ.Kind == Timestamp || key.typ.Kind == TimestampTZ) && v.typ.Kind == IntervalDay:
		return a.offset(v, "to_microseconds(1000 * "+v.code+")") + " " + b.Kind
	case (key.typ.Kind == Date || key.typ.Kind == Timestamp) && v.typ.Kind == IntervalYear:
		return a.offset(v, "to_months("+v.code+")") + " " + b.Kind
	}
	panic(errorAt(b.Value.Pos(), "TYPE_MISMATCH", "Window frame RANGE value type (%s) not compatible with sort item type (%s)", v.typ, key.typ))
}

// offset guards a frame's offset: NULL or less than nothing is an error.
func (a *analyser) offset(v value, code string) string {
	if v.number != "" && v.number[0] != '-' {
		return code
	}
	if v.typ.Kind == IntervalDay || v.typ.Kind == IntervalYear {
		if v.constant && !strings.Contains(v.code, "-") {
			return code
		}
	}
	typ := "INTERVAL"
	if v.typ.isNumeric() {
		if typ = v.typ.DuckDB(); strings.HasPrefix(code, "CAST(") && v.typ.isInteger() {
			typ = "BIGINT"
		}
	}
	return fmt.Sprintf("CASE WHEN coalesce(%s < 0, true) THEN %s ELSE %s END", v.code, fail(typ, "INVALID_WINDOW_FRAME", "Window frame offset value must not be negative or null"), code)
}
