// Package escrowfile puts keys into a directory, each sealed for a certificate, in
// the format of a key ring. It is what a machine's policy escrows with, where
// nobody chooses a store; package escrow is for programs.
package escrowfile

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/internal/xmlenc"
	"github.com/sealring/sealring/internal/diskfile"
)

// maxFile bounds what is read of a file that is named by mistake.
const maxFile = 1 << 20

// A Sink is a directory and the certificate of those who may open what is in it.
type Sink struct {
	dir  string
	cert *x509.Certificate
}

// Open returns the sink for a directory and a certificate in PEM form. A missing
// directory is made with the first key.
func Open(dir, certificate string) (*Sink, error) {
	cert, err := readCertificate(certificate)
	if err != nil {
		return nil, err
	}
	if _, err := xmlenc.Encrypt([]byte("<sample />"), cert); err != nil {
		return nil, fmt.Errorf("%s: %w", certificate, err)
	}
	return &Sink{dir: dir, cert: cert}, nil
}

func readCertificate(file string) (*x509.Certificate, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: the certificate cannot be read: %w", file, err)
		}
		return cert, nil
	}
	return nil, fmt.Errorf("%s: there is no CERTIFICATE in PEM form", file)
}

// Add seals a key element, given in clear, and puts it into the directory, durably
// and whole or not at all. A key that is there already stays as it is.
func (s *Sink) Add(_ context.Context, id [16]byte, element []byte) error {
	sealed, err := keyxml.Reseal(element, nil, func(fragment []byte) (string, []byte, error) {
		element, err := xmlenc.Encrypt(fragment, s.cert)
		return xmlenc.DecryptorType, element, err
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.dir), 0o700); err != nil {
		return err
	}
	if err := diskfile.Make(s.dir); err != nil {
		return err
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	temp := keyxml.KeyName(id) + "." + rand.Text() + ".tmp"
	defer root.Remove(temp)
	if err := writeSynced(root, temp, sealed); err != nil {
		return err
	}
	err = root.Link(temp, keyxml.KeyName(id)+".xml")
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = root.Rename(temp, keyxml.KeyName(id)+".xml") // where there are no links
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return diskfile.SyncDir(s.dir)
}

func writeSynced(root *os.Root, name string, data []byte) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}
