package dialect

import "strings"

// change plans a statement that changes the catalog and answers nothing. What it
// names must be there; the catalog itself checks it again when it changes.
func (u *planner) change(s Statement) *Plan {
	plan := &Plan{Statement: s, Effect: true}
	switch s := s.(type) {
	case *Drop:
		plan.Pos, plan.What = s.Pos, "DROP "+s.What
		plan.Exists = !u.drop(s, plan)
	case *Prepare:
		plan.Pos, plan.What = s.Pos, "PREPARE"
		switch s.Statement.(type) {
		case *Prepare, *Execute, *Deallocate:
			kind := strings.ToUpper(strings.Fields(s.Text)[0])
			panic(&Error{Name: "NOT_SUPPORTED", Message: "Invalid statement type for prepared statement: " + kind})
		}
	case *Deallocate:
		plan.Pos, plan.What = s.Pos, "DEALLOCATE"
		prepared, ok := u.opt.Catalog.(interface{ Prepared(string) (string, bool) })
		found := false
		if ok {
			_, found = prepared.Prepared(s.Name)
		}
		if !found {
			panic(&Error{Name: "NOT_FOUND", Message: "Prepared statement not found: " + s.Name})
		}
	case *Use:
		plan.Pos, plan.What = s.Pos, "USE"
		panic(errorAt(s.Pos, "NOT_SUPPORTED", notRun).hint("name the database: --database %s, or %s.table", s.Name.Parts[len(s.Name.Parts)-1], s.Name.Parts[len(s.Name.Parts)-1]))
	case *CreateDatabase:
		plan.Pos, plan.What = s.Pos, "CREATE DATABASE"
		if u.hasDatabase(s.Name) {
			if !s.IfNotExists {
				panic(errorAt(s.Pos, "SCHEMA_ALREADY_EXISTS", "Schema '%s.%s' already exists", u.session().catalogName(), s.Name))
			}
			plan.Exists = true
		}
	case *AlterDatabase:
		plan.Pos, plan.What, plan.Exists = s.Pos, "ALTER DATABASE", true
		if !u.hasDatabase(s.Name) {
			panic(errorAt(s.Pos, "SCHEMA_NOT_FOUND", "Schema '%s.%s' does not exist", u.session().catalogName(), s.Name))
		}
	case *CreateTable:
		plan.Pos, plan.What = s.Pos, "CREATE TABLE"
		plan.Exists = u.createTable(s)
		plan.Table = &s.Table
	default:
		u.alter(plan)
	}
	return plan
}

// drop checks a DROP and finds its table; false where there is nothing to drop.
func (u *planner) drop(s *Drop, plan *Plan) bool {
	if s.What == "SCHEMA" {
		return u.dropSchema(s)
	}
	q := u.resolve(s.Name)
	kind := strings.ToUpper(s.What[:1]) + strings.ToLower(s.What[1:])
	switch t := u.find(q); {
	case t == nil && s.IfExists:
		return false
	case t == nil && s.What == "VIEW":
		panic(errorAt(s.Pos, "GENERIC_USER_ERROR", "%s '%s' does not exist", kind, q))
	case t == nil:
		panic(errorAt(s.Pos, "TABLE_NOT_FOUND", "%s '%s' does not exist", kind, q))
	case s.What == "TABLE" && t.View != "":
		panic(errorAt(s.Pos, "GENERIC_USER_ERROR", "Table '%s' does not exist, but a view with that name exists. Did you mean DROP VIEW %s?", q, q))
	case s.What == "VIEW" && t.View == "":
		panic(errorAt(s.Pos, "GENERIC_USER_ERROR", "View '%s' does not exist, but a table with that name exists. Did you mean DROP TABLE %s?", q, q))
	default:
		plan.Table = t
	}
	return true
}

func (u *planner) dropSchema(s *Drop) bool {
	name, catalog := s.Name.Parts[len(s.Name.Parts)-1], u.session().catalogName()
	if !u.hasDatabase(name) || len(s.Name.Parts) == 2 && s.Name.Parts[0] != catalog {
		if s.IfExists {
			return false
		}
		panic(errorAt(s.Pos, "SCHEMA_NOT_FOUND", "Schema '%s.%s' does not exist", catalog, name))
	}
	if !s.Cascade && len(u.opt.Catalog.Tables(name)) > 0 {
		panic(errorAt(s.Pos, "SCHEMA_NOT_EMPTY", "Cannot drop non-empty schema '%s'", name))
	}
	return true
}

// createTable checks CREATE EXTERNAL TABLE; true where there is nothing to do.
func (u *planner) createTable(s *CreateTable) (exists bool) {
	t := &s.Table
	if t.Database == "" {
		t.Database = strings.ToLower(u.opt.Database)
	}
	q := qualified{u.session().catalogName(), t.Database, t.Name}
	u.needDatabase(q)
	if u.find(q) != nil {
		if !s.IfNotExists {
			panic(errorAt(s.Pos, "TABLE_ALREADY_EXISTS", "Table '%s' already exists", q))
		}
		return true
	}
	if strings.EqualFold(t.TableProperties["table_type"], "iceberg") {
		panic(refuse(s.Pos, "an Iceberg table"))
	}
	if !t.External {
		panic(errorAt(s.Pos, "GENERIC_USER_ERROR", "only CREATE EXTERNAL TABLE makes a table that is not Iceberg's").hint("write CREATE EXTERNAL TABLE"))
	}
	if t.Location == "" {
		panic(errorAt(s.Pos, "GENERIC_USER_ERROR", "No location was specified for table. An S3 location must be specified"))
	}
	if !strings.HasSuffix(t.Location, "/") {
		t.Location += "/"
	}
	checkLocation(t.Location)
	return false
}

// alter checks a statement that changes a table that exists.
func (u *planner) alter(plan *Plan) {
	var pos Pos
	var db, name string
	switch s := plan.Statement.(type) {
	case *AddPartition:
		pos, db, name = s.Pos, s.Database, s.Name
	case *DropPartition:
		pos, db, name = s.Pos, s.Database, s.Name
	case *RenamePartition:
		pos, db, name = s.Pos, s.Database, s.Name
	case *SetLocation:
		pos, db, name = s.Pos, s.Database, s.Name
	case *SetProperties:
		pos, db, name = s.Pos, s.Database, s.Name
	case *AddColumns:
		pos, db, name = s.Pos, s.Database, s.Name
	case *RepairTable:
		pos, db, name = s.Pos, s.Database, s.Name
	}
	plan.Pos, plan.What = pos, "ALTER TABLE"
	if _, ok := plan.Statement.(*RepairTable); ok {
		plan.What = "MSCK REPAIR TABLE"
	}
	n := TableName{Pos: pos, Parts: []string{name}}
	if db != "" {
		n.Parts = []string{db, name}
	}
	q := u.resolve(n)
	plan.Table = u.find(q)
	if plan.Table == nil {
		panic(errorAt(pos, "TABLE_NOT_FOUND", "Table '%s' does not exist", q))
	}
	if plan.Table.View != "" {
		panic(errorAt(pos, "NOT_SUPPORTED", "'%s' is a view, and a view has neither partitions nor a location", q))
	}
}
