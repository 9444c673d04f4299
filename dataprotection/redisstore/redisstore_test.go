package redisstore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/redisstore"
	"github.com/sealring/sealring/dataprotection/storetest"
	"github.com/sealring/sealring/internal/realtest"
)

var (
	_ dataprotection.Store    = (*redisstore.Store)(nil)
	_ dataprotection.Replacer = (*redisstore.Store)(nil)
	_ dataprotection.Remover  = (*redisstore.Store)(nil)
	_ dataprotection.Notifier = (*redisstore.Store)(nil)
)

// contract is what a list of text on one line promises.
var contract = storetest.Options{NoNames: true, Form: keyxml.OneLine}

func TestContract(t *testing.T) {
	server, keys := realtest.Redis(t), &lists{}
	storetest.Run(t, func(t *testing.T) func() dataprotection.Store {
		key := keys.next()
		return func() dataprotection.Store { return store(t, dial(t, server), key) }
	}, contract)
}

func TestLayout(t *testing.T) {
	server, keys := realtest.Redis(t), &lists{}
	client := dial(t, server)

	t.Run("SQL-1 all items, in the order of the list", func(t *testing.T) {
		key := keys.next()
		push(t, client, key, "<Element1/>", "<Element2/>")
		if got, want := texts(load(t, store(t, client, key))), "<Element1/>|<Element2/>"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("SQL-2 a malformed item is given out, and the ring refuses it", func(t *testing.T) {
		push(t, client, "DataProtection-Keys", "<Element1/>", "<Element2")
		s := store(t, client, "")
		if got, want := texts(load(t, s)), "<Element1/>|<Element2"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		_, err := dataprotection.Open(t.Context(), dataprotection.Config{Application: "a", Store: s})
		if !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), "parse item 1 ") {
			t.Errorf("Open: got error %v, want one that names item 1", err)
		}
		client.Del(t.Context(), "DataProtection-Keys")
	})
	t.Run("SQL-3 one line, a blank before the slash, no name", func(t *testing.T) {
		if err := store(t, client, "").Add(t.Context(), element("\ufeff<?xml version=\"1.0\"?>\n<Element2/>\n"), ""); err != nil {
			t.Fatal(err)
		}
		got, err := client.LRange(t.Context(), "DataProtection-Keys", 0, -1).Result()
		if err != nil || len(got) != 1 || got[0] != "<Element2 />" {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("SQL-4 stored by one connection, read by another", func(t *testing.T) {
		key := keys.next()
		if err := store(t, client, key).Add(t.Context(), element("<a />"), ""); err != nil {
			t.Fatal(err)
		}
		if got := texts(load(t, store(t, dial(t, server), key))); got != "<a />" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("what is no element is not stored", func(t *testing.T) {
		key := keys.next()
		push(t, client, key, "<a />")
		s := store(t, client, key)
		loaded := load(t, s).Elements[0]
		for _, text := range []string{"", " ", "<a", "<a/><b/>", "text", "<a>" + strings.Repeat("x", 64<<10) + "</a>"} {
			if err := s.Add(t.Context(), element(text), ""); err == nil {
				t.Errorf("Add of %.20q succeeded", text)
			}
			if err := s.Replace(t.Context(), loaded, element(text)); err == nil {
				t.Errorf("Replace by %.20q succeeded", text)
			}
		}
		if got := texts(load(t, s)); got != "<a />" {
			t.Errorf("the list holds %s", got)
		}
	})
}

// What ASP.NET Core has written opens from a list as its own package fills one,
// and from one that somebody filled from files.
func TestReferenceKeys(t *testing.T) {
	server := realtest.Redis(t)
	client := dial(t, server)
	files, err := filepath.Glob("../internal/keyxml/testdata/reference/*/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for form, to := range map[string]func([]byte) ([]byte, error){
		"one line":            keyxml.OneLine,
		"file":                func(b []byte) ([]byte, error) { return b, nil },
		"trailing line break": func(b []byte) ([]byte, error) { line, err := keyxml.OneLine(b); return append(line, "\r\n "...), err },
	} {
		t.Run(form, func(t *testing.T) {
			key := "from " + form
			for _, name := range files {
				file, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				item, err := to(file)
				if err != nil {
					t.Fatal(err)
				}
				push(t, client, key, item)
			}
			for _, e := range load(t, store(t, client, key)).Elements {
				if _, err := keyxml.Parse(e.XML); err != nil {
					t.Errorf("%s: %v", e.Ref, err)
				}
			}
		})
	}
}

func TestEqualItems(t *testing.T) {
	client := dial(t, realtest.Redis(t))
	keys := &lists{}
	t.Run("the same element is added once, as commands are repeated", func(t *testing.T) {
		s := store(t, client, keys.next())
		empty := load(t, s).Version
		for _, v := range []dataprotection.Version{empty, empty, ""} {
			if err := s.Add(t.Context(), element("<a />"), v); err != nil {
				t.Fatalf("Add if %q: %v", v, err)
			}
		}
		if got := texts(load(t, s)); got != "<a />" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("the same replacement succeeds twice", func(t *testing.T) {
		key := keys.next()
		push(t, client, key, "<a />")
		s := store(t, client, key)
		old := load(t, s).Elements[0]
		for range 2 {
			if err := s.Replace(t.Context(), old, element("<b />")); err != nil {
				t.Fatal(err)
			}
		}
		if got := texts(load(t, s)); got != "<b />" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("as many are removed as are named", func(t *testing.T) {
		key := keys.next()
		push(t, client, key, "<a />", "<b />", "<a />", "<a />")
		s := store(t, client, key)
		loaded := load(t, s).Elements
		if err := s.Remove(t.Context(), loaded[0], loaded[2]); err != nil {
			t.Fatal(err)
		}
		if got := texts(load(t, s)); got != "<b />|<a />" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("places that have moved do no harm", func(t *testing.T) {
		key := keys.next()
		push(t, client, key, "<a />", "<b />", "<c />", "<d />")
		s, other := store(t, client, key), store(t, client, key)
		loaded := load(t, s).Elements
		if err := other.Remove(t.Context(), loaded[0]); err != nil {
			t.Fatal(err)
		}
		if err := s.Replace(t.Context(), loaded[1], element("<x />")); err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(t.Context(), loaded[2]); err != nil {
			t.Fatal(err)
		}
		if got := texts(load(t, s)); got != "<x />|<d />" {
			t.Errorf("got %s", got)
		}
	})
}

func TestConfig(t *testing.T) {
	if s, err := redisstore.New(redisstore.Config{}); s != nil || err == nil || !strings.Contains(err.Error(), "Client: required") {
		t.Errorf("New without a client: %v, %v", s, err)
	}
	client := use(t, redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", Password: "geheim", DB: 3}))
	if got, want := store(t, client, "").String(), "Redis list DataProtection-Keys at 127.0.0.1:1, database 3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	cluster := use(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}}))
	if got, want := store(t, cluster, "k").String(), "Redis list k"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestZeroStore(t *testing.T) {
	var s redisstore.Store
	_, loadErr := s.Load(t.Context(), "")
	for what, err := range map[string]error{
		"Load":   loadErr,
		"Add":    s.Add(t.Context(), element("<a />"), ""),
		"Remove": s.Remove(t.Context()),
		"Notify": s.Notify(t.Context(), func() {}),
	} {
		if err == nil || !strings.Contains(err.Error(), "made with New") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestForeignRefs(t *testing.T) {
	s := store(t, use(t, redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})), "")
	for _, ref := range []string{"", "key-1.xml", "item 1 sha1 abc"} {
		e := dataprotection.Element{Ref: ref, XML: []byte("<a />")}
		if err := s.Remove(t.Context(), e); err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("Remove %q: %v", ref, err)
		}
		if err := s.Replace(t.Context(), e, e); err == nil || errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("Replace %q: %v", ref, err)
		}
	}
}
