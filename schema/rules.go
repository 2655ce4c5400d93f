package schema

import (
	"strconv"
	"strings"
)

// Patterns that text columns match, beside the identifiers (Column.Pattern).
const (
	timestampPattern = `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z$`
	versionPattern   = `^[0-9]+[.][0-9]+[.][0-9]+$`
	addressPattern   = `^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])([.](25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}|hmac:[0-9a-f]{8}:[A-Za-z0-9_-]{43})$`
)

// Pattern gives the regular expression that c's values match, without a flag
// and the same in RE2, Java and ECMA 262; empty where any text will do.
func (c Column) Pattern() string {
	switch {
	case c.Prefix != "":
		return "^" + c.Prefix + "[0-9A-Fa-f]+$"
	case c.Name == "event_timestamp":
		return timestampPattern
	case c.Name == "app_version":
		return versionPattern
	case c.Name == "ip_address":
		return addressPattern
	}
	return ""
}

// OperatingSystems gives the values of device_os that go with a device_type.
func OperatingSystems(deviceType string) []string {
	switch deviceType {
	case "mobile", "tablet":
		return []string{"iOS", "Android"}
	case "web":
		return []string{"Windows", "macOS", "Linux", "ChromeOS"}
	case "tv":
		return []string{"Roku OS", "Fire TV", "Apple TV", "Android TV", "Smart TV OS"}
	}
	return nil
}

// Rules gives what must hold for the events of a healthy stream, most telling
// first. A row of NULLs breaks ids_well_formed and, knowing nothing else, no
// other rule.
func Rules() []Rule {
	columns := eventColumns()
	return []Rule{
		rule("ids_well_formed", "Every identifier is there and is its prefix and hexadecimal digits.", idsOffend(columns)),
		rule("start_watched_nothing", "A start has a watch duration of 0.",
			"event_type = 'start' AND watch_duration_seconds <> 0"),
		rule("buffering_consistent", "Without buffering events there is no buffering duration.",
			"buffering_events = 0 AND buffering_duration_seconds <> 0"),
		rule("uhd_bandwidth", "4K is played at 15 Mbps or more.", "quality = '4K' AND bandwidth_mbps < 15"),
		rule("values_listed", "Columns with a list of values hold one of the list.", enumsOffend(columns)),
		rule("device_os_fits", "The operating system is one of the class of device.", systemsOffend(columns)),
		rule("numbers_in_range", "Numbers lie in the range of their column.", rangesOffend(columns)),
		rule("text_well_formed", "Timestamps are ISO 8601 in UTC with microseconds, versions X.Y.Z, addresses IPv4.", textOffends(columns)),
		{
			ID: "event_id_unique", Doc: "No event is there twice.",
			Offends: "event_id IN (SELECT event_id FROM video_telemetry_json GROUP BY event_id HAVING COUNT(*) > 1)",
			Count:   "COUNT(event_id) - COUNT(DISTINCT event_id)",
		},
		{
			ID: "position_within_runtime", Doc: "The position is at most the runtime of the title.",
			Offends: "event_id IN (SELECT e.event_id FROM " + eventsAndTitles + " WHERE e.position_seconds > t.duration_minutes * 60)",
			Count:   "COUNT_IF(e.position_seconds > t.duration_minutes * 60)",
			From:    eventsAndTitles,
		},
	}
}

const eventsAndTitles = "video_telemetry_json e JOIN acme_streaming_data.titles t ON t.title_id = e.title_id"

// rule gives a rule about one row alone.
func rule(id, doc, offends string) Rule {
	return Rule{ID: id, Doc: doc, Offends: offends, Count: "COUNT_IF(" + offends + ")"}
}

func idsOffend(columns []Column) string {
	var parts []string
	for _, c := range columns {
		if c.Prefix != "" {
			parts = append(parts, c.Name+" IS NULL", "NOT regexp_like("+c.Name+", '"+c.Pattern()+"')")
		}
	}
	return strings.Join(parts, " OR ")
}

func textOffends(columns []Column) string {
	var parts []string
	for _, c := range columns {
		if c.Prefix == "" && c.Pattern() != "" {
			parts = append(parts, "NOT regexp_like("+c.Name+", '"+c.Pattern()+"')")
		}
	}
	return strings.Join(parts, " OR ")
}

func enumsOffend(columns []Column) string {
	var parts []string
	for _, c := range columns {
		if c.Enum != nil {
			parts = append(parts, c.Name+" NOT IN "+sqlList(c.Enum))
		}
	}
	return strings.Join(parts, " OR ")
}

func systemsOffend(columns []Column) string {
	var parts []string
	for _, c := range columns {
		if c.Name != "device_type" {
			continue
		}
		for _, device := range c.Enum {
			parts = append(parts, "device_type = '"+device+"' AND device_os NOT IN "+sqlList(OperatingSystems(device)))
		}
	}
	return strings.Join(parts, " OR ")
}

func rangesOffend(columns []Column) string {
	var parts []string
	for _, c := range columns {
		if c.Max > c.Min {
			parts = append(parts, c.Name+" NOT BETWEEN "+decimal(c.Min)+" AND "+decimal(c.Max))
		}
	}
	return strings.Join(parts, " OR ")
}

func sqlList(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + strings.ReplaceAll(v, "'", "''") + "'"
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
