package dialect

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Prelude gives the DuckDB statements that a session runs before any
// translation, after Functions are registered: macros in a schema of their own,
// so that nothing of DuckDB's is hidden.
func Prelude() []string {
	out := []string{"CREATE SCHEMA IF NOT EXISTS trino"}
	for _, m := range slices.Concat(momentMacros, macros, escapingMacros()) {
		out = append(out, fmt.Sprintf("CREATE OR REPLACE MACRO trino.%s AS %s", m[0], m[1]))
	}
	return out
}

// escapes says whether what a macro fails with is nothing that Athena's TRY catches: an
// error without a class of its own, or a value that is beyond DuckDB. A macro may be
// told what to fail with.
func escapes(name, body string) bool {
	return strings.Contains(name, " err") || strings.Contains(body, "[[NOT_SUPPORTED]]") || strings.Contains(body, "GENERIC_INTERNAL_ERROR")
}

// escapingMacros are the twins of those macros for use inside TRY, trino.escaping_NAME:
// DuckDB's TRY catches whatever our functions fail with, but not that dates do not
// differ by some unit, which is what they fail with instead. See escaped.
func escapingMacros() [][2]string {
	all := slices.Concat(momentMacros, macros)
	out := [][2]string{
		{"escape(message)", "CAST(date_diff(left(message, 0) || 'era', DATE '1970-01-01', DATE '1970-01-01') AS VARCHAR)"},
		{"escape_as(err, message)", "CASE WHEN err = 'GENERIC_INTERNAL_ERROR' THEN trino.escape(message) ELSE acme_fail(message) END"},
	}
	twins := map[string]bool{}
	for again := true; again; {
		again = false
		for _, m := range all {
			name, _, _ := strings.Cut(m[0], "(")
			if twins[name] || !escapes(m[0], m[1]) && escaped(m[1], twins) == m[1] {
				continue
			}
			twins[name], again = true, true
		}
	}
	for _, m := range all { // in their order: a macro knows those before it alone
		if name, _, _ := strings.Cut(m[0], "("); twins[name] {
			out = append(out, [2]string{"escaping_" + m[0], escaped(m[1], twins)})
		}
	}
	return out
}

// escapingCalls are the names of the macros that have twins.
var escapingCalls = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, m := range escapingMacros() {
		name, _, _ := strings.Cut(m[0], "(")
		if of, ok := strings.CutPrefix(name, "escaping_"); ok {
			out[of] = true
		}
	}
	return out
})

// macroCall is a call of a macro, or of the function that fails up to the name of what
// it fails with.
var macroCall = regexp.MustCompile(`^(?:trino\.([a-z_0-9]+)\(|acme_fail\('\[\[(' \|\| err \|\| '|NOT_SUPPORTED|GENERIC_INTERNAL_ERROR)\]\])`)

// escaped gives code whose errors that Athena's TRY does not catch pass DuckDB's; what
// stands in texts and quoted names stays.
func escaped(code string, twins map[string]bool) string {
	var b strings.Builder
	quote := byte(0) // open at i
	for i := 0; i < len(code); {
		var m []string
		if quote == 0 && (strings.HasPrefix(code[i:], "trino.") || strings.HasPrefix(code[i:], "acme_fail(")) {
			m = macroCall.FindStringSubmatch(code[i:])
		}
		switch {
		case m == nil:
			switch c := code[i]; {
			case quote == c:
				quote = 0
			case quote == 0 && (c == '\'' || c == '"'):
				quote = c
			}
			b.WriteByte(code[i])
			i++
			continue
		case twins[m[1]]:
			b.WriteString("trino.escaping_" + m[1] + "(")
		case m[1] != "":
			b.WriteString(m[0])
		case strings.Contains(m[2], "err"):
			b.WriteString("trino.escape_as(err, '[[' || err || ']]")
			quote = '\''
		default:
			b.WriteString("trino.escape('[[" + m[2] + "]]")
			quote = '\''
		}
		i += len(m[0])
	}
	return b.String()
}

