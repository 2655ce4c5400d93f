package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"os/user"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/sim"
	"acme/telemetry/engine/store"
	"acme/telemetry/engine/stream"
	"acme/telemetry/schema"
)

// program is one run of acme with its surroundings.
type program struct {
	stdin  io.Reader
	stdout *output
	stderr io.Writer
	env    map[string]string
	// environ is env as the operating system has it.
	environ []string
	now     func() time.Time

	global globalOptions
	// watch is told of a pipeline that runs here, and with nil that it has ended; nil
	// where nobody watches.
	watch func(*pipeline)
	// drawing says that the screen has the terminal, and ends by itself after a second
	// signal too.
	drawing *atomic.Bool
	// cache is the lake that is asked, where it is a bucket and was opened.
	cache *store.Cached
	// sql is the statement being read or run, for the caret under an error.
	sql string
}

// globalOptions are the flags that every verb takes.
type globalOptions struct {
	lake     string
	profile  string
	region   string
	endpoint string
	config   string
	quiet    bool
	verbose  bool
	color    string
	progress string
	yes      bool
}

// Main runs acme and gives its exit code. Arguments are without the program's name.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer, environ []string) int {
	if len(args) > 0 && args[0] == queryWorkerVerb {
		return serveQueries(stdin, stdout)
	}
	return newProgram(stdin, stdout, stderr, environ).run(args)
}

func newProgram(stdin io.Reader, stdout, stderr io.Writer, environ []string) *program {
	return &program{stdin: stdin, stdout: &output{w: stdout}, stderr: stderr, env: parseEnv(environ), environ: environ, now: time.Now, drawing: new(atomic.Bool)}
}

// run runs a command line and gives its exit code.
func (p *program) run(args []string) (code int) {
	defer func() {
		if defect := recover(); defect != nil {
			code = p.confess(defect, debug.Stack())
		}
	}()
	ctx, stop := p.catchSignals()
	defer stop()
	defer p.release()
	root := p.newRootCmd()
	root.SetArgs(statementArgs(args))
	err := p.stdout.settle(root.ExecuteContext(ctx))
	var sig interrupted
	if err != nil && errors.As(context.Cause(ctx), &sig) {
		err = stopped{sig, err}
	}
	var silent silentExit
	if errors.As(err, &silent) {
		return silent.code
	}
	if err != nil {
		p.reportError(err)
	}
	return exitCode(err)
}

// confess tells of a defect of this program.
func (p *program) confess(defect any, stack []byte) int {
	p.sayLines("acme: ", fmt.Sprintf("internal error: %v", defect))
	p.sayDefect(stack)
	return exitInternal
}

// sayDefect asks for a report of a defect that has been named.
func (p *program) sayDefect(stack []byte) {
	p.sayLines("  ", "this is a defect of acme; please report it with what follows")
	p.sayLines("  ", string(stack))
}

// silentExit ends the program with a code after everything has been said.
type silentExit struct{ code int }

func (s silentExit) Error() string { return fmt.Sprintf("exit %d", s.code) }

// catchSignals gives a context that the first signal cancels, with the signal as
// cause. A second one ends the program at once, but for one that has the terminal.
func (p *program) catchSignals() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	// A reader that goes away fails the write, and the run ends in order; the
	// signal would end it with its query worker and its files left as they are.
	gone := make(chan os.Signal, 1)
	signal.Notify(gone, syscall.SIGPIPE)
	var seen atomic.Int32
	go func() {
		for s := range ch {
			sig, ok := s.(syscall.Signal)
			if !ok {
				continue
			}
			if seen.Add(1) > 1 && !p.drawing.Load() {
				os.Exit(128 + int(sig))
			}
			cancel(interrupted{sig})
		}
	}()
	return ctx, func() { signal.Stop(ch); signal.Stop(gone); close(ch); cancel(nil) }
}

func parseEnv(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok {
			env[k] = v
		}
	}
	return env
}

func (p *program) newRootCmd() *cobra.Command {
	root := &cobra.Command{
		Use:   "acme",
		Short: "A telemetry pipeline on a laptop: generate, store, query with Athena SQL, report",
		Long: `acme is a local-first twin of an AWS telemetry pipeline. It generates video
telemetry from a seed, stores it as Firehose would, answers Athena SQL about it
with Athena's answers, and shows the report.

Without a verb it opens the terminal UI on the default lake, and makes that lake
first if there is none. Where there is no terminal it prints the report.`,
		Args:          knownVerb,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.runDefault(cmd.Context())
		},
	}
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	p.addGlobalFlags(root)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := cmd.ValidateRequiredFlags(); err != nil { // cobra's own check comes later, and knows no exit code
			return withHint(exitUsage, helpOf(cmd), err)
		}
		return p.loadConfig(cmd)
	}
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		p.newReportCmd(), p.newQueryCmd(), p.newTranslateCmd(), p.newTUICmd(),
		p.newScenarioCmd(), p.newGenerateCmd(), p.newBackfillCmd(),
		p.newBrokerCmd(), p.newExportCmd(), p.newPipelineCmd(),
		p.newVerifyCmd(), p.newInspectCmd(), p.newMigrateCmd(), p.newRepairCmd(), p.newSyncCmd(), p.newEraseCmd(), p.newRetainCmd(), p.newGCCmd(), p.newCostCmd(),
		p.newDoctorCmd(), p.newVersionCmd(), p.newManCmd(),
	)
	root.SetHelpTemplate(root.HelpTemplate() + "\n" + exitHelp)
	addHelpTopics(root)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	refuseUnknownTopics(root)
	completeFlags(root)
	wrapUsageErrors(root)
	return root
}

