// Package report turns the answers of the queries in sql/ into the telemetry
// report: a Document, and from it text, Markdown, JSON and HTML.
//
// What comes in. A Querier that answers Athena SQL (a query.Engine, or a fake);
// LakeFacts, which somebody counted from the objects without SQL; the time as a
// value; a range of arrival hours and a table. The package opens nothing and
// asks no clock.
//
// What is asked. Each section has one file of sql/, sent as it stands. A range
// or another table is put in front of it as a common table expression that
// shadows the table's name, so that the text a person would run in Athena is
// never edited:
//
//	WITH video_telemetry_json AS (SELECT * FROM acme_telemetry.video_telemetry_parquet WHERE year = 2025 AND ...) SELECT ...
//
// What must hold.
//
//   - Values in a Document are at full precision, as the engine gave them;
//     rounding is Cell's, half away from zero on the decimal digits, so that a
//     percentage is the same whichever release's decimals computed it.
//   - A query that Athena refuses does not end the report: its section carries
//     the error as Athena words it, and where there is an accepted form, that
//     form's result.
//   - Rows and objects are compared: where the table gives fewer rows than the
//     objects hold records, the report says so first, and each finding says how
//     little it stands on.
//   - A finding follows from figures of the report by a stated threshold, and
//     names them.
//   - Nothing from the data can act: not on a terminal, not in a browser, not in
//     a Markdown viewer. Text loses control and direction characters, HTML goes
//     through html/template under a policy that loads nothing, Markdown has all
//     punctuation escaped, JSON escapes what a terminal would obey.
//
// Terms. Seen: what a table gives against what its objects hold. Severity: ok,
// info, warn, error. Gate: the worst severity of the data quality checks, which
// decides whether `acme report --fail-on` fails.
package report
