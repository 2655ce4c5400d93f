package dialect

import (
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

// TestPlainISO holds the fast reading of a time to the one for all forms: what it
// takes is the same, and what it leaves is left to the other.
func TestPlainISO(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := []byte(rapid.SampledFrom([]string{"2025-08-11T17:33:47.123Z", "2025-08-11T17:33:47Z", "2024-02-29T23:59:59.999Z", "0000-01-01T00:00:00.000Z", "1900-02-28T24:00:60Z"}).Draw(r, "form"))
		for range rapid.IntRange(0, 4).Draw(r, "changes") {
			i := rapid.IntRange(0, len(b)-1).Draw(r, "at")
			b[i] = rapid.SampledFrom([]byte("0123456789 -+:.,TtZzW")).Draw(r, "character")
		}
		s := string(b)
		micros, ok := plainISO(s)
		in, err := anyISO(s)
		if ok && (err != nil || in != instant{micros: micros, zone: "UTC", digits: in.digits}) {
			r.Fatalf("%q is %d, want %v %v", s, micros, in, err)
		}
	})
	for _, s := range []string{"2025-08-11T17:33:47.123Z", "2025-08-11T17:33:47Z", "0000-02-29T00:00:00Z"} {
		if _, ok := plainISO(s); !ok {
			t.Errorf("%q is not plain", s)
		}
	}
}
