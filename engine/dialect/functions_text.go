package dialect

import (
	"fmt"
	"math"
	"strconv"
)

// grown is the type of text that concat and replace make of others.
func grown(n int) Type {
	if n >= Unbounded || n < 0 {
		return tVarchar
	}
	return varcharType(n)
}

func textFunctions() []function {
	v := func(name, doc, in, out, sql string) function {
		return function{name: name, doc: doc, sigs: []signature{sg(in, out, sql)}}
	}
	return []function{
		{name: "length", doc: "Number of characters, or of bytes.", sigs: []signature{
			sg("varchar(x)", "bigint", "length($1)"), sg("char(x)", "bigint", "length($1)"), sg("varbinary", "bigint", "octet_length($1)")}},
		{name: "lower", doc: "Text in lower case.", sigs: []signature{sg("varchar(x)", "varchar(x)", "lower($1)"), sg("char(x)", "char(x)", "lower($1)")}},
		{name: "upper", doc: "Text in upper case.", sigs: []signature{sg("varchar(x)", "varchar(x)", "trino.upper($1)"), sg("char(x)", "char(x)", "trino.upper($1)")}},
		trimFunction("trim", "Text without blanks, or other characters, at its ends."),
		trimFunction("ltrim", "Text without blanks, or other characters, at its start."),
		trimFunction("rtrim", "Text without blanks, or other characters, at its end."),
		{name: "substring", doc: "Part of a text, from a position counted from 1, or from the end below 0.", sigs: []signature{
			{in: "varchar(x), bigint", out: "varchar(x)", low: lowSubstr},
			{in: "varchar(x), bigint, bigint", out: "varchar(x)", low: lowSubstr},
			{in: "char(x), bigint", out: "varchar(x)", low: lowSubstr},
			{in: "char(x), bigint, bigint", out: "varchar(x)", low: lowSubstr}}},
		{name: "substr", doc: "Part of a text, from a position counted from 1, or from the end below 0.", sigs: []signature{
			{in: "varchar(x), bigint", out: "varchar(x)", low: lowSubstr},
			{in: "varchar(x), bigint, bigint", out: "varchar(x)", low: lowSubstr},
			{in: "char(x), bigint", out: "varchar(x)", low: lowSubstr},
			{in: "char(x), bigint, bigint", out: "varchar(x)", low: lowSubstr},
			sg("varbinary, bigint, bigint", "varbinary", "acme_substr_bytes($1, $2, $3)"),
			sg("varbinary, bigint", "varbinary", "acme_substr_bytes($1, $2, 9223372036854775807)")}},
		{name: "replace", doc: "Text with every occurrence of another replaced, or removed.", sigs: []signature{
			sg("varchar(x), varchar(y)", "varchar(x)", "replace($1, $2, '')"),
			{in: "varchar(x), varchar(y), varchar(z)", gives: "varchar(u)", low: lowReplace, typ: func(t []Type) Type {
				return grown(t[0].Precision + satMul(t[2].Precision, t[0].Precision+1))
			}}}},
		{name: "reverse", doc: "Text, bytes or array from back to front.", sigs: []signature{
			{in: "char(x)", out: "char(x)", sql: "reverse($1)", since: charToVarchar},
			sg("varchar(x)", "varchar(x)", "acme_reverse($1)"), sg("varbinary", "varbinary", "acme_reverse_bytes($1)"),
			{in: "array(E)", shown: "array(e)", out: "array(E)", where: "E", sql: "list_reverse($1)"}}},
		{name: "strpos", doc: "Position of a text in another, counted from 1; 0 if it is not there.", sigs: []signature{
			sg("varchar(x), varchar(y)", "bigint", "CAST(strpos($1, $2) AS BIGINT)"),
			sg("varchar(x), varchar(y), bigint", "bigint", "acme_strpos($1, $2, $3)")}},
		v("starts_with", "Whether a text begins with another.", "varchar(x), varchar(y)", "boolean", "starts_with($1, $2)"),
		{name: "ends_with", doc: "Whether a text ends with another.", since: 482, sigs: []signature{sg("varchar(x), varchar(y)", "boolean", "ends_with($1, $2)")}},
		{name: "concat", doc: "Texts, bytes or arrays joined; NULL if any is NULL.", sigs: concatSigs()},
		{name: "concat_ws", doc: "Texts joined by a separator, NULLs left out.", sigs: []signature{
			{in: "varchar, array(varchar)", out: "varchar", low: func(c *invocation) string {
				if c.raw[1].typ.Kind == Unknown {
					panic(c.a.cannot("concat_ws of NULL alone"))
				}
				return c.template("acme_join($1, $2)")
			}},
			{in: "varchar, varchar", out: "varchar", variadic: true, low: lowConcatWS},
		}},
		{name: "split", doc: "Array of the parts of a text between delimiters.", sigs: []signature{
			sg("varchar(x), varchar(y)", "array(varchar(x))", "acme_split($1, $2, 2147483647)"),
			sg("varchar(x), varchar(y), bigint", "array(varchar(x))", "acme_split($1, $2, $3)")}},
		{name: "split_part", doc: "One part of a text between delimiters, counted from 1.", sigs: []signature{{in: "varchar(x), varchar(y), bigint", out: "varchar(x)", low: lowSplitPart}}},
		{name: "lpad", doc: "Text brought to a length at its start.", sigs: []signature{
			{in: "char(x), bigint, varchar(y)", out: "varchar", sql: "acme_pad($1, $2, $3, true)", since: charToVarchar},
			sg("varchar(x), bigint, varchar(y)", "varchar", "acme_pad($1, $2, $3, true)"),
			{in: "varbinary, bigint, varbinary", out: "varbinary", sql: "acme_pad_bytes($1, $2, $3, true)"}}},
		{name: "rpad", doc: "Text brought to a length at its end.", sigs: []signature{sg("varchar(x), bigint, varchar(y)", "varchar", "acme_pad($1, $2, $3, false)"),
			{in: "varbinary, bigint, varbinary", out: "varbinary", sql: "acme_pad_bytes($1, $2, $3, false)"}}},
		v("chr", "Character of a code point.", "bigint", "varchar(1)", "acme_chr($1)"),
		v("codepoint", "Code point of a character.", "varchar(1)", "integer", "acme_codepoint($1)"),
		v("levenshtein_distance", "Number of changes from one text to another.", "varchar(x), varchar(y)", "bigint", "acme_levenshtein($1, $2)"),
		v("hamming_distance", "Number of places where two texts of one length differ.", "varchar(x), varchar(y)", "bigint", "acme_hamming($1, $2)"),
		{name: "translate", doc: "Text with characters replaced one for one.", sigs: []signature{{in: "varchar(x), varchar(y), varchar(z)", out: "varchar", sql: "acme_translate($1, $2, $3)"}}},
		v("soundex", "Code of how a name sounds.", "varchar", "varchar(4)", "acme_soundex($1)"),
		v("luhn_check", "Whether digits pass the Luhn check.", "varchar", "boolean", "acme_luhn($1)"),
		{name: "title_case", doc: "Text with a capital at the start of every word.", since: 480, sigs: []signature{
			sg("varchar(x)", "varchar(x)", "acme_title($1)"), sg("char(x)", "char(x)", "acme_title($1)")}},
		{name: "word_stem", doc: "Stem of a word, of English or another language.", sigs: []signature{
			{in: "varchar(x)", out: "varchar(x)", low: lowStem},
			{in: "varchar(x), varchar(2)", out: "varchar(x)", low: lowStem}}},
		{name: "normalize", doc: "Text in a Unicode normal form: NFC, NFD, NFKC or NFKD.", sigs: []signature{sg("varchar(x), varchar(y)", "varchar", "acme_normalize($1, $2)")}},
		{name: "parse_data_size parse_presto_data_size", doc: "Bytes of a size with a unit, such as 2.5MB.", sigs: []signature{
			{in: "varchar(x)", out: "decimal(38,0)", low: func(c *invocation) string {
				return "CAST(" + withLevel("acme_data_size($1")(c) + " AS DECIMAL(38,0))"
			}}}},
		{name: "format_number", doc: "Number of about three digits with a unit: 1.23B.", sigs: []signature{
			sg("bigint", "varchar", "acme_format_number($1)"), sg("double", "varchar", "acme_format_number(acme_whole($1))")}},
		{name: "split_to_map", doc: "Map of a text of keys and values between delimiters.", sigs: []signature{
			sg("varchar, varchar, varchar", "map(varchar,varchar)", letOne("acme_split_map($1, $2, $3)", "map(list_slice(l, 1, -1, 2), list_slice(l, 2, -1, 2))"))}},
		{name: "split_to_multimap", doc: "Map of a text of keys and values between delimiters, each with an array of values.", sigs: []signature{
			sg("varchar, varchar, varchar", "map(varchar,array(varchar))", letOne("acme_split_multimap($1, $2, $3)",
				"map(list_transform(l, lambda e: e[1]), list_transform(l, lambda e: list_slice(e, 2, -1)))"))}},
	}
}

