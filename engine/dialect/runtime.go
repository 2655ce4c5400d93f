package dialect

import (
	"fmt"
	"regexp"
	"strings"
)

// namedError is what functions of ours fail with.
var namedError = regexp.MustCompile(`(?s)\[\[([A-Z_]+)\]\] (.*)$`)

// nativeErrors are DuckDB's texts for what Trino has errors for.
var nativeErrors = []struct {
	pattern *regexp.Regexp
	make    func(m []string) *Error
}{
	{regexp.MustCompile(`Overflow in (addition|subtraction|multiplication|negation) of (INT\d+) \((-?\d+) ?([-+*]?) ?(-?\d*)\)`), integerOverflow},
	{regexp.MustCompile(`Overflow in negation of (\w+)`), func(m []string) *Error {
		return &Error{Name: "NUMERIC_VALUE_OUT_OF_RANGE", Message: "integer negation overflow"}
	}},
	{regexp.MustCompile(`Overflow in (?:addition|subtraction|multiplication|negation) of (?:DECIMAL|INT128|HUGEINT)`), decimalOverflow},
	{regexp.MustCompile(`Overflow on abs\((-?\d+)\)`), func(m []string) *Error {
		return &Error{Name: "NUMERIC_VALUE_OUT_OF_RANGE", Message: "Value " + m[1] + " is out of range for abs(" + integerOfLeast[m[1]] + ")"}
	}},
	{regexp.MustCompile(`Type INT128 with value (-?\d+) can't be cast because the value is out of range for the destination type INT64`), func(m []string) *Error {
		return &Error{Name: "NUMERIC_VALUE_OUT_OF_RANGE", Message: "bigint addition overflow: " + m[1]}
	}},
	{regexp.MustCompile(`Type \w+ with value (\S+) can't be cast because the value is out of range for the destination type (INT\d+)`), func(m []string) *Error {
		return &Error{Name: "NUMERIC_VALUE_OUT_OF_RANGE", Message: fmt.Sprintf("Out of range for %s: %s", integerNameOf[m[2]], m[1])}
	}},
	{regexp.MustCompile(`Overflow in HUGEINT (?:addition|multiplication)`), func([]string) *Error {
		return notHere("a sum of decimals beyond 128 bits")
	}},
	{regexp.MustCompile(`(?:STDDEV|VAR|VARIANCE|CORR|COVAR|REGR)\w*(?: for \w)? is out of range`), func([]string) *Error {
		return notHere("a statistic of numbers that are infinite, NaN or too large")
	}},
	{regexp.MustCompile(`Casting value "([^"]*)" to type DECIMAL\((\d+),(\d+)\) failed`), decimalOverflow},
	{regexp.MustCompile(`Could not cast value (\S+) to DECIMAL\((\d+),(\d+)\)`), func(m []string) *Error {
		return &Error{Name: "INVALID_CAST_ARGUMENT", Message: fmt.Sprintf("Cannot cast '%s' to DECIMAL(%s, %s)", m[1], m[2], m[3])}
	}},
	{regexp.MustCompile(`More than one row returned by a subquery`), func([]string) *Error {
		return &Error{Name: "SUBQUERY_MULTIPLE_ROWS", Message: "Scalar sub-query has returned multiple rows"}
	}},
	{regexp.MustCompile(`(?s)Binder Error: Referenced table "[^"]*" not found.*(?:lambda |trino\.)`), func([]string) *Error {
		return notHere("a lambda or array function in this place, which reads the query around its own,")
	}},
	{regexp.MustCompile(`Overflow in division of (-\d+) / -1`), func(m []string) *Error {
		return &Error{Name: "NUMERIC_VALUE_OUT_OF_RANGE", Message: integerOfLeast[m[1]] + " division overflow: " + m[1] + " / -1"}
	}},
	{regexp.MustCompile(`Specifier type not implemented for DATEDIFF`), func([]string) *Error { // see escapingMacros
		return notHere("TRY around an error that Athena's does not catch, or a value beyond the local engine's,")
	}},
	{regexp.MustCompile(`Map keys must be unique`), func([]string) *Error {
		return &Error{Name: "INVALID_CAST_ARGUMENT", Message: "duplicate keys"}
	}},
	{regexp.MustCompile(`(?i)could not convert .*? to TIMESTAMP|timestamp field value out of range|Overflow exception in date/timestamp|date out of range|not in timestamp range`), func([]string) *Error {
		return notHere("a date or timestamp so far from 1970")
	}},
	{regexp.MustCompile(`Cannot perform non-inner join on subquery`), func([]string) *Error {
		return notHere("a subquery that an outer join's condition compares with columns of both sides")
	}},
	{regexp.MustCompile(`(?i)out of memory`), func([]string) *Error {
		return &Error{Name: "EXCEEDED_LOCAL_MEMORY_LIMIT", Message: "Query exceeded per-node memory limit of the local engine"}
	}},
}

