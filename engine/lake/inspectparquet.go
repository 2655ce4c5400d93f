package lake

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"acme/telemetry/schema"
)

// parquet inspects a Parquet object: what in its footer Athena stumbles over, and all
// its values.
func (o InspectOptions) parquet(f *objectFinding, body io.Reader, find func(FindingKind, Severity, int64, int64, string, ...any)) error {
	data, err := io.ReadAll(io.LimitReader(body, maxParquet+1))
	if err != nil {
		return err
	}
	for _, said := range footerFindings(data, o.Table) {
		find(said.Kind, said.Severity, 0, said.Count, "%s", said.Message)
		if said.Kind == Brotli {
			return nil // its decoder is not to be given what anybody wrote
		}
	}
	rows, damage, err := parquetRows(bytes.NewReader(data))
	if damage != "" {
		find(Unreadable, SeverityError, 0, 1, "%s", damage)
	}
	f.stats.Records, f.stats.Lines = rows, rows
	return err
}

// footerFindings says what a file's footer tells. One that cannot be read tells nothing
// here.
func footerFindings(data []byte, t schema.Table) (out []Finding) {
	defer func() { // a broken footer can make the library panic
		if recover() != nil {
			out = nil
		}
	}()
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil
	}
	add := func(kind FindingKind, s Severity, message string) {
		out = append(out, Finding{Kind: kind, Severity: s, Count: 1, Message: message})
	}
	for _, g := range file.Metadata().RowGroups {
		for _, c := range g.Columns {
			if codec := c.MetaData.Codec; codec == format.Brotli || codec == format.LZO {
				add(Brotli, SeverityError, fmt.Sprintf("its column %s is packed with %s, which Athena does not read and which is not safe to unpack", strings.Join(c.MetaData.PathInSchema, "."), codec))
				return out
			}
		}
	}
	there := map[string]bool{}
	for _, e := range file.Metadata().Schema[1:] {
		name := strings.ToLower(e.Name)
		if there[name] {
			add(DuplicateKey, SeverityError, "it has two columns that are called "+name+" in one case or another")
		}
		there[name] = true
		elementFindings(e, t, add)
	}
	var lacks []string
	for _, c := range t.Columns {
		if !there[c.Name] {
			lacks = append(lacks, c.Name)
		}
	}
	if len(lacks) > 0 {
		add(MixedSchemas, SeverityWarn, "it has no column "+strings.Join(lacks, ", ")+": NULL in all its rows")
	}
	return out
}

// elementFindings says what a column of a file is to the table.
func elementFindings(e format.SchemaElement, t schema.Table, add func(FindingKind, Severity, string)) {
	physical, ok := e.Type.Get()
	if !ok {
		return // of a nested column: a part that holds parts
	}
	if fine(e) || physical == format.Int96 {
		add(FineTimestamps, SeverityError, fmt.Sprintf("its column %s holds instants finer than a millisecond: Athena rounds them, or fails", e.Name))
	}
	for _, c := range t.Columns {
		if strings.EqualFold(c.Name, e.Name) && !holds(physical, c.Type) {
			add(WrongType, SeverityError, fmt.Sprintf("its column %s is %s and the table's is %s: a query that reads it fails", e.Name, physical, c.Type))
			return
		}
		if strings.EqualFold(c.Name, e.Name) {
			return
		}
	}
	add(UnknownKeys, SeverityInfo, "its column "+e.Name+" is none of the table: no query shows it")
}

func fine(e format.SchemaElement) bool {
	if stamp, ok := e.LogicalType.Value.(*format.TimestampType); ok {
		_, millis := stamp.Unit.Value.(*format.MilliSeconds)
		return !millis
	}
	converted, ok := e.ConvertedType.Get()
	return ok && converted == deprecated.TimestampMicros
}

// holds says whether a column of a file can be read as one of the table.
func holds(physical format.Type, t schema.Type) bool {
	switch t {
	case schema.Int, schema.Date:
		return physical == format.Int32
	case schema.BigInt:
		return physical == format.Int32 || physical == format.Int64
	case schema.Double:
		return physical == format.Double || physical == format.Float
	case schema.Boolean:
		return physical == format.Boolean
	}
	return physical == format.ByteArray || physical == format.FixedLenByteArray
}
