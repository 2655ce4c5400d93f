package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acme/telemetry/engine/lake"
)

// A data key that KMS has encrypted is the key that it decrypts to, in base64 or as bytes;
// what KMS refuses, and a key of another length, are said without what is in them.
func TestKeyOfKMS(t *testing.T) {
	secret := bytes.Repeat([]byte{0xab, 0x12}, lake.KeyBytes/2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ CiphertextBlob []byte }
		err := json.NewDecoder(r.Body).Decode(&in)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		switch {
		case err != nil || r.Header.Get("X-Amz-Target") != "TrentService.Decrypt":
			w.WriteHeader(http.StatusNotFound)
		case string(in.CiphertextBlob) == "\x01sealed":
			_ = json.NewEncoder(w).Encode(map[string]any{"Plaintext": secret, "KeyId": "k"})
		case string(in.CiphertextBlob) == "\x01short":
			_ = json.NewEncoder(w).Encode(map[string]any{"Plaintext": secret[:16], "KeyId": "k"})
		default:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type":"AccessDeniedException","message":"no"}`))
		}
	}))
	defer server.Close()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_KMS": server.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	p := &program{env: map[string]string{"HOME": dir}}
	want, err := p.readKey(t.Context(), file("plain", hex.EncodeToString(secret)+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"\x01sealed", base64.StdEncoding.EncodeToString([]byte("\x01sealed")) + "\n"} {
		if got, err := p.readKey(t.Context(), "kms:"+file("sealed", text)); err != nil || got.ID() != want.ID() {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for text, why := range map[string]string{"\x01short": "it has 128 bits and must have 256", "\x01other": "AccessDeniedException"} {
		_, err := p.readKey(t.Context(), "kms:"+file("bad", text))
		if err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "\x01") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
