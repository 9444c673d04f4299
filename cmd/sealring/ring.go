package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/secretseal"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

// ringFlags say which ring is meant, and what opens its keys.
func ringFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "store", Aliases: []string{"s"}, Usage: "where the ring is kept, such as file:./keys", Sources: cli.EnvVars("SEALRING_STORE")},
		&cli.StringFlag{Name: "application", Aliases: []string{"a"}, Usage: "the `NAME` that payloads are isolated by; only explain needs it", Sources: cli.EnvVars("SEALRING_APPLICATION")},
		&cli.StringSliceFlag{Name: "cert", Usage: "a `FILE` with a certificate and its key, PFX or PEM, or windows:THUMBPRINT, that opens keys; the first one seals"},
		&cli.StringFlag{Name: "cert-password-file", Usage: "the `FILE` with the password of the PFX files", Sources: cli.EnvVars("SEALRING_CERT_PASSWORD_FILE")},
		&cli.StringFlag{Name: "secret-file", Usage: "the `FILE` with the secret that opens and seals keys", Sources: cli.EnvVars("SEALRING_SECRET_FILE")},
		&cli.BoolFlag{Name: "go-only", Usage: "no .NET program shares the store; needed to seal with --secret-file"},
		&cli.BoolFlag{Name: "allow-unsealed", Usage: "accept keys in clear beside sealed ones"},
	}
}

// ringConfig returns the configuration of the ring that the flags describe.
func ringConfig(c *cli.Command) (dataprotection.Config, error) {
	store, err := openStore(c.String("store"))
	if err != nil {
		return dataprotection.Config{}, err
	}
	cfg := dataprotection.Config{
		Store: store, Application: c.String("application"), NoApplication: c.String("application") == "",
		GoOnly: c.Bool("go-only"), AllowUnsealed: c.Bool("allow-unsealed"), Logger: quiet(),
	}
	if err := addSealers(c, &cfg); err != nil {
		return dataprotection.Config{}, &meansError{err}
	}
	return cfg, nil
}

// A meansError says that what was given to open keys with cannot be loaded.
type meansError struct{ error }

func (e *meansError) Unwrap() error { return e.error }

// addSealers has the first of the certificates and the secret seal, and all of
// them open.
func addSealers(c *cli.Command, cfg *dataprotection.Config) error {
	certificates, err := loadCertificates(c, c.StringSlice("cert"))
	if err != nil {
		return err
	}
	if len(certificates) > 0 {
		cfg.Sealer = certificates
	}
	if file := c.String("secret-file"); file != "" {
		secret, err := secretseal.LoadFile(file)
		switch {
		case err != nil:
			return err
		case cfg.Sealer == nil:
			cfg.Sealer = secret
		default:
			cfg.Openers = append(cfg.Openers, secret)
		}
	}
	return nil
}

// loadCertificates loads files of PFX or PEM, or certificates of the Windows store.
// One in PEM may lack its private key.
func loadCertificates(c *cli.Command, files []string) (all x509seal.Certificates, err error) {
	password, err := passwordFrom(c.String("cert-password-file"))
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		certificate, err := loadCertificate(name, password)
		if err != nil {
			return nil, err
		}
		all = append(all, certificate)
	}
	return all, nil
}

// loadCertificate loads one from where its name says that it is.
func loadCertificate(name, password string) (*x509seal.Certificate, error) {
	if thumbprint, ok := strings.CutPrefix(name, "windows:"); ok {
		return x509seal.FromWindowsStore(thumbprint)
	}
	if lower := strings.ToLower(name); strings.HasSuffix(lower, ".pfx") || strings.HasSuffix(lower, ".p12") {
		return x509seal.LoadPFX(name, password)
	}
	return loadPEM(name)
}

// loadPEM loads a certificate with the private key in the same file, if there is one.
func loadPEM(file string) (*x509seal.Certificate, error) {
	data, err := readFile(file, maxSmallFile)
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(data, []byte("PRIVATE KEY-----")) {
		return x509seal.LoadPEM(file, "")
	}
	return x509seal.LoadPEM(file, file)
}

// passwordFrom reads a password from a file: on the command line, every user of
// the machine could see it.
func passwordFrom(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	data, err := readFile(file, maxSmallFile)
	if err != nil {
		return "", fmt.Errorf("the password: %w", err)
	}
	return strings.TrimRight(string(data), "\r\n"), nil
}

// maxSmallFile is more than a password or a certificate has.
const maxSmallFile = 1 << 20

// readFile reads a file of reasonable size, so that one named by mistake is an
// error and not a full memory.
func readFile(file string, limit int64) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s has more than %d bytes; it must be another file", file, limit)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// openManager returns a manager of the ring that the flags describe. It does not
// ask for what could open the keys if nothing is to be written.
func openManager(ctx context.Context, c *cli.Command, readOnly bool) (*dataprotection.Manager, error) {
	cfg, err := ringConfig(c)
	if err != nil {
		return nil, err
	}
	cfg.ReadOnly = readOnly
	return dataprotection.NewManager(ctx, cfg)
}

// inFlags puts what the packages say into the words of the command line.
func inFlags(err error) string {
	return strings.NewReplacer(
		"AllowUnsealed accepts such keys", "--allow-unsealed accepts such keys",
		"; likely causes: the payload was made with another key directory or before the keys were deleted", "; keys list shows them",
		"configure the Sealer as they do, or AllowUnsealed if it is meant", "give it as they do (--cert, --secret-file), or --allow-unsealed if it is meant",
		"none of the 0 configured openers can open it", "nothing was given to open it with (--cert, --secret-file)",
		"or set CreateTable", "or add create to the parameters of --store, as in ?create",
	).Replace(err.Error())
}

// problemsOf says what is wrong with a configuration in the words of the command line.
func problemsOf(e *dataprotection.ConfigError) string {
	flags := map[string]string{"GoOnly": "--go-only", "AllowUnsealed": "--allow-unsealed", "Application": "--application", "Store": "--store", "KeyLifetime": "--lifetime"}
	var all []string
	for _, p := range e.Problems {
		field := p.Field
		if flag, ok := flags[field]; ok {
			field = flag
		}
		all = append(all, field+": "+p.Reason)
	}
	return strings.Join(all, "; ")
}
