package tui

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
)

// BenchmarkKeyInStatement is what a key costs, its frame included, at the end of a
// statement of 2,000 lines: a letter that is typed, and a step of the cursor.
func BenchmarkKeyInStatement(b *testing.B) {
	for name, key := range map[string]string{"letter": "x", "step": "left"} {
		b.Run(name, func(b *testing.B) {
			cfg := Config{Loader: newFakes(), Querier: newFakes(), Screen: "sql", Environ: []string{"TERM=xterm"},
				SQL: strings.Repeat("SELECT device_type, count(*) AS n FROM video_telemetry_json -- one\n", 2000)}
			full(newWorld())(&cfg)
			m := newModel(context.Background(), cfg)
			m.later = func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }
			m.Update(m.loadNames()())
			m.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
			m.Update(keyOf("ctrl+end"))
			for b.Loop() {
				m.Update(keyOf(key))
				m.View()
			}
		})
	}
}

// BenchmarkKeyInGrid is what a step down costs, its frame included, in a result that
// fills a large screen.
func BenchmarkKeyInGrid(b *testing.B) {
	cfg := Config{Loader: newFakes(), Querier: newFakes(), Screen: "sql", Environ: []string{"TERM=xterm"}}
	full(newWorld())(&cfg)
	m := newModel(context.Background(), cfg)
	m.later = func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }
	m.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
	p := &painter{wake: make(chan struct{}, 1)}
	m.Update(m.loadNames()())
	g := newGrid((&fakeRows{}).Columns())
	for i := range 20_000 {
		row := make(query.Row, len(g.cols))
		for c := range row {
			row[c] = ordinary(i, c)
		}
		g.add([]query.Row{row})
	}
	m.sql.result = &result{state: runDone, grid: g}
	m.Update(keyOf("f3"))
	m.paint = p
	for b.Loop() {
		m.drawn = time.Time{}
		m.Update(keyOf("j"))
		m.View()
		p.paint(nil)
	}
}
