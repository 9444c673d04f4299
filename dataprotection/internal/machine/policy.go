package machine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// A Policy is what a machine prescribes for new keys.
type Policy struct {
	Source      string            // the file or the registry key
	Algorithm   *keyxml.Algorithm // nil if none is prescribed
	KeyLifetime time.Duration     // 0 if none is prescribed
	Sinks       []Sink
	Settings    []Setting // all of it, in the order of names below, for people
}

// A Sink is a directory that each new key is put into, sealed for a certificate.
type Sink struct{ Directory, Certificate string }

// A Setting is one value as it stands.
type Setting struct{ Name, Value, Where string }

// The names are those of the values in the registry.
const (
	encryptionType     = "EncryptionType"
	keyLifetime        = "DefaultKeyLifetime"
	escrowSinks        = "KeyEscrowSinks"
	encryption         = "EncryptionAlgorithm"
	encryptionProvider = "EncryptionAlgorithmProvider"
	keySize            = "EncryptionAlgorithmKeySize"
	hash               = "HashAlgorithm"
	hashProvider       = "HashAlgorithmProvider"
	managedEncryption  = "EncryptionAlgorithmType"
	managedValidation  = "ValidationAlgorithmType"
)

var names = []string{
	encryptionType, keyLifetime, escrowSinks, encryption, encryptionProvider, keySize,
	hash, hashProvider, managedEncryption, managedValidation,
}

// meaningful are the names that count with each type of encryption.
var meaningful = map[string][]string{
	"":        {},
	"CNG-CBC": {encryption, encryptionProvider, keySize, hash, hashProvider},
	"CNG-GCM": {encryption, encryptionProvider, keySize},
	"MANAGED": {managedEncryption, keySize, managedValidation},
}

// values are what a source has, by name. Each is a string, an int64 or []Sink, or
// wrong.
type values struct {
	source string
	byName map[string]any
	kinds  kinds
	where  func(name string) string
	strict bool // names without a meaning are an error

	problems []error
}

func (v *values) wrong(name, format string, args ...any) {
	v.problems = append(v.problems, fmt.Errorf("%s: %s: %s", v.where(name), name, fmt.Sprintf(format, args...)))
}

// policy makes a policy of the values, or says all that is wrong with them. It is
// nil if there are none.
func (v *values) policy() (*Policy, error) {
	p := &Policy{Source: v.source, Settings: v.settings()}
	v.algorithm(p)
	v.lifetime(p)
	v.sinks(p)
	if err := errors.Join(v.problems...); err != nil {
		return nil, err
	}
	if len(p.Settings) == 0 {
		return nil, nil
	}
	return p, nil
}

func (v *values) settings() (all []Setting) {
	for _, name := range names {
		if value, ok := v.byName[name]; ok {
			all = append(all, Setting{Name: name, Value: text(value), Where: v.where(name)})
		}
	}
	return all
}

func text(value any) string {
	sinks, ok := value.([]Sink)
	if !ok {
		return fmt.Sprint(value)
	}
	all := make([]string, len(sinks))
	for i, s := range sinks {
		all[i] = s.String()
	}
	return strings.Join(all, "; ")
}

// String says where keys go, for people.
func (s Sink) String() string { return s.Directory + ", sealed for " + s.Certificate }

// text returns a string value, or what it is if it is not set.
func (v *values) text(name, otherwise string) string {
	value, ok := v.byName[name].(string)
	if of, set := v.byName[name]; set && !ok {
		v.wrong(name, "it has to be %s, and is %s", v.kinds.text, v.kinds.of(of))
	}
	if strings.TrimSpace(value) == "" {
		return otherwise
	}
	return strings.TrimSpace(value)
}

func (v *values) number(name string, otherwise int64) int64 {
	value, set := v.byName[name]
	n, ok := value.(int64)
	switch {
	case !set:
		return otherwise
	case !ok:
		v.wrong(name, "it has to be %s, and is %s", v.kinds.number, v.kinds.of(value))
		return otherwise
	}
	return n
}

