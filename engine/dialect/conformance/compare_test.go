package conformance_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"acme/telemetry/engine/dialect"
)

// answered is a statement with what Trino answered: rows as its protocol has
// them, or an error. in483 is empty where 483 answers as 401.
type answered struct{ sql, in401, in483 string }

// hold runs statements in both releases.
func hold(t *testing.T, cases []answered) {
	t.Helper()
	e := openEngine(t)
	for _, c := range cases {
		for _, level := range []int{401, 483} {
			want := c.in401
			if level == 483 && c.in483 != "" {
				want = c.in483
			}
			if got := e.answer(t, c.sql, level, want); got != want {
				t.Errorf("%d %s\n  got  %s\n  want %s", level, c.sql, got, want)
			}
		}
	}
}

// answer gives what a statement answers, or want where that is the same.
func (e *engine) answer(t *testing.T, sql string, level int, want string) string {
	t.Helper()
	_, rows, err := e.run(sql, level)
	if err != nil {
		return told(err)
	}
	got := make([]any, len(rows))
	for i, r := range rows {
		got[i] = r
	}
	d := json.NewDecoder(strings.NewReader(want))
	d.UseNumber()
	var w any
	if d.Decode(&w) == nil && same(got, w, 1e-12) {
		return want
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// told gives the name and text of a statement's error, or the text of another.
func told(err error) string {
	var e *dialect.Error
	if errors.As(err, &e) {
		return e.Error()
	}
	return err.Error()
}

// TestComparisons holds = and < inside arrays, maps and rows, NaN, and the
// functions that tell values apart, to Trino.
func TestComparisons(t *testing.T) {
	hold(t, []answered{
		{`SELECT 1 IN (2, NULL), 1 IN (1, NULL), 1 NOT IN (2, NULL), NULL IN (1,2)`, `[[null,true,null,null]]`, ""},
		{`SELECT x, x IN (2, NULL), x NOT IN (2, NULL) FROM (VALUES 1, 2, NULL) t(x)`, `[[1,null,null],[2,true,false],[null,null,null]]`, ""},
		{`SELECT x IN (x, y), y IN (x), x NOT IN (y, x) FROM (VALUES (nan(), 1e0), (nan(), 2e0)) t(x, y)`, `[[false,false,true],[false,false,true]]`, `[[true,false,false],[true,false,false]]`},
		{`SELECT date_add('hour', n, TIMESTAMP '2025-08-11 17:00:00.000 Europe/Berlin') FROM (VALUES 2147483647) AS t (n)`, `GENERIC_INTERNAL_ERROR: Millis overflow: 7732696053600000`, `INVALID_FUNCTION_ARGUMENT: Millis overflow: 7732696053600000`},
		{`SELECT 1 IN (NULL)`, `[[null]]`, ""},
		{`SELECT 1 IN (NULL, NULL)`, `[[null]]`, ""},
		{`SELECT CAST(NULL AS integer) IN (NULL)`, `[[null]]`, ""},
		{`SELECT ROW(1,2) IN (ROW(1,2), NULL)`, `[[true]]`, ""},
		{`SELECT ARRAY[1,NULL] = ARRAY[1,NULL], ARRAY[1,NULL] = ARRAY[2,NULL], ARRAY[1,NULL] < ARRAY[2,NULL]`, `[[null,false,true]]`, ""},
		{`SELECT ARRAY[1,NULL] < ARRAY[1,2]`, `NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements`, `[[null]]`},
		{`SELECT ARRAY[nan()] < ARRAY[nan()], ARRAY[nan()] = ARRAY[nan()], ARRAY[1e0] < ARRAY[nan()], ARRAY[nan()] < ARRAY[1e0], ARRAY[nan()] <= ARRAY[nan()], ARRAY[nan()] > ARRAY[1e0], ARRAY[nan()] >= ARRAY[nan()]`, `[[false,false,true,false,true,true,true]]`, `[[false,false,false,false,false,false,false]]`},
		{`SELECT ROW(nan()) < ROW(nan()), ROW(nan()) = ROW(nan()), ROW(1e0) < ROW(nan()), ROW(nan()) < ROW(1e0), ROW(nan()) <= ROW(nan()), ROW(nan()) > ROW(1e0), ROW(nan()) >= ROW(nan())`, `[[false,false,true,false,true,true,true]]`, `[[false,false,false,false,false,false,false]]`},
		{`SELECT ROW(1,NULL) < ROW(2,NULL)`, `[[true]]`, ""},
		{`SELECT ROW(1,NULL) < ROW(1,2)`, `NOT_SUPPORTED: ROW comparison not supported for fields with null elements`, `[[null]]`},
		{`SELECT ROW(1,CAST(NULL AS integer)) < ROW(1,2)`, `NOT_SUPPORTED: ROW comparison not supported for fields with null elements`, `[[null]]`},
		{`SELECT ARRAY[1,CAST(NULL AS integer)] BETWEEN ARRAY[1] AND ARRAY[2]`, `[[true]]`, ""},
		{`SELECT max(x) FROM (VALUES ARRAY[1,NULL], ARRAY[2,1], ARRAY[1]) t(x)`, `[[[2,1]]]`, ""},
		{`SELECT max(x) FROM (VALUES ARRAY[1,NULL], ARRAY[1,2], ARRAY[1]) t(x)`, `NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements`, `[[[1,2]]]`},
		{`SELECT max(x) FROM (VALUES ARRAY[1,NULL]) t(x)`, `[[[1,null]]]`, ""},
		{`SELECT greatest(ARRAY[1,NULL], ARRAY[2]), least(ARRAY[1e0],ARRAY[nan()])`, `[[[2],[1.0]]]`, ""},
		{`SELECT greatest(ARRAY[1,NULL], ARRAY[1,2])`, `NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements`, `[[[1,2]]]`},
		{`SELECT max(x) FROM (VALUES ARRAY[1e0], ARRAY[nan()]) t(x)`, `[[[1.0]]]`, ""},
		{`SELECT min(x), max(x) FROM (VALUES ROW(1e0), ROW(nan())) t(x)`, `[[1.0,1.0]]`, ""},
		{`SELECT MAP(ARRAY[1,2],ARRAY[NULL,3]) = MAP(ARRAY[2,1],ARRAY[3,NULL]), MAP(ARRAY[1,2],ARRAY[NULL,3]) = MAP(ARRAY[2,1],ARRAY[4,NULL]), MAP(ARRAY[nan()],ARRAY[1]) = MAP(ARRAY[nan()],ARRAY[1])`, `[[null,false,false]]`, ""},
		{`SELECT MAP(ARRAY[1,2],ARRAY[NULL,3]) IS DISTINCT FROM MAP(ARRAY[2,1],ARRAY[3,NULL])`, `[[false]]`, ""},
		{`SELECT x, count(*) FROM (VALUES MAP(ARRAY[1,2],ARRAY[5,6]), MAP(ARRAY[2,1],ARRAY[6,5])) t(x) GROUP BY x`, `[[{"1":5,"2":6},2]]`, ""},
		{`SELECT nan() IN (nan()), nan() IN (1e0, nan()), nan() = nan(), CASE nan() WHEN nan() THEN 1 ELSE 2 END, nullif(nan(), nan())`, `[[false,false,false,2,"NaN"]]`, ""},
		{`SELECT array_distinct(ARRAY[nan(), nan(), 1e0]), array_position(ARRAY[nan()], nan()), contains(ARRAY[nan()], nan()), array_intersect(ARRAY[nan()], ARRAY[nan()]), array_union(ARRAY[nan()],ARRAY[nan()]), array_except(ARRAY[nan()],ARRAY[nan()]), array_remove(ARRAY[nan()], nan()), arrays_overlap(ARRAY[nan()],ARRAY[nan()])`, `[[["NaN",1.0],0,false,["NaN"],["NaN"],[],["NaN"],true]]`, ""},
		{`SELECT array_distinct(ARRAY[-0e0, 0e0]), array_sort(ARRAY[nan(), 1e0, -infinity(), infinity(), 0e0, -0e0])`, `[[[-0.0],["-Infinity",-0.0,0.0,1.0,"Infinity","NaN"]]]`, `[[[-0.0],["-Infinity",0.0,-0.0,1.0,"Infinity","NaN"]]]`},
		{`SELECT array_max(ARRAY[nan(), 1e0]), array_min(ARRAY[nan(), 1e0]), max(x), min(x) FROM (VALUES nan(), 1e0) t(x)`, `[[1.0,1.0,1.0,1.0]]`, ""},
		{`SELECT array_max(ARRAY[1e0, nan()]), greatest(1e0, nan()), least(1e0, nan()), greatest(nan(), 1e0), least(nan(), 1e0)`, `[[1.0,1.0,1.0,1.0,1.0]]`, ""},
		{`SELECT MAP(ARRAY[nan()], ARRAY[1])[nan()]`, `INVALID_FUNCTION_ARGUMENT: Key not present in map: NaN`, ""},
		{`SELECT MAP(ARRAY[ARRAY[1,NULL]], ARRAY[1])[ARRAY[1,NULL]]`, `INVALID_FUNCTION_ARGUMENT: map key cannot be indeterminate: [1, null]`, ""},
		{`SELECT MAP(ARRAY[NULL], ARRAY[1])`, `INVALID_FUNCTION_ARGUMENT: map key cannot be null`, ""},
		{`SELECT MAP(ARRAY[ROW(1,NULL)], ARRAY[1])`, `INVALID_FUNCTION_ARGUMENT: map key cannot be indeterminate: [1, null]`, ""},
		{`SELECT ARRAY[1,NULL,3] < ARRAY[1,2,4], ARRAY[1] < ARRAY[1,NULL]`, `NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements`, `[[null,true]]`},
		{`SELECT ARRAY[1] < ARRAY[1,NULL], ARRAY[1,NULL] > ARRAY[1]`, `[[true,true]]`, ""},
		{`SELECT ARRAY[nan()] < ARRAY[nan(), 1e0], ARRAY[nan()] <> ARRAY[nan()], ROW(nan()) <> ROW(nan())`, `[[true,true,true]]`, `[[false,true,true]]`},
		{`SELECT ROW(ARRAY[1,NULL]) < ROW(ARRAY[1,NULL])`, `NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements`, `[[null]]`},
		{`SELECT ARRAY[ROW(1,NULL)] < ARRAY[ROW(1,NULL)]`, `NOT_SUPPORTED: ROW comparison not supported for fields with null elements`, `[[null]]`},
		{`SELECT contains(ARRAY[ARRAY[1,NULL]], ARRAY[1,NULL])`, `NOT_SUPPORTED: contains does not support arrays with elements that are null or contain null`, ""},
		{`SELECT contains(ARRAY[ARRAY[1,2],ARRAY[1,NULL]], ARRAY[1,2])`, `[[true]]`, ""},
		{`SELECT contains(ARRAY[ARRAY[1,NULL],ARRAY[1,2]], ARRAY[1,2])`, `NOT_SUPPORTED: contains does not support arrays with elements that are null or contain null`, ""},
		{`SELECT contains(ARRAY[ROW(1,NULL)], ROW(1,2))`, `NOT_SUPPORTED: contains does not support arrays with elements that are null or contain null`, ""},
		{`SELECT array_position(ARRAY[ARRAY[1,NULL]], ARRAY[1,NULL])`, `NOT_SUPPORTED: array_position does not support arrays with elements that are null or contain null`, ""},
		{`SELECT array_position(ARRAY[ARRAY[1,NULL],ARRAY[1,2]], ARRAY[1,2]), array_position(ARRAY[NULL,ARRAY[1,2]], ARRAY[1,2])`, `NOT_SUPPORTED: array_position does not support arrays with elements that are null or contain null`, ""},
		{`SELECT array_remove(ARRAY[ARRAY[1,NULL],ARRAY[1,2]], ARRAY[1,2])`, `NOT_SUPPORTED: array_remove does not support arrays with elements that are null or contain null`, ""},
		{`SELECT array_remove(ARRAY[NULL,ARRAY[1,2],ARRAY[3]], ARRAY[1,2])`, `[[[null,[3]]]]`, ""},
		{`SELECT array_remove(ARRAY[1,NULL], NULL), array_position(ARRAY[1,NULL], NULL), contains(ARRAY[1,NULL], NULL)`, `[[null,null,null]]`, ""},
		{`SELECT array_intersect(ARRAY[ROW(1,NULL)], ARRAY[ROW(1,NULL)]), array_except(ARRAY[ROW(1,NULL)], ARRAY[ROW(1,NULL)]), array_union(ARRAY[ROW(1,NULL)], ARRAY[ROW(1,NULL)])`, `[[[[1,null]],[],[[1,null]]]]`, ""},
		{`SELECT array_distinct(ARRAY[ROW(1,NULL),ROW(1,NULL)]), array_distinct(ARRAY[MAP(ARRAY[1,2],ARRAY[3,4]),MAP(ARRAY[2,1],ARRAY[4,3])])`, `[[[[1,null]],[{"1":3,"2":4}]]]`, ""},
		{`SELECT array_sort(ARRAY[ARRAY[1,NULL],ARRAY[1,2]])`, `NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements`, `[[[[1,2],[1,null]]]]`},
		{`SELECT array_sort(ARRAY[ARRAY[1,NULL],ARRAY[2,2]]), array_sort(ARRAY[ROW(2,'a'),ROW(1,'b'),NULL])`, `[[[[1,null],[2,2]],[[1,"b"],[2,"a"],null]]]`, ""},
		{`SELECT array_max(ARRAY[ARRAY[1,NULL],ARRAY[1,2]])`, `NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements`, `[[[1,2]]]`},
		{`SELECT array_max(ARRAY[ARRAY[1],ARRAY[1,2]]), array_min(ARRAY[ROW(1,'b'),ROW(1,'a')]), array_max(ARRAY[ROW(1,'b'),NULL])`, `[[[1,2],[1,"a"],null]]`, ""},
		{`SELECT array_max(ARRAY[ARRAY[1e0],ARRAY[nan()]]), array_min(ARRAY[ARRAY[1e0],ARRAY[nan()]])`, `[[[1.0],[1.0]]]`, ""},
		{`SELECT ARRAY[1,NULL] IN (SELECT ARRAY[1,NULL]), ARRAY[1,NULL] IN (SELECT ARRAY[1,2]), ARRAY[1,NULL] NOT IN (SELECT ARRAY[1,2])`, `[[true,false,true]]`, ""},
		{`SELECT ARRAY[nan()] IN (SELECT ARRAY[nan()]), nan() IN (SELECT nan()), nan() NOT IN (SELECT nan())`, `[[true,true,false]]`, ""},
		{`SELECT ARRAY[1,2] IN (SELECT ARRAY[1,NULL]), ARRAY[1,2] IN (VALUES ARRAY[3], ARRAY[1,2]), ARRAY[1] IN (VALUES CAST(NULL AS array(integer)))`, `[[false,true,null]]`, ""},
		{`SELECT x FROM (VALUES ARRAY[1e0], ARRAY[nan()], ARRAY[2e0]) t(x) ORDER BY x DESC`, `[[["NaN"]],[[2.0]],[[1.0]]]`, ""},
		{`SELECT x FROM (VALUES ARRAY[1e0], ARRAY[nan()], ARRAY[2e0]) t(x) ORDER BY x`, `[[[1.0]],[[2.0]],[["NaN"]]]`, ""},
		{`SELECT min(x) FROM (VALUES ARRAY[1,NULL], ARRAY[1,2]) t(x)`, `NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements`, `[[[1,2]]]`},
		{`SELECT min(x), max(x) FROM (VALUES ROW(ROW(1,NULL)), ROW(ROW(1,2))) t(x)`, `NOT_SUPPORTED: ROW comparison not supported for fields with null elements`, `[[[1,2],[1,2]]]`},
		{`SELECT min_by(x,y), max_by(x,y) FROM (VALUES (1, ARRAY[1e0]), (2, ARRAY[nan()]), (3, NULL), (4, ARRAY[0e0])) t(x,y)`, `[[4,1]]`, ""},
		{`SELECT min_by(x,y), max_by(x,y) FROM (VALUES (1, 1e0), (2, nan()), (3, NULL), (4, 0e0)) t(x,y)`, `[[4,1]]`, ""},
		{`SELECT greatest(ROW(1,2), ROW(1,3)), least(ARRAY[1], ARRAY[0,5], ARRAY[2])`, `[[[1,3],[0,5]]]`, ""},
		{`SELECT greatest(ARRAY[1], NULL), greatest(ROW(1e0), ROW(nan())), least(ROW(nan()), ROW(1e0))`, `[[null,[1.0],[1.0]]]`, ""},
		{`SELECT MAP(ARRAY[1,1], ARRAY[1,2])`, `INVALID_FUNCTION_ARGUMENT: Duplicate map keys (1) are not allowed`, ""},
		{`SELECT MAP(ARRAY['a','a'], ARRAY[1,2])`, `INVALID_FUNCTION_ARGUMENT: Duplicate map keys (a) are not allowed`, ""},
		{`SELECT MAP(ARRAY[ARRAY[1],ARRAY[1]], ARRAY[1,2])`, `INVALID_FUNCTION_ARGUMENT: Duplicate map keys ([1]) are not allowed`, ""},
		{`SELECT MAP(ARRAY[1.5,1.5], ARRAY[1,2])`, `INVALID_FUNCTION_ARGUMENT: Duplicate map keys (1.5) are not allowed`, ""},
		{`SELECT map_from_entries(ARRAY[ROW(1,2),ROW(1,3)])`, `INVALID_FUNCTION_ARGUMENT: Duplicate keys (1) are not allowed`, `INVALID_FUNCTION_ARGUMENT: Duplicate map keys (1) are not allowed`},
		{`SELECT map_from_entries(ARRAY[ROW(NULL,2)])`, `INVALID_FUNCTION_ARGUMENT: map key cannot be null`, ""},
		{`SELECT MAP(ARRAY[ROW(1,2)], ARRAY[5])[ROW(1,2)], element_at(MAP(ARRAY[ARRAY[1,2]], ARRAY[5]), ARRAY[1,NULL])`, `[[5,null]]`, ""},
		{`SELECT MAP(ARRAY[ROW(1,2)], ARRAY[5])[ROW(1,3)]`, `INVALID_FUNCTION_ARGUMENT: Key not present in map`, ""},
		{`SELECT MAP(ARRAY[ARRAY['a']], ARRAY[5])[ARRAY['b']]`, `INVALID_FUNCTION_ARGUMENT: Key not present in map`, ""},
		{`SELECT MAP(ARRAY[1.5], ARRAY[5])[2.5]`, `INVALID_FUNCTION_ARGUMENT: Key not present in map: 2.5`, ""},
		{`SELECT MAP(ARRAY[1.5e0], ARRAY[5])[2.5e0]`, `INVALID_FUNCTION_ARGUMENT: Key not present in map: 2.5E0`, ""},
		{`SELECT MAP(ARRAY[DATE '2020-01-01'], ARRAY[5])[DATE '2020-01-02']`, `INVALID_FUNCTION_ARGUMENT: Key not present in map: 2020-01-02`, ""},
		{`SELECT MAP(ARRAY[true], ARRAY[5])[false]`, `INVALID_FUNCTION_ARGUMENT: Key not present in map: false`, ""},
		{`SELECT MAP(ARRAY[X'01'], ARRAY[5])[X'02']`, `INVALID_FUNCTION_ARGUMENT: Key not present in map`, ""},
		{`SELECT element_at(MAP(ARRAY[nan()], ARRAY[1]), nan()), element_at(MAP(ARRAY[1e0], ARRAY[1]), 1e0)`, `[[null,1]]`, ""},
		{`SELECT MAP() = MAP(), MAP(ARRAY[1],ARRAY[NULL]) = MAP(ARRAY[1],ARRAY[NULL]), MAP() IS DISTINCT FROM MAP()`, `[[true,null,false]]`, ""},
		{`SELECT count(DISTINCT x) FROM (VALUES MAP(ARRAY[1,2],ARRAY[5,6]), MAP(ARRAY[2,1],ARRAY[6,5])) t(x)`, `[[1]]`, ""},
		{`SELECT CASE ARRAY[1,NULL] WHEN ARRAY[1,NULL] THEN 1 ELSE 2 END, nullif(ARRAY[1,2], ARRAY[1,2]), nullif(ARRAY[1,NULL], ARRAY[1,NULL])`, `[[2,null,[1,null]]]`, ""},
		{`SELECT ARRAY[-0e0] < ARRAY[0e0], ARRAY[-0e0] = ARRAY[0e0], -0e0 < 0e0, -0e0 = 0e0, -0e0 IS DISTINCT FROM 0e0, ARRAY[-0e0] IS DISTINCT FROM ARRAY[0e0]`, `[[true,true,false,true,false,false]]`, `[[false,true,false,true,false,false]]`},
		{`SELECT x, count(*) FROM (VALUES 0e0, -0e0) t(x) GROUP BY x`, `[[0.0,2]]`, ""},
		{`SELECT ARRAY[NULL] = ARRAY[NULL], ARRAY[] = ARRAY[], ARRAY[NULL] = ARRAY[1], ARRAY[] < ARRAY[1], ARRAY[NULL] IS DISTINCT FROM ARRAY[NULL]`, `[[null,true,null,true,false]]`, ""},
		{`SELECT ARRAY[NULL] < ARRAY[NULL]`, `NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements`, `[[null]]`},
		{`SELECT NULL = ARRAY[1], NULL < ROW(1,2), MAP(ARRAY[1],ARRAY[1]) = NULL`, `[[null,null,null]]`, ""},
	})
}

// TestPairUp: moments as numbers of seconds that are an hour apart have the same six digits.
func TestPairUp(t *testing.T) {
	got := [][]any{{1743301800.0}, {1743298200.0}, {nil}}
	exp := [][]any{{1743298200.0}, {nil}, {1743301800.0}}
	pairUp(got, exp, func(g, e []any) bool { return same(g[0], e[0], 1e-12) })
	for i := range exp {
		if got[i][0] != exp[i][0] {
			t.Fatalf("got %v, want the rows of %v in its order", got, exp)
		}
	}
}
