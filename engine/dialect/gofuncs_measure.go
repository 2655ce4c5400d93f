package dialect

import (
	"math"
	"math/big"
	"strings"
	"unicode"
)

// Numbers with units, and texts that are small tables.

func measureGoFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("data_size", "VARCHAR,BOOLEAN,VARCHAR", func(a []any) (any, error) { return dataSize(a[0].(string), a[1].(bool)) }),
		fn("format_number", "BIGINT,VARCHAR", func(a []any) (any, error) { return formatNumber(float64(a[0].(int64))), nil }),
		fn("whole", "DOUBLE,BIGINT", func(a []any) (any, error) {
			switch d := a[0].(float64); {
			case math.IsNaN(d):
				return int64(0), nil
			case d >= math.MaxInt64:
				return int64(math.MaxInt64), nil
			case d <= math.MinInt64:
				return int64(math.MinInt64), nil
			default:
				return int64(d), nil
			}
		}),
		fn("split_map", "VARCHAR,VARCHAR,VARCHAR,VARCHAR[]", func(a []any) (any, error) {
			out, seen := []any{}, map[string]bool{}
			err := eachEntry(a[0].(string), a[1].(string), a[2].(string), "'%s'", func(k, v string) error {
				if seen[k] {
					return badArg("Duplicate keys (%s) are not allowed", k)
				}
				seen[k] = true
				out = append(out, k, v)
				return nil
			})
			return out, err
		}),
		fn("split_multimap", "VARCHAR,VARCHAR,VARCHAR,VARCHAR[][]", func(a []any) (any, error) {
			out, at := []any{}, map[string]int{}
			err := eachEntry(a[0].(string), a[1].(string), a[2].(string), "%s", func(k, v string) error {
				i, ok := at[k]
				if !ok {
					i = len(out)
					at[k] = i
					out = append(out, []any{k})
				}
				out[i] = append(out[i].([]any), v)
				return nil
			})
			return out, err
		}),
	}
}

// eachEntry walks "k:v,k:v". bad is how an entry that is none is shown.
func eachEntry(s, entryDelimiter, valueDelimiter, bad string, call func(k, v string) error) error {
	switch {
	case entryDelimiter == "":
		return badArg("entryDelimiter is empty")
	case valueDelimiter == "":
		return badArg("keyValueDelimiter is empty")
	case entryDelimiter == valueDelimiter:
		return badArg("entryDelimiter and keyValueDelimiter must not be the same")
	}
	for s != "" {
		var entry string
		entry, s, _ = strings.Cut(s, entryDelimiter)
		k, v, ok := strings.Cut(entry, valueDelimiter)
		if !ok || strings.Contains(v, valueDelimiter) {
			return badArg("Key-value delimiter must appear exactly once in each entry. Bad input: "+bad, entry)
		}
		if err := call(k, v); err != nil {
			return err
		}
	}
	return nil
}

// dataSize reads "2.5MB" as bytes, by powers of 1024.
func dataSize(s string, newer bool) (any, error) {
	digits := strings.TrimLeftFunc(s, func(r rune) bool { return r == '.' || unicode.IsDigit(r) })
	number := strings.Map(func(r rune) rune {
		if r < 0x80 || !unicode.IsDigit(r) {
			return r
		}
		zero := r // the digits of a script follow each other, from a multiple of ten
		for unicode.IsDigit(zero-1) && r-zero < 9 {
			zero--
		}
		return '0' + (r - zero)
	}, s[:len(s)-len(digits)])
	power, ok := map[string]uint{"B": 0, "kB": 10, "MB": 20, "GB": 30, "TB": 40, "PB": 50, "EB": 60, "ZB": 70, "YB": 80}[digits]
	if !ok || strings.Trim(number, ".") == "" || strings.Count(number, ".") > 1 {
		return nil, badArg("Invalid data size: '%s'", s)
	}
	r, _ := new(big.Rat).SetString(strings.TrimSuffix(number, "."))
	r.Mul(r, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), power)))
	n := new(big.Int).Quo(r.Num(), r.Denom())
	if _, fits := fits(n, 38); !fits {
		if newer {
			return nil, failed{"GENERIC_INTERNAL_ERROR", "Decimal overflow"}
		}
		return nil, outOfRange("Value out of range: '%s' ('%sB')", s, n)
	}
	return n.String(), nil
}

// formatNumber gives three digits, more or less, and a unit.
func formatNumber(d float64) string {
	unit := ""
	for _, u := range []string{"K", "M", "B", "T", "Q"} {
		if d < 1000 && d > -1000 {
			break
		}
		d /= 1000
		unit = u
	}
	digits := 0
	switch {
	case d < 10:
		digits = 2
	case d < 100:
		digits = 1
	}
	// Half up by the binary value, which is rarely half: 1.015 is below.
	s := new(big.Rat).SetFloat64(d).FloatString(digits)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s + unit
}
