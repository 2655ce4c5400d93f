package dialect

import (
	"fmt"
	"strings"
)

// formatCall is FORMAT(format, a...), which takes arguments of any type that has
// a text.
func formatCall(a *analyser, c *Call, _ []value, sc *scope) value {
	if len(c.Args) < 2 {
		panic(errorAt(c.pos, "SYNTAX_ERROR", "The 'format' function must have at least two arguments"))
	}
	format := a.expr(c.Args[0], sc)
	if format.typ.Kind != Varchar {
		panic(errorAt(c.Args[0].Pos(), "TYPE_MISMATCH", "Type of first argument to format() must be VARCHAR (actual: %s)", format.typ))
	}
	out := value{typ: tVarchar, constant: format.constant}
	parts := make([]string, len(c.Args)-1)
	for i, x := range c.Args[1:] {
		v := a.expr(x, sc)
		if !castable(v.typ, tVarchar) || v.typ.isNested() {
			panic(errorAt(x.Pos(), "NOT_SUPPORTED", "Type not supported for formatting: %s", v.typ))
		}
		a.representable(v.typ)
		a.pos = x.Pos()
		parts[i] = a.formatArgument(v)
		out.constant = out.constant && v.constant
		a.checkFormat(c, format, v.typ)
	}
	a.pos = c.pos
	out.code = a.edition("format") + "(" + format.code + ", [" + strings.Join(parts, ", ") + "])"
	return out
}

// formatArgument gives an argument as text with a letter for its class before it.
func (a *analyser) formatArgument(v value) string {
	tag, code := "s", ""
	switch v.typ.Kind {
	case Unknown:
		return "CAST(NULL AS VARCHAR)"
	case Boolean:
		tag, code = "b", "CAST("+v.code+" AS VARCHAR)"
	case TinyInt, SmallInt, Integer, BigInt:
		tag, code = "l", "CAST("+v.code+" AS VARCHAR)"
	case Double:
		tag, code = "d", a.edition("double_plain")+"("+v.code+")"
	case Real:
		tag, code = "f", a.edition("real_plain")+"("+v.code+")"
	case Decimal:
		tag, code = "n", plainText(v.code, v.typ)
	case Date:
		tag, code = "D", "CAST("+v.code+" - DATE '1970-01-01' AS VARCHAR)"
	case Time:
		picos := dayPicos(v.code, v.typ)
		tag, code = "T", "(("+picos+") // 1000000) || '|' || "+nanosOf("("+picos+") % 1000000")
	case Timestamp:
		tag, code = "t", microsOf(v.code, v.typ)+" || '|' || "+nanosOf(restOf(v.code, v.typ))
	case TimestampTZ:
		tag, code = "z", fmt.Sprintf("%s || '|' || %s || '|' || %s", microsOf(v.code, v.typ), nanosOf(restOf(v.code, v.typ)), a.numberOf(v))
	case JSON, Char:
		code = v.code
	default:
		code = a.convert(v.code, v.typ, tVarchar, false)
	}
	return "('" + tag + "' || " + code + ")"
}

// nanosOf gives picoseconds in nanoseconds, rounded as Java's times are.
func nanosOf(picos string) string { return "((" + picos + " + 500) // 1000)" }

// checkFormat refuses, before the query runs, what could fail by us inside TRY:
// names of zones and hashes that only some values have.
func (a *analyser) checkFormat(c *Call, format value, t Type) {
	if a.trying == 0 {
		return
	}
	may := func(conversions string) bool {
		return format.text == nil || strings.Contains(*format.text, "%") && strings.ContainsAny(*format.text, conversions)
	}
	if t.Kind == TimestampTZ && (t.carried() || a.zoneOf(t) != "UTC") && may("cZ") {
		panic(refuse(c.pos, "TRY around the short name of a time zone"))
	}
	if t.Kind >= Date && t.Kind <= TimestampTZ && may("hH") || (t.Kind == Real || t.Kind == Decimal) && may("hH") {
		panic(refuse(c.pos, "TRY around the hash of "+t.String()))
	}
}
