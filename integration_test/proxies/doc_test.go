// Package proxies_test puts a program behind haproxy, nginx and Caddy, with the very
// configurations that docs/proxies.md shows, and looks at it as browsers and as
// attackers do.
package proxies_test
