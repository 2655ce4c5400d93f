package query

import (
	"bufio"
	"context"
	"io"
	"strconv"
	"strings"
)

// CSVOptions say how WriteCSV writes.
type CSVOptions struct {
	// Spreadsheet puts an apostrophe before a text that a spreadsheet would take
	// for a formula. Athena does not; the values are changed by it.
	Spreadsheet bool
	// NoHeader leaves the line of column names out.
	NoHeader bool
}

// WriteCSV writes a result to its end as Athena writes its result files: a
// header, every value in double quotes with those inside doubled, NULL as nothing
// at all between the commas, lines that end with \n. It does not close rows.
func WriteCSV(ctx context.Context, w io.Writer, rows Rows, o CSVOptions) error {
	out := bufio.NewWriterSize(w, 64<<10)
	columns := rows.Columns()
	if !o.NoHeader {
		for i, c := range columns {
			writeCell(out, i, c.Name, o.Spreadsheet)
		}
		out.WriteByte('\n')
	}
	shapes := make([]typeShape, len(columns))
	for i, c := range columns {
		shapes[i] = parseType(c.Type)
		shapes[i].java = c.Java
	}
	for {
		batch, err := rows.Next(ctx)
		if err == io.EOF {
			return out.Flush()
		}
		if err != nil {
			return err
		}
		for _, row := range batch {
			for i, value := range row {
				if value == nil {
					if i > 0 {
						out.WriteByte(',')
					}
					continue
				}
				writeCell(out, i, string(appendValue(nil, value, shapes[i])), o.Spreadsheet)
			}
			out.WriteByte('\n')
		}
		// A full pipe or disk shows here, not after the last row.
		if _, err := out.Write(nil); err != nil {
			return err
		}
	}
}

func writeCell(out *bufio.Writer, i int, text string, spreadsheet bool) {
	if i > 0 {
		out.WriteByte(',')
	}
	if spreadsheet && formula(text) {
		text = "'" + text
	}
	out.WriteByte('"')
	out.WriteString(strings.ReplaceAll(text, `"`, `""`))
	out.WriteByte('"')
}

// formula says whether a spreadsheet might run text: it begins with one of
// = + - @ or a tab, line end or NUL, and is not a number.
func formula(text string) bool {
	if text == "" || !strings.ContainsRune("=+-@\t\r\n\x00\uFF1D\uFF0B\uFF0D\uFF20", []rune(text)[0]) {
		return false
	}
	if strings.HasPrefix(text, "-Inf") {
		return text != "-Infinity"
	}
	_, err := strconv.ParseFloat(text, 64)
	return err != nil || strings.ContainsAny(text, "xXpP_")
}