// knownVerb refuses an argument where a verb belongs, and says which one is near.
func knownVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
	cmd.SuggestionsMinimumDistance = 2 // cobra's own, which it sets too late for this
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		err = fmt.Errorf("%w (did you mean %q?)", err, near[0])
	}
	return err
}

// flagError says which flag is near one that is not known, and where the flags are listed.
func flagError(cmd *cobra.Command, err error) error {
	if name, ok := strings.CutPrefix(err.Error(), "unknown flag: --"); ok {
		names := &cobra.Command{SuggestionsMinimumDistance: 2} // a verb's name and a flag's are near by one measure
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			names.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
		})
		if near := names.SuggestionsFor(name); len(near) > 0 {
			err = fmt.Errorf("%w (did you mean --%s?)", err, near[0])
		}
	}
	return withHint(exitUsage, helpOf(cmd), err)
}

// helpOf says how to see what a verb takes.
func helpOf(cmd *cobra.Command) string {
	return "run: " + strings.Replace(cmd.CommandPath(), "acme", "acme help", 1)
}

// refuseUnknownTopics makes errors of what cobra answers with a help text:
// acme help nosuch, acme completion nosuch.
func refuseUnknownTopics(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			show := cmd.Run
			cmd.Run, cmd.RunE = nil, func(c *cobra.Command, args []string) error {
				if about, _, err := root.Find(args); err != nil || about == root && len(args) > 0 {
					return withHint(exitUsage, "acme help lists them", fmt.Errorf("unknown help topic %q", strings.Join(args, " ")))
				}
				show(c, args)
				return nil
			}
		case "completion":
			cmd.Args, cmd.RunE = knownVerb, func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
}

// completeFlags tells the shell what the flags with a few values can be.
func completeFlags(root *cobra.Command) {
	for path, values := range map[string][]string{
		"query --format":         {"table", "csv", "tsv", "json", "jsonl", "markdown", "parquet"},
		"report --format":        {"text", "markdown", "json", "html"},
		"report --fail-on":       {"warn", "error"},
		"report --table":         {schema.EventsJSON, schema.EventsParquet},
		"generate --scenario":    sim.Shipped(),
		"generate --file-format": {"json", "parquet", "both"},
		"generate --delimiter":   {"newline", "none"},
		"generate --to":          {"kafka", "-"},
		"generate --auth":        {"iam", "scram", "mtls", "plaintext"},
		"generate --compression": stream.Compressions(),
		"generate --timestamp":   {"arrival", "now"},
		"export --auth":          {"iam", "scram", "mtls", "plaintext"},
		"pipeline up --scenario": sim.Shipped(),
		"migrate --codec":        {"zstd", "snappy", "gzip"},
		"migrate --by":           {"hour", "day"},
		"migrate --ip":           {"keep", "truncate", "hmac", "drop"},
		"export --ip":            {"keep", "truncate", "hmac", "drop"},
		"pipeline up --ip":       {"keep", "truncate", "hmac", "drop"},
		"export --read-from":     {"earliest", "now"},
		"export --file-format":   {"json", "parquet", "both"},
		"export --delimiter":     {"newline", "none"},
		"export --partition-by":  {"arrival", "event"},
		"tui --screen":           screens,
		"tui --theme":            {"auto", "dark", "light"},
		" --color":               {"auto", "always", "never"},
		" --progress":            {"auto", "bar", "json", "none"},
	} {
		verb, flag, _ := strings.Cut(path, " --")
		cmd, _, err := root.Find(strings.Fields(verb))
		if err == nil {
			err = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveDefault))
		}
		if err != nil {
			panic("complete the flags of acme: " + err.Error()) // a flag above that no verb has
		}
	}
}

