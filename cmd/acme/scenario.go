package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/sim"
)

func (p *program) newScenarioCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "scenario",
		Short: "List, show, check, explain and compare scenarios",
		Args:  knownVerb,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		p.scenarioLs(), p.scenarioShow(), p.scenarioValidate(), p.scenarioExplain(), p.scenarioDiff(), p.scenarioSchema(),
	)
	return cmd
}

func (p *program) scenarioLs() *cobra.Command {
	return &cobra.Command{
		Use: "ls", Short: "List the scenarios that come with the program", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			for _, name := range sim.Shipped() {
				sc, err := sim.Load(name)
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintf(p.stdout, "%-14s %s\n", name, sc.Description); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (p *program) scenarioShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Print a shipped scenario's file", Args: cobra.ExactArgs(1), ValidArgs: sim.Shipped(),
		RunE: func(_ *cobra.Command, args []string) error {
			src, ok := sim.Source(args[0])
			if !ok {
				_, err := sim.Load(args[0])
				return withHint(exitUsage, "acme scenario ls lists them", err)
			}
			_, err := p.stdout.Write(src)
			return err
		},
	}
}

func (p *program) scenarioValidate() *cobra.Command {
	return &cobra.Command{
		Use: "validate FILE...", Short: "Check scenario files and say everything that is wrong", Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var all []error
			for _, file := range args {
				if _, err := loadScenario(file, nil); err != nil {
					all = append(all, err)
					continue
				}
				p.note("acme: %s: valid", file)
			}
			return errors.Join(all...)
		},
	}
}

func (p *program) scenarioExplain() *cobra.Command {
	var set []string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "explain NAME|FILE", Short: "Print every value of a scenario with its origin, and what it would generate", Args: cobra.ExactArgs(1), ValidArgs: sim.Shipped(),
		RunE: func(_ *cobra.Command, args []string) error {
			sc, err := loadScenario(args[0], set)
			if err != nil {
				return err
			}
			e, err := sc.Explain(sim.Window{})
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(p.stdout).Encode(e)
			}
			_, err = io.WriteString(p.stdout, e.Text())
			return err
		},
	}
	cmd.Flags().StringArrayVar(&set, "set", nil, "change a field: path=value (may be given again)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func (p *program) scenarioDiff() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "diff A B", Short: "Print the fields in which two scenarios differ", Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			a, err := loadScenario(args[0], nil)
			if err != nil {
				return err
			}
			b, err := loadScenario(args[1], nil)
			if err != nil {
				return err
			}
			changes := sim.Diff(a, b)
			if asJSON {
				return json.NewEncoder(p.stdout).Encode(changes)
			}
			for _, c := range changes {
				if _, err := fmt.Fprintf(p.stdout, "%s: %s -> %s\n", c.Path, orNone(c.A), orNone(c.B)); err != nil {
					return err
				}
			}
			da, db := a.Digest(), b.Digest()
			p.note("acme: %d fields differ; digests %s and %s", len(changes), hex.EncodeToString(da[:6]), hex.EncodeToString(db[:6]))
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

func (p *program) scenarioSchema() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of scenario files, for editors", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := p.stdout.Write(sim.Schema())
			return err
		},
	}
}
