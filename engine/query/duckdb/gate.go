package duckdb

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"acme/telemetry/engine/query"
)

// maxText is how long a statement may be: as Athena has it. How deep it may be,
// by which parsers of long texts have crashed, is bounded by the dialect.
const maxText = 256 << 10

//go:embed functions.txt
var functionList string

// gate is the last look at SQL before DuckDB runs it: exactly one SELECT, over
// relations that were made for this statement, with functions from a list.
// DuckDB parses the text and gives its tree as JSON; nothing is bound or run.
// The dialect writes only what passes; the gate holds even if it did not.
type gate struct {
	session   *session
	functions map[string]bool
	macros    map[string]bool // of the dialect's prelude, by name, in schema trino
}

// macroNames finds the macros that a statement of the prelude makes. To ask
// DuckDB for them takes longer than all else that a session needs.
var macroNames = regexp.MustCompile(`(?i)\bMACRO\s+(?:IF\s+NOT\s+EXISTS\s+)?trino\.(\w+|"[^"]+")\s*\(`)

// newGate makes the gate of a session: own are the functions in Go that were
// registered, prelude the statements that made the dialect's macros.
func newGate(s *session, own, prelude []string) *gate {
	g := &gate{session: s, functions: make(map[string]bool), macros: make(map[string]bool)}
	for line := range strings.Lines(functionList) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, name := range strings.Fields(line) {
			g.functions[name] = true
		}
	}
	for _, name := range own {
		g.functions[strings.ToLower(name)] = true
	}
	for _, statement := range prelude {
		for _, found := range macroNames.FindAllStringSubmatch(statement, -1) {
			g.macros[strings.ToLower(strings.Trim(found[1], `"`))] = true
		}
	}
	return g
}

// refusal is a statement that the gate keeps out.
func refusal(format string, args ...any) *query.Error {
	return &query.Error{Name: "ACCESS_DENIED", Message: "Access Denied: " + fmt.Sprintf(format, args...)}
}

// check refuses everything but one SELECT over these relations.
func (g *gate) check(sql string, relations []string) error {
	if len(sql) > 4*maxText { // a translation is longer than what it translates
		return refusal("the translated statement has %d bytes", len(sql))
	}
	if strings.IndexByte(sql, 0) >= 0 {
		return refusal("the statement has a NUL byte")
	}
	trees, err := g.session.texts("SELECT json_serialize_sql(?::VARCHAR)::VARCHAR", sql)
	if err != nil || len(trees) != 1 {
		return refusal("the statement cannot be read: %v", err)
	}
	var parsed struct {
		Error      bool             `json:"error"`
		Message    string           `json:"error_message"`
		Statements []map[string]any `json:"statements"`
	}
	if err := json.Unmarshal([]byte(trees[0]), &parsed); err != nil {
		return refusal("the statement's tree cannot be read: %v", err)
	}
	if parsed.Error {
		return refusal("%s", parsed.Message)
	}
	if len(parsed.Statements) != 1 {
		return refusal("%d statements in one", len(parsed.Statements))
	}
	scope := make(map[string]bool, len(relations))
	for _, r := range relations {
		scope[strings.ToLower(r)] = true
	}
	return g.node(parsed.Statements[0], scope)
}

// node checks a part of the tree. Names of common table expressions are in
// scope below the node that defines them.
func (g *gate) node(v any, scope map[string]bool) error {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if err := g.node(item, scope); err != nil {
				return err
			}
		}
	case map[string]any:
		if err := g.object(v, scope); err != nil {
			return err
		}
		scope = withNames(v, scope)
		if text(v, "class") == "CONSTANT" {
			return nil // what it holds is data
		}
		for _, child := range v {
			if err := g.node(child, scope); err != nil {
				return err
			}
		}
	}
	return nil
}

func text(v map[string]any, key string) string {
	s, _ := v[key].(string)
	return s
}

