package certstore

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

// certificateXML is an element of a Store. The private key is a fragment that the
// root has sealed, in base64, so that no store can change its form.
type certificateXML struct {
	XMLName     xml.Name  `xml:"sealringCertificate"`
	Version     string    `xml:"version,attr"`
	Added       time.Time `xml:"added"`
	Certificate string    `xml:"certificate"`
	PrivateKey  struct {
		DecryptorType string `xml:"decryptorType,attr"`
		Value         string `xml:",chardata"`
	} `xml:"privateKey"`
}

// privateXML is the fragment that the root seals. It says whose the key is.
type privateXML struct {
	XMLName xml.Name `xml:"certificateKey"`
	Owner   string   `xml:"owner,attr"`
	PKCS8   string   `xml:"pkcs8"`
}

func encode(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

func decode(text string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
}

// id binds a private key to its owner and its certificate, where the root can.
func (s *Store) id(der []byte) dataprotection.KeyID {
	h := sha256.New()
	fmt.Fprintf(h, "%q", s.cfg.Owner)
	h.Write(der)
	return dataprotection.KeyID(h.Sum(nil)[:16])
}

// marshal makes an element of a certificate and its private key.
func (s *Store) marshal(ctx context.Context, cert *x509.Certificate, key crypto.PrivateKey) (dataprotection.Element, error) {
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return dataprotection.Element{}, errors.New("the private key cannot be stored") // the library's words may be about it
	}
	defer clear(pkcs8)
	fragment, err := xml.Marshal(privateXML{Owner: s.cfg.Owner, PKCS8: encode(pkcs8)})
	if err != nil {
		return dataprotection.Element{}, err
	}
	defer clear(fragment)
	e := certificateXML{Version: "1", Added: s.cfg.Now().UTC().Truncate(time.Second), Certificate: encode(cert.Raw)}
	var sealed []byte
	if e.PrivateKey.DecryptorType, sealed, err = s.cfg.Root.Seal(ctx, s.id(cert.Raw), fragment); err != nil {
		return dataprotection.Element{}, fmt.Errorf("the root sealer: %w", err)
	}
	e.PrivateKey.Value = encode(sealed)
	text, err := xml.Marshal(e)
	if err != nil {
		return dataprotection.Element{}, err
	}
	text, err = keyxml.File(text)
	return dataprotection.Element{Name: elementName(cert), XML: text}, err
}

// open makes an entry of an element, with the reason if it cannot be used.
func (s *Store) open(ctx context.Context, element dataprotection.Element) entry {
	e := entry{element: element}
	cert, err := s.unmarshal(ctx, &e)
	if err != nil {
		e.info.Unusable = strings.TrimPrefix(err.Error(), "x509seal: ")
		return e
	}
	e.cert = cert
	return e
}

func (s *Store) unmarshal(ctx context.Context, e *entry) (*x509seal.Certificate, error) {
	var x certificateXML
	if err := xml.Unmarshal(e.element.XML, &x); err != nil || x.Version != "1" {
		return nil, errors.New("it is none that this release reads")
	}
	der, err := decode(x.Certificate)
	if err != nil {
		return nil, errors.New("its certificate is not base64")
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, errors.New("its certificate cannot be read")
	}
	e.info = infoOf(cert, x.Added)
	sealed, err := decode(x.PrivateKey.Value)
	if err != nil {
		return nil, errors.New("its private key is not base64")
	}
	fragment, err := s.rootOpensKey(ctx, s.id(der), x.PrivateKey.DecryptorType, sealed)
	if err != nil {
		return nil, fmt.Errorf("the root does not open its private key: %w", err)
	}
	defer clear(fragment)
	return s.certificate(cert, fragment)
}

func (s *Store) certificate(cert *x509.Certificate, fragment []byte) (*x509seal.Certificate, error) {
	var x privateXML
	if err := xml.Unmarshal(fragment, &x); err != nil {
		return nil, errors.New("its private key is not one of this store")
	}
	if x.Owner != s.cfg.Owner {
		return nil, errors.New("it belongs to another owner, and was copied here")
	}
	pkcs8, err := decode(x.PKCS8)
	if err != nil {
		return nil, errors.New("its private key is not base64")
	}
	defer clear(pkcs8)
	key, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return nil, errors.New("its private key cannot be read")
	}
	decrypter, ok := key.(crypto.Decrypter)
	if !ok {
		return nil, errors.New("its private key cannot decrypt")
	}
	return x509seal.New(cert, decrypter)
}

func infoOf(cert *x509.Certificate, added time.Time) Info {
	return Info{
		Thumbprint: thumbprint(cert), Subject: cert.Subject.String(),
		NotBefore: cert.NotBefore, NotAfter: cert.NotAfter, Added: added,
	}
}

func elementName(cert *x509.Certificate) string { return elementNameOf(thumbprint(cert)) }

func elementNameOf(thumbprint string) string { return "certificate-" + strings.ToLower(thumbprint) }
