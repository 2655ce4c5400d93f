package dialect

// lowStem refuses a language whose stemmer at this release is not ours before
// the query runs.
func lowStem(c *invocation) string {
	newer := c.a.level >= 476
	language := "'en'"
	if len(c.args) > 1 {
		language = c.args[1].code
		switch text := c.raw[1].text; {
		case text != nil && otherStemmer(*text, newer):
			panic(c.a.cannot("word_stem of language %s at this release", *text))
		case text == nil && c.a.trying > 0 && c.raw[1].typ.Kind != Unknown:
			panic(c.a.cannot("TRY around word_stem of a computed language"))
		}
	}
	if newer {
		return c.template("acme_stem($1, " + language + ", true)")
	}
	return c.template("acme_stem($1, " + language + ", false)")
}

// otherStemmer says whether Trino stems a language by rules that ours has not.
// Newer releases have newer rules for some.
func otherStemmer(language string, newer bool) bool {
	switch language {
	case "ca", "eu", "hy", "lt", "de", "nl":
		return true
	case "da", "fi", "ro", "ru":
		return newer
	case "hu", "pt":
		return !newer
	}
	return false
}
