package schema

import (
	"strconv"
	"strings"
)

// Markdown gives docs/TELEMETRY_SCHEMA.md: the tables, the rules and where
// everything that derives from them is.
func Markdown() string {
	var b strings.Builder
	b.WriteString(`# Telemetry schema

This page is written by ` + "`go test ./schema -update`" + ` from schema/tables.go and schema/rules.go. Change those, not this page.

The same statement gives the order of the fields in JSON, the Hive DDL in sql/ddl, the Parquet columns,
the checks in sql/quality and the JSON Schema in docs/telemetry_event.schema.json.

An event is one JSON object in UTF-8. Fields stand in the order below. Firehose writes objects as they
arrive, so that a reader must not rely on the order, and must accept fields it does not know.

`)
	for _, t := range Tables() {
		markdownTable(&b, t)
	}
	b.WriteString(`## Operating systems

| device_type | device_os |
| --- | --- |
`)
	for _, c := range eventColumns() {
		if c.Name == "device_type" {
			for _, device := range c.Enum {
				b.WriteString("| " + device + " | " + strings.Join(OperatingSystems(device), ", ") + " |\n")
			}
		}
	}
	b.WriteString(`
## Rules

What must hold for every event of a healthy stream. Each has its query in sql/quality, which gives the
rows that break it (` + "`offending`" + `) and the rows looked at (` + "`total`" + `); sql/quality/all.sql counts
all but the last in one pass, which Athena bills once. A row of NULLs, which is what a malformed
line becomes, breaks ids_well_formed and no other rule: of a NULL nothing is known.

| rule | what must hold |
| --- | --- |
`)
	for _, r := range Rules() {
		b.WriteString("| [" + r.ID + "](../sql/quality/" + r.ID + ".sql) | " + r.Doc + " |\n")
	}
	return b.String()
}

func markdownTable(b *strings.Builder, t Table) {
	b.WriteString("## " + t.Database + "." + t.Name + "\n\n" + t.Doc + "\n\nObjects: `<lake>/" + t.Prefix + "`, ")
	if t.Parquet {
		b.WriteString("Parquet.")
	} else {
		b.WriteString("gzip JSON, one object a line.")
	}
	switch t.Name {
	case EventsParquet:
		b.WriteString(" Columns and partitions are those of " + EventsJSON + ".\n\n")
		return
	case EventsDaily:
		b.WriteString(" Columns are those of " + EventsJSON + ", partitions its year, month and day.\n\n")
		return
	}
	b.WriteString("\n\n| # | column | type | values | meaning |\n| ---: | --- | --- | --- | --- |\n")
	for i, c := range append(t.Columns[:len(t.Columns):len(t.Columns)], t.Partitions...) {
		number := strconv.Itoa(i + 1)
		if i >= len(t.Columns) {
			number = "path"
		}
		b.WriteString("| " + number + " | " + c.Name + " | " + c.Type.String() + " | " + c.Values() + " | " + c.Doc + " |\n")
	}
	b.WriteByte('\n')
}

// Values says in words which values c may have.
func (c Column) Values() string {
	switch {
	case c.Prefix != "":
		return c.Prefix + " and hexadecimal digits"
	case c.Enum != nil:
		return strings.Join(c.Enum, ", ")
	case c.Max > c.Min && c.Scale > 0:
		return decimal(c.Min) + " to " + decimal(c.Max) + ", " + strconv.Itoa(c.Scale) + " decimals"
	case c.Max > c.Min:
		return decimal(c.Min) + " to " + decimal(c.Max)
	case c.Type == Boolean:
		return "true, false"
	case c.Name == "event_timestamp":
		return "2025-08-11T17:33:47.123456Z"
	case c.Name == "app_version":
		return "X.Y.Z"
	case c.Name == "ip_address":
		return "IPv4"
	case c.MayBeEmpty:
		return "text, may be empty"
	}
	return "text"
}
