package lake

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func at(t testing.TB, text string) int64 {
	t.Helper()
	v, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return v.UnixMilli()
}

// The examples and rules of Firehose's page on custom prefixes, each at 10:30 UTC
// on 27 August 2018. Where an example there contradicts the rule beside it the
// rule is followed: a prefix without a timestamp gets yyyy/MM/dd/HH/ appended as
// it stands, so who wants a folder writes the slash.
func TestPrefixes(t *testing.T) {
	when := at(t, "2018-08-27T10:30:00Z")
	const errs = "err/!{firehose:error-output-type}/"
	for _, c := range []struct {
		what, prefix, errorPrefix string
		want, wantError           string // of the prefixes, or a part of the error
		bad                       bool
	}{
		{"nothing at all", "", "", "2018/08/27/10/", "format-conversion-failed2018/08/27/10/", false},
		{"a prefix without expressions", "myPrefix/", "", "myPrefix/2018/08/27/10/", "myPrefix/format-conversion-failed2018/08/27/10/", false},
		{"and without a slash", "myPrefix", "", "myPrefix2018/08/27/10/", "myPrefixformat-conversion-failed2018/08/27/10/", false},
		{"no prefix, an error prefix", "", "myFirehoseFailures/!{firehose:error-output-type}/", "2018/08/27/10/", "myFirehoseFailures/format-conversion-failed/", false},
		{"the docs' own example", "myPrefix/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
			"myErrorPrefix/!{timestamp:'year='yyyy'/month='MM'/day='dd'/hour='HH}/!{firehose:error-output-type}",
			"myPrefix/year=2018/month=08/day=27/hour=10/", "myErrorPrefix/year=2018/month=08/day=27/hour=10/format-conversion-failed", false},
		{"the deployment's", DefaultLayout().Prefix, DefaultLayout().ErrorPrefix,
			"telemetry/year=2018/month=08/day=27/hour=10/", "errors/format-conversion-failed/year=2018/month=08/day=27/", false},
		{"several timestamps are one instant", "!{timestamp:yyyy}-!{timestamp:mm}-!{timestamp:ss}", errs, "2018-30-00", "err/format-conversion-failed/", false},
		{"the error type twice", "a/!{timestamp:yyyy}/", "!{firehose:error-output-type}/!{firehose:error-output-type}", "a/2018/", "format-conversion-failed/format-conversion-failed", false},
		{"an error prefix without expressions", "a/!{timestamp:yyyy}/", "plain/", "a/2018/", "plain/", false},
		{"a brace without an exclamation mark is text", "a{b}/!x/", "", "a{b}/!x/2018/08/27/10/", "a{b}/!x/format-conversion-failed2018/08/27/10/", false},

		{"expressions and no error prefix", "!{timestamp:yyyy}/", "", "may be empty only where", "", true},
		{"a random string is an expression", "!{firehose:random-string}/", "", "may be empty only where", "", true},
		{"an error prefix with expressions but no type", "a/", "e/!{timestamp:yyyy}/", "must have !{firehose:error-output-type}", "", true},
		{"the error type in the prefix", "!{firehose:error-output-type}/!{timestamp:yyyy}/", errs, "only in the error prefix", "", true},
		{"keys from a query", "!{partitionKeyFromQuery:customer_id}/", errs, "dynamic partitioning by keys (partitionKeyFromQuery) is not supported", "", true},
		{"keys from a Lambda", "!{partitionKeyFromLambda:x}/", errs, "dynamic partitioning", "", true},
		{"keys in the error prefix", "a/", "!{partitionKeyFromQuery:x}/!{firehose:error-output-type}/", "dynamic partitioning", "", true},
		{"an unknown namespace", "!{time:yyyy}/", errs, `no namespace "time"`, "", true},
		{"an unknown value", "!{firehose:uuid}/", errs, "random-string and error-output-type", "", true},
		{"no namespace", "!{yyyy}/", errs, "!{namespace:value}", "", true},
		{"an expression without its end", "a/!{timestamp:yyyy/", errs, "no closing }", "", true},
		{"a slash at the start", "/a/", "", "begins with a slash", "", true},
		{"a control character", "a\x00/", "", "cannot be in a key", "", true},
		{"a backslash", "a\\b/", "", "cannot be in a key", "", true},
		{"512 characters", strings.Repeat("x", 512-14), "e/", strings.Repeat("x", 512-14) + "2018/08/27/10/", "e/", false},
		{"513 characters", strings.Repeat("x", 513-14), "e/", "evaluates to 513 characters, more than 512", "", true},
		{"513 characters of errors", "a/", strings.Repeat("é", 513), "error prefix: it evaluates to 513 characters", "", true},
		{"a long month name counts", strings.Repeat("x", 504) + "!{timestamp:MMMM}", errs, "513 characters", "", true},
	} {
		n, _, err := NewNames("s", 1, c.prefix, c.errorPrefix, "")
		if c.bad {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want an error with %q", c.what, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if got := n.Prefix(when, "seed"); got != c.want {
			t.Errorf("%s: prefix %q, want %q", c.what, got, c.want)
		}
		if got := n.ErrorPrefix(FormatConversionFailed, when, "seed"); got != c.wantError {
			t.Errorf("%s: error prefix %q, want %q", c.what, got, c.wantError)
		}
	}
}

