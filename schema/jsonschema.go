package schema

import (
	"bytes"
	"encoding/json"
)

// JSONNames gives the names of t's fields in the order in which they stand in a
// JSON object on the wire.
func (t Table) JSONNames() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// JSONSchema gives the JSON Schema (draft 2020-12) of one object of t, indented,
// its properties in the order of the wire. Every field is required; further
// fields are allowed, for a reader must outlive a producer's next version.
func JSONSchema(t Table) []byte {
	var b bytes.Buffer
	b.WriteString(`{"$schema":"https://json-schema.org/draft/2020-12/schema","title":` + quote(t.Name) + `,"description":` + quote(t.Doc) + `,"type":"object","properties":{`)
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(c.Name) + `:` + property(c))
	}
	b.WriteString(`},"required":`)
	b.WriteString(quote(t.JSONNames()))
	b.WriteString(`,"additionalProperties":true}`)
	var out bytes.Buffer
	if err := json.Indent(&out, b.Bytes(), "", "  "); err != nil {
		panic("schema: JSON Schema of " + t.Name + " is not JSON: " + err.Error()) // only a change of this file can do that
	}
	out.WriteByte('\n')
	return out.Bytes()
}

func property(c Column) string {
	s := `{"type":` + quote(jsonType(c.Type)) + `,"description":` + quote(c.Doc)
	if p := c.Pattern(); p != "" {
		s += `,"pattern":` + quote(p)
	}
	if c.Enum != nil {
		s += `,"enum":` + quote(c.Enum)
	}
	if c.Max > c.Min {
		s += `,"minimum":` + decimal(c.Min) + `,"maximum":` + decimal(c.Max)
	}
	if c.Type == String && c.Enum == nil && c.Pattern() == "" && !c.MayBeEmpty {
		s += `,"minLength":1`
	}
	return s + `}`
}

// jsonType gives the JSON Schema type of a column: a date is text on the wire.
func jsonType(t Type) string {
	switch t {
	case Int, BigInt:
		return "integer"
	case Double:
		return "number"
	case Boolean:
		return "boolean"
	}
	return "string"
}

// quote gives v as JSON, without the escapes that HTML would need. v is a
// string or a list of strings, which always encode.
func quote(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("schema: " + err.Error())
	}
	return string(bytes.TrimSpace(b.Bytes()))
}
