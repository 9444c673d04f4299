package xmlenc

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
)

// maxSize is that of the key that an element is part of.
const maxSize = 64 << 10

// EncryptedData is an element that was parsed. It is immutable.
type EncryptedData struct {
	certificates [][]byte
	content, key encrypted
}

// Certificates returns, as DER and in the order of the element, the certificates
// that it says it is encrypted for. They are as yet no more than bytes.
func (d *EncryptedData) Certificates() [][]byte { return d.certificates }

// encrypted is a ciphertext and how it was made.
type encrypted struct {
	method string
	value  []byte
}

// The XML, as far as it is read. Of elements that should be there once, the first
// counts, as in the reference.
type (
	encryptedXML struct {
		XMLName xml.Name
		Methods []struct {
			Algorithm string `xml:",attr"`
		} `xml:"http://www.w3.org/2001/04/xmlenc# EncryptionMethod"`
		KeyInfos []struct {
			Keys []encryptedXML `xml:"http://www.w3.org/2001/04/xmlenc# EncryptedKey"`
			X509 []struct {
				Certificates []string `xml:"http://www.w3.org/2000/09/xmldsig# X509Certificate"`
			} `xml:"http://www.w3.org/2000/09/xmldsig# X509Data"`
		} `xml:"http://www.w3.org/2000/09/xmldsig# KeyInfo"`
		CipherDatas []struct {
			Values []string `xml:"http://www.w3.org/2001/04/xmlenc# CipherValue"`
		} `xml:"http://www.w3.org/2001/04/xmlenc# CipherData"`
	}
)

// Parse reads an EncryptedData element. Its errors say what is missing, and show
// nothing of the content.
func Parse(element []byte) (*EncryptedData, error) {
	if len(element) > maxSize {
		return nil, fmt.Errorf("it has %d bytes, and %d is the limit", len(element), maxSize)
	}
	var x encryptedXML
	if err := xml.Unmarshal(element, &x); err != nil {
		return nil, errors.New("it is no well-formed XML") // the parser's own words may quote it
	}
	if x.XMLName != (xml.Name{Space: namespace, Local: "EncryptedData"}) {
		return nil, errors.New("it is no EncryptedData of XML Encryption")
	}
	keys := first(x.KeyInfos).Keys
	if len(keys) == 0 {
		return nil, errors.New("it has no EncryptedKey")
	}
	d := &EncryptedData{}
	var err error
	if d.content, err = x.read("EncryptedData"); err != nil {
		return nil, err
	}
	if d.key, err = keys[0].read("EncryptedKey"); err != nil {
		return nil, err
	}
	for _, data := range first(keys[0].KeyInfos).X509 {
		for _, text := range data.Certificates {
			der, err := decode(text)
			if err != nil {
				return nil, errors.New("an X509Certificate in it is not base64")
			}
			d.certificates = append(d.certificates, der)
		}
	}
	return d, nil
}

func (x *encryptedXML) read(name string) (encrypted, error) {
	text := first(first(x.CipherDatas).Values)
	if text == "" {
		return encrypted{}, fmt.Errorf("its %s has no CipherValue", name)
	}
	value, err := decode(text)
	if err != nil {
		return encrypted{}, fmt.Errorf("the CipherValue of its %s is not base64", name)
	}
	return encrypted{method: first(x.Methods).Algorithm, value: value}, nil
}

// first returns the first of a list, or a zero value that holds nothing.
func first[T any](list []T) (f T) {
	if len(list) > 0 {
		f = list[0]
	}
	return f
}

// decode reads base64 with white space in it.
func decode(text string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(withoutBlanks.Replace(text))
}

var withoutBlanks = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "")
