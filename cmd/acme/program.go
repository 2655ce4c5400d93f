package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// program is one run of acme with its surroundings.
type program struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	env    map[string]string
	// environ is env as the operating system has it.
	environ []string
	now     func() time.Time

	global globalOptions
	// sql is the statement being run, for the caret under an error.
	sql string
}

// globalOptions are the flags that every verb takes.
type globalOptions struct {
	lake     string
	config   string
	quiet    bool
	verbose  bool
	color    string
	progress string
	yes      bool
}

// Main runs acme and gives its exit code. Arguments are without the program's name.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer, environ []string) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr, env: parseEnv(environ), environ: environ, now: time.Now}
	if len(args) > 0 && args[0] == queryWorkerVerb {
		return p.serveQueries()
	}
	ctx, stop := p.catchSignals()
	defer stop()
	root := p.newRootCmd()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if isBrokenPipe(err) {
		return exitOK
	}
	var sig interrupted
	if cause := context.Cause(ctx); err != nil && errors.As(cause, &sig) {
		err = fmt.Errorf("%w: %w", sig, err)
	}
	var silent silentExit
	if errors.As(err, &silent) {
		return silent.code
	}
	if err != nil {
		p.reportError(err, p.sql)
	}
	return exitCode(err)
}

// silentExit ends the program with a code after everything has been said.
type silentExit struct{ code int }

func (s silentExit) Error() string { return fmt.Sprintf("exit %d", s.code) }

// catchSignals gives a context that the first signal cancels, with the signal as
// cause. A second one ends the program at once.
func (p *program) catchSignals() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	var seen atomic.Int32
	go func() {
		for s := range ch {
			sig, ok := s.(syscall.Signal)
			if !ok {
				continue
			}
			if seen.Add(1) > 1 {
				os.Exit(128 + int(sig))
			}
			cancel(interrupted{sig})
		}
	}()
	return ctx, func() { signal.Stop(ch); close(ch); cancel(nil) }
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
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.runDefault(cmd.Context())
		},
	}
	p.addGlobalFlags(root)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return p.loadConfig(cmd) }
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return withHint(exitUsage, "", err) })
	root.AddCommand(
		p.newReportCmd(), p.newGenerateCmd(), p.newScenarioCmd(), p.newQueryCmd(), p.newTranslateCmd(),
		p.newVerifyCmd(), p.newInspectCmd(), p.newTUICmd(), p.newDoctorCmd(), p.newVersionCmd(), p.newManCmd(),
	)
	root.SetHelpTemplate(root.HelpTemplate() + "\n" + exitHelp)
	addHelpTopics(root)
	wrapUsageErrors(root)
	return root
}

// wrapUsageErrors gives the argument errors of every verb the usage exit code.
func wrapUsageErrors(cmd *cobra.Command) {
	if args := cmd.Args; args != nil {
		cmd.Args = func(c *cobra.Command, a []string) error {
			if err := args(c, a); err != nil {
				return withHint(exitUsage, "run: acme help "+strings.TrimPrefix(c.CommandPath(), "acme "), err)
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
	f.StringVar(&g.lake, "lake", "", "the lake: a folder, file:// or mem:// (default $ACME_LAKE, else acme-lake in the user's data folder)")
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
	home := p.env["HOME"]
	if home == "" {
		home = os.TempDir()
	}
	return filepath.Join(home, fallback)
}

// isTerminal says whether w (or a reader) is a terminal that can be drawn on.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colors says whether to colour what goes to w.
func (p *program) colors(w io.Writer) bool {
	switch p.global.color {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal(w) && p.env["NO_COLOR"] == "" && p.env["TERM"] != "dumb"
}

// width gives the columns of the terminal behind w, or 100 where there is none.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if cols, _, err := term.GetSize(int(f.Fd())); err == nil && cols > 0 {
			return max(80, cols)
		}
	}
	return 100
}

// note says something on stderr unless the user wants quiet.
func (p *program) note(format string, args ...any) {
	if !p.global.quiet {
		fmt.Fprintf(p.stderr, format+"\n", args...)
	}
}

// detail says something on stderr if the user wants to know more.
func (p *program) detail(format string, args ...any) {
	if p.global.verbose {
		fmt.Fprintf(p.stderr, format+"\n", args...)
	}
}