// letOne computes a list once and gives what body makes of it as l; NULL of NULL.
func letOne(list, body string) string {
	return "list_extract(list_transform([" + list + "], lambda l: CASE WHEN l IS NOT NULL THEN " + body + " END), 1)"
}

// webFunctions are those of URLs and patterns.
func webFunctions() []function {
	v := func(name, doc, in, out, sql string) function {
		return function{name: name, doc: doc, sigs: []signature{sg(in, out, sql)}}
	}
	return []function{
		{name: "url_extract_host url_extract_path url_extract_query url_extract_fragment url_extract_protocol", doc: "Part of a URL; NULL if it is none.",
			sigs: []signature{{in: "varchar(x)", out: "varchar(x)", low: func(c *invocation) string {
				return "acme_url_part(" + c.args[0].code + ", " + quoteText(lastWord(c.call.Name[0].Text)) + ")"
			}}}},
		v("url_extract_port", "Port of a URL; NULL if it names none.", "varchar(x)", "bigint", "acme_url_port($1)"),
		v("url_extract_parameter", "First value of a parameter of a URL.", "varchar(x), varchar(y)", "varchar(x)", "acme_url_parameter($1, $2)"),
		{name: "url_encode", doc: "Text as a value in a URL.", sigs: []signature{{in: "varchar(x)", gives: "varchar(y)", sql: "acme_url_encode($1)", typ: func(t []Type) Type { return grown(satMul(t[0].Precision, 12)) }}}},
		{name: "url_decode", doc: "Text of a value in a URL.", sigs: []signature{{in: "varchar(x)", out: "varchar(x)", low: withLevel("acme_url_decode($1")}}},
		{name: "regexp_like", doc: "Whether a pattern is found in a text.", sigs: []signature{{in: "varchar(x), joniregexp", out: "boolean", low: lowRegexpLike()}}},
		{name: "regexp_extract", doc: "First match of a pattern, or of a group of it; NULL if there is none.", sigs: []signature{
			{in: "varchar(x), joniregexp", out: "varchar(x)", low: lowRegexpExtract("0")},
			{in: "varchar(x), joniregexp, bigint", out: "varchar(x)", low: lowRegexpExtract("$3")}}},
		{name: "regexp_extract_all", doc: "All matches of a pattern, or of a group of it.", sigs: []signature{
			{in: "varchar(x), joniregexp", out: "array(varchar(x))", low: lowRegexpAll("extract_all", "0", "regexp_extract_all(%s, %s)")},
			{in: "varchar(x), joniregexp, bigint", out: "array(varchar(x))", low: lowRegexpAll("extract_all", "$3", "regexp_extract_all(%s, %s)")}}},
		{name: "regexp_replace", doc: "Text with every match of a pattern replaced, by a text in which $1 is a group or by what a lambda makes of the groups.", sigs: []signature{
			{in: "varchar(x), joniregexp, varchar(y)", gives: "varchar(z)", low: lowRegexpReplace("$3"), typ: func(t []Type) Type {
				x, y := t[0].Precision, t[2].Precision
				return grown(x + satMul(max(satMul(x, y)/2, y), x+1))
			}},
			{in: "varchar(x), joniregexp", out: "varchar(x)", low: lowRegexpReplace("''")},
			{in: "varchar, joniregexp, function(array(varchar), varchar(x))", shown: "varchar, joniregexp, function(array(varchar),varchar(x))", out: "varchar", low: lowReplaceBy}}},
		{name: "regexp_split", doc: "Array of the parts of a text between matches of a pattern.", sigs: []signature{
			{in: "varchar(x), joniregexp", out: "array(varchar(x))", low: lowRegexp("split", "0")}}},
		{name: "regexp_count", doc: "Number of matches of a pattern.", sigs: []signature{{in: "varchar(x), joniregexp", out: "bigint", low: lowRegexpAll("count", "0", "CAST(len(regexp_extract_all(%s, %s)) AS BIGINT)")}}},
		{name: "regexp_position", doc: "Position of a match of a pattern; -1 if there is none.", sigs: []signature{
			{in: "varchar(x), joniregexp, integer, integer", out: "integer", low: lowRegexpPosition},
			{in: "varchar(x), joniregexp, integer", out: "integer", low: lowRegexpPosition},
			{in: "varchar(x), joniregexp", out: "integer", low: lowRegexpPosition}}},
		{name: "format", doc: "Values in a text by the rules of Java's Formatter.", forms: []string{"(varchar, T, ...) -> varchar"}, special: formatCall},
	}
}

