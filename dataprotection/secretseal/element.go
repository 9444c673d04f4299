package secretseal

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"github.com/sealring/sealring/dataprotection"
)

// maxElement is the size that a ring bears.
const maxElement = 64 << 10

// sealed is the content of a sealedKey element.
type sealed struct {
	keyID      dataprotection.KeyID
	parameters parameters
	secretID   [8]byte
	value      []byte
}

const template = `<sealedKey version="1">` +
	`<!-- This key is encrypted with a secret. .NET cannot read it. -->` +
	`<keyId>%s</keyId>` +
	`<argon2id time="%d" memory="%d" threads="%d">%s</argon2id>` +
	`<secretId>%s</secretId>` +
	`<value>%s</value>` +
	`</sealedKey>`

func (e *sealed) marshal() []byte {
	encode := base64.StdEncoding.EncodeToString
	c := e.parameters.cost
	return fmt.Appendf(nil, template, e.keyID, c.time, c.memory, c.threads, encode(e.parameters.salt[:]), encode(e.secretID[:]), encode(e.value))
}

// parse reads an element. Its errors show nothing of the content.
func parse(element []byte) (*sealed, error) {
	if len(element) > maxElement {
		return nil, fmt.Errorf("it has %d bytes, and %d is the limit", len(element), maxElement)
	}
	var x struct {
		XMLName xml.Name `xml:"sealedKey"`
		Version string   `xml:"version,attr"`
		KeyID   string   `xml:"keyId"`
		Argon2  struct {
			Time    uint32 `xml:"time,attr"`
			Memory  uint32 `xml:"memory,attr"`
			Threads uint8  `xml:"threads,attr"`
			Salt    string `xml:",chardata"`
		} `xml:"argon2id"`
		SecretID string `xml:"secretId"`
		Value    string `xml:"value"`
	}
	if err := xml.Unmarshal(element, &x); err != nil {
		return nil, errors.New("it is no well-formed sealedKey")
	}
	if x.Version != "1" {
		return nil, fmt.Errorf("its version is %.20q; a later release may read it", x.Version)
	}
	e := &sealed{parameters: parameters{cost: cost{x.Argon2.Time, x.Argon2.Memory, x.Argon2.Threads}}}
	if !e.parameters.cost.bearable() {
		return nil, errors.New("it asks for more work than any sealer does")
	}
	var err error
	if e.keyID, err = dataprotection.ParseKeyID(strings.TrimSpace(x.KeyID)); err != nil {
		return nil, errors.New("its keyId is no key id")
	}
	if !decodeInto(e.parameters.salt[:], x.Argon2.Salt) || !decodeInto(e.secretID[:], x.SecretID) {
		return nil, errors.New("its salt or secretId is not what it should be")
	}
	if e.value, err = decode(x.Value); err != nil {
		return nil, errors.New("its value is not base64")
	}
	return e, nil
}

func decode(text string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
}

// decodeInto reports whether text stands for exactly as many bytes as b has.
func decodeInto(b []byte, text string) bool {
	data, err := decode(text)
	return err == nil && copy(b, data) == len(data) && len(data) == len(b)
}
