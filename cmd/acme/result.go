package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/tables"
)

// writeResult writes a result to out in one format.
type writeResult func(ctx context.Context, out *bufio.Writer, rows query.Rows) error

func (p *program) resultWriter(format string, raw bool) (writeResult, error) {
	switch format {
	case "table":
		return writeTable, nil
	case "markdown":
		return writeMarkdown, nil
	case "csv":
		return func(ctx context.Context, out *bufio.Writer, rows query.Rows) error {
			return query.WriteCSV(ctx, out, rows, query.CSVOptions{Spreadsheet: !raw})
		}, nil
	case "tsv":
		return writeTSV, nil
	case "json":
		return writeJSON, nil
	case "jsonl":
		return writeJSONLines, nil
	case "parquet":
		return func(ctx context.Context, out *bufio.Writer, rows query.Rows) error {
			return tables.WriteParquet(ctx, out, rows, p.spillFolder())
		}, nil
	}
	return nil, usagef("--format %s: must be table, csv, tsv, json, jsonl, markdown or parquet", format)
}

// eachBatch calls f with every batch of rows.
func eachBatch(ctx context.Context, rows query.Rows, f func([]query.Row) error) error {
	for {
		batch, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(batch); err != nil {
			return err
		}
	}
}

// cell gives a value as a person sees it in a table.
func cell(v any, c query.Column) string {
	if v == nil {
		return "NULL"
	}
	return query.Printable(c.Format(v))
}

// tableSample is how many rows decide the widths of a table's columns; the rest
// streams, so that a long result needs no memory.
const tableSample = 1000

const widestColumn = 80

