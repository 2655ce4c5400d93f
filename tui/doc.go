// Package tui is the screen: six pages in a terminal, over a lake that it never
// touches itself.
//
// What comes in. Narrow interfaces and nothing else (config.go, ports.go and beside
// what uses them): a Loader gives a report.Document for a range of hours, a Querier
// runs a statement and streams its rows, a Preparer makes the first lake; a Catalog
// knows tables, partitions and objects, a Checker what a statement would read, a
// Spooler keeps rows that memory has no room for, an Exporter writes results, a
// Library keeps statements, a Runner carries out verbs as jobs, a Monitor watches a
// pipeline, a Keeper keeps the session, a Journal which jobs run, a Recorder what a
// defect leaves behind, an Editor is the reader's own. The package opens no file, no
// socket and no engine, and asks for the time through Config.Now.
//
// What goes out. Frames: exactly as many lines as the terminal has, each
// exactly as wide, made of printable characters and SGR and nothing else; and
// an exit code, with the terminal as it was.
//
// How it hangs together. There is one tea.Model. Everything it holds is a plain
// struct with a Draw(w, h) that gives h lines of w columns:
//
//	model     routing of messages and keys               app.go view.go run.go session.go
//	painter   frames to the terminal, when and how much   painter.go
//	overlays  help, palette, questions, a cell, a chart   help.go palette.go picker.go ask.go prompt.go cellview.go chart.go
//	page      a screen of its own, one line in newModel
//	            reportPage: panes over a Document         reportpage.go reportdraw.go layout.go pane.go table.go
//	            sqlPage: sheets with results each         sqlpage.go sheet.go result.go sqldraw.go sqlactions.go
//	              beside the editor                       complete.go check.go schema.go library.go outside.go
//	              over a result                           explore.go colstats.go exportresult.go
//	            browsePage: partitions, objects, hours    browse.go hourmap.go
//	            livePage: a pipeline as it runs           live.go
//	            jobsPage: long operations                 jobs.go jobspage.go journal.go
//	            qualityPage: what checks found            quality.go
//	          and what stands before or over them         prepare.go drill.go
//	sqledit   text, selection, undo, colours, error mark  sqledit.go sqleditkeys.go sqleditdraw.go sqleditmore.go sqllex.go
//	grid      a window over rows, near and far            grid.go far.go
//	tree      nodes that open and close                   tree.go
//	plot      lines, bars and shades                      plot.go
//	theme     roles to SGR, characters for frames         theme.go line.go box.go text.go figures.go
//	action    the one table of keys: keyboard, footer, help, palette, keymap file
//	          and docs/KEYS.md derive from it             action.go keymap.go
//
// What must hold.
//
//   - Every string on the screen, ours or a datum, goes through line.put. It
//     cleans (query.Printable, then clusters that terminals disagree about) and
//     clips, so no escape sequence of the data reaches the terminal and every
//     line has its width in all of them.
//   - Update and View do no input or output and cost what is visible: panes keep
//     what they drew, the grid formats the rows on the screen, a megabyte in a
//     cell is looked at as far as it can be seen.
//   - Work runs in a tea.Cmd with a context. Its reply says what it answers; one
//     that comes after a cancel or a newer request is dropped and closed. So
//     ctrl+c gives the screen back at once, whatever the engine does.
//   - Memory has the first rows of a result; the others lie in a Spool and come by
//     blocks as they are looked at. Without a Spooler a result is kept up to
//     keepRows and keepBytes, and the screen says when there is more. "cancelled" is
//     never shown as "no rows".
//   - What was typed is never lost: a statement that is opened gets a sheet of its
//     own where the one shown has been changed, and sheets come back the next time.
//   - Meaning never hangs on colour alone: the focus is a heavy frame, the
//     selection a marker or reverse, a grade a sign.
//   - No frame waits for the terminal to answer: a dark theme is drawn first and
//     changed if the terminal says that its background is light.
//   - A quit, a signal or a panic anywhere of ours leaves the terminal restored;
//     Run gives the code.
//
// Terms. Pane: a section of the report in a frame. Drill: a section opened, its
// statement over its result. Sheet: a text with its results. Scope: where an action's
// keys work. Role: what a piece of text is, for the theme to colour.
package tui
