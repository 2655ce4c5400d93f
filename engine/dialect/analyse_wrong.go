package dialect

import (
	"slices"
	"strings"
)

// What is said of a call whose arguments fit no form of the function.

func (a *analyser) wrongArguments(f *function, name string, inv *invocation) *Error {
	given := inv.given()
	expected := make([]string, len(f.sigs))
	for i := range f.sigs {
		expected[i] = f.sigs[i].expected(name, a.level)
	}
	if a.level >= 476 {
		for _, parameters := range strings.Fields(newerForms(name)) {
			expected = append(expected, name+"("+strings.NewReplacer(",", ", ", "@", ",").Replace(parameters)+")")
		}
		slices.Sort(expected)
	}
	e := errorAt(inv.pos, "FUNCTION_NOT_FOUND", "Unexpected parameters (%s) for function %s. Expected: %s", strings.Join(given, ", "), name, strings.Join(expected, ", "))
	if h := inv.textHint(f); h != "" {
		e.hint("%s", h)
	}
	return e
}

// newerForms are the parameters of a function's forms that newer releases name though
// no statement needs them here: those of the type number, of which there are no values,
// and those of types that convert to another form's.
func newerForms(name string) string {
	switch name {
	case "abs", "avg", "ceil", "ceiling", "floor", "sign", "sum", "truncate":
		return "number"
	case "round":
		return "number number,integer"
	case "mod":
		return "number,number"
	case "is_nan":
		return "bigint decimal(p@s) number"
	case "is_finite", "is_infinite":
		return "bigint decimal(p@s) number real"
	}
	return ""
}

// textHint says how text becomes what a function takes, where it takes times or
// numbers and was given text.
func (inv *invocation) textHint(f *function) string {
	for i, v := range inv.raw {
		if inv.call == nil || i >= len(inv.call.Args) || !v.typ.isText() { // an operator has no call
			continue
		}
		text := formatExpr(inv.call.Args[i])
		_, literal := inv.call.Args[i].(*StringLit)
		for j := range f.sigs {
			in := splitTop(f.sigs[j].in)
			if i >= len(in) {
				continue
			}
			switch base, _, _ := strings.Cut(strings.TrimSpace(in[i]), "("); {
			case (base == "timestamp" || base == "date") && literal:
				return "text is no time to Athena; write TIMESTAMP " + text + " or DATE " + text
			case base == "timestamp" || base == "date":
				return "text is no time to Athena; from_iso8601_timestamp(" + text + ") reads ISO 8601 text, date_parse(" + text + ", format) other text"
			case base == "double" || base == "bigint":
				return "Athena makes no number of text by itself; write CAST(" + text + " AS " + base + ")"
			}
		}
	}
	return ""
}