// algorithm reads what keys are used with. Like in the reference there is no such
// policy without a type of encryption.
func (v *values) algorithm(p *Policy) {
	noted := len(v.problems)
	kind := strings.ToUpper(v.text(encryptionType, ""))
	if len(v.problems) > noted {
		return
	}
	wanted, known := meaningful[kind]
	if !known {
		v.wrong(encryptionType, "%q is not known; CNG-CBC, CNG-GCM or Managed", v.text(encryptionType, ""))
		return
	}
	v.refuseIdle(kind, wanted)
	if kind == "" {
		return
	}
	a := v.described(kind)
	suite, err := a.Suite()
	if err == nil {
		_, err = authenc.NewKey(suite, make([]byte, 64))
	}
	if err == nil && suite.Cipher != authenc.AES {
		err = errors.New("keys are no longer made for it")
	}
	if err != nil {
		v.wrong(encryptionType, "%s (%s) cannot be used: %v", v.text(encryptionType, ""), a, strings.TrimPrefix(err.Error(), "authenc: "))
		return
	}
	p.Algorithm = &a
}

func (v *values) described(kind string) keyxml.Algorithm {
	a := keyxml.Algorithm{KeyBits: int(v.number(keySize, 256))}
	switch kind {
	case "MANAGED":
		a.Kind = keyxml.Managed
		a.Encryption = keyxml.ShortClassName(v.text(managedEncryption, "Aes"))
		a.Validation = keyxml.ShortClassName(v.text(managedValidation, "HMACSHA256"))
		return a
	case "CNG-GCM":
		a.Kind = keyxml.CNGGCM
	default:
		a.Kind = keyxml.CNGCBC
		a.Validation, a.ValidationProvider = v.text(hash, "SHA256"), v.text(hashProvider, "")
	}
	a.Encryption, a.EncryptionProvider = v.text(encryption, "AES"), v.text(encryptionProvider, "")
	return a
}

// refuseIdle refuses values that would have no effect, which their author did not mean.
func (v *values) refuseIdle(kind string, wanted []string) {
	if !v.strict {
		return
	}
	for _, name := range names[3:] {
		if _, set := v.byName[name]; !set || slices.Contains(wanted, name) {
			continue
		}
		if kind == "" {
			v.wrong(name, "it has no effect without %s", encryptionType)
		} else {
			v.wrong(name, "it has no effect with %s %s", encryptionType, kind)
		}
	}
}

// canonical returns the name as it is written here, or "" if it is not known. The
// registry does not mind the case of letters.
func canonical(name string) string {
	for _, known := range names {
		if strings.EqualFold(known, name) {
			return known
		}
	}
	return ""
}

// lifetime reads a number of days.
func (v *values) lifetime(p *Policy) {
	const least, most = 7, 100 * 365
	noted := len(v.problems)
	days := v.number(keyLifetime, 0)
	if len(v.problems) > noted {
		return
	}
	if _, set := v.byName[keyLifetime]; set && (days < least || days > most) {
		v.wrong(keyLifetime, "%d days; %d to %d can be set", days, least, most)
		return
	}
	p.KeyLifetime = time.Duration(days) * 24 * time.Hour
}

// sinks reads where keys are to be escrowed. In the registry these are classes of
// .NET, which must not pass unnoticed.
func (v *values) sinks(p *Policy) {
	switch value := v.byName[escrowSinks].(type) {
	case nil:
	case []Sink:
		p.Sinks = value
	case string:
		if strings.Trim(value, "; \t") != "" {
			v.wrong(escrowSinks, "these are classes of .NET, which no Go program can load: %s; a program that provides for escrow itself sets OwnPolicy", value)
		}
	default:
		v.wrong(escrowSinks, "it is %s; nothing can be escrowed there", v.kinds.of(value))
	}
}
