package tables

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
)

// WriteParquet writes a result to its end as one Parquet file, which is made and read
// back in temp before its first byte goes out. It does not close rows.
func WriteParquet(ctx context.Context, out io.Writer, rows query.Rows, temp string) error {
	columns, err := exported(rows.Columns())
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(temp, "acme-result-*.parquet")
	if err != nil {
		return fmt.Errorf("making a file for the result: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	p := newParquetFile(f, columns, "SNAPPY")
	for {
		batch, err := rows.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		for _, row := range batch {
			if err := p.add(row); err != nil {
				return err
			}
		}
	}
	if _, err := p.finish(); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading the result back: %w", err)
	}
	_, err = io.Copy(out, f)
	return err
}

// exported gives the columns of a result that can be a Parquet file.
func exported(columns []query.Column) ([]dialect.Column, error) {
	seen := map[string]bool{}
	var out []dialect.Column
	for _, c := range columns {
		name := strings.ToLower(c.Name)
		if seen[name] {
			return nil, &query.Error{Name: "DUPLICATE_COLUMN_NAME", Message: fmt.Sprintf("Column name '%s' specified more than once", c.Name), Hint: "a Parquet file needs a name of its own for each column"}
		}
		seen[name] = true
		t, err := dialect.ParseType(c.Type)
		if err != nil || !dialect.Storable(t) {
			return nil, &query.Error{Name: "NOT_SUPPORTED", Message: fmt.Sprintf("column %s of type %s cannot be written as Parquet", c.Name, c.Type), Hint: "cast it, as in CAST(x AS varchar) or CAST(x AS timestamp(3))"}
		}
		out = append(out, dialect.Column{Name: c.Name, Type: t})
	}
	if len(out) == 0 {
		return nil, &query.Error{Name: "NOT_SUPPORTED", Message: "the statement has no result to write as Parquet"}
	}
	return out, nil
}
