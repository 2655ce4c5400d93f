package store

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// Open gives the store that a URI names: a path or file:///path for a folder,
// mem://NAME for a new, empty store in memory. A bucket, s3://, is opened by package
// store/s3. Open touches nothing: a folder that
// is not there is an empty store, and the first Put makes it. The error wraps
// ErrURI.
func Open(uri string) (Store, error) {
	scheme, rest, ok := strings.Cut(uri, "://")
	switch {
	case uri == "":
		return nil, fmt.Errorf("%w: it is empty", ErrURI)
	case !ok:
		return NewFile(uri)
	case scheme == "mem":
		if rest == "" || strings.ContainsAny(rest, "/\\?#") {
			return nil, fmt.Errorf("%w: %q needs one name after mem://", ErrURI, uri)
		}
		return NewMemory(rest), nil
	case scheme == "file":
		path, err := filePath(uri)
		if err != nil {
			return nil, err
		}
		return NewFile(path)
	case scheme == "s3":
		return nil, fmt.Errorf("%w: %q: buckets are opened by package store/s3", ErrURI, uri)
	}
	return nil, fmt.Errorf("%w: %q has the scheme %q; known are a path, file://, s3:// and mem://", ErrURI, uri, scheme)
}

// filePath gives the path of a file URI as RFC 8089 has it.
func filePath(uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", fmt.Errorf("%w: %q: %w", ErrURI, uri, err)
	}
	switch {
	case u.Host != "" && u.Host != "localhost":
		return "", fmt.Errorf("%w: %q names the machine %q; an absolute path takes three slashes: file:///path", ErrURI, uri, u.Host)
	case u.Path == "":
		return "", fmt.Errorf("%w: %q has no path", ErrURI, uri)
	case u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("%w: %q has a query or a fragment; write %%3F for ? and %%23 for #", ErrURI, uri)
	}
	return filepath.FromSlash(u.Path), nil
}

// fileURI gives the file URI of an absolute path.
func fileURI(path string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // a drive letter of Windows
	}
	return (&url.URL{Scheme: "file", Path: slashed}).String()
}
