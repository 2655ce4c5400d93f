package dialect

import (
	"errors"
	"testing"
)

// TestTextHints: an event's time is text, and people's first queries compare it
// with times and numbers, or quote text as names. The hint says what to write.
func TestTextHints(t *testing.T) {
	for _, c := range []struct{ sql, name, hint string }{
		{"SELECT date_trunc('hour', event_timestamp) FROM events", "FUNCTION_NOT_FOUND",
			"text is no time to Athena; from_iso8601_timestamp(event_timestamp) reads ISO 8601 text, date_parse(event_timestamp, format) other text"},
		{"SELECT date_diff('day', '2025-08-11', now())", "FUNCTION_NOT_FOUND",
			"text is no time to Athena; write TIMESTAMP '2025-08-11' or DATE '2025-08-11'"},
		{"SELECT sum(quality) FROM events", "FUNCTION_NOT_FOUND",
			"Athena makes no number of text by itself; write CAST(quality AS double)"},
		{"SELECT 1 FROM events WHERE event_timestamp > now()", "TYPE_MISMATCH",
			"make a time of the text: from_iso8601_timestamp(...) of ISO 8601, CAST(... AS timestamp) of yyyy-MM-dd HH:mm:ss"},
		{"SELECT 1 FROM events WHERE event_timestamp > current_date", "TYPE_MISMATCH",
			"make a date of the text: date(from_iso8601_timestamp(...)) of ISO 8601, CAST(... AS date) of yyyy-MM-dd"},
		{"SELECT 1 WHERE now() > '2025-08-11'", "TYPE_MISMATCH",
			"write the text as a literal of that type: TIMESTAMP '...'"},
		{`SELECT 1 FROM events WHERE event_type = "heartbeat"`, "COLUMN_NOT_FOUND",
			"double quotes are for names; text takes single ones: 'heartbeat'"},
		{`SELECT "qualty" FROM events`, "COLUMN_NOT_FOUND",
			"did you mean quality? Double quotes are for names; text takes single ones: 'qualty'"},
	} {
		_, err := translateOf(t, c.sql)
		var e *Error
		if !errors.As(err, &e) || e.Name != c.name || e.Hint != c.hint {
			t.Errorf("%s\n got %v: %q\nwant %s: %q", c.sql, err, e.Hint, c.name, c.hint)
		}
	}
}

// TestForeignHints: what people bring along from other engines, and what Athena has
// in its place.
func TestForeignHints(t *testing.T) {
	for _, c := range []struct{ sql, hint string }{
		{"SELECT quality FROM events QUALIFY row_number() OVER (ORDER BY quality) = 1", "Athena has no QUALIFY; filter a subquery"},
		{"SELECT quality::varchar FROM events", "Athena has no :: cast; write CAST(x AS type)"},
		{"SELECT TOP 10 quality FROM events", "Athena has no TOP; write LIMIT 10 at the end"},
		{"SELECT * EXCEPT (quality) FROM events", "Athena has no * EXCEPT; name the columns"},
		{"SELECT quality, FROM events", "take away the comma before FROM"},
		{"SELECT LEFT(quality, 2) FROM events", "Athena has no LEFT(x, n); write substr(x, 1, n)"},
		{"SELECT RIGHT(quality, 2) FROM events", "Athena has no RIGHT(x, n); write substr(x, -n)"},
		{"SELECT DATEDIFF(day, now(), now())", "a unit of time is text to Athena: date_trunc('day', x), date_diff('day', from, to)"},
		{"SELECT date_trunc(HOUR, now())", "a unit of time is text to Athena: date_trunc('hour', x), date_diff('hour', from, to)"},
	} {
		_, err := translateOf(t, c.sql)
		var e *Error
		if !errors.As(err, &e) || e.Hint != c.hint {
			t.Errorf("%s\n got %v: %q\nwant %q", c.sql, err, e.Hint, c.hint)
		}
	}
}
