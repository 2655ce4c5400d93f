package dialect

import (
	"fmt"
	"slices"
	"strings"
)

// Statements that make again what the catalog has.

// creation answers SHOW CREATE TABLE and SHOW CREATE VIEW.
func (u *planner) creation(s *Show) *Translation {
	t, q := u.known(s, s.Pos)
	view := s.What == "CREATE VIEW"
	if view != (t.View != "") {
		is, not := "table", "view"
		if !view {
			is, not = not, is
		}
		panic(errorAt(s.Pos, "NOT_SUPPORTED", "Relation '%s' is a %s, not a %s", q, is, not))
	}
	switch {
	case s.Hive && view:
		return listing(varchars("Create View"), [][]any{{ViewDDL(t)}}, false)
	case s.Hive:
		var rows [][]any
		for line := range strings.Lines(TableDDL(t)) {
			rows = append(rows, []any{strings.TrimRight(line, "\n")})
		}
		return listing(varchars("createtab_stmt"), rows, false)
	case view:
		text := "CREATE VIEW " + q.String() + " SECURITY DEFINER AS\n" + t.View
		return listing(varchars("Create View"), [][]any{{text}}, true)
	}
	var lines []string
	for _, c := range slices.Concat(t.Columns, t.Partitions) {
		line := "   " + trinoName(c.Name) + " " + c.Type.String()
		if c.Comment != "" {
			line += " COMMENT " + quoteText(c.Comment)
		}
		lines = append(lines, line)
	}
	text := "CREATE TABLE " + q.String() + " (\n" + strings.Join(lines, ",\n") + "\n)"
	if t.Comment != "" {
		text += "\nCOMMENT " + quoteText(t.Comment)
	}
	return listing(varchars("Create Table"), [][]any{{text}}, true)
}

// trinoName quotes a name that Trino's grammar would not take as it is.
func trinoName(s string) string {
	if plainName(s) && !reserved[strings.ToUpper(s)] {
		return s
	}
	return quoteName(s)
}

// ViewDDL is the statement that makes a view of the catalog.
func ViewDDL(t *Table) string {
	return "CREATE VIEW " + trinoName(t.Database) + "." + trinoName(strings.ToLower(t.Name)) + " AS\n" + t.View
}

// TableDDL is the statement, in Hive's grammar, that makes a table of the catalog.
func TableDDL(t *Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE EXTERNAL TABLE %s.%s(\n%s)\n", hiveName(t.Database), hiveName(t.Name), hiveColumnList(t.Columns))
	if t.Comment != "" {
		fmt.Fprintf(&b, "COMMENT %s\n", hiveText(t.Comment))
	}
	if len(t.Partitions) > 0 {
		fmt.Fprintf(&b, "PARTITIONED BY (\n%s)\n", hiveColumnList(t.Partitions))
	}
	if t.Buckets > 0 {
		fmt.Fprintf(&b, "CLUSTERED BY (%s) INTO %d BUCKETS\n", strings.Join(t.BucketedBy, ", "), t.Buckets)
	}
	if t.SerDe != "" {
		fmt.Fprintf(&b, "ROW FORMAT SERDE\n  %s\n", hiveText(t.SerDe))
		if len(t.SerDeProperties) > 0 {
			fmt.Fprintf(&b, "WITH SERDEPROPERTIES (\n%s)\n", hiveProperties(t.SerDeProperties))
		}
	}
	switch {
	case t.InputFormat != "" && t.OutputFormat != "":
		fmt.Fprintf(&b, "STORED AS INPUTFORMAT\n  %s\nOUTPUTFORMAT\n  %s\n", hiveText(t.InputFormat), hiveText(t.OutputFormat))
	case slices.Contains([]string{"PARQUET", "ORC", "AVRO", "SEQUENCEFILE", "RCFILE"}, t.Format):
		fmt.Fprintf(&b, "STORED AS %s\n", t.Format)
	}
	fmt.Fprintf(&b, "LOCATION\n  %s\n", hiveText(t.Location))
	if len(t.TableProperties) > 0 {
		fmt.Fprintf(&b, "TBLPROPERTIES (\n%s)\n", hiveProperties(t.TableProperties))
	}
	return strings.TrimRight(b.String(), "\n")
}

func hiveName(s string) string { return "`" + strings.ReplaceAll(strings.ToLower(s), "`", "``") + "`" }

// hiveText writes a string of Hive's.
func hiveText(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, c := range s {
		switch {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString("\\n")
		case c < 0x20:
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

func hiveColumnList(columns []Column) string {
	lines := make([]string, len(columns))
	for i, c := range columns {
		typ, _ := hiveTypeText(c.Type)
		lines[i] = "  " + hiveName(c.Name) + " " + typ
		if c.Comment != "" {
			lines[i] += " COMMENT " + hiveText(c.Comment)
		}
	}
	return strings.Join(lines, ", \n")
}

func hiveProperties(m map[string]string) string {
	var lines []string
	for _, k := range sortedKeys(m) {
		lines = append(lines, "  "+hiveText(k)+"="+hiveText(m[k]))
	}
	return strings.Join(lines, ", \n")
}

// hiveNames are Hive's names of types that have no parts.
var hiveNames = map[Kind]string{
	Boolean: "boolean", TinyInt: "tinyint", SmallInt: "smallint", Integer: "int", BigInt: "bigint", Real: "float", Double: "double",
	Varbinary: "binary", Date: "date",
}

// hiveTypeText spells a type as Hive does; false for one that Hive has not.
func hiveTypeText(t Type) (text string, ok bool) {
	parts := make([]string, len(t.Elem))
	for i, f := range t.Elem {
		if parts[i], ok = hiveTypeText(f.Type); !ok {
			return "", false
		}
		if t.Kind == Row {
			if f.Name == "" {
				return "", false
			}
			name := f.Name
			if !plainName(name) {
				name = hiveName(name)
			}
			parts[i] = name + ":" + parts[i]
		}
	}
	switch t.Kind {
	case Varchar:
		if t.Precision == Unbounded || t.Precision > 65535 {
			return "string", true
		}
		return fmt.Sprintf("varchar(%d)", max(t.Precision, 1)), true
	case Char:
		return fmt.Sprintf("char(%d)", t.Precision), true
	case Decimal:
		return fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale), true
	case Timestamp:
		return "timestamp", t.Precision == 3
	case Array:
		return "array<" + parts[0] + ">", true
	case Map:
		return "map<" + parts[0] + "," + parts[1] + ">", true
	case Row:
		return "struct<" + strings.Join(parts, ",") + ">", true
	}
	text, ok = hiveNames[t.Kind]
	return text, ok
}

// Storable says whether a table can keep values of a type.
func Storable(t Type) bool {
	_, ok := hiveTypeText(storedType(t))
	return ok
}
