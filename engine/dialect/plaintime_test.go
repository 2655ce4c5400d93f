package dialect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestPlainTimes holds the fast reading of days and times to the one for all forms: what
// it takes is the same.
func TestPlainTimes(t *testing.T) {
	taken := map[string]int{}
	check := func(t rapid.TB, s string) {
		if days, ok := plainDay(s); ok {
			taken["day"]++
			if want, known := anyDate(s); !known || days != want {
				t.Fatalf("%q is day %d, want %d %v", s, days, want, known)
			}
		}
		if micros, digits, ok := plainTime(s, ' '); ok {
			taken["time"]++
			if want, known := anyTimestamp(s); !known || (want != instant{micros: micros, digits: digits}) {
				t.Fatalf("%q is %d with %d digits, want %v %v", s, micros, digits, want, known)
			}
		}
	}
	forms := []string{"2025-08-11", "2024-02-29", "1900-02-28", "0000-12-31", "2025-08-11 17:33:47", "1965-08-11 23:59:59.9", "9999-12-31 00:00:00.123456", "2025-08-11 17:33:47 Z"}
	for _, form := range forms { // every character in every place
		for i := range form {
			for c := range 256 {
				check(t, form[:i]+string([]byte{byte(c)})+form[i+1:])
			}
			check(t, form[:i])
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		b := []byte(rapid.SampledFrom(forms).Draw(r, "form"))
		for range rapid.IntRange(0, 4).Draw(r, "changes") {
			i := rapid.IntRange(0, len(b)-1).Draw(r, "at")
			b[i] = rapid.SampledFrom([]byte("0123456789 -+:.,TtZzW")).Draw(r, "character")
		}
		check(r, string(b))
	})
	if taken["day"] < 200 || taken["time"] < 200 {
		t.Errorf("taken: %v", taken)
	}
}

// TestPlainFields holds the fast setting of a day and its time to the one of all fields.
func TestPlainFields(t *testing.T) {
	taken := 0
	rapid.Check(t, func(r *rapid.T) {
		fields := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) readField {
			f := rapid.SampledFrom([]patternField{fieldYear, fieldMonth, fieldDayOfMonth, fieldHour, fieldMinute, fieldSecond, fieldMillis, fieldWeek, fieldHalfday}).Draw(r, "field")
			high := map[patternField]int{fieldYear: 3000, fieldMonth: 13, fieldDayOfMonth: 32, fieldHour: 24, fieldMillis: 1000, fieldWeek: 53, fieldHalfday: 1}[f]
			if high == 0 {
				high = 60
			}
			return readField{f, rapid.IntRange(-1, high).Draw(r, "value")}
		}), 0, 6).Draw(r, "fields")
		fast, ok := (&patternReader{fields: slices.Clone(fields)}).plain()
		if !ok {
			return
		}
		taken++
		if want, err := (&patternReader{fields: slices.Clone(fields)}).anyTime(); err != nil || !fast.Equal(want) {
			r.Fatalf("%v: %v, want %v, %v", fields, fast, want, err)
		}
	})
	if taken == 0 {
		t.Error("none was plain")
	}
	r := &patternReader{fields: []readField{{fieldHour, 1}, {fieldDayOfMonth, 31}, {fieldMonth, 12}, {fieldYear, 2025}}}
	if got, ok := r.plain(); !ok || got != time.Date(2025, 12, 31, 1, 0, 0, 0, time.UTC) {
		t.Errorf("%v, %v", got, ok)
	}
	for _, form := range []string{"%Y-%m-%d", "%Y-%m-%d %H:%i:%s", "%d/%b/%Y:%H:%i:%s", "%Y%m%d"} {
		elements, err := mysqlElements(form)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("%Y", "2025", "%m", "08", "%d", "31", "%H", "23", "%i", "59", "%s", "58", "%b", "Aug").Replace(form)
		micros, _, err := readPattern(text, elements)
		if want := time.Date(2025, 8, 31, 0, 0, 0, 0, time.UTC); err != nil || time.UnixMicro(micros).UTC().Truncate(24*time.Hour) != want {
			t.Errorf("%s by %s: %d, %v", text, form, micros, err)
		}
	}
}