// A random string has 11 characters, is another at each use and in each object,
// and is the same when an object is made again.
func TestRandomString(t *testing.T) {
	n, _, err := NewNames("s", 1, "!{firehose:random-string}/!{firehose:random-string}/!{timestamp:yyyy}", "!{firehose:error-output-type}", "")
	if err != nil {
		t.Fatal(err)
	}
	one, again, other := n.Prefix(0, "one"), n.Prefix(0, "one"), n.Prefix(0, "other")
	m := regexp.MustCompile(`^([0-9a-f]{8}-[0-9a-f]{2})/([0-9a-f]{8}-[0-9a-f]{2})/1970$`).FindStringSubmatch(one)
	if m == nil || m[1] == m[2] {
		t.Errorf("%q does not hold two different strings of 11 characters", one)
	}
	if one != again || one == other {
		t.Errorf("%q, again %q, another object %q", one, again, other)
	}
}

// Each letter, as java.time.format.DateTimeFormatter prints it in en-US.
func TestJavaPatterns(t *testing.T) {
	const when = "2025-01-05T15:04:09.0123Z" // a Sunday
	for _, c := range []struct{ pattern, want string }{
		{"yyyy", "2025"}, {"yy", "25"}, {"y", "2025"}, {"yyyyy", "02025"}, {"uuuu", "2025"}, {"G", "AD"}, {"GGGG", "Anno Domini"},
		{"M", "1"}, {"MM", "01"}, {"MMM", "Jan"}, {"MMMM", "January"}, {"L", "1"}, {"LLLL", "January"},
		{"d", "5"}, {"dd", "05"}, {"D", "5"}, {"DD", "05"}, {"DDD", "005"}, {"E", "Sun"}, {"EEE", "Sun"}, {"EEEE", "Sunday"},
		{"Q", "1"}, {"QQ", "01"}, {"QQQ", "Q1"}, {"QQQQ", "1st quarter"},
		{"H", "15"}, {"HH", "15"}, {"h", "3"}, {"hh", "03"}, {"K", "3"}, {"k", "15"}, {"a", "PM"},
		{"m", "4"}, {"mm", "04"}, {"s", "9"}, {"ss", "09"}, {"S", "0"}, {"SSS", "012"}, {"SSSSSSSSS", "012000000"}, {"n", "12000000"}, {"A", "54249012"}, {"N", "54249012000000"},
		{"z", "UTC"}, {"zzzz", "Coordinated Universal Time"}, {"VV", "UTC"}, {"Z", "+0000"}, {"ZZZZ", "GMT"}, {"ZZZZZ", "Z"}, {"X", "Z"}, {"XXX", "Z"}, {"x", "+00"}, {"xx", "+0000"}, {"xxx", "+00:00"}, {"O", "GMT"},
		{"YYYY", "2025"}, {"w", "2"}, {"ww", "02"},
		{"'year='yyyy'/month='MM", "year=2025/month=01"}, {"yyyy''MM", "2025'01"}, {"'it''s'", "it's"}, {"''", "'"}, {"yyyy/MM/dd/HH/", "2025/01/05/15/"},
		{"yyyy[-MM]", "2025-01"}, {"[[yyyy]]", "2025"}, {"yyyyMMdd", "20250105"}, {"日yyyy", "日2025"},
	} {
		p, err := parseJavaPattern(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		var b strings.Builder
		p.format(&b, time.UnixMilli(at(t, when)).UTC())
		if b.String() != c.want {
			t.Errorf("%s: %q, want %q", c.pattern, b.String(), c.want)
		}
	}
	for _, c := range []struct{ pattern, want string }{
		{"", "empty"}, {"yyyy'", "quote without its end"}, {"'a", "quote without its end"}, {"HHH", "too many letters H"}, {"ddd", "too many letters d"}, {"DDDD", "too many"}, {"aa", "too many"}, {"SSSSSSSSSS", "too many"},
		{"b", "pattern letter b is unknown"}, {"t", "unknown; quote literal text"}, {"e", "not supported"}, {"W", "not supported"}, {"p", "not supported"}, {"F", "not supported"},
		{"yyyy]", "] without ["}, {"#", "reserved"}, {"{", "reserved"}, {"V", "cannot stand 1"}, {"OO", "cannot stand 2"}, {"MMMMM", "narrow"}, {"'\x01'", "cannot be in a key"}, {"yyyy\\", "cannot be in a key"},
	} {
		if _, err := parseJavaPattern(c.pattern); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want an error with %q", c.pattern, err, c.want)
		}
	}
}

