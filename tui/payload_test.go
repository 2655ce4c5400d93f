package tui

import (
	"strings"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// payloads are texts that a terminal, or a reader, would obey.
func payloads() []string {
	return []string{
		"\x1b[31mred", "\x1b[2J\x1b[H", "\x1b]0;title\x07", "\x1b]52;c;ZXZpbA==\x07", "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\",
		"\x1bPq#0;2;0;0;0#0~~@@\x1b\\", "\x1b_Gf=24;AAAA\x1b\\", "\x1b^privacy\x1b\\", "\x1bXsos\x1b\\", "\x1bc",
		"\u009b31mC1", "\u009d52;c;ZXZpbA==\u009c", "\u0090q\u009c", "\u009fapc\u009c", "\u0085next line",
		"over\rwrite", "back\b\b\bspace", "bell\a", "tab\tstop", "line\nbreak", "vt\vff\f", "\x00nul\x00", "\x7fdel", "\x0eshift out\x0f",
		"\u202egnirts", "\u2066isolate\u2069", "\u200bzero\u200dwidth\u200f", "\ufeffbom", "soft\u00adhyphen", "\u2028sep\u2029",
		"\xff\xfe invalid", "\xc0\xaf overlong", "\xed\xa0\x80 surrogate", "日本語", "👩\u200d💻 zwj", "❤\ufe0f vs16", "🇬🇧 flag", "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301 zalgo",
		"\U000e0041tag", "\x1b[?1049l\x1b[?1000h", "\x1b[6n", "%s%n\\033[31m", "[b]markup[/b]", "\x9b31m raw C1 byte",
		strings.Repeat("long ", 20000), strings.Repeat("\u0301", 500),
	}
}

// attacked is the seed's report with a payload in every text.
func attacked() *report.Document {
	d := seed()
	n := 0
	next := func() string { n++; p := payloads(); return p[n%len(p)] }
	d.Title, d.Table, d.Lake = next(), next(), next()
	for i := range d.Notices {
		d.Notices[i].Text = next()
	}
	for i := range d.Sections {
		s := &d.Sections[i]
		s.Title, s.Lead, s.File = next(), next(), next()
		s.Notes = append(s.Notes, next())
		s.SQL += "-- " + next() + " '" + next() + "'"
		for c := range s.Columns {
			s.Columns[c].Name, s.Columns[c].Label, s.Columns[c].Type = next(), next(), next()
		}
		for _, p := range payloads()[:12] {
			row := make(query.Row, len(s.Columns))
			for c := range row {
				row[c] = next()
			}
			if len(row) > 0 {
				row[0] = p
			}
			s.Rows = append(s.Rows, row)
		}
		s.Drill = nil
		if s.Err != nil {
			s.Err.Message, s.Err.Hint, s.Err.Name = next(), next(), next()
		}
	}
	return d
}
