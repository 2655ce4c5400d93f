package main

import (
	"strconv"
	"testing"

	"acme/telemetry/engine/dialect"
)

// TestPartitionPredicate: what is simple is decided, what is not never leaves a
// partition out, whatever stands around it.
func TestPartitionPredicate(t *testing.T) {
	statements, err := dialect.ParseDDL("CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (hour int, kind string) LOCATION 's3://b/t/'")
	if err != nil {
		t.Fatal(err)
	}
	c, err := dialect.NewCatalogAt(401, "d", statements...)
	if err != nil {
		t.Fatal(err)
	}
	for filter, want := range map[string][2]int{ // true and cannot tell, of the hours 0 to 23
		"":                                 {24, 0},
		`("hour" = 3)`:                     {1, 0},
		`("hour" >= 3) AND (("hour" < 6))`: {3, 0},
		`("hour" IN (1, 2, 99)) OR ("hour" > 20)`: {5, 0},
		`("hour" <> -1)`:                                           {24, 0},
		`("kind" = 'it''s') AND ("hour" = 4)`:                      {1, 0},
		`("kind" = 'other')`:                                       {0, 0},
		`(strange("hour", (1 + 2)) = 3) AND ("hour" = 5)`:          {0, 1},
		`(strange("hour") IS TRUE) OR ("hour" < 4)`:                {4, 20},
		`NOT (("hour" = 4))`:                                       {0, 24},
		`("hour" + 1 = 4)`:                                         {0, 24},
		`(CASE WHEN ("hour" = 1) THEN true ELSE ("hour" = 2) END)`: {0, 24},
		`("hour" BETWEEN 3 AND 5)`:                                 {0, 24},
		`("hour" = 1.5)`:                                           {0, 24},
		`("hour" = '3')`:                                           {0, 24},
		`(("hour" = 3) = ("hour" = 3))`:                            {0, 24},
		`("hour" = 3`:                                              {0, 24},
		`("hour" IN (1`:                                            {0, 24},
	} {
		p := newPartitionPredicate(dialect.Scan{Table: c.Table("d", "t"), Filter: filter})
		var got [2]int
		for h := range 24 {
			switch p.decide(map[string]string{"hour": strconv.Itoa(h), "kind": "it's"}) {
			case isTrue:
				got[0]++
			case cannotTell:
				got[1]++
			}
		}
		if got != want {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
}
