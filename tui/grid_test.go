package tui

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"acme/telemetry/engine/query"
)

func TestSortRows(t *testing.T) {
	rows := func(vs ...any) (out []query.Row) {
		for _, v := range vs {
			out = append(out, query.Row{v})
		}
		return out
	}
	for _, c := range []struct {
		name, typ string
		rows      []query.Row
		up, down  string
	}{
		{"integers, NULL last either way", "bigint", rows(int64(3), nil, int64(-1), int64(10)), "[2 0 3 1]", "[3 0 2 1]"},
		{"doubles with NaN first", "double", rows(1.5, math.Inf(1), math.NaN(), -2.0), "[2 3 0 1]", "[1 0 3 2]"},
		{"decimals by value", "decimal(9,1)", rows(query.Text("9.5"), query.Text("10.0"), query.Text("-3.0"), query.Text("-10.0")), "[3 2 0 1]", "[1 0 2 3]"},
		{"text", "varchar", rows("b", "", "a", "B"), "[1 3 2 0]", "[0 2 3 1]"},
		{"timestamps", "timestamp(3)", rows(query.Text("2025-08-11 17:00:00.000"), query.Text("2024-01-01 00:00:00.000")), "[1 0]", "[0 1]"},
		{"equal rows stay in order", "bigint", rows(int64(1), int64(0), int64(1), int64(0)), "[1 3 0 2]", "[0 2 1 3]"},
		{"booleans and arrays by their text", "boolean", rows(true, false), "[1 0]", "[0 1]"},
	} {
		if got := fmt.Sprint(sortRows(c.rows, 0, c.typ, false)); got != c.up {
			t.Errorf("%s: up %s, want %s", c.name, got, c.up)
		}
		if got := fmt.Sprint(sortRows(c.rows, 0, c.typ, true)); got != c.down {
			t.Errorf("%s: down %s, want %s", c.name, got, c.down)
		}
	}
}

// TestGridShows: NULL, the empty string and the text NULL differ; control
// characters are seen; what is cut says so.
func TestGridShows(t *testing.T) {
	th := newTheme(look{})
	g := newGrid([]query.Column{{Name: "v", Type: "varchar"}, {Name: "n", Type: "bigint"}})
	g.add([]query.Row{{nil, int64(1)}, {"", nil}, {"NULL", int64(22)}, {"a\nb\x1b[31m", int64(3)}, {strings.Repeat("x", 99), int64(4)}})
	lines := g.Draw(th, 80, 8, true)
	for i, want := range []string{"∅", "│", "NULL", `a\nb\x1b[31m`, "x…"} {
		if got := ansi.Strip(lines[2+i]); !strings.Contains(got, want) {
			t.Errorf("row %d: %q has no %q", i, got, want)
		}
	}
	if strings.Contains(ansi.Strip(lines[3]), "∅ ") && !strings.Contains(ansi.Strip(lines[2]), "∅") {
		t.Error("the empty string looks like NULL")
	}
	if !strings.Contains(lines[2], "\x1b["+th.code(dim, true)+"m∅") {
		t.Errorf("NULL is not dim: %q", lines[2])
	}
}

// TestGridScrolls: the column of the cursor is always on the screen, the row
// number always in front.
func TestGridScrolls(t *testing.T) {
	var cols []query.Column
	row := query.Row{}
	for i := range 1000 {
		cols = append(cols, query.Column{Name: fmt.Sprintf("column_%d", i), Type: "bigint"})
		row = append(row, int64(i)*1000)
	}
	g := newGrid(cols)
	for range 300 {
		g.add([]query.Row{row})
	}
	th := newTheme(look{})
	for _, k := range append(strings.Split(strings.Repeat("l ", 40), " "), "end", "G", "h", "0", "g", "pgdown") {
		g.key(k)
		lines := g.Draw(th, 60, 12, true)
		if at := ansi.Strip(lines[0]); !strings.Contains(at, cols[g.col].Name) {
			t.Fatalf("after %q column %d is not shown: %q", k, g.col, at)
		}
		if here := fmt.Sprintf("▶%*d", g.gutter()-1, g.win.cur+1); !strings.Contains(ansi.Strip(strings.Join(lines, "\n")), here) {
			t.Fatalf("after %q no line has %q:\n%s", k, here, ansi.Strip(strings.Join(lines, "\n")))
		}
	}
	if rows, cols := g.place(); rows != "row 10" || cols != "cols 1-4 of 1000" {
		t.Errorf("place: %s, %s", rows, cols)
	}
}

// BenchmarkGridKey is a key and a frame over a hundred thousand rows.
func BenchmarkGridKey(b *testing.B) {
	g := newGrid((&fakeRows{}).Columns())
	rows := make([]query.Row, 100000)
	for i := range rows {
		rows[i] = make(query.Row, len(g.cols))
		for c := range rows[i] {
			rows[i][c] = ordinary(i, c)
		}
	}
	g.add(rows)
	th := newTheme(look{})
	for b.Loop() {
		g.key("pgdown")
		g.Draw(th, 200, 60, true)
	}
}
