// Package fleet_test runs many real processes on one key store.
package fleet_test
