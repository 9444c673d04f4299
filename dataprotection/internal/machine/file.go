package machine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// maxFile bounds what is read of a file that is named by mistake.
const maxFile = 64 << 10

// document is a policy file. Of what kind a value is, is looked at later, for words
// that its author knows.
type document struct {
	EncryptionType, DefaultKeyLifetime, KeyEscrowSinks                           any
	EncryptionAlgorithm, EncryptionAlgorithmProvider, EncryptionAlgorithmKeySize any
	HashAlgorithm, HashAlgorithmProvider                                         any
	EncryptionAlgorithmType, ValidationAlgorithmType                             any
}

// ReadFile reads a policy file. It is nil if the file sets nothing. Its errors name
// file and line.
func ReadFile(file string) (*Policy, error) {
	data, err := read(file)
	if err != nil {
		return nil, err
	}
	var d document
	dec := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return nil, inFile(file, err)
	}
	v := &values{source: file, byName: d.values(), kinds: kindsOfFile, strict: true, where: func(name string) string {
		return fmt.Sprintf("%s:%d", file, lineOf(data, name))
	}}
	v.checkNames(data)
	v.readSinks()
	return v.policy()
}

// checkNames refuses names that differ in the case of letters alone, of which one
// would win, and texts that say nothing.
func (v *values) checkNames(data []byte) {
	var tables map[string]any
	if err := toml.Unmarshal(data, &tables); err != nil {
		return // the decoder has said that
	}
	v.refuseTwice(tables)
	for _, name := range names {
		if value, ok := v.byName[name].(string); ok && strings.TrimSpace(value) == "" {
			v.wrong(name, "it is empty")
		}
	}
}

// refuseTwice looks into tables at any depth. TOML itself refuses the very same name.
func (v *values) refuseTwice(node any) {
	switch node := node.(type) {
	case []any:
		for _, n := range node {
			v.refuseTwice(n)
		}
	case map[string]any:
		seen := map[string]bool{}
		for _, name := range slices.Sorted(maps.Keys(node)) {
			if lower := strings.ToLower(name); seen[lower] {
				v.wrong(name, "it is set twice, in another spelling")
			} else {
				seen[lower] = true
			}
			v.refuseTwice(node[name])
		}
	}
}

func read(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: it is not a regular file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: it has more than %d bytes; that is no policy", file, maxFile)
	}
	return data, nil
}

// inFile says in which line of the file each mistake is.
func inFile(file string, err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) {
		var errs []error
		for _, e := range unknown.Errors {
			line, _ := e.Position()
			errs = append(errs, fmt.Errorf("%s:%d: %s is not known", file, line, strings.Join(e.Key(), ".")))
		}
		return errors.Join(errs...)
	}
	var malformed *toml.DecodeError
	if errors.As(err, &malformed) {
		line, _ := malformed.Position()
		return fmt.Errorf("%s:%d: %s", file, line, strings.TrimPrefix(malformed.Error(), "toml: "))
	}
	return fmt.Errorf("%s: %w", file, err)
}

// values lists what is set.
func (d *document) values() map[string]any {
	set := map[string]any{
		encryptionType: d.EncryptionType, keyLifetime: d.DefaultKeyLifetime, escrowSinks: d.KeyEscrowSinks,
		encryption: d.EncryptionAlgorithm, encryptionProvider: d.EncryptionAlgorithmProvider, keySize: d.EncryptionAlgorithmKeySize,
		hash: d.HashAlgorithm, hashProvider: d.HashAlgorithmProvider,
		managedEncryption: d.EncryptionAlgorithmType, managedValidation: d.ValidationAlgorithmType,
	}
	maps.DeleteFunc(set, func(_ string, value any) bool { return value == nil })
	return set
}

// readSinks turns tables into sinks. What is no array is refused later.
func (v *values) readSinks() {
	tables, ok := v.byName[escrowSinks].([]any)
	if !ok {
		return
	}
	delete(v.byName, escrowSinks)
	var sinks []Sink
	for i, table := range tables {
		sinks = append(sinks, v.readSink(table, i+1))
	}
	if len(sinks) > 0 {
		v.byName[escrowSinks] = sinks
	}
}

func (v *values) readSink(value any, number int) (s Sink) {
	table, ok := value.(map[string]any)
	if !ok {
		v.wrong(escrowSinks, "number %d has to be a table, and is %s", number, v.kinds.of(value))
		return s
	}
	noted := len(v.problems)
	for _, name := range slices.Sorted(maps.Keys(table)) {
		var to *string
		switch {
		case strings.EqualFold(name, "Directory"):
			to = &s.Directory
		case strings.EqualFold(name, "Certificate"):
			to = &s.Certificate
		default:
			v.problems = append(v.problems, fmt.Errorf("%s: %s.%s is not known", v.where(name), escrowSinks, name))
			continue
		}
		if *to, ok = table[name].(string); !ok {
			v.wrong(name, "it has to be %s, and is %s", v.kinds.text, v.kinds.of(table[name]))
		}
	}
	if len(v.problems) == noted && (!filepath.IsAbs(s.Directory) || !filepath.IsAbs(s.Certificate)) {
		v.wrong(escrowSinks, "number %d: Directory and Certificate have to be absolute paths", number)
	}
	return s
}

// lineOf returns the line in which a name is set, the first if there is none.
func lineOf(data []byte, name string) int {
	set := regexp.MustCompile(`(?i)^\s*\[*\s*["']?` + regexp.QuoteMeta(name) + `["']?\s*(\]|=)`)
	for i, line := range bytes.Split(data, []byte("\n")) {
		if set.Match(line) {
			return i + 1
		}
	}
	return 1
}
