package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/query"
)

// retainOptions is what `acme retain` needs.
type retainOptions struct {
	olderThan string
	prefix    string
	lifecycle bool
	dryRun    bool
	asJSON    bool
}

func (p *program) newRetainCmd() *cobra.Command {
	o := &retainOptions{}
	cmd := &cobra.Command{
		Use:   "retain",
		Short: "Delete what is older than an age, by hour or day",
		Long: `retain deletes the folders of hours and days that ended longer ago than --older-than:
of both tables of events and of error records, or of those that --prefix names. In a
bucket every version goes. What lies in no folder of a time, such as titles and
customers, stays.

The lake remembers which folders are over: generating or exporting the same records
again does not fill them, and verify does not miss them. It can be killed and run
again. It deletes for good, so it asks for --yes; -n says what would go.

--lifecycle prints rules for the bucket instead, as aws s3api
put-bucket-lifecycle-configuration takes them: they drop parts of uploads that nobody
ended and versions that were replaced or deleted, and the data too, but by the age of
each object, a day at a time and without the lake's knowing.`,
		Example: `  acme retain --older-than 90d -n
  acme retain --older-than 30d --prefix telemetry/ --yes
  acme retain --older-than 90d --lifecycle --lake s3://BUCKET/LAKE > lifecycle.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runRetain(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.olderThan, "older-than", "", "age of what goes: days as 90d, or a duration as 36h")
	f.StringVar(&o.prefix, "prefix", "", "only folders that begin so, as telemetry/")
	f.BoolVar(&o.lifecycle, "lifecycle", false, "print lifecycle rules for the bucket, and delete nothing")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "say what would be deleted, and delete nothing")
	f.BoolVar(&o.asJSON, "json", false, "as JSON")
	return cmd
}

// age reads --older-than.
func (o *retainOptions) age() (time.Duration, error) {
	if days, ok := strings.CutSuffix(o.olderThan, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n < 100_000 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	if d, err := time.ParseDuration(o.olderThan); err == nil && d > 0 {
		return d, nil
	}
	return 0, usagef("--older-than %s: write days as 90d, or a duration as 36h", o.olderThan)
}

func (p *program) runRetain(ctx context.Context, o *retainOptions) error {
	age, err := o.age()
	if err != nil {
		return err
	}
	if o.lifecycle {
		return p.sayLifecycle(o, age)
	}
	if !o.dryRun && !p.global.yes {
		return needsYes("retain")
	}
	st, err := p.openFilledLake(ctx)
	if err != nil {
		return err
	}
	total := int64(0)
	bar := p.newProgress("retain", "objects", func() int64 { return total })
	r, err := lake.Retain(ctx, st, lake.RetainOptions{
		Before: p.now().Add(-age), Prefix: o.prefix, Plan: o.dryRun, Deleted: p.forgetting(st),
		Progress: func(done, of int64) { total = of; bar.at(done) },
	})
	if err != nil {
		bar.finish(0, "failed")
		return withHint(exitCode(err), "what is done is done: run the same command again to go on", err)
	}
	bar.finish(r.Objects, "done")
	if o.asJSON {
		return json.NewEncoder(p.stdout).Encode(r)
	}
	verb := "deleted"
	if o.dryRun {
		verb = "would delete"
	}
	for _, f := range r.Folders {
		fmt.Fprintf(p.stdout, "%s: %d objects, %.2f MB\n", query.Printable(f.Folder), f.Objects, float64(f.Bytes)/1e6)
	}
	_, err = fmt.Fprintf(p.stdout, "%s %d objects in %d folders, %.2f MB, that ended before %s\n", verb, r.Objects, len(r.Folders), float64(r.Bytes)/1e6, r.Before.Format("2006-01-02T15:04:05Z"))
	return err
}

// lifecycleRule is a rule of a bucket, in the names of S3's API.
type lifecycleRule struct {
	ID                             string          `json:"ID"`
	Status                         string          `json:"Status"`
	Filter                         map[string]any  `json:"Filter"`
	Expiration                     map[string]any  `json:"Expiration,omitempty"`
	NoncurrentVersionExpiration    *noncurrentDays `json:"NoncurrentVersionExpiration,omitempty"`
	AbortIncompleteMultipartUpload *abortDays      `json:"AbortIncompleteMultipartUpload,omitempty"`
}

type noncurrentDays struct {
	NoncurrentDays int `json:"NoncurrentDays"`
}

type abortDays struct {
	DaysAfterInitiation int `json:"DaysAfterInitiation"`
}

// Days after which a bucket drops what nobody sees: uploads that were never ended, which
// a restarted writer may still go on with for a week; and versions that were replaced or
// deleted, which an erasure promises to be gone within a month.
const (
	abortAfter      = 7
	noncurrentAfter = 30
)

// sayLifecycle prints the rules of the lake's bucket.
func (p *program) sayLifecycle(o *retainOptions, age time.Duration) error {
	days := int((age + 24*time.Hour - 1) / (24 * time.Hour))
	base := ""
	if isBucket(p.lakeURI()) {
		_, base, _ = strings.Cut(strings.TrimPrefix(p.lakeURI(), "s3://"), "/")
		if base = strings.Trim(base, "/"); base != "" {
			base += "/"
		}
	}
	on := func(prefix string) map[string]any { return map[string]any{"Prefix": base + prefix} }
	rules := []lifecycleRule{{
		ID: "acme-leftovers", Status: "Enabled", Filter: on(""),
		NoncurrentVersionExpiration:    &noncurrentDays{min(days, noncurrentAfter)},
		AbortIncompleteMultipartUpload: &abortDays{abortAfter},
	}, {
		ID: "acme-markers", Status: "Enabled", Filter: on(""), Expiration: map[string]any{"ExpiredObjectDeleteMarker": true},
	}}
	prefixes := []string{"telemetry/", "telemetry_parquet/", "telemetry_parquet_day/", "errors/"}
	if o.prefix != "" {
		prefixes = []string{o.prefix}
	}
	for _, prefix := range prefixes {
		rules = append(rules, lifecycleRule{
			ID: "acme-" + strings.Trim(strings.ReplaceAll(prefix, "/", "-"), "-"), Status: "Enabled", Filter: on(prefix), Expiration: map[string]any{"Days": days},
		})
	}
	out := json.NewEncoder(p.stdout)
	out.SetIndent("", "  ")
	return out.Encode(map[string]any{"Rules": rules})
}
