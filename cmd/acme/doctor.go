package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/query/duckdb"
	"acme/telemetry/schema"
)

// diagnosis is one line of `acme doctor`.
type diagnosis struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Says string `json:"says"`
}

func (p *program) newDoctorCmd() *cobra.Command {
	var asJSON bool
	k := &kafkaFlags{}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what works here: versions, lake, query worker, sandbox, Kafka, terminal",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.runDoctor(cmd.Context(), k, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	k.add(cmd)
	return cmd
}

func (p *program) runDoctor(ctx context.Context, k *kafkaFlags, asJSON bool) error {
	v := readVersion()
	found := []diagnosis{
		{"version", true, fmt.Sprintf("acme %s, %s, %s/%s", v.Version, v.Go, v.OS, v.Arch)},
		p.examineLake(ctx),
	}
	found = append(found, p.examineEngine(ctx)...)
	if len(k.brokers) > 0 || p.env["ACME_BROKERS"] != "" {
		found = append(found, p.examineKafka(ctx, k))
	}
	found = append(found, p.examineTerminal())
	failed := false
	for _, d := range found {
		failed = failed || !d.OK
	}
	if asJSON {
		if err := json.NewEncoder(p.stdout).Encode(found); err != nil {
			return err
		}
	} else {
		for _, d := range found {
			mark := "ok  "
			if !d.OK {
				mark = "FAIL"
			}
			if _, err := fmt.Fprintf(p.stdout, "%s  %-12s %s\n", mark, d.What, query.Printable(d.Says)); err != nil {
				return err
			}
		}
	}
	if failed {
		return silentExit{exitFailed}
	}
	return nil
}

func (p *program) examineLake(ctx context.Context) diagnosis {
	st, err := p.openLake()
	if err != nil {
		return diagnosis{"lake", false, err.Error()}
	}
	empty, err := lakeIsEmpty(ctx, st)
	if err != nil {
		return diagnosis{"lake", false, err.Error()}
	}
	switch {
	case empty && p.global.lake != "":
		return diagnosis{"lake", false, p.lakeName() + ": nothing there; " + p.howToFill()}
	case empty:
		return diagnosis{"lake", true, p.lakeName() + ": nothing there yet; acme makes the default lake at its first start"}
	}
	parts, err := lake.Partitions(ctx, st, schema.Events().Prefix)
	if err != nil {
		return diagnosis{"lake", false, err.Error()}
	}
	objects, bytes := 0, int64(0)
	for i := range parts {
		objects += len(parts[i].Objects)
		bytes += parts[i].Bytes()
	}
	return diagnosis{"lake", true, fmt.Sprintf("%s: %d objects of events in %d partitions, %.2f MB", p.lakeName(), objects, len(parts), float64(bytes)/1e6)}
}

// examineKafka asks a cluster for its topic: that takes the network, TLS, who one is
// and what one may.
func (p *program) examineKafka(ctx context.Context, k *kafkaFlags) diagnosis {
	c, err := p.cluster(k)
	if err != nil {
		return diagnosis{"kafka", false, err.Error()}
	}
	t, err := c.Describe(ctx, k.topic)
	if err != nil {
		says := err.Error()
		if hint := kafkaHint(err); hint != "" {
			says += "; " + hint
		}
		return diagnosis{"kafka", false, says}
	}
	return diagnosis{"kafka", true, fmt.Sprintf("%s by %s: topic %s, %d partitions, replication factor %d, %s, retention %s",
		strings.Join(c.Brokers, ", "), c.Auth.Mechanism, t.Name, t.Partitions, t.Replication, t.Compression, sayRetention(t.Retention))}
}

func sayRetention(d time.Duration) string {
	if d < 0 {
		return "forever"
	}
	return d.String()
}

func (p *program) examineEngine(ctx context.Context) []diagnosis {
	st, err := p.openToAsk()
	if err != nil {
		return []diagnosis{{"query worker", false, err.Error()}}
	}
	engine, err := p.startReader(ctx, defaultSQL(), st)
	if err != nil {
		return []diagnosis{{"query worker", false, err.Error()}}
	}
	defer engine.Close()
	rows, err := engine.Query(ctx, query.Request{SQL: "SELECT 7 / 2"})
	if err != nil {
		return []diagnosis{{"query worker", false, err.Error()}}
	}
	defer rows.Close()
	batch, err := rows.Next(ctx)
	if err != nil {
		return []diagnosis{{"query worker", false, err.Error()}}
	}
	answer := query.Format(batch[0][0], rows.Columns()[0].Type)
	if err := rows.Close(); err != nil {
		return []diagnosis{{"query worker", false, err.Error()}}
	}
	return []diagnosis{
		{"query worker", answer == "3", fmt.Sprintf("7 / 2 is %s, as in Athena; %s %s", answer, duckdbModule, readVersion().DuckDB)},
		{"sandbox", true, duckdb.Sandbox(engine)},
	}
}

func (p *program) examineTerminal() diagnosis {
	if ok, why := p.canDraw(); !ok {
		return diagnosis{"terminal", true, "no terminal UI here: " + why + "; acme prints the report"}
	}
	return diagnosis{"terminal", true, "terminal UI, TERM=" + p.env["TERM"]}
}
