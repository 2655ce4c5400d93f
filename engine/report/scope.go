package report

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"acme/telemetry/schema"
)

// scope is the part of the lake that a report is about: a table and a range of
// arrival hours. It turns a file of sql/ into the statement that is sent.
type scope struct {
	database, table string
	from, to        time.Time // whole hours, UTC; to is left out; zero where open
}

var identifier = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,63}$`)

func newScope(table string, from, to time.Time) (scope, error) {
	s := scope{database: schema.TelemetryDatabase, table: schema.EventsJSON}
	if table != "" {
		s.table = table
		if database, name, ok := strings.Cut(table, "."); ok {
			s.database, s.table = database, name
		}
	}
	if !identifier.MatchString(s.database) || !identifier.MatchString(s.table) {
		return s, fmt.Errorf("report: choosing the table: %q is no table name: write TABLE or DATABASE.TABLE in lower case", table)
	}
	if !from.IsZero() {
		s.from = from.UTC().Truncate(time.Hour)
	}
	if !to.IsZero() {
		s.to = to.UTC().Add(time.Hour - 1).Truncate(time.Hour)
	}
	if !s.from.IsZero() && !s.to.IsZero() && !s.from.Before(s.to) {
		return s, fmt.Errorf("report: choosing the range: it ends (%s) before it begins (%s)", to.UTC().Format(time.RFC3339), from.UTC().Format(time.RFC3339))
	}
	return s, nil
}

// name gives the table with its database.
func (s scope) name() string { return s.database + "." + s.table }

// holds says whether an arrival hour is in the range.
func (s scope) holds(hour time.Time) bool {
	return (s.from.IsZero() || !hour.Before(s.from)) && (s.to.IsZero() || hour.Before(s.to))
}

// predicate gives the range as a predicate over the partition columns, which
// Athena uses to read no other object; empty for no range.
func (s scope) predicate() string {
	const hourNumber = "((year * 100 + month) * 100 + day) * 100 + hour"
	switch last := s.to.Add(-time.Hour); {
	case s.from.IsZero() && s.to.IsZero():
		return ""
	case s.to.IsZero():
		return fmt.Sprintf("year >= %d AND %s >= %s", s.from.Year(), hourNumber, s.from.Format("2006010215"))
	case s.from.IsZero():
		return fmt.Sprintf("year <= %d AND %s <= %s", last.Year(), hourNumber, last.Format("2006010215"))
	case s.from.Equal(last):
		return hourPredicate(s.from)
	case s.from.Format(time.DateOnly) == last.Format(time.DateOnly):
		return fmt.Sprintf("year = %d AND month = %d AND day = %d AND hour BETWEEN %d AND %d",
			s.from.Year(), s.from.Month(), s.from.Day(), s.from.Hour(), last.Hour())
	default:
		return fmt.Sprintf("year BETWEEN %d AND %d AND %s BETWEEN %s AND %s", s.from.Year(), last.Year(), hourNumber,
			s.from.Format("2006010215"), last.Format("2006010215"))
	}
}

func hourPredicate(h time.Time) string {
	return fmt.Sprintf("year = %d AND month = %d AND day = %d AND hour = %d", h.Year(), h.Month(), h.Day(), h.Hour())
}

// statement puts the scope in front of a query that names video_telemetry_json
// without a database: as a common table expression of that name. The text after
// it stays as it is, and on its own lines, so that a position's line is the
// file's. Without a range and on the default table it is the query itself.
func (s scope) statement(sql string) string {
	where := s.predicate()
	if where == "" && s.name() == schema.TelemetryDatabase+"."+schema.EventsJSON {
		return sql
	}
	columns := "*"
	if strings.Contains(sql, `"$path"`) {
		columns = `*, "$path"` // a hidden column, which * leaves out
	}
	if where != "" {
		where = " WHERE " + where
	}
	shadow := schema.EventsJSON + " AS (SELECT " + columns + " FROM " + s.name() + where + ")"
	at := afterComments(sql)
	head, rest := sql[:at], sql[at:]
	if m := withKeyword.FindString(rest); m != "" {
		return head + m + shadow + ", " + rest[len(m):]
	}
	return head + "WITH " + shadow + " " + rest
}

var withKeyword = regexp.MustCompile(`(?i)^with\s+(recursive\s+)?`)

// afterComments gives the offset of the first token of a statement.
func afterComments(sql string) int {
	for i := 0; i < len(sql); {
		rest := sql[i:]
		switch {
		case strings.ContainsRune(" \t\r\n", rune(sql[i])):
			i++
		case strings.HasPrefix(rest, "--"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				return len(sql)
			}
			i += end + 1
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest, "*/")
			if end < 0 {
				return len(sql)
			}
			i += end + 2
		default:
			return i
		}
	}
	return len(sql)
}

// literal writes s as a string of SQL.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
