package schema

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the files that derive from the tables")

// golden holds a file of the project to what derives from the tables.
func golden(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s does not agree with schema/tables.go and rules.go: go test ./schema -update writes it.\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

func TestDDLFilesAgree(t *testing.T) {
	const account = "-- Put your account in place of 123456789012.\n"
	for i, table := range Tables() {
		location := table.Location(Bucket)
		golden(t, "../sql/ddl/2"+decimal(int64(i))+"_"+table.Name+".sql", "-- "+table.Doc+"\n"+account+HiveDDL(table, location))
		if len(table.Partitions) > 0 {
			golden(t, "../sql/ddl/3"+decimal(int64(i))+"_repair_"+table.Name+".sql",
				"-- Registers the hours that lie in the bucket and that Glue does not know yet.\nMSCK REPAIR TABLE `"+table.Database+"`.`"+table.Name+"`\n")
		}
	}
	for i, db := range []string{TelemetryDatabase, DimensionsDatabase} {
		golden(t, "../sql/ddl/1"+decimal(int64(i))+"_"+db+".sql", "-- The database of the tables below.\nCREATE DATABASE IF NOT EXISTS `"+db+"`\n")
	}
	events := Events()
	golden(t, "../sql/ddl/projection/"+events.Name+".sql", "-- The event table with partition projection, instead of ddl/20_"+events.Name+".sql: no MSCK REPAIR,\n"+
		"-- and SHOW PARTITIONS shows nothing. A query without a time range tries every hour of the ranges.\n"+account+
		HiveProjectionDDL(events, events.Location(Bucket)))
}

func TestQualityFilesAgree(t *testing.T) {
	all := "-- Every rule that one pass over the events can count: the rows that break it, and\n-- the rows looked at. One query, since Athena bills 10 MB at least for each.\nSELECT\n  COUNT(*) AS total"
	for _, r := range Rules() {
		from := r.From
		if from == "" {
			from = EventsJSON
			all += ",\n  " + wrapped(r.Count) + " AS " + r.ID
		}
		from = strings.ReplaceAll(from, " JOIN ", "\nJOIN ")
		golden(t, "../sql/quality/"+r.ID+".sql", "-- "+r.Doc+" The rows that break this, and the rows looked at.\nSELECT\n  "+
			wrapped(r.Count)+" AS offending,\n  COUNT(*) AS total\nFROM "+from+"\n")
	}
	golden(t, "../sql/quality/all.sql", all+"\nFROM "+EventsJSON+"\n")
}

// wrapped breaks a long alternative over lines.
func wrapped(count string) string {
	if len(count) < 90 {
		return count
	}
	count = strings.ReplaceAll(count, " OR ", "\n    OR ")
	return strings.TrimSuffix(strings.Replace(count, "(", "(\n    ", 1), ")") + "\n  )"
}

func TestDocumentationAgrees(t *testing.T) {
	golden(t, "../docs/TELEMETRY_SCHEMA.md", Markdown())
	golden(t, "../docs/telemetry_event.schema.json", string(JSONSchema(Events())))
}

// The parts that people read name the same columns in the same order, however
// each was made: read back, not compared with their own generator.
func TestOneOrder(t *testing.T) {
	for _, table := range Tables() {
		want := strings.Join(table.JSONNames(), " ")
		ddl := HiveDDL(table, "s3://b/"+table.Prefix)
		body := ddl[strings.Index(ddl, "(\n"):strings.Index(ddl, "\n)")]
		var got []string
		for _, m := range regexp.MustCompile("(?m)^  `([a-z_]+)` (string|int|bigint|double|boolean|date),?$").FindAllStringSubmatch(body, -1) {
			got = append(got, m[1])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: DDL has columns %v, want %s", table.Name, got, want)
		}
		if names := propertyNames(t, JSONSchema(table)); names != want {
			t.Errorf("%s: JSON Schema has properties %s, want %s", table.Name, names, want)
		}
	}
}

// propertyNames reads the names of a JSON Schema's properties in their order.
func propertyNames(t *testing.T, schema []byte) string {
	t.Helper()
	var doc struct{ Properties json.RawMessage }
	if err := json.Unmarshal(schema, &doc); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(doc.Properties))
	var names []string
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			t.Fatal(err)
		}
		names = append(names, name.(string))
	}
	return strings.Join(names, " ")
}

func TestEventOrderIsThePipelines(t *testing.T) {
	const want = "event_id customer_id title_id session_id event_type event_timestamp watch_duration_seconds position_seconds " +
		"completion_percentage device_type device_id device_os app_version quality bandwidth_mbps buffering_events " +
		"buffering_duration_seconds error_count ip_address country state city isp connection_type"
	if got := strings.Join(Events().JSONNames(), " "); got != want {
		t.Errorf("events: columns\n%s\nwant, as the pipeline writes them\n%s", got, want)
	}
}

func TestPatterns(t *testing.T) {
	for name, cases := range map[string]struct{ good, bad []string }{
		"event_id":        {[]string{"EVENT_0", "EVENT_fc85FB88"}, []string{"", "EVENT_", "event_00", "EVENT_0g", "xEVENT_00", "EVENT_00 "}},
		"customer_id":     {[]string{"CUST_c206f250"}, []string{"CUST-00", "EVENT_00"}},
		"event_timestamp": {[]string{"2025-08-11T17:33:47.123456Z"}, []string{"2025-08-11 17:33:47.123456", "2025-08-11T17:33:47Z", "2025-08-11T17:33:47.123456+00:00"}},
		"app_version":     {[]string{"5.4.0", "12.0.11"}, []string{"5.4", "5.4.0-rc1", "v5.4.0"}},
		"ip_address":      {[]string{"192.0.2.30", "0.0.0.0", "255.255.255.255"}, []string{"256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "::1"}},
	} {
		pattern := regexp.MustCompile(column(t, name).Pattern())
		for _, s := range cases.good {
			if !pattern.MatchString(s) {
				t.Errorf("%s: %q does not match, it must", name, s)
			}
		}
		for _, s := range cases.bad {
			if pattern.MatchString(s) {
				t.Errorf("%s: %q matches, it must not", name, s)
			}
		}
	}
}

func column(t *testing.T, name string) Column {
	t.Helper()
	for _, c := range Events().Columns {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no column %s", name)
	return Column{}
}

// Every class of device has its operating systems, and the column lists them all.
func TestOperatingSystems(t *testing.T) {
	listed := map[string]bool{}
	for _, s := range column(t, "device_os").Enum {
		listed[s] = true
	}
	of := map[string]bool{}
	for _, device := range column(t, "device_type").Enum {
		systems := OperatingSystems(device)
		if len(systems) == 0 {
			t.Errorf("%s has no operating system", device)
		}
		for _, s := range systems {
			of[s] = true
			if !listed[s] {
				t.Errorf("%s of %s is not in the list of device_os", s, device)
			}
		}
	}
	if len(of) != len(listed) {
		t.Errorf("device_os lists %d systems, the devices have %d", len(listed), len(of))
	}
}

func TestProjection(t *testing.T) {
	ddl := HiveProjectionDDL(Events(), "s3://b/telemetry/")
	for _, want := range []string{
		"'projection.hour.range' = '0,23'", "'projection.month.digits' = '2'", "'projection.year.digits' = '4'",
		"'storage.location.template' = 's3://b/telemetry/year=${year}/month=${month}/day=${day}/hour=${hour}/'",
	} {
		if !strings.Contains(ddl, want) {
			t.Errorf("no %s in\n%s", want, ddl)
		}
	}
}
