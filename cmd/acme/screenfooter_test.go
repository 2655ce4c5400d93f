//go:build unix

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"acme/telemetry/tui/tuitest"
)

// footed is a place on the screen with the whole footer that it has there.
type footed struct {
	name   string
	keys   string   // that lead here from wherever a step may have led; esc is pressed before them
	see    []string // on the screen when the place is there
	footer string
	does   []footStep
	begin  func(t *testing.T, x *tuitest.Terminal) // what makes it, once
	end    func()
	some   bool // its other keys are those of a place that was tried
}

// footStep is a key of a footer with what it does. What is seen after it must not be there
// before, and must be gone when the place is there again.
type footStep struct {
	hint   string // as the footer has it
	see    string
	back   string                                  // keys that undo it, before the place's own
	before func(t *testing.T, x *tuitest.Terminal) // what is arranged first: the key may do its work too fast to be seen
	after  func()                                  // and undone when it was seen
	stays  bool                                    // the next place is where it leads
}

// footKeys are keys as terminals send them, by their names in the footer.
var footKeys = map[string]string{"enter": "\r", "tab": "\t", "shift+tab": "\x1b[Z", "esc": keyEscape, "space": " ",
	"F1": "\x1bOP", "F2": keyF2, "F3": keyF3, "F4": "\x1bOS", "F5": keyF5, "F6": "\x1b[17~", "alt+1-6": "\x1b5"}

func keyOfHint(hint string) string {
	key, _, _ := strings.Cut(hint, " ")
	switch sent, ok := footKeys[key]; {
	case ok:
		return sent
	case len(key) == 2 && key[0] == '^':
		return string(rune(key[1] & 0x1f))
	}
	return key
}

