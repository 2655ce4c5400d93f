//go:build !unix

package main

import (
	"os"
	"path/filepath"
)

// lockFolder opens the folder's lock file. Here no lock goes with it that ends with
// the process: nobody is kept out.
func lockFolder(folder string) (*os.File, error) {
	return os.OpenFile(filepath.Join(folder, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
}