func lastWord(s string) string {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '_' {
			return s[i+1:]
		}
	}
	return s
}

// satMul multiplies lengths without overflow.
func satMul(a, b int) int {
	if a != 0 && b > Unbounded/a {
		return Unbounded
	}
	return a * b
}

func trimFunction(name, doc string) function {
	// A char has no blanks at its end that a function of it could see.
	bare := "rtrim($1, ' ')"
	cut := name + "(" + bare + ", $2)"
	if name != "ltrim" {
		cut = "rtrim(" + cut + ", ' ')"
	}
	return function{name: name, doc: doc, sigs: []signature{
		sg("varchar(x)", "varchar(x)", fmt.Sprintf("acme_%s($1)", name)),
		{in: "varchar(x), varchar(y)", shown: "varchar(x), codepoints", out: "varchar(x)", sql: name + "($1, $2)"},
		sg("char(x)", "varchar(x)", fmt.Sprintf("acme_%s(%s)", name, bare)),
		{in: "char(x), varchar(y)", shown: "char(x), codepoints", out: "varchar(x)", sql: cut},
	}}
}

func concatSigs() []signature {
	array := func(in, shown, sql string) signature {
		return signature{in: in, shown: shown, out: "array(E)", where: "E", sql: sql}
	}
	return []signature{
		{in: "char(x), char(y)", gives: "char(u)", low: lowConcatChars, typ: func(t []Type) Type { return charType(t[0].Precision + t[1].Precision) }},
		array("array(E), E", "array(E), E", "CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN list_append($1, $2) END"),
		array("E, array(E)", "E, array(E)", "CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN list_prepend($1, $2) END"),
		{in: "array(E), array(E)", shown: "array(E)", out: "array(E)", where: "E", variadic: true, low: func(c *invocation) string { return c.join(" || ") }},
		{in: "varchar, varchar", shown: "varchar", out: "varchar", variadic: true, low: lowConcat},
		{in: "varbinary, varbinary", shown: "varbinary", out: "varbinary", variadic: true, low: lowConcat},
	}
}