// footerOf gives the last line of the screen.
func footerOf(x *tuitest.Terminal) string {
	lines := strings.Split(strings.TrimRight(x.Screen(), "\n "), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// at goes to a place and waits until it is there: its signs, its footer whole, and nothing
// that loads. Before that the palette is opened and closed: when it was seen, all keys that
// were sent before have been taken, and what is on the screen then is not from before them.
// A palette that a step has opened is closed first, or that would be the one seen.
func (p *footed) at(x *tuitest.Terminal, keys, gone string) {
	const palette = "runs, esc closes"
	if strings.Contains(x.Screen(), palette) {
		x.Keys(keyEscape)
		x.Until("the palette is closed", func() bool { return !strings.Contains(x.Screen(), palette) })
	}
	x.Keys(keys + "\x10")
	x.See(palette)
	x.Keys(keyEscape)
	x.Until(p.name+", with the footer "+p.footer, func() bool {
		s := x.Screen()
		for _, want := range p.see {
			if !strings.Contains(s, want) {
				return false
			}
		}
		head, _, _ := strings.Cut(s, "\n")
		return footerOf(x) == p.footer && (gone == "" || !strings.Contains(s, gone)) && !strings.Contains(head, "loading")
	})
}

// try presses every key of the footer, each when the place is there, and waits for what
// it does.
func (p *footed) try(t *testing.T, x *tuitest.Terminal) {
	t.Helper()
	if p.begin != nil {
		p.begin(t, x)
	}
	p.at(x, p.keys, "")
	steps := p.does
	if !p.some {
		steps = slices.Concat(p.does, []footStep{{hint: "? help", see: "any other key closes"}, {hint: "F1 help", see: "any other key closes"}, {hint: "^p commands", see: "Commands"}})
	}
	tried := map[string]bool{"q quit": true, "^q quit": true} // the end of each tries one
	slices.SortStableFunc(steps, func(a, b footStep) int { return map[bool]int{true: 1}[a.stays] - map[bool]int{true: 1}[b.stays] })
	hints := regexp.MustCompile(` {2,}`).Split(p.footer, -1)
	for _, step := range steps {
		if !slices.Contains(hints, step.hint) {
			if slices.ContainsFunc(p.does, func(s footStep) bool { return s.hint == step.hint }) {
				t.Errorf("%s: the footer has no %s", p.name, step.hint)
			}
			continue
		}
		tried[step.hint] = true
		if step.before != nil {
			step.before(t, x)
		}
		if strings.Contains(x.Screen(), step.see) {
			t.Fatalf("%s: %q is there before %s is pressed:\n%s", p.name, step.see, step.hint, x.Screen())
		}
		x.Keys(keyOfHint(step.hint))
		x.Until(p.name+": "+step.hint+" gives "+step.see, func() bool { return strings.Contains(x.Screen(), step.see) })
		if step.after != nil {
			step.after()
		}
		if !step.stays {
			p.at(x, step.back+p.keys, step.see)
		}
	}
	if p.end != nil {
		p.end()
	}
	for _, hint := range hints {
		if !tried[hint] && !p.some {
			t.Errorf("%s: nothing tries %s", p.name, hint)
		}
	}
}

// slowly holds the engine until what a key does was seen.
func slowly(s footStep) footStep {
	var goOn func()
	s.before = func(t *testing.T, x *tuitest.Terminal) { goOn = pauseEngine(t, x.Cmd.Process.Pid) }
	s.after = func() { goOn() }
	return s
}

// footPages are the places of each page, in an order in which one leads to the next.
func footPages(s *onScreen) map[string][]footed {
	const esc = keyEscape
	history, save := footStep{hint: "^r history", see: "enter opens it"}, footStep{hint: "^s save", see: "Save the statement"}
	schema, list := footStep{hint: "F4 schema", see: "┏━ Schema"}, footStep{hint: "tab to result", see: "shift+tab editor"}
	jobs := footStep{hint: "alt+1-6 pages", see: "┏━ Jobs"} // the others lead to every other place
	editor := footStep{hint: "shift+tab editor", see: "┏━ query-1"}
	column := []footStep{{hint: "enter cell", see: "esc close"}, {hint: "v row", see: "Row 1"}, {hint: "s sort", see: "device_type ↑", back: "ss"}, {hint: ". chart", see: "bars"},
		{hint: "e export", see: "Export the result"}, {hint: "F freq", see: "frequency of device_type", back: "["}, {hint: "y copy", see: "copied device_type"},
		{hint: "a all with it", see: "session_id", back: "["}, history, save, schema}
	again := slowly(footStep{hint: "F5 run", see: "running for"})
	newJob := footStep{hint: "n new", see: "New job"}
	inspect := footStep{hint: "enter inspect", see: "y copy, esc close", back: esc + "f"}
	lag := footStep{hint: "x explain lag", see: "offsets behind"}
	stay := footStep{hint: "f stay here", see: "not following", back: "f"}
	line := footStep{hint: "y copy", see: "copied the command line"}
	object := func(name, see string) footStep { // one more in the first hour, and then no more
		first, _ := filepath.Glob(filepath.Join(s.lake, "telemetry", "*", "*", "*", "hour=17", "*.gz"))
		file := filepath.Join(filepath.Dir(first[0]), name)
		return footStep{hint: "r refresh", see: see, before: func(t *testing.T, _ *tuitest.Terminal) {
			if err := os.Link(first[0], file); err != nil {
				t.Fatal(err)
			}
		}, after: func() { _ = os.Remove(file) }, back: "r"}
	}
	rows := func(hint string) footStep { return footStep{hint: hint, see: "┏━ Result"} }
	within := []footStep{rows("o rows"), {hint: "/ filter", see: "no manifest ...", back: esc}, {hint: "y copy path", see: "copied the path"}, {hint: "tab tables", see: "┏━ Tables", back: "\t"}}
	return map[string][]footed{
		"Report": {
			{name: "the report of three hours", keys: esc + "\x1b1", see: []string{"loaded in", "all partitions", "┏━ Overview"},
				footer: "enter drill  tab pane  / time range  [ hour before  ] hour after  r refresh  ? help  ^p commands  q quit", does: []footStep{
					{hint: "/ time range", see: "enter apply"}, {hint: "[ hour before", see: "esc whole lake"}, {hint: "] hour after", see: "esc whole lake"},
					slowly(footStep{hint: "r refresh", see: "loading"}), {hint: "tab pane", see: "┏━ Event types", back: "\x1b[Z"}, {hint: "enter drill", see: "esc back"},
				}},
			{name: "the statement and the result of a pane", keys: esc + "\x1b1g\t\r", see: []string{"Event types: statement", "┏━ Result, as"},
				footer: "enter open in SQL  d its rows  space cell  y copy  tab pane  esc back  ? help  ^p commands  q quit", does: []footStep{
					{hint: "enter open in SQL", see: "F5 run"}, {hint: "d its rows", see: "row 1 of 100"}, {hint: "space cell", see: "esc close"},
					{hint: "y copy", see: "copied event_type"}, {hint: "tab pane", see: "┏━ Event types: statement"}, {hint: "esc back", see: "enter drill", stays: true},
				}},
		},
		"SQL": {
			{name: "the editor", keys: esc + "\x1b2" + keyF2, see: []string{"┏━ query-1", "acme_telemetry", "on Athena"},
				footer: "F5 run  tab to result  alt+1-6 pages  ^s save  F4 schema  F1 help  ^p commands  ^q quit",
				does:   []footStep{jobs, list, save, schema, {hint: "F5 run", see: "row 1 of 4", stays: true}}},
			{name: "a result", keys: esc + "\x1b2" + keyF3, see: []string{"┏━ Result", "row 1 of 4", "▶ 1 │ "},
				footer: "enter cell  v row  s sort  f filter  . chart  e export  F freq  y copy  a all with it  F5 run  shift+tab editor  ^r history  ^s save  F4 schema  ? help  ^p commands  q quit",
				does:   append(slices.Clone(column), again, editor, footStep{hint: "f filter", see: "filtered from 4", stays: true})},
			{name: "a filtered result", keys: esc + esc + esc + "\x1b2" + keyF3 + "0f", see: []string{"┏━ Result", "filtered from 4"},
				footer: "enter cell  v row  s sort  f filter  esc all rows  . chart  e export  F freq  y copy  a all with it  F5 run  ^r history  ^s save  F4 schema  ? help  ^p commands  q quit",
				does:   []footStep{{hint: "esc all rows", see: "row 1 of 4", stays: true}}, some: true},
			{name: "the list at a word", keys: esc + "\x1b2" + keyF2 + keyAll + "SELECT * FROM video_telemetry_json WHERE device_t", see: []string{"┏━ query-1", "device_type "},
				footer: "tab accept  esc close  alt+1-6 pages  F5 run  F6 to result  ^r history  ^s save  F4 schema  F1 help  ^p commands  ^q quit",
				does:   []footStep{{hint: "tab accept", see: "WHERE device_type"}, {hint: "esc close", see: "tab to result"}, {hint: "F6 to result", see: "shift+tab editor"}, jobs, history, save, schema, {hint: "F5 run", see: "1 │ SELECT *", stays: true}}},
			{name: "an error", keys: esc + esc + "\x1b2" + keyF3, see: []string{"┏━ Error", "1 │ SELECT *"},
				footer: "y copy  F5 run  shift+tab editor  ^r history  ^s save  F4 schema  ? help  ^p commands  q quit",
				does:   []footStep{{hint: "y copy", see: "copied the error"}, editor, history, save, schema}, some: true},
			{name: "a statement that runs", begin: func(t *testing.T, x *tuitest.Terminal) { write(x, "SELECT 7 AS seven"); again.before(t, x) }, keys: keyF5, see: []string{"running for"},
				footer: "^c cancel  F5 run  alt+1-6 pages  tab to result  ^r history  ^s save  F4 schema  F1 help  ^p commands  ^q quit",
				does:   []footStep{{hint: "^c cancel", see: "cancelled after", stays: true}}, some: true, end: func() { again.after() }},
			{name: "a database", keys: esc + esc + "\x1b2\x1bOS" + strings.Repeat("k", 20), see: []string{"▶▾ acme_streaming_data"},
				footer: "enter open  / filter  tab editor  ^r history  ^s save  ? help  ^p commands  q quit",
				does:   []footStep{{hint: "enter open", see: "▶▸ acme_streaming_data", back: "\r"}, {hint: "/ filter", see: "esc no filter", back: esc}, {hint: "tab editor", see: "┏━ query-1"}, history, save}},
			{name: "a table", keys: esc + esc + "\x1b2\x1bOS" + strings.Repeat("k", 20) + "j", see: []string{"▶  ▸ customers"},
				footer: "enter open  / filter  s rows  tab editor  ^r history  ^s save  ? help  ^p commands  q quit",
				does:   []footStep{{hint: "enter open", see: "▾ customers", back: "\r"}, {hint: "/ filter", see: "esc no filter", back: esc}, {hint: "tab editor", see: "┏━ query-1"}, history, save, {hint: "s rows", see: "LIMIT 100", stays: true}}},
		},
		"Browse": {
			{name: "tables", keys: esc + "\x1b3", see: []string{"┏━ Tables", "▶    video_telemetry_json"},
				footer: "enter partitions  / filter  r refresh  ? help  ^p commands  q quit",
				does:   []footStep{{hint: "/ filter", see: "esc no filter", back: esc}, {hint: "r refresh", see: "the catalog was read again"}, {hint: "enter partitions", see: "┏━ video_telemetry_json", stays: true}}},
			{name: "partitions", keys: "\x1b3", see: []string{"┏━ video_telemetry_json", "▶ 1 │", "row 1 of 3"},
				footer: "enter into  o rows  s sort  / filter  y copy path  r refresh  esc back  tab tables  ? help  ^p commands  q quit",
				does:   append(slices.Clone(within), object("more.gz", "37 objects"), footStep{hint: "s sort", see: "hour ↑", back: "ss"}, footStep{hint: "esc back", see: "┏━ Tables", back: "\t"}, footStep{hint: "enter into", see: "modified", stays: true})},
			{name: "objects", keys: "\x1b3", see: []string{"hour=17", "▶ 1 │", "modified"},
				footer: "enter into  o rows  s sort  / filter  y copy path  r refresh  esc back  tab tables  ? help  ^p commands  q quit",
				does:   append(slices.Clone(within), object("more.gz", "more.gz"), footStep{hint: "s sort", see: "object ↑", back: "ss"}, rows("enter into"), footStep{hint: "esc back", see: "row 1 of 3", stays: true})},
			{name: "tables beside partitions", keys: "\x1b3\t", see: []string{"┏━ Tables", "row 1 of 3"},
				footer: "enter partitions  / filter  tab pane  r refresh  ? help  ^p commands  q quit",
				does:   []footStep{{hint: "tab pane", see: "┏━ video_telemetry_json", stays: true}}, some: true},
		},
		"Live and Jobs": {
			{name: "no jobs", keys: esc + "\x1b5", see: []string{"n begins one"}, footer: "n new  ? help  ^p commands  q quit", does: []footStep{newJob}},
			{name: "no pipeline", keys: esc + "\x1b4", see: []string{"No pipeline runs here"}, footer: "u begin  ? help  ^p commands  q quit", does: []footStep{{hint: "u begin", see: "New job"}}},
			{name: "a pipeline", begin: func(_ *testing.T, x *tuitest.Terminal) {
				x.Keys("u")
				x.See("acme pipeline up")
				x.Keys("\x15pipeline up --speed 600 --for 30m --set arrivals.mean_per_hour=2000\r")
			}, keys: esc + "\x1b4", see: []string{"┏━ Tail", "p50", `{"event_id"`},
				footer: "space pause  f stay here  / filter  enter inspect  x explain lag  K stop  ? help  ^p commands  q quit",
				does:   []footStep{{hint: "space pause", see: "space go on", back: " "}, stay, {hint: "/ filter", see: "Filter the tail"}, inspect, lag, {hint: "K stop", see: "it has ended", stays: true}}},
			{name: "a pipeline that has ended", keys: esc + "\x1b4", see: []string{"it has ended"},
				footer: "u begin  f stay here  enter inspect  x explain lag  ? help  ^p commands  q quit", does: []footStep{{hint: "u begin", see: "New job"}, stay, inspect, lag}},
			{name: "a job that is done", keys: esc + esc + "\x1b5", see: []string{"┏━ Jobs", "1 done"},
				footer: "n new  R again  l log  y copy  ? help  ^p commands  q quit", does: []footStep{newJob, line, {hint: "l log", see: "┏━ j1 pipeline"}}, some: true},
			{name: "its log", keys: esc + esc + "\x1b5l", see: []string{"┏━ j1 pipeline", "1 done"},
				footer: "n new  R again  l list  y copy  ? help  ^p commands  q quit", does: []footStep{newJob, line, {hint: "l list", see: "┏━ Jobs"}, {hint: "R again", see: "1 running", stays: true}}},
			{name: "a job that runs", keys: esc + esc + "\x1b5", see: []string{"┏━ Jobs", "1 running", "events/s"},
				footer: "n new  x cancel  l log  y copy  ? help  ^p commands  q quit", does: []footStep{newJob, line, {hint: "l log", see: "┏━ j1 pipeline"}, {hint: "x cancel", see: "R again", stays: true}}},
		},
		"Quality": {
			{name: "a finding", keys: esc + "\x1b6", see: []string{"┏━ Findings", "▶ !", "enter: the rows"},
				footer: "enter its rows  x explain  b only broken  r check again  ? help  ^p commands  q quit",
				does:   []footStep{rows("enter its rows"), {hint: "x explain", see: "F5 run"}, {hint: "b only broken", see: "b all", back: "b"}, slowly(footStep{hint: "r check again", see: "loading"})}},
		},
	}
}

// TestCheck19Built: over the program itself the footer of every page, of its panes and of
// what runs there is the one that is expected, and each of its keys does what it says. A
// key is pressed when the place that it is for is there, and never before.
func TestCheck19Built(t *testing.T) {
	s := newOnScreen(t, 3, 500)
	pages := footPages(s)
	for _, name := range []string{"Report", "SQL", "Browse", "Quality", "Live and Jobs"} { // the last one fills the lake
		places := pages[name]
		t.Run(name, func(t *testing.T) {
			x := s.open(t, 200, 40, strings.ReplaceAll(t.Name(), " ", "_"), []string{"--screen", "report"})
			x.See("loaded in")
			for i := range places {
				places[i].try(t, x)
			}
			x.Keys(keyEscape + keyQuit)
			x.Ended(0)
		})
	}
}
