package dialect

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// SHOW and DESCRIBE. What both Trino and Athena have is answered in Trino's shape,
// or as Athena's service gives it where Options.Hive asks for that; what only
// Athena has, in Athena's.

func (u *planner) show(s *Show) *Plan {
	if u.opt.Hive {
		s.Hive = true
	}
	plan := &Plan{Pos: s.Pos, What: "SHOW " + s.What, Statement: s}
	if s.What == "DESCRIBE" {
		plan.What = s.What
	}
	switch s.What {
	case "CATALOGS":
		plan.Rows = u.names(s, "Catalog", "catalog", []string{u.session().catalogName(), "system"}, true)
	case "SCHEMAS":
		plan.Rows = u.schemas(s)
	case "TABLES", "VIEWS":
		plan.Rows = u.tables(s)
	case "COLUMNS", "DESCRIBE":
		plan.Rows = u.columns(s)
	case "PARTITIONS":
		plan.Rows = u.partitions(s)
	case "TBLPROPERTIES":
		plan.Rows = u.tableProperties(s)
	case "CREATE TABLE", "CREATE VIEW":
		plan.Rows = u.creation(s)
	case "CREATE SCHEMA":
		plan.Rows = u.schemaCreation(s)
	case "FUNCTIONS":
		plan.Rows = u.functions(s)
	case "STATS":
		u.known(s, Pos{})
		panic(errorAt(s.Pos, "NOT_SUPPORTED", notRun).hint("Athena has no SHOW STATS; count what you want to know"))
	default:
		panic(errorAt(s.Pos, "NOT_SUPPORTED", notRun).hint("Athena has no SHOW %s", s.What))
	}
	return plan
}

// text columns of a result.
func varchars(names ...string) []Column {
	out := make([]Column, len(names))
	for i, n := range names {
		out[i] = Column{Name: n, Type: tVarchar}
	}
	return out
}

// names lists names that fit the statement's pattern under a heading: Trino's or
// Athena's.
func (u *planner) names(s *Show, trino, athena string, names []string, sized bool) *Translation {
	head := trino
	if s.Hive {
		head = athena
	}
	matches := s.matcher()
	var rows [][]any
	for _, n := range names {
		if matches(n) {
			rows = append(rows, []any{n})
		}
	}
	return listing(varchars(head), rows, sized && !s.Hive)
}

// matcher gives the statement's test of names.
func (s *Show) matcher() func(string) bool {
	switch {
	case s.Like == nil:
		return func(string) bool { return true }
	case s.Regex:
		return hiveLike(*s.Like)
	}
	escape := rune(-1)
	if s.Escape != nil {
		if utf8.RuneCountInString(*s.Escape) != 1 {
			panic(&Error{Name: "INVALID_FUNCTION_ARGUMENT", Message: "Escape string must be a single character"})
		}
		escape, _ = utf8.DecodeRuneInString(*s.Escape)
	}
	pattern := []rune(*s.Like)
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != escape {
			continue
		}
		if i++; i == len(pattern) || pattern[i] != '%' && pattern[i] != '_' && pattern[i] != escape {
			panic(&Error{Name: "INVALID_FUNCTION_ARGUMENT", Message: "Escape character must be followed by '%', '_' or the escape character itself"})
		}
	}
	return func(name string) bool { return like(pattern, []rune(name), escape) }
}

// like is SQL's LIKE.
func like(p, s []rune, escape rune) bool {
	for len(p) > 0 {
		switch {
		case p[0] == escape && len(p) > 1:
			if len(s) == 0 || s[0] != p[1] {
				return false
			}
			p, s = p[2:], s[1:]
		case p[0] == '%':
			for i := 0; i <= len(s); i++ {
				if like(p[1:], s[i:], escape) {
					return true
				}
			}
			return false
		case len(s) == 0 || p[0] != '_' && p[0] != s[0]:
			return false
		default:
			p, s = p[1:], s[1:]
		}
	}
	return len(s) == 0
}

// hiveLike gives the test of Hive's pattern of names: a regular expression in which *
// alone stands for any text, and | for or. What Athena's users write as '.*x' means the
// same.
func hiveLike(pattern string) func(string) bool {
	text := strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(pattern), ".*", "*"), "*", ".*")
	expr, err := regexp.Compile("^(?:" + text + ")$")
	if err != nil {
		panic(&Error{Name: "INVALID_FUNCTION_ARGUMENT", Message: "Invalid pattern of names '" + pattern + "'", Hint: "* stands for any text, | for or, [a-z] for one character"})
	}
	return expr.MatchString
}

