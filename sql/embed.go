// Package sql holds the questions: Athena SQL as files, one a question, exactly
// as a person would run them in Athena. ddl makes the catalog, report has one
// file a section, samples are the queries the team shares, quality the checks,
// anomaly what is unlike other days, alert what somebody should be told.
package sql

import "embed"

// Files is the whole folder.
//
//go:embed ddl/*.sql ddl/projection/*.sql report/*.sql samples/*.sql quality/*.sql anomaly/*.sql alert/*.sql
var Files embed.FS
