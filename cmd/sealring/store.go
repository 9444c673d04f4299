package main

import (
	"net/url"
	"slices"
	"strings"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/registrystore"
)

// storeForms is the help on --store.
const storeForms = "    file:DIRECTORY             a directory on this machine; file:///var/lib/shop/keys works too\n" +
	"    file:DIRECTORY?shared      a directory on a mount that several machines use\n" +
	"    redis://HOST:PORT/DATABASE a Redis list, with ?key=LIST if it is not DataProtection-Keys; rediss: with TLS\n" +
	"    postgres://USER@HOST/DB    a table in PostgreSQL, mariadb: or sqlite:FILE, with ?table= if it is not\n" +
	"                               DataProtectionKeys, and ?create to make the table if it is missing\n" +
	`    registry:HKCU\Software\…   a key of the registry of Windows; registry:autogen the one provided for the account`

// openStore returns the store that a URL names.
func openStore(name string) (dataprotection.Store, error) {
	scheme, rest, ok := strings.Cut(name, ":")
	switch {
	case name == "":
		return nil, usagef("no ring is named; give --store file:DIRECTORY or set SEALRING_STORE")
	case !ok:
		return nil, usagef("--store %s: it must begin with the kind of store, as in file:%s", name, name)
	case scheme == "file":
		return openDirectory(name)
	case scheme == "redis" || scheme == "rediss":
		return openRedis(name)
	case slices.Contains([]string{"postgres", "postgresql", "mysql", "mariadb", "sqlite"}, scheme):
		return openSQL(name)
	case scheme == "registry":
		return openRegistry(rest)
	}
	return nil, usagef("--store: the kind of store %q is not known; there are:\n%s", scheme, storeForms)
}

// withoutPassword is the URL of a store as it may be shown.
func withoutPassword(name string) string {
	head, query, hasQuery := strings.Cut(name, "?")
	if scheme, rest, ok := strings.Cut(head, "://"); ok {
		if at := strings.LastIndexByte(rest, '@'); at >= 0 {
			user, _, secret := strings.Cut(rest[:at], ":")
			if secret {
				user += ":xxxxx"
			}
			head = scheme + "://" + user + rest[at:]
		}
	}
	if !hasQuery {
		return head
	}
	parts := strings.Split(query, "&")
	for i, part := range parts {
		if key, _, ok := strings.Cut(part, "="); ok && strings.Contains(strings.ToLower(key), "pass") {
			parts[i] = key + "=xxxxx"
		}
	}
	return head + "?" + strings.Join(parts, "&")
}

// parseURL reads the URL of a server. Errors of package url show passwords.
func parseURL(name, form string) (*url.URL, error) {
	u, err := url.Parse(name)
	if err != nil || u.Opaque != "" || !strings.HasPrefix(name, u.Scheme+"://") {
		return nil, usagef("--store: the URL cannot be read; it has the form %s", form)
	}
	return u, nil
}

// directoryOf returns the directory that a URL names, or "" if it names another
// kind of store.
func directoryOf(name string) string {
	rest, ok := strings.CutPrefix(name, "file:")
	if !ok {
		return ""
	}
	dir, _, _ := strings.Cut(rest, "?")
	if after, ok := strings.CutPrefix(dir, "//"); ok { // file:///path, and file://localhost/path
		dir = strings.TrimPrefix(after, "localhost")
	}
	return dir
}

func openDirectory(name string) (dataprotection.Store, error) {
	dir := directoryOf(name)
	_, option, hasOption := strings.Cut(name, "?")
	switch {
	case strings.HasPrefix(name, "file://") && !strings.HasPrefix(dir, "/"):
		return nil, usagef("--store %s: a URL with two slashes needs a third one before an absolute path", name)
	case dir == "":
		return nil, usagef("--store %s: it needs a directory", name)
	case !hasOption:
		return filestore.New(dir), nil
	case option == "shared":
		return filestore.Shared(dir), nil
	}
	return nil, usagef("--store %s: the only option is ?shared", name)
}

func openRegistry(path string) (dataprotection.Store, error) {
	open := func() (*registrystore.Store, error) { return registrystore.New(path) }
	if path == "autogen" {
		open = registrystore.AutoGenKeys
	}
	s, err := open()
	if err != nil {
		return nil, usagef("--store registry:%s: %v", path, err)
	}
	return s, nil
}
