package dialect

import (
	"fmt"
	"strings"
)

// Casts to and from json, whose values are canonical text.

// convertJSON casts to or from json.
func (a *analyser) convertJSON(code string, from, to Type, safe bool) string {
	if to.Kind == JSON {
		checkMapKeys(from, "Cannot cast %s to JSON", from)
		return a.toJSON(code, from)
	}
	checkMapKeys(to, "Cannot cast JSON to %s", to)
	spec := textCode(fmt.Sprintf("%d %s", a.level, specOf(to)))
	code = fmt.Sprintf("%s(%s, %s)", try("json_to_"+jsonCarrier(to), safe), code, spec)
	if !to.isNested() {
		return a.fromCarrier(code, to)
	}
	return a.fromTexts(code, to)
}

// fromTexts makes a nested value of JSON with texts for its scalars.
func (a *analyser) fromTexts(code string, to Type) string {
	return fmt.Sprintf("CAST(CAST(CAST(%s AS JSON) AS %s) AS %s)", code, textShape(to), to.DuckDB())
}

// parsedText gives the text of CAST(json_parse(text) AS array(...)): Trino reads
// it in one step, without making a json of it, and so what json would have
// changed is still there. Of a constant it makes a json first, if it can.
func (a *analyser) parsedText(x *Cast, v value, t Type) (string, bool) {
	c, ok := x.X.(*Call)
	if !ok || x.Safe || v.typ.Kind != JSON || !t.isNested() || !strings.EqualFold(c.Name[0].Text, "json_parse") {
		return "", false
	}
	if a.level < 476 && len(a.scans) == 0 {
		return "", false // VALUES are constants too
	}
	if v.constant {
		lit, ok := c.Args[0].(*StringLit)
		if !ok || a.level < 476 {
			return "", false
		}
		if _, err := readJSON(lit.Value); err == nil {
			return "", false
		}
	}
	name, text, ok := strings.Cut(v.code, "(")
	return strings.TrimSuffix(text, ")"), ok && strings.HasPrefix(name, "acme_") && strings.Contains(name, "json_parse")
}

// castFromText casts JSON's text as it was given.
func (a *analyser) castFromText(text string, to Type) string {
	return a.fromTexts(fmt.Sprintf("acme_json_to_text(%s, %s)", text, textCode(fmt.Sprintf("%d raw %s", a.level, specOf(to)))), to)
}

// textShape is the DuckDB type of a nested type with texts in place of scalars.
func textShape(t Type) string {
	switch t.Kind {
	case Array:
		return textShape(t.elem()) + "[]"
	case Map:
		return "MAP(VARCHAR, " + textShape(t.value()) + ")"
	case Row:
		parts := make([]string, len(t.Elem))
		for i, f := range t.Elem {
			parts[i] = fmt.Sprintf("f%d %s", i, textShape(f.Type))
		}
		return "STRUCT(" + strings.Join(parts, ", ") + ")"
	}
	return "VARCHAR"
}

// checkMapKeys refuses maps whose keys JSON cannot have.
func checkMapKeys(t Type, format string, whole Type) {
	if t.Kind == Map {
		k := t.elem()
		if k.Kind != Varchar && k.Kind != Boolean && !k.isNumeric() && k.Kind != Unknown {
			panic(&Error{Name: "INVALID_CAST_ARGUMENT", Message: fmt.Sprintf(format, whole)})
		}
	}
	for _, f := range t.Elem {
		checkMapKeys(f.Type, format, whole)
	}
}

// toJSON makes the canonical text of a value.
func (a *analyser) toJSON(code string, from Type) string {
	switch from.Kind {
	case JSON:
		return code
	case Varchar:
		return "acme_json_quote(" + code + ")"
	case Decimal:
		if from.Scale > 6 { // only such numbers get an exponent
			return "acme_sql_json_decimal(" + plainText(code, from) + ")"
		}
		return plainText(code, from)
	case Boolean, TinyInt, SmallInt, Integer, BigInt:
		return plainText(code, from)
	case Double:
		return a.edition("double_json") + "(" + code + ")"
	case Real:
		return a.edition("real_json") + "(" + code + ")"
	case Date, Timestamp:
		return "acme_json_quote(" + a.toVarchar(code, from, tVarchar, false) + ")"
	case Array:
		v := a.lambdaVar()
		return fmt.Sprintf("trino.json_list(list_transform(%s, lambda %s: coalesce(%s, 'null')))", code, v, a.toJSON(v, from.elem()))
	case Map:
		return a.mapToJSON(code, from)
	case Row:
		parts := make([]string, len(from.Elem))
		for i, f := range from.Elem {
			parts[i] = fmt.Sprintf("%s || coalesce(%s, 'null')", textCode(jsonQuote(f.Name)+":"), a.toJSON(fmt.Sprintf("(%s).f%d", code, i), f.Type))
		}
		return "CASE WHEN " + code + " IS NOT NULL THEN '{' || " + strings.Join(parts, " || ',' || ") + " || '}' END"
	case Unknown:
		return "CAST(NULL AS VARCHAR)"
	}
	panic(a.cannot("a cast from %s to json", from))
}

// mapToJSON makes an object of a map, its keys in order.
func (a *analyser) mapToJSON(code string, from Type) string {
	k, v := a.lambdaVar(), a.lambdaVar()
	key := k
	switch t := from.elem(); t.Kind {
	case Varchar:
	case Double:
		key = a.edition("double_plain") + "(" + k + ")"
	case Real:
		key = a.edition("real_plain") + "(" + k + ")"
	default:
		key = plainText(k, t)
	}
	return fmt.Sprintf("acme_json_map(list_transform(map_keys(%s), lambda %s: %s), list_transform(map_values(%s), lambda %s: coalesce(%s, 'null')))",
		code, k, key, code, v, a.toJSON(v, from.value()))
}

// specOf writes a type so that readSpec reads it: kind, precision, scale and, in
// parentheses, its parts with their names.
func specOf(t Type) string {
	s := fmt.Sprintf("%d,%d,%d", t.Kind, t.Precision, t.Scale)
	if len(t.Elem) == 0 {
		return s
	}
	parts := make([]string, len(t.Elem))
	for i, f := range t.Elem {
		parts[i] = fmt.Sprintf("%x=%s", f.Name, specOf(f.Type))
	}
	return s + "(" + strings.Join(parts, ";") + ")"
}

// typeAt spells a type as a release does: from 476 on the names of a row's fields
// stand in quotes.
func typeAt(t Type, level int) string {
	if len(t.Elem) == 0 || t.Kind == Function {
		return t.String()
	}
	parts := make([]string, len(t.Elem))
	for i, f := range t.Elem {
		parts[i] = typeAt(f.Type, level)
		if f.Name != "" {
			name := f.Name
			if level >= 476 {
				name = quoteName(name)
			}
			parts[i] = name + " " + parts[i]
		}
	}
	return kindNames[t.Kind] + "(" + strings.Join(parts, ", ") + ")"
}
