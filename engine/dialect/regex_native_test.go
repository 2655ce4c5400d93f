package dialect

import (
	"slices"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// TestNativeRegex says which patterns go to RE2, in which words, and which do not.
func TestNativeRegex(t *testing.T) {
	for pattern, want := range map[string]string{
		`^\d+`:        `\A(?:[0-9])+`,
		`a.b`:         `a[^\n]b`,
		`\s`:          `[\x{9}-\x{D}\x{20}]`,
		`\W`:          `[^0-9A-Za-z_]`,
		`a$`:          `a\n?\z`,
		`a\$`:         `a\x{24}`,
		`(?i)Ki1`:     `[kK\x{212A}][iI\x{130}]\x{31}`,
		`[a-z_.-]{2}`: `(?:[\x{61}-\x{7A}\x{5F}-\x{5F}\x{2E}-\x{2E}\x{2D}-\x{2D}]){2}`,
		`(a|b)*?`:     `(?:(a|b))*?`,
		// The two engines do not agree, or it is not known that they do.
		`(a)\1`: "", `(?=a)`: "", `(?<=a)b`: "", `a++`: "", `a*+`: "", `a^`: "", `a|^b`: "", `^a|b`: "", `(^a)`: "", `(a*)*`: "", `(|a)+`: "", `(^)*`: "", `a$b`: "", `a|b$`: "", `[[a]b]`: "", `[a&&b]`: "",
		`[]a]`: "", `[^]a]`: "", `(?i)[a-z]`: "", `(?i)[\w]`: "", `(?m)^a`: "", `\p{L}`: "", `\Qa\E`: "", `a{,2}`: "", `a{2}{3}`: "", `a**`: "", `a{`: "", `a{2`: "", `}`: "",
		`ä`: "", `\`: "", `(a`: "", `a)`: "", `[a`: "", `[z-a]`: "", `a{3,2}`: "", `a{0}`: "", `(?:a{100}){100}`: "", `\h`: "", `*a`: "", `(?<n>a)`: "", `\x41`: "",
	} {
		if n, ok := nativeRegex(pattern); ok != (want != "") || ok && n.text != want {
			t.Errorf("%s: %q %t, want %q", pattern, n.text, ok, want)
		}
	}
	for pattern, want := range map[string][]bool{`(a)(b)?(c|(d))(e*)((f)+)`: {true, false, true, false, false, true, false}, `(a)|(b)`: {false, false}} {
		n, ok := nativeRegex(pattern)
		if !ok || len(n.sure) != len(want) {
			t.Fatalf("%s: %v %t", pattern, n.sure, ok)
		}
		for g := range want {
			if n.sure[g] != want[g] {
				t.Errorf("%s: group %d takes part in every match: %t", pattern, g+1, n.sure[g])
			}
		}
	}
}

// TestFoldsTo: of all characters beyond ASCII only those of foldsTo are a letter in
// another case to regex.go.
func TestFoldsTo(t *testing.T) {
	found := map[byte]int{}
	for r := rune(128); r <= unicode.MaxRune; r++ {
		if low := unicode.ToLower(r); low < 128 {
			found[byte(low)]++
			if foldsTo[byte(low)] == "" {
				t.Errorf("%U is %c in another case", r, low)
			}
		}
	}
	if len(found) != len(foldsTo) {
		t.Errorf("%v, want those of %v", found, foldsTo)
	}
}

// isoTexts are times at the edges of what is read: garbage, blanks, digits of other
// scripts, leap seconds, hour 24, years of other lengths, zones and offsets.
var isoTexts = []string{"2025-08-11T17:33:47.123Z", "2025-08-11T17:33:47Z", "2025-08-11T23:59:59.999Z", "9999-12-31T23:59:59.999Z", "1000-01-01T00:00:00Z",
	"", " ", "garbage", "2025", "2025-08", "2025-08-11", "2025-08-11T", "2025-08-11T17", "2025-08-11T17:33", "2025-08-11T17:33:47", "2025-W33-1", "2025-223", "T17:33:47Z",
	" 2025-08-11T17:33:47Z", "2025-08-11T17:33:47Z ", "2025-08-11 17:33:47Z", "2025-08-11T 7:33:47.123Z", "2025-08-11T17:33: 7.123Z", "2025-08-1 T17:33:47.123Z", "2025-8-11T17:33:47.123Z",
	"٢٠٢٥-08-11T17:33:47Z", "2025-08-11T17:33:47.١٢٣Z", "２０２５-08-11T17:33:47Z", "2025-08-11T17:33:60Z", "2016-12-31T23:59:60.000Z", "2025-08-11T17:60:00Z", "2025-08-11T24:00:00Z", "2025-08-11T24:00:00.000Z", "2025-08-11T25:00:00Z",
	"0000-01-01T00:00:00Z", "0000-02-29T00:00:00.000Z", "-0001-01-01T00:00:00Z", "-2025-08-11T17:33:47Z", "+2025-08-11T17:33:47Z", "12025-08-11T17:33:47Z", "+12025-08-11T17:33:47.123Z", "0999-01-01T00:00:00Z",
	"2025-08-11t17:33:47.123Z", "2025-08-11T17:33:47.123z", "2025-08-11t17:33:47z", "2025-08-11T17:33:47.123+00:00", "2025-08-11T17:33:47.123-00:00", "2025-08-11T17:33:47+02:00", "2025-08-11T17:33:47.123+0200", "2025-08-11T17:33:47+02",
	"2025-08-11T17:33:47.1Z", "2025-08-11T17:33:47.12Z", "2025-08-11T17:33:47.1234Z", "2025-08-11T17:33:47.123456Z", "2025-08-11T17:33:47.123456789Z", "2025-08-11T17:33:47,123Z", "2025-08-11T17:33:47.Z", "2025-08-11T17:33:47.12 Z",
	"2025-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "2025-02-30T00:00:00Z", "2025-04-31T00:00:00Z", "2025-00-11T00:00:00Z", "2025-13-11T00:00:00Z", "2025-08-00T00:00:00Z", "2025-08-32T00:00:00Z", "2025-19-39T00:00:00.000Z",
	"2025/08/11T17:33:47Z", "2025-08-11T17:33:47.123 Z", "2025-08-11T17:33:47 UTC", "2025-08-11T17:33:47Z\n", "\n2025-08-11T17:33:47Z", "2025-08-11T17:33:47.123ZZ", "infinity", "epoch", "2025-08-11 (BC)T00:00Z"}

// TestPlainISO holds the fast reading of a time to the one for all forms: what it
// takes is the same, and what it leaves is left to the other.
func TestPlainISO(t *testing.T) {
	check := func(t rapid.TB, s string) (taken bool) {
		micros, ok := plainISO(s)
		in, err := anyISO(s)
		if ok && (err != nil || in != instant{micros: micros, zone: "UTC", digits: in.digits}) {
			t.Fatalf("%q is %d, want %v %v", s, micros, in, err)
		}
		return ok
	}
	forms := append(slices.Clone(isoTexts[:5]), "2025-08-11T17:33:47.123956Z", "1965-08-11T17:33:47.99999Z", "1900-02-28T24:00:60.0Z")
	for _, form := range forms { // every character in every place
		for i := range form {
			for c := range 256 {
				check(t, form[:i]+string([]byte{byte(c)})+form[i+1:])
			}
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
	var taken []string
	for _, s := range isoTexts {
		if check(t, s) {
			taken = append(taken, s)
		}
	}
	if len(taken) != 14 {
		t.Errorf("%d are plain, want 14: %q", len(taken), taken)
	}
}
