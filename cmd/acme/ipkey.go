package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/spf13/pflag"

	"acme/telemetry/engine/lake"
)

// addressFlags say what becomes of the viewers' addresses on their way into the lake.
type addressFlags struct {
	mode string
	keys []string
}

func (a *addressFlags) add(f *pflag.FlagSet) {
	f.StringVar(&a.mode, "ip", string(lake.IPKeep), "viewers' addresses: keep, truncate (IPv4 /24, IPv6 /48), hmac (a token, needs --ip-key) or drop")
	f.StringArrayVar(&a.keys, "ip-key", nil, "key for --ip hmac: a file of 64 hexadecimal digits, or kms:FILE with a data key that KMS has encrypted; given again, keys of before (default $ACME_IP_KEY)")
}

// madeKey says how one gets a key.
const madeKey = "openssl rand -hex 32 > FILE && chmod 600 FILE makes one; keep it outside the lake"

// rule reads the flags, and the keys that they name. The first key makes new tokens.
func (a *addressFlags) rule(ctx context.Context, p *program) (lake.IPRule, []lake.Key, error) {
	r := lake.IPRule{Mode: lake.IPMode(a.mode)}
	switch r.Mode {
	case "", lake.IPKeep, lake.IPTruncate, lake.IPDrop, lake.IPHMAC:
	default:
		return r, nil, usagef("--ip %s: must be keep, truncate, hmac or drop", a.mode)
	}
	names := a.keys
	if len(names) == 0 && p.env["ACME_IP_KEY"] != "" {
		names = []string{p.env["ACME_IP_KEY"]}
	}
	var keys []lake.Key
	for _, name := range names {
		k, err := p.readKey(ctx, name)
		if err != nil {
			return r, nil, err
		}
		keys = append(keys, k)
	}
	if r.Mode == lake.IPHMAC {
		if len(keys) == 0 {
			return r, nil, withHint(exitUsage, madeKey, errors.New("--ip hmac: needs a key, by --ip-key FILE or $ACME_IP_KEY"))
		}
		r.KeyID = keys[0].ID()
	}
	return r, keys, nil
}

// readKey reads a key from a file, or has KMS decrypt it.
func (p *program) readKey(ctx context.Context, name string) (lake.Key, error) {
	path, encrypted := strings.CutPrefix(name, "kms:")
	text, err := p.readSecret(path, encrypted)
	if err != nil {
		return lake.Key{}, err
	}
	if encrypted {
		return p.decryptKey(ctx, path, text)
	}
	secret, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(secret) != lake.KeyBytes {
		// What is in the file is never said.
		return lake.Key{}, withHint(exitUsage, madeKey, fmt.Errorf("read the key %s: it is not 64 hexadecimal digits", path))
	}
	return lake.NewKey(secret)
}

// readSecret reads a file that nobody else may read, unless what is in it is encrypted.
func (p *program) readSecret(path string, encrypted bool) ([]byte, error) {
	const most = 64 << 10
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, withHint(exitUsage, madeKey, fmt.Errorf("read the key: %w", err))
	case !info.Mode().IsRegular() || info.Size() > most:
		return nil, usagef("read the key %s: it is not a file of one key", path)
	case !encrypted && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, withHint(exitUsage, "chmod 600 "+path, fmt.Errorf("read the key %s: others than its owner may read it (%s)", path, info.Mode().Perm()))
	case !encrypted && p.liesInLake(path):
		return nil, usagef("read the key %s: it lies in the lake, where whoever reads the tokens reads it too; move it elsewhere", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	return text, nil
}

func (p *program) liesInLake(path string) bool {
	if strings.Contains(p.lakeURI(), "://") && !strings.HasPrefix(p.lakeURI(), "file://") {
		return false
	}
	resolve := func(path string) string {
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		return path
	}
	rel, err := filepath.Rel(resolve(strings.TrimPrefix(p.lakeURI(), "file://")), resolve(path))
	return err == nil && filepath.IsLocal(rel)
}

// decryptKey has KMS decrypt a data key, as `aws kms generate-data-key-without-plaintext`
// gives it: the CiphertextBlob, in base64 or as bytes.
func (p *program) decryptKey(ctx context.Context, path string, text []byte) (lake.Key, error) {
	blob, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil {
		blob = text
	}
	var load []func(*awsconfig.LoadOptions) error
	if p.global.profile != "" {
		load = append(load, awsconfig.WithSharedConfigProfile(p.global.profile))
	}
	if p.global.region != "" {
		load = append(load, awsconfig.WithRegion(p.global.region))
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return lake.Key{}, withHint(exitUsage, "aws configure sets a profile up", fmt.Errorf("decrypt the key %s: %w", path, err))
	}
	out, err := kms.NewFromConfig(cfg).Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: blob})
	if err != nil {
		return lake.Key{}, withHint(exitUnreachable, "it needs kms:Decrypt on the KMS key, and that one's region", fmt.Errorf("decrypt the key %s with KMS: %w", path, err))
	}
	k, err := lake.NewKey(out.Plaintext)
	if err != nil {
		return k, withHint(exitUsage, "aws kms generate-data-key-without-plaintext --key-spec AES_256 makes one", fmt.Errorf("decrypt the key %s with KMS: %w", path, err))
	}
	return k, nil
}