func writeTable(ctx context.Context, out *bufio.Writer, rows query.Rows) error {
	t := tableWriter{out: out, columns: rows.Columns()}
	err := eachBatch(ctx, rows, func(batch []query.Row) error {
		for _, row := range batch {
			if err := t.add(row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.flush()
}

// tableWriter holds the first rows back until the widths are known.
type tableWriter struct {
	out     *bufio.Writer
	columns []query.Column
	widths  []int // nil until the header is written
	held    []query.Row
}

func (t *tableWriter) add(row query.Row) error {
	if t.widths != nil {
		return t.put(row)
	}
	t.held = append(t.held, row)
	if len(t.held) < tableSample {
		return nil
	}
	return t.flush()
}

// flush writes the header and the rows held back, if that has not been done.
func (t *tableWriter) flush() error {
	if t.widths != nil {
		return nil
	}
	header := make([]string, len(t.columns))
	rule := make([]string, len(t.columns))
	t.widths = make([]int, len(t.columns))
	for i, c := range t.columns {
		header[i] = query.Printable(c.Name)
		t.widths[i] = ansi.StringWidth(header[i])
		for _, row := range t.held {
			t.widths[i] = max(t.widths[i], min(widestColumn, ansi.StringWidth(cell(row[i], c))))
		}
		rule[i] = strings.Repeat("-", t.widths[i])
	}
	if err := t.line(header); err != nil {
		return err
	}
	if err := t.line(rule); err != nil {
		return err
	}
	for _, row := range t.held {
		if err := t.put(row); err != nil {
			return err
		}
	}
	t.held = nil
	return nil
}

func (t *tableWriter) put(row query.Row) error {
	cells := make([]string, len(row))
	for i, v := range row {
		cells[i] = cell(v, t.columns[i])
	}
	return t.line(cells)
}

func (t *tableWriter) line(cells []string) error {
	for i, c := range t.columns {
		cells[i] = pad(cells[i], t.widths[i], rightAligned(c.Type))
	}
	_, err := fmt.Fprintln(t.out, strings.TrimRight(strings.Join(cells, "  "), " "))
	return err
}

func rightAligned(athenaType string) bool {
	base, _, _ := strings.Cut(athenaType, "(")
	switch base {
	case "tinyint", "smallint", "integer", "bigint", "real", "double", "decimal":
		return true
	}
	return false
}

func pad(s string, width int, right bool) string {
	gap := strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
	if right {
		return gap + s
	}
	return s + gap
}

func writeMarkdown(ctx context.Context, out *bufio.Writer, rows query.Rows) error {
	cols := rows.Columns()
	head, rule := "|", "|"
	for _, c := range cols {
		head += " " + query.Markdown(c.Name) + " |"
		if rightAligned(c.Type) {
			rule += " ---: |"
		} else {
			rule += " --- |"
		}
	}
	fmt.Fprintf(out, "%s\n%s\n", head, rule)
	return eachBatch(ctx, rows, func(batch []query.Row) error {
		for _, row := range batch {
			out.WriteString("|")
			for i, v := range row {
				out.WriteString(" " + query.Markdown(cell(v, cols[i])) + " |")
			}
			if _, err := out.WriteString("\n"); err != nil {
				return err
			}
		}
		return nil
	})
}

// tsvEscapes writes a cell so that it stays one cell.
var tsvEscapes = strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

func writeTSV(ctx context.Context, out *bufio.Writer, rows query.Rows) error {
	cols := rows.Columns()
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = tsvEscapes.Replace(c.Name)
	}
	fmt.Fprintln(out, strings.Join(names, "\t"))
	return eachBatch(ctx, rows, func(batch []query.Row) error {
		for _, row := range batch {
			for i, v := range row {
				if i > 0 {
					out.WriteByte('\t')
				}
				if v == nil {
					out.WriteString(`\N`)
					continue
				}
				out.WriteString(tsvEscapes.Replace(cols[i].Format(v)))
			}
			if err := out.WriteByte('\n'); err != nil {
				return err
			}
		}
		return nil
	})
}

func writeJSON(ctx context.Context, out *bufio.Writer, rows query.Rows) error {
	sep := "[\n"
	err := eachObject(ctx, rows, func(object []byte) error {
		out.WriteString(sep)
		sep = ",\n"
		_, err := out.Write(object)
		return err
	})
	if err != nil {
		return err
	}
	if sep == "[\n" {
		out.WriteString("[")
	}
	_, err = out.WriteString("\n]\n")
	return err
}

func writeJSONLines(ctx context.Context, out *bufio.Writer, rows query.Rows) error {
	return eachObject(ctx, rows, func(object []byte) error {
		out.Write(object)
		return out.WriteByte('\n')
	})
}

// eachObject gives each row as a JSON object with the columns in their order.
func eachObject(ctx context.Context, rows query.Rows, f func([]byte) error) error {
	cols := rows.Columns()
	names := make([][]byte, len(cols))
	narrow := make([]func(any) any, len(cols))
	for i, c := range cols {
		names[i], _ = json.Marshal(c.Name)
		narrow[i] = narrower(c)
	}
	return eachBatch(ctx, rows, func(batch []query.Row) error {
		var b []byte
		for _, row := range batch {
			b = append(b[:0], '{')
			for i, v := range row {
				if i > 0 {
					b = append(b, ',')
				}
				b = append(append(b, names[i]...), ':')
				val, err := json.Marshal(wireValue(narrow[i](v)))
				if err != nil {
					return fmt.Errorf("write column %s as JSON: %w", cols[i].Name, err)
				}
				b = append(b, val...)
			}
			if err := f(query.PrintableJSON(append(b, '}'))); err != nil {
				return err
			}
		}
		return nil
	})
}

// wireValue gives a value as Trino's client protocol sends it: numbers as
// numbers, NaN and infinities and everything that is Text as text, varbinary in
// base64, arrays and rows as arrays, maps as objects.
func wireValue(v any) any {
	switch x := v.(type) {
	case float32:
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			return wireValue(f)
		}
		return x
	case float64:
		switch {
		case math.IsNaN(x):
			return "NaN"
		case math.IsInf(x, 1):
			return "Infinity"
		case math.IsInf(x, -1):
			return "-Infinity"
		}
		return x
	case []byte:
		return base64.StdEncoding.EncodeToString(x)
	case query.Text:
		return string(x)
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = wireValue(x[i])
		}
		return out
	case query.Map:
		return wireMap(x)
	default:
		return v
	}
}

// wireMap is a map as an object of JSON, its entries in their order.
type wireMap query.Map

// MarshalJSON writes the entries; a key that is no text is written as Athena
// prints it.
func (m wireMap) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, e := range m {
		if i > 0 {
			b = append(b, ',')
		}
		typ, k := "varchar", e.Key
		switch x := k.(type) {
		case float64:
			typ = "double"
		case float32:
			typ, k = "real", float64(x)
		}
		key, err := json.Marshal(query.Format(k, typ))
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(wireValue(e.Value))
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, key...), ':'), value...)
	}
	return append(b, '}'), nil
}
