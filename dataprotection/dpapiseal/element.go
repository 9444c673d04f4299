package dpapiseal

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
)

// maxElement is the size that a ring bears.
const maxElement = 64 << 10

// marshal writes an encryptedKey element.
func marshal(blob []byte, comments ...string) []byte {
	var b strings.Builder
	b.WriteString("<encryptedKey>")
	for _, c := range comments {
		fmt.Fprintf(&b, "<!--%s-->", strings.ReplaceAll(c, "--", "- -")) // a comment must not end early
	}
	fmt.Fprintf(&b, "<value>%s</value></encryptedKey>", base64.StdEncoding.EncodeToString(blob))
	return []byte(b.String())
}

// sealed is the content of an encryptedKey element.
type sealed struct {
	blob []byte
	rule string // as a comment repeats it; for humans
}

// parse reads an element. Its errors show nothing of the content.
func parse(element []byte) (*sealed, error) {
	if len(element) > maxElement {
		return nil, fmt.Errorf("it has %d bytes, and %d is the limit", len(element), maxElement)
	}
	var x struct {
		XMLName  xml.Name `xml:"encryptedKey"`
		Comments string   `xml:",comment"`
		Value    []string `xml:"value"`
	}
	if err := xml.Unmarshal(element, &x); err != nil || len(x.Value) != 1 {
		return nil, errors.New("it is no encryptedKey with one value")
	}
	blob, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(x.Value[0]), ""))
	if err != nil || len(blob) == 0 {
		return nil, errors.New("its value is not base64")
	}
	e := &sealed{blob: blob}
	if _, rule, ok := strings.Cut(x.Comments, "Rule: "); ok {
		e.rule = strings.TrimSpace(rule)
	}
	return e, nil
}

// localMachine is the flag in a blob of CryptProtectData that says it was sealed
// for a machine.
const localMachine = 0x4

// ownerOf says for whom DPAPI has sealed a blob. Its layout is Windows' own; only
// the beginning is looked at, for the sake of an error message:
//
//	01000000  provider GUID (16)  version (4)  GUID of the master key (16)  flags (4)  …
func ownerOf(blob []byte) string {
	const flagsAt = 4 + 16 + 4 + 16
	if len(blob) < flagsAt+4 || binary.LittleEndian.Uint32(blob) != 1 {
		return "Windows DPAPI"
	}
	if binary.LittleEndian.Uint32(blob[flagsAt:])&localMachine != 0 {
		return "Windows DPAPI for one machine"
	}
	return "Windows DPAPI for one account"
}

func (e *sealed) ruleOwner() string {
	if e.rule == "" {
		return "Windows DPAPI-NG for an account or group of a domain"
	}
	return fmt.Sprintf("Windows DPAPI-NG with the rule %.200q", e.rule)
}