// The clock's edges, and the week-based year around New Year.
func TestJavaPatternEdges(t *testing.T) {
	for _, c := range []struct{ pattern, when, want string }{
		{"h K k H a", "2025-01-01T00:00:00Z", "12 0 24 0 AM"}, {"h K k H a", "2025-01-01T12:00:00Z", "12 0 12 12 PM"}, {"h K k H a", "2025-01-01T23:00:00Z", "11 11 23 23 PM"},
		{"YYYY-'W'ww", "2025-12-27T00:00:00Z", "2025-W52"}, {"YYYY-'W'ww", "2025-12-28T00:00:00Z", "2026-W01"}, {"YYYY", "2025-12-31T00:00:00Z", "2026"},
		{"YYYY-'W'ww", "2027-01-01T00:00:00Z", "2027-W01"}, {"YYYY-'W'ww", "2028-12-31T00:00:00Z", "2029-W01"}, {"YYYY-'W'ww", "2022-12-31T00:00:00Z", "2022-W53"},
		{"DDD", "2024-12-31T00:00:00Z", "366"}, {"yy", "2100-01-01T00:00:00Z", "00"},
	} {
		p, err := parseJavaPattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		p.format(&b, time.UnixMilli(at(t, c.when)).UTC())
		if b.String() != c.want {
			t.Errorf("%s at %s: %q, want %q", c.pattern, c.when, b.String(), c.want)
		}
	}
}

func TestWarnings(t *testing.T) {
	for pattern, want := range map[string]string{
		"YYYY/MM/dd": "Y is the week-based year", "yyyy/MM/DD": "D is the day of the year", "yyyy/mm/dd": "m is the minute",
		"yyyy/MM/dd/hh": "h is the hour from 1 to 12", "yyyy/MM/dd/HH": "", "HH:mm": "",
	} {
		_, warnings, err := NewNames("s", 1, "a/!{timestamp:"+pattern+"}/", "!{firehose:error-output-type}/", "")
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case want == "" && len(warnings) > 0:
			t.Errorf("%s: %v", pattern, warnings)
		case want != "" && (len(warnings) != 1 || !strings.Contains(string(warnings[0]), want)):
			t.Errorf("%s: %v, want %q", pattern, warnings, want)
		}
	}
	w, err := Layout{Extension: ".json"}.Check()
	if err != nil || len(w) != 1 || !strings.Contains(string(w[0]), "only objects named .gz") {
		t.Errorf("extension .json: %v, %v", w, err)
	}
}

