package dialect

import (
	"fmt"
	"strings"
)

func jsonFunctions() []function {
	var extract, scalar []signature
	byEdition := func(name, args string) func(c *invocation) string {
		return func(c *invocation) string { return c.template(c.a.edition(name) + args) }
	}
	for _, t := range []string{"varchar(x)", "json"} {
		extract = append(extract, signature{in: t + ", JsonPath", shown: t + ", jsonpath", out: "json", low: byEdition("json_extract", "($1, $2)")})
		out := t
		if t == "json" {
			out = "varchar"
		}
		scalar = append(scalar, signature{in: t + ", JsonPath", shown: t + ", jsonpath", out: out, sql: "acme_json_scalar($1, $2)"})
	}
	both := func(name, doc, in, out, sql string) function {
		f := function{name: name, doc: doc}
		for _, t := range []string{"varchar(x)", "json"} {
			f.sigs = append(f.sigs, sg(strings.Replace(in, "$", t, 1), out, sql))
		}
		return f
	}
	return []function{
		{name: "json_extract", doc: "Value at a path in JSON.", sigs: extract},
		{name: "json_extract_scalar", doc: "Text, number or boolean at a path in JSON, as text; NULL for others.", sigs: scalar},
		{name: "json_parse", doc: "JSON of a text.", sigs: []signature{{in: "varchar(x)", out: "json", low: func(c *invocation) string {
			if c.a.level >= 476 {
				return c.template("acme_json_parse_exact($1)")
			}
			return c.template(c.a.edition("json_parse") + "($1)")
		}}}},
		{name: "json_format", doc: "Text of a JSON value.", sigs: []signature{sg("json", "varchar", "$1")}},
		both("json_array_length", "Number of elements of a JSON array.", "$", "bigint", "acme_json_length($1)"),
		{name: "json_array_get", doc: "Element of a JSON array, counted from 0.", sigs: []signature{
			{in: "varchar(x), bigint", out: "json", low: byEdition("json_get", "($1, $2)")},
			{in: "json, bigint", out: "json", low: byEdition("json_get", "($1, $2)")},
		}},
		both("json_size", "Number of parts of the value at a path.", "$, JsonPath", "bigint", "acme_json_size($1, $2)"),
		both("is_json_scalar", "Whether JSON is no array or object.", "$", "boolean", "acme_json_is_scalar($1)"),
		{name: "json_array_contains", doc: "Whether a JSON array has a value.", sigs: jsonContains()},
	}
}

// jsonContains gives the signatures of json_array_contains in Trino's order.
func jsonContains() []signature {
	var out []signature
	for _, in := range []string{"json, bigint", "json, boolean", "json, varchar(x)", "json, double",
		"varchar(x), double", "varchar(x), varchar(y)", "varchar(x), bigint", "varchar(x), boolean"} {
		_, kind, _ := strings.Cut(strings.NewReplacer("(x)", "", "(y)", "").Replace(in), ", ")
		out = append(out, signature{in: in, out: "boolean", sql: "acme_json_has_" + kind + "($1, $2)"})
	}
	return out
}

func conditionalFunctions() []function {
	return []function{
		{name: "coalesce", doc: "First value that is not NULL.", forms: []string{"(T, T, ...) -> T"}, special: coalesceCall},
		{name: "nullif", doc: "NULL if two values are equal, else the first.", forms: []string{"(T, T) -> T"}, special: nullifCall},
		{name: "if", doc: "One value or another, by a condition.", forms: []string{"(boolean, T) -> T", "(boolean, T, T) -> T"}, special: ifCall},
		{name: "try", doc: "NULL where an expression fails.", forms: []string{"(T) -> T"}, special: tryCall},
		{name: "typeof", doc: "Name of the type of an expression.", forms: []string{"(t) -> varchar"}, special: typeofCall},
		{name: "greatest", doc: "Greatest value; NULL if any is NULL.", sigs: []signature{{in: "E, E", shown: "E", where: "E:orderable", out: "E", variadic: true, low: lowExtreme("greatest")}}},
		{name: "least", doc: "Least value; NULL if any is NULL.", sigs: []signature{{in: "E, E", shown: "E", where: "E:orderable", out: "E", variadic: true, low: lowExtreme("least")}}},
		{name: "version", doc: "Release of the engine.", forms: []string{"() -> varchar"}, special: func(a *analyser, c *Call, _ []value, _ *scope) value {
			return value{typ: tVarchar, code: fmt.Sprintf("'%d'", a.level), constant: true}
		}},
		{name: "uuid", doc: "A random identifier.", sigs: []signature{sg("", "uuid", "gen_random_uuid()")}},
	}
}

