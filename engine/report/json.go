package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"acme/telemetry/engine/query"
)

// JSON writes the report for programs: numbers are numbers at full precision,
// decimals with all their digits. Characters that a terminal would obey are
// escaped, so that the text stays inert and its meaning whole. A row stands on
// one line.
func (d *Document) JSON(w io.Writer) error {
	var b jsonWriter
	b.text("{\n  \"report\": ")
	head, err := json.MarshalIndent(d.jsonHead(), "  ", "  ")
	b.fail(err)
	b.Write(head)
	b.text(",\n  \"sections\": [")
	for i := range d.Sections {
		b.separate(i, "\n    ")
		b.section(&d.Sections[i], "    ")
	}
	b.text("\n  ]\n}\n")
	if b.err != nil {
		return fmt.Errorf("report: encoding the report as JSON: %w", b.err)
	}
	if _, err := w.Write(query.PrintableJSON(b.Bytes())); err != nil {
		return fmt.Errorf("report: writing the report as JSON: %w", err)
	}
	return nil
}

// jsonWriter lays out JSON; it keeps the first error.
type jsonWriter struct {
	bytes.Buffer
	err error
}

func (b *jsonWriter) text(s string) { b.WriteString(s) }

func (b *jsonWriter) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *jsonWriter) separate(i int, indent string) {
	if i > 0 {
		b.text(",")
	}
	b.text(indent)
}

// field writes one member of a section on a line of its own.
func (b *jsonWriter) field(indent, name string, v any) {
	b.text(",\n" + indent + "  \"" + name + "\": ")
	b.value(v)
}

func (b *jsonWriter) value(v any) {
	encoded, err := json.Marshal(v)
	b.fail(err)
	b.Write(encoded)
}

// section writes a section, its columns and rows a line each.
func (b *jsonWriter) section(s *Section, indent string) {
	b.text("{\n" + indent + "  \"id\": ")
	b.value(s.ID)
	b.field(indent, "title", s.Title)
	b.text(",\n" + indent + "  \"columns\": [")
	for i, c := range s.Columns {
		b.separate(i, "\n"+indent+"    ")
		b.value(c.Column)
	}
	b.closeList(len(s.Columns), indent)
	b.text(",\n" + indent + "  \"rows\": [")
	for i, row := range s.Rows {
		b.separate(i, "\n"+indent+"    ")
		values := make([]jsonValue, len(row))
		for i, v := range row {
			values[i] = jsonValue{v}
		}
		b.value(values)
	}
	b.closeList(len(s.Rows), indent)
	b.field(indent, "sql", s.SQL)
	if s.File != "" {
		b.field(indent, "file", s.File)
	}
	if s.Lead != "" {
		b.field(indent, "lead", s.Lead)
	}
	if len(s.Notes) > 0 {
		b.field(indent, "notes", s.Notes)
	}
	if s.Err != nil {
		b.field(indent, "error", s.Err)
	}
	if s.Offered != nil {
		b.text(",\n" + indent + "  \"offered\": ")
		b.section(s.Offered, indent+"  ")
	}
	b.text("\n" + indent + "}")
}

func (b *jsonWriter) closeList(n int, indent string) {
	if n > 0 {
		b.text("\n" + indent + "  ")
	}
	b.text("]")
}

type jsonHead struct {
	Title     string       `json:"title"`
	Generated string       `json:"generated"`
	Lake      string       `json:"lake,omitempty"`
	Engine    string       `json:"engine,omitempty"`
	Database  string       `json:"database"`
	Table     string       `json:"table"`
	From      string       `json:"from,omitempty"`
	To        string       `json:"to,omitempty"`
	Seen      jsonSeen     `json:"seen"`
	Notices   []jsonNotice `json:"notices"`
	Gate      string       `json:"gate"`
}

type jsonSeen struct {
	Rows      int64  `json:"rows"`
	Records   *int64 `json:"records"` // null where the objects were not counted
	Unseen    int64  `json:"unseen"`
	Malformed int64  `json:"malformed"`
	Objects   int64  `json:"objects"`
	Bytes     int64  `json:"bytes"`
	Damaged   int64  `json:"damaged"`
}

type jsonNotice struct {
	Severity string `json:"severity"`
	Text     string `json:"text"`
}

func (d *Document) jsonHead() jsonHead {
	h := jsonHead{
		Title: d.Title, Generated: stamp(d.Now), Lake: d.Lake, Engine: d.Engine, Database: d.Database, Table: d.Table,
		From: stamp(d.From), To: stamp(d.To), Notices: []jsonNotice{}, Gate: d.Gate.String(),
		Seen: jsonSeen{Rows: d.Seen.Rows, Unseen: d.Seen.Unseen, Malformed: d.Seen.Malformed, Objects: d.Seen.Objects, Bytes: d.Seen.Bytes, Damaged: d.Seen.Damaged},
	}
	if d.Seen.Records >= 0 {
		h.Seen.Records = &d.Seen.Records
	}
	for _, n := range d.Notices {
		h.Notices = append(h.Notices, jsonNotice{n.Severity.String(), n.Text})
	}
	return h
}

// stamp gives a time in RFC 3339; empty for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// jsonValue encodes one value of a row.
type jsonValue struct{ v any }

func (j jsonValue) MarshalJSON() ([]byte, error) {
	switch v := j.v.(type) {
	case nil:
		return []byte("null"), nil
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			s, _ := decimalText(v)
			return json.Marshal(s)
		}
		return json.Marshal(v)
	case query.Text:
		if isDecimal(string(v)) {
			return []byte(v), nil
		}
		return json.Marshal(string(v))
	case []byte:
		return json.Marshal(base64.StdEncoding.EncodeToString(v))
	case []any:
		values := make([]jsonValue, len(v))
		for i, e := range v {
			values[i] = jsonValue{e}
		}
		return json.Marshal(values)
	case query.Map:
		return marshalMap(v)
	}
	return json.Marshal(j.v)
}

// marshalMap keeps the engine's order of the entries.
func marshalMap(m query.Map) ([]byte, error) {
	b := []byte{'{'}
	for i, e := range m {
		key, err := json.Marshal(plain(e.Key))
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(jsonValue{e.Value})
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, key...), ':'), value...)
	}
	return append(b, '}'), nil
}