// CustomTimeZone goes for the prefix and for the object's name.
func TestTimeZone(t *testing.T) {
	when := at(t, "2025-08-11T17:35:00Z")
	for _, c := range []struct{ zone, want string }{
		{"", "2025-08-11T17 UTC Z/s-1-2025-08-11-17-35-00-"}, {"Asia/Tokyo", "2025-08-12T02 JST +09:00/s-1-2025-08-12-02-35-00-"}, {"Asia/Kolkata", "2025-08-11T23 IST +05:30/s-1-2025-08-11-23-05-00-"},
		{"America/New_York", "2025-08-11T13 EDT -04:00/s-1-2025-08-11-13-35-00-"},
	} {
		n, _, err := NewNames("s", 1, "!{timestamp:yyyy-MM-dd'T'HH z XXX}/", "!{firehose:error-output-type}/", c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := n.Prefix(when, "") + n.Object(when, [16]byte{}, ""); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.zone, got, c.want)
		}
	}
	for _, zone := range []string{"Mars/Olympus", "Local", "../etc/passwd"} {
		if _, _, err := NewNames("s", 1, "", "", zone); err == nil {
			t.Errorf("the zone %q was accepted", zone)
		}
	}
}

// stream-version-yyyy-MM-dd-HH-mm-ss-uuid, the uuid of version 8 and from what
// the object holds.
func TestObjectName(t *testing.T) {
	n, _, err := NewNames("AcmeTelemetry-MSK-to-S3", 3, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	id := objectID("AcmeTelemetry-MSK-to-S3", "run", "json", 1, 2)
	name := n.Object(at(t, "2025-08-11T17:35:00.999Z"), id, ".gz")
	if !regexp.MustCompile(`^AcmeTelemetry-MSK-to-S3-3-2025-08-11-17-35-00-[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.gz$`).MatchString(name) {
		t.Errorf("the name is %q", name)
	}
	seen := map[[16]byte]string{}
	for what, id := range map[string][16]byte{
		"itself": objectID("s", "run", "json", 1, 2), "stream": objectID("t", "run", "json", 1, 2), "run": objectID("s", "ran", "json", 1, 2),
		"kind": objectID("s", "run", "parquet", 1, 2), "buffer": objectID("s", "run", "json", 2, 2), "sequence": objectID("s", "run", "json", 1, 3),
	} {
		if other, twice := seen[id]; twice {
			t.Errorf("another %s gives the id of another %s", what, other)
		}
		seen[id] = what
	}
}

func TestStreamAndExtension(t *testing.T) {
	for _, name := range []string{"", "a/b", "a b", "../x", strings.Repeat("a", 65), "é"} {
		if _, err := (Layout{Stream: name}).Check(); name != "" && err == nil {
			t.Errorf("the stream name %q was accepted", name)
		}
	}
	for _, ext := range []string{"gz", ".GZ", "./x", ".a b", "." + strings.Repeat("a", 128)} {
		if _, err := (Layout{Extension: ext}).Check(); err == nil {
			t.Errorf("the extension %q was accepted", ext)
		}
	}
}

func FuzzPrefix(f *testing.F) {
	for _, s := range []string{"", "a/", DefaultLayout().Prefix, DefaultLayout().ErrorPrefix, "!{timestamp:'y'yyyy''}", "!{firehose:random-string}", "!{", "!{timestamp:YYYY/DDD[/w]}", "!{timestamp:zzzz OOOO VV}", "é!{timestamp:a}"} {
		f.Add(s, int64(1754931600000))
	}
	f.Fuzz(func(t *testing.T, prefix string, ms int64) {
		n, _, err := NewNames("s", 1, prefix, "e/!{firehose:error-output-type}/", "")
		if err != nil {
			return
		}
		ms = ((ms % maxTime) + maxTime) % maxTime
		first, second := n.Prefix(ms, "x"), n.Prefix(ms, "x")
		if first != second {
			t.Fatalf("%q gave %q and %q", prefix, first, second)
		}
		if strings.Contains(first, "!{") {
			t.Fatalf("%q gave %q: an expression is left", prefix, first)
		}
		for _, r := range first {
			if r < 0x20 || r == 0x7f || r == '\\' {
				t.Fatalf("%q gave %q with the character %q", prefix, first, r)
			}
		}
	})
}