// notHere is a refusal of ours at run time.
func notHere(what string) *Error {
	return &Error{Name: "NOT_SUPPORTED", Message: what + " is not supported by the local engine", Ours: true}
}

var integerNameOf = map[string]string{"INT8": "tinyint", "INT16": "smallint", "INT32": "integer", "INT64": "bigint"}

// integerOfLeast names the type by its least value, the one of which neither the
// absolute value nor the negative fits.
var integerOfLeast = map[string]string{"-128": "tinyint", "-32768": "smallint", "-2147483648": "integer", "-9223372036854775808": "bigint"}

func integerOverflow(m []string) *Error {
	name := integerNameOf[m[2]]
	if m[1] == "subtraction" && m[3] == "0" && integerOfLeast[m[5]] == name {
		return &Error{Name: "NUMERIC_VALUE_OUT_OF_RANGE", Message: name + " negation overflow: " + m[5]} // see unary
	}
	if m[2] == "INT128" {
		return decimalOverflow(m)
	}
	text := m[3]
	if m[5] != "" {
		text = m[3] + " " + m[4] + " " + m[5]
	}
	return &Error{Name: "NUMERIC_VALUE_OUT_OF_RANGE", Message: fmt.Sprintf("%s %s overflow: %s", name, m[1], text)}
}

func decimalOverflow([]string) *Error {
	return &Error{Name: "NUMERIC_VALUE_OUT_OF_RANGE", Message: "Decimal overflow"}
}

// RuntimeError gives Trino's error for the text of a DuckDB error that a
// translation met while it ran, or nil if it is none that Trino has: then it is
// a defect of the translation. Trino gives such errors no position.
func RuntimeError(text string) *Error {
	text, _, _ = strings.Cut(text, "\n\nLINE ") // the place shows code, and the names in it
	if m := namedError.FindStringSubmatch(text); m != nil {
		e := &Error{Name: m[1], Message: m[2]}
		e.Ours = e.Name == "NOT_SUPPORTED" && strings.Contains(m[2], "local engine")
		return e
	}
	for _, n := range nativeErrors {
		if m := n.pattern.FindStringSubmatch(text); m != nil {
			return n.make(m)
		}
	}
	return nil
}

// outOfRangeCast are casts that fail as INVALID_CAST_ARGUMENT in old releases and
// as NUMERIC_VALUE_OUT_OF_RANGE in new ones.
var outOfRangeCast = regexp.MustCompile(`^Cannot cast (?:DECIMAL\(\d+, \d+\)|DOUBLE|REAL|TINYINT|SMALLINT|INTEGER|BIGINT) '[^N'][^']*' to DECIMAL|^Unable to cast .* to bigint`)

// smallDivision is a division whose result old releases fail to store.
var smallDivision = regexp.MustCompile(`^(tinyint|smallint|integer) division overflow: -(\d+) / -1$`)

// RuntimeError is the function of that name at the release of the translation.
func (t *Translation) RuntimeError(text string) *Error {
	e := RuntimeError(text)
	if e != nil && t.level >= 476 && outOfRangeCast.MatchString(e.Message) {
		e.Name = "NUMERIC_VALUE_OUT_OF_RANGE"
	}
	if e != nil && t.level < 476 {
		e.Message = strings.Replace(e.Message, "Value cannot be cast to time with time zone: ", "Value cannot be cast to timestamp: ", 1)
		if m := smallDivision.FindStringSubmatch(e.Message); m != nil {
			e.Name, e.Message = "GENERIC_INTERNAL_ERROR", "Value "+m[2]+" exceeds MAX_"+map[string]string{"tinyint": "BYTE", "smallint": "SHORT", "integer": "INT"}[m[1]]
		}
	}
	return e
}