func (u *planner) schemas(s *Show) *Translation {
	a := u.session()
	if len(s.Name.Parts) == 1 && s.Name.Parts[0] != a.catalogName() {
		panic(&Error{Name: "CATALOG_NOT_FOUND", Message: "Catalog '" + s.Name.Parts[0] + "' does not exist"})
	}
	list := a.databases()
	if s.Hive { // Glue has no such database
		list = slices.DeleteFunc(list, func(n string) bool { return n == "information_schema" })
	}
	return u.names(s, "Schema", "database_name", list, false)
}

// schemaOf gives the database that SHOW TABLES names.
func (u *planner) schemaOf(s *Show) string {
	a := u.session()
	db, catalog := strings.ToLower(u.opt.Database), a.catalogName()
	switch n := s.Name.Parts; len(n) {
	case 0:
	case 1:
		db = n[0]
	case 2:
		catalog, db = n[0], n[1]
	default:
		panic(errorAt(s.Pos, "SYNTAX_ERROR", "Too many parts in schema name: %s", strings.Join(n, ".")))
	}
	if catalog != a.catalogName() {
		panic(errorAt(s.Pos, "CATALOG_NOT_FOUND", "Catalog '%s' does not exist", catalog))
	}
	if !slices.Contains(a.databases(), db) {
		panic(errorAt(s.Pos, "SCHEMA_NOT_FOUND", "Schema '%s' does not exist", db))
	}
	return db
}

func (u *planner) tables(s *Show) *Translation {
	db := u.schemaOf(s)
	a := u.session()
	names := slices.Clone(a.tablesOf(db))
	if s.What == "VIEWS" {
		names = slices.DeleteFunc(names, func(n string) bool { t := a.tableOf(db, n); return t == nil || t.View == "" })
		return u.names(s, "Table", "views", names, false)
	}
	return u.names(s, "Table", "tab_name", names, false)
}

// known gives the table or view that the statement names, or Trino's error at p.
func (u *planner) known(s *Show, p Pos) (*Table, qualified) {
	q := u.resolve(s.Name)
	a := u.session()
	switch {
	case q.catalog != a.catalogName():
		panic(errorAt(p, "CATALOG_NOT_FOUND", "Catalog '%s' does not exist", q.catalog))
	case !slices.Contains(a.databases(), q.database):
		panic(errorAt(p, "SCHEMA_NOT_FOUND", "Schema '%s' does not exist", q.database))
	}
	var t *Table
	if slices.Contains(a.tablesOf(q.database), q.name) {
		t = a.tableOf(q.database, q.name)
	}
	if t == nil {
		e := errorAt(p, "TABLE_NOT_FOUND", "Table '%s' does not exist", q)
		if near := suggest(q.name, a.tablesOf(q.database)); near != "" {
			e.hint("did you mean %s?", near)
		}
		panic(e)
	}
	return t, q
}

func (u *planner) columns(s *Show) *Translation {
	t, _ := u.known(s, s.Pos)
	if s.Hive {
		return u.hiveColumns(s, t)
	}
	matches := s.matcher()
	var rows [][]any
	for _, c := range slices.Concat(t.Columns, t.Partitions) {
		if name := strings.ToLower(c.Name); matches(name) {
			rows = append(rows, []any{name, c.Type.String(), "", c.Comment})
		}
	}
	return listing(varchars("Column", "Type", "Extra", "Comment"), rows, false)
}

// hiveColumns is SHOW COLUMNS and DESCRIBE as Athena's service gives them.
func (u *planner) hiveColumns(s *Show, t *Table) *Translation {
	if s.What == "COLUMNS" {
		var rows [][]any
		for _, c := range slices.Concat(t.Columns, t.Partitions) {
			rows = append(rows, []any{strings.ToLower(c.Name)})
		}
		return listing(varchars("field"), rows, false)
	}
	var rows [][]any
	add := func(cells ...any) { rows = append(rows, cells) }
	one := func(c Column) {
		typ, ok := hiveTypeText(c.Type)
		if !ok {
			typ = c.Type.String()
		}
		add(strings.ToLower(c.Name), typ, c.Comment)
	}
	for _, c := range slices.Concat(t.Columns, t.Partitions) {
		one(c)
	}
	if len(t.Partitions) > 0 {
		add("", "", "")
		add("# Partition Information", "", "")
		add("# col_name", "data_type", "comment")
		add("", "", "")
		for _, c := range t.Partitions {
			one(c)
		}
	}
	if s.Variant != "" {
		add("", "", "")
		add("# Detailed Table Information", "", "")
		for _, p := range details(t) {
			add(p[0], p[1], "")
		}
	}
	return listing(varchars("col_name", "data_type", "comment"), rows, false)
}