// wrapUsageErrors gives the argument errors of every verb the usage exit code.
func wrapUsageErrors(cmd *cobra.Command) {
	if args := cmd.Args; args != nil {
		cmd.Args = func(c *cobra.Command, a []string) error {
			if err := args(c, a); err != nil {
				hint := helpOf(c)
				if len(a) > 0 && !c.HasSubCommands() && strings.HasPrefix(err.Error(), "unknown command") { // cobra's words for an argument too many
					err = fmt.Errorf("%s takes no argument, and %q is one", c.CommandPath(), a[0])
					hint = "a lake is given as --lake " + a[0] + "; " + hint
				}
				return withHint(exitUsage, hint, err)
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		wrapUsageErrors(sub)
	}
}

func (p *program) addGlobalFlags(root *cobra.Command) {
	g := &p.global
	f := root.PersistentFlags()
	f.StringVar(&g.lake, "lake", "", "the lake: a folder, file://, s3://bucket/prefix or mem:// (default $ACME_LAKE, else acme-lake in the user's data folder)")
	f.StringVar(&g.profile, "profile", "", "profile of the AWS configuration (default $AWS_PROFILE)")
	f.StringVar(&g.region, "region", "", "AWS region of the bucket (default $AWS_REGION, else the profile's)")
	f.StringVar(&g.endpoint, "endpoint-url", "", "S3 server in place of AWS (default $AWS_ENDPOINT_URL_S3, $AWS_ENDPOINT_URL)")
	f.StringVar(&g.config, "config", "", "configuration file (default $ACME_CONFIG, else acme/config.yaml in the user's configuration folder)")
	f.BoolVarP(&g.quiet, "quiet", "q", false, "say only errors")
	f.BoolVarP(&g.verbose, "verbose", "v", false, "say more about what is done")
	f.StringVar(&g.color, "color", "auto", "colours: auto, always or never")
	f.StringVar(&g.progress, "progress", "auto", "progress of long work on stderr: auto, bar, json or none")
	f.BoolVar(&g.yes, "yes", false, "answer yes to every question")
}

// config is the configuration file: a default for flags, and nothing secret.
type config struct {
	Lake     string `yaml:"lake"`
	Color    string `yaml:"color"`
	Progress string `yaml:"progress"`
}

// loadConfig fills flags that were not given: from the environment, then the file.
func (p *program) loadConfig(cmd *cobra.Command) error {
	path, explicit := p.global.config, p.global.config != ""
	if path == "" {
		path, explicit = p.env["ACME_CONFIG"], p.env["ACME_CONFIG"] != ""
	}
	if path == "" {
		path = filepath.Join(p.userFolder("XDG_CONFIG_HOME", ".config"), "acme", "config.yaml")
	}
	var c config
	src, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := yaml.UnmarshalWithOptions(src, &c, yaml.Strict()); err != nil {
			return usagef("read configuration %s: %s", path, yaml.FormatError(err, false, false))
		}
	case explicit:
		return usagef("read configuration: %w", err)
	}
	set := func(flag string, to *string, env, file string) {
		switch {
		case cmd.Flags().Changed(flag):
		case env != "":
			*to = env
		case file != "":
			*to = file
		}
	}
	if rest, ok := strings.CutPrefix(c.Lake, "~/"); ok { // no shell reads this file
		c.Lake = filepath.Join(p.home(), rest)
	}
	set("lake", &p.global.lake, p.env["ACME_LAKE"], c.Lake)
	set("color", &p.global.color, "", c.Color)
	set("progress", &p.global.progress, "", c.Progress)
	return p.checkGlobal()
}

func (p *program) checkGlobal() error {
	for _, f := range []struct{ name, value, allowed string }{
		{"color", p.global.color, "auto always never"},
		{"progress", p.global.progress, "auto bar json none"},
	} {
		if !slices.Contains(strings.Fields(f.allowed), f.value) {
			return usagef("--%s %s: must be one of %s", f.name, f.value, f.allowed)
		}
	}
	return nil
}

// userFolder gives a folder of the user by the XDG rules.
func (p *program) userFolder(variable, fallback string) string {
	if dir := p.env[variable]; filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(p.home(), fallback)
}

// home gives the user's home folder: $HOME, else what the system says, else a
// folder for temporary files.
func (p *program) home() string {
	if home := p.env["HOME"]; home != "" {
		return home
	}
	if u, err := user.Current(); err == nil && u.HomeDir != "" {
		return u.HomeDir
	}
	return os.TempDir()
}

// isTerminal says whether w (or a reader) is a terminal that can be drawn on.
func isTerminal(w any) bool {
	f := file(w)
	return f != nil && term.IsTerminal(int(f.Fd()))
}

// colors says whether to colour what goes to w.
func (p *program) colors(w io.Writer) bool {
	switch p.global.color {
	case "always":
		return true
	case "never":
		return false
	}
	force := p.env["CLICOLOR_FORCE"]
	switch {
	case p.env["NO_COLOR"] != "":
		return false
	case force != "" && force != "0":
		return true
	}
	return isTerminal(w) && p.env["TERM"] != "dumb"
}

// columns gives the columns of the terminal behind w, or 0 where there is none.
func columns(w io.Writer) int {
	if f := file(w); f != nil {
		if cols, _, err := term.GetSize(int(f.Fd())); err == nil {
			return cols
		}
	}
	return 0
}

// width gives how wide a text for w may be.
func width(w io.Writer) int {
	if cols := columns(w); cols > 0 {
		return max(80, cols)
	}
	return 100
}

// note says something on stderr, one line, unless the user wants quiet.
func (p *program) note(format string, args ...any) {
	if !p.global.quiet {
		fmt.Fprintln(p.stderr, query.Printable(fmt.Sprintf(format, args...)))
	}
}

// detail says something on stderr if the user wants to know more.
func (p *program) detail(format string, args ...any) {
	if p.global.verbose {
		p.note(format, args...)
	}
}
