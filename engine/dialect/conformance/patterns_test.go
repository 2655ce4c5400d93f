package conformance_test

import (
	"encoding/json"
	"errors"
	"testing"

	"acme/telemetry/engine/dialect"
)

// TestTimePatterns holds reading and printing times by a pattern to what Trino gives
// in releases 401 and 483: what contradicts itself, what is missing, zones and errors.
func TestTimePatterns(t *testing.T) {
	e := openEngine(t)
	const argument = "INVALID_FUNCTION_ARGUMENT: "
	for _, c := range []struct{ name, sql, want string }{
		{"no zone is UTC", "parse_datetime('1960/01/22 03:04', 'yyyy/MM/dd HH:mm')", `"1960-01-22 03:04:00.000 UTC"`},
		{"a zone's name", "parse_datetime('1960/01/22 03:04 Asia/Oral', 'yyyy/MM/dd HH:mm ZZZZZ')", `"1960-01-22 03:04:00.000 Asia/Oral"`},
		{"an offset, with or without a colon", "ARRAY[parse_datetime('2020 +0500', 'yyyy Z'), parse_datetime('2020 +05:00', 'yyyy Z'), parse_datetime('2020-0530', 'yyyyZZ')]",
			`["2020-01-01 00:00:00.000 +05:00","2020-01-01 00:00:00.000 +05:00","2020-01-01 00:00:00.000 -05:30"]`},
		{"Z is UTC", "parse_datetime('2020-01-08T01:02:03Z', 'yyyy-MM-dd''T''HH:mm:ssZ')", `"2020-01-08 01:02:03.000 UTC"`},
		{"a short name", "ARRAY[parse_datetime('1960 EST', 'yyyy z'), parse_datetime('1960 GMT', 'yyyy zzz')]", `["1960-01-01 00:00:00.000 America/New_York","1960-01-01 00:00:00.000 UTC"]`},
		{"a short name that Joda does not know", "parse_datetime('1960 CET', 'yyyy z')", argument + `Invalid format: "1960 CET" is malformed at "CET"`},
		{"a log's time", "parse_datetime('10/oct/2000:13:55:36 -0700', 'dd/MMM/yyyy:HH:mm:ss Z')", `"2000-10-10 13:55:36.000 -07:00"`},
		{"an open quote", "parse_datetime('2024-03-05T10:15:30Z', 'yyyy-MM-dd''T''HH:mm:ss''Z')", `"2024-03-05 10:15:30.000 UTC"`},
		{"an hour of half a day", "ARRAY[parse_datetime('12:00 PM', 'hh:mm a'), parse_datetime('24:00', 'kk:mm')]", `["1970-01-01 12:00:00.000 UTC","1970-01-01 00:00:00.000 UTC"]`},
		{"a week", "ARRAY[parse_datetime('1960-W03', 'xxxx-''W''ww'), parse_datetime('5 2020 10', 'e xxxx ww')]", `["1960-01-18 00:00:00.000 UTC","2020-03-06 00:00:00.000 UTC"]`},
		{"a weekday that is another wins", "parse_datetime('Thu 2020-01-08', 'EEE yyyy-MM-dd')", `"2020-01-09 00:00:00.000 UTC"`},
		{"years of two digits", "ARRAY[parse_datetime('20', 'yy'), parse_datetime('99', 'yy'), parse_datetime('1999', 'yy'), parse_datetime('501', 'yyM')]",
			`["2020-01-01 00:00:00.000 UTC","1999-01-01 00:00:00.000 UTC","1999-01-01 00:00:00.000 UTC","1950-01-01 00:00:00.000 UTC"]`},
		{"a year beside digits takes its own", "parse_datetime('120200108', 'yyyyMMdd')", argument + `Invalid format: "120200108" is malformed at "8"`},
		{"a year below zero", "parse_datetime('-0001-01-08', 'yyyy-MM-dd')", `"-0001-01-08 00:00:00.000 UTC"`},
		{"a fraction of any length", "ARRAY[parse_datetime('3.123456', 's.SSSSSS'), parse_datetime('3.1', 's.SSS')]", `["1970-01-01 00:00:03.123 UTC","1970-01-01 00:00:03.100 UTC"]`},
		{"a fraction too long", "parse_datetime('3.1239', 's.SSS')", argument + `Invalid format: "3.1239" is malformed at "9"`},
		{"too short", "parse_datetime('1960/01/22', 'yyyy/MM/dd HH:mm')", argument + `Invalid format: "1960/01/22" is too short`},
		{"a long text is cut", "parse_datetime('a very long text that is surely longer than thirty-two characters', 'yyyy')", argument + `Invalid format: "a very long text that is surely ..."`},
		{"no such day", "parse_datetime('31/Jun/2020', 'dd/MMM/yyyy')", argument + `Cannot parse "31/Jun/2020": Value 31 for dayOfMonth must be in the range [1,30]`},
		{"no such hour", "parse_datetime('13:00 PM', 'hh:mm a')", argument + `Cannot parse "13:00 PM": Value 13 for clockhourOfHalfday must be in the range [1,12]`},
		{"no such local time", "parse_datetime('2020-03-08T02:30:00 America/New_York', 'yyyy-MM-dd''T''HH:mm:ss ZZZ')",
			argument + `Cannot parse "2020-03-08T02:30:00 America/New_York": Illegal instant due to time zone offset transition (America/New_York)`},
		{"a zone that Trino has not", "parse_datetime('2020 +15:00', 'yyyy ZZ')", "NOT_SUPPORTED: Time zone not supported: +15:00"},
		{"a name in mixed case", "parse_datetime('jAn 2020', 'MMM yyyy')", argument + `Invalid format: "jAn 2020"`},
		{"no such letter", "parse_datetime('1960', 'bb')", argument + "Illegal pattern component: bb"},
		{"past the last time", "parse_datetime('99999-01-01', 'yyyy-MM-dd')", argument + "Millis overflow: 3093496444800000"},

		{"a week of MySQL's", "ARRAY[date_parse('1998 53', '%x %v'), date_parse('2020 10 Wed', '%x %v %a'), date_parse('03', '%v')]",
			`["1998-12-28 00:00:00.000","2020-03-04 00:00:00.000","2000-01-17 00:00:00.000"]`},
		{"a weekday of MySQL's", "ARRAY[date_parse('Mon, 06 Jan 2020 10:11:12', '%a, %d %b %Y %H:%i:%s'), date_parse('Tuesday 2020-01-06', '%W %Y-%m-%d'), date_parse('Mon', '%a'), date_parse('2020 Fri', '%Y %a')]",
			`["2020-01-06 10:11:12.000","2020-01-07 00:00:00.000","2000-12-25 00:00:00.000","2020-01-03 00:00:00.000"]`},
		{"a signed year of MySQL's", "ARRAY[date_parse('-20', '%Y'), date_parse('+2020', '%Y')]", `["-0020-01-01 00:00:00.000","2020-01-01 00:00:00.000"]`},
		{"a month and no year", "date_parse('04-31', '%m-%d')", argument + `Cannot parse "04-31": Value 31 for dayOfMonth must be in the range [1,30]`},
		{"no such day of the year", "date_parse('2019 366', '%Y %j')", argument + `Cannot parse "2019 366": Value 366 for dayOfYear must be in the range [1,365]`},
		{"no such minute", "date_parse('2020-10-10 10:61', '%Y-%m-%d %H:%i')", argument + `Cannot parse "2020-10-10 10:61": Value 61 for minuteOfHour must be in the range [0,59]`},

		{"every form of a zone", "format_datetime(TIMESTAMP '2001-01-22 03:04:05.321 America/New_York', 'Z ZZ ZZZ ZZZZ z zz zzz')", `"-0500 -05:00 America/New_York America/New_York EST EST EST"`},
		{"every form of an offset", "format_datetime(TIMESTAMP '2001-01-22 03:04:05.321 -03:00', 'Z ZZ ZZZ ZZZZ z zz zzz zzzz')", `"-0300 -03:00 -03:00 -03:00 -03:00 -03:00 -03:00 -03:00"`},
		{"every form of UTC", "format_datetime(TIMESTAMP '2001-01-22 03:04:05.321 UTC', '''Z'' z zzzz ZZZ ZZ Z')", `"Z UTC Coordinated Universal Time UTC +00:00 +0000"`},
		{"a timestamp has no zone", "format_datetime(TIMESTAMP '2001-01-22 03:04:05.321', 'HH Z')",
			argument + "format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, as this type does not contain TZ information"},
		{"what is finer is rounded", "ARRAY[date_format(TIMESTAMP '2020-05-10 12:34:59.9995', '%s.%f'), format_datetime(TIMESTAMP '2020-05-10 12:34:56.555555555', 'ss.SSS'), date_format(TIMESTAMP '2020-05-10 12:34:56.5555 Asia/Kathmandu', '%f')]",
			`["00.000000","56.556","556000"]`},
		{"times to the picosecond", "ARRAY[format('%s', TIMESTAMP '2020-05-10 12:34:56.1111111115'), format('%s', TIME '12:34:56.111111111999'), format('%s', TIMESTAMP '2020-05-10 12:34:56.1111111 America/New_York')]",
			`["2020-05-10T12:34:56.111111112","12:34:56.111111112","2020-05-10T12:34:56.111111100-04:00[America/New_York]"]`},
		{"the sun's time of a place", "format('%s', TIMESTAMP '1801-05-10 12:34:56 Asia/Kathmandu')", `"1801-05-10T12:34:56+05:41:16[Asia/Kathmandu]"`},
	} {
		for _, level := range []int{401, 483} {
			_, rows, err := e.run("SELECT "+c.sql, level)
			got := ""
			var de *dialect.Error
			if errors.As(err, &de) {
				got = de.Error()
			} else if err != nil {
				t.Errorf("%d %s: %v", level, c.name, err)
				continue
			} else {
				b, _ := json.Marshal(rows[0][0])
				got = string(b)
			}
			if got != c.want && !sameJSON(got, c.want) {
				t.Errorf("%d %s:\n  %s\n  got  %s\n  want %s", level, c.name, c.sql, got, c.want)
			}
		}
	}
}
