package serde_test

import (
	"strings"
	"testing"

	"acme/telemetry/engine/serde"
)

func list(t serde.Type) serde.Type {
	return serde.Type{Kind: serde.List, Parts: []serde.Column{{Type: t}}}
}

func mapOf(k, v serde.Type) serde.Type {
	return serde.Type{Kind: serde.Map, Parts: []serde.Column{{Type: k}, {Type: v}}}
}

func structOf(parts ...serde.Column) serde.Type { return serde.Type{Kind: serde.Struct, Parts: parts} }

func sized(k serde.Kind, precision, scale int) serde.Type {
	return serde.Type{Kind: k, Precision: precision, Scale: scale}
}

// What a JSON value is in a column of each kind of type, as Trino 483 reads it but for
// keys, which Athena's SerDe makes lower case.
func TestNested(t *testing.T) {
	text, integer := serde.Of(serde.String), serde.Of(serde.Int)
	person := structOf(serde.Column{Name: "first_name", Type: text}, serde.Column{Name: "age", Type: integer})
	tests := []struct {
		typ        serde.Type
		json, want string
	}{
		{list(integer), `[1,"2",null,"x",0x10]`, "[1 2 NULL NULL 16]"},
		{list(integer), `7`, "[7]"}, {list(integer), `""`, "NULL"}, {list(integer), `"x"`, "[NULL]"}, {list(integer), `[]`, "[]"},
		{list(list(text)), `[["a","b"],[],null,["c"]]`, `[["a" "b"] [] NULL ["c"]]`},
		{list(text), `[{"a":1},[2]]`, `["{\"a\":1}" "[2]"]`},
		{list(person), `[{"FIRST_NAME":"A","age":3},{},null]`, `[{first_name:"A" age:3} {first_name:NULL age:NULL} NULL]`},
		{mapOf(text, integer), `{"A":1,"bC":2}`, `["a"=1 "bc"=2]`}, {mapOf(text, text), `{"A":{"B":[{"C":1}]}}`, `["a"="{\"b\":[{\"c\":1}]}"]`},
		{mapOf(text, integer), `{"a":1,"b":null,"c":"x"}`, `["a"=1 "b"=NULL "c"=NULL]`},
		{mapOf(integer, text), `{"1":"a","01":"b","x":"c"}`, `[1="b"]`},
		{mapOf(text, integer), `" "`, "NULL"}, {mapOf(text, integer), `5`, "fails: Primitive can not be coerced to a MAP"},
		{person, `{"age":"5","other":1}`, "{first_name:NULL age:5}"}, {person, `["A",6,7]`, `{first_name:"A" age:6}`}, {person, `null`, "NULL"},
		{person, `""`, "{first_name:NULL age:NULL}"}, {person, `"x"`, "fails: Primitive can not be coerced to a ROW"},
		{sized(serde.Decimal, 5, 2), `1.235`, "124"}, {sized(serde.Decimal, 5, 2), `"-0.005"`, "-1"}, {sized(serde.Decimal, 5, 2), `999.995`, "NULL"},
		{sized(serde.Decimal, 5, 2), `1e2`, "10000"}, {sized(serde.Decimal, 20, 0), `18446744073709551617`, "[1 1]"}, {sized(serde.Decimal, 20, 0), `-1`, "[18446744073709551615 18446744073709551615]"},
		{sized(serde.Varchar, 2, 0), `"日本語"`, `"日本"`}, {sized(serde.Varchar, 2, 0), `0x1F4`, `"50"`}, {sized(serde.Char, 3, 0), `"a"`, `"a  "`},
		{serde.Of(serde.Binary), `"QUI="`, `"AB"`}, {serde.Of(serde.Binary), `"QUI"`, `"AB"`}, {serde.Of(serde.Binary), `QUI`, "fails: Unquoted JSON string is not allowed for VARBINARY"},
		{serde.Of(serde.TinyInt), `127`, "127"}, {serde.Of(serde.TinyInt), `128`, "NULL"}, {serde.Of(serde.SmallInt), `-32769`, "NULL"},
		{serde.Of(serde.Real), `0.1`, "0.10000000149011612"},
		{sized(serde.Timestamp, 3, 0), `"1970-01-01 00:00:01.0005"`, "1001000"}, {sized(serde.Timestamp, 3, 0), `"1970-01-01T00:00:01+01:00"`, "-3599000000"},
		{sized(serde.Timestamp, 3, 0), `"1970-01-01T00:00:01-0100"`, "3601000000"}, {sized(serde.Timestamp, 3, 0), `"1970-01-01T00:01Z"`, "60000000"},
		{sized(serde.Timestamp, 3, 0), `1.5`, "1500000"}, {sized(serde.Timestamp, 3, 0), `1700000000000`, "1700000000000000"}, {sized(serde.Timestamp, 3, 0), `12`, "12000000"},
		{sized(serde.Timestamp, 3, 0), `"1970-01-01"`, "NULL"}, {sized(serde.Timestamp, 3, 0), `"1970-01-01 00:00"`, "NULL"}, {sized(serde.Timestamp, 3, 0), `"x"`, "NULL"},
	}
	for _, c := range tests {
		columns := []serde.Column{{Name: "before", Type: text}, {Name: "v", Type: c.typ}, {Name: "after", Type: list(text)}}
		rows, _, err := read(columns, serde.Options{}, "f.json", []byte(`{"before":"b","v":`+c.json+`,"after":["z"]}`+"\n"+`{"after":[]}`))
		got := ""
		switch {
		case err != nil:
			got = "fails: " + strings.TrimPrefix(err.Error(), "reading f.json, line 1: ")
		case len(rows) != 2 || rows[1] != "(NULL, NULL, [])":
			t.Errorf("%s %s: rows %v", c.typ, c.json, rows)
		default:
			got = strings.TrimSuffix(strings.TrimPrefix(rows[0], `("b", `), `, ["z"])`)
		}
		if got != c.want {
			t.Errorf("%s from %s is %s, want %s", c.typ, c.json, got, c.want)
		}
	}
}
