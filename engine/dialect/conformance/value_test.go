package conformance_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"sort"
	"strconv"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"acme/telemetry/engine/dialect"
)

// protocol gives a value as Trino's client protocol sends it: numbers as
// float64, the rest as text, arrays and rows as []any, maps as map[string]any.
func protocol(t dialect.Type, v any) any {
	if v == nil {
		return nil
	}
	switch t.Kind {
	case dialect.Boolean:
		return v
	case dialect.TinyInt, dialect.SmallInt, dialect.Integer, dialect.BigInt:
		return json.Number(fmt.Sprint(v))
	case dialect.Real:
		return float(float64(v.(float32)), 32)
	case dialect.Double:
		return float(v.(float64), 64)
	case dialect.Decimal:
		d := v.(duckdb.Decimal)
		return decimal(d.Value, t.Scale)
	case dialect.Varbinary, dialect.HyperLogLog, dialect.TDigest, dialect.QDigest:
		return base64.StdEncoding.EncodeToString(v.([]byte))
	case dialect.IPAddress:
		return dialect.AddressText(v.([]byte))
	case dialect.Date:
		return t.Text(int32(v.(time.Time).Unix() / 86400))
	case dialect.Time, dialect.TimeTZ, dialect.Timestamp, dialect.TimestampTZ:
		return moment(t, v)
	case dialect.IntervalDay:
		return dayTime(v.(int64))
	case dialect.IntervalYear:
		n, sign := int64(v.(int32)), ""
		if n < 0 {
			n, sign = -n, "-"
		}
		return fmt.Sprintf("%s%d-%d", sign, n/12, n%12)
	case dialect.UUID:
		u := v.([]byte)
		return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
	}
	return nested(t, v)
}

// moment gives a time's text from what the driver makes of its carrier.
func moment(t dialect.Type, v any) string {
	switch x := v.(type) {
	case time.Time:
		if t.Kind == dialect.Time {
			return t.Text(int64(x.UTC().Hour()*3600+x.UTC().Minute()*60+x.UTC().Second())*1e6 + int64(x.Nanosecond()/1000))
		}
		return t.Text(x.UnixMicro())
	case duckdb.Interval:
		if x.Days != -30*x.Months || x.Months > 0 {
			return "no carried zone"
		}
		return t.Text(dialect.Carried{Months: x.Months, Micros: x.Micros})
	}
	return t.Text(v)
}

func nested(t dialect.Type, v any) any {
	switch t.Kind {
	case dialect.Array:
		out := []any{}
		for _, e := range v.([]any) {
			out = append(out, protocol(t.Elem[0].Type, e))
		}
		return out
	case dialect.Row:
		out := []any{}
		for i, f := range t.Elem {
			out = append(out, protocol(f.Type, v.(map[string]any)[fmt.Sprintf("f%d", i)]))
		}
		return out
	case dialect.Map:
		out := map[string]any{}
		om := v.(duckdb.OrderedMap)
		keys, values := om.Keys(), om.Values()
		for i := range keys {
			k := protocol(t.Elem[0].Type, keys[i])
			if f, ok := k.(float64); ok {
				k = floatKey(f)
			}
			out[fmt.Sprint(k)] = protocol(t.Elem[1].Type, values[i])
		}
		return out
	}
	return v
}

// floatKey is a number as Java prints it.
func floatKey(f float64) string {
	if m := math.Abs(f); f != 0 && (m < 1e-3 || m >= 1e7) {
		digits, exp, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, 64), "E")
		n, _ := strconv.Atoi(exp)
		if !strings.Contains(digits, ".") {
			digits += ".0"
		}
		return digits + "E" + strconv.Itoa(n)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

func float(f float64, bits int) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	if bits == 32 {
		f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'g', -1, 32), 64)
	}
	return f
}

func decimal(n *big.Int, scale int) string {
	s := new(big.Int).Abs(n).String()
	if len(s) <= scale {
		s = strings.Repeat("0", scale-len(s)+1) + s
	}
	if scale > 0 {
		s = s[:len(s)-scale] + "." + s[len(s)-scale:]
	}
	if n.Sign() < 0 {
		s = "-" + s
	}
	return s
}

func dayTime(ms int64) string {
	sign, u := "", uint64(ms)
	if ms < 0 {
		sign, u = "-", -u
	}
	return fmt.Sprintf("%s%d %02d:%02d:%02d.%03d", sign, u/86400000, u/3600000%24, u/60000%60, u/1000%60, u%1000)
}

// same compares a value with the expected one; floats within a share of rel.
func same(got, want any, rel float64) bool {
	switch w := want.(type) {
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for i := range w {
			if !same(g[i], w[i], rel) {
				return false
			}
		}
		return true
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for k, v := range w {
			if x, ok := g[k]; !ok || !same(x, v, rel) {
				return false
			}
		}
		return true
	case json.Number:
		if n, ok := got.(json.Number); ok && n == w {
			return true
		}
		g, ok1 := number(got)
		f, ok2 := number(w)
		return ok1 && ok2 && (g == f || math.Abs(f) < 1e-37 && math.Abs(g-f) <= 0.5*math.Abs(f) || math.Abs(g-f) <= rel*math.Max(math.Abs(g), math.Abs(f)))
	case string:
		g, ok := got.(string)
		return ok && g == w
	}
	return got == want
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}

// key orders rows whatever their order was.
func key(row []any) string {
	var b strings.Builder
	for _, v := range row {
		write(&b, v)
		b.WriteByte('|')
	}
	return b.String()
}

func write(b *strings.Builder, v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			write(b, e)
			b.WriteByte(',')
		}
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			b.WriteString(k + "=")
			write(b, v[k])
		}
	case json.Number:
		if strings.ContainsAny(string(v), ".e") {
			f, _ := v.Float64()
			write(b, f)
			return
		}
		b.WriteString(string(v))
	default:
		if f, ok := number(v); ok {
			if f == 0 {
				f = 0 // -0 is equal to it
			} else if math.Abs(f) < 1e-37 {
				f = 1e-40 // the last bits of a real are printed in many ways
			}
			fmt.Fprintf(b, "%.6g", f)
			return
		}
		fmt.Fprint(b, v)
	}
}
