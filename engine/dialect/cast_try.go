package dialect

import (
	"fmt"
	"strings"
)

// TRY_CAST of arrays, maps and rows: where one part fails the whole is NULL.

// failsText says whether the cast of a value that is not NULL, or of one of its
// parts, fails.
func (a *analyser) failsText(code string, from, to Type) string {
	if total(from, to) {
		return "false"
	}
	within := func(list string, f, t Type) string {
		v := a.lambdaVar()
		return fmt.Sprintf("len(list_filter(%s, lambda %s: %s IS NOT NULL AND %s)) > 0", list, v, v, a.failsText(v, f, t))
	}
	switch {
	case from.Kind == JSON || to.Kind == JSON || !from.isNested():
		return "(" + a.convert(code, from, to, true) + ") IS NULL"
	case from.Kind == Array:
		return "(" + within(code, from.elem(), to.elem()) + ")"
	case from.Kind == Map:
		keys, v := "map_keys("+code+")", a.lambdaVar()
		cast := fmt.Sprintf("list_transform(%s, lambda %s: %s)", keys, v, a.convert(v, from.elem(), to.elem(), true))
		return fmt.Sprintf("(%s OR %s OR len(list_distinct(%s)) < len(%s))", within(keys, from.elem(), to.elem()),
			within("map_values("+code+")", from.value(), to.value()), cast, keys)
	}
	parts := make([]string, len(from.Elem))
	for i, f := range from.Elem {
		field := fieldCode(code, i)
		parts[i] = fmt.Sprintf("(%s IS NOT NULL AND %s)", field, a.failsText(field, f.Type, to.Elem[i].Type))
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// tryRow is TRY_CAST of a row that is written out to a row without names, which
// releases before nestedOrder take apart: a field that fails is NULL alone.
func (a *analyser) tryRow(x *Cast, t Type, sc *scope) (string, bool) {
	row, ok := x.X.(*RowLit)
	if !ok || !x.Safe || t.Kind != Row || a.level >= nestedOrder {
		return "", false
	}
	parts := make([]string, len(t.Elem))
	for i, f := range t.Elem {
		if f.Name != "" {
			return "", false
		}
		field := &Cast{exprAt: x.exprAt, X: row.Items[i], Type: x.Type.Args[i].Type, Safe: true}
		parts[i] = fmt.Sprintf("f%d := %s", i, a.typed(a.cast(field, sc)))
	}
	return "struct_pack(" + strings.Join(parts, ", ") + ")", true
}
