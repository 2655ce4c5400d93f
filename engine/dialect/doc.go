// Package dialect is the front end for Athena SQL: text in, DuckDB SQL out, or
// an error that says what and where.
//
// What comes in is a query as a person runs it in Athena (engine 3, a build of
// Trino near release 401), and a catalog of tables, which ParseDDL and NewCatalog
// make of the same DDL that Athena would be given.
//
// What must hold. The answer is Athena's, in value, type, name and order, or
// there is none: what the package does not know it refuses by name, and nothing
// in a statement reaches DuckDB that the function table or the tree does not
// know. Errors have Trino's name, text and position; a hint of ours may follow.
// Error.Ours tells a refusal of ours from Athena's own.
//
// What goes out is a Translation: one SELECT, the columns with Trino's types, and
// the scans it reads, each with the columns it needs and a predicate over its
// partition columns. A session must have registered Functions and run Prelude
// before it runs one, with TimeZone UTC. DESCRIBE of the SELECT gives
// Type.DuckDB() for every column. What fails at run time fails with a text that
// Translation.RuntimeError turns into Trino's error.
//
// The way through the package:
//
//	token       text -> tokens, with line and column
//	parse_*     tokens -> tree (node), recursive descent with expected sets; never
//	            deeper than maxDepth, never the same token parsed twice over
//	analyse_*   tree -> types and DuckDB text in one walk, by scope: a name is a
//	            field, a field has its text
//	coerce, cast  which types meet in which, and how one becomes another
//	functions_*   the function table: signatures, releases, lowering, one line of doc
//	scan        predicates handed to the scans they prune
//	grammar, predict, syntax  where a text stops being a statement, as Trino says it
//	prelude, gofuncs_*, regex, sketch   what the lowered text calls
//	format      the tree as Athena SQL again
//
// Terms. A level is a Trino release, 401 to 483; decimals divide by other rules
// from 477 on. A scope is what names mean in one part of a query; a block is what
// the expressions of one SELECT share. Lowering is the DuckDB text of an
// expression; it binds tighter than any operator around it. A zone is part of
// the type of a timestamp with time zone here, for DuckDB's value has none:
// where values of several zones would meet in one column, the query is refused.
package dialect
