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
	if f.Unit == "RANGE" && offsets && len(w.OrderBy) != 1 {
		panic(errorAt(w.OrderAt, "INVALID_ORDER_BY", "Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER BY (actual: %d)", len(w.OrderBy)))
	}
	text := f.Unit + " "
	if w.OrderBy == nil && f.Unit == "GROUPS" {
		text = "RANGE " // all rows are peers
	}
	if f.End != nil {
		return text + "BETWEEN " + a.boundText(f.Start, "start", w, key, sc) + " AND " + a.boundText(f.End, "end", w, key, sc)
	}
	return text + a.boundText(f.Start, "start", w, key, sc)
}

// rangeKey gives the type in which a RANGE frame adds its offsets to the sort key:
// the common one of all numbers in it.
func (a *analyser) rangeKey(w *Window, key Type, sc *scope) Type {
	f := w.Frame
	if f == nil || f.Unit != "RANGE" || len(w.OrderBy) != 1 || !key.isNumeric() {
		return key
	}
	wide := key
	for _, b := range []*Bound{f.Start, f.End} {
		if b == nil || b.Value == nil {
			continue
		}
		if v := a.expr(b.Value, sc); v.typ.isNumeric() {
			wide, _ = commonType(wide, v.typ)
		}
	}
	exact := sameShape(wide, key) || wide.Kind == Double && (key.Kind == Real || key.isInteger() && key.Kind != BigInt || key.Kind == Decimal && key.Precision <= 15) ||
		wide.Kind == Real && (key.Kind == TinyInt || key.Kind == SmallInt) || !wide.isFloat()
	if !exact { // keys that differ might be made one
		panic(refuse(f.pos, "a RANGE offset of "+wide.String()+" over a sort key of "+key.String()))
	}
	return wide
}

func (a *analyser) boundText(b *Bound, side string, w *Window, key value, sc *scope) string {
	if b.Value == nil {
		return b.Kind
	}
	unit := w.Frame.Unit
	if unit == "RANGE" {
		switch t := key.typ; {
		case t.isNumeric(), t.Kind >= Date && t.Kind <= IntervalYear:
		default:
			panic(errorAt(w.OrderBy[0].pos, "TYPE_MISMATCH", "Window frame of type RANGE PRECEDING or FOLLOWING requires that sort item type be numeric, datetime or interval (actual: %s)", t))
		}
	}
	v := a.windowExpr(b.Value, "Window frame "+side, sc)
	if unit != "RANGE" {
		if !v.typ.isInteger() && !(v.typ.Kind == Decimal && v.typ.Scale == 0) {
			panic(errorAt(b.Value.Pos(), "TYPE_MISMATCH", "Window frame %s %s value type must be exact numeric type with scale 0 (actual %s)", unit, side, v.typ))
		}
		// No window is as long as the limit.
		code := "CAST(" + v.code + " AS BIGINT)"
		if len(v.number) == 0 || len(v.number) > 12 {
			code = "CAST(least(" + v.code + ", 1099511627776) AS BIGINT)"
		}
		return a.offset(v, code) + " " + b.Kind
	}
	code := a.rangeOffset(b, v, key)
	if code == "" {
		panic(errorAt(b.Value.Pos(), "TYPE_MISMATCH", "Window frame RANGE value type (%s) not compatible with sort item type (%s)", v.typ, key.typ))
	}
	return code + " " + b.Kind
}

// rangeOffset gives the text of what is added to or taken from a sort key; empty
// where the types do not meet.
func (a *analyser) rangeOffset(b *Bound, v, key value) string {
	switch k := key.typ.Kind; {
	case key.typ.isNumeric() && v.typ.isNumeric():
		return a.offset(v, a.coerce(v, key.typ).code)
	case k == IntervalDay && v.typ.Kind == IntervalDay, k == IntervalYear && v.typ.Kind == IntervalYear:
		return a.offset(v, v.code)
	case k == Date && v.typ.Kind == IntervalDay:
		what := map[string]string{"PRECEDING": "subtract hour, minutes or seconds from", "FOLLOWING": "add hour, minutes or seconds to"}[b.Kind]
		return fmt.Sprintf("CASE WHEN %s %% 86400000 <> 0 THEN %s ELSE %s END", v.code,
			fail("INTERVAL", "INVALID_FUNCTION_ARGUMENT", "Cannot "+what+" a date"), a.offset(v, "to_microseconds(1000 * "+v.code+")"))
	case (k == Timestamp || k == TimestampTZ) && v.typ.Kind == IntervalDay:
		return a.offset(v, "to_microseconds(1000 * "+v.code+")")
	case (k == Date || k == Timestamp || k == TimestampTZ && a.zoneOf(key.typ) == "UTC") && v.typ.Kind == IntervalYear:
		return a.offset(v, "to_months("+v.code+")")
	case k >= Time && k <= TimestampTZ && (v.typ.Kind == IntervalDay || v.typ.Kind == IntervalYear):
		panic(refuse(b.pos, fmt.Sprintf("a RANGE offset of %s over a sort key of %s", v.typ, key.typ)))
	}
	return ""
}

// offset guards a frame's offset: NULL or less than nothing is an error.
func (a *analyser) offset(v value, code string) string {
	if v.number != "" && v.number[0] != '-' {
		return code
	}
	if v.typ.Kind == IntervalDay || v.typ.Kind == IntervalYear {
		if strings.HasPrefix(code, v.code) {
			code = "CAST(" + code + " AS BIGINT)"
		}
		if v.constant && !strings.Contains(v.code, "-") {
			return code
		}
	}
	typ := "INTERVAL"
	if v.typ.isNumeric() {
		typ = "BIGINT" // what a failure stands for meets every number
		if v.typ.isFloat() {
			typ = "DOUBLE"
		}
	}
	return fmt.Sprintf("CASE WHEN coalesce(%s < 0, true) THEN %s ELSE %s END", v.code, fail(typ, "INVALID_WINDOW_FRAME", "Window frame offset value must not be negative or null"), code)
}