func coalesceCall(a *analyser, c *Call, _ []value, sc *scope) value {
	if len(c.Args) < 2 {
		panic(errorAt(c.pos, "SYNTAX_ERROR", "The 'coalesce' function must have at least two arguments"))
	}
	vs := make([]value, len(c.Args))
	out := value{constant: true}
	kept := len(vs) // what stands behind a literal is never looked at, not by a planner either
	for i, x := range c.Args {
		vs[i] = a.readIf(i < kept, x, sc)
		a.checkSeen(vs[i])
		if isLiteral(x) {
			kept = min(kept, i+1)
		}
		out.constant = out.constant && vs[i].constant
	}
	out.typ = a.unify(vs, "All COALESCE operands must be the same type or coercible to a common type.")
	codes := make([]string, kept)
	for i, v := range vs[:kept] {
		codes[i] = a.coerce(v, out.typ).code
	}
	out.code = "coalesce(" + strings.Join(codes, ", ") + ")" // of a literal alone too, which DuckDB orders nothing by
	return out
}

// isLiteral says whether an expression is a literal other than NULL.
func isLiteral(x Expr) bool {
	switch x := x.(type) {
	case *NumberLit, *StringLit, *BoolLit:
		return true
	case *Unary:
		return isLiteral(x.X)
	}
	return false
}

func nullifCall(a *analyser, c *Call, _ []value, sc *scope) value {
	if len(c.Args) != 2 {
		panic(errorAt(c.pos, "SYNTAX_ERROR", "Invalid number of arguments for 'nullif' function"))
	}
	l, r := a.expr(c.Args[0], sc), a.expr(c.Args[1], sc)
	t, ok := commonType(l.typ, r.typ)
	if !ok || !t.comparable() {
		panic(errorAt(c.pos, "TYPE_MISMATCH", "Types are not comparable with NULLIF: %s vs %s", l.typ, r.typ))
	}
	out := value{typ: l.typ, constant: l.constant && r.constant}
	if t.Kind == Unknown || l.typ.Kind == Unknown {
		out.code = "NULL"
		return out
	}
	a.representable(l.typ)
	a.representable(r.typ)
	out.code = "CASE WHEN " + a.compareCode("=", a.coerce(l, t), a.coerce(r, t), t) + " THEN CAST(NULL AS " + l.typ.DuckDB() + ") ELSE " + l.code + " END" // a bare NULL between constants loses its type
	out.code = "(" + out.code + ")"
	return out
}

func ifCall(a *analyser, c *Call, _ []value, sc *scope) value {
	if len(c.Args) != 2 && len(c.Args) != 3 {
		panic(errorAt(c.pos, "SYNTAX_ERROR", "Invalid number of arguments for 'if' function"))
	}
	cond := a.expr(c.Args[0], sc)
	if cond.typ.Kind != Boolean && cond.typ.Kind != Unknown {
		panic(errorAt(c.Args[0].Pos(), "TYPE_MISMATCH", "IF condition must evaluate to a boolean (actual: %s)", cond.typ))
	}
	known, _ := c.Args[0].(*BoolLit)
	yes := a.readIf(known == nil || known.Value, c.Args[1], sc)
	no := value{typ: tUnknown, code: "NULL", constant: true}
	if len(c.Args) == 3 {
		no = a.readIf(known == nil || !known.Value, c.Args[2], sc)
	}
	t, ok := commonType(yes.typ, no.typ)
	if !ok {
		panic(errorAt(c.pos, "TYPE_MISMATCH", "Result types for IF must be the same: %s vs %s", yes.typ, no.typ))
	}
	switch {
	case known == nil:
	case known.Value:
		no = value{typ: t, code: "NULL", constant: no.constant}
	default:
		yes = value{typ: t, code: "NULL", constant: yes.constant}
	}
	return value{typ: t, constant: cond.constant && yes.constant && no.constant,
		code: "(CASE WHEN " + a.coerce(cond, tBoolean).code + " THEN " + a.coerce(yes, t).code + " ELSE " + a.coerce(no, t).code + " END)"}
}

