package report

import (
	"acme/telemetry/engine/query"
	"acme/telemetry/schema"
)

// question is a section that one file of sql/ answers.
type question struct {
	id, title, group string
	file             string // in sql/
	layout           Layout
	lead             string
	notes            []string
	show             []Column // presentation by column name; a column that is not here is shown by its type
	// drill gives a predicate for the rows behind one row; empty for none.
	drill func(name string, value any) string
	by    string // the column that drill is told
	// offered is the file of the form that Athena accepts, where file is known to be refused.
	offered string
}

// shown gives the presentation of the column called name.
func shown(name, label string, kind Kind, digits int) Column {
	return Column{Column: query.Column{Name: name}, Label: label, Kind: kind, Digits: digits}
}

func barred(c Column) Column  { c.Bar = true; return c }
func named(c Column) Column   { c.Names = true; return c }
func wrapped(c Column) Column { c.Wrap = true; return c }
func detail(c Column) Column  { c.Detail, c.Wrap = true, true; return c }

func number2(name, label string) Column { return shown(name, label, KindNumber, 2) }
func counted(name, label string) Column { return shown(name, label, KindCount, 0) }
func percent(name, label string) Column { return shown(name, label, KindPercent, 1) }
func textual(name, label string) Column { return shown(name, label, KindText, 0) }

// samplesGroup heads the sections of the queries that the team shares.
const samplesGroup = "Sample Athena queries"

// questions gives the sections that queries answer, in the order of the report.
func questions() []question {
	bandwidth, buffering := number2("avg_bandwidth_mbps", "Avg Mbps"), number2("avg_buffering_events", "Avg buffering")
	completion := number2("avg_completion_percentage", "Avg completion %")
	return append([]question{
		{id: "volume", title: "Volume", file: "report/volume.sql", layout: LayoutFacts,
			show: []Column{counted("row_count", "Rows Athena sees"), counted("object_count", "Objects Athena reads")}},
		{id: "partitions", title: "Partitions", file: "report/partitions.sql", layout: LayoutTree,
			lead: "One folder an hour of arrival, UTC.",
			show: []Column{shown("year", "Year", KindText, 0), shown("month", "Month", KindText, 0), shown("day", "Day", KindText, 0), shown("hour", "Hour", KindText, 0),
				counted("row_count", "Rows"), counted("object_count", "Objects")}},
		{id: "overview", title: "Overview", file: "report/overview.sql", layout: LayoutFacts,
			show: []Column{counted("total_events", "Events"), counted("unique_customers", "Customers"), counted("unique_sessions", "Sessions"),
				counted("unique_titles", "Titles"), textual("first_event", "First event"), textual("last_event", "Last event"),
				number2("avg_bandwidth_mbps", "Average bandwidth, Mbps"), number2("avg_completion_percentage", "Average completion, %"),
				number2("avg_buffering_events", "Average buffering events"), number2("avg_errors", "Average errors")}},
		{id: "event_types", title: "Event types", file: "report/event_types.sql", by: "event_type", drill: equals,
			show: []Column{named(textual("event_type", "Event")), counted("events", "Events"), barred(percent("percent", "Share"))}},
		{id: "devices", title: "Devices", file: "report/devices.sql", by: "device_type", drill: equals,
			show: []Column{named(textual("device_type", "Device")), barred(counted("users", "Users")), bandwidth, completion}},
		{id: "quality", title: "Video quality", file: "report/quality.sql", by: "quality", drill: equals,
			notes: []string{"A stream is one event here; the share is of all rows."},
			show:  []Column{textual("quality", "Quality"), counted("streams", "Streams"), barred(percent("percent", "Share")), bandwidth, buffering}},
		{id: "session_duration", title: "Session duration", file: "report/session_duration.sql", by: "duration_range", drill: duration,
			notes: []string{"Counts events by the time watched when they were sent; a row without a duration falls into the last range."},
			show:  []Column{textual("duration_range", "Watched"), counted("sessions", "Sessions"), barred(percent("percent", "Share")), completion}},
		{id: "geography", title: "Geography", file: "report/geography.sql", by: "country", drill: equals,
			show: []Column{textual("country", "Country"), barred(counted("users", "Users")), counted("cities", "Cities"), bandwidth, buffering}},
	}, samples()...)
}

func samples() []question {
	return []question{
		{id: "realtime_metrics", title: "Real-time viewing metrics", group: samplesGroup, file: "samples/realtime_metrics.sql",
			show: []Column{counted("active_users", "Active users"), counted("total_events", "Events"), number2("avg_bandwidth", "Avg Mbps"),
				shown("total_hours_watched", "Hours watched", KindNumber, 1)}},
		{id: "content_performance", title: "Content performance analysis", group: samplesGroup, file: "samples/content_performance.sql", by: "title_id", drill: equals,
			notes: []string{"Which of equal titles are among the ten is the engine's choice: the query orders by viewers alone."},
			show: []Column{textual("title_id", "Title"), barred(counted("viewers", "Viewers")), number2("avg_completion", "Avg completion %"),
				counted("completions", "Completions")}},
		{id: "quality_of_service", title: "Quality of service metrics", group: samplesGroup, file: "samples/quality_of_service.sql",
			offered: "samples/quality_of_service_offered.sql",
			show: []Column{textual("quality", "Quality"), named(textual("device_type", "Device")), number2("avg_buffering", "Avg buffering"),
				number2("median_bandwidth", "Median Mbps"), number2("p95_bandwidth", "P95 Mbps")}},
		{id: "user_behavior", title: "User behavior analysis", group: samplesGroup, file: "samples/user_behavior.sql",
			notes: []string{"The hours are a decimal: up to Trino 476 of one digit, later of six, which moves users at the edges of the segments."},
			show: []Column{textual("user_segment", "Segment"), barred(counted("user_count", "Users")), number2("avg_sessions", "Avg sessions"),
				number2("avg_titles", "Avg titles")}},
	}
}

// equals gives the rows whose column holds value.
func equals(column string, value any) string {
	s, ok := value.(string)
	switch {
	case value == nil:
		return column + " IS NULL"
	case !ok || len(s) > 1000: // a statement is for people to read
		return ""
	}
	return column + " = " + literal(s)
}

// duration gives the rows of one range of report/session_duration.sql.
func duration(_ string, value any) string {
	const column = "watch_duration_seconds"
	switch value {
	case "< 5 min":
		return column + " < 300"
	case "5-15 min":
		return column + " >= 300 AND " + column + " < 900"
	case "15-30 min":
		return column + " >= 900 AND " + column + " < 1800"
	case "30-60 min":
		return column + " >= 1800 AND " + column + " < 3600"
	case "> 60 min":
		return column + " >= 3600 OR " + column + " IS NULL"
	}
	return ""
}

// drillLimit is how many rows a drill lists.
const drillLimit = "100"

// drillStatement lists the events that a predicate chooses.
func drillStatement(predicate string) string {
	return "SELECT *\nFROM " + schema.EventsJSON + "\nWHERE " + predicate + "\nLIMIT " + drillLimit
}
