// Package tables is what changes a lake by statement: its catalog, and the objects
// that CREATE TABLE AS, INSERT and UNLOAD write.
//
// In: a statement of Athena SQL. Out: rows, from an engine that only reads, or the
// effect of the statement and how many rows it wrote.
//
// What must hold:
//
//   - The engine stays locked in. It gives the rows that a statement would write;
//     this package, in the program's own process, writes them.
//   - Objects are verified before they are visible. They are encoded into files of
//     this machine, read back and compared, and only then put. Nothing is replaced.
//   - A statement is done or it is not. What it is about to put it first writes down
//     (_acme/writes); readers pass these objects by until that note is gone. A
//     process that dies leaves the note, and the next one that writes removes what
//     the note names.
//   - No change of the catalog is lost. A catalog is a row of versions
//     (_acme/catalog/00000001.json and on), each with all that statements have
//     changed; a store refuses a key that is taken, so of two that change the same
//     version one has to look again.
//
// Terms. A note is the list of objects that a statement is putting. A part is one
// object of a partition. The base is the catalog before any statement: the lake's
// own tables, or those of --ddl.
package tables