// readIf analyses an expression, and forgets what it reads and asks where it is not read.
func (a *analyser) readIf(read bool, x Expr, sc *scope) value {
	before, planned := a.correlation(), a.planning
	v := a.expr(x, sc)
	if !read {
		a.forget(before, planned)
	}
	return v
}

// tryCode is TRY of some code. DuckDB works out what stands in it twice before the TRY,
// where nothing catches its error, but does not look into a CASE that it cannot decide.
func (a *analyser) tryCode(code string) string {
	if a.trying > 0 { // it is in one already; and no TRY may hold what changes by itself
		return "TRY(" + code + ")"
	}
	code = escaped(code, escapingCalls())
	return "CASE WHEN random() < 2 THEN TRY(" + code + ") END"
}

func tryCall(a *analyser, c *Call, _ []value, sc *scope) value {
	if len(c.Args) != 1 {
		panic(errorAt(c.pos, "SYNTAX_ERROR", "The 'try' function must have exactly one argument"))
	}
	a.trying++
	v := a.expr(c.Args[0], sc)
	a.trying--
	if strings.Contains(v.code, "acme_try_iso_timestamp") {
		return a.tryZoned(c, v)
	}
	if len(collect(c.Args[0], func(x Expr) bool {
		switch x.(type) {
		case *SubqueryExpr, *Exists, *InQuery, *Quantified:
			return true
		}
		return isWindow(x)
	})) > 0 {
		panic(refuse(c.pos, "TRY around a subquery or window function"))
	}
	if v.typ.Kind == Unknown {
		return v
	}
	if strings.Contains(v.code, "acme_raise_") {
		return a.tryJSON(c, v)
	}
	return value{typ: v.typ, code: a.tryCode(v.code), constant: v.constant}
}

// tryZoned is TRY around texts whose zone may be one that cannot be shown: that
// must not become NULL, so the parser gives NULL itself and nothing is caught.
// What is around it must then pass NULL on, and fail nowhere else.
func (a *analyser) tryZoned(c *Call, v value) value {
	open := collect(c.Args[0], func(x Expr) bool {
		switch x := x.(type) {
		case *Case, *IsNull, *Logic, *Compare, *InList, *Binary, *SubqueryExpr, *LambdaExpr, *RowLit, *ArrayLit:
			return true
		case *Call:
			f := a.functionOf(x.Name[len(x.Name)-1].Text)
			return f == nil || f.special != nil || f.kind != scalarFunction
		}
		return false
	})
	if len(open) > 0 || mayFail(v.code) {
		panic(refuse(c.pos, "TRY around this use of from_iso8601_timestamp"))
	}
	return v
}

// typeofCall is known before the query runs; the argument is still checked.
func typeofCall(a *analyser, c *Call, _ []value, sc *scope) value {
	lambda := false
	for _, x := range c.Args {
		_, is := x.(*LambdaExpr)
		lambda = lambda || is
	}
	if len(c.Args) != 1 || lambda {
		args := make([]value, len(c.Args))
		for i, x := range c.Args {
			if _, ok := x.(*LambdaExpr); ok {
				args[i] = value{typ: Type{Kind: Function}, pos: x.Pos()}
				continue
			}
			args[i] = a.expr(x, sc)
		}
		panic(a.wrongArguments(&function{name: "typeof", sigs: []signature{{in: "T", shown: "t", where: "T"}}}, "typeof", &invocation{a: a, pos: c.pos, raw: args}))
	}
	v := a.expr(c.Args[0], sc)
	name := textCode(typeAt(v.typ, a.level))
	// What fails, fails in typeof too.
	if (v.constant || mayFail(v.code)) && v.typ.Kind != Unknown {
		return value{typ: tVarchar, code: "(CASE WHEN " + v.code + " IS NULL THEN " + name + " ELSE " + name + " END)", constant: true}
	}
	return value{typ: tVarchar, code: name, constant: true}
}

// lowExtreme is greatest or least, which are NULL if any value is.
func lowExtreme(fn string) func(c *invocation) string {
	return func(c *invocation) string {
		if c.typ.isNested() {
			return c.extremeNested(fn)
		}
		if c.typ.Kind == Unknown {
			return "NULL"
		}
		if c.typ.isFloat() {
			return c.extremeFloat(fn)
		}
		nulls := make([]string, len(c.args))
		for i, v := range c.args {
			nulls[i] = v.code + " IS NULL"
		}
		return "(CASE WHEN " + strings.Join(nulls, " OR ") + " THEN NULL ELSE " + c.template(fn+"($*)") + " END)"
	}
}

