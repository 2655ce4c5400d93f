package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	mango "github.com/muesli/mango-cobra"
	"github.com/muesli/roff"
	"github.com/spf13/cobra"

	"acme/telemetry/tui"
)

// versionInfo is what `acme version` says.
type versionInfo struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
	DuckDB  string `json:"duckdb"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

// programVersion is the version of a release build; `-ldflags -X` may set the
// commit-free part, a build from source says "devel".
const programVersion = "0.1.0"

const duckdbModule = "github.com/duckdb/duckdb-go-bindings"

func readVersion() versionInfo {
	v := versionInfo{Version: programVersion, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Commit = s.Value
		}
	}
	for _, dep := range info.Deps {
		if dep.Path == duckdbModule {
			v.DuckDB = dep.Version
		}
	}
	return v
}

func (p *program) newVersionCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which version this is, and of what it is made",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := readVersion()
			if asJSON {
				return json.NewEncoder(p.stdout).Encode(v)
			}
			_, err := fmt.Fprintf(p.stdout, "acme %s (%s/%s, %s, duckdb-go-bindings %s)\n", v.Version, v.OS, v.Arch, v.Go, v.DuckDB)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func (p *program) newManCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "man",
		Short: "Print the manual page (roff)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			root := cmd.Root()
			root.Long = unwrapped(root.Long)
			page, err := mango.NewManPage(1, root)
			if err != nil {
				return fmt.Errorf("make the manual page: %w", err)
			}
			_, err = fmt.Fprintln(p.stdout, page.Build(roff.NewDocument()))
			return err
		},
	}
}

// unwrapped joins the lines of each paragraph: roff breaks lines where the reader's
// terminal does.
func unwrapped(text string) string {
	paragraphs := strings.Split(text, "\n\n")
	for i := range paragraphs {
		paragraphs[i] = strings.ReplaceAll(paragraphs[i], "\n", " ")
	}
	return strings.Join(paragraphs, "\n")
}

// addHelpTopics adds `acme help exit-codes|env|formats`.
func addHelpTopics(root *cobra.Command) {
	for _, topic := range []struct{ name, short, text string }{
		{"exit-codes", "What the exit codes mean", exitHelp},
		{"env", "Environment variables", envHelp},
		{"keys", "Keys of the terminal UI", tui.KeysMarkdown()},
		{"formats", "Output and file formats", formatsHelp},
	} {
		cmd := &cobra.Command{Use: topic.name, Short: topic.short, Long: topic.text}
		cmd.SetHelpTemplate("{{.Long}}")
		root.AddCommand(cmd)
	}
}

const envHelp = `Environment:
  ACME_LAKE        the lake to use where --lake is not given
  ACME_CONFIG      the configuration file
  ACME_BROKERS     brokers of Kafka or MSK, host:port, separated by commas
  ACME_KAFKA_PASSWORD  the password for --auth scram
  AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, ...  for --auth iam, as the AWS SDK has them
  AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL_S3, ...  for a lake in a bucket, likewise
  ACME_CACHE       where objects of buckets are kept to be asked again (else under XDG_CACHE_HOME)
  ACME_CACHE_SIZE  how much of them, as 20GB (default 10GiB)
  ACME_TRINO_URL   the Trino server of query --engine trino: http://host:8080/catalog
  NO_COLOR         no colours, if not empty
  CLICOLOR_FORCE   colours in what is no terminal too, if neither empty nor 0
  TERM             dumb or empty: no terminal UI
  XDG_DATA_HOME    where the default lake is made (acme-lake)
  XDG_CONFIG_HOME  where acme/config.yaml is looked for
  XDG_CACHE_HOME   where the engine spills to while a query runs
A flag wins over the environment, and the environment over the file.
`

const formatsHelp = `Results of acme query (--format):
  table     columns for a person; the default
  csv       as Athena writes it: a header, every value quoted, NULL empty
  tsv       tab-separated, backslash escapes
  json      one array of objects
  jsonl     one object a line
  markdown  a Markdown table
Report (acme report --format): text, markdown, json, html.
Objects (acme generate --file-format): json (gzip JSON lines), parquet, both.
`
