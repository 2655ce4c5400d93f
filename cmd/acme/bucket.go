package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/store"
	"acme/telemetry/engine/store/s3"
)

// defaultCacheSize is how many bytes of a bucket's objects are kept on this machine.
const defaultCacheSize = 10 << 30

func isBucket(uri string) bool { return strings.HasPrefix(uri, s3.Scheme) }

// openStore opens the store of a URI. A bucket's takes the AWS SDK's configuration,
// which is read here and not before.
func (p *program) openStore(uri string) (store.Store, error) {
	if !isBucket(uri) {
		return store.Open(uri)
	}
	return s3.Open(context.Background(), uri, s3.Options{
		Profile: p.global.profile, Region: p.global.region, Endpoint: p.global.endpoint, Temp: p.spillFolder(),
	})
}

// openToAsk opens the lake to be asked again and again: what is read of a bucket is
// kept on this machine. Who holds objects to account reads them where they lie, by
// openLake.
func (p *program) openToAsk() (store.Store, error) {
	if p.cache != nil {
		return p.cache, nil
	}
	st, err := p.openLake()
	if err != nil {
		return nil, err
	}
	if _, local := st.(store.Local); local || !isBucket(p.lakeURI()) {
		return st, nil
	}
	size := int64(defaultCacheSize)
	if text := p.env["ACME_CACHE_SIZE"]; text != "" {
		if size, err = parseSize(text); err != nil {
			return nil, usagef("ACME_CACHE_SIZE=%s: %w", text, err)
		}
	}
	p.cache = store.NewCached(st, store.CacheConfig{Folder: p.cacheFolder(), Max: size, Gather: lake.Books(), Now: p.now})
	return p.cache, nil
}

// cacheFolder gives where objects of buckets are kept.
func (p *program) cacheFolder() string {
	if dir := p.env["ACME_CACHE"]; dir != "" {
		return dir
	}
	return filepath.Join(p.userFolder("XDG_CACHE_HOME", ".cache"), "acme", "objects")
}

// release gives back what the run held.
func (p *program) release() {
	if p.cache != nil {
		_ = p.cache.Close() // the next run sweeps it
	}
}

// openError is the error of a store that cannot be opened.
func openError(doing string, err error) error {
	if errors.Is(err, s3.ErrConfig) {
		return withHint(exitUsage, "aws configure sets a profile up; AWS_REGION, AWS_PROFILE and AWS_ENDPOINT_URL_S3 overrule it", fmt.Errorf("%s: %w", doing, err))
	}
	if errors.Is(err, store.ErrURI) {
		return usagef("%s: %w", doing, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// storeHint says what to look at after an error of a bucket.
func storeHint(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}
