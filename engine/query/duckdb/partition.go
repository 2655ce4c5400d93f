package duckdb

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
)

// partitionValues reads year=2025/month=08, the first folders of those that an
// object lies in. They are another table's where they do not name the columns in
// their order.
func partitionValues(t *dialect.Table, folders []string) (values []any, ours bool, err error) {
	if len(folders) < len(t.Partitions) {
		return nil, false, nil
	}
	for i, c := range t.Partitions {
		name, value, ok := strings.Cut(folders[i], "=")
		if !ok || !strings.EqualFold(name, c.Name) {
			return nil, false, nil
		}
		v, err := partitionValue(c, value)
		if err != nil {
			return nil, true, err
		}
		values = append(values, v)
	}
	return values, true, nil
}

// partitionValue reads a value as a folder's name has it.
func partitionValue(c dialect.Column, encoded string) (any, error) {
	if encoded == "__HIVE_DEFAULT_PARTITION__" {
		return nil, nil
	}
	text, err := url.PathUnescape(encoded)
	if err != nil {
		return nil, invalidPartition(c, encoded)
	}
	return typedValue(c, text)
}

func invalidPartition(c dialect.Column, text string) error {
	return &query.Error{
		Name:    "HIVE_INVALID_PARTITION_VALUE",
		Message: fmt.Sprintf("Invalid partition value '%s' for %s partition key: %s", text, strings.ToUpper(c.Type.String()), c.Name),
	}
}

// typedValue reads a partition's value from its text: an int8 to int64, float32 or
// float64, bool, string, days as int32, microseconds as int64.
func typedValue(c dialect.Column, text string) (v any, err error) {
	switch c.Type.Kind {
	case dialect.TinyInt:
		var n int64
		n, err = strconv.ParseInt(text, 10, 8)
		v = int8(n)
	case dialect.SmallInt:
		var n int64
		n, err = strconv.ParseInt(text, 10, 16)
		v = int16(n)
	case dialect.Integer:
		var n int64
		n, err = strconv.ParseInt(text, 10, 32)
		v = int32(n)
	case dialect.BigInt:
		v, err = strconv.ParseInt(text, 10, 64)
	case dialect.Real:
		var f float64
		f, err = strconv.ParseFloat(text, 32)
		v = float32(f)
	case dialect.Double:
		v, err = strconv.ParseFloat(text, 64)
	case dialect.Boolean:
		v = strings.EqualFold(text, "true")
		if v == false && !strings.EqualFold(text, "false") {
			err = strconv.ErrSyntax
		}
	default:
		return wordValue(c, text)
	}
	if err != nil {
		return nil, invalidPartition(c, text)
	}
	return v, nil
}

// wordValue reads the values that are no numbers.
func wordValue(c dialect.Column, text string) (any, error) {
	invalid := invalidPartition(c, text)
	switch c.Type.Kind {
	case dialect.Date:
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return nil, invalid
		}
		return int32(day.Unix() / 86400), nil
	case dialect.Timestamp:
		at, err := time.Parse("2006-01-02 15:04:05", text)
		if err != nil {
			return nil, invalid
		}
		return at.UnixMilli() * 1000, nil
	case dialect.Varchar, dialect.Char:
		if strings.ContainsRune(text, 0) || strings.ToValidUTF8(text, "") != text {
			return nil, invalid
		}
		if c.Type.Kind == dialect.Char && len(text) < c.Type.Precision {
			text += strings.Repeat(" ", c.Type.Precision-len([]rune(text)))
		}
		return text, nil
	}
	return nil, &query.Error{Name: "NOT_SUPPORTED", Message: fmt.Sprintf("a partition column of type %s (%s) is not supported by the local engine", c.Type, c.Name)}
}

// literals writes a partition's values as SQL, each with its type.
func literals(t *dialect.Table, values []any) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = literal(v, t.Partitions[i].Type)
	}
	return out
}

func literal(v any, t dialect.Type) string {
	typ := t.DuckDB()
	switch v := v.(type) {
	case nil:
		return "NULL::" + typ
	case string:
		return quoteText(v) + "::" + typ
	}
	switch t.Kind {
	case dialect.Date:
		return fmt.Sprintf("(DATE '1970-01-01' + (%v)::INTEGER)", v)
	case dialect.Timestamp:
		return fmt.Sprintf("make_timestamp((%v)::BIGINT)", v)
	case dialect.TimestampTZ:
		return fmt.Sprintf("(make_timestamp((%v)::BIGINT) AT TIME ZONE 'UTC')", v)
	case dialect.Real, dialect.Double:
		return fmt.Sprintf("'%v'::%s", v, typ)
	}
	return fmt.Sprintf("(%v)::%s", v, typ)
}

// escapeValue writes a partition's value into a folder's name as Hive does.
func escapeValue(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c < ' ' || c == 0x7f || strings.IndexByte("\"#%'*/:=?\\{[]^", c) >= 0 {
			fmt.Fprintf(&out, "%%%02X", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}
