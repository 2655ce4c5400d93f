// Package duckdb answers Athena SQL on this machine: DuckDB computes, in a child
// process that can read one lake and nothing else.
//
// In: a statement of Athena SQL. Out: rows as Athena would give them, and what
// was read for them; or an error as Athena words it.
//
// What must hold:
//
//   - No silent difference. An object is checked before a row of it counts: gzip
//     to its last checksum, and size and SHA-256 where the lake's manifests know
//     them. The types that DuckDB gives are compared with those the translation
//     promised; a difference is an error that says it is ours.
//   - Nobody's SQL reads outside the lake or writes anywhere. Four walls, each
//     enough alone: the dialect writes only what it understands; the gate lets
//     one SELECT pass, over relations made for it, with listed functions; DuckDB
//     is locked without access to files but the lake's; the process has no right
//     to anything else (Landlock, where the kernel has it), a bounded address
//     space, and no environment.
//   - DuckDB may crash, and does not take the program along. It runs in a child;
//     a dead child is an error of the statement, and the next one gets a new child.
//   - A statement ends when it is told to: DuckDB is interrupted, and its process
//     killed if it has not stopped half a second later.
//
// A statement's way:
//
//	Athena SQL -> dialect.Translate -> gate -> for each scan: list, prune,
//	make the relation -> DuckDB -> query.Row -> frames -> pipe -> query.Rows
//
// Relations. Objects of text are decoded by package serde, in as many threads as
// DuckDB has, through a table function. What fits the cache is kept as a DuckDB
// table, so that the next statement finds it there; what does not is streamed.
// Parquet objects are checked and then read by DuckDB itself, by an expression for
// each column that makes the table's type of the file's. Pruning is done
// here and not by DuckDB, which opens a file before it looks at the predicate:
// a damaged object in a pruned partition cannot fail a statement.
//
// Lakes that are elsewhere. The child has no network and no keys, so the parent lends
// it a bucket (store.Cached): the child asks for listings and, after pruning, for the
// objects that the statement needs; the parent fetches them into files that the child
// may read. What is known of an object beyond that, its manifest, is asked for likewise.
//
// Terms. The parent is the program, the child its second process. A worker is
// one DuckDB with its cache; it runs one statement at a time. A scan is one
// mention of a table in a statement. Spill is what DuckDB writes to disk when
// memory ends: the only folder that the child may write.
package duckdb
