package dialect

import (
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/irish"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"
	"golang.org/x/text/unicode/norm"
)

// Words: their stems, sounds and forms.

// stemmers are by Trino's names of languages.
var stemmers = map[string]func(*snowballstem.Env) bool{
	"da": danish.Stem, "en": english.Stem, "es": spanish.Stem, "fi": finnish.Stem, "fr": french.Stem, "hu": hungarian.Stem, "ir": irish.Stem,
	"it": italian.Stem, "no": norwegian.Stem, "pt": portuguese.Stem, "ro": romanian.Stem, "ru": russian.Stem, "sv": swedish.Stem,
	"tr": turkish.Stem,
}

func stemWord(a []any) (any, error) {
	word, language, newer := a[0].(string), a[1].(string), a[2].(bool)
	if otherStemmer(language, newer) {
		return nil, failed{"NOT_SUPPORTED", "word_stem of language " + language + " at this release is not supported by the local engine"}
	}
	stem := stemmers[language]
	if stem == nil {
		return nil, badArg("Unknown stemmer language: %s", language)
	}
	env := snowballstem.NewEnv(word)
	if !stem(env) {
		return word, nil
	}
	out := env.Current()
	if newer && language == "en" && len(out) == 2 && strings.IndexByte("aeo", out[0]) >= 0 {
		// Newer rules keep the double letter of add, egg and err.
		switch whole := out + out[1:]; strings.TrimPrefix(word, whole) {
		case "ed", "edly", "ing", "ingly":
			return whole, nil
		}
	}
	return out, nil
}

func wordGoFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("stem", "VARCHAR,VARCHAR,BOOLEAN,VARCHAR", stemWord),
		str("normalize", 2, func(a []string) (any, error) {
			form, ok := map[string]norm.Form{"NFC": norm.NFC, "NFD": norm.NFD, "NFKC": norm.NFKC, "NFKD": norm.NFKD}[a[1]]
			if !ok {
				return nil, badArg("Normalization form must be one of [NFD, NFC, NFKD, NFKC]")
			}
			return form.String(a[0]), nil
		}),
		str("soundex", 1, soundex),
		str("title", 1, func(a []string) (any, error) {
			start := true
			return strings.Map(func(r rune) rune {
				first := start
				start = unicode.IsSpace(r)
				if first {
					return unicode.ToTitle(r)
				}
				return unicode.ToLower(r)
			}, a[0]), nil
		}),
	}
}

// soundex follows the American code: h and w between letters do not part them.
func soundex(a []string) (any, error) {
	const codes = "01230120022455012623010202"
	out := []byte{}
	last := byte('0')
	for _, r := range strings.ToUpper(strings.ReplaceAll(a[0], "\u00df", "ss")) {
		switch {
		case !unicode.IsLetter(r) || r > 0xffff:
			continue
		case len(out) == 4:
			return string(out), nil
		case len(out) > 0 && (r == 'H' || r == 'W'):
			continue
		case r < 'A' || r > 'Z':
			return nil, badArg("The character is not mapped: %c (index=%d)", r, r-'A')
		}
		code := codes[r-'A']
		if len(out) == 0 {
			out = append(out, byte(r))
		} else if code != '0' && code != last {
			out = append(out, code)
		}
		last = code
	}
	if len(out) == 0 {
		return "", nil
	}
	return (string(out) + "000")[:4], nil
}
