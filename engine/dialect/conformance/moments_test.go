package conformance_test

import (
	"encoding/json"
	"testing"
)

// TestMoments holds times of every precision and zone to what Trino gives for them in
// releases 401 and 483.
func TestMoments(t *testing.T) {
	e := openEngine(t)
	for _, c := range moments {
		for _, level := range []int{401, 483} {
			tr, rows, err := e.run("SELECT "+c.sql, level)
			if err != nil {
				t.Errorf("%d %s: %v", level, c.sql, err)
				continue
			}
			got, _ := json.Marshal(rows[0][0])
			if typ := tr.Columns[0].Type.String(); plain(typ) != plain(c.typ) || !sameJSON(string(got), c.want) {
				t.Errorf("%d %s: %s %s, want %s %s\n%s", level, c.sql, typ, got, c.typ, c.want, tr.SQL)
			}
		}
	}
}

// TestZonesInOneColumn holds values that carry their zones to Trino's: they meet, are
// compared, grouped and ordered by their instants, and shown in their zones.
func TestZonesInOneColumn(t *testing.T) {
	e := openEngine(t)
	for _, c := range zoned {
		_, rows, err := e.run(c.sql, 401)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		if got, _ := json.Marshal(rows); !sameJSON(string(got), c.want) {
			t.Errorf("%s:\n%s, want\n%s", c.sql, got, c.want)
		}
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return string(p) == string(q)
}

var moments = []struct{ sql, typ, want string }{
	{"TIMESTAMP '2025-08-11 17:33:47.123456789012'", "timestamp(12)", `"2025-08-11 17:33:47.123456789012"`},
	{"TIMESTAMP '1969-12-31 23:59:59.999999999999'", "timestamp(12)", `"1969-12-31 23:59:59.999999999999"`},
	{"TIMESTAMP '2025-08-11 17:33:47.1234567891 Europe/Berlin'", "timestamp(10) with time zone", `"2025-08-11 17:33:47.1234567891 Europe/Berlin"`},
	{"CAST(TIMESTAMP '2025-08-11 17:33:47.99999999' AS timestamp(7))", "timestamp(7)", `"2025-08-11 17:33:48.0000000"`},
	{"CAST(TIMESTAMP '1969-12-31 23:59:59.99999949999' AS timestamp(6))", "timestamp(6)", `"1969-12-31 23:59:59.999999"`},
	{"CAST('2025-08-11 17:33:47.1234567895' AS timestamp(9))", "timestamp(9)", `"2025-08-11 17:33:47.123456790"`},
	{"TIMESTAMP '2025-08-11 17:33:47.123456789' = TIMESTAMP '2025-08-11 17:33:47.1234567890'", "boolean", `true`},
	{"TIMESTAMP '2025-08-11 17:33:47.1234567' < TIMESTAMP '2025-08-11 17:33:47.123457'", "boolean", `true`},
	{"TIMESTAMP '2025-08-11 17:33:47.123456789' + INTERVAL '1' DAY", "timestamp(9)", `"2025-08-12 17:33:47.123456789"`},
	{"TIMESTAMP '2025-01-31 17:33:47.123456789' + INTERVAL '1' MONTH", "timestamp(9)", `"2025-02-28 17:33:47.123456789"`},
	{"TIMESTAMP '2025-08-11 17:33:47.123456789' - TIMESTAMP '2025-08-11 17:33:46.1'", "interval day to second", `"0 00:00:01.023"`},
	{"date_trunc('hour', TIMESTAMP '2025-08-11 17:33:47.123456789 Asia/Kathmandu')", "timestamp(9) with time zone", `"2025-08-11 17:00:00.000000000 Asia/Kathmandu"`},
	{"date_add('month', 1, TIMESTAMP '2025-08-31 17:33:47.123456789')", "timestamp(9)", `"2025-09-30 17:33:47.123456789"`},
	{"date_diff('millisecond', TIMESTAMP '2025-08-11 17:33:47.1239999', TIMESTAMP '2025-08-11 17:33:47.1250001')", "bigint", `2`},
	{"EXTRACT(YEAR FROM TIMESTAMP '1500-01-01 00:00:00.123456789')", "bigint", `1500`},
	{"to_unixtime(TIMESTAMP '2025-08-11 17:33:47.123456789')", "double", `1754933627.1234567`},
	{"from_unixtime_nanos(-1)", "timestamp(9) with time zone", `"1969-12-31 23:59:59.999999999 UTC"`},
	{"from_unixtime_nanos(DECIMAL '1234567890123456789')", "timestamp(9) with time zone", `"2009-02-13 23:31:30.123456789 UTC"`},
	{"from_iso8601_timestamp_nanos('2025-08-11T17:33:47.123456789+05:30')", "timestamp(9) with time zone", `"2025-08-11 17:33:47.123456789 +05:30"`},
	{"TIME '17:33:47.123456789012'", "time(12)", `"17:33:47.123456789012"`},
	{"TIME '23:59:59.9999999' + INTERVAL '1' SECOND", "time(7)", `"00:00:00.9999999"`},
	{"CAST(TIME '23:59:59.9999999' AS time(6))", "time(6)", `"00:00:00.000000"`},
	{"TIME '01:02:03+05:30'", "time(0) with time zone", `"01:02:03+05:30"`},
	{"TIME '00:00:00+14:00' = TIME '00:00:00-10:00'", "boolean", `true`},
	{"TIME '23:00:00-02:00' < TIME '02:00:00+00:00'", "boolean", `true`},
	{"TIME '01:02:03.123456789+05:30' + INTERVAL '25' HOUR", "time(9) with time zone", `"02:02:03.123456789+05:30"`},
	{"date_trunc('hour', TIME '01:42:03.5+05:30')", "time(1) with time zone", `"01:00:00.0+05:30"`},
	{"date_diff('minute', TIME '01:02:03+05:30', TIME '01:02:03+01:00')", "bigint", `-1170`},
	{"EXTRACT(TIMEZONE_MINUTE FROM TIME '01:02:03-03:30')", "bigint", `-30`},
	{"TIME '01:02:03+05:30' AT TIME ZONE '-08:00'", "time(0) with time zone", `"11:32:03-08:00"`},
	{"CAST(TIMESTAMP '2025-08-11 17:33:47.123 Asia/Kolkata' AS time(3) with time zone)", "time(3) with time zone", `"17:33:47.123+05:30"`},
	{"CAST(TIME '01:02:03-08:00' AS varchar)", "varchar", `"01:02:03-08:00"`},
	{"CAST('01:02:03.7 +02:00' AS time(0) with time zone)", "time(0) with time zone", `"01:02:04+02:00"`},
	{"TIMESTAMP '2025-08-11 17:33:47 UTC' AT TIME ZONE INTERVAL '-3:30' HOUR TO MINUTE", "timestamp(0) with time zone", `"2025-08-11 14:03:47 -03:30"`},
	{"timezone_hour(from_unixtime(0, -5, -30))", "bigint", `-5`},
	{"from_unixtime(1754933627, 5, 45)", "timestamp(3) with time zone", `"2025-08-11 23:18:47.000 +05:45"`},
	{"ARRAY[TIMESTAMP '2025-08-11 17:33:47 Asia/Tokyo', TIMESTAMP '2025-08-11 17:33:47 UTC']", "array(timestamp(0) with time zone)", `["2025-08-11 17:33:47 Asia/Tokyo", "2025-08-11 17:33:47 UTC"]`},
	{"CAST(ROW(TIMESTAMP '2025-08-11 17:33:47 Asia/Tokyo') AS ROW(x timestamp(3) with time zone))", "row(x timestamp(3) with time zone)", `["2025-08-11 17:33:47.000 Asia/Tokyo"]`},
	{"date_trunc('hour', from_unixtime(1761437700, 'Europe/Berlin') + INTERVAL '1' HOUR)", "timestamp(3) with time zone", `"2025-10-26 02:00:00.000 Europe/Berlin"`},
	{"date_add('day', 1, TIMESTAMP '2025-03-29 02:30:00 Europe/Berlin')", "timestamp(0) with time zone", `"2025-03-30 03:30:00 Europe/Berlin"`},
	{"last_day_of_month(TIMESTAMP '2025-02-11 23:00:00.1234567 America/New_York')", "date", `"2025-02-28"`},
	{"CAST(TIMESTAMP '12345-08-11 17:33:47' AS varchar)", "varchar", `"+12345-08-11 17:33:47"`},
	{"CAST(TIMESTAMP '-0044-03-15 12:00:00.5' AS varchar)", "varchar", `"-0044-03-15 12:00:00.5"`},
	{"DATE '-0044-03-15'", "date", `"-0044-03-15"`},
	{"CAST(DATE '12345-01-02' AS varchar)", "varchar", `"12345-01-02"`},
	{"to_iso8601(TIMESTAMP '2025-08-11 17:33:47.123456789 Asia/Kolkata')", "varchar(38)", `"2025-08-11T17:33:47.123456789+05:30"`},
	{"sequence(TIMESTAMP '2025-08-11 00:00:00.1234567', TIMESTAMP '2025-08-11 00:00:02.1234567', INTERVAL '1' SECOND)", "array(timestamp(7))", `["2025-08-11 00:00:00.1234567", "2025-08-11 00:00:01.1234567", "2025-08-11 00:00:02.1234567"]`},
	{"typeof(localtimestamp(9))", "varchar", `"timestamp(9)"`},
	{"typeof(current_time(7))", "varchar", `"time(7) with time zone"`},
}

var zoned = []struct{ sql, want string }{
	{"SELECT array_join(array_agg(CAST(x AS varchar) ORDER BY i), '; ') FROM (VALUES (1, TIMESTAMP '2025-08-11 12:00:00 Europe/Berlin'), (2, TIMESTAMP '2025-08-11 12:00:00 UTC'), (3, TIMESTAMP '1960-08-11 12:00:00 Asia/Tokyo')) t(i, x)",
		`[["2025-08-11 12:00:00 Europe/Berlin; 2025-08-11 12:00:00 UTC; 1960-08-11 12:00:00 Asia/Tokyo"]]`},
	{"SELECT count(*), count(DISTINCT x), min(x), max(x) FROM (VALUES TIMESTAMP '2025-08-11 12:00:00 Europe/Berlin', TIMESTAMP '2025-08-11 10:00:00 UTC', TIMESTAMP '1960-08-11 12:00:00 Asia/Tokyo', TIMESTAMP '1960-08-11 12:00:01 Asia/Tokyo') t(x)",
		`[[4, 3, "1960-08-11 12:00:00 Asia/Tokyo", "2025-08-11 12:00:00 Europe/Berlin"]]`},
	{"SELECT i FROM (VALUES (1, TIMESTAMP '2025-08-11 12:00:00 Europe/Berlin'), (2, TIMESTAMP '2025-08-11 10:00:01 UTC'), (3, TIMESTAMP '1960-08-11 12:00:00 Asia/Tokyo'), (4, TIMESTAMP '1960-08-11 03:00:01 UTC')) t(i, x) ORDER BY x",
		`[[3], [4], [1], [2]]`},
	{"SELECT i, rank() OVER (ORDER BY x) FROM (VALUES (1, TIMESTAMP '2025-08-11 12:00:00 Europe/Berlin'), (2, TIMESTAMP '2025-08-11 10:00:00 UTC'), (3, TIMESTAMP '1960-08-11 12:00:00 Asia/Tokyo'), (4, TIMESTAMP '1960-08-11 03:00:00 UTC')) t(i, x) ORDER BY i",
		`[[1, 3], [2, 3], [3, 1], [4, 1]]`},
	{"SELECT a.i, b.i FROM (VALUES (1, TIMESTAMP '1960-08-11 12:00:00 Asia/Tokyo'), (2, TIMESTAMP '2025-08-11 12:00:00 UTC')) a(i, x) JOIN (VALUES (3, TIMESTAMP '1960-08-11 03:00:00 UTC'), (4, TIMESTAMP '2025-08-11 13:00:00 Europe/London')) b(i, x) ON a.x = b.x ORDER BY 1",
		`[[1, 3], [2, 4]]`},
	{"SELECT hour(x), CAST(x AS date), date_trunc('day', x), x + INTERVAL '1' DAY, timezone_hour(x) FROM (VALUES TIMESTAMP '2025-08-11 23:30:00 America/New_York', TIMESTAMP '2025-08-11 12:00:00 UTC') t(x) ORDER BY x",
		`[[12, "2025-08-11", "2025-08-11 00:00:00 UTC", "2025-08-12 12:00:00.000 UTC", 0], [23, "2025-08-11", "2025-08-11 00:00:00 America/New_York", "2025-08-12 23:30:00.000 America/New_York", -4]]`},
	{"SELECT with_timezone(TIMESTAMP '2025-08-11 12:00:00', z), from_unixtime(0, z), at_timezone(TIMESTAMP '2025-08-11 12:00:00 UTC', z) FROM (VALUES 'Europe/Berlin', 'America/New_York') t(z) ORDER BY z",
		`[["2025-08-11 12:00:00 America/New_York", "1969-12-31 19:00:00.000 America/New_York", "2025-08-11 08:00:00 America/New_York"], ["2025-08-11 12:00:00 Europe/Berlin", "1970-01-01 01:00:00.000 Europe/Berlin", "2025-08-11 14:00:00 Europe/Berlin"]]`},
	{"SELECT CASE WHEN b THEN TIMESTAMP '2025-08-11 12:00:00 Europe/Berlin' ELSE TIMESTAMP '2025-08-11 12:00:00 UTC' END FROM (VALUES true, false) t(b) ORDER BY b",
		`[["2025-08-11 12:00:00 UTC"], ["2025-08-11 12:00:00 Europe/Berlin"]]`},
	{"SELECT count(*), count(DISTINCT x), min(x), max(x) FROM (VALUES TIME '01:00:00+01:00', TIME '00:00:00+00:00', TIME '23:00:00-01:00', TIME '12:00:00.5+00:00') t(x)",
		`[[4, 2, "01:00:00.0+01:00", "12:00:00.5+00:00"]]`},
	{"SELECT count(*) FROM (SELECT x FROM (VALUES TIMESTAMP '2025-08-11 12:00:00 Europe/Berlin') t(x) UNION SELECT x FROM (VALUES TIMESTAMP '2025-08-11 10:00:00 UTC', TIMESTAMP '1950-01-01 00:00:00 UTC') t(x))",
		`[[2]]`},
	{"SELECT max(x), min(x), count(DISTINCT x) FROM (VALUES TIMESTAMP '2025-08-11 17:33:47.123456789', TIMESTAMP '2025-08-11 17:33:47.123456788', TIMESTAMP '1900-08-11 17:33:47.123456788') t(x)",
		`[["2025-08-11 17:33:47.123456789", "1900-08-11 17:33:47.123456788", 3]]`},
}
