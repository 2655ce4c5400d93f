package report

import (
	"fmt"
	"strings"

	"acme/telemetry/engine/query"
	"acme/telemetry/schema"
)

// technicalGroup heads the technical details.
const technicalGroup = "Technical details"

// list makes a section of prose: a heading and what there is to say, and a
// command or a statement where one helps.
func list(id, title, lead string, rows ...[3]string) *Section {
	s := &Section{
		ID: id, Title: title, Lead: lead, Layout: LayoutList,
		Columns: []Column{
			extra("point", "varchar", "Point", KindText, 0),
			extra("detail", "varchar", "Detail", KindText, 0),
			extra("command", "varchar", "Command", KindCode, 0),
		},
	}
	for _, r := range rows {
		row := query.Row{r[0], r[1], nil}
		if r[2] != "" {
			row[2] = r[2]
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// summary is the executive summary: what there is, whether it can be trusted,
// and the first findings.
func (b *builder) summary(findings *Section) *Section {
	rows := [][3]string{}
	add := func(point, detail string) { rows = append(rows, [3]string{point, detail, ""}) }
	seen := b.seen
	if seen.Records >= 0 {
		add("Volume", fmt.Sprintf("%s in %s, %s compressed, %s of arrival: %s.", plural(seen.Records, "event"), plural(seen.Objects, "object"),
			Bytes(seen.Bytes), plural(int64(len(b.lake.Partitions)), "hour"), b.hours()))
		if seen.Unseen > 0 {
			add("What Athena sees", fmt.Sprintf("%s of %s events. The tables below are of these alone.", Count(seen.Records-seen.Unseen), Count(seen.Records)))
		} else if seen.Rows == b.lakeRows() && !b.empty() {
			add("What Athena sees", "Every event.")
		}
	} else {
		add("Volume", fmt.Sprintf("%s in %s: %s.", plural(seen.Rows, "row"), plural(seen.Objects, "object"), b.hours()))
	}
	if o := b.sections["overview"]; len(o.Rows) == 1 {
		n := func(name string) int64 { return integer(value(o, o.Rows[0], name)) }
		add("Audience", fmt.Sprintf("%s, %s, %s.", plural(n("unique_customers"), "customer"), plural(n("unique_sessions"), "session"), plural(n("unique_titles"), "title")))
	}
	_, checks := b.worst()
	add("Data quality", strings.ToUpper(b.gate.String()[:1])+b.gate.String()[1:]+": "+checks+".")
	attention := 0
	for _, row := range findings.Rows {
		if s := value(findings, row, "severity"); s == Warn.String() || s == Error.String() {
			attention++
		}
	}
	add("Findings", fmt.Sprintf("%d, of which %d need attention.", len(findings.Rows), attention))
	return list("executive_summary", "Executive summary", "", rows...)
}

// pipeline lists the stations of the deployment and what of them lies in the lake.
func (b *builder) pipeline() *Section {
	s := &Section{
		ID: "pipeline", Title: "Pipeline",
		Lead: "The deployment that this lake stands for. Only objects and tables can be checked from here.",
		Columns: []Column{
			extra("stage", "varchar", "Stage", KindText, 0),
			wrapped(extra("configuration", "varchar", "Configuration", KindText, 0)),
			extra("seen", "varchar", "Seen here", KindText, 0),
		},
	}
	objects, table := "not counted", "no answer"
	if b.lake.Known {
		objects = plural(b.seen.Objects, "object") + ", " + Bytes(b.seen.Bytes)
	}
	if b.sections["volume"].Err == nil {
		table = plural(b.seen.Rows, "row")
	}
	for _, r := range [][3]string{
		{"EventBridge", "rate(5 minutes)", ""},
		{"Lambda", "AcmeTelemetry-Generator, then AcmeTelemetry-Producer in batches of 100", ""},
		{"MSK", "acme-telemetry: 20 partitions, 3 replicas, gzip, key customer_id, IAM", ""},
		{"Firehose", "AcmeTelemetry-MSK-to-S3: 128 MB or 300 s, gzip", ""},
		{"S3", "telemetry/year=/month=/day=/hour=/ by arrival, UTC", objects},
		{"Glue, Athena", b.scope.name(), table},
	} {
		row := query.Row{r[0], r[1], nil}
		if r[2] != "" {
			row[2] = r[2]
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// recommendations follow from what this report found.
func (b *builder) recommendations() *Section {
	var rows [][3]string
	if b.seen.Unseen > 0 {
		rows = append(rows,
			[3]string{"Delimit the records", "Firehose appends no newline by itself. Add record processing of type AppendDelimiterToRecord to the stream: new objects are then read whole.", ""},
			[3]string{"Repair the objects that are there", "Nothing is lost: each object holds its events, one behind the other on one line. Write each again, one event a line, and put it in place of the old one.",
				"gunzip -c OLD.gz | jq -c . | gzip > NEW.gz"},
			[3]string{"Look at them", "Which objects, how many events in each, and how many Athena sees.", "acme inspect"})
	}
	if b.seen.Malformed > 0 {
		rows = append(rows, [3]string{"Find the malformed lines", "ignore.malformed.json makes each a row of NULLs, which counts as an event in every share.", "acme inspect"})
	}
	if b.gate >= Warn {
		rows = append(rows, [3]string{"Fail a job on bad data", "The report ends with exit code 5 where a check does not hold.", "acme report --fail-on warn"})
	}
	if b.seen.Objects > 0 && b.seen.Bytes > 0 && b.seen.Bytes/b.seen.Objects < 64<<20 && b.seen.Objects > 100 {
		rows = append(rows, [3]string{"Write fewer, larger objects", fmt.Sprintf("%s of %s on average: a query opens every one. Compact old hours into a few files of 128 MB or more.",
			plural(b.seen.Objects, "object"), Bytes(b.seen.Bytes/b.seen.Objects)), ""})
	}
	rows = append(rows,
		[3]string{"Name the hours in every query", "A predicate on year, month, day and hour is what keeps Athena from reading every object.", "WHERE year = 2025 AND month = 8 AND day = 11 AND hour = 17"},
		[3]string{"Ask for medians with approx_percentile", "PERCENTILE_CONT ... WITHIN GROUP is not Athena SQL.", "approx_percentile(bandwidth_mbps, 0.5)"})
	return list("recommendations", "Recommendations", "", rows...)
}

// nextSteps are the steps that the report of 2025-08-11 named, and how far each is.
func nextSteps() *Section {
	return list("next_steps", "Next steps", "",
		[3]string{"Data quality monitoring", "The checks above, as a gate for a scheduled job.", "acme report --fail-on error"},
		[3]string{"Cost and partition pruning", "The cost section, for every query of this report.", ""},
		[3]string{"Dashboard", "The terminal UI on the same lake.", "acme tui"},
		[3]string{"Alert on buffering over 2 a session", "The finding on buffering is an error over 2; on the pipeline, an alarm on a scheduled query.", ""},
		[3]string{"Retention", "Hours and days that are over go, and the lake's books say so; the topic keeps 7 days.", "acme retain --older-than 90d -n"},
		[3]string{"Anonymised addresses", "Shortened or key-hashed on the way into the lake: pseudonymised, and still personal data.", "acme export --ip truncate"},
		[3]string{"Parquet", "Firehose can convert on delivery; a CTAS statement writes at most 100 partitions.", ""},
		[3]string{"A second region", "An S3 replication rule on the bucket: objects are never rewritten.", ""})
}

// technical describes how the tables are read.
func (b *builder) technical() *Section {
	engine := b.o.Engine
	if engine == "" {
		engine = "not named"
	}
	rows := [][3]string{
		{"Table", b.scope.name() + ", partitioned by year, month, day and hour of arrival", ""},
		{"SerDe", "org.openx.data.jsonserde.JsonSerDe, ignore.malformed.json = true: the first JSON object of a line is a row, the rest of the line is not read", ""},
		{"Partitions", "Registered by MSCK REPAIR TABLE, or computed by partition projection (sql/ddl/projection)", "MSCK REPAIR TABLE " + schema.TelemetryDatabase + "." + schema.EventsJSON},
		{"Engine", engine, ""},
		{"Latency", "5 to 7 minutes from an event to a row: the tick of the generator, then Firehose's 128 MB or 300 s", ""},
	}
	if b.lake.Known {
		made := "no manifest: nothing to verify the objects against"
		if b.lake.Manifest {
			made = "a manifest with rows, bytes and SHA-256 of every object"
		}
		if b.lake.Scenario != "" {
			made += "; made by scenario " + b.lake.Scenario
		}
		if b.lake.Seed != "" {
			made += ", seed " + b.lake.Seed
		}
		rows = append(rows, [3]string{"Lake", made, "acme verify"})
	}
	s := list("technical", "Athena configuration", "", rows...)
	s.Group = technicalGroup
	return s
}

func monitoring() *Section {
	s := list("monitoring", "Monitoring", "What to put an alarm on.",
		[3]string{"Rows against events", "COUNT(*) near the number of objects means undelimited records. No metric of AWS shows it.", "acme report --fail-on error"},
		[3]string{"Firehose: DeliveryToS3.DataFreshness", "Over 900 s: events arrive late or not at all.", ""},
		[3]string{"Firehose: DeliveryToS3.Success", "Under 1: look under errors/ in the bucket.", ""},
		[3]string{"MSK: MaxOffsetLag, UnderReplicatedPartitions", "A growing lag, or any partition under its three replicas.", ""},
		[3]string{"Lambda: Errors, Throttles", "The producer is called asynchronously: a failed batch is tried twice and then gone.", ""},
		[3]string{"Athena: ProcessedBytes", "A jump means a query without a predicate on the hours.", ""})
	s.Group = technicalGroup
	return s
}

func security() *Section {
	return list("security", "Security and compliance", "",
		[3]string{"Personal data", "ip_address, and customer_id with it, are personal data under the GDPR: an erasure request reaches every object that names the customer.", "acme erase --customers-from FILE -n"},
		[3]string{"In transit", "Producers reach MSK by SASL_SSL with IAM.", ""},
		[3]string{"At rest", "Objects are encrypted by S3; a KMS key of your own lets you withdraw access to all of them at once.", ""},
		[3]string{"Least privilege", "A reader needs s3:GetObject on telemetry/, s3:ListBucket with that prefix, and glue:GetTable and glue:GetPartitions on the database.", ""},
		[3]string{"Here", "Addresses of generated events come from ranges kept for documentation and benchmarks: they belong to nobody.", ""})
}

func troubleshooting() *Section {
	return list("troubleshooting", "Troubleshooting", "",
		[3]string{"COUNT(*) is the number of objects", "Records are not delimited by newlines: Athena reads the first of each line.", "SELECT COUNT(*), COUNT(DISTINCT \"$path\") FROM video_telemetry_json"},
		[3]string{"No rows, though objects are there", "Glue does not know the hours.", "MSCK REPAIR TABLE " + schema.TelemetryDatabase + "." + schema.EventsJSON},
		[3]string{"HIVE_CURSOR_ERROR, Failed to read file", "An object is cut short or damaged; one object fails the query.", "acme verify"},
		[3]string{"Rows of NULLs", "Lines that are no JSON object, under ignore.malformed.json.", "acme inspect"},
		[3]string{"Cannot apply operator: integer = varchar(4)", "The partition columns are int: write numbers without quotes.", "WHERE year = 2025"},
		[3]string{"mismatched input '('. Expecting: 'BY'", "WITHIN GROUP is only for listagg in Athena.", "approx_percentile(bandwidth_mbps, 0.5)"},
		[3]string{"Hours watched have one digit", "Up to Trino 476 a sum of integers divided by 3600.0 is decimal(21,1). Divide by 3600e0 for a double.", "SUM(watch_duration_seconds) / 3600e0"})
}
