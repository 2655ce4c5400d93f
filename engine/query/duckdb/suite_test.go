package duckdb

import (
	"bytes"
	"testing"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/query/querytest"
	"acme/telemetry/engine/store"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	uri, _ := lakeOf(t, nil)
	st, err := store.Open(uri)
	if err != nil {
		t.Fatal(err)
	}
	for key, body := range querytest.Objects() {
		if _, err := st.Put(t.Context(), key, bytes.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
	config := childConfig(t, uri, "dialect")
	config.DDL, config.Database = querytest.DDL, querytest.Database
	t.Run("process", func(t *testing.T) {
		querytest.Run(t, func(t *testing.T) query.Engine {
			e, err := Open(config, Deps{Store: st})
			if err != nil {
				t.Fatal(err)
			}
			return e
		})
	})
	t.Run("streaming", func(t *testing.T) {
		querytest.Run(t, func(t *testing.T) query.Engine {
			streaming := config
			streaming.Cache = -1
			e, err := Open(streaming, Deps{Store: st})
			if err != nil {
				t.Fatal(err)
			}
			return e
		})
	})
	t.Run("child", func(t *testing.T) {
		querytest.Run(t, func(t *testing.T) query.Engine {
			e, err := Start(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			return e
		})
	})
}
