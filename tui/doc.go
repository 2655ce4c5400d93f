// Package tui is the screen: the report and a SQL page, in a terminal.
//
// What comes in. Four narrow interfaces and nothing else: a Loader gives a
// report.Document for a range of hours, a Querier runs a statement and streams
// its rows, a Preparer makes the first lake, and the terminal itself. The
// package opens no file, no socket and no engine, and asks for the time through
// Config.Now.
//
// What goes out. Frames: exactly as many lines as the terminal has, each
// exactly as wide, made of printable characters and SGR and nothing else; and
// an exit code, with the terminal as it was.
//
// How it hangs together. There is one tea.Model. Everything it holds is a plain
// struct with a Draw(w, h) that gives h lines of w columns:
//
//	model     routing of messages and keys, overlays     app.go view.go help.go prompt.go cellview.go
//	page      a screen of its own: one file, one line in newModel
//	            reportPage: panes over a Document         reportpage.go reportdraw.go layout.go pane.go table.go
//	            sqlPage: editor and result                sqlpage.go sqlrun.go
//	          and what stands before or over them         prepare.go drill.go
//	sqledit   text, selection, undo, colours, error mark  sqledit.go sqleditkeys.go sqleditdraw.go sqllex.go
//	grid      a window over rows that may still come      grid.go
//	theme     roles to SGR, characters for frames         theme.go line.go box.go text.go figures.go
//	action    the one table of keys: keyboard, footer and help derive from it   action.go
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
//   - Work runs in a tea.Cmd with a context. Its reply carries a generation; one
//     that comes after a cancel or a newer request is dropped and closed. So
//     ctrl+c gives the screen back at once, whatever the engine does.
//   - A result is kept up to keepRows and keepBytes, and the screen says when
//     there is more; "cancelled" is never shown as "no rows".
//   - Meaning never hangs on colour alone: the focus is a heavy frame, the
//     selection a marker or reverse, a grade a sign.
//   - No frame waits for the terminal to answer: a dark theme is drawn first and
//     changed if the terminal says that its background is light.
//   - A quit, a signal or a panic anywhere of ours leaves the terminal restored;
//     Run gives the code.
//
// Terms. Pane: a section of the report in a frame. Drill: a section opened, its
// statement over its result. Scope: where an action's keys work. Role: what a
// piece of text is, for the theme to colour.
package tui
