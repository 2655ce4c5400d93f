package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
	"acme/telemetry/engine/store"
	"acme/telemetry/tui"
)

// tuiOptions is what `acme tui` needs.
type tuiOptions struct {
	screen   string
	theme    string
	ascii    bool
	noMouse  bool
	from, to string
	keys     string
	live     string
	kafka    kafkaFlags
	topic    bool // events are to be read from the brokers
	noConfig bool
}

func (p *program) newTUICmd() *cobra.Command {
	o := &tuiOptions{}
	cmd := &cobra.Command{
		Use:   "tui",
		Short: "Open the terminal UI: report, SQL, browse, live, jobs, quality",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.topic = cmd.Flags().Changed("brokers")
			if err := o.check(); err != nil {
				return err
			}
			if ok, why := p.canDraw(); !ok {
				return usagef("open the terminal UI: %s; acme report prints the same figures", why)
			}
			return p.runTUI(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.screen, "screen", "", "screen to begin with: "+strings.Join(screens, ", ")+" (default: where the last session was, else report)")
	f.StringVar(&o.theme, "theme", "auto", "auto, dark or light")
	f.BoolVar(&o.ascii, "ascii", false, "draw with ASCII characters only")
	f.BoolVar(&o.noMouse, "no-mouse", false, "leave the mouse to the terminal")
	f.StringVar(&o.keys, "keys", "", "file of other keys (default acme/keys.conf in the user's configuration folder; acme help keys)")
	f.BoolVar(&o.noConfig, "no-config", false, "read no file of other keys")
	f.StringVar(&o.from, "from", "", "first arrival hour of the report")
	f.StringVar(&o.to, "to", "", "end of the last arrival hour")
	f.StringVar(&o.live, "live", "", "figures for the Live page: where export or pipeline up serve them, http://127.0.0.1:9464/metrics")
	o.kafka.add(cmd)
	f.Lookup("brokers").Usage = "brokers whose topic the Live page follows, host:port, separated by commas"
	return cmd
}

// screens are the pages, in the order of their numbers.
var screens = []string{"report", "sql", "browse", "live", "jobs", "quality"}

// check refuses what no screen and no theme is called.
func (o *tuiOptions) check() error {
	switch {
	case o.screen != "" && !slices.Contains(screens, o.screen):
		return usagef("--screen %s: must be %s", o.screen, strings.Join(screens, ", "))
	case o.live != "" && !strings.HasPrefix(o.live, "http://") && !strings.HasPrefix(o.live, "https://"):
		return usagef("--live %s: want the address of figures, such as http://127.0.0.1:9464/metrics", o.live)
	case !slices.Contains([]string{"auto", "dark", "light"}, o.theme):
		return usagef("--theme %s: must be auto, dark or light", o.theme)
	}
	return nil
}

// runDefault is acme without a verb: the screen in a terminal, else the report.
// Either makes the default lake first if there is none.
func (p *program) runDefault(ctx context.Context) error {
	if ok, why := p.canDraw(); !ok {
		p.detail("acme: no terminal UI: %s", why)
		return p.runReport(ctx, &reportOptions{format: "text"})
	}
	return p.runTUI(ctx, &tuiOptions{theme: "auto"})
}

func (p *program) canDraw() (bool, string) {
	in, out := file(p.stdin), file(p.stdout)
	if in == nil || out == nil {
		return false, "standard input and output are not a terminal"
	}
	return tui.CanRun(in, out, func(k string) string { return p.env[k] })
}

func (p *program) runTUI(ctx context.Context, o *tuiOptions) error {
	span, err := parseRange(o.from, o.to)
	if err != nil {
		return err
	}
	st, err := p.openToAsk()
	if err != nil {
		return err
	}
	needed, err := p.neededFor(ctx, st, o)
	if err != nil {
		return err
	}
	// The query worker confines itself to the lake's folder, so it starts when
	// the lake is there; where it is already, it starts while the screen is drawn.
	engine := newLateEngine(func() (query.Engine, error) { return p.startEngine(ctx, defaultSQL()) })
	defer engine.Close()
	if !needed {
		go engine.start() // its error is the first statement's answer
	}
	keys, err := p.readKeymap(o)
	if err != nil {
		return err
	}
	monitor, err := p.newMonitor(o)
	if err != nil {
		return err
	}
	defer monitor.close()
	session := &sessionFile{p: p}
	defer session.close()
	catalog := newScreenCatalog(p, st)
	cfg := tui.Config{
		Keys:    keys,
		Catalog: catalog, Checker: catalog, Spooler: rowSpools{p}, Exporter: resultFiles{p}, Library: savedQueries{p}, Editor: ownEditor{p}, Runner: verbJobs{p, monitor}, Monitor: monitor, Keeper: session, Journal: newJobJournal(p), Recorder: crashFiles{p},
		Loader:  reportLoader{p, engine, st},
		Querier: engine,
		Lake:    p.lakeName(), Database: defaultDatabase,
		Range:  tui.Range{From: span.from, To: span.to},
		Screen: o.screen, Theme: o.theme, Color: p.global.color, ASCII: o.ascii, NoMouse: o.noMouse,
		Now: p.now, Environ: p.environ, Restored: func() { p.drawing.Store(false) },
	}
	if needed {
		cfg.Prepare = lakePreparer{p, st}
		cfg.Preparer = fmt.Sprintf("one hour of telemetry (%s) in %s", defaultScenario, p.lakeName())
	}
	p.drawing.Store(true)
	defer p.drawing.Store(false)
	if code := tui.Run(ctx, cfg); code != exitOK {
		return silentExit{code}
	}
	return nil
}

// neededFor says whether the default lake is to be made before the screen can show it. Who
// names a lake and what fills it may look at that before the first object is there.
func (p *program) neededFor(ctx context.Context, st store.Store, o *tuiOptions) (bool, error) {
	if p.global.lake != "" && (o.live != "" || o.topic) {
		return false, nil
	}
	return p.needsDefaultLake(ctx, st)
}

// newMonitor watches what the flags name, and a pipeline of this program.
func (p *program) newMonitor(o *tuiOptions) (*pipelineMonitor, error) {
	m := &pipelineMonitor{p: p, url: o.live, topic: o.kafka.topic}
	if !o.topic {
		return m, nil
	}
	c, err := p.cluster(&o.kafka)
	if err != nil {
		return nil, err
	}
	m.cluster = &c
	return m, nil
}

// readKeymap reads the reader's own keys. A file that was not named need not be there.
func (p *program) readKeymap(o *tuiOptions) (tui.Keymap, error) {
	name := o.keys
	switch {
	case o.noConfig && name == "":
		return nil, nil
	case name == "":
		name = filepath.Join(p.userFolder("XDG_CONFIG_HOME", ".config"), "acme", "keys.conf")
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && o.keys == "" {
		return nil, nil
	}
	if err != nil {
		return nil, usagef("read keys: %w", err)
	}
	keys, err := tui.ParseKeymap(name, text)
	if err != nil {
		return nil, withHint(exitUsage, "acme tui --no-config starts without the file", err)
	}
	return keys, nil
}

// reportLoader makes the report for the screen.
type reportLoader struct {
	p      *program
	engine query.Engine
	st     store.Store
}

func (l reportLoader) Load(ctx context.Context, r tui.Range, tell func(done, of int, title string)) (*report.Document, error) {
	return l.p.buildReport(ctx, l.engine, l.st, report.Options{From: r.From, To: r.To, Progress: tell, Alerts: true})
}

// lakePreparer makes the default lake for the screen.
type lakePreparer struct {
	p  *program
	st store.Store
}

func (l lakePreparer) Prepare(ctx context.Context, tell func(tui.Progress)) error {
	return l.p.makeDefaultLake(ctx, l.st, func(events, total int64) {
		tell(tui.Progress{Step: "generate " + defaultScenario, Done: events, Total: total, Unit: "events"})
	})
}