// macros are the lowerings that name an argument more than once.
var macros = [][2]string{
	{"divide_exact(a, b)", "CASE WHEN b = 0 THEN NULL ELSE (a // b) + CASE WHEN abs(a % b) >= abs(b) - abs(a % b) THEN CASE WHEN (a < 0) = (b < 0) THEN 1 ELSE -1 END ELSE 0 END END"},
	// DuckDB divides 128 bits bit by bit.
	{"divide(a, b)", "CASE WHEN a BETWEEN -9000000000000000000 AND 9000000000000000000 AND b BETWEEN -9000000000000000000 AND 9000000000000000000 " +
		"THEN CAST(trino.divide_exact(CAST(a AS BIGINT), CAST(b AS BIGINT)) AS HUGEINT) ELSE trino.divide_exact(a, b) END"},
	{"integer_limit(name)", "CAST(CASE name WHEN 'TINYINT' THEN 127 WHEN 'SMALLINT' THEN 32767 WHEN 'INTEGER' THEN 2147483647 ELSE 9223372036854775807 END AS HUGEINT)"},
	{"try_decimal_integer(x, name)", "CASE WHEN CAST(CAST(x AS DECIMAL(38, 0)) AS HUGEINT) BETWEEN -trino.integer_limit(name) - 1 AND trino.integer_limit(name) THEN CAST(CAST(x AS DECIMAL(38, 0)) AS BIGINT) END"},
	{"decimal_integer(x, name, err)", "CASE WHEN x IS NULL OR CAST(CAST(x AS DECIMAL(38, 0)) AS HUGEINT) BETWEEN -trino.integer_limit(name) - 1 AND trino.integer_limit(name) THEN CAST(CAST(x AS DECIMAL(38, 0)) AS BIGINT) " +
		"ELSE CAST(acme_fail('[[' || err || ']] Cannot cast ''' || CAST(x AS VARCHAR) || ''' to ' || name) AS BIGINT) END"},
	{"to_real(x)", "CASE WHEN isfinite(x) AND abs(x) >= 3.4028235677973366e38 THEN CAST(CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END AS FLOAT) ELSE CAST(x AS FLOAT) END"},
	{"round_double(x, n)", "CASE WHEN n IS NULL THEN NULL WHEN x = 0 THEN CAST(0 AS DOUBLE) WHEN isfinite(x) THEN round(x, n) ELSE x END"},
	// Older releases multiply by the power of ten, whatever comes of it.
	{"older_round_double(x, n)", "CASE WHEN x IS NULL OR n IS NULL THEN NULL WHEN NOT isfinite(x) OR x = 0 THEN x WHEN n < -323 THEN CAST('NaN' AS DOUBLE) WHEN n > 0 AND NOT isfinite(x * pow(10.0e0, n)) " +
		"THEN CAST(acme_fail('[[GENERIC_INTERNAL_ERROR]] input is infinite or NaN' || left(CAST(x AS VARCHAR), 0)) AS DOUBLE) ELSE round(x, n) END"},
	{"sign(x)", "CASE WHEN isnan(x) OR x = 0 THEN x ELSE CAST(sign(x) AS DOUBLE) END"},
	{"pow(x, y)", "CASE WHEN x IS NOT NULL AND (isnan(y) OR isinf(y) AND abs(x) = 1) THEN CAST('NaN' AS DOUBLE) ELSE pow(x, y) END"},
	{"sqrt(x)", "CASE WHEN x < 0 THEN CAST('NaN' AS DOUBLE) ELSE sqrt(x) END"},
	{"ln(x)", "CASE WHEN x = 0 THEN CAST('-Infinity' AS DOUBLE) WHEN x < 0 THEN CAST('NaN' AS DOUBLE) ELSE ln(x) END"},
	{"log2(x)", "CASE WHEN x = 0 THEN CAST('-Infinity' AS DOUBLE) WHEN x < 0 THEN CAST('NaN' AS DOUBLE) ELSE log2(x) END"},
	{"log10(x)", "CASE WHEN x = 0 THEN CAST('-Infinity' AS DOUBLE) WHEN x < 0 THEN CAST('NaN' AS DOUBLE) ELSE log10(x) END"},
	{"sin(x)", "CASE WHEN NOT isfinite(x) THEN CAST('NaN' AS DOUBLE) ELSE sin(x) END"},
	{"cos(x)", "CASE WHEN NOT isfinite(x) THEN CAST('NaN' AS DOUBLE) ELSE cos(x) END"},
	{"tan(x)", "CASE WHEN NOT isfinite(x) THEN CAST('NaN' AS DOUBLE) ELSE tan(x) END"},
	{"asin(x)", "CASE WHEN x BETWEEN -1 AND 1 THEN asin(x) WHEN x IS NOT NULL THEN CAST('NaN' AS DOUBLE) END"},
	{"acos(x)", "CASE WHEN x BETWEEN -1 AND 1 THEN acos(x) WHEN x IS NOT NULL THEN CAST('NaN' AS DOUBLE) END"},
	{"leading_zero(t)", "CASE WHEN starts_with(t, '.') THEN '0' || t WHEN starts_with(t, '-.') THEN '-0' || substring(t, 2) ELSE t END"},
	{"date_text(d)", "CASE WHEN year(d) > 0 THEN CAST(d AS VARCHAR) ELSE acme_date_text(CAST(d - DATE '1970-01-01' AS BIGINT)) END"},
	{"upper(s)", "CASE WHEN contains(s, 'ß') THEN acme_upper(s) ELSE upper(s) END"},
	{"timestamp_text(t, n)", "CASE WHEN year(t) BETWEEN 0 AND 9999 THEN left(strftime(t, '%Y-%m-%d %H:%M:%S.%f'), n) " +
		"ELSE acme_moment_text(epoch_us(t), 0, greatest(n - 20, 0), -1) END"},
	{"list_max_number(l)", "CASE WHEN len(l) = list_count(l) THEN coalesce(list_max(list_filter(l, lambda e: NOT isnan(e))), list_max(l)) END"},
	{"list_min_number(l)", "CASE WHEN len(l) = list_count(l) THEN list_min(l) END"},
	{"floor_to(n, unit)", "(n - ((n % unit) + unit) % unit)"},
	{"unix_time(us)", "(trino.floor_to(us, 1000) // 1000 / 1000.0e0 + (us - trino.floor_to(us, 1000)) / 1000000.0e0)"},
	{"unix_picos(h)", "(((h - (((h % 1000000000) + 1000000000) % 1000000000)) // 1000000000) / 1000.0e0 + (((h % 1000000000) + 1000000000) % 1000000000) / 1000000000000.0e0)"},
	{"whole(d)", "CAST(round(d, 0) AS DECIMAL(38, 0))"},
	{"millis(us)", "(trino.floor_to(us + 500, 1000) // 1000)"},
	{"steps(n, most)", "CASE WHEN abs(CAST(n AS HUGEINT)) <= most THEN CAST(n AS BIGINT) WHEN n IS NOT NULL THEN CAST(acme_fail('[[NOT_SUPPORTED]] a date or timestamp so far from 1970 is not supported by the local engine') AS BIGINT) END"},
	// Trino takes a second too many from what is not a whole one before 1970.
	{"clock(t)", "CAST(CASE WHEN epoch_us(t) >= 0 OR epoch_us(t) % 1000000 = 0 THEN t WHEN trino.floor_to(epoch_us(t), 86400000000) + 1000000 <= epoch_us(t) THEN t - INTERVAL 1 SECOND " +
		"WHEN t IS NOT NULL THEN CAST(acme_fail('[[NOT_SUPPORTED]] the time of day of a part of the first second of a day before 1970 is not supported by the local engine') AS TIMESTAMP) END AS TIME)"},
	{"from_seconds(s, err)", "make_timestamptz(CASE WHEN isnan(s) THEN 0 WHEN floor(s * 1000 + 0.5) BETWEEN -2251799813685248.0e0 AND 2251799813685247.0e0 THEN CAST(floor(s * 1000 + 0.5) AS BIGINT) * 1000 " +
		"ELSE CAST(acme_fail('[[' || err || ']] Millis overflow: ' || CAST(CASE WHEN s * 1000 >= 9223372036854775807.0e0 THEN 9223372036854775807 " +
		"WHEN s * 1000 <= -9223372036854775808.0e0 THEN -9223372036854775807 - 1 ELSE CAST(floor(s * 1000 + 0.5) AS BIGINT) END AS VARCHAR)) AS BIGINT) END)"},
	{"substr(s, start, n)", "CASE WHEN start = 0 OR n <= 0 OR start < -length(s) THEN CASE WHEN s IS NOT NULL AND start IS NOT NULL AND n IS NOT NULL THEN '' END " +
		"ELSE substring(s, start, least(n, 2147483647)) END"},
	{"overlay(s, t, start, n)", "CASE WHEN s IS NULL OR t IS NULL OR start IS NULL OR n IS NULL THEN NULL " +
		"WHEN start <= 0 THEN acme_fail('[[INVALID_FUNCTION_ARGUMENT]] OVERLAY start position must be greater than 0, got: ' || CAST(start AS VARCHAR)) " +
		"ELSE left(s, start - 1) || t || substring(s, start + greatest(n, 0)) END"},
	{"overlaps(a, b, c, d)", "CASE WHEN a IS NOT NULL AND b IS NOT NULL AND c IS NOT NULL AND d IS NOT NULL THEN " +
		"CASE WHEN least(a, b) = least(c, d) THEN true WHEN least(a, b) < least(c, d) THEN least(c, d) < greatest(a, b) ELSE least(a, b) < greatest(c, d) END " +
		// A period with one end known overlaps what has that end in it; least and greatest pass over NULL.
		"WHEN a IS NOT NULL AND b IS NOT NULL AND least(c, d) > least(a, b) AND least(c, d) < greatest(a, b) OR c IS NOT NULL AND d IS NOT NULL AND least(a, b) > least(c, d) AND least(a, b) < greatest(c, d) THEN true END"},
	{"slice(l, start, n)", "CASE WHEN start > len(l) OR start < -len(l) THEN list_slice(l, 1, 0) " +
		"ELSE list_slice(l, CASE WHEN start < 0 THEN len(l) + start + 1 ELSE start END, CASE WHEN start < 0 THEN len(l) + start ELSE start - 1 END + n) END"},
	{"list_unique(l)", "list_filter(l, lambda x, i: len(list_filter(list_slice(l, 1, i - 1), lambda y: y IS NOT DISTINCT FROM x)) = 0)"},
	{"list_both(a, b)", "CASE WHEN len(b) > len(a) THEN trino.list_within(b, a) ELSE trino.list_within(a, b) END"}, // in the longer one's order
	{"list_within(a, b)", "trino.list_unique(list_filter(a, lambda x: len(list_filter(b, lambda y: y IS NOT DISTINCT FROM x)) > 0))"},
	{"list_less(a, b)", "trino.list_unique(list_filter(a, lambda x: len(list_filter(b, lambda y: y IS NOT DISTINCT FROM x)) = 0))"},
	{"list_overlap(a, b)", "CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN list_has_any(a, b) THEN true WHEN len(a) > 0 AND len(b) > 0 AND (len(a) <> list_count(a) OR len(b) <> list_count(b)) THEN NULL ELSE false END"},
	{"any_true(l)", "CASE WHEN l IS NULL THEN NULL WHEN list_contains(l, true) THEN true WHEN len(l) <> list_count(l) THEN NULL ELSE false END"},
	{"all_true(l)", "CASE WHEN l IS NULL THEN NULL WHEN list_contains(l, false) THEN false WHEN len(l) <> list_count(l) THEN NULL ELSE true END"},
	{"order_statistic(l, q)", "list_extract(list_sort(list_filter(l, lambda e: e IS NOT NULL)), greatest(1, least(list_count(l), CAST(floor(q * list_count(l)) AS BIGINT) + 1)))"},
	{"no_nan(x)", "CASE WHEN NOT isnan(x) THEN x END"},
	{"sum_bigint(s)", "CAST(s AS BIGINT)"},
	// up is the sum of what is above 0.
	{"sum_of_parts(s, up)", "CASE WHEN up <= 9223372036854775807 AND s - up >= -9223372036854775808 OR s NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN CAST(s AS BIGINT) " +
		"WHEN s IS NOT NULL THEN CAST(acme_fail('[[NOT_SUPPORTED]] a sum of which a part may be beyond bigint is not supported by the local engine') AS BIGINT) END"},
	{"json_list(l)", "CASE WHEN l IS NOT NULL THEN '[' || coalesce(array_to_string(l, ','), '') || ']' END"},
	// A struct binds the keys once; in a lambda of its own text they would be made for every entry.
	{"first_keys(l)", "list_transform([struct_pack(k := list_transform(l, lambda e: e.f0), l := l)], lambda s: list_filter(s.l, lambda e, i: list_position(s.k, e.f0) = i))[1]"},
	{"first_of_keys(l)", "CASE WHEN len(l) > 0 THEN map(list_transform(trino.first_keys(l), lambda e: e.f0), list_transform(trino.first_keys(l), lambda e: e.f1)) END"},
	{"all_of_keys(l)", "CASE WHEN len(l) > 0 THEN map(list_transform(trino.first_keys(l), lambda e: e.f0), " +
		"list_transform([struct_pack(f := trino.first_keys(l), l := l)], lambda s: list_transform(s.f, lambda d: list_transform(list_filter(s.l, lambda e: e.f0 IS NOT DISTINCT FROM d.f0), lambda e: e.f1)))[1]) END"},
	{"pairs(l)", "CASE WHEN l IS NOT NULL THEN map(list_transform(generate_series(1, len(l), 2), lambda i: l[i]), list_transform(generate_series(2, len(l), 2), lambda i: l[i])) END"},
	{"frequent(l, r)", "CASE WHEN r IS NOT NULL THEN map(list_transform(generate_series(1, len(r), 2), lambda i: l[r[i]]), list_transform(generate_series(2, len(r), 2), lambda i: r[i])) END"},
	{"ngrams(l, n)", "CASE WHEN len(l) <= n THEN [l] WHEN n IS NOT NULL THEN list_transform(range(1, len(l) - n + 2), lambda i: list_slice(l, i, i + n - 1)) END"},
	{"contains_sequence(a, b)", "CASE WHEN len(b) = 0 THEN true ELSE len(list_filter(range(1, len(a) - len(b) + 2), lambda i: list_slice(a, i, i + len(b) - 1) IS NOT DISTINCT FROM b)) > 0 END"},
	{"zip_maps(a, b)", "CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN list_transform(list_concat(map_keys(a), list_filter(map_keys(b), lambda k: NOT map_contains(a, k))), " +
		"lambda k: struct_pack(f0 := k, f1 := map_extract_value(a, k), f2 := map_extract_value(b, k))) END"},
	{"zip_pair(a, b)", "CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN list_transform(range(1, greatest(len(a), len(b)) + 1), lambda i: struct_pack(f0 := list_extract(a, i), f1 := list_extract(b, i))) END"},
}
