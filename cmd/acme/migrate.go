package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// migrateOptions is what `acme migrate` needs.
type migrateOptions struct {
	from, to   string
	codec      string
	by         string
	projection bool
	addresses  addressFlags
	dryRun     bool
	asJSON     bool
}

func (p *program) newMigrateCmd() *cobra.Command {
	o := &migrateOptions{}
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Make Parquet of the lake's gzip JSON, proved before it is visible",
		Long: `migrate reads every record of the JSON table's objects, those that Athena does not
show among them, and writes them as Parquet into the table video_telemetry_parquet
(--by day: video_telemetry_parquet_day), sorted by the event's time. Each part is
read back by another reader than wrote it and held against what the JSON held:
rows, every column's NULLs and sums, and an order-free sum of whole rows. Only then
it is put, and its manifest last. The JSON is not touched.

Run again it migrates what is new; killed and run again it goes on; two at once do
not harm each other. What is no record is filed under errors/ with its object and
line. On stdout stands SQL to run in Athena.`,
		Example: `  acme migrate
  acme migrate --from 2025-08-11 --to 2025-08-12 --by day > athena.sql
  acme migrate -n`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.runMigrate(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	addRange(f, &o.from, &o.to)
	f.StringVar(&o.codec, "codec", "zstd", "compression: zstd, snappy or gzip")
	f.StringVar(&o.by, "by", "hour", "partitions: hour, or day, which has fewer and larger objects and a table of its own")
	o.addresses.add(f)
	f.BoolVar(&o.projection, "projection", false, "print the table with partition projection, which needs no ALTER TABLE")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "say what would be migrated, and write nothing")
	f.BoolVar(&o.asJSON, "json", false, "print what was done as JSON instead of SQL")
	return cmd
}

// migrateMemory is how much the garbage collector lets the program grow to before it
// works harder.
const migrateMemory = 320 << 20

func (o *migrateOptions) lake(p *program) (lake.MigrateOptions, error) {
	span, err := parseRange(o.from, o.to)
	if err != nil {
		return lake.MigrateOptions{}, err
	}
	into, ok := map[string]schema.Table{"hour": schema.EventsMigrated(), "day": schema.EventsByDay()}[o.by]
	if !ok {
		return lake.MigrateOptions{}, usagef("--by %s: must be hour or day", o.by)
	}
	switch o.codec {
	case "zstd", "snappy", "gzip":
	default:
		return lake.MigrateOptions{}, usagef("--codec %s: must be zstd, snappy or gzip", o.codec)
	}
	return lake.MigrateOptions{From: span.from, To: span.to, Into: into, Codec: o.codec, Temp: p.spillFolder()}, nil
}

func (p *program) runMigrate(ctx context.Context, o *migrateOptions) error {
	opt, err := o.lake(p)
	if err != nil {
		return err
	}
	if opt.IP, opt.Keys, err = o.addresses.rule(ctx, p); err != nil {
		return err
	}
	st, err := p.openFilledLake(ctx)
	if err != nil {
		return err
	}
	if o.dryRun {
		return p.sayMigrationPlan(ctx, st, o, opt)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(migrateMemory))
	total := int64(0)
	bar := p.newProgress("migrate", "bytes", func() int64 { return total })
	opt.Progress = func(done, of, _ int64) {
		total = of
		bar.at(done)
	}
	m, err := lake.Migrate(ctx, st, opt)
	if err != nil {
		bar.finish(0, "failed")
		if errors.As(err, new(*lake.AddressModeError)) || errors.As(err, new(*lake.MissingKeyError)) {
			return withHint(exitUsage, "", err)
		}
		return withHint(exitCode(err), "what is done is done: run the same command again to go on", err)
	}
	bar.finish(total, "done")
	if o.asJSON {
		err = json.NewEncoder(p.stdout).Encode(m)
	} else {
		err = p.sayMigrated(st, o, opt.Into, m)
	}
	if err != nil || len(m.Failed) == 0 {
		return err
	}
	for _, f := range m.Failed[1:] {
		p.sayLines("acme: ", fmt.Sprintf("migrate %s: %s", f.Folder, f.Reason))
	}
	hint := "acme inspect says what is wrong with objects; acme repair --into makes sound ones of them"
	if errors.As(m.Failed[0].Err, new(*lake.ForeignPartError)) {
		hint = "what generate or export put there (--file-format parquet or both) needs no migration: leave its hours out with --from and --to; " +
			"anything else can be moved out of the folder, or be left there and the JSON migrated into the other table (--by)"
	}
	return withHint(exitFailed, hint,
		fmt.Errorf("migrate %s: %w", m.Failed[0].Folder, m.Failed[0].Err))
}

