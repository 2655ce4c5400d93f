package report

import (
	"time"

	"acme/telemetry/engine/query"
)

// extra is a column whose values come from the objects, not from SQL.
func extra(name, typ, label string, kind Kind, digits int) Column {
	return Column{Column: query.Column{Name: name, Type: typ}, Label: label, Kind: kind, Digits: digits}
}

// addLakeFacts sets what the objects hold beside what Athena sees, in the
// volume and the partitions.
func (b *builder) addLakeFacts() {
	if !b.lake.Known {
		return
	}
	b.addVolume()
	b.addPartitions()
}

func (b *builder) addVolume() {
	v := b.sections["volume"]
	if len(v.Rows) != 1 {
		return
	}
	v.Columns = append(v.Columns,
		extra("records", "bigint", "Events in the objects", KindCount, 0),
		extra("unseen", "bigint", "Events Athena does not see", KindCount, 0),
		extra("malformed", "bigint", "Malformed lines", KindCount, 0),
		extra("objects", "bigint", "Objects", KindCount, 0),
		extra("compressed_bytes", "bigint", "Compressed size", KindBytes, 0),
		extra("bytes_per_record", "double", "Bytes an event", KindNumber, 1),
		extra("records_per_object", "double", "Events an object", KindCount, 0),
		extra("partitions", "bigint", "Hour partitions", KindCount, 0),
	)
	s := b.seen
	v.Rows[0] = append(v.Rows[0], s.Records, s.Unseen, s.Malformed, s.Objects, s.Bytes,
		ratio(s.Bytes, s.Records), ratio(s.Records, s.Objects), int64(len(b.lake.Partitions)))
}

// ratio gives a/b, NULL where there is none.
func ratio(a, b int64) any {
	if b == 0 {
		return nil
	}
	return float64(a) / float64(b)
}

// addPartitions joins the hours of the table with those of the objects: an hour
// that only one side has shows NULLs for the other.
func (b *builder) addPartitions() {
	p := b.sections["partitions"]
	if p.Err != nil {
		return
	}
	asked := len(p.Columns)
	p.Columns = append(p.Columns,
		extra("records", "bigint", "Events", KindCount, 0),
		extra("compressed_bytes", "bigint", "Size", KindBytes, 0),
		extra("unseen", "bigint", "Unseen", KindCount, 0),
		extra("malformed", "bigint", "Malformed", KindCount, 0))
	table, rows := p.Rows, []query.Row(nil)
	var drill []string
	add := func(row query.Row, hour time.Time, facts ...any) {
		rows = append(rows, append(row, facts...))
		drill = append(drill, b.drill(hourPredicate(hour)))
	}
	for i, j := 0, 0; i < len(table) || j < len(b.lake.Partitions); {
		var left, right time.Time
		if i < len(table) {
			left = hourOf(p, table[i])
		}
		if j < len(b.lake.Partitions) {
			right = b.lake.Partitions[j].start()
		}
		switch {
		case j >= len(b.lake.Partitions) || i < len(table) && left.Before(right):
			add(table[i], left, nil, nil, nil, nil)
			i++
		case i >= len(table) || right.Before(left):
			f := b.lake.Partitions[j]
			row := make(query.Row, asked)
			copy(row, query.Row{int64(f.Year), int64(f.Month), int64(f.Day), int64(f.Hour)})
			add(row, right, f.Records, f.Bytes, f.Unseen, f.Malformed)
			j++
		default:
			f := b.lake.Partitions[j]
			add(table[i], left, f.Records, f.Bytes, f.Unseen, f.Malformed)
			i, j = i+1, j+1
		}
	}
	p.Rows, p.Drill = rows, drill
}

// hourOf reads the hour of a row of the partitions section.
func hourOf(s *Section, row query.Row) time.Time {
	at := func(name string) int { return int(integer(value(s, row, name))) }
	return time.Date(at("year"), time.Month(at("month")), at("day"), at("hour"), 0, 0, 0, time.UTC)
}