// join puts an operator between all arguments.
func (c *invocation) join(op string) string {
	s := "("
	for i, v := range c.args {
		if i > 0 {
			s += op
		}
		s += v.code
	}
	return s + ")"
}

// lowSplitPart calls a function that cannot fail where the part's number is written out.
func lowSplitPart(c *invocation) string {
	if n, err := strconv.Atoi(c.raw[2].code); err == nil && n > 0 {
		return c.template("acme_known_part($1, $2, $3)")
	}
	return c.template("acme_split_part($1, $2, $3)")
}

// lowReplace replaces a text that is known and not empty as DuckDB does; an empty one it
// finds nowhere, Trino everywhere.
func lowReplace(c *invocation) string {
	if from := c.args[1].text; from != nil && *from != "" {
		return c.template("replace($1, $2, $3)")
	}
	return c.template("acme_replace($1, $2, $3)")
}

func lowConcat(c *invocation) string {
	if len(c.args) < 2 {
		panic(&Error{Name: "INVALID_FUNCTION_ARGUMENT", Message: "There must be two or more concatenation arguments"})
	}
	literals, constants := 0, 0
	for _, v := range c.args {
		if v.constant {
			constants++
		}
		if v.text != nil {
			literals++
		}
	}
	if constants == literals && literals < len(c.args) {
		return c.join(" || ")
	}
	return "CAST(" + c.join(" || ") + " AS " + c.typ.DuckDB() + ")" // a constant that is NULL makes the whole of no type
}

func lowConcatWS(c *invocation) string {
	if len(c.args) < 2 {
		panic(&Error{Name: "INVALID_FUNCTION_ARGUMENT", Message: "There must be two or more arguments"})
	}
	list := ""
	for i, v := range c.args[1:] {
		if i > 0 {
			list += ", "
		}
		list += v.code
	}
	return "acme_join(" + c.args[0].code + ", [" + list + "])"
}

// lowSubstr is DuckDB's own from a literal place above 0 on, for a literal length.
func lowSubstr(c *invocation) string {
	literal := func(i int) bool {
		if i == len(c.raw) {
			return true
		}
		n, err := strconv.Atoi(c.raw[i].number)
		return err == nil && n > 0 && n < math.MaxInt32
	}
	switch {
	case literal(1) && literal(2):
		return c.template("substring($*)")
	case len(c.args) == 2:
		return c.template("trino.substr($1, $2, 2147483647)")
	}
	return c.template("CASE WHEN $3 IS NOT NULL THEN trino.substr($1, $2, $3) END")
}

// lowConcatChars puts two chars together, which may come to none that there is.
func lowConcatChars(c *invocation) string {
	if n := c.typ.Precision; n > maxChar {
		if c.a.level >= charToVarchar {
			panic(errorAt(c.pos, "TYPE_NOT_FOUND", "Unknown type: char(%d)", n))
		}
		panic(errorAt(c.pos, "INVALID_FUNCTION_ARGUMENT", "CHAR length must be in range [0, %d], got %d", maxChar, n))
	}
	return c.template("($1 || $2)")
}
