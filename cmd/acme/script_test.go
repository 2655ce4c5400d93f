package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"acme/telemetry/engine/store/s3/s3test"
)

var update = flag.Bool("update", false, "rewrite goldens and what scripts compare with")

// TestMain makes this test binary the program acme too: a script that runs acme
// runs Main, and the query worker that acme starts is this binary again.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == queryWorkerVerb {
		os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
	}
	testscript.Main(m, map[string]func(){
		"acme": func() {
			countGoroutines()
			p := newProgram(os.Stdin, os.Stdout, os.Stderr, os.Environ())
			p.now = clockOf(p.env)
			os.Exit(p.run(os.Args[1:]))
		},
	})
}

// TestScripts runs every script in testdata/script: a command line, what it must
// print, and how it must end.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"bucket": (&buckets{servers: map[string]*s3test.Server{}}).command},
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			repo, err := filepath.Abs(filepath.Join("..", ".."))
			env.Setenv("REPO", repo)
			return err
		},
	})
}