// details are what DESCRIBE FORMATTED says of a table beside its columns.
func details(t *Table) [][2]string {
	kind := "EXTERNAL_TABLE"
	if t.View != "" {
		kind = "VIRTUAL_VIEW"
	}
	out := [][2]string{{"Database:", t.Database}, {"Location:", t.Location}, {"Table Type:", kind}, {"SerDe Library:", t.SerDe},
		{"InputFormat:", t.InputFormat}, {"OutputFormat:", t.OutputFormat}}
	if t.View != "" {
		out = append(out, [2]string{"View Original Text:", t.View})
	}
	return slices.DeleteFunc(out, func(p [2]string) bool { return p[1] == "" })
}

// partitions lists a table's partitions as Hive names their folders.
func (u *planner) partitions(s *Show) *Translation {
	t, q := u.known(s, s.Pos)
	if t.View != "" || len(t.Partitions) == 0 {
		panic(errorAt(Pos{}, "INVALID_TABLE_PROPERTY", "Table %s is not a partitioned table", q.database+"."+q.name))
	}
	if t.Projected() { // a catalog does not hold what is projected
		var rows [][]any
		for _, p := range t.Added {
			parts := make([]string, len(p.Values))
			for i, v := range p.Values {
				parts[i] = strings.ToLower(t.Partitions[i].Name) + "=" + v
			}
			rows = append(rows, []any{strings.Join(parts, "/")})
		}
		return listing(varchars("partition"), rows, false)
	}
	var order []string
	for _, c := range t.Partitions {
		order = append(order, quoteName(c.Name))
	}
	text := fmt.Sprintf(`SELECT "$partition" AS "partition" FROM %s.%s ORDER BY %s`, quoteName(q.database), quoteName(q.name+partitionsOf), strings.Join(order, ", "))
	query, err := parseQuery(text, u.opt.Level)
	if err != nil {
		panic(err)
	}
	return u.rows(query, nil)
}

func (u *planner) tableProperties(s *Show) *Translation {
	t, _ := u.known(s, s.Pos)
	var rows [][]any
	for _, key := range sortedKeys(t.TableProperties) {
		if s.Property == "" || s.Property == key {
			rows = append(rows, []any{key, t.TableProperties[key]})
		}
	}
	return listing(varchars("prpt_name", "prpt_value"), rows, false)
}

// functions lists the function table at the session's release.
func (u *planner) functions(s *Show) *Translation {
	matches := s.matcher()
	var rows [][]any
	for _, name := range functionNames() {
		f := table()[name]
		if !matches(name) || f.since > u.opt.Level || f.until != 0 && f.until < u.opt.Level {
			continue
		}
		kind := map[functionKind]string{aggregateFunction: "aggregate", windowFunction: "window"}[f.kind]
		if kind == "" {
			kind = "scalar"
		}
		for _, sig := range f.sigs {
			in := make([]string, 0)
			for _, p := range splitTop(sig.in) {
				in = append(in, strings.TrimSpace(p))
			}
			rows = append(rows, []any{name, sig.out, strings.Join(in, ", "), kind, !volatile[name], f.doc})
		}
	}
	columns := varchars("Function", "Return Type", "Argument Types", "Function Type", "Deterministic", "Description")
	columns[4].Type = tBoolean
	return listing(columns, rows, true)
}

// volatile are the functions that answer the same question differently.
var volatile = map[string]bool{"rand": true, "random": true, "shuffle": true, "uuid": true}

func (u *planner) schemaCreation(s *Show) *Translation {
	db := u.schemaOf(s)
	text := "CREATE SCHEMA " + u.session().catalogName() + "." + db
	if s.Hive {
		return listing(varchars("createdb_stmt"), [][]any{{"CREATE DATABASE `" + db + "`"}}, false)
	}
	return listing(varchars("Create Schema"), [][]any{{text}}, true)
}