// extremeFloat leaves NaN out as long as there is a number.
func (c *invocation) extremeFloat(fn string) string {
	var nulls, numbers, zeros []string
	zero := map[string]string{"least": "-0.0", "greatest": "0.0"}[fn]
	for _, v := range c.args {
		nulls = append(nulls, v.code+" IS NULL")
		// Of reals DuckDB's function loses the sign of zero.
		numbers = append(numbers, "CASE WHEN NOT isnan("+v.code+") THEN CAST("+v.code+" AS DOUBLE) END")
		zeros = append(zeros, "CAST(CAST("+v.code+" AS DOUBLE) AS VARCHAR) = '"+zero+"'")
	}
	best := fn + "(" + strings.Join(numbers, ", ") + ")"
	if c.a.level < nestedOrder { // a negative zero comes before the other there
		best = "CASE WHEN " + best + " = 0 AND (" + strings.Join(zeros, " OR ") + ") THEN CAST('" + zero + "' AS DOUBLE) ELSE " + best + " END"
	}
	return "(CASE WHEN " + strings.Join(nulls, " OR ") + " THEN NULL ELSE CAST(coalesce(" + best + ", CAST('NaN' AS DOUBLE)) AS " + c.typ.DuckDB() + ") END)"
}

// refusedFunctions are Athena's that the local engine has not: they are told from
// names that nobody knows.
func refusedFunctions() []function {
	var out []function
	add := func(kind functionKind, doc, why, names string) {
		out = append(out, function{name: strings.Join(strings.Fields(names), " "), doc: doc, kind: kind, refused: why})
	}
	add(aggregateFunction, "MinHash sketch of values, or of sketches.", "MinHash sketches are not in the local engine", `make_set_digest merge_set_digest`)
	add(aggregateFunction, "Model learned from rows.", "models are not in the local engine", `learn_classifier learn_regressor learn_libsvm_classifier learn_libsvm_regressor
		evaluate_classifier_predictions`)
	add(scalarFunction, "What a MinHash sketch says of sets.", "MinHash sketches are not in the local engine", `intersection_cardinality jaccard_index hash_counts`)
	add(scalarFunction, "Array in an order of chance.", "its answer is chance", `shuffle`)
	add(scalarFunction, "Text in colors for a terminal.", "colors for a terminal are not in the local engine", `bar color render rgb`)
	add(scalarFunction, "What a model makes of features.", "models are not in the local engine", `classify features regress`)
	add(scalarFunction, "Groups of the user.", "the local engine has no users", `current_groups`)
	const space = "geometry is not in the local engine"
	add(aggregateFunction, "Geometry of many.", space, `convex_hull_agg geometry_union_agg spatial_partitioning`)
	add(scalarFunction, "Function of geometry.", space, `st_asbinary st_astext st_geometryfromtext st_geomfrombinary st_geomfromkml st_linefromtext st_linestring
		st_multipoint st_point st_polygon geometry_from_hadoop_shape to_spherical_geography to_geometry great_circle_distance st_contains st_crosses st_disjoint
		st_equals st_intersects st_overlaps st_relate st_touches st_within geometry_nearest_points geometry_union st_boundary st_buffer st_difference
		st_envelope st_envelopeaspts st_exteriorring st_intersection st_symdifference st_union st_area st_centroid st_convexhull st_coorddim st_dimension
		st_distance st_geometryn st_interiorringn st_geometrytype st_isclosed st_isempty st_issimple st_isring st_isvalid st_length st_pointn st_points
		st_xmax st_ymax st_xmin st_ymin st_startpoint simplify_geometry st_endpoint st_x st_y st_interiorrings st_numgeometries st_geometries st_numpoints
		st_numinteriorring line_interpolate_point line_interpolate_points line_locate_point geometry_invalid_reason from_geojson_geometry
		to_geojson_geometry flatten_geometry_collections to_encoded_polyline from_encoded_polyline`)
	add(scalarFunction, "Function of Bing's map tiles.", space, `bing_tile bing_tile_at bing_tiles_around bing_tile_coordinates bing_tile_polygon bing_tile_quadkey
		bing_tile_zoom_level geometry_to_bing_tiles`)
	return out
}