// sayMigrationPlan prints what would be done.
func (p *program) sayMigrationPlan(ctx context.Context, st store.Store, o *migrateOptions, opt lake.MigrateOptions) error {
	m, err := lake.PlanMigration(ctx, st, opt)
	if err != nil {
		return err
	}
	if o.asJSON {
		return json.NewEncoder(p.stdout).Encode(m)
	}
	objects, bytes := int64(0), int64(0)
	for _, part := range m.Parts {
		fmt.Fprintf(p.stdout, "%s: %d objects, %.2f MB\n", query.Printable(part.Folder), part.Objects, float64(part.Input)/1e6)
		objects += part.Objects
		bytes += part.Input
	}
	for _, f := range m.Failed {
		fmt.Fprintf(p.stdout, "%s: cannot be migrated: %s\n", query.Printable(f.Folder), query.Printable(f.Reason))
	}
	fmt.Fprintf(p.stdout, "would make %d parts of %d objects, %.2f MB; %d objects are migrated\n", len(m.Parts), objects, float64(bytes)/1e6, m.Done)
	return nil
}

// sayMigrated prints what was done as comments, and the SQL that shows it to Athena.
func (p *program) sayMigrated(st store.Store, o *migrateOptions, t schema.Table, m *lake.Migration) error {
	put := m.Parts[:0:0]
	for _, part := range m.Parts {
		if part.Records > 0 && part.Key == "" {
			p.note("acme: warning: %s was emptied by retain or erase and stays so: %d rows of %d objects are left out", part.Folder, part.Records, part.Objects)
			continue
		}
		p.sayPart(part)
		put = append(put, part)
	}
	for _, folder := range m.Passed {
		p.note("acme: warning: %s is no partition of the table: what lies there is not migrated", folder)
	}
	if m.Done > 0 {
		fmt.Fprintf(p.stdout, "-- %d objects were migrated before\n", m.Done)
	}
	location := locationOf(st, t)
	if o.projection {
		fmt.Fprintf(p.stdout, "%s;\n", strings.TrimSpace(schema.HiveProjectionDDL(t, location)))
		return nil
	}
	fmt.Fprintf(p.stdout, "%s;\n", strings.TrimSpace(schema.HiveDDL(t, location)))
	if len(put) > 0 {
		fmt.Fprintf(p.stdout, "%s;\n", addPartitions(t, location, put))
	}
	return nil
}

func (p *program) sayPart(part lake.MigratedPart) {
	fmt.Fprintf(p.stdout, "-- %s: %d rows of %d objects, %.2f MB of gzip JSON -> %.2f MB of Parquet\n",
		query.Printable(part.Folder), part.Records, part.Objects, float64(part.Input)/1e6, float64(part.Bytes)/1e6)
	for _, n := range []struct {
		n    int64
		what string
	}{
		{part.Unseen, "rows are new to Athena: of the JSON it shows %d of %d records"},
		{part.Broken, "records could not be read and are filed under errors/format-conversion-failed/"},
		{part.Mistyped, "values do not fit their column and are NULL, as they are in the JSON table"},
		{part.Twice, "keys stand twice in their record: the last is kept"},
		{part.Extra, "values have keys that are no column, and are not migrated"},
	} {
		if n.n == 0 {
			continue
		}
		what := n.what
		if strings.Contains(what, "%d") {
			what = fmt.Sprintf(what, part.Records-part.Unseen, part.Records)
		}
		fmt.Fprintf(p.stdout, "--   %d %s\n", n.n, what)
	}
	for _, at := range part.Places {
		fmt.Fprintf(p.stdout, "--     %s:%d: %s\n", query.Printable(at.Object), at.Line, query.Printable(at.Why))
	}
}

// locationOf gives where Athena finds a table: in the lake's bucket, or the one that the
// project's DDL names.
func locationOf(st store.Store, t schema.Table) string {
	if uri := st.URI(); strings.HasPrefix(uri, "s3://") {
		return strings.TrimSuffix(uri, "/") + "/" + t.Prefix
	}
	return t.Location(schema.Bucket)
}

// addPartitions gives the statement that shows parts' folders to Glue.
func addPartitions(t schema.Table, location string, parts []lake.MigratedPart) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ALTER TABLE `%s`.`%s` ADD IF NOT EXISTS", t.Database, t.Name)
	last := ""
	for _, part := range parts {
		if part.Folder == last {
			continue // several parts of one folder
		}
		last = part.Folder
		values := make([]string, len(part.Values))
		for i, v := range part.Values {
			n, _ := strconv.Atoi(v.Value) // made of a number
			values[i] = fmt.Sprintf("%s = %d", v.Name, n)
		}
		fmt.Fprintf(&b, "\n  PARTITION (%s) LOCATION '%s'", strings.Join(values, ", "), location+strings.TrimPrefix(part.Folder, t.Prefix))
	}
	return b.String()
}