// object checks one object of the tree by what it says it is.
func (g *gate) object(v map[string]any, scope map[string]bool) error {
	class, typ := text(v, "class"), text(v, "type")
	if class != "" && !nodeClasses[class] {
		return refusal("%s is not allowed", strings.ToLower(class))
	}
	if class == "" && typ != "" && !nodeTypes[typ] {
		return refusal("%s is not allowed", strings.ToLower(typ))
	}
	if name, ok := v["function_name"].(string); ok {
		return g.function(v, strings.ToLower(name))
	}
	if typ == "TABLE_FUNCTION" {
		f, _ := v["function"].(map[string]any)
		if name := strings.ToLower(text(f, "function_name")); !tableFunctions[name] {
			return refusal("the table function %s is not allowed", name)
		}
	}
	if typ == "BASE_TABLE" {
		name := text(v, "table_name")
		if text(v, "schema_name") != "" || text(v, "catalog_name") != "" || !scope[strings.ToLower(name)] {
			return refusal("Cannot select from table %s", query.Printable(name))
		}
	}
	return nil
}

func (g *gate) function(v map[string]any, name string) error {
	schema := strings.ToLower(text(v, "schema"))
	catalog := strings.ToLower(text(v, "catalog"))
	switch {
	case catalog != "" && catalog != "memory" && catalog != "system":
	case schema == "trino" && g.macros[name]:
		return nil
	case (schema == "" || schema == "main") && g.functions[name]:
		return nil
	}
	return refusal("Cannot execute function %s", query.Printable(strings.TrimPrefix(schema+"."+name, ".")))
}

// withNames gives the scope with the common table expressions of a node.
func withNames(v map[string]any, scope map[string]bool) map[string]bool {
	var names []string
	if m, ok := v["cte_map"].(map[string]any); ok {
		entries, _ := m["map"].([]any)
		for _, e := range entries {
			if entry, ok := e.(map[string]any); ok {
				names = append(names, text(entry, "key"))
			}
		}
	}
	if name := text(v, "cte_name"); name != "" {
		names = append(names, name)
	}
	if len(names) == 0 {
		return scope
	}
	wider := make(map[string]bool, len(scope)+len(names))
	for name := range scope {
		wider[name] = true
	}
	for _, name := range names {
		wider[strings.ToLower(name)] = true
	}
	return wider
}

var tableFunctions = map[string]bool{"range": true, "generate_series": true, "unnest": true}

// What a tree may be made of. Left out on purpose: PARAMETER, SHOW_REF, PIVOT,
// DELIM_GET, COLUMN_DATA, and whatever a later release adds.
var nodeClasses = map[string]bool{
	"BETWEEN": true, "CASE": true, "CAST": true, "COLLATE": true, "COLUMN_REF": true, "COMPARISON": true,
	"CONJUNCTION": true, "CONSTANT": true, "DEFAULT": true, "FUNCTION": true, "LAMBDA": true, "LAMBDA_REF": true,
	"OPERATOR": true, "POSITIONAL_REFERENCE": true, "STAR": true, "SUBQUERY": true, "WINDOW": true,
}

var nodeTypes = map[string]bool{
	"SELECT_NODE": true, "SET_OPERATION_NODE": true, "RECURSIVE_CTE_NODE": true, "CTE_NODE": true,
	"BASE_TABLE": true, "SUBQUERY": true, "JOIN": true, "TABLE_FUNCTION": true, "EMPTY": true, "EMPTY_FROM": true,
	"EXPRESSION_LIST": true, "CTE": true,
	"LIMIT_MODIFIER": true, "LIMIT_PERCENT_MODIFIER": true, "ORDER_MODIFIER": true, "DISTINCT_MODIFIER": true,
	"ORDER_DEFAULT": true, "ASCENDING": true, "DESCENDING": true,
	"DECIMAL_TYPE_INFO": true, "LIST_TYPE_INFO": true, "STRUCT_TYPE_INFO": true, "STRING_TYPE_INFO": true,
	"GENERIC_TYPE_INFO": true, "EXTRA_TYPE_INFO": true, "USER_TYPE_INFO": true, "INTEGER_LITERAL_TYPE_INFO": true,
	"UNBOUND_TYPE_INFO": true, "INVALID_TYPE_INFO": true, "ARRAY_TYPE_INFO": true,
}
